//! `rakops overlay list`.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::manner::Output;
use crate::cli::{Context, Outcome, look, output};
use crate::error::Error;
use crate::ops::overlay::list::{self, Entry, How, Touched};
use crate::ui::report::{self, Level};

/// Show what each environment adds to what it builds on
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops overlay list
  rakops overlay list prd
  rakops overlay list -o json")]
pub(super) struct ListArgs {
    /// The environment; all if absent
    #[arg(value_name = "ENV")]
    environment: Option<String>,
}

pub(super) fn run(context: &Context, args: &ListArgs) -> Result<Outcome, Error> {
    let world = look::world(context)?;
    let step = context.ui.begin("rendering overlays", None);
    let (entries, problems) = list::list(&world, args.environment.as_deref())?;
    step.advance(u32::try_from(entries.len()).unwrap_or(u32::MAX));
    step.done("rendered", "overlay");
    let ui = &context.ui;
    match context.output {
        Output::Json => output::json(ui, &document(&entries, &problems))?,
        Output::Name => ui.data(
            entries
                .iter()
                .map(|it| format!("{}\n", it.directory))
                .collect::<String>(),
        )?,
        Output::Text => ui.drawn(&entries.iter().map(tree).collect::<String>())?,
    }
    world
        .warnings
        .iter()
        .chain(&problems)
        .for_each(|problem| ui.warn(problem));
    if entries.is_empty() {
        ui.talk("no environment has an overlay here");
    }
    Ok(Outcome::Done)
}

fn tree(entry: &Entry) -> String {
    let directory = if entry.directory.is_empty() {
        "."
    } else {
        &entry.directory
    };
    let mut text = format!("{}  {directory}\n", entry.environment);
    let mut lines: Vec<String> = Vec::new();
    if !entry.builds_on.is_empty() {
        lines.push(format!("builds on {}", entry.builds_on.join(", ")));
    }
    if !entry.fields.is_empty() {
        lines.push(format!("sets {} of every object", entry.fields.join(", ")));
    }
    for Touched { object, how } in &entry.objects {
        match how {
            How::Added { file } => lines.push(format!("adds {object}  {file}")),
            How::Changed { fields } => {
                lines.push(format!("changes {object}"));
                lines.extend(
                    fields
                        .iter()
                        .map(|(path, file, line)| format!("   {path}  {file}:{line}")),
                );
            }
        }
    }
    lines.extend(entry.blind.iter().map(|text| format!("not read: {text}")));
    let last = lines.iter().rposition(|line| !line.starts_with(' '));
    for (at, line) in lines.iter().enumerate() {
        let branch = match (line.starts_with(' '), last.is_some_and(|last| at >= last)) {
            (true, true) => "   ",
            (true, false) => "│  ",
            (false, true) => "└─ ",
            (false, false) => "├─ ",
        };
        text.push_str(&format!("{branch}{line}\n"));
    }
    text
}

fn document(entries: &[Entry], problems: &[Error]) -> Value {
    let object = |it: &Touched| match &it.how {
        How::Added { file } => json!({ "object": it.object, "how": "added", "file": file, "fields": [] }),
        How::Changed { fields } => {
            let fields: Vec<Value> = fields
                .iter()
                .map(|(path, file, line)| json!({ "path": path, "file": file, "line": line }))
                .collect();
            json!({ "object": it.object, "how": "changed", "file": null, "fields": fields })
        }
    };
    let overlays: Vec<Value> = entries
        .iter()
        .map(|it| {
            json!({
                "environment": it.environment, "directory": it.directory, "builds_on": it.builds_on, "sets": it.fields,
                "objects": it.objects.iter().map(object).collect::<Vec<_>>(), "not_read": it.blind,
            })
        })
        .collect();
    let warnings: Vec<Value> = problems.iter().map(|it| report::json(Level::Warning, it)).collect();
    json!({ "schema": output::SCHEMA, "command": "overlay list", "overlays": overlays, "warnings": warnings })
}

//! `rakops impact`.

mod page;
mod picture;
mod svg;
mod write;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::manner::Output;
use super::{Context, Outcome, look, output, written};
use crate::error::Error;
use crate::ops::impact::range::Uncommitted;
use crate::ops::impact::{self, Impact, Kinds};
use crate::ui::plural;
use crate::ui::report::{self, Level};
use crate::ui::table::Table;

/// Show which environments a change reaches
///
/// Follows resources, bases, components, patches, generators, Helm value files, and the objects of Argo CD and Flux. A file that
/// reaches one environment is an overlay change; one that reaches several is shared.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops impact                       what this branch has and the default branch has not
  rakops impact origin/main...HEAD    since the two parted
  rakops impact v1.4.0..v1.5.0        one commit compared with another
  rakops impact -w                    with what is not committed yet
  rakops impact --write impact.svg    as a picture; .md has a chart that forges draw
  rakops impact -o name --exit-code   in a script: 1 if any environment is reached")]
pub(super) struct ImpactArgs {
    /// A..B compares the two, A...B since they parted, or one revision
    ///
    /// Of one revision, what it has since it left the default branch; on the default branch, its own change. HEAD if absent.
    #[arg(value_name = "RANGE")]
    range: Option<String>,

    /// Count what is not committed, too
    #[arg(short, long, conflicts_with = "range")]
    work_tree: bool,

    /// Write a picture of it to this file, too
    ///
    /// `.svg` stands alone; `.md` holds a Mermaid chart and a table, such as for a comment on a pull request. Several are possible.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    write: Vec<PathBuf>,
}

pub(super) fn run(context: &Context, args: &ImpactArgs) -> Result<Outcome, Error> {
    for file in &args.write {
        write::Form::of(file)?;
        written::has_directory(&context.process.directory, file)?;
    }
    let ground = look::ground(context)?;
    let uncommitted = match args.work_tree {
        true => Uncommitted::Counted,
        false => Uncommitted::Left,
    };
    let step = context.ui.begin("following what the files reach", None);
    let impact = impact::look(&ground, args.range.as_deref(), uncommitted)?;
    step.advance(u32::try_from(impact.files.len() + impact.without.len()).unwrap_or(u32::MAX));
    step.done("followed", "changed file");
    for file in &args.write {
        write::write(&context.process.directory.join(file), &impact)?;
    }
    show(context, &impact)?;
    for file in &args.write {
        context.ui.talk(format!("wrote {}", file.display()));
    }
    let is_reached = impact.environments.iter().any(|it| !it.through.is_empty());
    Ok(if is_reached { Outcome::Changed } else { Outcome::Done })
}

fn show(context: &Context, impact: &Impact) -> Result<(), Error> {
    let ui = &context.ui;
    let reached: Vec<&str> = impact
        .environments
        .iter()
        .filter(|it| !it.through.is_empty())
        .map(|it| it.name.as_str())
        .collect();
    match context.output {
        Output::Json => return output::json(ui, &document(impact)),
        Output::Name => ui.data(reached.iter().map(|name| format!("{name}\n")).collect::<String>())?,
        Output::Text => {
            let mut table = Table::new(&["FILE", "KIND", "ENVIRONMENTS"]);
            for file in &impact.files {
                let environments = match file.environments.is_empty() {
                    true => "-".to_owned(),
                    false => file.environments.join(","),
                };
                table.row([file.touched.path.clone(), file.kind.as_str().to_owned(), environments]);
            }
            if !impact.files.is_empty() {
                ui.table(&table)?;
            }
        }
    }
    impact.warnings.iter().for_each(|warning| ui.warn(warning));
    for file in &impact.without {
        ui.detail(format!("reaches no environment: {file}"));
    }
    if !impact.without.is_empty() && !ui.is_verbose() {
        let files = plural::count(impact.without.len(), "file");
        ui.talk(format!("{files} without an environment (-v names them)"));
    }
    for environment in impact.environments.iter().filter(|it| it.through.len() > 1) {
        ui.detail(format!(
            "{} through {}",
            environment.name,
            environment.through.join(", ")
        ));
    }
    ui.talk(match (impact.kind(), reached.as_slice()) {
        (Kinds::Nothing, _) => format!("{} reaches no environment", impact.range.text),
        (kind, []) => format!("{} is a {} change", impact.range.text, kind.as_str()),
        (Kinds::Shared, names) => format!(
            "{} is a shared change: it reaches {}",
            impact.range.text,
            names.join(", ")
        ),
        (_, names) => format!(
            "{} is an overlay change: it reaches {}",
            impact.range.text,
            names.join(", ")
        ),
    });
    Ok(())
}

fn document(impact: &Impact) -> Value {
    let environments: Vec<Value> = impact
        .environments
        .iter()
        .map(|it| json!({ "name": it.name, "reached": !it.through.is_empty(), "through": it.through }))
        .collect();
    let files: Vec<Value> = impact
        .files
        .iter()
        .map(|it| {
            json!({
                "file": it.touched.path, "change": it.touched.how.as_str(), "kind": it.kind.as_str(),
                "environments": it.environments,
            })
        })
        .collect();
    let warnings: Vec<Value> = impact
        .warnings
        .iter()
        .map(|warning| report::json(Level::Warning, warning))
        .collect();
    json!({
        "schema": output::SCHEMA, "command": "impact", "range": impact.range.text, "kind": impact.kind().as_str(),
        "environments": environments, "files": files, "files_without_environment": impact.without, "warnings": warnings,
    })
}

//! `rakops yaml`: any value of any YAML file, by its path.
//!
//! **Invariant:** all edits go through [`edit`], so that a dry run, a file and standard input differ in where the bytes go only.

mod get;
mod set;
mod unset;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::manner::Output;
use super::{Context, Outcome, output};
use crate::change::render;
use crate::error::{Error, Kind};
use crate::landing::work_tree;
use crate::ops::yaml::{self, Changed, Chosen, Wish, Writing};
use crate::ui::style;

/// Read and edit any YAML file by path, byte-exactly
#[derive(Args, Debug)]
pub(super) struct YamlArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Get(get::GetArgs),
    Set(set::SetArgs),
    Unset(unset::UnsetArgs),
}

impl YamlArgs {
    pub(super) fn name(&self) -> &'static str {
        match self.command {
            Command::Get(_) => "yaml get",
            Command::Set(_) => "yaml set",
            Command::Unset(_) => "yaml unset",
        }
    }
}

pub(super) fn run(context: &Context, args: YamlArgs) -> Result<Outcome, Error> {
    match args.command {
        Command::Get(args) => get::run(context, args),
        Command::Set(args) => set::run(context, args),
        Command::Unset(args) => unset::run(context, args),
    }
}

/// Which document is meant, where a file has several.
#[derive(Args, Debug)]
struct DocumentArgs {
    /// The document at this place in the file, from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "object")]
    document: Option<u32>,

    /// The document that is this object: KIND/NAME or KIND/NAMESPACE/NAME
    #[arg(long, value_name = "KIND/NAME")]
    object: Option<String>,
}

impl DocumentArgs {
    fn chosen(&self) -> Result<Chosen, Error> {
        match (self.document, &self.object) {
            (Some(number), _) => Ok(Chosen::Nth(number)),
            (None, None) => Ok(Chosen::Only),
            (None, Some(object)) => {
                let parts: Vec<&str> = object.split('/').collect();
                let (kind, namespace, name) = match parts.as_slice() {
                    [kind, name] => (kind, None, name),
                    [kind, namespace, name] => (kind, Some((*namespace).to_owned()), name),
                    _ => {
                        let message = format!("`{object}` is neither KIND/NAME nor KIND/NAMESPACE/NAME");
                        return Err(Error::new(Kind::Usage, "not-an-object", message));
                    }
                };
                Ok(Chosen::Object {
                    kind: (*kind).to_owned(),
                    name: (*name).to_owned(),
                    namespace,
                })
            }
        }
    }
}

/// Plans and lands edits of one file, or of standard input onto standard output.
fn edit(
    context: &Context,
    file: &str,
    (chosen, wishes): (&Chosen, &[Wish]),
    writing: Writing,
) -> Result<Outcome, Error> {
    let dry_run = context.manner.dry_run;
    if file == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes)
            .map_err(|cause| Error::files("standard input", "cannot read", &cause))?;
        let tree = yaml::parse(bytes, "standard input")?;
        let (verified, changed) = yaml::plan((&tree, "standard input"), chosen, wishes, writing)?;
        context.ui.data(verified.bytes())?;
        return Ok(if changed.is_empty() {
            Outcome::Done
        } else {
            Outcome::Changed
        });
    }
    let directory = context.place.resolve(&context.process).directory;
    let named = yaml::open(&directory, file)?;
    let (verified, changed) = yaml::plan((&named.tree, file), chosen, wishes, writing)?;
    let (snapshot, change_set) = yaml::change_set(named, verified);
    if !dry_run {
        work_tree::land(&snapshot, &change_set)?;
    }
    let ui = &context.ui;
    match context.output {
        Output::Json => output::json(ui, &document(context, file, &changed))?,
        Output::Name if changed.is_empty() => {}
        Output::Name => ui.data(format!("{file}\n"))?,
        Output::Text if dry_run => ui.styled(&style::diff(&render::unified(&change_set)))?,
        Output::Text => ui.data(
            changed
                .iter()
                .map(|it| format!("updated {file}  {}\n", line(it)))
                .collect::<String>(),
        )?,
    }
    if changed.is_empty() {
        ui.talk("nothing to change");
    }
    Ok(if changed.is_empty() {
        Outcome::Done
    } else {
        Outcome::Changed
    })
}

fn line(changed: &Changed) -> String {
    let one_line = |text: &Option<String>, absent: &str| match text {
        Some(text) if text.contains('\n') => "(several lines)".to_owned(),
        Some(text) => text.clone(),
        None => absent.to_owned(),
    };
    format!(
        "{}: {} -> {}",
        changed.path,
        one_line(&changed.from, "(not set)"),
        one_line(&changed.to, "(gone)")
    )
}

fn document(context: &Context, file: &str, changed: &[Changed]) -> Value {
    let changes: Vec<Value> = changed
        .iter()
        .map(|it| {
            let at = |number: u32| (number > 0).then_some(number);
            json!({ "file": file, "path": it.path, "line": at(it.line), "column": at(it.column), "from": it.from, "to": it.to })
        })
        .collect();
    json!({
        "schema": output::SCHEMA, "command": context.name, "changed": !changed.is_empty(),
        "dry_run": context.manner.dry_run, "changes": changes, "warnings": [],
    })
}

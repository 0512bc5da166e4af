//! `rakops yaml`: any value of any YAML file, by its path.
//!
//! **Invariant:** all edits go through [`edit`], so that a dry run, a file and standard input differ in where the bytes go only.

mod get;
mod set;
mod unset;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::landing::{self, Asked, LandingArgs, TokenArgs, Usual};
use super::manner::Output;
use super::{Context, Outcome, ci, output};
use crate::change::render;
use crate::change::set::{ChangeSet, SettingChange};
use crate::cli::writing;
use crate::error::{Error, Kind};
use crate::landing::Landed;
use crate::landing::pull_request::Unchecked;
use crate::ops::land::{Protected, Whose, Work};
use crate::ops::yaml::{self, Chosen, NamedFile, Wish, Writing};
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

/// The rules that editing knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rule {
    /// Reaching a protected environment without a pull request
    Protected,
}

/// What is edited, and how.
struct Editing<'a> {
    file: &'a str,
    chosen: Chosen,
    wishes: &'a [Wish],
    writing: Writing,
    landing: &'a LandingArgs,
    token: &'a TokenArgs,
    allow: &'a [Rule],
}

/// Plans and lands edits of one file, or of standard input onto standard output.
fn edit(context: &Context, editing: &Editing<'_>) -> Result<Outcome, Error> {
    let Editing {
        file,
        chosen,
        wishes,
        writing,
        ..
    } = editing;
    if editing.landing.leaves_the_work_tree(context)? {
        return land(context, editing);
    }
    if *file == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes)
            .map_err(|cause| Error::files("standard input", "cannot read", &cause))?;
        let tree = yaml::parse(bytes, "standard input")?;
        let (verified, changed) = yaml::plan((&tree, "standard input"), chosen, wishes, *writing)?;
        context.ui.data(verified.bytes())?;
        return Ok(outcome(changed.is_empty()));
    }
    let directory = context.place.resolve(&context.process).directory;
    let NamedFile { snapshot, path, tree } = yaml::open(&directory, file)?;
    let (verified, changed) = yaml::plan((&tree, file), chosen, wishes, *writing)?;
    let change_set = yaml::change_set((path, tree), verified, changed);
    if !context.manner.dry_run {
        writing::write(&snapshot, &change_set)?;
    }
    show(context, file, (&[&change_set], &[]))?;
    Ok(outcome(change_set.facts.settings.is_empty()))
}

/// Lands the edits in git, on the commit as it is on its branch.
fn land(context: &Context, editing: &Editing<'_>) -> Result<Outcome, Error> {
    if editing.file == "-" {
        let message = "standard input lies in no repository: nothing of it can land";
        return Err(Error::new(Kind::Usage, "not-a-file", message));
    }
    let allow_protected = match editing.allow {
        [] => Protected::Refused,
        [Rule::Protected, ..] => Protected::Allowed,
    };
    let asked = Asked {
        usual: Usual::WorkTree,
        landing: editing.landing,
        token: editing.token,
        allow_protected,
        unchecked: Unchecked::Refused,
    };
    let paths = editing.wishes.iter().map(|wish| match wish {
        Wish::Set(path, _) | Wish::Unset(path) => path.to_string(),
    });
    let landed = landing::land(context, &asked, &|ground, lander| {
        let work = Work {
            command: context.name,
            from: None,
            environments: &[],
            whose: Whose::Own,
            subjects: std::iter::once(editing.file.to_owned()).chain(paths.clone()).collect(),
            plan: &|world, _, _| yaml::plan_in(world, editing.file, (&editing.chosen, editing.wishes), editing.writing),
        };
        lander.run(ground, &work)
    })?;
    let plans: Vec<&ChangeSet> = landed.iter().map(|one| &one.change_set).collect();
    show(context, editing.file, (&plans, &landed))?;
    landing::say(context, &landed)?;
    Ok(outcome(!landing::has_changed(&plans, &landed)))
}

fn outcome(is_empty: bool) -> Outcome {
    match is_empty {
        true => Outcome::Done,
        false => Outcome::Changed,
    }
}

fn show(context: &Context, file: &str, (plans, landed): (&[&ChangeSet], &[Landed])) -> Result<(), Error> {
    let ui = &context.ui;
    ci::outputs::tell(context, plans, landed)?;
    let changed: Vec<&SettingChange> = plans.iter().flat_map(|plan| &plan.facts.settings).collect();
    match context.output {
        Output::Json => output::json(ui, &document((context, file), plans, landed))?,
        Output::Name if changed.is_empty() => {}
        Output::Name => ui.data(format!("{file}\n"))?,
        Output::Text if context.manner.dry_run => {
            for plan in plans {
                ui.styled(&style::diff(&render::unified(plan)))?;
            }
            for it in &changed {
                ui.talk(format!("would update {file}  {}", output::line(it)));
            }
        }
        Output::Text => ui.data(
            changed
                .iter()
                .map(|it| format!("updated {file}  {}\n", output::line(it)))
                .collect::<String>(),
        )?,
    }
    if changed.is_empty() {
        ui.talk("nothing to change");
    }
    Ok(())
}

fn document((context, file): (&Context, &str), plans: &[&ChangeSet], landed: &[Landed]) -> Value {
    let changes: Vec<Value> = plans
        .iter()
        .flat_map(|plan| &plan.facts.settings)
        .map(|it| {
            let at = |number: u32| (number > 0).then_some(number);
            json!({ "file": file, "path": it.path, "line": at(it.line), "column": at(it.column), "from": it.from, "to": it.to })
        })
        .collect();
    let mut document = json!({
        "schema": output::SCHEMA, "command": context.name, "changed": landing::has_changed(plans, landed),
        "dry_run": context.manner.dry_run, "changes": changes, "warnings": landing::warnings(landed),
    });
    for (key, value) in landing::document(landed) {
        document[key] = value;
    }
    document
}

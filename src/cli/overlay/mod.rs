//! `rakops overlay`: settings of one environment, and everything else that an overlay says.
//!
//! **Invariant:** all edits go through [`edit`], so that a dry run, a work tree and a landing differ in where the bytes go only.

mod add;
mod ask;
mod edit_args;
mod env_var;
mod fields;
mod fix;
mod get;
mod list;
mod new;
mod remove;
mod replicas;
mod resources;
mod set;
mod unset;

use std::cell::RefCell;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

pub(super) use fields::field_names;

use super::landing::{self, Asked, Usual};
use super::manner::Output;
use super::{Context, Outcome, ci, look, output, rules};
use crate::change::render;
use crate::change::set::{ChangeSet, FileChange, SettingChange};
use crate::cli::writing;
use crate::config::environments::Environments;
use crate::error::{Error, Hint, Kind};
use crate::landing::Landed;
use crate::landing::pull_request::Unchecked;
use crate::ops::land::{Protected, Whose, Work};
use crate::ops::overlay::branches;
use crate::ops::world::World;
use crate::ui::report::{self, Level};
use crate::ui::style;
use edit_args::{EditArgs, Rule};

/// See and change what one environment says: fields, patches, resources
#[derive(Args, Debug)]
pub(super) struct OverlayArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    List(list::ListArgs),
    Get(get::GetArgs),
    Set(set::SetArgs),
    Unset(unset::UnsetArgs),
    Add(add::AddArgs),
    Remove(remove::RemoveArgs),
    Fix(fix::FixArgs),
    EnvVar(env_var::EnvVarArgs),
    New(new::NewArgs),
    Replicas(replicas::ReplicasArgs),
    Resources(resources::ResourcesArgs),
}

impl OverlayArgs {
    pub(super) fn name(&self) -> &'static str {
        match self.command {
            Command::List(_) => "overlay list",
            Command::Get(_) => "overlay get",
            Command::Set(_) => "overlay set",
            Command::Unset(_) => "overlay unset",
            Command::Add(_) => "overlay add",
            Command::Remove(_) => "overlay remove",
            Command::Fix(_) => "overlay fix",
            Command::EnvVar(_) => "overlay env-var",
            Command::New(_) => "overlay new",
            Command::Replicas(_) => "overlay replicas",
            Command::Resources(_) => "overlay resources",
        }
    }
}

pub(super) fn run(context: &Context, args: &OverlayArgs) -> Result<Outcome, Error> {
    match dispatch(context, &args.command) {
        Err(refusal) if refusal.code == "shared" => {
            let Some(edit) = args.command.edit().filter(|edit| !edit.is_lifted.get()) else {
                return Err(refusal);
            };
            if !rules::lifts(context, &refusal)? {
                return Err(refusal);
            }
            edit.is_lifted.set(true);
            dispatch(context, &args.command)
        }
        done => done,
    }
}

fn dispatch(context: &Context, command: &Command) -> Result<Outcome, Error> {
    match command {
        Command::List(args) => list::run(context, args),
        Command::Get(args) => get::run(context, args),
        Command::Set(args) => set::run(context, args),
        Command::Unset(args) => unset::run(context, args),
        Command::Add(args) => add::run(context, args),
        Command::Remove(args) => remove::run(context, args),
        Command::Fix(args) => fix::run(context, args),
        Command::EnvVar(args) => env_var::run(context, args),
        Command::New(args) => new::run(context, args),
        Command::Replicas(args) => replicas::run(context, args),
        Command::Resources(args) => resources::run(context, args),
    }
}

impl Command {
    /// How it edits, where it does.
    fn edit(&self) -> Option<&EditArgs> {
        match self {
            Command::List(_) | Command::Get(_) => None,
            Command::Set(args) => Some(&args.edit),
            Command::Unset(args) => Some(&args.edit),
            Command::Add(args) => Some(&args.edit),
            Command::Remove(args) => Some(&args.edit),
            Command::Fix(args) => Some(&args.edit),
            Command::EnvVar(args) => Some(&args.edit),
            Command::New(args) => Some(&args.edit),
            Command::Replicas(args) => Some(&args.edit),
            Command::Resources(args) => Some(&args.edit),
        }
    }
}

/// An edit of an environment's overlays.
struct Editing<'a> {
    environment: &'a str,
    args: &'a EditArgs,
    /// What it is about, in words that a branch can be named after.
    subjects: Vec<String>,
    plan: &'a dyn Fn(&World) -> Result<ChangeSet, Error>,
}

impl Editing<'_> {
    /// Whose branches it lands on.
    fn whose(&self) -> Whose {
        match self.args.hotfix {
            true => Whose::Hotfix,
            false => Whose::Strategys,
        }
    }

    /// The commands that bring it to the branches that it does not land on.
    fn next(&self, environments: &Environments) -> Vec<String> {
        branches::next(environments, &[self.environment.to_owned()], self.whose())
    }
}

/// Plans and lands an edit.
///
/// # Errors
/// As planning and landing.
fn edit(context: &Context, editing: &Editing<'_>) -> Result<Outcome, Error> {
    let args = editing.args;
    if args.landing.leaves_the_work_tree(context)? {
        return land(context, editing);
    }
    let world = look::world(context)?;
    if !args.here {
        branches::refuse_other(&world, editing.environment, editing.whose())?;
    }
    let step = context.ui.begin("rendering the overlay", None);
    let change_set = (editing.plan)(&world)?;
    drop(step);
    if !context.manner.dry_run {
        writing::write(&world.snapshot, &change_set)?;
    }
    world.warnings.iter().for_each(|warning| context.ui.warn(warning));
    show(context, (&[&change_set], &[]))?;
    if change_set.is_empty() {
        return Ok(Outcome::Done);
    }
    if args.hotfix {
        tell_next(context, &editing.next(&world.environments_by_name()));
    }
    Ok(Outcome::Changed)
}

fn land(context: &Context, editing: &Editing<'_>) -> Result<Outcome, Error> {
    let args = editing.args;
    let asked = Asked {
        usual: Usual::WorkTree,
        landing: &args.landing,
        token: &args.token,
        allow_protected: match args.allow.contains(&Rule::Protected) {
            true => Protected::Allowed,
            false => Protected::Refused,
        },
        unchecked: match args.allow.contains(&Rule::JobToken) {
            true => Unchecked::Allowed,
            false => Unchecked::Refused,
        },
    };
    let environments = [editing.environment.to_owned()];
    let next = RefCell::new(Vec::new());
    let landed = landing::land(context, &asked, &|ground, lander| {
        if args.landing.onto.is_none() {
            next.replace(editing.next(&ground.look.environments_by_name()));
        }
        let work = Work {
            command: context.name,
            from: None,
            environments: &environments,
            whose: editing.whose(),
            subjects: editing.subjects.clone(),
            plan: &|world, _, _| (editing.plan)(world),
        };
        lander.run(ground, &work)
    })?;
    let plans: Vec<&ChangeSet> = landed.iter().map(|one| &one.change_set).collect();
    show(context, (&plans, &landed))?;
    landing::say(context, &landed)?;
    if !landing::has_changed(&plans, &landed) {
        return Ok(Outcome::Done);
    }
    tell_next(context, &next.borrow());
    Ok(Outcome::Changed)
}

/// Says how the branches get it that it has not landed on.
fn tell_next(context: &Context, commands: &[String]) {
    for command in commands {
        context.ui.talk(format!("next: {command}"));
    }
}

fn show(context: &Context, (plans, landed): (&[&ChangeSet], &[Landed])) -> Result<(), Error> {
    let ui = &context.ui;
    ci::outputs::tell(context, plans, landed)?;
    let changed: Vec<&SettingChange> = plans.iter().flat_map(|plan| &plan.facts.settings).collect();
    match context.output {
        Output::Json => output::json(ui, &document(context, plans, landed))?,
        Output::Name => {
            let mut files: Vec<&str> = plans
                .iter()
                .flat_map(|plan| plan.files.iter().map(|it| it.path()))
                .collect();
            files.sort_unstable();
            files.dedup();
            ui.data(files.iter().map(|file| format!("{file}\n")).collect::<String>())?;
        }
        Output::Text if context.manner.dry_run => {
            for (diff, branches) in diffs(plans, landed) {
                // Where all branches get the same, the diff says it once.
                if branches.len() < landed.len() {
                    ui.talk(format!("on {}:", branches.join(", ")));
                }
                ui.styled(&style::diff(&diff))?;
            }
            told(plans, &changed, WOULD).iter().for_each(|line| ui.talk(line));
        }
        Output::Text => ui.data(
            told(plans, &changed, DONE)
                .iter()
                .map(|line| format!("{line}\n"))
                .collect::<String>(),
        )?,
    }
    let mut warned: Vec<&Error> = Vec::new();
    for warning in plans.iter().flat_map(|plan| &plan.facts.warnings) {
        if !warned.iter().any(|known| known.message == warning.message) {
            ui.warn(warning);
            warned.push(warning);
        }
    }
    let notes = notes(plans);
    notes.iter().for_each(|note| ui.talk(note));
    if notes.is_empty() && plans.iter().all(|plan| plan.is_empty()) {
        ui.talk("nothing to change");
    }
    Ok(())
}

/// Each difference once, with the branches that it is for.
fn diffs<'l>(plans: &[&ChangeSet], landed: &'l [Landed]) -> Vec<(String, Vec<&'l str>)> {
    let mut diffs: Vec<(String, Vec<&str>)> = Vec::new();
    for (at, plan) in plans.iter().enumerate().filter(|(_, plan)| !plan.is_empty()) {
        let diff = render::unified(plan);
        let branch = landed.get(at).map(|one| one.base.as_str());
        match diffs.iter_mut().find(|(known, _)| *known == diff) {
            Some((_, branches)) => branches.extend(branch),
            None => diffs.push((diff, branch.into_iter().collect())),
        }
    }
    diffs
}

/// The words for what was done, and for what would be.
const DONE: [&str; 3] = ["updated", "made", "deleted"];
const WOULD: [&str; 3] = ["would update", "would make", "would delete"];

/// What was done, a line each; of several branches each line once.
fn told(plans: &[&ChangeSet], changed: &[&SettingChange], [updated, made, deleted]: [&str; 3]) -> Vec<String> {
    let edits = changed
        .iter()
        .map(|it| format!("{updated} {}  {}", it.file, output::line(it)));
    let whole = plans.iter().flat_map(|plan| &plan.files).filter_map(|file| match file {
        FileChange::Create { path, .. } => Some(format!("{made} {path}")),
        FileChange::Delete { path, .. } => Some(format!("{deleted} {path}")),
        FileChange::Edit { .. } | FileChange::Replace { .. } => None,
    });
    let mut lines: Vec<String> = Vec::new();
    for line in edits.chain(whole) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn document(context: &Context, plans: &[&ChangeSet], landed: &[Landed]) -> Value {
    let at = |number: u32| (number > 0).then_some(number);
    let mut changes: Vec<Value> = Vec::new();
    for it in plans.iter().flat_map(|plan| &plan.facts.settings) {
        let change = json!({
            "file": it.file, "path": it.path, "line": at(it.line), "column": at(it.column), "from": it.from, "to": it.to,
        });
        // The same on another branch.
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    let mut files: Vec<&str> = plans
        .iter()
        .flat_map(|plan| plan.files.iter().map(|it| it.path()))
        .collect();
    files.sort_unstable();
    files.dedup();
    let mut document = json!({
        "schema": output::SCHEMA, "command": context.name, "changed": landing::has_changed(plans, landed),
        "dry_run": context.manner.dry_run, "files": files, "changes": changes, "warnings": warnings(plans, landed),
        "notes": notes(plans),
    });
    for (key, value) in landing::document(landed) {
        document[key] = value;
    }
    document
}

/// What the plans and the landings warn of, each once.
fn warnings(plans: &[&ChangeSet], landed: &[Landed]) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    let of_plans = plans.iter().flat_map(|plan| &plan.facts.warnings);
    let of_plans = of_plans.map(|it| report::json(Level::Warning, it));
    let of_landings = landing::warnings(landed);
    for warning in of_plans.chain(of_landings) {
        if !all.contains(&warning) {
            all.push(warning);
        }
    }
    all
}

/// Why what was asked for needs no change, each once.
fn notes<'p>(plans: &[&'p ChangeSet]) -> Vec<&'p String> {
    let mut all: Vec<&String> = Vec::new();
    for note in plans.iter().flat_map(|plan| &plan.facts.notes) {
        if !all.contains(&note) {
            all.push(note);
        }
    }
    all
}

/// A word that was not typed.
fn missing(what: &str, example: &str) -> Error {
    Error::new(Kind::Refused, "word-missing", format!("no {what} was named"))
        .hint(Hint::Say(format!("for example: {example}")))
}

//! `rakops init`.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::landing::{self, Asked, LandingArgs, TokenArgs, Usual};
use super::manner::Output;
use super::{Context, Outcome, ci, output};
use crate::change::render;
use crate::change::set::{ChangeSet, FileChange};
use crate::cli::writing;
use crate::config::load::FILE_NAMES;
use crate::config::model::StrategyName;
use crate::error::{Error, Hint};
use crate::landing::pull_request::Unchecked;
use crate::landing::{Landed, Side};
use crate::ops::init;
use crate::ops::land::{Protected, Whose, Work};
use crate::ops::world::World;
use crate::ui::prompt::{self, Question};
use crate::ui::style;

/// Write a rakops.yaml that says what is understood of this repository
///
/// None is needed for `base/` with `overlays/<environment>/`. It is worth having to add reviewers, policies or paths.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops init -n                 only show it
  rakops init --strategy chain   where the layout does not tell")]
pub(super) struct InitArgs {
    /// How environments relate to branches
    #[arg(long, value_enum, value_name = "NAME")]
    strategy: Option<Strategy>,

    #[command(flatten)]
    landing: LandingArgs,

    #[command(flatten)]
    token: TokenArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Strategy {
    /// One branch per environment; a feature is merged into each separately
    #[value(aliases = ["pattern1", "1"])]
    FanOut,
    /// One branch per environment; a change goes from each to the next
    #[value(aliases = ["pattern2", "2"])]
    Chain,
    /// Only one branch; environments are directories
    #[value(aliases = ["pattern3", "3"])]
    Trunk,
}

impl Strategy {
    pub(super) fn name(self) -> StrategyName {
        match self {
            Strategy::FanOut => StrategyName::FanOut,
            Strategy::Chain => StrategyName::Chain,
            Strategy::Trunk => StrategyName::Trunk,
        }
    }
}

pub(super) fn run(context: &Context, args: InitArgs) -> Result<Outcome, Error> {
    if args.landing.leaves_the_work_tree(context)? {
        return land(context, &args);
    }
    let world = World::look(&context.place.resolve(&context.process))?;
    let change_set = plan(context, &world, args.strategy)?;
    let writes = !context.manner.dry_run;
    if writes && prompt::confirm_write(&context.ui, &format!("write {}?", FILE_NAMES[0]))? != Some(true) {
        return Err(prompt::cancelled());
    }
    if writes {
        writing::write(&world.snapshot, &change_set)?;
    }
    show(context, &change_set, &[])?;
    Ok(Outcome::Changed)
}

/// Lands the file in git, for what is understood of the commit as it is on its branch.
fn land(context: &Context, args: &InitArgs) -> Result<Outcome, Error> {
    let asked = Asked {
        usual: Usual::WorkTree,
        landing: &args.landing,
        token: &args.token,
        allow_protected: Protected::Refused,
        unchecked: Unchecked::Refused,
    };
    let landed = landing::land(context, &asked, &|ground, lander| {
        let work = Work {
            command: "init",
            from: None,
            environments: &[],
            whose: Whose::Own,
            subjects: vec![FILE_NAMES[0].to_owned()],
            plan: &|world, _, side| match side {
                // The request that an earlier run has opened.
                Side::Head if init::is_there(world) => Ok(ChangeSet::default()),
                Side::Head | Side::Base => plan(context, world, args.strategy),
            },
        };
        lander.run(ground, &work)
    })?;
    for one in &landed {
        show(context, &one.change_set, &landed)?;
    }
    landing::say(context, &landed)?;
    Ok(match landed.iter().any(Landed::has_changed) {
        true => Outcome::Changed,
        false => Outcome::Done,
    })
}

fn plan(context: &Context, world: &World, strategy: Option<Strategy>) -> Result<ChangeSet, Error> {
    let inference = init::look(world)?;
    let mut strategy = strategy.map(Strategy::name);
    let is_open = inference.environments.strategy.is_none() || inference.environments.ambiguous.is_some();
    if strategy.is_none() && is_open && context.ui.can_prompt() {
        strategy = Some(ask(context)?);
    }
    init::plan(&inference, strategy)
}

fn show(context: &Context, change_set: &ChangeSet, landed: &[Landed]) -> Result<(), Error> {
    ci::outputs::tell(context, &[change_set], landed)?;
    let paths: Vec<&str> = change_set.files.iter().map(FileChange::path).collect();
    match context.output {
        Output::Json => {
            let mut document = json!({
                "schema": output::SCHEMA, "command": context.name, "changed": landing::has_changed(&[change_set], landed),
                "dry_run": context.manner.dry_run, "files": paths, "warnings": landing::warnings(landed),
            });
            for (key, value) in landing::document(landed) {
                document[key] = value;
            }
            output::json(&context.ui, &document)
        }
        Output::Name => context
            .ui
            .data(paths.iter().map(|path| format!("{path}\n")).collect::<String>()),
        Output::Text if context.manner.dry_run => context.ui.styled(&style::diff(&render::unified(change_set))),
        Output::Text if paths.is_empty() => Ok(()),
        Output::Text => {
            context.ui.data(format!("wrote {}\n", paths.join(", ")))?;
            if landed.is_empty() {
                context.ui.talk("next: rakops config show");
            }
            Ok(())
        }
    }
}

fn ask(context: &Context) -> Result<StrategyName, Error> {
    let entries = [
        "trunk: one branch, environments are directories that share base/",
        "chain: a branch per environment, changes go from one to the next",
        "fan-out: a branch per environment, features are merged into each",
    ];
    let question = Question {
        text: "how do environments relate to branches?",
        instead: vec![Hint::Flag("--strategy NAME".into(), "says it".into())],
    };
    let chosen = prompt::select(&context.ui, &question, &entries.map(str::to_owned))?.ok_or_else(prompt::cancelled)?;
    let strategy = [StrategyName::Trunk, StrategyName::Chain, StrategyName::FanOut][chosen.min(2)];
    context.typed.flag("--strategy", strategy.as_str());
    Ok(strategy)
}

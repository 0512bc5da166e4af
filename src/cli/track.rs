//! `rakops track`.

mod show;

use std::cell::RefCell;

use clap::Args;

use super::landing::{self, Asked, LandingArgs, TokenArgs, Usual};
use super::rules::{self, Lifted};
use super::{Context, Outcome, guide, look};
use crate::error::{Error, Hint, Kind};
use crate::git::names::BranchName;
use crate::landing::Landed;
use crate::ops::land::{self, Ground, Whose, Work};
use crate::ops::track::{self, BranchPlace, TrackRequest, Tracked, Trial, Wish};
use crate::ui::prompt::{self, Question};

/// Let an environment's cluster follow a branch, or show which it follows
///
/// A change that several environments share is tried on a branch of its own: one environment after the other follows it,
/// until it is merged. What is edited is the Argo CD Application or ApplicationSet, or the Flux GitRepository, that brings
/// the environment to its cluster, on the default branch. It lands by pull request unless a flag says otherwise.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops track dev feature/new-base        dev follows the branch, by a pull request
  rakops track dev feature/new-base -n     only show the edit
  rakops track dev --reset --push          back to the default branch
  rakops track --list                      what every environment follows")]
pub(super) struct TrackArgs {
    /// The environment or group; several with commas. Needed but for --list
    ///
    /// Only on a terminal it is asked for if absent, and so is BRANCH.
    #[arg(value_name = "ENV")]
    environment: Option<String>,

    /// The branch to follow; needed but for --reset and --list
    #[arg(value_name = "BRANCH", conflicts_with_all = ["reset", "list"])]
    branch: Option<String>,

    /// Follow the default branch again
    #[arg(long, conflicts_with = "list")]
    reset: bool,

    /// Show what environments follow, and change nothing
    #[arg(long, conflicts_with = "how")]
    list: bool,

    /// Take branches as they are here, not as they are at the remote
    #[arg(long)]
    local: bool,

    /// Lift these rules
    #[arg(long, value_name = "RULE", value_parser = rules::parser(), value_delimiter = ',')]
    allow: Vec<Lifted>,

    #[command(flatten)]
    landing: LandingArgs,

    #[command(flatten)]
    token: TokenArgs,
}

/// What was switched, and what was as it is to be: environment and branch.
type Done = (Vec<Tracked>, Vec<(String, String)>);

impl TrackArgs {
    fn place(&self) -> BranchPlace {
        match self.local {
            true => BranchPlace::Here,
            false => BranchPlace::Remote,
        }
    }

    fn environments(&self) -> Vec<String> {
        let typed = self.environment.as_deref().unwrap_or_default();
        typed
            .split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }
}

pub(super) fn run(context: &Context, args: TrackArgs) -> Result<Outcome, Error> {
    if args.list {
        let ground = look::ground_at(context, args.landing.remote.as_deref())?;
        let step = context.ui.begin("reading what environments follow", None);
        let listed = track::list(&ground, &args.environments(), args.place())?;
        drop(step);
        show::list(context, &listed, args.place())?;
        return Ok(Outcome::Done);
    }
    let mut environments = args.environments();
    if environments.is_empty() {
        if !context.ui.can_prompt() {
            return Err(unsaid("no environment was named"));
        }
        let chosen = guide::environment(context, "which environment?", &[])?;
        context.typed.argument(&chosen);
        environments.push(chosen);
    }
    if args.branch.is_none() && !args.reset && !context.ui.can_prompt() {
        return Err(unsaid("no branch was named"));
    }
    // It may be begun again, and nobody is asked twice.
    let chosen: RefCell<Option<BranchName>> = RefCell::default();
    let allow = RefCell::new(rules::of(&args.allow));
    let asked = Asked {
        landing: &args.landing,
        token: &args.token,
        allow_protected: rules::protected(&args.allow),
        unchecked: rules::unchecked(&args.allow),
        // A switch is seen by others before it is done, unless somebody says otherwise.
        usual: Usual::PullRequest,
    };
    let done: RefCell<Done> = RefCell::default();
    if args.local {
        context.ui.talk("reading local branches");
    }
    let landed = landing::land(context, &asked, &|ground, lander| {
        let wish = match (&args.branch, args.reset) {
            (Some(branch), _) => Wish::Branch(BranchName::parse(branch)?),
            (None, true) => Wish::Reset,
            (None, false) => {
                let known = chosen.borrow().clone();
                let branch = known.map_or_else(|| ask(context, ground), Ok)?;
                chosen.replace(Some(branch.clone()));
                Wish::Branch(branch)
            }
        };
        let attempt = || -> Result<Vec<Landed>, Error> {
            let request = TrackRequest {
                environments: environments.clone(),
                wish: wish.clone(),
                allow: allow.borrow().clone(),
                place: args.place(),
            };
            let trial = Trial::new(ground, &lander.order, &request)?;
            let work = Work {
                command: "track",
                environments: &environments,
                whose: Whose::Own,
                from: None,
                subjects: vec![match &request.wish {
                    Wish::Branch(branch) => branch.as_str().to_owned(),
                    Wish::Reset => "reset".to_owned(),
                }],
                plan: &|world, _, side| trial.plan(world, side),
            };
            let mut order = lander.order.like();
            // What is checked out does not matter: it lands where the objects are read from.
            order.onto.get_or_insert_with(|| trial.trunk.clone());
            let step = context.ui.begin("landing", None);
            let landed = match context.manner.dry_run {
                true => land::preview(ground, &order, &work),
                false => land::run(ground, &order, &work),
            };
            drop(step);
            let landed = landed?;
            done.replace((trial.tracked.take(), trial.already.take()));
            Ok(landed)
        };
        loop {
            match attempt() {
                Err(refusal) => {
                    let again = refusal.clone();
                    let rule = rules::ask(context, refusal)?;
                    if !allow.borrow_mut().insert(rule) {
                        return Err(again);
                    }
                }
                landed => return landed,
            }
        }
    })?;
    let (tracked, already) = done.into_inner();
    show::landed(context, (&tracked, &already), &landed)?;
    let has_changed = landed.iter().any(Landed::has_changed);
    Ok(if has_changed { Outcome::Changed } else { Outcome::Done })
}

/// Asks for the branch; that somebody can be asked is known.
fn ask(context: &Context, ground: &Ground) -> Result<BranchName, Error> {
    let trunk = ground.trunk()?;
    let is_choice = |name: &&String| !name.starts_with("rakops/") && name.as_str() != trunk.as_str();
    let names: Vec<String> = ground.look.branches.all.iter().filter(is_choice).cloned().collect();
    if names.is_empty() {
        return Err(unsaid("there is no branch but the default one"));
    }
    let question = Question {
        text: "which branch?",
        instead: instead(),
    };
    let chosen = prompt::select(&context.ui, &question, &names)?.ok_or_else(prompt::cancelled)?;
    context.typed.argument(&names[chosen]);
    BranchName::parse(&names[chosen])
}

fn instead() -> Vec<Hint> {
    vec![
        Hint::Run("rakops track ENV BRANCH".into()),
        Hint::Run("rakops track ENV --reset".into()),
        Hint::Run("rakops track --list".into()),
    ]
}

fn unsaid(message: &str) -> Error {
    let error = Error::new(Kind::Refused, "nothing-to-track", message);
    instead().into_iter().fold(error, Error::hint)
}

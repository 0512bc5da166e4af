//! Promotes: TO then runs what FROM runs.
//!
//! The look ([`look`]) settles what must not move: FROM's commit, and what the forge says of commits. The plan is made by
//! the strategy, on TO's tip, as often as somebody else is first.

mod freeze;
pub(crate) mod open;
mod told;
pub(crate) mod train;
mod trial;

use std::collections::BTreeMap;

use crate::change::set::ChangeSet;
use crate::config::environments::Environment;
use crate::config::load::Loaded;
use crate::config::model::{Config, Severity, StrategyName};
use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid};
use crate::landing::Landed;
use crate::ops::land::{self, Ground, Order, Target, Whose, Work};
use crate::ops::standing::{self, Standing, Tips};
use crate::ops::world::World;
use crate::snapshot::Snapshot;
use crate::strategy::hop::{Ask, Hop, Stand, Told};

/// What `promote` was asked for; nothing has been opened yet.
#[derive(Clone, Debug)]
pub(crate) struct PromoteRequest {
    /// The environment that it comes from.
    pub(crate) from: String,
    /// The state of FROM that is meant.
    pub(crate) at: State,
    /// The environment or group that it goes to.
    pub(crate) to: String,
    /// Where FROM is read.
    pub(crate) tips: Tips,
    pub(crate) ask: Ask,
    pub(crate) supersede: open::Supersede,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

/// Which state of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// As it is.
    #[default]
    Now,
    /// The newest that has run long enough: `FROM@soaked`.
    Soaked,
    /// `FROM@REV`.
    At(String),
}

/// Everything that is settled before the first plan.
pub(crate) struct Look {
    pub(crate) standing: Standing,
    pub(crate) from: Environment,
    /// FROM's commit, frozen.
    pub(crate) commit: Oid,
    view: Snapshot,
    told: BTreeMap<Oid, Told>,
    /// The trial that FROM is on: then that is what goes on.
    journey: Option<trial::Journey>,
}

/// Settles what must not move.
///
/// # Errors
/// [`Kind::NotFound`] for an environment or a branch that is not there; [`Kind::Usage`] for FROM = TO; [`Kind::Config`] for
/// environments that are one place; what fetching says.
pub(crate) fn look(ground: &Ground, order: &Order<'_>, request: &PromoteRequest) -> Result<Look, Error> {
    let usual = match &order.onto {
        Some(onto) => onto.clone(),
        None => standing::usual_branch(ground, &order.how)?,
    };
    let tips = match (&order.how, &ground.remote) {
        (land::How::Commit, _) | (_, None) => Tips::Local,
        _ => request.tips,
    };
    let standing = standing::read(ground, (&usual, tips))?;
    let from = one(&standing, &request.from)?;
    let to = standing.named(&request.to)?;
    refuse_same((&from, request), &to)?;
    refuse_foreign_flags(standing.strategy.name(), &request.ask)?;
    let tip = standing.tip(ground, &from.name)?.clone();
    for environment in &to {
        standing.tip(ground, &environment.name)?;
    }
    let mut branches: Vec<BranchName> = Vec::new();
    for name in std::iter::once(&from.name).chain(to.iter().map(|it| &it.name)) {
        branches.extend(standing.branches.get(name).cloned());
    }
    branches.sort();
    branches.dedup();
    ground.whole_history(order.progress, (&branches, tips))?;
    let commit = freeze::freeze(ground, (&standing, &from, &tip), request)?;
    order
        .progress
        .say(&format!("reading {} at {}", from.name, commit.short()));
    let told = told::ask(ground, order, (&standing, &from, &to))?;
    let journey = trial::find(ground, (&standing, &from, &to), (request, order))?;
    Ok(Look {
        journey,
        view: ground.view(&commit)?,
        from,
        commit,
        standing,
        told,
    })
}

impl Look {
    /// The branches of some environments, each once.
    fn branches_of(&self, names: &[String]) -> Vec<BranchName> {
        let of = names
            .iter()
            .filter_map(|name| self.standing.branches.get(name).cloned());
        let mut branches: Vec<BranchName> = of.collect();
        branches.sort();
        branches.dedup();
        branches
    }
}

/// Plans and lands as one of the open promotions of this pair; those that it contains are closed where that was asked for.
///
/// # Errors
/// As [`run`]; [`Kind::Refused`] `open-promotion`.
pub(crate) fn land(
    ground: &Ground,
    (look, request, order): (&Look, &PromoteRequest, &Order<'_>),
    (land, preview): (&Lands<'_>, &Lands<'_>),
) -> Result<Vec<Landed>, Error> {
    let planned = || run(ground, (look, request, order), preview);
    let contained = open::contained(ground, (look, request, order), &planned)?;
    let landed = run(ground, (look, request, order), land)?;
    open::close(ground, (look, request, order), (&contained, &landed))?;
    Ok(landed)
}

/// Does some work: lands it, or shows it.
pub(crate) type Lands<'a> = dyn Fn(&Work<'_>) -> Result<Vec<Landed>, Error> + 'a;

/// Plans and lands, or shows what would land.
///
/// # Errors
/// As planning and landing.
pub(crate) fn run(
    ground: &Ground,
    (look, request, order): (&Look, &PromoteRequest, &Order<'_>),
    land: &Lands<'_>,
) -> Result<Vec<Landed>, Error> {
    if let Some(journey) = &look.journey {
        return journey.run(ground, (request, order), land);
    }
    let to: Vec<String> = look
        .standing
        .named(&request.to)?
        .into_iter()
        .map(|it| it.name)
        .collect();
    let subjects = match (request.ask.images.is_empty(), request.ask.changes.is_empty()) {
        (false, _) => request.ask.images.iter().map(|it| it.as_str().to_owned()).collect(),
        (true, false) => request.ask.changes.clone(),
        (true, true) => Vec::new(),
    };
    land(&Work {
        command: "promote",
        from: Some(&look.from.name),
        environments: &to,
        whose: Whose::Own,
        subjects,
        plan: &|world, target, _| plan(ground, (look, request), (world, target)),
    })
}

/// Plans on the tip of TO's branch, or of its request's.
fn plan(
    ground: &Ground,
    (look, request): (&Look, &PromoteRequest),
    (world, target): (&World, &Target),
) -> Result<ChangeSet, Error> {
    let here = world.environments_by_name();
    let known = |name: &String| here.list.iter().any(|it| it.name == *name);
    let all = match target.environments.iter().all(known) && known(&look.from.name) {
        true => &here,
        // TO's branch has another idea of the environments, or none.
        false => &look.standing.environments,
    };
    let by_name = |name: &String| all.list.iter().find(|it| it.name == *name);
    let environments: Vec<&Environment> = target.environments.iter().filter_map(by_name).collect();
    let from = by_name(&look.from.name).unwrap_or(&look.from);
    let Some((commit, _)) = world.snapshot.commit() else {
        return Err(Error::bug("a promotion that is planned on no commit"));
    };
    let view = |id: &Oid| ground.view(id);
    let mut tips = look.standing.tips.clone();
    for name in &target.environments {
        tips.insert(name.clone(), commit.clone());
    }
    let own = ground.own();
    let hop = Hop {
        repository: &ground.repository,
        git: &ground.git,
        view: &view,
        from: Stand {
            environments: vec![from],
            snapshot: &look.view,
            commit: &look.commit,
        },
        to: Stand {
            environments,
            snapshot: &world.snapshot,
            commit,
        },
        environments: all,
        loaded: &stricter(&world.loaded, &ground.look.loaded.config),
        tips: &tips,
        ask: &request.ask,
        told: &look.told,
        own: own.as_deref(),
        now: request.now,
    };
    let mut change_set = look.standing.strategy.plan_promotion(&hop)?;
    change_set.facts.warnings.extend(world.warnings.iter().cloned());
    Ok(change_set)
}

/// The configuration of TO's tip, with what is stricter in the first look kept: a file that others may change must not
/// loosen what somebody has here. Source: PROMOTION.md, section 8.
fn stricter(tip: &Loaded, here: &Config) -> Loaded {
    let mut config = tip.config.clone();
    for (rule, severity) in &here.guard {
        if *severity == Severity::Refuse {
            config.guard.insert(*rule, Severity::Refuse);
        }
    }
    for entry in &mut config.environments {
        let known = here.environments.iter().find(|it| it.name == entry.name);
        entry.soak = entry.soak.max(known.and_then(|it| it.soak));
    }
    Loaded {
        config,
        file: tip.file.clone(),
        tree: None,
    }
}

/// The one environment of a name.
fn one(standing: &Standing, name: &str) -> Result<Environment, Error> {
    let mut found = standing.named(name)?;
    match (found.len(), found.pop()) {
        (1, Some(only)) => Ok(only),
        (_, last) => {
            let mut names: Vec<String> = found.iter().map(|it| it.name.clone()).collect();
            names.extend(last.map(|it| it.name));
            let message = format!(
                "`{name}` is a group of {} environments; a promotion comes from one",
                names.len()
            );
            Err(Error::new(Kind::Usage, "from-a-group", message).hint(Hint::Found(names)))
        }
    }
}

/// Refuses flags that mean nothing under a strategy: what was asked for would not be done, and nobody would know.
fn refuse_foreign_flags(strategy: StrategyName, ask: &Ask) -> Result<(), Error> {
    let given = [
        (!ask.changes.is_empty(), "--change", StrategyName::FanOut),
        (ask.merge_base.is_some(), "--merge-base", StrategyName::Chain),
    ];
    match given.iter().find(|(given, _, only)| *given && *only != strategy) {
        None => Ok(()),
        // Chain says it in its own words: a change cannot be taken out of a merge.
        Some((_, "--change", _)) if strategy == StrategyName::Chain => Ok(()),
        Some((_, flag, only)) => {
            let message = format!(
                "`{flag}` is for {}; the strategy here is {}",
                only.as_str(),
                strategy.as_str()
            );
            Err(Error::new(Kind::Usage, "flag-of-another-strategy", message)
                .hint(Hint::See("docs/concepts/strategies.md".into())))
        }
    }
}

/// Refuses FROM and TO that are the same, by name or by place.
fn refuse_same((from, request): (&Environment, &PromoteRequest), to: &[Environment]) -> Result<(), Error> {
    if to.iter().any(|it| it.name == from.name) {
        let message = match from.name == request.to {
            true => format!("`{}` is promoted to itself", from.name),
            false => format!("`{}` is one of `{}`", from.name, request.to),
        };
        return Err(Error::new(Kind::Usage, "same-environment", message).hint(Hint::Say(
            "name where it comes from, and where it goes: rakops promote stg prd".into(),
        )));
    }
    let is_same = |it: &&Environment| {
        let mut paths = (it.paths.clone(), from.paths.clone());
        paths.0.sort();
        paths.1.sort();
        it.branch == from.branch && paths.0 == paths.1
    };
    match to.iter().find(is_same) {
        None => Ok(()),
        Some(other) => {
            let message = format!(
                "`{}` and `{}` are the same path on the same branch",
                from.name, other.name
            );
            Err(Error::new(Kind::Config, "same-place", message).hint(Hint::Key(
                "environments[].path".into(),
                format!("path: overlays/{}", other.name),
            )))
        }
    }
}

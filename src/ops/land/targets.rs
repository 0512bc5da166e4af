//! Which branches a change lands on: those of its environments, or those that the strategy tells.
//!
//! Source: PROMOTION.md, section 8.

use super::{Ground, Order, Work};
use crate::config::environments::{Environment, Environments};
use crate::error::Error;
use crate::git::names::BranchName;
use crate::landing::branch_name::OwnBase;
use crate::ops::standing;
use crate::ops::world::World;
use crate::strategy;

/// Whose branches a change lands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Those of the environments that were named.
    #[default]
    Own,
    /// Those that the strategy tells: where an edit of an environment's own files begins.
    Strategys,
    /// Those of the environments that were named, where the strategy tells others: `--hotfix`.
    Hotfix,
}

/// A branch, and the environments that a change of it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The branch it lands on.
    pub(crate) branch: BranchName,
    /// Names of the environments, in promotion order; none where none was named.
    pub(crate) environments: Vec<String>,
}

/// Divides what was asked for by the branches that it lands on.
///
/// # Errors
/// `Kind::NotFound` for an environment that is not there; `Kind::Refused` where no branch is checked out and none is
/// named; `Kind::Usage` for `--onto` with environments of several branches.
pub(crate) fn targets(ground: &Ground, order: &Order<'_>, work: &Work<'_>) -> Result<Vec<Target>, Error> {
    if work.environments.is_empty() {
        let branch = match &order.onto {
            Some(onto) => onto.clone(),
            None => ground.usual_branch(&order.how)?,
        };
        return Ok(vec![Target {
            branch,
            environments: Vec::new(),
        }]);
    }
    let environments = ground.look.environments_by_name();
    let mut named: Vec<&Environment> = Vec::new();
    let mut unseen: Vec<(String, Error)> = Vec::new();
    for name in work.environments {
        let found = match environments.named(name) {
            // The work tree may be of another branch, or sparse: whether it is there, the tip tells.
            Err(error) if error.code == "environment-not-found" && ground.checkout_and_histories().is_some() => {
                unseen.push((name.clone(), error));
                continue;
            }
            found => found?,
        };
        for environment in found {
            if !named.iter().any(|known| known.name == environment.name) {
                named.push(environment);
            }
        }
    }
    // In promotion order, whatever was typed first.
    let place = |it: &&Environment| environments.list.iter().position(|known| known.name == it.name);
    named.sort_by_key(place);
    let mut targets: Vec<Target> = Vec::new();
    for (environment, lands_with) in landings(&environments, &named, work.whose)? {
        let branch = match (&order.onto, &lands_with.branch) {
            (Some(onto), _) => onto.clone(),
            (None, Some(own)) => BranchName::parse(own)?,
            (None, None) => usual(ground, order, work)?,
        };
        match targets.iter_mut().find(|target| target.branch == branch) {
            Some(target) if target.environments.contains(&environment.name) => {}
            Some(target) => target.environments.push(environment.name.clone()),
            None => targets.push(Target {
                branch,
                environments: vec![environment.name.clone()],
            }),
        }
    }
    for (name, error) in unseen {
        let usual = || usual(ground, order, work).map_err(|_| error);
        let branch = order.onto.clone().map_or_else(usual, Ok)?;
        match targets.iter_mut().find(|target| target.branch == branch) {
            Some(target) if target.environments.contains(&name) => {}
            Some(target) => target.environments.push(name),
            None => targets.push(Target {
                branch,
                environments: vec![name],
            }),
        }
    }
    Ok(targets)
}

/// Environments, each with those on whose branches it lands.
fn landings<'e>(
    environments: &'e Environments,
    named: &[&'e Environment],
    whose: Whose,
) -> Result<Vec<(&'e Environment, &'e Environment)>, Error> {
    let strategy = match (whose, environments.strategy) {
        (Whose::Strategys, Some(name)) => Some(strategy::named(name)?),
        _ => None,
    };
    let with = |environment: &'e Environment| match strategy {
        Some(strategy) => strategy.landings(environments, environment),
        None => vec![environment],
    };
    let each = |environment: &&'e Environment| {
        let environment = *environment;
        with(environment).into_iter().map(move |it| (environment, it))
    };
    Ok(named.iter().flat_map(each).collect())
}

/// The branch of an environment that has none of its own. What is promoted or rolled back at the remote is so on its default
/// branch, whatever is checked out; other commands land where one works.
fn usual(ground: &Ground, order: &Order<'_>, work: &Work<'_>) -> Result<BranchName, Error> {
    match (work.command, &order.how) {
        ("promote" | "rollback", how) => standing::usual_branch(ground, how),
        (_, how) => ground.usual_branch(how),
    }
}

/// Whether a branch is where the intent lands by itself; where `--onto` names another, its request has another name.
pub(crate) fn own_base(ground: &Ground, order: &Order<'_>, work: &Work<'_>) -> Result<OwnBase, Error> {
    if order.onto.is_none() && work.whose != Whose::Hotfix {
        return Ok(OwnBase::Yes);
    }
    let by_itself = Order {
        onto: None,
        ..order.like()
    };
    let usual = Work {
        whose: match work.whose {
            Whose::Hotfix => Whose::Strategys,
            whose => whose,
        },
        subjects: work.subjects.clone(),
        ..*work
    };
    let (now, usual) = (targets(ground, order, work)?, targets(ground, &by_itself, &usual)?);
    match (now.as_slice(), usual.as_slice()) {
        ([now], [usual]) if now.branch == usual.branch => Ok(OwnBase::Yes),
        _ => Ok(OwnBase::No),
    }
}

/// The same target with those of its environments that follow its branch: files of the others wait there to be promoted.
///
/// Where `--onto` names the branch, all of them are meant.
pub(super) fn followed(world: &World, (order, work): (&Order<'_>, &Work<'_>), target: &Target) -> Target {
    if work.whose != Whose::Strategys || order.onto.is_some() {
        return target.clone();
    }
    // Only now: where nothing is configured, every name in the tree is read for it.
    let environments = world.environments_by_name();
    let follows = |name: &String| {
        let known = environments.list.iter().find(|it| it.name == *name);
        let branch = known.and_then(|it| it.branch.as_deref());
        branch.is_none_or(|branch| branch == target.branch.as_str())
    };
    Target {
        environments: target
            .environments
            .iter()
            .filter(|name| follows(name))
            .cloned()
            .collect(),
        ..target.clone()
    }
}

/// The environments that follow a branch.
pub(super) fn on_branch(environments: &Environments, branch: &BranchName) -> Vec<String> {
    let follow = environments
        .list
        .iter()
        .filter(|it| it.branch.as_deref() == Some(branch.as_str()));
    follow.map(|it| it.name.clone()).collect()
}

//! Environments as they stand: each on the tip of its branch, as the remote has it or as it is here.

use std::collections::BTreeMap;

use crate::config::environments::{Environment, Environments};
use crate::config::model::StrategyName;
use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid};
use crate::ops::land::{Ground, How};
use crate::strategy::hop::{Ask, Hop, Stand};
use crate::strategy::{self, Strategy};

/// Where tips are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tips {
    /// At the remote, fetched first.
    #[default]
    Remote,
    /// `--local`: the branches here.
    Local,
}

/// Environments, and the tips of their branches.
pub(crate) struct Standing {
    /// All of them, in promotion order.
    pub(crate) environments: Environments,
    pub(crate) strategy: &'static dyn Strategy,
    /// The branch of each environment, by its name.
    pub(crate) branches: BTreeMap<String, BranchName>,
    /// The tip of each environment's branch, by the environment's name; one whose branch is nowhere is left out.
    pub(crate) tips: BTreeMap<String, Oid>,
    /// Where they were read.
    pub(crate) read: Tips,
}

impl Standing {
    /// The tip of an environment's branch.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if its branch is nowhere, or only here while the remote was read.
    pub(crate) fn tip(&self, ground: &Ground, name: &str) -> Result<&Oid, Error> {
        self.tips.get(name).ok_or_else(|| {
            let branch = self.branches.get(name).map_or("", |branch| branch.as_str());
            let is_here = ground
                .repository
                .tip(&format!("refs/heads/{branch}"))
                .is_ok_and(|tip| tip.is_some());
            let error = |message: String| Error::new(Kind::NotFound, "branch-not-found", message);
            match (is_here, self.read) {
                (true, Tips::Remote) => error(format!(
                    "the branch `{branch}` of `{name}` is not on the remote; it is only here"
                ))
                .hint(Hint::Flag("--local".into(), "reads the branches that are here".into()))
                .hint(Hint::Say(format!("git push origin {branch}"))),
                _ => error(format!("there is no branch `{branch}`, which `{name}` follows"))
                    .hint(Hint::Key("environments[].branch".into(), "branch: main".into())),
            }
        })
    }

    /// The environments of a name or a group, none of which is on two places.
    ///
    /// # Errors
    /// [`Kind::NotFound`] with the nearest names.
    pub(crate) fn named(&self, name: &str) -> Result<Vec<Environment>, Error> {
        Ok(self.environments.named(name)?.into_iter().cloned().collect())
    }
}

/// Reads the tips of all environments' branches. `usual` is the branch of environments that have none of their own.
///
/// # Errors
/// [`Kind::Config`] where the strategy is not known; what fetching says.
pub(crate) fn read(ground: &Ground, (usual, tips): (&BranchName, Tips)) -> Result<Standing, Error> {
    let environments = defined(ground, (usual, tips))?;
    if let Some(ambiguous) = &environments.ambiguous {
        return Err(ambiguous.clone());
    }
    let strategy = strategy_of(&environments)?;
    let mut branches = BTreeMap::new();
    for environment in &environments.list {
        let branch = match &environment.branch {
            Some(own) => BranchName::parse(own)?,
            None => usual.clone(),
        };
        branches.insert(environment.name.clone(), branch);
    }
    let mut wanted: Vec<BranchName> = branches.values().cloned().collect();
    wanted.sort();
    wanted.dedup();
    let found = ground.read_tips(&wanted, tips)?;
    let tips_of = branches
        .iter()
        .filter_map(|(name, branch)| Some((name.clone(), found.get(branch)?.clone())))
        .collect();
    Ok(Standing {
        environments,
        strategy,
        branches,
        tips: tips_of,
        read: tips,
    })
}

/// The environments as the first look has them; where it knows none, as the tip of the usual branch does.
fn defined(ground: &Ground, (usual, tips): (&BranchName, Tips)) -> Result<Environments, Error> {
    let seen = ground.look.environments_by_name();
    if !seen.list.is_empty() {
        return Ok(seen);
    }
    match ground.read_tips(std::slice::from_ref(usual), tips)?.get(usual) {
        Some(tip) => Ok(ground.world_of(&ground.view(tip)?, usual)?.environments_by_name()),
        None => Ok(seen),
    }
}

/// The branch of environments that have none of their own.
///
/// # Errors
/// [`Kind::Refused`] where neither the remote names a default branch nor one is checked out.
pub(crate) fn usual_branch(ground: &Ground, how: &How) -> Result<BranchName, Error> {
    match (&ground.remote, how) {
        (None, _) | (_, How::Commit) => ground.usual_branch(&How::Commit),
        // What is checked out tells nothing about where environments are at the remote.
        (Some(_), How::Push | How::PullRequest(_)) => ground.default_branch(),
    }
}

/// The branch of environments that have none of their own, as the remote names its default one.
///
/// # Errors
/// [`Kind::Refused`] where it names none.
pub(crate) fn default_branch(ground: &Ground) -> Result<BranchName, Error> {
    ground.default_branch()
}

/// The same without a remote: the default branch that is known here, else the one that is checked out.
///
/// # Errors
/// [`Kind::Refused`] where none is.
pub(crate) fn local_branch(ground: &Ground) -> Result<BranchName, Error> {
    match &ground.look.branches.default {
        Some(known) => BranchName::parse(known),
        None => ground.usual_branch(&How::Commit),
    }
}

/// Says that there is nothing to go from or to.
pub(crate) fn no_environments() -> Error {
    Error::new(Kind::Config, "no-environments", "no environments are known here")
        .hint(Hint::Say("there is no `overlays/<name>/` and no `rakops.yaml`".into()))
        .hint(Hint::Run("rakops init".into()))
}

fn strategy_of(environments: &Environments) -> Result<&'static dyn Strategy, Error> {
    if environments.list.is_empty() {
        return Err(no_environments());
    }
    match environments.strategy {
        Some(name) => strategy::named(name),
        None => Err(Error::new(
            Kind::Config,
            "strategy-unknown",
            "each environment has a branch; whether changes go from one to the next or to each by itself is not known",
        )
        .hint(Hint::Key(
            "strategy".into(),
            format!("strategy: {}", StrategyName::Chain.as_str()),
        ))
        .hint(Hint::Run("rakops init --strategy chain".into()))
        .hint(Hint::Run("rakops init --strategy fan-out".into()))),
    }
}

/// Two ends of a promotion that is looked at and not made.
pub(crate) struct Pair<'a> {
    pub(crate) from: &'a Environment,
    pub(crate) to: &'a Environment,
    pub(crate) ask: &'a Ask,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

impl Standing {
    /// Calls `look` with a hop between the tips of two environments; none if the branch of one of them is nowhere.
    ///
    /// # Errors
    /// [`Kind::Config`] of TO's tip; as `look`.
    pub(crate) fn between<T>(
        &self,
        ground: &Ground,
        pair: &Pair<'_>,
        look: &dyn Fn(&Hop<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let (Some(from), Some(to)) = (self.tips.get(&pair.from.name), self.tips.get(&pair.to.name)) else {
            return Ok(None);
        };
        let Some(branch) = self.branches.get(&pair.to.name) else {
            return Ok(None);
        };
        let (from_view, to_view) = (ground.view(from)?, ground.view(to)?);
        let world = ground.world_of(&to_view, branch)?;
        let view = |id: &Oid| ground.view(id);
        let own = ground.own();
        let hop = Hop {
            repository: &ground.repository,
            git: &ground.git,
            view: &view,
            from: Stand {
                environments: vec![pair.from],
                snapshot: &from_view,
                commit: from,
            },
            to: Stand {
                environments: vec![pair.to],
                snapshot: &to_view,
                commit: to,
            },
            environments: &self.environments,
            loaded: &world.loaded,
            tips: &self.tips,
            ask: pair.ask,
            told: &BTreeMap::new(),
            own: own.as_deref(),
            now: pair.now,
        };
        look(&hop).map(Some)
    }
}

//! Which branch an environment's cluster follows: switching it to the branch of a trial, and back.
//!
//! The edit lands on the default branch, where the object that says it is read from. **Invariant:** a switch takes nothing
//! back that the environment runs: the branch has everything that the present one has brought it.
//! Start reading at [`Trial::plan`].

mod list;
pub(crate) mod on_trial;
pub(crate) mod stale;

pub(crate) use list::{Listed, Row, list};

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::change::set::{ChangeSet, Facts, FileChange, SettingChange};
use crate::config::environments::Environment;
use crate::config::model::{RuleName, Severity};
use crate::error::{Error, Hint, Kind, Place};
use crate::git::names::{BranchName, Oid};
use crate::landing::Side;
use crate::manifest::track::{self, Followed, Tracks};
use crate::ops::impact::range::Named;
use crate::ops::impact::sight::Sight;
use crate::ops::land::{Ground, How, Order};
use crate::ops::standing::Tips;
use crate::ops::world::World;

/// What `track` was asked for.
#[derive(Clone, Debug)]
pub(crate) struct TrackRequest {
    /// Environments or groups, as typed.
    pub(crate) environments: Vec<String>,
    /// What they are to follow.
    pub(crate) wish: Wish,
    /// Rules that are lifted.
    pub(crate) allow: BTreeSet<RuleName>,
    /// Where the branch is looked for.
    pub(crate) place: BranchPlace,
}

/// What an environment is to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// The branch of a trial.
    Branch(BranchName),
    /// The default branch.
    Reset,
}

/// Where a branch is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BranchPlace {
    /// At the remote, where the cluster reads it.
    Remote,
    /// Here (`--local`).
    Here,
}

/// An environment that is switched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tracked {
    /// What it follows at present, and where that is written.
    pub(crate) followed: Followed,
    /// The branch at present, by its name.
    pub(crate) from: String,
    /// The branch from then on.
    pub(crate) to: String,
}

/// A switch that is about to be planned: the branches are known.
pub(crate) struct Trial<'g> {
    ground: &'g Ground,
    request: &'g TrackRequest,
    /// The default branch.
    pub(crate) trunk: BranchName,
    /// What is to be followed.
    to: Named,
    /// What the last plan switches.
    pub(crate) tracked: RefCell<Vec<Tracked>>,
    /// What the last plan found as it is to be: environment and branch.
    pub(crate) already: RefCell<Vec<(String, String)>>,
}

impl<'g> Trial<'g> {
    /// Finds the branches.
    ///
    /// # Errors
    /// [`Kind::NotFound`] `branch-not-found` for a branch that is not where it is looked for.
    pub(crate) fn new(ground: &'g Ground, order: &Order<'_>, request: &'g TrackRequest) -> Result<Trial<'g>, Error> {
        let trunk = ground.trunk()?;
        let name = match &request.wish {
            Wish::Branch(branch) => branch,
            Wish::Reset => &trunk,
        };
        let is_here = matches!(order.how, How::Commit) || request.place == BranchPlace::Here || ground.remote.is_none();
        let found = match is_here {
            true => tip_here(ground, name)?,
            false => ground.read_tips(std::slice::from_ref(name), Tips::Remote)?.remove(name),
        };
        let commit = match found {
            Some(commit) => commit,
            None => {
                return Err(not_there(
                    ground,
                    name,
                    if is_here {
                        BranchPlace::Here
                    } else {
                        BranchPlace::Remote
                    },
                ));
            }
        };
        Ok(Trial {
            ground,
            request,
            to: Named {
                typed: name.as_str().to_owned(),
                commit,
            },
            trunk,
            tracked: RefCell::default(),
            already: RefCell::default(),
        })
    }

    /// Plans the switch on a view of the default branch.
    ///
    /// # Errors
    /// [`Kind::Usage`] where environments have branches of their own; [`Kind::Refused`] `retrack`, `stale-branch`,
    /// `delivers-itself`, `shared-object` and `not-a-branch`; as [`Tracks::of`].
    pub(crate) fn plan(&self, world: &World, side: Side) -> Result<ChangeSet, Error> {
        let own = self.ground.own();
        let sight = Sight::of(world, own.as_deref())?;
        refuse_branches(&sight)?;
        let mut named: Vec<&Environment> = Vec::new();
        for name in &self.request.environments {
            for environment in sight.environments.named(name)? {
                if !named.iter().any(|known| known.name == environment.name) {
                    named.push(environment);
                }
            }
        }
        let tracks = tracks_of(&sight)?;
        let mut facts = Facts {
            subjects: vec![self.to.typed.clone()],
            warnings: sight.warnings.clone(),
            ..Facts::default()
        };
        let (mut tracked, mut already) = (Vec::new(), Vec::new());
        for environment in &named {
            let followed = tracks.of(&environment.name)?;
            let from = followed.branch(self.trunk.as_str())?;
            if from == self.to.typed {
                already.push((environment.name.clone(), from.to_owned()));
                continue;
            }
            refuse_half(&tracks, followed, &named)?;
            // What the branch of a request adds to the default branch is this very switch.
            if side == Side::Base {
                facts.warnings.extend(self.check((world, &sight), followed, from)?);
            }
            tracked.push(Tracked {
                followed: followed.clone(),
                from: from.to_owned(),
                to: self.to.typed.clone(),
            });
        }
        let files = self.files(world, &tracked, &mut facts)?;
        if side == Side::Base {
            self.tracked.replace(tracked);
            self.already.replace(already);
        }
        Ok(ChangeSet {
            files,
            facts,
            ..ChangeSet::default()
        })
    }

    /// The edits, file by file.
    fn files(&self, world: &World, tracked: &[Tracked], facts: &mut Facts) -> Result<Vec<FileChange>, Error> {
        let paths: BTreeSet<&String> = tracked.iter().map(|it| &it.followed.file).collect();
        let mut files = Vec::new();
        for path in paths {
            let of_file: Vec<&Tracked> = tracked.iter().filter(|it| it.followed.file == *path).collect();
            let wanted: Vec<(&Followed, &str)> = of_file.iter().map(|it| (&it.followed, it.to.as_str())).collect();
            let switched = track::switch(&world.snapshot, path, &wanted)?;
            files.push(FileChange::Edit {
                path: switched.path,
                before: Box::new(switched.before),
                after: switched.after,
            });
            for it in of_file {
                let object = &it.followed.object;
                facts.settings.push(SettingChange {
                    file: path.clone(),
                    line: it.followed.line,
                    column: it.followed.column,
                    path: format!("{}/{}", object.kind, object.name),
                    from: Some(it.from.clone()),
                    to: Some(it.to.clone()),
                });
            }
        }
        Ok(files)
    }

    /// The rules of a switch. Returns what is only to be said.
    fn check(&self, (world, sight): (&World, &Sight), followed: &Followed, from: &str) -> Result<Vec<Error>, Error> {
        let mut warnings = Vec::new();
        let parts = (&sight.graph, &sight.deliveries);
        if self.to.typed == self.trunk.as_str() {
            let present = track::delivers_itself(parts, followed, from);
            if present.is_some() {
                let message = format!(
                    "`{}` may be read from `{from}` itself: then the reset has to land there, too",
                    followed.file
                );
                warnings.push(Error::new(Kind::Refused, "delivers-itself", message));
            }
            return Ok(warnings);
        }
        if let Some(chain) = track::delivers_itself(parts, followed, &self.to.typed) {
            return Err(self.delivers_itself(followed, &chain));
        }
        if from != self.trunk.as_str() {
            warnings.extend(self.retrack(sight, followed, from)?);
        }
        // Whoever leaves another trial leaves its changes, too: then the default branch is what must not be lost.
        let trunk = self.trunk.as_str();
        let present = Named {
            commit: self.tip_of_trunk(world)?,
            typed: trunk.to_owned(),
        };
        stale::refuse(self.ground, (sight, followed), (&present, &self.to))?;
        Ok(warnings)
    }

    /// The tip of the default branch: what is planned on, unless the switch lands somewhere else.
    fn tip_of_trunk(&self, world: &World) -> Result<Oid, Error> {
        let here = world.snapshot.commit().map(|(commit, _)| commit.clone());
        if let Some(commit) = here.filter(|_| world.branches.checked_out.as_deref() == Some(self.trunk.as_str())) {
            return Ok(commit);
        }
        let tip = match self.ground.remote {
            Some(_) => self
                .ground
                .read_tips(std::slice::from_ref(&self.trunk), Tips::Remote)?
                .remove(&self.trunk),
            None => tip_here(self.ground, &self.trunk)?,
        };
        tip.ok_or_else(|| not_there(self.ground, &self.trunk, BranchPlace::Remote))
    }

    /// An environment on a trial stays on it, unless that is lifted.
    fn retrack(&self, sight: &Sight, followed: &Followed, from: &str) -> Result<Option<Error>, Error> {
        if self.request.allow.contains(&RuleName::Retrack) {
            return Ok(None);
        }
        let error = Error::new(
            Kind::Refused,
            "retrack",
            format!("`{}` is on another trial: it follows `{from}`", followed.environment),
        )
        .at(Place::at(&followed.file, followed.line, followed.column))
        .hint(Hint::Run(format!("rakops track {} --reset", followed.environment)))
        .hint(Hint::Flag(
            "--allow retrack".into(),
            "ends that trial and begins this one".into(),
        ));
        match sight.config.guard.get(&RuleName::Retrack) {
            Some(Severity::Warn) => Ok(Some(error)),
            _ => Err(error),
        }
    }

    fn delivers_itself(&self, followed: &Followed, chain: &[track::Link]) -> Error {
        let message = format!(
            "`{}` would be read from `{}` itself: what switches it back would never be read",
            followed.shown(),
            self.to.typed
        );
        let mut error = Error::new(Kind::Refused, "delivers-itself", message);
        for pair in chain.windows(2) {
            error = error.because(format!(
                "`{}` ({}:{}) is brought by `{}` ({}:{})",
                track::shown(&pair[0].object),
                pair[0].file,
                pair[0].line,
                track::shown(&pair[1].object),
                pair[1].file,
                pair[1].line
            ));
        }
        if let [only] = chain {
            error = error.because(format!(
                "`{}` ({}:{}) lies among the files that it brings",
                track::shown(&only.object),
                only.file,
                only.line
            ));
        }
        error
            .at(Place::at(&followed.file, followed.line, followed.column))
            .hint(Hint::Say(
                "let an object that follows the default branch bring it, from a directory of its own".into(),
            ))
    }
}

/// What every environment follows.
fn tracks_of(sight: &Sight) -> Result<Tracks, Error> {
    let all: Vec<&Environment> = sight.environments.list.iter().collect();
    track::followed((&sight.snapshot, &sight.deliveries), &sight.config, &all)
}

/// Refuses where there is nothing to switch.
fn refuse_branches(sight: &Sight) -> Result<(), Error> {
    if !sight.has_branches() {
        return Ok(());
    }
    let strategy = sight
        .environments
        .strategy
        .map_or("fan-out or chain", |strategy| strategy.as_str());
    let message = format!("environments have branches of their own under {strategy}: their clusters follow those");
    Err(
        Error::new(Kind::Usage, "strategy-has-branches", message).hint(Hint::Say(
            "`track` is for the strategy trunk, where all of them follow one branch".into(),
        )),
    )
}

/// Refuses to switch one of several environments that follow a branch through the same object.
fn refuse_half(tracks: &Tracks, followed: &Followed, named: &[&Environment]) -> Result<(), Error> {
    let sharing = tracks.sharing(followed);
    if sharing.iter().all(|name| named.iter().any(|it| it.name == *name)) {
        return Ok(());
    }
    let message = format!(
        "`{}` is what {} follow: they are switched together",
        followed.shown(),
        sharing.join(", ")
    );
    Err(Error::new(Kind::Refused, "shared-object", message)
        .at(Place::at(&followed.file, followed.line, followed.column))
        .hint(Hint::Run(format!("rakops track {} BRANCH", sharing.join(",")))))
}

/// The tip of a branch here: of the local one, else as the remote's was seen last.
fn tip_here(ground: &Ground, branch: &BranchName) -> Result<Option<Oid>, Error> {
    if let Some(tip) = ground.repository.tip(&branch.reference())? {
        return Ok(Some(tip));
    }
    let remote = ground
        .remote
        .as_ref()
        .and_then(|remote| remote.name())
        .unwrap_or("origin");
    ground.repository.tip(&format!("refs/remotes/{remote}/{branch}"))
}

fn not_there(ground: &Ground, branch: &BranchName, place: BranchPlace) -> Error {
    let remote = ground.remote.as_ref();
    let shown = remote.and_then(|remote| remote.name()).unwrap_or("the remote");
    let message = match place {
        BranchPlace::Here => format!("there is no branch `{branch}` here"),
        BranchPlace::Remote => format!("there is no branch `{branch}` at {shown}"),
    };
    let error = Error::new(Kind::NotFound, "branch-not-found", message);
    let is_local = !ground.is_remote_only()
        && ground
            .repository
            .tip(&branch.reference())
            .is_ok_and(|tip| tip.is_some());
    if is_local && place == BranchPlace::Remote {
        return error
            .because("it exists only locally, where no cluster reads it")
            .hint(Hint::Say(format!("git push {shown} {branch}")))
            .hint(Hint::Flag("--local".into(), "takes it as it is here".into()));
    }
    let near = Hint::nearest(branch.as_str(), &ground.look.branches.all);
    near.into_iter().fold(error, Error::hint)
}

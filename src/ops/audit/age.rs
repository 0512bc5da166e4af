//! What the environments were built from at one time: the files, builds and objects of a commit.
//!
//! **Invariant:** where the tree of a time cannot be understood, every file of it counts as reaching every environment: an audit
//! rather shows too much than too little.

use std::collections::BTreeSet;

use crate::config::environments::Environment;
use crate::config::load::Loaded;
use crate::config::model::Config;
use crate::error::{Error, Hint};
use crate::git::changes::Changed;
use crate::git::names::Oid;
use crate::git::objects::Mode;
use crate::manifest::graph::Reach;
use crate::manifest::kustomization::{Kustomization, directory_of, is_kustomization};
use crate::manifest::track::{self, Tracks};
use crate::ops::impact::sight::Sight;
use crate::ops::land::Ground;
use crate::yaml;

/// Words that stand in every file with an object that delivers something.
const DELIVERING: [&[u8]; 2] = [b"argoproj.io/", b"toolkit.fluxcd.io/"];
/// Files that say what environments there are.
const CONFIGURING: [&str; 2] = ["rakops.yaml", ".rakops.yaml"];

/// The trees of a line of commits, as far as they are built alike.
pub(super) enum Age {
    /// Before the first commit.
    Nothing,
    /// It cannot be understood, and this is why.
    Unknown(Error),
    Known(Box<Sight>),
}

/// How trees are looked at.
pub(super) struct Eye<'a> {
    pub(super) ground: &'a Ground,
    /// As in [`crate::manifest::delivery::read`].
    pub(super) own: Option<&'a str>,
    /// The environments as they are today; one that a time does not know is as it is today.
    pub(super) environments: &'a [Environment],
    /// The configuration of today, for trees that have none.
    pub(super) config: &'a Config,
}

impl Eye<'_> {
    /// Looks at the tree of a commit.
    pub(super) fn age(&self, commit: Option<&Oid>) -> Age {
        let Some(commit) = commit else { return Age::Nothing };
        match self.sight(commit) {
            Ok(sight) => Age::Known(Box::new(sight)),
            Err(error) => {
                let message = format!("what was built at {} cannot be told: {}", commit.short(), error.message);
                let error = Error {
                    code: "reach-unknown",
                    message,
                    ..error
                };
                Age::Unknown(error.hint(Hint::Say(
                    "every file of it counts as reaching every environment".into(),
                )))
            }
        }
    }

    fn sight(&self, commit: &Oid) -> Result<Sight, Error> {
        let mut world = self.ground.world_at(commit)?;
        if world.loaded.file.is_none() {
            world.loaded = Loaded {
                config: self.config.clone(),
                file: None,
                tree: None,
            };
        }
        Sight::of(&world, self.own)
    }

    /// Tells whether a change may make trees build otherwise, so that they have to be looked at anew.
    ///
    /// # Errors
    /// As reading files.
    pub(super) fn is_turn(&self, (old, new): (&Oid, &Oid), changes: &[Changed]) -> Result<bool, Error> {
        for change in changes {
            if self.turns((old, new), change)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn turns(&self, (old, new): (&Oid, &Oid), change: &Changed) -> Result<bool, Error> {
        let name = change.path.rsplit('/').next().unwrap_or_default();
        if CONFIGURING.contains(&change.path.as_str()) {
            return Ok(true);
        }
        let is_link =
            |entry: &Option<crate::git::objects::Entry>| entry.as_ref().is_some_and(|it| it.mode == Mode::Link);
        if is_link(&change.old) || is_link(&change.new) {
            return Ok(true);
        }
        let bytes = |entry: &Option<crate::git::objects::Entry>| match entry {
            Some(entry) if entry.mode.is_file() => self.ground.repository.blob(&entry.id).map(Some),
            _ => Ok(None),
        };
        if is_kustomization(name) {
            let (Some(old), Some(new)) = (bytes(&change.old)?, bytes(&change.new)?) else {
                return Ok(true);
            };
            let read = |bytes: Vec<u8>| {
                let tree = yaml::parse(bytes, yaml::Limits::default()).ok()?;
                Kustomization::of(&change.path, &tree)
            };
            return Ok(match (read(old), read(new)) {
                (Some(old), Some(new)) => !builds_alike(&old, &new),
                _ => true,
            });
        }
        // Where environments are told by their directories, one that comes or goes may be one.
        let directory = directory_of(&change.path);
        let has = |commit: &Oid| match self.ground.repository.commit(commit)? {
            Some(commit) => self.ground.repository.entry(&commit.tree, directory),
            None => Ok(None),
        };
        let comes_or_goes = change.old.is_none() || change.new.is_none();
        if name == "Chart.yaml" && comes_or_goes {
            return Ok(true);
        }
        if comes_or_goes && has(old)?.is_some() != has(new)?.is_some() {
            return Ok(true);
        }
        for entry in [&change.old, &change.new] {
            let Some(bytes) = bytes(entry)? else { continue };
            if DELIVERING
                .iter()
                .any(|word| memchr::memmem::find(&bytes, word).is_some())
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether two states of a kustomization read the same files; what an inline patch says is no matter of reach.
fn builds_alike(one: &Kustomization, other: &Kustomization) -> bool {
    one.builds == other.builds
        && one.components == other.components
        && one.patches == other.patches
        && one.reads == other.reads
        && one.secrets == other.secrets
        && one.is_open == other.is_open
        && one.is_component == other.is_component
}

/// An age with the environments in it.
pub(super) struct View<'a> {
    pub(super) age: &'a Age,
    /// Those of today, as they were then.
    pub(super) environments: Vec<&'a Environment>,
    reach: Option<Reach<'a>>,
    tracks: Tracks,
    /// By environment: the files that each of the builds reads that its cluster gets.
    pub(super) tops: Vec<Vec<BTreeSet<String>>>,
}

impl<'a> View<'a> {
    pub(super) fn of(eye: &'a Eye<'_>, age: &'a Age) -> View<'a> {
        let Age::Known(sight) = age else {
            return View {
                age,
                environments: eye.environments.iter().collect(),
                reach: None,
                tracks: Tracks::default(),
                tops: Vec::new(),
            };
        };
        let then = |today: &'a Environment| {
            let known = sight.environments.list.iter().find(|it| it.name == today.name);
            known.unwrap_or(today)
        };
        let environments: Vec<&Environment> = eye.environments.iter().map(then).collect();
        let reach = sight.reach(&environments);
        let tracks = track::followed((&sight.snapshot, &sight.deliveries), &sight.config, &environments);
        let tops = |environment: &&Environment| {
            let directories = reach.tops(&sight.graph, &environment.name);
            directories.iter().map(|top| sight.graph.reads(top)).collect()
        };
        View {
            age,
            tops: environments.iter().map(tops).collect(),
            reach: Some(reach),
            tracks: tracks.unwrap_or_default(),
            environments,
        }
    }

    /// The names of the environments that a file reached.
    pub(super) fn reached(&self, file: &str) -> Vec<&str> {
        match (self.age, &self.reach) {
            (Age::Nothing, _) => Vec::new(),
            (_, Some(reach)) => reach.of(file),
            (_, None) => self.environments.iter().map(|it| it.name.as_str()).collect(),
        }
    }

    /// Whether a file is of the environment's own directory.
    pub(super) fn is_own(&self, environment: &str, file: &str) -> bool {
        self.reach.as_ref().is_some_and(|reach| reach.is_own(environment, file))
    }

    /// Whether a generator of Secrets read the file.
    pub(super) fn is_secret(&self, file: &str) -> bool {
        matches!(self.age, Age::Known(sight) if sight.graph.is_secret(file))
    }

    /// What an environment followed; none where no object says it.
    pub(super) fn followed(&self, environment: &str) -> Option<&track::Followed> {
        self.tracks.of(environment).ok()
    }
}

//! One step of a promotion: what is carried from where to where, and everything that a plan may know of it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::config::environments::{Environment, Environments};
use crate::config::load::Loaded;
use crate::config::model::RuleName;
use crate::error::{Error, Hint, Kind};
use crate::git::names::Oid;
use crate::git::open::Repository;
use crate::git::program::Git;
use crate::image::{Name, Repository as Image};
use crate::manifest::locate::Declared;
use crate::snapshot::Snapshot;

/// One step of a promotion.
pub(crate) struct Hop<'a> {
    /// Objects, to read and to merge in memory.
    pub(crate) repository: &'a Repository,
    /// The program, to merge and to list history.
    pub(crate) git: &'a Git,
    /// Looks at a commit, or at a tree that a merge comes to.
    pub(crate) view: &'a dyn Fn(&Oid) -> Result<Snapshot, Error>,
    /// Where it comes from, frozen.
    pub(crate) from: Stand<'a>,
    /// Where it goes, as of the tip that the plan is made on. All of its environments are on that one branch.
    pub(crate) to: Stand<'a>,
    /// All environments, in promotion order, as TO's tip has them.
    pub(crate) environments: &'a Environments,
    /// The configuration of TO's tip.
    pub(crate) loaded: &'a Loaded,
    /// Tips of the branches of all environments that could be read, by the environment's name; TO's is the commit of `to`.
    pub(crate) tips: &'a BTreeMap<String, Oid>,
    /// What was asked for.
    pub(crate) ask: &'a Ask,
    /// What the forge says of commits: asked in the look, never by a plan.
    pub(crate) told: &'a BTreeMap<Oid, Told>,
    /// Path of the repository at its host, such as `acme/manifests`, where it is known.
    pub(crate) own: Option<&'a str>,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

impl<'a> Hop<'a> {
    /// The same hop, asked for something else.
    pub(crate) fn asking<'b>(&'b self, ask: &'b Ask) -> Hop<'b>
    where
        'a: 'b,
    {
        Hop {
            from: self.from.clone(),
            to: self.to.clone(),
            ask,
            ..*self
        }
    }

    /// The same hop the other way round: what TO has and FROM lacks.
    pub(crate) fn turned<'b>(&'b self) -> Hop<'b>
    where
        'a: 'b,
    {
        Hop {
            from: self.to.clone(),
            to: self.from.clone(),
            ..*self
        }
    }

    /// The paths that the configuration of TO's tip declares, compiled.
    ///
    /// # Errors
    /// `Kind::Config` if one cannot be understood.
    pub(crate) fn declared(&self) -> Result<Declared, Error> {
        let images = &self.loaded.config.images;
        let sites = images
            .iter()
            .flat_map(|image| image.sites.iter().map(|site| (image.name.as_str(), site.as_str())));
        Declared::new(sites).map_err(|error| Error {
            kind: Kind::Config,
            ..error
        })
    }
}

/// Environments in one commit.
#[derive(Clone)]
pub(crate) struct Stand<'a> {
    /// In promotion order; of FROM there is one.
    pub(crate) environments: Vec<&'a Environment>,
    /// The files of the commit.
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) commit: &'a Oid,
}

impl Stand<'_> {
    /// The first of its environments; of FROM the only one.
    ///
    /// # Errors
    /// `Kind::Bug` if there is none.
    pub(crate) fn one(&self) -> Result<&Environment, Error> {
        self.environments
            .first()
            .copied()
            .ok_or_else(|| Error::bug("a side of a promotion without an environment"))
    }

    /// The names of its environments.
    pub(crate) fn names(&self) -> Vec<String> {
        self.environments.iter().map(|it| it.name.clone()).collect()
    }
}

/// What a promotion was asked for, in validated words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    /// Images; empty is everything.
    pub(crate) images: Vec<Name>,
    /// Changes by their IDs, or by what their commits begin with; empty is every change.
    pub(crate) changes: Vec<String>,
    /// Whether changes that a chosen one builds on come along: `--with-dependencies`.
    pub(crate) dependencies: Dependencies,
    /// Selectors of settings besides those of the configuration: `--also-settings`.
    pub(crate) also_settings: Vec<String>,
    /// Whether `newName`, host and namespace are carried, too: `--with-name`.
    pub(crate) names: Names,
    /// Whether a digest that FROM does not have is taken away from TO: `--drop-digest`.
    pub(crate) digest: TargetDigest,
    /// What is known of digests, where they may be asked for.
    pub(crate) digests: Digests,
    /// What both sides are said to have: `--merge-base`.
    pub(crate) merge_base: Option<Oid>,
    /// Whether it goes up the order on purpose: `--backport`.
    pub(crate) direction: Direction,
    /// Whether companions that stay behind refuse the promotion: with `--auto-merge` they do.
    pub(crate) unattended: Unattended,
    /// Rules that are lifted.
    pub(crate) allow: BTreeSet<RuleName>,
}

/// Whether changes that a chosen one builds on come along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dependencies {
    /// They are named, and the promotion is refused.
    #[default]
    Named,
    /// They come along.
    Along,
}

/// Whether the name of an image is carried with its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Names {
    /// It belongs to the environment.
    #[default]
    Stay,
    /// It is carried.
    Along,
}

/// What happens to a digest of TO that FROM's version does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TargetDigest {
    /// The promotion is refused.
    #[default]
    Refused,
    /// It is taken away.
    Dropped,
    /// The one that the tag has takes its place: `--resolve-digest`. A digest that is carried to another repository has to be
    /// there.
    Asked,
}

/// The full name of a repository, and a tag or digest in it.
type Wanted = (String, String);

/// What is known of digests. A plan asks nobody: what it would have to know is noted, asked for, and planned again. Clones
/// share what is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Digests {
    /// None where there is no such version.
    known: Rc<RefCell<BTreeMap<Wanted, Option<String>>>>,
    lacking: Rc<RefCell<BTreeSet<Wanted>>>,
}

impl Digests {
    /// The digest that a tag or digest stands for; none if there is no such version.
    ///
    /// # Errors
    /// [`Kind::Refused`] `needs-digest` if it is not known yet; then it is among what is [`Digests::lacking`].
    pub(crate) fn of(&self, image: &Image, reference: &str) -> Result<Option<String>, Error> {
        let key = (image.normalised().to_owned(), reference.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(known.clone());
        }
        self.lacking.borrow_mut().insert(key);
        let message = format!("nobody was asked yet what `{image}` has as `{reference}`");
        Err(Error::new(Kind::Refused, "needs-digest", message)
            .hint(Hint::Say("others have pushed meanwhile: run it again".into())))
    }

    /// Takes what has to be asked for: full names of repositories, with tags or digests.
    pub(crate) fn lacking(&self) -> Vec<Wanted> {
        std::mem::take(&mut *self.lacking.borrow_mut()).into_iter().collect()
    }

    /// Notes an answer.
    pub(crate) fn learn(&self, question: Wanted, answer: Option<String>) {
        self.known.borrow_mut().insert(question, answer);
    }
}

/// Which way a promotion goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Down the order.
    #[default]
    Forward,
    /// Up the order: a hotfix is carried back.
    Back,
}

/// Whether somebody looks before it merges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Unattended {
    /// Somebody does.
    #[default]
    No,
    /// The forge merges by itself.
    Yes,
}

/// What the forge says of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Number of the pull request that it came by.
    pub(crate) number: Option<u64>,
    /// The text of that request, with the block that rakops wrote into it.
    pub(crate) body: String,
    /// When it was merged, in seconds since 1970.
    pub(crate) merged_at: Option<i64>,
}

//! Which of two builds is newer: asked of the commits that they were built from.
//!
//! Source: PROMOTION.md, section 9.

use std::ops::ControlFlow;

use super::Ground;
use crate::change::evidence::{self, Landing};
use crate::change::intent::Source;
use crate::change::set::SiteChange;
use crate::error::Error;
use crate::forge::Host;
use crate::git::history::End;
use crate::git::names::{BranchName, Oid, RemoteUrl};
use crate::git::open::Repository;
use crate::git::program::Git;
use crate::git::remote;

/// Tells which of two commits of a source repository is the newer.
pub(crate) struct Ancestry<'a> {
    /// The checkout that the command runs in, and the addresses of its remotes.
    checkout: Option<(Repository, Vec<RemoteUrl>)>,
    /// The forge, which may know the repository.
    forge: Option<&'a Host<'a>>,
}

/// What two sources are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// Ours is in the history of theirs.
    Older,
    /// It is not.
    NotOlder,
    /// Nobody could tell.
    Unknown,
}

impl<'a> Ancestry<'a> {
    /// Asks the checkout around `git`'s directory first, and the forge where that does not know.
    pub(crate) fn new(git: &Git, forge: Option<&'a Host<'a>>) -> Ancestry<'a> {
        let root = crate::git::open::find_root(git.directory());
        let checkout = root.and_then(|root| {
            let git = git.at(&root);
            let repository = Repository::open_with(&root, &git).ok()?;
            let address = |name: String| {
                let key = format!("remote.{name}.url");
                RemoteUrl::parse(&git.config(&key)?).ok()
            };
            let remotes = remote::names(&git).into_iter().filter_map(address).collect();
            Some((repository, remotes))
        });
        Ancestry { checkout, forge }
    }

    /// Compares our source with the one that a version was landed with.
    ///
    /// # Errors
    /// As the forge; a checkout that cannot tell is no error.
    pub(crate) fn compare(&self, ours: &Source, theirs: &Source) -> Result<Age, Error> {
        if !ours.is_of(&theirs.repository) {
            return Ok(Age::Unknown);
        }
        if ours.commit.starts_with(&theirs.commit) || theirs.commit.starts_with(&ours.commit) {
            return Ok(Age::NotOlder);
        }
        if let Some(age) = self.of_checkout(ours, theirs)? {
            return Ok(age);
        }
        if let (Some(forge), Some(old), Some(new)) = (self.forge, Oid::parse(&ours.commit), Oid::parse(&theirs.commit))
            && let Some(is_older) = forge.is_ancestor(ours.path(), &old, &new)?
        {
            return Ok(if is_older { Age::Older } else { Age::NotOlder });
        }
        Ok(Age::Unknown)
    }

    fn of_checkout(&self, ours: &Source, theirs: &Source) -> Result<Option<Age>, Error> {
        let Some((repository, remotes)) = &self.checkout else {
            return Ok(None);
        };
        if !remotes
            .iter()
            .any(|remote| ours.is_of(remote.repository()) || ours.is_of(remote.written()))
        {
            return Ok(None);
        }
        let (Some(old), Some(new)) = (repository.resolve(&ours.commit)?, repository.resolve(&theirs.commit)?) else {
            return Ok(None);
        };
        let answer = repository.is_ancestor(&old, &new)?;
        Ok(answer.map(|is_older| if is_older { Age::Older } else { Age::NotOlder }))
    }
}

impl Ground {
    /// Finds the landing of the version that a site has now: the newest commit from the branch's tip whose trailers name it.
    ///
    /// Where the history here ends too early, more of it is fetched, as commits without trees.
    ///
    /// # Errors
    /// As the repository and the remote.
    pub(crate) fn landing_of(
        &self,
        site: &SiteChange,
        (branch, tip): (&BranchName, &Oid),
    ) -> Result<Option<Landing>, Error> {
        let Some(present) = &site.from else { return Ok(None) };
        let is_it = |landing: &Landing| {
            let is_here = landing
                .environment
                .as_ref()
                .is_none_or(|name| site.environments.is_empty() || site.environments.contains(name));
            is_here && landing.image == site.image && landing.to == *present
        };
        // A handful of builds a day: the first steps are enough almost always.
        for more in [None, Some(Some(50)), Some(Some(500)), Some(None)] {
            if let Some(by) = more {
                self.deepen(branch, by)?;
            }
            let mut found = None;
            let end = self.repository.history(tip, &mut |commit, _| {
                found = evidence::landings(&commit.message)
                    .into_iter()
                    .find(|landing| is_it(landing));
                match found {
                    Some(_) => ControlFlow::Break(()),
                    None => ControlFlow::Continue(()),
                }
            })?;
            if found.is_some() || end == End::Complete {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

//! Which of two builds is newer: asked of the commits that they were built from.
//!
//! Source: PROMOTION.md, section 9.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::Ground;
use crate::change::evidence::{self, Landing};
use crate::change::intent::Source;
use crate::change::progress::Progress;
use crate::change::set::SiteChange;
use crate::error::Error;
use crate::forge::Host;
use crate::git::cache::Cache;
use crate::git::credentials::{self, GitToken};
use crate::git::history::End;
use crate::git::names::{BranchName, Oid, RemoteUrl};
use crate::git::open::{Repository, find_root};
use crate::git::program::Git;
use crate::git::remote::{self, Remote};

/// Who is asked which of two commits of a source repository is the newer.
pub(crate) struct Ancestry<'a> {
    /// Git in the directory that the command was started in: where CI has checked out what was built.
    pub(crate) git: &'a Git,
    /// The forge, which may know the repository.
    pub(crate) forge: Option<&'a Host<'a>>,
    /// The directory that fetched histories are kept in.
    pub(crate) cache: PathBuf,
    /// Finds a token for git, where it has none itself.
    pub(crate) token: &'a dyn Fn(&Git, &RemoteUrl) -> Option<GitToken>,
    /// Who listens.
    pub(crate) progress: &'a dyn Progress,
}

/// What two sources are to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// Ours is in the history of theirs.
    Older,
    /// It is not.
    NotOlder,
    /// Nobody could tell; why.
    Unknown(Vec<String>),
}

/// How much of a history is fetched at a time; none is all of it. A handful of builds a day: the first is enough almost always.
const STEPS: [Option<u32>; 3] = [Some(50), Some(500), None];

impl Ancestry<'_> {
    /// Compares our source with the one that a version was landed with.
    ///
    /// The checkout is asked first, then the forge; then the history of both is fetched from where the checkout comes from,
    /// into a repository of its own: the checkout stays as it is.
    pub(crate) fn compare(&self, ours: &Source, theirs: &Source) -> Age {
        if !ours.is_of(&theirs.repository) {
            return Age::Unknown(vec![format!("that was built from `{}`", theirs.repository)]);
        }
        if ours.commit.starts_with(&theirs.commit) || theirs.commit.starts_with(&ours.commit) {
            return Age::NotOlder;
        }
        let mut why = Vec::new();
        let checkout = self.checkout(ours);
        if let Some((_, git, _)) = &checkout {
            match Repository::open_with(git.directory(), git).and_then(|it| of_both(&it, ours, theirs)) {
                Ok(Some(age)) => return age,
                Ok(None) => {}
                Err(error) => why.push(error.message),
            }
        }
        match self.of_forge(ours, theirs) {
            Ok(Some(age)) => return age,
            Ok(None) => {}
            Err(error) => why.push(error.message),
        }
        match checkout {
            None => why.push(format!("no remote of this directory is `{}`", ours.repository)),
            Some((root, git, remote)) => match self.of_history((&root, &git, &remote), (ours, theirs)) {
                Ok(Some(age)) => return age,
                Ok(None) => why.push(format!("its history at `{}` does not tell", remote.fetch_url().shown())),
                Err(error) => {
                    why.push(error.message);
                    why.extend(error.causes);
                }
            },
        }
        Age::Unknown(why)
    }

    /// The checkout that the command runs in, with the remote that is the repository of our source.
    fn checkout(&self, ours: &Source) -> Option<(PathBuf, Git, Remote)> {
        let root = find_root(self.git.directory())?;
        let git = self.git.at(&root);
        let is_it = |remote: &Remote| {
            let url = remote.fetch_url();
            ours.is_of(url.repository()) || ours.is_of(url.written())
        };
        let remotes = remote::names(&git)
            .into_iter()
            .filter_map(|name| Remote::named(&git, &name).ok());
        let remote = remotes.into_iter().find(is_it)?;
        Some((root, git, remote))
    }

    fn of_forge(&self, ours: &Source, theirs: &Source) -> Result<Option<Age>, Error> {
        let (Some(forge), Some(old), Some(new)) = (self.forge, Oid::parse(&ours.commit), Oid::parse(&theirs.commit))
        else {
            return Ok(None);
        };
        let is_older = forge.is_ancestor(ours.path(), &old, &new)?;
        Ok(is_older.map(Age::of))
    }

    fn of_history(
        &self,
        (root, git, remote): (&Path, &Git, &Remote),
        (ours, theirs): (&Source, &Source),
    ) -> Result<Option<Age>, Error> {
        let elsewhere = Elsewhere {
            root,
            git,
            url: remote.fetch_url(),
            token: (self.token)(git, remote.fetch_url()),
            cache: &self.cache,
        };
        self.progress
            .doing(&format!("fetching the history of {}", ours.repository));
        elsewhere.look(&[&ours.commit, &theirs.commit], &|repository| {
            of_both(repository, ours, theirs)
        })
    }
}

/// The history behind commits of a checkout, fetched into a repository of its own from where the checkout comes from: the
/// checkout itself, its configuration and its list of shallow commits stay as they are.
struct Elsewhere<'a> {
    root: &'a Path,
    git: &'a Git,
    url: &'a RemoteUrl,
    token: Option<GitToken>,
    cache: &'a Path,
}

impl Elsewhere<'_> {
    /// Fetches more and more of what stands before `commits`, until `look` has found what it looks for; none if it never does.
    ///
    /// # Errors
    /// As the remote, and as `look`.
    fn look<T>(
        self,
        commits: &[&str],
        look: &dyn Fn(&Repository) -> Result<Option<T>, Error>,
    ) -> Result<Option<T>, Error> {
        let url = self.url.seen_from(self.root)?;
        let mut manner = self.git.manner().clone();
        manner.variables.extend(credentials::handed_on(self.git, &url)?);
        let mut cache = Cache::open(self.cache, &url, manner, self.token)?;
        if let Some(found) = look(&cache.repository)? {
            return Ok(Some(found));
        }
        let held = cache.hold()?;
        // Whoever held the lock before may have fetched what is missing here.
        for step in std::iter::once(None).chain(STEPS.map(Some)) {
            if let Some(depth) = step {
                cache.fetch_history(&held, commits, depth)?;
            }
            if let Some(found) = look(&cache.repository)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

impl Age {
    fn of(is_older: bool) -> Age {
        if is_older { Age::Older } else { Age::NotOlder }
    }
}

/// What the commits of a repository tell; none where one is not there, or their history ends too early.
fn of_both(repository: &Repository, ours: &Source, theirs: &Source) -> Result<Option<Age>, Error> {
    let (Some(ours), Some(theirs)) = (repository.resolve(&ours.commit)?, repository.resolve(&theirs.commit)?) else {
        return Ok(None);
    };
    let is_older = repository.is_ancestor(&ours, &theirs)?;
    if let Some(is_older) = is_older {
        return Ok(Some(Age::of(is_older)));
    }
    // A history that ends too early may do for the other direction.
    let is_newer = repository.is_ancestor(&theirs, &ours)? == Some(true);
    Ok(is_newer.then_some(Age::NotOlder))
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
        // Where the history here ends.
        let edges = RefCell::new(Vec::new());
        let search = |repository: &Repository, from: &[Oid]| -> Result<(Option<Landing>, End), Error> {
            let mut found = None;
            let mut end = End::Complete;
            for from in from {
                let walked = repository.history(from, &mut |commit, id| {
                    found = evidence::landings(&commit.message)
                        .into_iter()
                        .find(|landing| is_it(landing));
                    if commit.parents.iter().any(|parent| !repository.has(parent)) {
                        edges.borrow_mut().push(id.clone());
                    }
                    match found {
                        Some(_) => ControlFlow::Break(()),
                        None => ControlFlow::Continue(()),
                    }
                })?;
                if found.is_some() {
                    return Ok((found, End::Complete));
                }
                if walked == End::Shallow {
                    end = End::Shallow;
                }
            }
            Ok((None, end))
        };
        let tips = [tip.clone()];
        for more in std::iter::once(None).chain(STEPS.map(Some)) {
            if let Some(by) = more
                && !self.deepen(branch, by)?
            {
                break;
            }
            let (found, end) = search(&self.repository, &tips)?;
            if found.is_some() || end == End::Complete {
                return Ok(found);
            }
        }
        let edges = edges.take();
        let (Some((root, histories)), Some(remote)) = (self.checkout_and_histories(), &self.remote) else {
            return Ok(None);
        };
        let elsewhere = Elsewhere {
            root,
            git: &self.git,
            url: remote.fetch_url(),
            token: remote.token.clone(),
            cache: histories,
        };
        let commits: Vec<&str> = edges.iter().map(Oid::as_str).collect();
        let found = elsewhere.look(&commits, &|repository| {
            Ok(match search(repository, &edges)? {
                (None, End::Shallow) => None,
                (found, _) => Some(found),
            })
        })?;
        Ok(found.flatten())
    }
}

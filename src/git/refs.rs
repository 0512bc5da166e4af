//! References: where they point, and moving them only from where they were expected.

use std::thread;
use std::time::{Duration, Instant};

use super::answers::{self, Lock};
use super::damaged;
use super::names::{BranchName, Oid};
use super::objects::unreadable;
use super::open::{Inside, Repository};
use super::plumbing::{Plumbing, failed_to_move};
use crate::error::{Error, Kind};
use crate::text::secret::redact;

/// How long a reference that another process holds is waited for.
const LOCKED_FOR: Duration = Duration::from_secs(2);

/// What a reference must be for it to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    /// It points there.
    Tip(Oid),
    /// There is none.
    Absent,
}

/// What became of moving a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It points to the new commit.
    Done,
    /// It was not as expected; nothing was changed.
    Raced,
}

/// One attempt to change a reference.
enum Attempt {
    Over(Moved),
    /// Another process holds it; with what git said.
    Locked(String),
}

impl Repository {
    /// Returns the name of the branch that is checked out; none if the head is detached.
    ///
    /// A branch without a commit yet has a name too.
    pub(crate) fn checked_out(&self) -> Option<String> {
        let name = self.symbolic("HEAD")?;
        name.strip_prefix("refs/heads/").map(str::to_owned)
    }

    /// Returns the names of all branches, local and of remotes, without the remote's name, sorted, each once.
    pub(crate) fn branches(&self) -> Vec<String> {
        let listed = self.references(&["refs/heads/", "refs/remotes/"]);
        let mut names: Vec<String> = listed
            .iter()
            .filter_map(|name| {
                name.strip_prefix("refs/heads/").or_else(|| {
                    name.strip_prefix("refs/remotes/")
                        .and_then(|rest| rest.split_once('/').map(|it| it.1))
                })
            })
            .filter(|short| *short != "HEAD")
            .map(str::to_owned)
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Returns the branch that the remote `origin` calls its default one, as it was when it was cloned.
    pub(crate) fn remote_head(&self) -> Option<String> {
        let target = self.symbolic("refs/remotes/origin/HEAD")?;
        target.strip_prefix("refs/remotes/origin/").map(str::to_owned)
    }

    /// Deletes every reference whose name begins with `prefix`; tries twice, since an error may pass, such as that of one file
    /// too many. What cannot be deleted stays: it hurts nobody.
    pub(crate) fn delete_below(&self, prefix: &str) {
        let mut left = self.references(&[prefix]);
        for _ in 0..2 {
            left.retain(|name| !self.is_deleted(name));
        }
    }

    fn is_deleted(&self, name: &str) -> bool {
        match self.tip(name) {
            Ok(Some(id)) => matches!(self.delete_reference(name, &id), Ok(Moved::Done)),
            Ok(None) => true,
            Err(_) => false,
        }
    }

    /// Lists the names of references that begin with one of these prefixes, each of which ends with a slash.
    fn references(&self, prefixes: &[&str]) -> Vec<String> {
        match &self.inside {
            Inside::Library(inner) => {
                let all = inner.references().into_iter().flat_map(|all| all.flatten());
                all.filter_map(|it| it.name().ok().map(str::to_owned))
                    .filter(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)))
                    .collect()
            }
            Inside::Program(plumbing) => plumbing.references(prefixes),
        }
    }

    /// Returns the default branch, as `origin/HEAD` names it; else `main` or `master` if it is the only one of the two.
    pub(crate) fn default_branch(&self) -> Option<String> {
        self.default_among(&self.branches())
    }

    /// The same, where all branches are known already.
    pub(crate) fn default_among(&self, branches: &[String]) -> Option<String> {
        if let Some(target) = self.symbolic("refs/remotes/origin/HEAD") {
            return target.strip_prefix("refs/remotes/origin/").map(str::to_owned);
        }
        let mut usual = branches
            .iter()
            .filter(|name| matches!(name.as_str(), "main" | "master"));
        match (usual.next(), usual.next()) {
            (Some(only), None) => Some(only.clone()),
            _ => None,
        }
    }

    fn symbolic(&self, name: &str) -> Option<String> {
        match &self.inside {
            Inside::Library(inner) => {
                let found = inner.find_reference(name).ok()?;
                found.symbolic_target().ok()?.map(str::to_owned)
            }
            Inside::Program(plumbing) => plumbing.symbolic(name),
        }
    }

    /// Returns the commit that a reference (`refs/heads/main`, `HEAD`) leads to; none if there is no such reference, or it
    /// leads to something else.
    ///
    /// # Errors
    /// [`Kind::Files`] if the repository cannot be read, and `object-missing` if that commit is not here: a branch like that is
    /// there for everybody who wants to make it.
    pub(crate) fn tip(&self, reference: &str) -> Result<Option<Oid>, Error> {
        let inner = match &self.inside {
            Inside::Library(inner) => inner,
            Inside::Program(plumbing) => return self.tip_by_program(plumbing, reference),
        };
        let found = match inner.find_reference(reference).and_then(|it| it.resolve()) {
            Ok(found) => found,
            Err(cause) => return none_if_absent(&cause),
        };
        let named = || Oid::parse(&found.target()?.to_string());
        match found.peel_to_commit() {
            Ok(commit) => Ok(Oid::parse(&commit.id().to_string())),
            Err(cause) if cause.code() == git2::ErrorCode::NotFound => {
                Err(damaged::without_commit(reference, named().as_ref()))
            }
            Err(cause) => none_if_absent(&cause).map_err(|error| error.hint(damaged::look())),
        }
    }

    fn tip_by_program(&self, plumbing: &Plumbing, reference: &str) -> Result<Option<Oid>, Error> {
        if let Some(tip) = plumbing.rev_parse(&format!("{reference}^{{commit}}"))? {
            return Ok(Some(tip));
        }
        match plumbing.rev_parse(reference)? {
            Some(named) if !self.has(&named) => Err(damaged::without_commit(reference, Some(&named))),
            _ => Ok(None),
        }
    }

    /// Returns the commit that a revision, as a user writes it, leads to; none if there is no such thing.
    ///
    /// # Errors
    /// [`Kind::Usage`] if it begins with a dash, holds a control character, or fits several objects; [`Kind::Files`] if the repository cannot be
    /// read.
    pub(crate) fn resolve(&self, revision: &str) -> Result<Option<Oid>, Error> {
        if revision.is_empty() || revision.starts_with('-') || revision.contains(char::is_control) {
            return Err(Error::new(
                Kind::Usage,
                "not-a-revision",
                format!("`{}` cannot be the name of a commit", revision.escape_debug()),
            ));
        }
        let inner = match &self.inside {
            Inside::Library(inner) => inner,
            Inside::Program(plumbing) => return plumbing.rev_parse(&format!("{revision}^{{commit}}")),
        };
        match inner.revparse_single(revision).and_then(|it| it.peel_to_commit()) {
            Ok(commit) => Ok(Oid::parse(&commit.id().to_string())),
            Err(cause) if cause.code() == git2::ErrorCode::Ambiguous => Err(Error::new(
                Kind::Usage,
                "not-a-revision",
                format!("`{revision}` fits more than one commit"),
            )),
            Err(cause) => none_if_absent(&cause),
        }
    }

    /// Moves a branch to a commit if it is where it is expected to be, with a line in its log.
    ///
    /// Whoever has the branch checked out must be told: see [`Repository::fast_forward`].
    ///
    /// # Errors
    /// [`Kind::Refused`] `branch-clash` if another branch stands in the way (`a` and `a/b`); [`Kind::Files`] if it cannot be
    /// written, or stays locked.
    pub(crate) fn move_branch(&self, branch: &BranchName, to: &Oid, expect: &Expect) -> Result<Moved, Error> {
        self.set_reference(&branch.reference(), to, expect)
    }

    /// Sets any reference, as [`Repository::move_branch`] does.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn set_reference(&self, name: &str, to: &Oid, expect: &Expect) -> Result<Moved, Error> {
        match &self.inside {
            Inside::Library(inner) => {
                let to = git2::Oid::from_str(to.as_str()).map_err(|cause| unreadable(&cause))?;
                patiently(name, &|| {
                    let moved = match expect {
                        Expect::Absent => inner.reference(name, to, false, REASON),
                        Expect::Tip(tip) => git2::Oid::from_str(tip.as_str())
                            .and_then(|tip| inner.reference_matching(name, to, true, tip, REASON)),
                    };
                    attempt_of_library(name, moved.map(|_| ()))
                })
            }
            Inside::Program(plumbing) => {
                let none = "0".repeat(to.as_str().len());
                let old = match expect {
                    Expect::Tip(tip) => tip.as_str(),
                    Expect::Absent => none.as_str(),
                };
                patiently(name, &|| {
                    let args = ["update-ref", "-m", REASON, name, to.as_str(), old];
                    attempt_of_program(name, &plumbing.git().run(&args, None, &[])?)
                })
            }
        }
    }

    /// Removes a reference if it points where it is expected to; one that is not there is as good as removed.
    ///
    /// # Errors
    /// [`Kind::Files`] if it cannot be written, or stays locked.
    pub(crate) fn delete_reference(&self, name: &str, expect: &Oid) -> Result<Moved, Error> {
        match &self.inside {
            Inside::Library(inner) => patiently(name, &|| {
                let mut found = match inner.find_reference(name) {
                    Ok(found) => found,
                    Err(cause) if cause.code() == git2::ErrorCode::NotFound => return Ok(Attempt::Over(Moved::Done)),
                    Err(cause) => return attempt_of_library(name, Err(cause)),
                };
                if found.target().map(|id| id.to_string()).as_deref() != Some(expect.as_str()) {
                    return Ok(Attempt::Over(Moved::Raced));
                }
                attempt_of_library(name, found.delete())
            }),
            Inside::Program(plumbing) => patiently(name, &|| {
                if plumbing.rev_parse(name)?.is_none() {
                    return Ok(Attempt::Over(Moved::Done));
                }
                let args = ["update-ref", "-d", name, expect.as_str()];
                attempt_of_program(name, &plumbing.git().run(&args, None, &[])?)
            }),
        }
    }
}

/// What stands in the log of a reference that was moved here.
const REASON: &str = "rakops";

fn none_if_absent<T>(cause: &git2::Error) -> Result<Option<T>, Error> {
    use git2::ErrorCode::{InvalidSpec, NotFound, Peel, UnbornBranch};
    match cause.code() {
        NotFound | InvalidSpec | UnbornBranch | Peel => Ok(None),
        _ => Err(unreadable(cause)),
    }
}

/// Tries again while another process holds the reference.
fn patiently(name: &str, attempt: &dyn Fn() -> Result<Attempt, Error>) -> Result<Moved, Error> {
    let until = Instant::now() + LOCKED_FOR;
    let mut nap = Duration::from_millis(2);
    loop {
        match attempt()? {
            Attempt::Over(moved) => return Ok(moved),
            Attempt::Locked(said) if Instant::now() >= until => return Err(failed_to_move(name, &said)),
            Attempt::Locked(_) => thread::sleep(nap),
        }
        nap = (nap * 2).min(Duration::from_millis(100));
    }
}

fn attempt_of_library(name: &str, moved: Result<(), git2::Error>) -> Result<Attempt, Error> {
    use git2::ErrorCode::{Exists, Locked, Modified, NotFound};
    let Err(cause) = moved else {
        return Ok(Attempt::Over(Moved::Done));
    };
    let said = redact(cause.message()).into_owned();
    match cause.code() {
        // libgit2 has no code of its own for a clash.
        _ if CLASHES.iter().any(|text| said.contains(text)) => Err(answers::clash(&said)),
        Modified | NotFound | Exists => Ok(Attempt::Over(Moved::Raced)),
        Locked => Ok(Attempt::Locked(said)),
        _ => Err(failed_to_move(name, &said)),
    }
}

/// How libgit2 tells that one branch would be a directory of another.
const CLASHES: &[&str] = &["collides with", "refs beneath that folder", "parent is not directory"];

fn attempt_of_program(name: &str, finished: &super::program::Finished) -> Result<Attempt, Error> {
    if finished.is_success() {
        return Ok(Attempt::Over(Moved::Done));
    }
    match answers::lock(&finished.stderr) {
        Some(Lock::Moved) => Ok(Attempt::Over(Moved::Raced)),
        Some(Lock::Held) => Ok(Attempt::Locked(finished.stderr.clone())),
        Some(Lock::Clash(error)) => Err(error),
        None => Err(failed_to_move(name, &finished.stderr)),
    }
}

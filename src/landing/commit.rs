//! Onto a branch of this repository, without touching work tree, index or HEAD unless the branch is checked out.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::back_off::{BackOff, Lost};
use super::{Checkout, Checkouts, Job, Landed, Scene, Side, objects};
use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid};
use crate::git::refs::{Expect, Moved};
use crate::git::work_trees::{Clean, Step};

/// Commits onto local branches, all or none of them.
///
/// # Errors
/// [`Kind::NotFound`] for a branch that is not there; [`Kind::Refused`] for a checked-out branch that is not clean, and
/// what planning refuses; [`Kind::Conflict`] if others were always first.
pub(crate) fn land(scene: &Scene<'_>, jobs: &[Job<'_>]) -> Result<Vec<Landed>, Error> {
    let mut back_off = BackOff::new(scene.bounds);
    loop {
        match attempt(scene, jobs, back_off.attempt())? {
            Some(landed) => return Ok(landed),
            None if back_off.again(Lost::Race) => {}
            None => return Err(super::push::gave_up(&back_off, "the branch has moved each time")),
        }
    }
}

/// What is needed to move one branch.
struct Ready {
    from: Option<Oid>,
    to: Oid,
    checked_out: Option<PathBuf>,
}

/// One attempt; none if somebody else was first.
fn attempt(scene: &Scene<'_>, jobs: &[Job<'_>], attempts: u32) -> Result<Option<Vec<Landed>>, Error> {
    let _held = match scene.checkout {
        Checkout::Users => scene.repository.hold(),
        Checkout::Cache => None,
    };
    let mut landed = Vec::new();
    let mut moves = Vec::new();
    for job in jobs {
        let (tip, local) = start(scene, &job.base)?;
        let planned = (job.plan)(&(scene.view)(&tip)?, &tip, Side::Base)?;
        let commit = match planned.change_set.is_empty() {
            true => None,
            false => {
                let written = || objects::write(scene, &tip, &planned);
                let Some(checked_out) = only_clean(scene, (&job.base, local.as_ref()), &written)? else {
                    return Ok(None);
                };
                let commit = written()?;
                moves.push((
                    job.base.clone(),
                    Ready {
                        from: local,
                        to: commit.clone(),
                        checked_out,
                    },
                ));
                Some(commit)
            }
        };
        landed.push(Landed {
            head: None,
            difference: objects::difference(scene, &tip, &planned.change_set)?,
            base: job.base.clone(),
            change_set: planned.change_set,
            commit,
            attempts,
            request: None,
            tip,
            warnings: Vec::new(),
        });
    }
    for (at, (branch, ready)) in moves.iter().enumerate() {
        let outcome = advance(scene, branch, ready);
        if !matches!(outcome, Ok(Moved::Done)) {
            put_back(scene, &moves[..at]);
        }
        if outcome? == Moved::Raced {
            return Ok(None);
        }
    }
    Ok(Some(landed))
}

/// The commit to build on, and the local branch's own tip: a branch that only the remote has is begun where it is there.
pub(crate) fn start(scene: &Scene<'_>, branch: &BranchName) -> Result<(Oid, Option<Oid>), Error> {
    if let Some(tip) = scene.repository.tip(&branch.reference())? {
        return Ok((tip.clone(), Some(tip)));
    }
    let remote = scene.remote.and_then(|remote| remote.name()).unwrap_or("origin");
    let tracking = scene.repository.tip(&format!("refs/remotes/{remote}/{branch}"))?;
    match tracking {
        Some(tip) => Ok((tip, None)),
        None => Err(not_there(scene, branch)),
    }
}

/// The complaint about a branch that is not there.
fn not_there(scene: &Scene<'_>, branch: &BranchName) -> Error {
    let known = scene.repository.branches();
    let error = Error::new(
        Kind::NotFound,
        "branch-not-found",
        format!("there is no branch `{branch}`"),
    );
    match known.is_empty() {
        true => error.because("the repository has no commit yet"),
        false => error.hint(Hint::Found(known.into_iter().take(12).collect())),
    }
}

/// How long files that differ are looked at again: another run that brings them along writes them before it moves the branch.
const SETTLES_WITHIN: [u64; 5] = [20, 40, 80, 160, 300];

/// Returns the work tree that has the branch checked out, if one has; nothing if the branch has left `tip` meanwhile.
///
/// A work tree in which a run was killed that brought along what `written` writes counts as clean: it is about to be finished.
///
/// # Errors
/// [`Kind::Refused`] if it is not clean, is in the middle of a rebase, or if several have it.
fn only_clean(
    scene: &Scene<'_>,
    (branch, tip): (&BranchName, Option<&Oid>),
    written: &dyn Fn() -> Result<Oid, Error>,
) -> Result<Option<Option<PathBuf>>, Error> {
    let checkouts: Checkouts = match scene.checkout {
        Checkout::Users => scene.repository.work_trees_on(branch)?,
        Checkout::Cache => Vec::new(),
    };
    match checkouts.as_slice() {
        [] => match scene.repository.is_rebased(branch) {
            true => Err(rebased(branch)),
            false => Ok(Some(None)),
        },
        [only] => {
            let mut naps = SETTLES_WITHIN.iter();
            loop {
                let paths = match scene.repository.is_clean(scene.git, only)? {
                    Clean::Yes => return Ok(Some(Some(only.clone()))),
                    Clean::No(paths) => paths,
                };
                if has_moved(scene, branch, tip)? {
                    return Ok(None);
                }
                if let Some(from) = tip {
                    let step = Step {
                        branch: branch.clone(),
                        from: from.clone(),
                        to: written()?,
                    };
                    if scene.repository.is_cut_off(scene.git, only, &step)? {
                        return Ok(Some(Some(only.clone())));
                    }
                }
                match naps.next() {
                    Some(nap) => std::thread::sleep(Duration::from_millis(*nap)),
                    None => return Err(dirty(branch, only, &paths)),
                }
            }
        }
        several => Err(Error::new(
            Kind::Refused,
            "checked-out-twice",
            format!("`{branch}` is checked out in {} work trees", several.len()),
        )
        .hint(Hint::Say("git worktree list".into()))),
    }
}

fn has_moved(scene: &Scene<'_>, branch: &BranchName, tip: Option<&Oid>) -> Result<bool, Error> {
    Ok(scene.repository.tip(&branch.reference())?.as_ref() != tip)
}

fn rebased(branch: &BranchName) -> Error {
    Error::new(
        Kind::Refused,
        "rebase-under-way",
        format!("`{branch}` is being rebased here; its rebase could not end if it moved"),
    )
    .hint(Hint::Say(
        "git rebase --continue, or git rebase --abort, and then again".into(),
    ))
}

fn dirty(branch: &BranchName, work_tree: &Path, paths: &[String]) -> Error {
    let mut error = Error::new(
        Kind::Refused,
        "work-tree-dirty",
        format!(
            "`{branch}` is checked out in `{}`, and files there differ from its last commit",
            work_tree.display()
        ),
    );
    for path in paths.iter().take(6) {
        error = error.because(format!("`{path}`"));
    }
    error
        .hint(Hint::Say("git stash, or git commit, and then again".into()))
        .hint(Hint::Flag(
            "--push".into(),
            "lands on the remote's branch and leaves this work tree alone".into(),
        ))
}

fn advance(scene: &Scene<'_>, branch: &BranchName, ready: &Ready) -> Result<Moved, Error> {
    match (&ready.checked_out, &ready.from) {
        (Some(work_tree), Some(from)) => {
            let step = Step {
                branch: branch.clone(),
                from: from.clone(),
                to: ready.to.clone(),
            };
            match scene.repository.fast_forward(scene.git, work_tree, &step) {
                Ok(()) => Ok(Moved::Done),
                // Somebody has committed here in the meantime, or is about to: that is a race like any other.
                Err(error) => {
                    for nap in SETTLES_WITHIN {
                        if has_moved(scene, branch, Some(from))? {
                            return Ok(Moved::Raced);
                        }
                        std::thread::sleep(Duration::from_millis(nap));
                    }
                    Err(error)
                }
            }
        }
        (_, from) => {
            let expect = from.clone().map_or(Expect::Absent, Expect::Tip);
            let moved = scene.repository.move_branch(branch, &ready.to, &expect)?;
            // Nobody was first who has left nothing: what is there can neither be built on nor be replaced.
            if moved == Moved::Raced && from.is_none() && !has_moved(scene, branch, None)? {
                return Err(no_commit(branch));
            }
            Ok(moved)
        }
    }
}

fn no_commit(branch: &BranchName) -> Error {
    Error::new(
        Kind::Files,
        "object-missing",
        format!("`{}` is there, and leads to no commit", branch.reference()),
    )
    .hint(Hint::Say("`git fsck` says what is wrong with it".into()))
}

/// Takes branches back that have moved before one that could not.
fn put_back(scene: &Scene<'_>, moved: &[(BranchName, Ready)]) {
    for (branch, ready) in moved {
        let expect = Expect::Tip(ready.to.clone());
        let outcome = match (&ready.from, &ready.checked_out) {
            (Some(from), None) => scene.repository.move_branch(branch, from, &expect).map(|_| ()),
            (None, _) => scene
                .repository
                .delete_reference(&branch.reference(), &ready.to)
                .map(|_| ()),
            // Its files have moved along; taking them back could take somebody's work.
            (Some(_), Some(_)) => {
                scene
                    .progress
                    .say(&format!("{branch} has the commit {} already", ready.to.short()));
                Ok(())
            }
        };
        if let Err(error) = outcome {
            scene
                .progress
                .say(&format!("{branch} could not be taken back: {}", error.message));
        }
    }
}

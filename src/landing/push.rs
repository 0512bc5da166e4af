//! Onto branches of the remote: read the tip, plan, commit, push with the tip as lease; where somebody was first, again.
//!
//! Source: the measurements behind this loop are reproduced by `tests/outside/race.rs`.

use super::back_off::{BackOff, Lost};
use super::{Checkout, Job, Landed, Planned, Scene, Side, Tips, objects};
use crate::change::progress::Progress;
use crate::error::{Error, Hint, Kind};
use crate::git::answers::{self, Push};
use crate::git::names::{BranchName, Oid};
use crate::git::open::Repository;
use crate::git::refs::Expect;
use crate::git::remote::{Remote, Update};
use crate::git::work_trees::{Clean, Step};

/// Lands on branches of the remote, all or none of them.
///
/// # Errors
/// [`Kind::NotFound`] for a branch that is not there; [`Kind::Refused`], [`Kind::Access`] or [`Kind::Remote`] as the
/// remote says; [`Kind::Conflict`] if others were first until the bounds were reached. Nothing has landed then.
pub(crate) fn land(scene: &Scene<'_>, jobs: &[Job<'_>]) -> Result<Vec<Landed>, Error> {
    let remote = remote(scene)?;
    let branches: Vec<BranchName> = jobs.iter().map(|job| job.base.clone()).collect();
    let mut back_off = BackOff::new(scene.bounds);
    let mut mine = Mine::default();
    loop {
        let tips = match (scene.fetch)(&branches) {
            Ok(tips) => tips,
            Err(error) => {
                again_after(scene, &mut back_off, error)?;
                continue;
            }
        };
        back_off.answered();
        if let Some(landed) = mine.landed_after_all(scene, &tips)? {
            return Ok(follow(scene, landed));
        }
        let (landed, updates) = prepare(scene, jobs, (&tips, back_off.attempt()))?;
        if updates.is_empty() {
            finish_what_was_cut_off(scene, &landed);
            return Ok(landed);
        }
        scene.progress.doing(&format!("pushing to {}", names(&branches)));
        let lost = match remote.push(scene.git, &updates)? {
            Push::Landed { notes } => {
                notes.iter().for_each(|note| scene.progress.say(note));
                return Ok(follow(scene, landed));
            }
            Push::Refused(error) if error.code == "no-atomic-push" && jobs.len() > 1 => {
                scene
                    .progress
                    .say("the remote cannot take several branches at once: they land one by one");
                return one_by_one(scene, jobs);
            }
            Push::Refused(error) => return Err(error),
            Push::Moved { wording } => {
                scene.progress.detail(&format!("lost a race: {wording}"));
                // Against ourselves, if git has sent it twice because the first answer was lost.
                mine.remember(landed);
                wording
            }
            Push::NetworkDown(error) => {
                mine.remember(landed);
                again_after(scene, &mut back_off, error)?;
                continue;
            }
            Push::Unclear { line, otherwise } => {
                // Whether the tip has moved decides, not the wording.
                let now = (scene.fetch)(&branches)?;
                mine.remember(landed);
                if now == tips {
                    return Err(otherwise);
                }
                line
            }
        };
        if !back_off.again(Lost::Race) {
            return Err(gave_up(&back_off, &lost));
        }
        scene
            .progress
            .doing(&format!("attempt {}: somebody else was first", back_off.attempt()));
    }
}

/// Lands on one branch after the other. What has landed before one fails is told with its error.
fn one_by_one(scene: &Scene<'_>, jobs: &[Job<'_>]) -> Result<Vec<Landed>, Error> {
    let mut landed: Vec<Landed> = Vec::with_capacity(jobs.len());
    for job in jobs {
        match land(scene, std::slice::from_ref(job)) {
            Ok(one) => landed.extend(one),
            Err(error) => {
                let before = landed.iter().filter(|one| one.commit.is_some());
                return Err(before.fold(error, |error, one| {
                    error.because(format!("it has landed on `{}`", one.base))
                }));
            }
        }
    }
    tell_what_is_gone(scene, &mut landed);
    Ok(landed)
}

/// Looks at the branches once more, where each landed by itself: while the last of them did, somebody may have taken away what
/// had landed on the first. Of a push of all of them at once the answer has said it already.
fn tell_what_is_gone(scene: &Scene<'_>, landed: &mut [Landed]) {
    let branches: Vec<BranchName> = landed.iter().map(|one| one.base.clone()).collect();
    // They have landed; that they cannot be looked at again is no news.
    let Ok(tips) = (scene.fetch)(&branches) else { return };
    for one in landed {
        let Some(commit) = &one.commit else { continue };
        let is_there = tips.get(&one.base).is_some_and(|tip| {
            tip == commit || matches!(scene.repository.is_ancestor(commit, tip), Ok(Some(true) | None))
        });
        if !is_there {
            let what = format!(
                "`{}` has lost {} again, which had landed on it",
                one.base,
                commit.short()
            );
            one.warnings.push(
                Error::new(Kind::Conflict, "landing-gone", what)
                    .because("somebody has moved the branch back since then")
                    .hint(Hint::Say("run the command again: it lands what is missing".into())),
            );
        }
    }
}

/// The remote, which must be there.
pub(super) fn remote<'s>(scene: &'s Scene<'_>) -> Result<&'s Remote, Error> {
    scene.remote.ok_or_else(|| {
        Error::new(Kind::NotFound, "no-remote", "there is no remote to push to")
            .hint(Hint::Say("git remote add origin URL".into()))
            .hint(Hint::Flag("--commit".into(), "commits to the branch here".into()))
    })
}

/// Plans and commits for every branch.
fn prepare(
    scene: &Scene<'_>,
    jobs: &[Job<'_>],
    (tips, attempts): (&Tips, u32),
) -> Result<(Vec<Landed>, Vec<Update>), Error> {
    let mut landed = Vec::with_capacity(jobs.len());
    let mut updates = Vec::new();
    for job in jobs {
        let tip = tip_of((tips, scene.repository), &job.base)?;
        let planned: Planned = (job.plan)(&(scene.view)(tip)?, tip, Side::Base)?;
        let commit = match planned.change_set.is_empty() {
            true => None,
            false => Some(objects::write(scene, tip, &planned)?),
        };
        if let Some(commit) = &commit {
            updates.push(Update {
                branch: job.base.clone(),
                new: Some(commit.clone()),
                expect: Expect::Tip(tip.clone()),
            });
        }
        landed.push(Landed {
            head: None,
            difference: objects::difference(scene, tip, &planned.change_set)?,
            base: job.base.clone(),
            change_set: planned.change_set,
            commit,
            attempts,
            request: None,
            tip: tip.clone(),
            warnings: Vec::new(),
        });
    }
    Ok((landed, updates))
}

/// The tip of a branch that must be there.
///
/// # Errors
/// [`Kind::NotFound`], with the names nearest to it among the branches that `repository` knows.
pub(crate) fn tip_of<'t>((tips, repository): (&'t Tips, &Repository), branch: &BranchName) -> Result<&'t Oid, Error> {
    // Only the branches that were asked for are known here, not all that the remote has.
    tips.get(branch).ok_or_else(|| {
        let message = format!("the remote has no branch `{branch}`");
        let error = Error::new(Kind::NotFound, "branch-not-found", message);
        let near = Hint::nearest(branch.as_str(), repository.branches());
        near.into_iter()
            .fold(error, Error::hint)
            .hint(Hint::Flag("--onto BRANCH".into(), "names the branch to land on".into()))
    })
}

/// What this run has pushed without hearing the answer.
#[derive(Default)]
struct Mine {
    pushed: Option<Vec<Landed>>,
}

impl Mine {
    fn remember(&mut self, landed: Vec<Landed>) {
        self.pushed = Some(landed);
    }

    /// Returns what has landed although its answer was lost.
    fn landed_after_all(&mut self, scene: &Scene<'_>, tips: &Tips) -> Result<Option<Vec<Landed>>, Error> {
        let Some(pushed) = self.pushed.take() else {
            return Ok(None);
        };
        for landed in &pushed {
            let Some(commit) = &landed.commit else { continue };
            let is_there = match tips.get(&landed.base) {
                Some(tip) if tip == commit => true,
                Some(tip) => scene.repository.is_ancestor(commit, tip)? == Some(true),
                None => false,
            };
            if !is_there {
                return Ok(None);
            }
        }
        Ok(Some(pushed))
    }
}

/// Waits after a failure of the network; gives it back where the bounds are reached, or where waiting does not help.
pub(super) fn again_after(scene: &Scene<'_>, back_off: &mut BackOff, error: Error) -> Result<(), Error> {
    again(scene.progress, back_off, error)
}

/// The same, where there is no scene yet.
///
/// # Errors
/// `error`, with the number of attempts.
pub(crate) fn again(progress: &dyn Progress, back_off: &mut BackOff, error: Error) -> Result<(), Error> {
    if error.kind != Kind::Remote || error.code == "remote-certificate" {
        return Err(error);
    }
    match back_off.again(Lost::Network) {
        true => {
            progress.say(&format!("{}; trying again", error.message));
            Ok(())
        }
        false => Err(error.because(format!("given up after {} attempts", back_off.attempt()))),
    }
}

/// The end of a race that was never won.
pub(super) fn gave_up(back_off: &BackOff, wording: &str) -> Error {
    let often = format!("{} times in {} s", back_off.attempt(), back_off.elapsed().as_secs());
    let error = match answers::lock_file(wording) {
        Some(lock) => Error::new(
            Kind::Conflict,
            "race-lost",
            format!("the branch was locked {often}; nothing has landed"),
        )
        .hint(answers::without_owner(lock)),
        None => Error::new(
            Kind::Conflict,
            "race-lost",
            format!("somebody else was first {often}; nothing has landed"),
        ),
    };
    error
        .because(wording)
        .hint(Hint::Flag("--retries N".into(), "tries more often".into()))
        .hint(Hint::Flag("--timeout TIME".into(), "tries for longer".into()))
}

fn names(branches: &[BranchName]) -> String {
    let names: Vec<&str> = branches.iter().map(BranchName::as_str).collect();
    names.join(", ")
}

/// Lets a clean checkout of a branch that has landed follow it; says where one is left behind.
fn follow(scene: &Scene<'_>, landed: Vec<Landed>) -> Vec<Landed> {
    if scene.checkout == Checkout::Users {
        for one in &landed {
            let Some(commit) = &one.commit else { continue };
            // The change has landed: what goes wrong here is said, and stops nothing.
            if let Err(why) = catch_up(scene, (&one.base, commit)) {
                let because = why.causes.iter().flat_map(|cause| cause.lines().next());
                let said: Vec<&str> = std::iter::once(why.message.as_str()).chain(because).collect();
                scene.progress.say(&format!(
                    "your checkout of {} is left as it is: {}; `git pull` brings the commit",
                    one.base,
                    said.join(": ")
                ));
            }
        }
    }
    landed
}

/// Where there was nothing to land because a run that was killed had landed it: the checkout that it had begun to bring along
/// is brought along. Any other checkout is left as it is, as nothing has moved.
fn finish_what_was_cut_off(scene: &Scene<'_>, landed: &[Landed]) {
    let finish = |one: &Landed| -> Result<(), Error> {
        for work_tree in scene.repository.work_trees_on(&one.base)? {
            let Some(local) = scene.repository.tip(&one.base.reference())? else {
                continue;
            };
            let is_dirty =
                || -> Result<bool, Error> { Ok(scene.repository.is_clean(scene.git, &work_tree)? != Clean::Yes) };
            if local != one.tip && scene.repository.is_ancestor(&local, &one.tip)? == Some(true) && is_dirty()? {
                let step = step(&one.base, (&local, &one.tip));
                if scene.repository.is_cut_off(scene.git, &work_tree, &step)? {
                    scene.repository.fast_forward(scene.git, &work_tree, &step)?;
                }
            }
        }
        Ok(())
    };
    if scene.checkout == Checkout::Users {
        for one in landed {
            // A lock that the dead run has left may stand in the way, and its place is among the causes.
            if let Err(why) = finish(one) {
                scene.progress.say(&format!(
                    "your checkout of {} was being brought along when a run was killed: {}; {}",
                    one.base,
                    why.message,
                    why.causes.join("; ")
                ));
            }
        }
    }
}

fn step(branch: &BranchName, (from, to): (&Oid, &Oid)) -> Step {
    Step {
        branch: branch.clone(),
        from: from.clone(),
        to: to.clone(),
    }
}

fn catch_up(scene: &Scene<'_>, (branch, commit): (&BranchName, &Oid)) -> Result<(), Error> {
    for work_tree in scene.repository.work_trees_on(branch)? {
        let Some(local) = scene.repository.tip(&branch.reference())? else {
            continue;
        };
        let is_behind = scene.repository.is_ancestor(&local, commit)? == Some(true);
        let step = step(branch, (&local, commit));
        let may_follow = || -> Result<bool, Error> {
            Ok(scene.repository.is_clean(scene.git, &work_tree)? == Clean::Yes
                || scene.repository.is_cut_off(scene.git, &work_tree, &step)?)
        };
        let moved = is_behind && may_follow()?;
        if moved {
            scene.repository.fast_forward(scene.git, &work_tree, &step)?;
        }
        if !moved {
            scene.progress.say(&format!(
                "your checkout of {branch} is left as it is; `git pull` brings the commit"
            ));
        }
    }
    Ok(())
}

//! Walks along the line of a branch and looks at every commit with both of its sides: what was built before, and after.

use super::age::{Age, Eye, View};
use crate::error::Error;
use crate::git::changed::empty_tree;
use crate::git::changes::{Changed, Pair};
use crate::git::first_parent::Step;
use crate::ops::land::Ground;

/// A commit with both of its sides.
pub(super) struct Seen<'s> {
    pub(super) step: &'s Step,
    /// All files that it touches.
    pub(super) changes: &'s [Changed],
    pub(super) old: &'s View<'s>,
    pub(super) new: &'s View<'s>,
}

impl Seen<'_> {
    /// The files by which the commit reached an environment: what either side builds with counts.
    pub(super) fn reaching(&self, environment: &str) -> Vec<&Changed> {
        let reaches = |view: &View<'_>, path: &str| view.reached(path).contains(&environment);
        self.changes
            .iter()
            .filter(|it| reaches(self.new, &it.path) || reaches(self.old, &it.path))
            .collect()
    }
}

/// Calls `visit` with each step, in the order that is given, oldest first. Trees are looked at anew only where a step may build
/// otherwise than the one before it.
///
/// # Errors
/// As comparing commits, and as `visit`.
pub(super) fn walk(
    eye: &Eye<'_>,
    steps: &[Step],
    visit: &mut dyn FnMut(&Seen<'_>) -> Result<(), Error>,
) -> Result<Vec<Error>, Error> {
    let changes = changes(eye.ground, steps)?;
    bring(eye.ground, &changes)?;
    let mut warnings = Vec::new();
    let Some(first) = steps.first() else {
        return Ok(warnings);
    };
    let mut age = eye.age(first.before.as_ref());
    let mut at = 0;
    while at < steps.len() {
        note(&age, &mut warnings);
        let next = {
            let view = View::of(eye, &age);
            loop {
                let (Some(step), Some(changes)) = (steps.get(at), changes.get(at)) else {
                    return Ok(warnings);
                };
                at += 1;
                let is_turn = match (&step.before, &age) {
                    (Some(before), Age::Known(_)) => eye.is_turn((before, &step.commit), changes)?,
                    _ => true,
                };
                if !is_turn {
                    visit(&Seen {
                        step,
                        changes,
                        old: &view,
                        new: &view,
                    })?;
                    continue;
                }
                let next = eye.age(Some(&step.commit));
                visit(&Seen {
                    step,
                    changes,
                    old: &view,
                    new: &View::of(eye, &next),
                })?;
                break next;
            }
        };
        age = next;
    }
    note(&age, &mut warnings);
    Ok(warnings)
}

fn note(age: &Age, warnings: &mut Vec<Error>) {
    let new = match age {
        Age::Unknown(error) => std::slice::from_ref(error),
        Age::Known(sight) => &sight.warnings,
        Age::Nothing => &[],
    };
    for warning in new {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
}

/// What each step changed.
fn changes(ground: &Ground, steps: &[Step]) -> Result<Vec<Vec<Changed>>, Error> {
    let pair = |step: &Step| {
        let old = step.before.clone()?;
        let new = step.commit.clone();
        Some(Pair { old, new })
    };
    let pairs: Vec<Pair> = steps.iter().filter_map(pair).collect();
    let mut of_pairs = ground.repository.changes_of(&ground.git, &pairs)?.into_iter();
    let mut changes = Vec::with_capacity(steps.len());
    for step in steps {
        changes.push(match (&step.before, empty_tree(&step.commit)) {
            (Some(_), _) => of_pairs.next().unwrap_or_default(),
            (None, Some(old)) => ground.repository.changes(
                &ground.git,
                &Pair {
                    old,
                    new: step.commit.clone(),
                },
            )?,
            (None, None) => Vec::new(),
        });
    }
    Ok(changes)
}

/// Brings the files that were changed here, where only the remote has them, all at once.
fn bring(ground: &Ground, changes: &[Vec<Changed>]) -> Result<(), Error> {
    let Some(remote) = &ground.remote else { return Ok(()) };
    if !crate::git::objects::is_partial(&ground.git) {
        return Ok(());
    }
    let entries = changes.iter().flatten().flat_map(|it| [&it.old, &it.new]).flatten();
    let ids: Vec<_> = entries.filter(|it| it.mode.is_file()).map(|it| it.id.clone()).collect();
    remote.fetch_blobs(&ground.git, &ground.repository, &ids)
}

//! What a branch of a pull request holds, and whose it is.

use super::{Scene, objects};
use crate::change::evidence::is_ours;
use crate::change::intent::Intent;
use crate::change::set::Facts;
use crate::error::{Error, Hint, Kind};
use crate::forge::{Lane, PullRequest};
use crate::git::names::Oid;

/// The branch of a pull request as it is on the remote.
pub(super) struct Head {
    pub(super) tip: Oid,
    ownership: Ownership,
}

/// Who has put commits on a branch, since it left its base.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ownership {
    /// Nobody, or rakops alone: it may be built anew.
    Ours,
    /// Others too: their commits stay.
    Shared,
}

impl Head {
    /// Whether others have put commits on it.
    pub(super) fn is_shared(&self) -> bool {
        self.ownership == Ownership::Shared
    }
}

/// Reads the branch of a lane; none if the remote has no such branch.
///
/// # Errors
/// [`Kind::Refused`] if the branch is there, rakops has never written to it, and no pull request of this lane is open.
pub(super) fn examine(
    scene: &Scene<'_>,
    (lane, base_tip): (&Lane, &Oid),
    open: Option<&PullRequest>,
) -> Result<Option<Head>, Error> {
    let Some((tip, commits)) = (scene.between)(lane, base_tip)? else {
        return Ok(None);
    };
    let ours = commits.iter().filter(|commit| is_ours(&commit.message)).count();
    if ours == 0 && !commits.is_empty() && open.is_none() {
        return Err(Error::new(
            Kind::Refused,
            "branch-taken",
            format!(
                "the branch `{}` is there already, and holds commits of somebody else",
                lane.head
            ),
        )
        .because(format!(
            "its last one is {}: {}",
            tip.short(),
            subject(&commits[0].message)
        ))
        .hint(Hint::Say("rename or delete that branch, or land with `--push`".into())));
    }
    let ownership = if ours == commits.len() {
        Ownership::Ours
    } else {
        Ownership::Shared
    };
    Ok(Some(Head { tip, ownership }))
}

fn subject(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// Tells whether merging `head` into `base` comes to `tree`, without a conflict.
pub(super) fn comes_to(scene: &Scene<'_>, (base, head): (&Oid, &Oid), tree: &Oid) -> Result<bool, Error> {
    let at_head = objects::commit(scene, head)?;
    // A shallow repository knows parents, and not much more.
    let is_on_top = at_head.parents.contains(base) || scene.repository.is_ancestor(base, head)? == Some(true);
    if is_on_top {
        return Ok(at_head.tree == *tree);
    }
    Ok(scene.repository.merged_tree(scene.git, base, head)?.as_ref() == Some(tree))
}

/// The intent with the names that its plan found for what it is about.
pub(super) fn named(intent: &Intent, facts: &Facts) -> Intent {
    Intent {
        subjects: match facts.subjects.is_empty() {
            true => intent.subjects.clone(),
            false => facts.subjects.clone(),
        },
        ..intent.clone()
    }
}

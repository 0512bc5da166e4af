//! The branch that all share: what it will be, and which branches can have the change from it.

use super::{Part, Spread};
use crate::error::Error;
use crate::git::merge::ThreeWay;
use crate::git::names::Oid;
use crate::landing::evidence::{self, Head};
use crate::landing::pull_request::is_settled;
use crate::landing::{Planned, Scene, Side, objects};

/// How a branch gets the change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It has it.
    Nothing,
    /// From the branch that all share.
    Shared,
    /// From a branch of its own.
    Apart,
}

/// The branch that all share, as it will be.
pub(super) struct Shared {
    /// None where there is nothing to share: the first branch has the change already.
    pub(super) commit: Option<Oid>,
    /// What it was before.
    pub(super) head: Option<Head>,
}

impl Shared {
    /// Whether it stays as it is.
    pub(super) fn stays(&self) -> bool {
        self.commit.is_none() || self.commit.as_ref() == self.head.as_ref().map(|head| &head.tip)
    }
}

/// Tells whether a change of the commit `one`, which makes `tree` of it, comes to `wanted` and nothing else where `other`
/// merges it.
///
/// # Errors
/// As merging.
pub(crate) fn would_share(
    scene: &Scene<'_>,
    (one, tree): (&Oid, &Oid),
    (other, wanted): (&Oid, &Oid),
) -> Result<bool, Error> {
    let Some(base) = scene.repository.merge_base(scene.git, one, other)? else {
        return Ok(false);
    };
    let ways = ThreeWay {
        base: &base,
        ours: other,
        theirs: tree,
    };
    let merged = scene.repository.merge_on(scene.git, ways)?;
    Ok(merged.conflicts.is_empty() && merged.tree == *wanted)
}

impl Spread<'_> {
    /// What the branch that all share will be: as it is where that says everything, else anew on the first branch's tip, or on
    /// top of what others have put there.
    pub(super) fn shared(&self, parts: &[Part<'_>]) -> Result<Shared, Error> {
        let first = &parts[0];
        let open = parts.iter().find_map(|part| part.open.as_ref());
        let head = evidence::examine(self.scene, (&first.lane, &first.tip), open)?;
        let has_it = first.planned.change_set.is_empty();
        let Some(there) = head.as_ref().filter(|head| open.is_some() || head.is_shared()) else {
            let commit = match has_it {
                true => None,
                false => Some(objects::write(self.scene, &first.tip, &first.planned)?),
            };
            return Ok(Shared { commit, head });
        };
        let at_head = self.plan(first.landing.job, (&there.tip, Side::Head))?;
        let told = parts.iter().find_map(|part| Some((part, part.open.as_ref()?)));
        if let Some((part, open)) = told
            && part
                .landing
                .says_so_already(there, (&part.tip, &part.planned), (&at_head, open))?
        {
            let commit = Some(there.tip.clone());
            return Ok(Shared { commit, head });
        }
        let on_top = has_it || there.is_shared();
        let commit = match (on_top, at_head.change_set.is_empty()) {
            (true, true) => there.tip.clone(),
            (true, false) => objects::write(self.scene, &there.tip, &at_head)?,
            (false, _) => match self.where_it_was_cut(parts, &there.tip)? {
                Some((cut, planned)) => objects::write(self.scene, &cut, &planned)?,
                None => objects::write(self.scene, &first.tip, &first.planned)?,
            },
        };
        Ok(Shared {
            commit: Some(commit),
            head,
        })
    }

    /// The commit that the branch was cut from, and the plan there, if the open requests can all have that: what the first
    /// branch has got in the meantime would ride along with what is cut anew.
    fn where_it_was_cut(&self, parts: &[Part<'_>], head: &Oid) -> Result<Option<(Oid, Planned)>, Error> {
        let (scene, first) = (self.scene, &parts[0]);
        let Some(cut) = scene.repository.merge_base(scene.git, head, &first.tip)? else {
            return Ok(None);
        };
        if cut == first.tip {
            return Ok(None);
        }
        let planned = self.plan(first.landing.job, (&cut, Side::Head))?;
        if planned.change_set.is_empty() {
            return Ok(None);
        }
        let tree = objects::tree(scene, &cut, &planned.change_set)?;
        for part in parts {
            let is_asked = part.open.is_some() || part.lane.base == first.lane.base;
            if !is_asked || part.planned.change_set.is_empty() {
                continue;
            }
            let wanted = objects::tree(scene, &part.tip, &part.planned.change_set)?;
            if !would_share(scene, (&cut, &tree), (&part.tip, &wanted))? {
                return Ok(None);
            }
        }
        Ok(Some((cut, planned)))
    }

    pub(super) fn way(&self, part: &Part<'_>, shared: &Shared) -> Result<Way, Error> {
        let Some(commit) = &shared.commit else {
            return Ok(match part.planned.change_set.is_empty() {
                true => Way::Nothing,
                false => Way::Apart,
            });
        };
        if part.planned.change_set.is_empty() {
            return Ok(Way::Nothing);
        }
        let is_first = part.lane.base == self.jobs[0].base;
        // What people have agreed to stays theirs.
        let stays = shared.stays() && part.open.as_ref().is_some_and(is_settled);
        if is_first || stays {
            return Ok(Way::Shared);
        }
        if part.is_apart {
            return Ok(Way::Apart);
        }
        let wanted = objects::tree(self.scene, &part.tip, &part.planned.change_set)?;
        match evidence::comes_to(self.scene, (&part.tip, commit), &wanted)? {
            true => Ok(Way::Shared),
            false => Ok(Way::Apart),
        }
    }
}

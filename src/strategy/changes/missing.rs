//! Which changes of FROM are missing in TO.

use std::collections::HashSet;

use super::arrivals::{self, Unplaced};
use super::effect;
use super::masks::Masks;
use super::own::Own;
use super::present::{Theirs, There};
use super::units::{self, Unit};
use crate::change::promotion::{BroughtBack, Noted};
use crate::error::{Error, Hint, Kind};
use crate::git::names::Oid;
use crate::strategy::carried;
use crate::strategy::hop::Hop;

/// A change that TO does not have.
pub(crate) struct Lacking {
    pub(crate) unit: Unit,
    /// It was there, and was taken back.
    pub(crate) undone: Option<BroughtBack>,
    /// A commit on TO that may be it, with another content.
    pub(crate) alike: Option<Oid>,
    /// What it takes back on TO, where one commit of TO's is just that.
    pub(crate) takes_back: Vec<Oid>,
    /// Whether it changes versions alone.
    pub(crate) nature: Nature,
}

/// What a change changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Versions alone: it is never replayed.
    Versions,
    Other,
    /// TO is as if it had it, and might not be any more with an older one that is missing: a revert of what never came.
    Seen,
}

impl Lacking {
    fn seen(unit: Unit) -> Lacking {
        Lacking {
            unit,
            undone: None,
            alike: None,
            takes_back: Vec::new(),
            nature: Nature::Seen,
        }
    }
}

fn has_file_in_common(older: &Lacking, unit: &Unit) -> bool {
    let is_of = |path: &String| unit.files.iter().any(|file| file.path == *path);
    older.unit.files.iter().any(|file| is_of(&file.path))
}

/// All changes of FROM that TO lacks, oldest first; and when those that it has arrived.
pub(crate) struct Missing {
    pub(crate) list: Vec<Lacking>,
    /// Changes that TO has: when they landed on FROM, and when on TO.
    pub(crate) passed: Vec<(i64, i64)>,
    /// FROM's own commits.
    own: Own,
    /// TO's side, for more questions.
    pub(super) theirs: Theirs,
}

/// Finds them.
///
/// # Errors
/// [`Kind::Refused`] for unrelated histories; as reading history.
pub(crate) fn find(hop: &Hop<'_>, masks: &Masks<'_>) -> Result<Missing, Error> {
    if hop
        .repository
        .merge_base(hop.git, hop.from.commit, hop.to.commit)?
        .is_none()
    {
        let message = "the branches have no common history, so nothing tells what is missing";
        return Err(
            Error::new(Kind::Refused, "histories-unrelated", message).hint(Hint::Say(
                "merge one into the other once, with git merge --allow-unrelated-histories".into(),
            )),
        );
    }
    let found = units::of_from(hop)?;
    let theirs = Theirs::read(hop)?;
    let (mut list, mut passed) = (Vec::new(), Vec::new());
    let mut all = Vec::with_capacity(found.list.len());
    for unit in found.list {
        let there = theirs.find((hop, masks), (&unit, &found.own))?;
        all.push((unit, there));
    }
    // Only for what something takes back it matters which commit of TO is the same: each of them costs a run of git.
    let reverted: HashSet<Oid> = all.iter().flat_map(|(unit, _)| unit.reverts.iter().cloned()).collect();
    let mut same: Vec<(Oid, Oid)> = Vec::new();
    for (unit, there) in &all {
        let names = [Some(&unit.commit), unit.branch.as_ref()];
        let named: Vec<&Oid> = names.into_iter().flatten().filter(|it| reverted.contains(it)).collect();
        if let There::Yes(Some(by)) | There::Seen(Some(by)) = there
            && !named.is_empty()
            && theirs.is_only_this(hop, (by, unit))?
        {
            same.extend(named.into_iter().map(|it| (it.clone(), by.clone())));
        }
    }
    let mut unplaced = Vec::new();
    for (unit, there) in without_cancelled((hop, masks), all)? {
        let is_seen = matches!(there, There::Seen(_));
        let (undone, alike) = match there {
            There::Yes(by) | There::Seen(by) => {
                // Who takes something back in haste overtakes the others on purpose.
                match by.as_ref().and_then(|by| theirs.arrived(by)) {
                    _ if !unit.reverts.is_empty() => {}
                    Some(arrived) => passed.push((unit.time, arrived)),
                    None => unplaced.push(Unplaced::of(&unit)),
                }
                if is_seen && list.iter().any(|older| has_file_in_common(older, &unit)) {
                    list.push(Lacking::seen(unit));
                }
                continue;
            }
            There::No => (None, None),
            There::Undone(by) => (Some(by), None),
            There::Likely(commit) => (None, Some(commit)),
        };
        let reverts = |(named, _): &&(Oid, Oid)| unit.reverts.contains(named);
        list.push(Lacking {
            takes_back: same.iter().filter(reverts).map(|(_, by)| by.clone()).collect(),
            nature: match masks.is_of_versions(&unit)? {
                true => Nature::Versions,
                false => Nature::Other,
            },
            unit,
            undone,
            alike,
        });
    }
    let waiting = list
        .iter()
        .filter(|it| it.nature == Nature::Other && it.undone.is_none());
    let oldest = waiting.map(|it| it.unit.time).min();
    if let Some(oldest) = oldest.filter(|_| !unplaced.is_empty()) {
        passed.extend(arrivals::since(hop, (&unplaced, oldest))?);
    }
    Ok(Missing {
        list,
        passed,
        theirs,
        own: found.own,
    })
}

/// Takes away changes that a later one takes back, and those that take them back. What TO has must be taken back there, too.
fn without_cancelled(
    (hop, masks): (&Hop<'_>, &Masks<'_>),
    units: Vec<(Unit, There)>,
) -> Result<Vec<(Unit, There)>, Error> {
    let tip = hop.repository.tree_of(hop.from.commit)?;
    let mut gone = vec![false; units.len()];
    // The newest stands; what stands takes back what it names.
    for at in (0..units.len()).rev() {
        if gone[at] {
            continue;
        }
        let reverts = &units[at].0.reverts;
        let is_named = |unit: &Unit| {
            let names = [Some(&unit.commit), unit.branch.as_ref(), unit.within.as_ref()];
            names.into_iter().flatten().any(|name| reverts.contains(name))
        };
        let named: Vec<usize> = (0..at).filter(|it| !gone[*it] && is_named(&units[*it].0)).collect();
        // What was brought again since counts where it came again.
        let is_again = |it: &usize| {
            let (was, later) = (&units[*it].0, units[at..].iter().zip(&gone[at..]).skip(1));
            later.filter(|(_, gone)| !**gone).any(|((later, _), _)| {
                later.ids.iter().any(|id| was.ids.contains(id)) || (was.patch.is_some() && was.patch == later.patch)
            })
        };
        let stays = |it: &usize| matches!(units[*it].1, There::Yes(_) | There::Seen(_)) && !is_again(it);
        let mut settled: Vec<usize> = named.iter().copied().filter(|it| !stays(it)).collect();
        if settled.len() < named.len() && effect::is_taken_back((hop, masks), (&units[at].0, &tip))? {
            settled = named.clone();
        }
        gone[at] = !named.is_empty() && settled.len() == named.len();
        for it in settled {
            gone[it] = true;
        }
    }
    let units = units.into_iter().zip(gone);
    Ok(units.filter(|(_, gone)| !gone).map(|(unit, _)| unit).collect())
}

/// Commits of others that merging the change's own branch into TO would bring along: FROM has them from elsewhere.
pub(crate) fn dragged(missing: &Missing, unit: &Unit) -> Vec<Noted> {
    let (_, earlier) = missing.own.of_branch(unit);
    let commits = earlier.into_iter().filter_map(|id| Some((id, missing.own.commit(id)?)));
    commits
        .map(|(id, commit)| Noted {
            title: carried::title_of(commit).to_owned(),
            author: commit.author.name.clone(),
            time: commit.time,
            commit: id.clone(),
        })
        .collect()
}

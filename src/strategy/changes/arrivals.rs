//! When changes arrived on TO that FROM has from there, too: a branch that was cut from TO later took TO's landings along to FROM, and
//! so they are no longer TO's own.

use std::collections::HashMap;

use super::units::{Unit, pair};
use crate::error::Error;
use crate::git::names::Oid;
use crate::strategy::hop::Hop;

/// So many landings of TO are looked at, newest first.
const LOOKED_AT: usize = 2_000;

/// A change that both sides have, of which no landing of TO's own tells when it arrived there.
pub(super) struct Unplaced {
    /// The end of the branch that was merged, if one was.
    branch: Option<Oid>,
    patch: Option<String>,
    /// When it landed on FROM.
    time: i64,
}

impl Unplaced {
    pub(super) fn of(unit: &Unit) -> Unplaced {
        Unplaced {
            branch: unit.branch.clone(),
            patch: unit.patch.clone(),
            time: unit.time,
        }
    }
}

/// When changes landed on FROM, and when on TO: by TO's line of first parents, back to a time. A landing is the same if it merged the same
/// end of a branch, or has the same content.
///
/// # Errors
/// As reading history.
pub(super) fn since(hop: &Hop<'_>, (changes, since): (&[Unplaced], i64)) -> Result<Vec<(i64, i64)>, Error> {
    let mut by_end: HashMap<Oid, i64> = HashMap::new();
    let (mut pairs, mut times) = (Vec::new(), Vec::new());
    let mut next = Some(hop.to.commit.clone());
    for _ in 0..LOOKED_AT {
        let Some(id) = next else { break };
        let Some(commit) = hop.repository.commit(&id)?.filter(|commit| commit.time >= since) else {
            break;
        };
        for end in commit.parents.iter().skip(1) {
            by_end.insert(end.clone(), commit.time);
        }
        if commit.parents.len() == 1 {
            pairs.push(pair(&id, &commit));
            times.push(commit.time);
        }
        next = commit.parents.first().cloned();
    }
    let patches = match changes.iter().any(|change| change.branch.is_none()) {
        true => hop.repository.patch_ids(hop.git, &pairs)?,
        false => Vec::new(),
    };
    let by_patch: HashMap<String, i64> = patches
        .into_iter()
        .zip(times)
        .filter_map(|(patch, time)| Some((patch?, time)))
        .collect();
    let arrived = |change: &Unplaced| {
        let by_end = change.branch.as_ref().and_then(|end| by_end.get(end));
        let by_patch = || change.patch.as_ref().and_then(|patch| by_patch.get(patch));
        by_end.or_else(by_patch).map(|time| (change.time, *time))
    };
    Ok(changes.iter().filter_map(arrived).collect())
}

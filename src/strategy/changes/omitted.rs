//! Changes that were forgotten: between FROM and TO, either way.
//!
//! Source: PROMOTION.md, section 10, "drift".

use super::effect;
use super::masks::Masks;
use super::missing::{self, Lacking, Nature};
use super::units::Unit;
use crate::change::evidence;
use crate::error::Error;
use crate::strategy::carried;
use crate::strategy::hop::Hop;
use crate::strategy::omission::{Certainty, Omission, Why};

/// Finds what TO lacks of FROM, and hotfixes of TO that FROM lacks.
///
/// # Errors
/// As reading history.
pub(crate) fn omissions(hop: &Hop<'_>) -> Result<Vec<Omission>, Error> {
    let mut found = Vec::new();
    let masks = Masks::new(hop)?;
    let forward = missing::find(hop, &masks)?;
    let tip = hop.repository.tree_of(hop.from.commit)?;
    for it in forward.list.iter().filter(|it| it.nature == Nature::Other) {
        // Taken back since by what a promotion brought: nothing of it would arrive.
        if it.undone.is_none() && effect::is_taken_back((hop, &masks), (&it.unit, &tip))? {
            continue;
        }
        let is_passed = forward
            .passed
            .iter()
            .any(|(on_from, on_to)| *on_from > it.unit.time && on_to > on_from);
        let why = match (&it.undone, is_passed) {
            (Some(_), _) => Why::RolledBack,
            (None, true) => Why::Passed,
            (None, false) => Why::Pending,
        };
        found.push(omission(it, why));
    }
    let back = hop.turned();
    let masks = Masks::new(&back)?;
    let backward = missing::find(&back, &masks)?;
    for it in &backward.list {
        // What takes something back is no hotfix, and neither is what a promotion has written.
        let is_ours = is_ours(hop, &it.unit)?;
        let takes_back = !carried::reverted_by(hop, &it.unit.message).is_empty() || !it.unit.reverts.is_empty();
        let is_hotfix = it.nature == Nature::Other && it.undone.is_none() && !is_ours && !takes_back;
        if is_hotfix && !backward.theirs.ever_had((&back, &masks), &it.unit)? {
            found.push(omission(it, Why::Hotfix));
        }
    }
    Ok(found)
}

/// Tells whether rakops wrote a change, or what its request brought: the forge's own message says nothing of that.
fn is_ours(hop: &Hop<'_>, unit: &Unit) -> Result<bool, Error> {
    let end = match &unit.branch {
        Some(end) => hop.repository.commit(end)?,
        None => None,
    };
    // What it was told to set is a change like any other.
    let is_ours = |message: &str| evidence::is_ours(message) && !evidence::read(message).is_of_overlay();
    Ok(is_ours(&unit.message) || end.is_some_and(|end| is_ours(&end.message)))
}

fn omission(it: &Lacking, why: Why) -> Omission {
    let unit = &it.unit;
    Omission {
        id: unit.id().to_owned(),
        title: unit.title.clone(),
        author: unit.author.name.clone(),
        at: unit.time,
        commit: unit.commit.clone(),
        files: unit.files.iter().map(|file| file.path.clone()).collect(),
        certainty: match it.alike {
            None => Certainty::Sure,
            Some(_) => Certainty::Likely,
        },
        why,
    }
}

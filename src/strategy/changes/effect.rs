//! Whether a tree is as if it had a change, or as if it had been taken back: carrying it, or its reverse, would change nothing
//! but versions.
//!
//! Source: PROMOTION.md, section 4, "its net effect is not already there".

use super::masks::Masks;
use super::units::Unit;
use crate::error::Error;
use crate::git::changes::Changed;
use crate::git::names::Oid;
use crate::strategy::hop::Hop;

/// Tells whether a tree has what a change did.
///
/// # Errors
/// As merging in memory.
pub(super) fn is_in((hop, masks): (&Hop<'_>, &Masks<'_>), (unit, tree): (&Unit, &Oid)) -> Result<bool, Error> {
    let (mut as_after, mut untouched) = (true, false);
    for file in &unit.files {
        let here = hop.repository.entry(tree, &file.path)?;
        let is_version = masks.same(&file.path, file.old.as_ref(), file.new.as_ref())?;
        as_after &= masks.same(&file.path, here.as_ref(), file.new.as_ref())?;
        untouched |= !is_version && masks.same(&file.path, here.as_ref(), file.old.as_ref())?;
    }
    if as_after || untouched {
        return Ok(as_after);
    }
    let aligned = masks.aligned(unit, tree)?;
    if aligned.adds_lines(hop, tree)? {
        return Ok(false);
    }
    let merged = aligned.merged(hop, tree)?;
    Ok(merged.conflicts.is_empty() && merged.tree == *tree)
}

/// Tells whether a tree has the reverse of what a change did: somebody took it back, whatever his words were.
///
/// # Errors
/// As merging in memory.
pub(super) fn is_taken_back((hop, masks): (&Hop<'_>, &Masks<'_>), (unit, tree): (&Unit, &Oid)) -> Result<bool, Error> {
    let turned = |file: &Changed| Changed {
        path: file.path.clone(),
        old: file.new.clone(),
        new: file.old.clone(),
    };
    let reverse = Unit {
        commit: unit.parent.clone(),
        parent: unit.commit.clone(),
        files: unit.files.iter().map(turned).collect(),
        ..unit.clone()
    };
    is_in((hop, masks), (&reverse, tree))
}

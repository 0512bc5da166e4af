//! Carries one change onto a tree, as the diff against what its branch was before, without the versions in it.

use crate::change::promotion::Resolved;
use crate::error::Error;
use crate::git::names::Oid;
use crate::strategy::changes::{Lacking, Masks, Nature, Unit};
use crate::strategy::conflict;
use crate::strategy::hop::Hop;

/// A change that was carried.
pub(super) struct Carried<'m> {
    pub(super) unit: &'m Unit,
    /// What TO is with it, and with those before it.
    pub(super) tree: Oid,
    /// Whether it changed anything; one of versions alone does not.
    pub(super) differs: bool,
    pub(super) resolved: Vec<Resolved>,
    /// What it takes back on TO.
    pub(super) takes_back: &'m [Oid],
}

/// Carries a change onto a tree.
///
/// # Errors
/// `Kind::Conflict` with the change's title, files, hunks and both sides.
pub(super) fn carry<'m>(
    hop: &Hop<'_>,
    masks: &Masks<'_>,
    (lacking, onto): (&'m Lacking, &Oid),
) -> Result<Carried<'m>, Error> {
    let unit = &lacking.unit;
    if lacking.nature == Nature::Versions {
        return Ok(Carried {
            unit,
            tree: onto.clone(),
            differs: false,
            resolved: Vec::new(),
            takes_back: &lacking.takes_back,
        });
    }
    let merged = masks.aligned(unit, onto)?.merged(hop, onto)?;
    let (tree, resolved) = conflict::settle(hop, merged).map_err(|error| {
        let message = format!("`{}` ({}) cannot be carried: {}", unit.id(), unit.title, error.message);
        Error { message, ..error }
    })?;
    Ok(Carried {
        unit,
        differs: tree != *onto,
        tree,
        resolved,
        takes_back: &lacking.takes_back,
    })
}

//! Promotions of versions: FROM's versions are set in TO's slots, one by one.
//!
//! Source: PROMOTION.md, sections 1 and 2.

use super::hop::Hop;
use crate::change::promotion::Companion;
use crate::change::set::{Facts, FileChange};
use crate::error::Error;
use crate::snapshot::Snapshot;

/// What has to change for TO to have FROM's versions.
#[derive(Default)]
pub(crate) struct Carry {
    /// Edits of `onto`, by path.
    pub(crate) files: Vec<FileChange>,
    /// Sites that change, images that need not, and warnings. No promotion: that is the strategy's matter.
    pub(crate) facts: Facts,
    /// Slots that are left alone, for `Promotion::notes`.
    pub(crate) notes: Vec<String>,
    /// Settings that came with the versions and stay behind, for `Promotion::companions`.
    pub(crate) companions: Vec<Companion>,
}

/// Compares FROM's slots with TO's as they are in `onto`, TO's tip or a merged tree, and plans the edits of `onto` after
/// which TO's have FROM's versions. Restricted to the images that were asked for, if any were.
///
/// # Errors
/// `Kind::Refused` `several-candidates`, `half-version`, `unverified-digest`, or the code of a rule: `floating`,
/// `downgrade`, `overwrite`, `owned`, `unsoaked`; `Kind::NotFound` for an image that was named and one side lacks.
pub(crate) fn carry(_hop: &Hop<'_>, _onto: &Snapshot) -> Result<Carry, Error> {
    Ok(Carry::default())
}

/// The postcondition: TO's slots in `planned` have FROM's versions.
///
/// # Errors
/// `Kind::Refused` `postcondition`, with the slots that differ.
pub(crate) fn check(_hop: &Hop<'_>, _planned: &Snapshot) -> Result<(), Error> {
    Ok(())
}

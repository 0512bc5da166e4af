//! Into the files that are checked out.

use crate::change::apply;
use crate::change::set::ChangeSet;
use crate::error::Error;
use crate::snapshot::Snapshot;

/// Writes a plan into the work tree that it was made from.
///
/// # Errors
/// As [`apply::apply`]: nothing is half-written.
pub(crate) fn land(snapshot: &Snapshot, change_set: &ChangeSet) -> Result<(), Error> {
    apply::apply(snapshot.root(), change_set)
}

//! Into the work tree, in a program that a signal may end.

use crate::change::set::ChangeSet;
use crate::change::writing;
use crate::error::Error;
use crate::landing::work_tree;
use crate::snapshot::Snapshot;
use crate::ui;

/// Writes a plan into the work tree that it was made from. A signal finds no file begun, or waits until all are written.
///
/// # Errors
/// As [`work_tree::land`].
pub(super) fn write(snapshot: &Snapshot, change_set: &ChangeSet) -> Result<(), Error> {
    ui::on_interrupt(Box::new(writing::stop));
    work_tree::land(snapshot, change_set)
}

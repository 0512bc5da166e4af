//! The files as they would be: each edit sees what those before it have left.

use crate::error::Error;
use crate::manifest::rendered::Sources;
use crate::snapshot::Snapshot;
use crate::yaml::{Edit, Tree};

/// Files of a view with edits that nobody has written yet.
pub(crate) struct Draft<'s> {
    sources: Sources<'s>,
}

impl<'s> Draft<'s> {
    pub(crate) fn of(snapshot: &'s Snapshot) -> Draft<'s> {
        Draft {
            sources: Sources::of(snapshot),
        }
    }

    /// The files as they are now.
    pub(crate) fn sources(&self) -> &Sources<'s> {
        &self.sources
    }

    /// Makes edits of one file, all in one pass.
    ///
    /// # Errors
    /// What the editor will not do.
    pub(super) fn edit(&mut self, file: &str, tree: &Tree, edits: Vec<Edit>) -> Result<(), Error> {
        let verified = tree.apply(edits).map_err(|refusal| refusal.into_error(file))?;
        self.sources.plan(file, Some(verified.into_bytes()));
        Ok(())
    }

    /// Gives a file this content.
    pub(super) fn write(&mut self, file: &str, bytes: Vec<u8>) {
        self.sources.plan(file, Some(bytes));
    }

    /// Leaves a file as it was.
    pub(super) fn forget(&mut self, file: &str) {
        self.sources.forget(file);
    }

    /// Takes a file away.
    pub(super) fn delete(&mut self, file: &str) {
        self.sources.plan(file, None);
    }
}

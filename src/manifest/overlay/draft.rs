//! The files as they would be: each edit sees what those before it have left.

use crate::change::set::FileChange;
use crate::error::{Error, Kind};
use crate::manifest::rendered::Sources;
use crate::snapshot::Snapshot;
use crate::yaml::{Edit, Tree};

/// Files of a view with edits that nobody has written yet.
pub(crate) struct Draft<'s> {
    snapshot: &'s Snapshot,
    sources: Sources<'s>,
}

impl<'s> Draft<'s> {
    pub(crate) fn of(snapshot: &'s Snapshot) -> Draft<'s> {
        Draft {
            snapshot,
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

    /// Takes a file away.
    pub(super) fn delete(&mut self, file: &str) {
        self.sources.plan(file, None);
    }

    /// What has to be written so that the files are as they are here, sorted by path.
    ///
    /// # Errors
    /// As reading the files.
    pub(crate) fn into_files(self) -> Result<Vec<FileChange>, Error> {
        let mut files = Vec::new();
        for (path, after) in self.sources.planned() {
            let path = path.clone();
            let change = match (self.snapshot.has_file(&path), after) {
                (true, Some(after)) => {
                    let before = self.snapshot.read(&path)?;
                    if before == *after {
                        continue;
                    }
                    let after = after.clone();
                    FileChange::Replace { path, before, after }
                }
                (true, None) => FileChange::Delete {
                    before: self.snapshot.read(&path)?,
                    path,
                },
                (false, Some(after)) => FileChange::Create {
                    text: String::from_utf8(after.clone())
                        .map_err(|_| Error::new(Kind::Refused, "not-text", format!("`{path}` would be no text")))?,
                    path,
                },
                (false, None) => continue,
            };
            files.push(change);
        }
        Ok(files)
    }
}

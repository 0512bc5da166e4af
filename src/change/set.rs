//! The change set: edits of files, and what they mean.

use crate::error::Error;
use crate::yaml::{Tree, Verified};

/// Which bytes change in which files, and why. Building one writes nothing.
#[derive(Default)]
pub(crate) struct ChangeSet {
    /// Sorted by path, each path once.
    pub(crate) files: Vec<FileChange>,
    /// What the changes mean.
    pub(crate) facts: Facts,
}

impl ChangeSet {
    /// Tells whether no byte would change.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// What happens to one file. Paths are relative to the root.
pub(crate) enum FileChange {
    /// Bytes of it change.
    Edit {
        path: String,
        /// What was read; the file on disk must still be this when it is written.
        before: Box<Tree>,
        /// What the editor has proven.
        after: Verified,
    },
    /// It is made; nothing may be there.
    Create { path: String, text: String },
}

impl FileChange {
    /// The file's path.
    pub(crate) fn path(&self) -> &str {
        match self {
            FileChange::Edit { path, .. } | FileChange::Create { path, .. } => path,
        }
    }
}

/// What a change set means, in the words of the domain.
#[derive(Default)]
pub(crate) struct Facts {
    /// Sites that get another version, in the order of files and lines.
    pub(crate) sites: Vec<SiteChange>,
    /// Values that change and are no versions.
    pub(crate) settings: Vec<SettingChange>,
    /// Images that have the version already.
    pub(crate) unchanged: Vec<Unchanged>,
    /// Sites that were left alone because something newer stands there.
    pub(crate) superseded: Vec<Superseded>,
    /// What the change is about, in words that a branch can be named after: images, or files.
    pub(crate) subjects: Vec<String>,
    /// What should be known and does not stop the command.
    pub(crate) warnings: Vec<Error>,
}

/// One site that gets another version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SiteChange {
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    /// Full name of the image.
    pub(crate) image: String,
    /// `TAG`, `TAG@DIGEST` or `DIGEST`; none where no version was written.
    pub(crate) from: Option<String>,
    pub(crate) to: String,
    /// Name of the locator that found it.
    pub(crate) locator: &'static str,
    /// Environments that the file reaches, in promotion order.
    pub(crate) environments: Vec<String>,
}

/// An image that has the version already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unchanged {
    pub(crate) image: String,
    pub(crate) version: String,
    /// How many sites have it.
    pub(crate) sites: usize,
}

/// A value that changes and is no version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SettingChange {
    pub(crate) file: String,
    /// From 1; 0 where there was nothing.
    pub(crate) line: u32,
    /// In characters, from 1; 0 where there was nothing.
    pub(crate) column: u32,
    /// Path of the value.
    pub(crate) path: String,
    /// None where there was none.
    pub(crate) from: Option<String>,
    /// None where it is gone.
    pub(crate) to: Option<String>,
}

/// A site that was left alone because something newer stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Superseded {
    pub(crate) file: String,
    /// Full name of the image.
    pub(crate) image: String,
    /// What stands there.
    pub(crate) present: String,
    /// What was asked for.
    pub(crate) wanted: String,
    /// Why that is older, in a few words.
    pub(crate) why: String,
}

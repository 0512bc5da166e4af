//! The change set: edits of files, and what they mean.

use std::collections::{BTreeMap, BTreeSet};

use super::promotion::Promotion;
use crate::error::Error;
use crate::git::names::Oid;
use crate::git::objects::Who;
use crate::yaml::{Tree, Verified};

/// Which bytes change in which files, and why. Building one changes no branch and no file.
///
/// It becomes one commit with the edits, after one commit for each step. Where there are steps and nothing else, the last
/// step is the last commit.
#[derive(Default)]
pub(crate) struct ChangeSet {
    /// Commits that come before the edits, oldest first.
    pub(crate) steps: Vec<Step>,
    /// What the commit of the edits begins with, where that is a merge. Steps and a merge exclude each other.
    pub(crate) merge: Option<Merge>,
    /// Edits of what the steps or the merge leave. Sorted by path, each path once.
    pub(crate) files: Vec<FileChange>,
    /// What the changes mean.
    pub(crate) facts: Facts,
}

impl ChangeSet {
    /// Tells whether no byte would change.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.steps.is_empty() && self.merge.is_none()
    }

    /// The tree that the edits are made in; none where it is that of the commit the plan was made on.
    pub(crate) fn tree(&self) -> Option<&Oid> {
        let merged = self.merge.as_ref().map(|merge| &merge.tree);
        merged.or_else(|| self.steps.last().map(|step| &step.tree))
    }
}

/// A commit that carries one change over as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// What the commit before it becomes. The tree is in the repository; nothing refers to it yet.
    pub(crate) tree: Oid,
    /// The first line of its message.
    pub(crate) title: String,
    /// The rest of its message, without trailers; may be empty.
    pub(crate) body: String,
    /// The change that it carries, as `Rakops-Change:` names it.
    pub(crate) change: String,
    /// Who wrote the change.
    pub(crate) author: Option<Who>,
}

/// A merge that the commit of the edits is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    /// What the merge comes to, before the edits.
    pub(crate) tree: Oid,
    /// The second parent.
    pub(crate) parent: Oid,
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
    /// Its whole content is another: a file that is carried as it is.
    Replace {
        path: String,
        /// What was read.
        before: Vec<u8>,
        after: Vec<u8>,
    },
    /// It goes.
    Delete {
        path: String,
        /// What was read.
        before: Vec<u8>,
    },
}

impl FileChange {
    /// The file's path.
    pub(crate) fn path(&self) -> &str {
        match self {
            FileChange::Edit { path, .. }
            | FileChange::Create { path, .. }
            | FileChange::Replace { path, .. }
            | FileChange::Delete { path, .. } => path,
        }
    }

    /// What stood there when it was read; none where nothing may be there.
    pub(crate) fn before(&self) -> Option<&[u8]> {
        match self {
            FileChange::Edit { before, .. } => Some(before.source().as_bytes()),
            FileChange::Replace { before, .. } | FileChange::Delete { before, .. } => Some(before),
            FileChange::Create { .. } => None,
        }
    }

    /// What is to stand there; none where nothing is.
    pub(crate) fn after(&self) -> Option<&[u8]> {
        match self {
            FileChange::Edit { after, .. } => Some(after.bytes()),
            FileChange::Replace { after, .. } => Some(after),
            FileChange::Create { text, .. } => Some(text.as_bytes()),
            FileChange::Delete { .. } => None,
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
    /// What is carried from one environment to another, where that is what the change does.
    pub(crate) promotion: Option<Box<Promotion>>,
    /// The landing that is taken back, where that is what the change does: `Rakops-Rollback:`.
    pub(crate) rolls_back: Vec<Oid>,
    /// Names at sites that nobody pulls, because a kustomization puts another in their place; with those names, where it
    /// leaves the version to the site.
    pub(crate) placeholders: BTreeMap<String, BTreeSet<String>>,
    /// Versions that a registry has been asked about, and has.
    pub(crate) verified: Vec<VerifiedImage>,
    /// Versions of which nobody could say whether they are there.
    pub(crate) not_verified: Vec<UnverifiedImage>,
    /// What the change is about, in words that a branch can be named after: images, or files.
    pub(crate) subjects: Vec<String>,
    /// Why something that was asked for needs no change, in words.
    pub(crate) notes: Vec<String>,
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

/// A version that a registry has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VerifiedImage {
    /// Full name of the image.
    pub(crate) image: String,
    /// `TAG`, `TAG@DIGEST` or `DIGEST`.
    pub(crate) version: String,
    /// What it stands for at present.
    pub(crate) digest: String,
}

/// A version of which nobody could say whether it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnverifiedImage {
    /// Full name of the image.
    pub(crate) image: String,
    /// `TAG`, `TAG@DIGEST` or `DIGEST`.
    pub(crate) version: String,
    /// Why nobody could say, in a few words.
    pub(crate) reason: String,
    /// Whether the user did not want it asked.
    pub(crate) wish: Wish,
}

/// Whether the user wanted a registry asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// It was asked, or would have been.
    Ask,
    /// `--offline`.
    Offline,
}

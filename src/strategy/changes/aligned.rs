//! A change whose versions are those of the tree that it is carried onto, and what comes of carrying it.
//!
//! Most changes need no merge by git: nobody else has touched their files, or what they write is nowhere in the tree.

use std::collections::HashSet;

use super::units::Unit;
use crate::error::Error;
use crate::git::changes::Changed;
use crate::git::merge::{Merged, ThreeWay};
use crate::git::names::Oid;
use crate::git::objects::{Entry, Mode};
use crate::strategy::hop::Hop;

/// Contents by path.
type Files = Vec<(String, Vec<u8>)>;

/// A change, and those of its files that differ from what was committed.
pub(crate) struct Aligned<'u> {
    pub(super) unit: &'u Unit,
    /// As they were before it.
    pub(super) before: Files,
    /// As it left them.
    pub(super) after: Files,
}

impl Aligned<'_> {
    /// Tells whether carrying it onto a tree certainly changes the tree, or cannot be done: a file that both have gets a line
    /// that stands neither in the tree's nor in the one before the change. However a merge matches the other lines, this one
    /// is taken or in conflict. Says no where only a merge can tell.
    ///
    /// # Errors
    /// As reading files.
    pub(crate) fn adds_lines(&self, hop: &Hop<'_>, onto: &Oid) -> Result<bool, Error> {
        if has_driver(hop) {
            return Ok(false);
        }
        for file in &self.unit.files {
            let (Some(old), Some(new)) = (&file.old, &file.new) else {
                continue;
            };
            let here = hop.repository.entry(onto, &file.path)?;
            let Some(here) = here.filter(|it| [it, old, new].iter().all(|it| it.mode.is_file())) else {
                continue;
            };
            let bytes = |files: &Files, entry: &Entry| match aligned(files, &file.path) {
                Some(bytes) => Ok(bytes.clone()),
                None => hop.repository.blob(&entry.id),
            };
            let (old, new) = (bytes(&self.before, old)?, bytes(&self.after, new)?);
            let here = hop.repository.blob(&here.id)?;
            let known: HashSet<&[u8]> = lines(&old).chain(lines(&here)).collect();
            if lines(&new).any(|line| !known.contains(line)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Carries it onto a tree.
    ///
    /// # Errors
    /// As merging.
    pub(crate) fn merged(&self, hop: &Hop<'_>, onto: &Oid) -> Result<Merged, Error> {
        if let Some(files) = self.undisturbed(hop, onto)? {
            return Ok(Merged {
                tree: hop.repository.tree_with(onto, &files)?,
                conflicts: Vec::new(),
            });
        }
        let with = |commit: &Oid, files: &Files| {
            let tree = hop.repository.tree_of(commit)?;
            match files.as_slice() {
                [] => Ok(tree),
                files => hop.repository.tree_with(&tree, files),
            }
        };
        let (base, theirs) = (
            with(&self.unit.parent, &self.before)?,
            with(&self.unit.commit, &self.after)?,
        );
        let ways = ThreeWay {
            base: &base,
            ours: onto,
            theirs: &theirs,
        };
        hop.repository.merge_on(hop.git, ways)
    }

    /// The files that the change leaves, where a tree has each of them as it was before the change, or lacks one that the
    /// change adds beside others: a merge takes them as they are.
    fn undisturbed(&self, hop: &Hop<'_>, onto: &Oid) -> Result<Option<Files>, Error> {
        let mut files = Vec::with_capacity(self.unit.files.len());
        for file in &self.unit.files {
            let Some(new) = &file.new else { return Ok(None) };
            if !self.is_undisturbed(hop, (file, new), onto)? {
                return Ok(None);
            }
            let bytes = match aligned(&self.after, &file.path) {
                Some(bytes) => bytes.clone(),
                None => hop.repository.blob(&new.id)?,
            };
            files.push((file.path.clone(), bytes));
        }
        Ok(Some(files))
    }

    fn is_undisturbed(&self, hop: &Hop<'_>, (file, new): (&Changed, &Entry), onto: &Oid) -> Result<bool, Error> {
        let here = hop.repository.entry(onto, &file.path)?;
        match (&file.old, here) {
            (Some(old), Some(here)) => {
                let is_file = new.mode.is_file() && old.mode == new.mode && here.mode == new.mode;
                if !is_file {
                    return Ok(false);
                }
                match aligned(&self.before, &file.path) {
                    Some(bytes) => Ok(*bytes == hop.repository.blob(&here.id)?),
                    None => Ok(old.id == here.id),
                }
            }
            // Where its directory is gone, it may have been renamed.
            (None, None) if new.mode == Mode::File => {
                let directory = file.path.rsplit_once('/').map_or("", |(directory, _)| directory);
                let above = hop.repository.entry(onto, directory)?;
                Ok(above.is_some_and(|it| it.mode == Mode::Directory))
            }
            _ => Ok(false),
        }
    }
}

fn aligned<'f>(files: &'f Files, path: &str) -> Option<&'f Vec<u8>> {
    files.iter().find(|(it, _)| it == path).map(|(_, bytes)| bytes)
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n')
}

/// A driver of somebody's own may merge as it likes.
fn has_driver(hop: &Hop<'_>) -> bool {
    let mut settings = hop.git.settings().iter();
    settings.any(|(key, _)| key.starts_with("merge.") && key.ends_with(".driver"))
}

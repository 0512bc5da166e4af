//! Merging in memory: what comes of two trees on a base, and what they disagree about. No reference moves, no work tree is
//! touched; the objects that are written are such that nothing refers to them.
//!
//! Source: `git help merge-tree`, `--write-tree` and its format with `-z`.

use super::names::Oid;
use super::objects::{Entry, Mode, Nature};
use super::open::Repository;
use super::program::Git;
use crate::error::{Error, Kind};

/// What a merge came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Merged {
    /// The tree; where there are conflicts, git's markers stand in the files that have them.
    pub(crate) tree: Oid,
    /// What both sides changed differently, by path; empty where the merge is clean.
    pub(crate) conflicts: Vec<Conflict>,
}

/// One file that both sides changed differently. Absent sides have no such file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) path: String,
    pub(crate) base: Option<Entry>,
    pub(crate) ours: Option<Entry>,
    pub(crate) theirs: Option<Entry>,
    /// Git's sentence: `CONFLICT (content): Merge conflict in a.yaml`.
    pub(crate) said: String,
}

/// One three-way merge, of three trees or commits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreeWay<'a> {
    /// What both sides began with.
    pub(crate) base: &'a Oid,
    /// The side that stays.
    pub(crate) ours: &'a Oid,
    /// The side that is carried over.
    pub(crate) theirs: &'a Oid,
}

/// Settings of a user that would change what a merge comes to, or how its conflicts are written down.
const SETTLED: [&str; 8] = [
    "-c",
    "merge.conflictStyle=merge",
    "-c",
    "merge.renames=true",
    "-c",
    "merge.directoryRenames=conflict",
    "-c",
    "merge.renormalize=false",
];

impl Repository {
    /// Merges three trees, whatever the history of the commits they belong to.
    ///
    /// The base is forced by two commits that are made for it, because `--merge-base` needs git 2.40.
    ///
    /// # Errors
    /// [`Kind::Files`] if git cannot merge them; a conflict is no error.
    pub(crate) fn merge_on(&self, git: &Git, merge: ThreeWay<'_>) -> Result<Merged, Error> {
        let base = self.commit_of_tree(&self.tree_of(merge.base)?, None)?;
        let ours = self.commit_of_tree(&self.tree_of(merge.ours)?, Some(&base))?;
        let theirs = self.commit_of_tree(&self.tree_of(merge.theirs)?, Some(&base))?;
        let what = ["merge-tree", "--write-tree", "-z", ours.as_str(), theirs.as_str()];
        let finished = git.run(&[&SETTLED[..], &what[..]].concat(), None, &[])?;
        match read(&finished.stdout) {
            Some(merged) if matches!(finished.status, 0 | 1) => Ok(merged),
            _ => Err(finished.failure(Kind::Files, "merge-failed", "git cannot merge")),
        }
    }

    /// Returns the tree of a commit; a tree is its own.
    ///
    /// # Errors
    /// [`Kind::Files`] if it cannot be read, or is neither.
    pub(crate) fn tree_of(&self, id: &Oid) -> Result<Oid, Error> {
        match self.commit(id)? {
            Some(commit) => Ok(commit.tree),
            None if self.has_tree(id)? => Ok(id.clone()),
            None => {
                let message = format!("there is no commit and no tree `{}` here", id.short());
                Err(Error::new(Kind::Files, "object-missing", message))
            }
        }
    }

    /// Returns the tree that another becomes with the contents of some files replaced or added; nothing refers to it.
    ///
    /// # Errors
    /// As [`Repository::write_tree`].
    pub(crate) fn tree_with(&self, tree: &Oid, files: &[(String, Vec<u8>)]) -> Result<Oid, Error> {
        self.write_tree(tree, files)
    }

    /// Makes a commit that only a merge sees: the same for the same tree and parents.
    fn commit_of_tree(&self, tree: &Oid, parent: Option<&Oid>) -> Result<Oid, Error> {
        let parent = parent.map_or(String::new(), |parent| format!("parent {parent}\n"));
        let nobody = "rakops <rakops@localhost> 0 +0000";
        let text = format!("tree {tree}\n{parent}author {nobody}\ncommitter {nobody}\n\nmerged in memory\n");
        self.write(Nature::Commit, text.as_bytes())
    }
}

/// Reads what `merge-tree -z` prints; none if it begins with no tree.
fn read(stdout: &[u8]) -> Option<Merged> {
    let text = String::from_utf8_lossy(stdout);
    let mut fields = text.split('\0');
    let tree = Oid::parse(fields.next()?.trim())?;
    let mut conflicts: Vec<Conflict> = Vec::new();
    for field in fields.by_ref() {
        // An empty field ends the list of files.
        let Some((stage, path)) = field.split_once('\t') else {
            break;
        };
        let mut words = stage.split(' ');
        let (mode, id, stage) = (words.next()?, words.next()?, words.next()?);
        let entry = Mode::of_digits(mode.as_bytes()).and_then(|mode| {
            Some(Entry {
                mode,
                id: Oid::parse(id)?,
            })
        });
        let at = match conflicts.iter().position(|known| known.path == path) {
            Some(at) => at,
            None => {
                conflicts.push(Conflict {
                    path: path.to_owned(),
                    base: None,
                    ours: None,
                    theirs: None,
                    said: String::new(),
                });
                conflicts.len() - 1
            }
        };
        match stage {
            "1" => conflicts[at].base = entry,
            "2" => conflicts[at].ours = entry,
            _ => conflicts[at].theirs = entry,
        }
    }
    // `count NUL paths… NUL kind NUL text NUL`
    while let Some(count) = fields.next().and_then(|count| count.trim().parse::<usize>().ok()) {
        let paths: Vec<&str> = fields.by_ref().take(count).collect();
        let (kind, said) = (fields.next()?, fields.next()?);
        if !kind.starts_with("CONFLICT") {
            continue;
        }
        for path in paths {
            match conflicts.iter_mut().find(|known| known.path == path) {
                Some(known) => known.said = said.trim().to_owned(),
                // A file that only a message names, as where a directory stands in its place.
                None => conflicts.push(Conflict {
                    path: path.to_owned(),
                    base: None,
                    ours: None,
                    theirs: None,
                    said: said.trim().to_owned(),
                }),
            }
        }
    }
    Some(Merged { tree, conflicts })
}

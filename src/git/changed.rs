//! Which files a change touches, committed or not.

use super::names::Oid;
use super::open::Repository;
use super::program::Git;
use crate::error::Error;

/// Git's name for the tree without entries, in both sorts of ids.
const EMPTY: [(usize, &str); 2] = [
    (40, "4b825dc642cb6eb9a060e54bf8d69288fbee4904"),
    (64, "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"),
];

/// The tree without entries, in the sort of ids that another id is of.
pub(crate) fn empty_tree(like: &Oid) -> Option<Oid> {
    let known = EMPTY.iter().find(|(length, _)| *length == like.as_str().len());
    known.and_then(|(_, id)| Oid::parse(id))
}

/// A file that a change touches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Touched {
    pub(crate) path: String,
    pub(crate) how: How,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
    /// It has other bytes, or is of another sort.
    Changed,
}

impl How {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            How::Added => "added",
            How::Deleted => "deleted",
            How::Changed => "changed",
        }
    }
}

impl Repository {
    /// Returns the files that differ between two commits or trees, sorted by path; a file that was moved is gone at one
    /// place and new at another. Without an old side, every file is new.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot compare them.
    pub(crate) fn touched(&self, git: &Git, old: Option<&Oid>, new: &Oid) -> Result<Vec<Touched>, Error> {
        let none = EMPTY.iter().find(|(length, _)| *length == new.as_str().len());
        let old = old.map(Oid::as_str).or(none.map(|(_, id)| *id)).unwrap_or_default();
        let args = [
            "diff-tree",
            "-r",
            "-z",
            "--no-renames",
            "--name-status",
            old,
            new.as_str(),
        ];
        let compared = git.run(&args, None, &[])?.or_fail("git cannot compare two commits")?;
        Ok(listed(&compared.stdout))
    }

    /// Returns the files of the work tree that differ from a commit, sorted by path; those that git neither tracks nor
    /// ignores count as new.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot compare them.
    pub(crate) fn touched_here(&self, git: &Git, old: &Oid) -> Result<Vec<Touched>, Error> {
        let args = [
            "diff",
            "-z",
            "--no-renames",
            "--name-status",
            "--no-ext-diff",
            old.as_str(),
            "--",
        ];
        let compared = git.run(&args, None, &[])?.or_fail("git cannot compare the work tree")?;
        let mut found = listed(&compared.stdout);
        let others = ["ls-files", "--others", "--exclude-standard", "-z"];
        let others = git.run(&others, None, &[])?.or_fail("git cannot list the work tree")?;
        let others = String::from_utf8_lossy(&others.stdout).into_owned();
        found.extend(others.split('\0').filter(|path| !path.is_empty()).map(|path| Touched {
            path: path.to_owned(),
            how: How::Added,
        }));
        found.sort();
        found.dedup_by(|a, b| a.path == b.path);
        Ok(found)
    }
}

/// Reads what `--name-status -z` prints.
fn listed(bytes: &[u8]) -> Vec<Touched> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut fields = text.split('\0');
    let mut found = Vec::new();
    while let (Some(status), Some(path)) = (fields.next(), fields.next()) {
        found.push(Touched {
            path: path.to_owned(),
            how: match status {
                "A" => How::Added,
                "D" => How::Deleted,
                _ => How::Changed,
            },
        });
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::{How, Touched, listed};

    #[test]
    fn a_list_of_git_is_read_whatever_stands_in_a_name() {
        let found = listed(b"M\0b c.yaml\0D\0a\n.yaml\0");
        let of = |path: &str, how| Touched { path: path.into(), how };
        assert_eq!(found, [of("a\n.yaml", How::Deleted), of("b c.yaml", How::Changed)]);
        assert_eq!(listed(b""), []);
    }
}

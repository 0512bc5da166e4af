//! One read-only view of files, in a work tree or in a commit.
//!
//! **Invariant:** nothing here writes, and no path leaves the root: links are never followed by a walk.
//! Start reading at [`Snapshot`].

pub(crate) mod commit;
mod work_tree;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use commit::{CommitFiles, CommitView};

use crate::error::{Error, Hint, Kind};
use crate::git::names::Oid;
use crate::git::objects::Mode;

/// A read-only view of the files below one directory.
///
/// Paths are relative to it, with `/` between names, without `.` or `..`; the root itself is the empty path.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    root: PathBuf,
    files: Files,
}

/// Where the files are.
#[derive(Clone, Debug)]
enum Files {
    /// On disk; with the paths that git tracks.
    WorkTree(Vec<String>),
    /// In the objects of git.
    Commit(Arc<CommitFiles>),
}

/// What a walk is to look at.
pub(crate) struct Walk<'a> {
    /// Files and directories to look below; the empty list means everything.
    pub(crate) below: &'a [String],
    /// Says by its path whether a file is to be read at all.
    pub(crate) wanted: &'a (dyn Fn(&str) -> bool + Sync),
    /// Hears of every file that has been read; called from several threads.
    pub(crate) on_read: &'a (dyn Fn() + Sync),
}

/// What a walk found, sorted by path, and what it could not read.
pub(crate) struct Walked<T> {
    pub(crate) found: Vec<(String, T)>,
    /// With the path of the file or directory.
    pub(crate) unreadable: Vec<(String, Error)>,
}

impl Snapshot {
    /// A view of the work tree, or plain directory, at `root`.
    ///
    /// `tracked` are paths that git tracks: they are seen even where an ignore rule names them, as git does.
    pub(crate) fn of_work_tree(root: &Path, tracked: Vec<String>) -> Snapshot {
        Snapshot {
            root: root.to_path_buf(),
            files: Files::WorkTree(tracked),
        }
    }

    /// A view of the files of a commit.
    ///
    /// # Errors
    /// [`Kind::Files`] if the commit is not here.
    pub(crate) fn of_commit(view: CommitView) -> Result<Snapshot, Error> {
        Ok(Snapshot {
            root: view.repository.root().to_path_buf(),
            files: Files::Commit(Arc::new(CommitFiles::new(view)?)),
        })
    }

    /// Returns the commit and the tree that this is a view of; none for a work tree.
    pub(crate) fn commit(&self) -> Option<(&Oid, &Oid)> {
        match &self.files {
            Files::WorkTree(_) => None,
            Files::Commit(commit) => Some((commit.commit(), commit.tree())),
        }
    }

    fn tracked(&self) -> &[String] {
        match &self.files {
            Files::WorkTree(tracked) => tracked,
            Files::Commit(_) => &[],
        }
    }

    /// Returns the directory that paths are relative to; of a commit, the one where its repository was opened.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns where `path` lies on disk; means something for work trees only.
    pub(crate) fn locate(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Tells whether there is a regular file, or a link to one, at `path`.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        match &self.files {
            Files::WorkTree(_) => self.locate(path).is_file(),
            Files::Commit(commit) => commit.mode(path).is_some_and(Mode::is_file),
        }
    }

    /// Tells whether there is a directory at `path`.
    pub(crate) fn has_directory(&self, path: &str) -> bool {
        match &self.files {
            Files::WorkTree(_) => self.locate(path).is_dir(),
            Files::Commit(commit) => commit.mode(path) == Some(Mode::Directory),
        }
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// [`Kind::NotFound`] or [`Kind::Files`].
    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        match &self.files {
            Files::WorkTree(_) => {
                std::fs::read(self.locate(path)).map_err(|cause| Error::files(path, "cannot read", &cause))
            }
            Files::Commit(commit) => commit.read(path),
        }
    }

    /// Turns a path as the user typed it, relative to `from`, into a path of this view.
    ///
    /// A link is resolved: the file it leads to is the one that is edited, and the link stays.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if there is nothing; [`Kind::Refused`] if it lies outside, or leads outside.
    pub(crate) fn enter(&self, from: &Path, typed: &str) -> Result<String, Error> {
        let canonical =
            std::fs::canonicalize(from.join(typed)).map_err(|cause| Error::files(typed, "cannot find", &cause))?;
        let root = std::fs::canonicalize(&self.root)
            .map_err(|cause| Error::files(self.root.display().to_string(), "cannot find", &cause))?;
        let inside = canonical.strip_prefix(&root).map_err(|_| {
            Error::new(
                Kind::Refused,
                "outside-repository",
                format!("`{typed}` lies, or leads, outside of `{}`", root.display()),
            )
            .hint(Hint::Run(format!(
                "rakops -C {} bump --help",
                canonical.parent().unwrap_or(&canonical).display()
            )))
        })?;
        relative(inside).ok_or_else(|| {
            Error::new(
                Kind::Refused,
                "path-not-utf8",
                format!("the path `{}` is not UTF-8", inside.display()),
            )
        })
    }

    /// Reads every wanted file, from several threads, and keeps what `look` makes of it.
    ///
    /// `look` gets the path and the bytes; it may take the bytes away.
    pub(crate) fn walk<T: Send>(
        &self,
        walk: &Walk<'_>,
        look: &(dyn Fn(&str, &mut Vec<u8>) -> Option<T> + Sync),
    ) -> Walked<T> {
        match &self.files {
            Files::WorkTree(_) => work_tree::walk(self, walk, look),
            Files::Commit(commit) => commit.walk(walk, look),
        }
    }
}

/// Returns `path` with `/` between names; none if it is not UTF-8.
fn relative(path: &Path) -> Option<String> {
    let mut text = String::with_capacity(path.as_os_str().len());
    for part in path.components() {
        if !text.is_empty() {
            text.push('/');
        }
        text.push_str(part.as_os_str().to_str()?);
    }
    Some(text)
}

#[cfg(test)]
mod tests;

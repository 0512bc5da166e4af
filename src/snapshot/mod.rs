//! One read-only view of files, in a work tree or in a commit.
//!
//! **Invariant:** nothing here writes, and no path leaves the root: links are never followed by a walk, and one that leads out is
//! not there for whoever asks by name, in a work tree as in a commit.
//! Start reading at [`Snapshot`].

pub(crate) mod commit;
mod work_tree;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use commit::CommitFiles;
pub(crate) use commit::CommitView;

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
    /// On disk; with what git says of them.
    WorkTree(Arc<WorkTree>),
    /// In the objects of git.
    Commit(Arc<CommitFiles>),
}

/// What git says of the files of a work tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfGit {
    /// The paths that it tracks: they are seen even where an ignore rule names them, as git does.
    pub(crate) tracked: Vec<String>,
    /// The file of ignore rules that is the user's own; nothing need be there.
    pub(crate) ignore_file: Option<PathBuf>,
}

/// A work tree. The whole index is read for what git says of it, so that only a walk asks.
struct WorkTree {
    /// Tells it.
    ask: Box<dyn Fn() -> OfGit + Send + Sync>,
    told: OnceLock<OfGit>,
    /// The root without links, looked up once.
    canonical_root: OnceLock<Option<PathBuf>>,
}

impl std::fmt::Debug for WorkTree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkTree")
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
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
    /// `ask` tells what git says of its files.
    pub(crate) fn of_work_tree(root: &Path, ask: impl Fn() -> OfGit + Send + Sync + 'static) -> Snapshot {
        Snapshot {
            root: root.to_path_buf(),
            files: Files::WorkTree(Arc::new(WorkTree {
                ask: Box::new(ask),
                told: OnceLock::new(),
                canonical_root: OnceLock::new(),
            })),
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

    /// What git says of the files of a work tree; none of a commit.
    fn of_git(&self) -> Option<&OfGit> {
        match &self.files {
            Files::WorkTree(tree) => Some(tree.told.get_or_init(&tree.ask)),
            Files::Commit(_) => None,
        }
    }

    fn tracked(&self) -> &[String] {
        self.of_git().map_or(&[], |told| &told.tracked)
    }

    /// Returns the directory that paths are relative to; of a commit, the one where its repository was opened.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns where `path` lies on disk; means something for work trees only.
    pub(crate) fn locate(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Tells whether `path` of a work tree, links followed, lies below the root.
    fn stays_inside(&self, path: &str) -> bool {
        let Files::WorkTree(tree) = &self.files else {
            return true;
        };
        let root = tree
            .canonical_root
            .get_or_init(|| std::fs::canonicalize(&self.root).ok());
        let found = std::fs::canonicalize(self.locate(path));
        root.as_ref()
            .is_some_and(|root| found.is_ok_and(|found| found.starts_with(root)))
    }

    /// Tells whether there is a regular file, or a link to one, at `path`.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        match &self.files {
            Files::WorkTree(_) => self.locate(path).is_file() && self.stays_inside(path),
            Files::Commit(commit) => commit.mode(path).is_some_and(Mode::is_file),
        }
    }

    /// Tells whether there is a directory at `path`.
    pub(crate) fn has_directory(&self, path: &str) -> bool {
        match &self.files {
            Files::WorkTree(_) => self.locate(path).is_dir() && self.stays_inside(path),
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
                let on_disk = self.locate(path);
                // What is not there at all is said by the system.
                if on_disk.exists() && !self.stays_inside(path) {
                    return Err(leads_out(path));
                }
                std::fs::read(on_disk).map_err(|cause| Error::files(path, "cannot read", &cause))
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

    /// Lists the files that a walk would read. In a commit none of them is read for it.
    pub(crate) fn list(&self, walk: &Walk<'_>) -> Vec<String> {
        match &self.files {
            Files::WorkTree(_) => {
                let found = work_tree::walk(self, walk, &|_, _| Some(())).found;
                found.into_iter().map(|(path, ())| path).collect()
            }
            Files::Commit(commit) => commit.list(walk),
        }
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

/// What is read by everybody who clones the repository cannot lie on one machine, and what lies there is nobody else's business.
fn leads_out(path: &str) -> Error {
    let message = format!("`{path}` leads out of the repository");
    Error::new(Kind::NotFound, "outside-repository", message).hint(Hint::Say(
        "put the file into the repository, or let the link lead to one in it".into(),
    ))
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

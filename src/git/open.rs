//! A repository by directory, with two ways inside: libgit2, and the `git` program for what libgit2 does not know.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::changes::Pair;
use super::plumbing::Plumbing;
use super::program::Git;
use super::seen::Seen;
use crate::error::{Error, Hint, Kind};

/// A repository on this machine.
pub(crate) struct Repository {
    /// The work tree, or the bare repository.
    pub(super) root: PathBuf,
    pub(super) inside: Inside,
    /// What fetches a promised object that is not here; none if the caller gave no git.
    pub(super) git: Option<Git>,
    /// Patch-ids that git was asked for already.
    pub(super) patches: Mutex<HashMap<Pair, Option<String>>>,
    /// Objects that were read lately, here and by siblings.
    pub(super) seen: Arc<Seen>,
}

/// The two ways inside.
pub(super) enum Inside {
    Library(git2::Repository),
    Program(Plumbing),
}

/// Returns the nearest directory, from `start` upwards, that holds a `.git`.
///
/// Looks no further than the first one, as git does, and opens nothing: it works for repositories of any format.
pub(crate) fn find_root(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .find(|directory| directory.join(".git").exists())
        .map(Path::to_path_buf)
}

impl Repository {
    /// Opens the repository whose work tree is `root`, or the bare one at `root`.
    ///
    /// # Errors
    /// [`Kind::Access`] if git would refuse it because somebody else owns it; [`Kind::Files`] if it cannot be read,
    /// or has a format that libgit2 does not know (SHA-256, reftable).
    pub(crate) fn open(root: &Path) -> Result<Repository, Error> {
        match git2::Repository::open(root) {
            Ok(inner) => Ok(Repository {
                root: root.to_path_buf(),
                inside: Inside::Library(inner),
                git: None,
                patches: Mutex::default(),
                seen: Arc::default(),
            }),
            Err(cause) => Err(cannot_open(root, &cause)),
        }
    }

    /// The same, but of any format that the `git` program knows; and promised objects are fetched when they are read.
    ///
    /// # Errors
    /// As [`Repository::open`], and what [`Git::run`] says if the program is needed.
    pub(crate) fn open_with(root: &Path, git: &Git) -> Result<Repository, Error> {
        let git = if git.directory() == root {
            git.clone()
        } else {
            git.at(root)
        };
        let inside = match git2::Repository::open(root) {
            Ok(inner) => Inside::Library(inner),
            // Where variables name other files of settings than libgit2 reads, git alone knows whose repositories are safe.
            Err(cause) if cause.code() == git2::ErrorCode::Owner && !git.has_settings_elsewhere() => {
                return Err(cannot_open(root, &cause));
            }
            Err(cause) => match Plumbing::open(&git)? {
                Some(plumbing) => Inside::Program(plumbing),
                None => return Err(cannot_open(root, &cause)),
            },
        };
        Ok(Repository {
            root: root.to_path_buf(),
            inside,
            git: Some(git),
            patches: Mutex::default(),
            seen: Arc::default(),
        })
    }

    /// Goes through the program whatever the format is, so that one test suite can try both ways.
    #[cfg(test)]
    pub(crate) fn open_through_program(root: &Path, git: &Git) -> Result<Repository, Error> {
        let plumbing = Plumbing::open(git)?.ok_or_else(|| Error::bug("no repository"))?;
        Ok(Repository {
            root: root.to_path_buf(),
            inside: Inside::Program(plumbing),
            git: Some(git.clone()),
            patches: Mutex::default(),
            seen: Arc::default(),
        })
    }

    /// Opens it once more, for another thread; what one of them has read the others need not read again.
    ///
    /// # Errors
    /// As [`Repository::open_with`].
    pub(crate) fn sibling(&self) -> Result<Repository, Error> {
        let opened = match (&self.inside, &self.git) {
            (Inside::Library(_), None) => Repository::open(&self.root)?,
            (Inside::Library(_), Some(git)) => Repository::open_with(&self.root, git)?,
            (Inside::Program(plumbing), git) => Repository {
                root: self.root.clone(),
                inside: Inside::Program(plumbing.sibling()),
                git: git.clone(),
                patches: Mutex::default(),
                seen: Arc::default(),
            },
        };
        Ok(Repository {
            seen: Arc::clone(&self.seen),
            ..opened
        })
    }

    /// The directory it was opened at.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of objects and references: `.git`, also for a linked work tree.
    pub(super) fn common_directory(&self) -> PathBuf {
        match &self.inside {
            Inside::Library(inner) => inner.commondir().to_path_buf(),
            Inside::Program(plumbing) => plumbing.common_directory(),
        }
    }

    /// The directory of the work tree's own state: `HEAD` and the index.
    ///
    /// # Errors
    /// What git says, where it has to be asked.
    pub(super) fn own_directory(&self, git: &Git) -> Result<PathBuf, Error> {
        match &self.inside {
            Inside::Library(inner) => Ok(inner.path().to_path_buf()),
            Inside::Program(_) => {
                let said = git.run(&["rev-parse", "--absolute-git-dir"], None, &[])?;
                Ok(PathBuf::from(
                    said.or_fail("git cannot tell where its directory is")?.text(),
                ))
            }
        }
    }

    /// Returns the paths in the index, relative to the root, with `/` between names; submodules and links left out.
    pub(crate) fn tracked(&self) -> Vec<String> {
        const TYPE: u32 = 0o170_000;
        const REGULAR: u32 = 0o100_000;
        let inner = match &self.inside {
            Inside::Library(inner) => inner,
            Inside::Program(plumbing) => return plumbing.tracked(),
        };
        let Ok(index) = inner.index() else {
            return Vec::new();
        };
        index
            .iter()
            .filter(|entry| entry.mode & TYPE == REGULAR)
            .filter_map(|entry| String::from_utf8(entry.path).ok())
            .collect()
    }
}

fn cannot_open(root: &Path, cause: &git2::Error) -> Error {
    if cause.code() == git2::ErrorCode::Owner {
        return Error::new(
            Kind::Access,
            "unsafe-repository",
            format!("the repository `{}` belongs to another user", root.display()),
        )
        .hint(Hint::Say(format!(
            "git config --global --add safe.directory {}",
            root.display()
        )));
    }
    Error::new(
        Kind::Files,
        "repository-unreadable",
        format!("the repository `{}` cannot be opened", root.display()),
    )
    .because(cause.message())
}

//! A repository by directory: its root, its branches, the files it tracks.

use std::path::{Path, PathBuf};

use crate::error::{Error, Hint, Kind};

/// A repository on this machine, opened for reading.
pub(crate) struct Repository {
    inner: git2::Repository,
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
    /// Opens the repository whose work tree is `root`.
    ///
    /// # Errors
    /// [`Kind::Access`] if git would refuse it because somebody else owns it; [`Kind::Files`] if it cannot be read,
    /// or has a format that libgit2 does not know (SHA-256, reftable).
    pub(crate) fn open(root: &Path) -> Result<Repository, Error> {
        match git2::Repository::open(root) {
            Ok(inner) => Ok(Repository { inner }),
            Err(cause) if cause.code() == git2::ErrorCode::Owner => Err(Error::new(
                Kind::Access,
                "unsafe-repository",
                format!("the repository `{}` belongs to another user", root.display()),
            )
            .hint(Hint::Say(format!(
                "git config --global --add safe.directory {}",
                root.display()
            )))),
            Err(cause) => Err(Error::new(
                Kind::Files,
                "repository-unreadable",
                format!("the repository `{}` cannot be opened", root.display()),
            )
            .because(cause.message())),
        }
    }

    /// Returns the name of the branch that is checked out; none if the head is detached.
    ///
    /// A branch without a commit yet has a name too.
    pub(crate) fn checked_out(&self) -> Option<String> {
        let head = self.inner.find_reference("HEAD").ok()?;
        let name = head.symbolic_target().ok()??;
        name.strip_prefix("refs/heads/").map(str::to_owned)
    }

    /// Returns the names of all branches, local and of remotes, without the remote's name, sorted, each once.
    pub(crate) fn branches(&self) -> Vec<String> {
        let mut names = Vec::new();
        if let Ok(references) = self.inner.references() {
            for reference in references.flatten() {
                let Ok(name) = reference.name() else { continue };
                let short = name.strip_prefix("refs/heads/").or_else(|| {
                    name.strip_prefix("refs/remotes/")
                        .and_then(|rest| rest.split_once('/').map(|it| it.1))
                });
                if let Some(short) = short
                    && short != "HEAD"
                {
                    names.push(short.to_owned());
                }
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// Returns the default branch, as `origin/HEAD` names it; else `main` or `master` if it is the only one of the two.
    pub(crate) fn default_branch(&self) -> Option<String> {
        if let Ok(head) = self.inner.find_reference("refs/remotes/origin/HEAD")
            && let Ok(Some(target)) = head.symbolic_target()
        {
            return target.strip_prefix("refs/remotes/origin/").map(str::to_owned);
        }
        let branches = self.branches();
        let mut usual = branches
            .iter()
            .filter(|name| matches!(name.as_str(), "main" | "master"));
        match (usual.next(), usual.next()) {
            (Some(only), None) => Some(only.clone()),
            _ => None,
        }
    }

    /// Returns the paths in the index, relative to the root, with `/` between names; submodules and links left out.
    pub(crate) fn tracked(&self) -> Vec<String> {
        const TYPE: u32 = 0o170_000;
        const REGULAR: u32 = 0o100_000;
        let Ok(index) = self.inner.index() else {
            return Vec::new();
        };
        index
            .iter()
            .filter(|entry| entry.mode & TYPE == REGULAR)
            .filter_map(|entry| String::from_utf8(entry.path).ok())
            .collect()
    }
}

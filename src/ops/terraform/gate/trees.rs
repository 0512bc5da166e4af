//! Whether a directory holds in one commit what it holds in another: by the id of its tree, so nothing is read.

use crate::error::{Error, Kind};
use crate::git::names::Oid;
use crate::ops::land::Ground;

/// A path, and what it was and is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) path: String,
    /// Id of what was planned; none if it was not there, or what was planned is not known.
    pub(crate) planned: Option<Oid>,
    /// Id of what is there.
    pub(crate) found: Option<Oid>,
}

impl Compared {
    /// Whether it is what was planned.
    pub(crate) fn is_same(&self) -> bool {
        self.planned.is_some() && self.planned == self.found
    }
}

/// Paths to be compared.
pub(super) struct Trees<'t> {
    pub(super) ground: &'t Ground,
    pub(super) paths: &'t [String],
}

impl Trees<'_> {
    /// Compares every path.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if a path is in neither commit; as reading commits.
    pub(super) fn compare(&self, planned: Option<&Oid>, found: &Oid) -> Result<Vec<Compared>, Error> {
        let mut compared = Vec::new();
        for path in self.paths {
            let one = Compared {
                path: path.clone(),
                planned: planned.map(|commit| self.id(commit, path)).transpose()?.flatten(),
                found: self.id(found, path)?,
            };
            if one.planned.is_none() && one.found.is_none() {
                let what = format!("there is no `{path}` in {}", found.short());
                return Err(Error::new(Kind::NotFound, "path-not-found", what));
            }
            compared.push(one);
        }
        Ok(compared)
    }

    fn id(&self, commit: &Oid, path: &str) -> Result<Option<Oid>, Error> {
        let repository = &self.ground.repository;
        let Some(commit) = repository.commit(commit)? else {
            return Ok(None);
        };
        match path {
            "." => Ok(Some(commit.tree)),
            path => Ok(repository.entry(&commit.tree, path)?.map(|entry| entry.id)),
        }
    }
}

//! The files that a build reads: those of a view, with some in another state.

use std::collections::BTreeMap;

use crate::error::{Error, Kind};
use crate::snapshot::{Snapshot, Walk};
use crate::yaml::{self, Tree};

/// Files of a view, some of which are planned to be otherwise.
pub(crate) struct Sources<'s> {
    snapshot: &'s Snapshot,
    /// None: it is gone.
    planned: BTreeMap<String, Option<Vec<u8>>>,
}

impl<'s> Sources<'s> {
    pub(crate) fn of(snapshot: &'s Snapshot) -> Sources<'s> {
        Sources {
            snapshot,
            planned: BTreeMap::new(),
        }
    }

    /// The same with a file in another state; none: it is gone.
    pub(crate) fn plan(&mut self, path: &str, bytes: Option<Vec<u8>>) {
        self.planned.insert(path.to_owned(), bytes);
    }

    /// The same with a file as it is.
    pub(crate) fn forget(&mut self, path: &str) {
        self.planned.remove(path);
    }

    /// The files that are planned otherwise.
    pub(crate) fn planned(&self) -> &BTreeMap<String, Option<Vec<u8>>> {
        &self.planned
    }

    pub(crate) fn has_file(&self, path: &str) -> bool {
        match self.planned.get(path) {
            Some(planned) => planned.is_some(),
            None => self.snapshot.has_file(path),
        }
    }

    /// Tells whether files lie below `path`; plans make no directory empty.
    pub(crate) fn has_directory(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.snapshot.has_directory(path)
            || self
                .planned
                .iter()
                .any(|(it, bytes)| it.starts_with(&below) && bytes.is_some())
    }

    /// Lists the files below a directory, at any depth, sorted; the empty path is the root.
    pub(crate) fn files_below(&self, directory: &str) -> Vec<String> {
        let below = if directory.is_empty() {
            vec![]
        } else {
            vec![directory.to_owned()]
        };
        let walk = Walk {
            below: &below,
            wanted: &|_| true,
            on_read: &|| {},
        };
        let mut found = self.snapshot.list(&walk);
        let within =
            |it: &str| directory.is_empty() || it.strip_prefix(directory).is_some_and(|it| it.starts_with('/'));
        found.retain(|path| !self.planned.contains_key(path));
        let planned = self
            .planned
            .iter()
            .filter(|(path, bytes)| bytes.is_some() && within(path));
        found.extend(planned.map(|(path, _)| path.clone()));
        found.sort();
        found
    }

    /// # Errors
    /// `Kind::NotFound` or `Kind::Files`.
    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        match self.planned.get(path) {
            Some(Some(bytes)) => Ok(bytes.clone()),
            Some(None) => {
                let message = format!("`{path}` would be gone");
                Err(Error::new(Kind::NotFound, "file-system", message))
            }
            None => self.snapshot.read(path),
        }
    }

    /// # Errors
    /// As [`Sources::read`]; `Kind::Refused` with line and column for what is no YAML.
    pub(crate) fn tree(&self, path: &str) -> Result<Tree, Error> {
        yaml::parse(self.read(path)?, yaml::Limits::default()).map_err(|refusal| refusal.into_error(path))
    }
}

//! Whose directory a directory is.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::config::environments::Environment;
use crate::manifest::kustomization::directory_of;

/// Longest path of an environment's directory, in bytes: longer ones are no paths of a file system.
const LONGEST: usize = 4096;

/// The directories of one environment.
pub(crate) struct Place {
    globs: GlobSet,
    pub(super) plain: HashSet<String>,
}

/// The directories of all environments.
pub(super) struct Places {
    /// In the order of the environments.
    pub(super) list: Vec<Place>,
    /// Which environments name a directory.
    plain: HashMap<String, Vec<usize>>,
    /// Which environments have patterns.
    with_globs: Vec<usize>,
    /// What was found: files lie in few directories, and each is asked about many times.
    known: Mutex<HashMap<String, Arc<[usize]>>>,
}

impl Places {
    pub(super) fn of(environments: &[&Environment]) -> Places {
        let list: Vec<Place> = environments.iter().map(|environment| Place::of(environment)).collect();
        let mut plain: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, place) in list.iter().enumerate() {
            for directory in &place.plain {
                plain.entry(directory.clone()).or_default().push(index);
            }
        }
        let with_globs = (0..list.len()).filter(|index| !list[*index].globs.is_empty()).collect();
        Places {
            list,
            plain,
            with_globs,
            known: Mutex::default(),
        }
    }

    /// The environments in whose directory `directory` lies, in their order; of nested ones only those with the deepest.
    ///
    /// A path may be one that a file only names, and of any length: what goes on beyond [`LONGEST`] is not looked at.
    pub(super) fn owners(&self, directory: &str) -> Arc<[usize]> {
        let directory = short(directory);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(directory) {
            return Arc::clone(found);
        }
        let found = ancestors(directory)
            .map(|ancestor| self.at(ancestor))
            .find(|found| !found.is_empty());
        let found: Arc<[usize]> = found.unwrap_or_default().into();
        known.insert(directory.to_owned(), Arc::clone(&found));
        found
    }

    /// Whose directory it is itself.
    fn at(&self, directory: &str) -> Vec<usize> {
        let mut found = self.plain.get(directory).cloned().unwrap_or_default();
        let of_pattern = |index: &&usize| self.list[**index].globs.is_match(directory);
        found.extend(self.with_globs.iter().filter(of_pattern));
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Place {
    pub(crate) fn of(environment: &Environment) -> Place {
        let (patterns, plain): (Vec<&String>, Vec<&String>) = environment
            .paths
            .iter()
            .partition(|path| path.contains(['*', '?', '[', '{']));
        Place {
            globs: globs(patterns),
            plain: plain.into_iter().cloned().collect(),
        }
    }

    /// Tells whether a directory is the environment's, whatever others there are.
    pub(crate) fn holds(&self, directory: &str) -> bool {
        let is_here = |at: &str| self.plain.contains(at) || (!self.globs.is_empty() && self.globs.is_match(at));
        ancestors(short(directory)).any(is_here)
    }
}

/// Compiles patterns that were checked when the configuration was read.
pub(super) fn globs<'g>(patterns: impl IntoIterator<Item = &'g String>) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        if let Ok(glob) = GlobBuilder::new(pattern).literal_separator(true).build() {
            set.add(glob);
        }
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}

/// A directory and those that it lies in, up to the top, which is empty.
fn ancestors(directory: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(directory), |at| (!at.is_empty()).then(|| directory_of(at)))
}

/// As much of a path as could be one.
fn short(directory: &str) -> &str {
    if directory.len() <= LONGEST {
        return directory;
    }
    let end = (0..=LONGEST).rev().find(|at| directory.is_char_boundary(*at));
    directory_of(directory.get(..end.unwrap_or(0)).unwrap_or_default())
}

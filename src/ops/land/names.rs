//! Where the kustomizations of a large remote repository are, by name: listed once, and kept from run to run.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use crate::change::apply;
use crate::git::names::Oid;
use crate::git::open::Repository;
use crate::git::program::Git;
use crate::manifest::kustomization::is_kustomization;
use crate::snapshot::{Snapshot, Walk};

/// The note in a cached repository.
const NOTE: &str = "rakops-kustomizations";

/// The paths of all kustomizations of a tree. Another tree is compared with the one that is known, which is quick.
pub(crate) struct Names {
    repository: Rc<Repository>,
    git: Git,
    note: PathBuf,
    known: Mutex<Option<(Oid, Vec<String>)>>,
}

impl Names {
    /// Begins with what an earlier run has left.
    pub(super) fn new(repository: &Rc<Repository>, git: &Git, directory: &Path) -> Names {
        let note = directory.join(NOTE);
        Names {
            repository: Rc::clone(repository),
            git: git.clone(),
            known: Mutex::new(std::fs::read_to_string(&note).ok().and_then(|text| read(&text))),
            note,
        }
    }

    /// The paths of the kustomizations in a view, sorted.
    pub(crate) fn of(&self, view: &Snapshot) -> Vec<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, tree)) = view.commit() else {
            return list(view);
        };
        let names = match &*known {
            Some((of, names)) if of == tree => return names.clone(),
            Some((of, names)) => self
                .updated((of, tree), names)
                .unwrap_or_else(|| self.listed(view, tree)),
            None => self.listed(view, tree),
        };
        let text = format!("{tree}\n{}\n", names.join("\n"));
        // What cannot be kept is listed again by the next run.
        let _ = apply::keep(&self.note, &text);
        *known = Some((tree.clone(), names.clone()));
        names
    }

    fn listed(&self, view: &Snapshot, tree: &Oid) -> Vec<String> {
        let mut names = Vec::new();
        let every = self.repository.every_file(&self.git, tree, &mut |path| {
            if is_kustomization(path) {
                names.push(path.to_owned());
            }
        });
        match every {
            Ok(()) => {
                names.sort();
                names
            }
            Err(_) => list(view),
        }
    }

    fn updated(&self, (old, new): (&Oid, &Oid), names: &[String]) -> Option<Vec<String>> {
        if !self.repository.has(old) {
            return None;
        }
        let (come, gone) = self.repository.come_and_gone(&self.git, old, new).ok()?;
        let mut names: Vec<String> = names.iter().filter(|name| !gone.contains(name)).cloned().collect();
        names.extend(come.into_iter().filter(|path| is_kustomization(path)));
        names.sort();
        names.dedup();
        Some(names)
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names")
            .field("note", &self.note)
            .finish_non_exhaustive()
    }
}

/// Lists them, without reading any.
pub(crate) fn list(view: &Snapshot) -> Vec<String> {
    view.list(&Walk {
        below: &[],
        wanted: &is_kustomization,
        on_read: &|| {},
    })
}

fn read(text: &str) -> Option<(Oid, Vec<String>)> {
    let mut lines = text.lines();
    let tree = Oid::parse(lines.next()?)?;
    Some((tree, lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()))
}

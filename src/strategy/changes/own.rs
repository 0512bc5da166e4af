//! The commits that FROM has and TO lacks, read once: which landing brought each of them, and their patches.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::units::{Unit, pair};
use crate::error::Error;
use crate::git::changes::Pair;
use crate::git::names::Oid;
use crate::git::objects::Commit;
use crate::strategy::hop::Hop;

/// The patches of commits; none of one that changed nothing.
type Patches = HashMap<Oid, Option<String>>;

/// FROM's own commits.
pub(crate) struct Own {
    commits: HashMap<Oid, Commit>,
    /// FROM's first-parent history, oldest first.
    pub(super) line: Vec<Oid>,
    /// The oldest commit of the line that has a commit.
    brought_by: HashMap<Oid, Oid>,
    /// By commit, of all that are no merges; read when first asked for.
    patches: OnceCell<Patches>,
}

impl Own {
    /// Reads them.
    ///
    /// # Errors
    /// What git says.
    pub(super) fn read(hop: &Hop<'_>) -> Result<Own, Error> {
        let (from, excluded) = (hop.from.commit.as_str(), format!("^{}", hop.to.commit));
        let mut commits = HashMap::new();
        for id in hop.repository.list(hop.git, &[from, &excluded])? {
            if let Some(commit) = hop.repository.commit(&id)? {
                commits.insert(id, commit);
            }
        }
        let mut line = Vec::new();
        let mut next = Some(hop.from.commit);
        while let Some((id, commit)) = next.and_then(|id| commits.get_key_value(id)) {
            line.push(id.clone());
            next = commit.parents.first();
        }
        line.reverse();
        let mut brought_by: HashMap<Oid, Oid> = HashMap::new();
        for landing in &line {
            let mut open = vec![landing];
            while let Some(id) = open.pop() {
                if let Some(commit) = commits.get(id).filter(|_| !brought_by.contains_key(id)) {
                    brought_by.insert(id.clone(), landing.clone());
                    open.extend(&commit.parents);
                }
            }
        }
        Ok(Own {
            commits,
            line,
            brought_by,
            patches: OnceCell::new(),
        })
    }

    /// Tells whether a commit is one of them.
    pub(super) fn has(&self, id: &Oid) -> bool {
        self.commits.contains_key(id)
    }

    /// A commit that is one of them.
    pub(super) fn commit(&self, id: &Oid) -> Option<&Commit> {
        self.commits.get(id)
    }

    /// The commits of the branch that a change merged, as far as they are FROM's own and no merges: those that it brought,
    /// and those that FROM had before it. Newest first.
    pub(super) fn of_branch(&self, unit: &Unit) -> (Vec<&Oid>, Vec<&Oid>) {
        let on_branch = self.before(unit.branch.as_ref());
        // A step of a promotion stands on no line: what was before it is asked of its parent.
        let is_landing = self.brought_by.get(&unit.commit) == Some(&unit.commit);
        let earlier: HashSet<&Oid> = match is_landing {
            true => HashSet::new(),
            false => self.before(Some(&unit.parent)).into_iter().collect(),
        };
        on_branch
            .into_iter()
            .filter(|id| self.commits.get(*id).is_some_and(|commit| commit.parents.len() < 2))
            .partition(|id| match is_landing {
                true => self.brought_by.get(*id) == Some(&unit.commit),
                false => !earlier.contains(id),
            })
    }

    /// A commit and all before it that are FROM's own, newest first.
    fn before(&self, end: Option<&Oid>) -> Vec<&Oid> {
        let mut open: Vec<&Oid> = end.into_iter().collect();
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        while let Some(id) = open.pop() {
            if let Some((id, commit)) = self.commits.get_key_value(id).filter(|(id, _)| seen.insert(*id)) {
                found.push((commit.time, id));
                open.extend(&commit.parents);
            }
        }
        found.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// The patch of one of them that is no merge; none where it changed nothing.
    ///
    /// # Errors
    /// What git says.
    pub(super) fn patch(&self, hop: &Hop<'_>, id: &Oid) -> Result<Option<&String>, Error> {
        let patches = match self.patches.get() {
            Some(patches) => patches,
            None => {
                let read = self.read_patches(hop)?;
                self.patches.get_or_init(|| read)
            }
        };
        Ok(patches.get(id).and_then(Option::as_ref))
    }

    fn read_patches(&self, hop: &Hop<'_>) -> Result<Patches, Error> {
        let one_parent = self.commits.iter().filter(|(_, commit)| commit.parents.len() == 1);
        let pairs: Vec<Pair> = one_parent.map(|(id, commit)| pair(id, commit)).collect();
        let ids = hop.repository.patch_ids(hop.git, &pairs)?;
        Ok(pairs.into_iter().map(|pair| pair.new).zip(ids).collect())
    }
}

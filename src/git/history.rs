//! Walking back over commits, and knowing where a shallow clone ends.

use std::collections::{BinaryHeap, HashSet};
use std::ops::ControlFlow;

use super::names::Oid;
use super::objects::Commit;
use super::open::{Inside, Repository};
use crate::error::Error;

/// How a walk over history ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every commit was visited, or the visitor has stopped it.
    Complete,
    /// There are older commits that are not here.
    Shallow,
}

/// Hears of each commit.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&Commit, &Oid) -> ControlFlow<()>;

impl Repository {
    /// Tells whether commits were left out when the repository was cloned or fetched into.
    pub(crate) fn is_shallow(&self) -> bool {
        !self.boundary().is_empty()
    }

    /// The commits whose parents are not here. Source: `git help shallow`.
    pub(super) fn boundary(&self) -> HashSet<Oid> {
        let listed = std::fs::read_to_string(self.common_directory().join("shallow")).unwrap_or_default();
        listed.lines().filter_map(Oid::parse).collect()
    }

    /// Visits `from` and every commit before it, over all parents, newest first.
    ///
    /// # Errors
    /// What reading a commit says.
    pub(crate) fn history(&self, from: &Oid, visit: Visit<'_>) -> Result<End, Error> {
        let boundary = self.boundary();
        let mut waiting = BinaryHeap::new();
        let mut seen = HashSet::new();
        let mut end = End::Complete;
        let mut meet = |id: &Oid, waiting: &mut BinaryHeap<Waiting>| -> Result<bool, Error> {
            if seen.insert(id.clone()) {
                match self.commit(id)? {
                    Some(commit) => waiting.push(Waiting {
                        age: (commit.time, usize::MAX - seen.len()),
                        id: id.clone(),
                        commit,
                    }),
                    None => return Ok(false),
                }
            }
            Ok(true)
        };
        if !meet(from, &mut waiting)? {
            return Ok(End::Shallow);
        }
        while let Some(next) = waiting.pop() {
            if visit(&next.commit, &next.id).is_break() {
                return Ok(End::Complete);
            }
            if boundary.contains(&next.id) {
                if !next.commit.parents.is_empty() {
                    end = End::Shallow;
                }
                continue;
            }
            for parent in &next.commit.parents {
                if !meet(parent, &mut waiting)? {
                    end = End::Shallow;
                }
            }
        }
        Ok(end)
    }

    /// Tells whether `old` is `new` or stands before it; none if that cannot be known here: the repository is shallow, or one
    /// of them is not here.
    ///
    /// # Errors
    /// What reading a commit says.
    pub(crate) fn is_ancestor(&self, old: &Oid, new: &Oid) -> Result<Option<bool>, Error> {
        if old == new {
            return Ok(Some(true));
        }
        if !self.has(new) {
            return Ok(None);
        }
        if self.is_shallow() {
            let mut found = false;
            let end = self.history(new, &mut |_, id| {
                found = id == old;
                if found {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
            return Ok(match (found, end) {
                (true, _) => Some(true),
                (false, End::Complete) => Some(false),
                (false, End::Shallow) => None,
            });
        }
        if !self.has(old) {
            return Ok(None);
        }
        match &self.inside {
            Inside::Library(inner) => {
                let id = |oid: &Oid| git2::Oid::from_str(oid.as_str());
                let found = id(new).and_then(|new| inner.graph_descendant_of(new, id(old)?));
                Ok(found.ok())
            }
            Inside::Program(plumbing) => {
                let args = ["merge-base", "--is-ancestor", old.as_str(), new.as_str()];
                Ok(match plumbing.git().run(&args, None, &[])?.status {
                    0 => Some(true),
                    1 => Some(false),
                    _ => None,
                })
            }
        }
    }
}

/// A commit in the queue: the newest comes first, and of equals the one that was met first.
struct Waiting {
    age: (i64, usize),
    id: Oid,
    commit: Commit,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Waiting) -> bool {
        self.age == other.age
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Waiting) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Waiting) -> std::cmp::Ordering {
        self.age.cmp(&other.age)
    }
}

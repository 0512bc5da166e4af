//! FROM's history since both sides parted: its own line, and everything on it.

use std::collections::{HashMap, HashSet};

use super::history::check_depth;
use crate::error::Error;
use crate::git::changes::{Changed, Pair};
use crate::git::names::Oid;
use crate::strategy::hop::Hop;

/// FROM's commits since the place where TO's own line left its history.
pub(super) struct Source {
    /// FROM's first-parent history, newest first.
    pub(super) line: Vec<Oid>,
    /// Every commit.
    pub(super) all: Vec<Oid>,
    known: HashSet<Oid>,
    /// Place on the line.
    at: HashMap<Oid, usize>,
    /// What each commit of the line changed against its first parent; read when it is first asked for.
    changes: Option<Vec<Vec<Changed>>>,
    /// Commits that are not on the line, against the base that they were last compared with.
    beside: Option<(Oid, Vec<(Oid, Vec<Changed>)>)>,
}

impl Source {
    pub(super) fn read(hop: &Hop<'_>, fork: Option<&Oid>) -> Result<Source, Error> {
        let excluded = fork.map(|fork| format!("^{fork}"));
        let list = |words: &[&str]| {
            let words: Vec<&str> = words.iter().copied().chain(excluded.as_deref()).collect();
            hop.repository.list(hop.git, &words)
        };
        let from = hop.from.commit.as_str();
        let all = list(&["--topo-order", from])?;
        if hop.repository.is_shallow() {
            let mut commits = Vec::new();
            for id in &all {
                commits.extend(hop.repository.commit(id)?);
            }
            check_depth(hop, commits.iter())?;
        }
        let line = list(&["--first-parent", from])?;
        Ok(Source {
            known: all.iter().cloned().collect(),
            at: line.iter().enumerate().map(|(at, id)| (id.clone(), at)).collect(),
            all,
            line,
            changes: None,
            beside: None,
        })
    }

    /// Tells whether a commit is one of these.
    pub(super) fn has(&self, id: &Oid) -> bool {
        self.known.contains(id)
    }

    /// Place of a commit on FROM's own line, 0 being its tip.
    pub(super) fn place(&self, id: &Oid) -> Option<usize> {
        self.at.get(id).copied()
    }

    /// Tells whether `old` is `new` or comes before it.
    pub(super) fn precedes(&self, hop: &Hop<'_>, old: &Oid, new: &Oid) -> Result<bool, Error> {
        if let (Some(old), Some(new)) = (self.at.get(old), self.at.get(new)) {
            return Ok(old >= new);
        }
        Ok(hop.repository.is_ancestor(old, new)? == Some(true))
    }

    /// What the commits of the line changed, newest first, at most `most` of them.
    pub(super) fn changes(&mut self, hop: &Hop<'_>, most: usize) -> Result<&[Vec<Changed>], Error> {
        if self.changes.is_none() {
            let mut pairs = Vec::new();
            for id in self.line.iter().take(most) {
                let parent = hop.repository.commit(id)?.and_then(|it| it.parents.into_iter().next());
                // The first commit of all is compared with itself: nobody could have carried less.
                let old = parent.unwrap_or_else(|| id.clone());
                pairs.push(Pair { old, new: id.clone() });
            }
            self.changes = Some(hop.repository.changes_of(hop.git, &pairs)?);
        }
        Ok(self.changes.as_deref().unwrap_or_default())
    }

    /// What the newest `most` commits that are not on the line have changed since `base`, newest first.
    pub(super) fn beside(
        &mut self,
        hop: &Hop<'_>,
        (base, most): (&Oid, usize),
    ) -> Result<&[(Oid, Vec<Changed>)], Error> {
        if self.beside.as_ref().is_none_or(|(known, _)| known != base) {
            let commits = self.all.iter().filter(|id| self.place(id).is_none()).take(most);
            let pairs: Vec<Pair> = commits
                .map(|id| Pair {
                    old: base.clone(),
                    new: id.clone(),
                })
                .collect();
            let changes = hop.repository.changes_of(hop.git, &pairs)?;
            let commits = pairs.into_iter().map(|pair| pair.new);
            self.beside = Some((base.clone(), commits.zip(changes).collect()));
        }
        Ok(self.beside.as_ref().map_or(&[], |(_, commits)| commits))
    }
}

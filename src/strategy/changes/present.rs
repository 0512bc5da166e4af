//! Which changes of FROM the branch of TO has already, and by what sign.
//!
//! Source: PROMOTION.md, section 4, "Missing in TO".

use std::collections::{HashMap, HashSet};

use super::masks::Masks;
use super::units::{Unit, pair};
use crate::change::promotion::BroughtBack;
use crate::error::Error;
use crate::git::merge::ThreeWay;
use crate::git::names::Oid;
use crate::strategy::carried::{self, Landing};
use crate::strategy::hop::Hop;

/// What is known of one change on TO.
#[derive(Clone, Debug)]
pub(crate) enum There {
    /// It is not there.
    No,
    /// It is there; the landing that brought it, where a commit says so.
    Yes(Option<Oid>),
    /// It was there, and was taken back.
    Undone(BroughtBack),
    /// Something of the same title by the same person is there, with another content.
    Likely(Oid),
}

/// TO's side: its landings, and what tells one of its commits from another.
pub(crate) struct Theirs {
    landings: Vec<Landing>,
    /// The landing that holds a commit.
    holder: HashMap<Oid, usize>,
    by_patch: HashMap<String, Oid>,
    by_change: HashMap<String, Oid>,
    /// Commits that `git cherry-pick -x` names.
    picked: HashMap<Oid, Oid>,
    by_title: HashMap<(String, String), Oid>,
    tree: Oid,
    from_tree: Oid,
}

/// What `git cherry-pick -x` writes.
const PICKED: &str = "(cherry picked from commit ";

impl Theirs {
    /// Reads what TO has and FROM lacks.
    ///
    /// # Errors
    /// As reading history.
    pub(crate) fn read(hop: &Hop<'_>) -> Result<Theirs, Error> {
        let landings = carried::to_history(hop)?;
        let mut theirs = Theirs {
            holder: HashMap::new(),
            by_patch: HashMap::new(),
            by_change: HashMap::new(),
            picked: HashMap::new(),
            by_title: HashMap::new(),
            tree: hop.repository.tree_of(hop.to.commit)?,
            from_tree: hop.repository.tree_of(hop.from.commit)?,
            landings,
        };
        let mut pairs = Vec::new();
        // Newest first, so that of two commits that say the same the newest counts.
        for (at, landing) in theirs.landings.iter().enumerate() {
            let brought = landing.brought.iter().map(|(id, _)| id);
            for id in std::iter::once(&landing.commit).chain(brought) {
                theirs.holder.entry(id.clone()).or_insert(at);
                let Some(commit) = hop.repository.commit(id)? else {
                    continue;
                };
                let is_landing = *id == landing.commit;
                if commit.parents.len() == 1 || (is_landing && !commit.parents.is_empty()) {
                    pairs.push(pair(id, &commit));
                }
                if commit.parents.len() == 1 {
                    let title = carried::title_of(&commit).to_owned();
                    theirs
                        .by_title
                        .entry((title, commit.author.email.clone()))
                        .or_insert_with(|| id.clone());
                }
                for line in commit.message.lines() {
                    let named = line
                        .trim()
                        .strip_prefix(PICKED)
                        .and_then(|rest| Oid::parse(rest.trim_end_matches(')')));
                    if let Some(named) = named {
                        theirs.picked.entry(named).or_insert_with(|| id.clone());
                    }
                }
            }
            let reads = std::iter::once((&landing.commit, &landing.read));
            for (id, read) in reads.chain(landing.brought.iter().map(|(id, read)| (id, read))) {
                for change in &read.changes {
                    theirs.by_change.entry(change.clone()).or_insert_with(|| id.clone());
                }
            }
        }
        let patches = hop.repository.patch_ids(hop.git, &pairs)?;
        for (patch, pair) in patches.into_iter().zip(pairs) {
            if let Some(patch) = patch {
                theirs.by_patch.entry(patch).or_insert(pair.new);
            }
        }
        Ok(theirs)
    }

    /// When a commit arrived on TO, in seconds since 1970.
    pub(crate) fn arrived(&self, commit: &Oid) -> Option<i64> {
        let at = self.holder.get(commit)?;
        Some(self.landings[*at].time)
    }

    /// Finds a change on TO.
    ///
    /// # Errors
    /// As reading history and merging in memory.
    pub(crate) fn find(
        &self,
        (hop, masks): (&Hop<'_>, &Masks<'_>),
        (unit, own): (&Unit, &HashSet<Oid>),
    ) -> Result<There, Error> {
        let mut undone = None;
        // A branch that was merged into both: its end is in TO's history, and so not FROM's own.
        if let Some(end) = unit.branch.as_ref().filter(|end| !own.contains(*end)) {
            match self.merge_that_was_undone(hop, end)? {
                None => return Ok(There::Yes(self.merge_of(hop, end)?)),
                Some(landing) => undone = self.undone(landing),
            }
        }
        let signs = [
            unit.ids.iter().find_map(|id| self.by_change.get(id)),
            self.picked.get(&unit.commit),
            unit.branch.as_ref().and_then(|end| self.picked.get(end)),
            unit.patch.as_ref().and_then(|patch| self.by_patch.get(patch)),
        ];
        for sign in signs.into_iter().flatten() {
            match self.holder.get(sign).map(|at| &self.landings[*at]) {
                Some(landing) if landing.undone_by.is_some() => undone = undone.or_else(|| self.undone(landing)),
                _ => return Ok(There::Yes(Some(sign.clone()))),
            }
        }
        // Whether TO has its versions, the slots tell: later ones may have taken their place.
        if undone.is_none() && masks.is_of_versions(unit)? {
            return Ok(There::No);
        }
        if undone.is_none() && self.has_every_commit_of((hop, unit), own)? {
            return Ok(There::Yes(None));
        }
        if self.has_its_effect((hop, masks), unit)? {
            return Ok(There::Yes(None));
        }
        if let Some(undone) = undone {
            return Ok(There::Undone(undone));
        }
        let key = (unit.title.clone(), unit.author.email.clone());
        let alike = match unit.branch {
            None => self.by_title.get(&key),
            Some(_) => None,
        };
        Ok(alike.map_or(There::No, |commit| There::Likely(commit.clone())))
    }

    /// The landing that undid the merge of a branch's end, if the merge was undone.
    fn merge_that_was_undone(&self, hop: &Hop<'_>, end: &Oid) -> Result<Option<&Landing>, Error> {
        for landing in self.landings.iter().filter(|it| it.undone_by.is_some()) {
            for merged in &landing.merged {
                if hop.repository.is_ancestor(end, merged)? == Some(true) {
                    return Ok(Some(landing));
                }
            }
        }
        Ok(None)
    }

    /// The landing that merged a branch's end.
    fn merge_of(&self, hop: &Hop<'_>, end: &Oid) -> Result<Option<Oid>, Error> {
        let of = |landing: &&Landing| landing.merged.contains(end);
        if let Some(landing) = self.landings.iter().find(of) {
            return Ok(Some(landing.commit.clone()));
        }
        let mut found = None;
        for landing in self.landings.iter().filter(|it| !it.merged.is_empty()) {
            for merged in &landing.merged {
                if hop.repository.is_ancestor(end, merged)? == Some(true) {
                    found = Some(landing.commit.clone());
                }
            }
        }
        Ok(found)
    }

    fn undone(&self, landing: &Landing) -> Option<BroughtBack> {
        let by = landing.undone_by.as_ref()?;
        let by = self.landings.iter().find(|it| it.commit == *by)?;
        Some(BroughtBack {
            what: landing.title.clone(),
            by: by.author.clone(),
            at: by.time,
            commit: by.commit.clone(),
        })
    }

    /// Tells whether TO has each commit of a merged branch by itself, as a forge that rebases leaves them.
    fn has_every_commit_of(&self, (hop, unit): (&Hop<'_>, &Unit), own: &HashSet<Oid>) -> Result<bool, Error> {
        let Some(end) = &unit.branch else { return Ok(false) };
        let excluded = format!("^{}", unit.parent);
        let commits = hop
            .repository
            .list(hop.git, &["--no-merges", end.as_str(), &excluded])?;
        let mut pairs = Vec::new();
        for id in commits.iter().filter(|id| own.contains(*id)) {
            if let Some(commit) = hop.repository.commit(id)?
                && !commit.parents.is_empty()
            {
                pairs.push(pair(id, &commit));
            }
        }
        let patches = hop.repository.patch_ids(hop.git, &pairs)?;
        let stands = |patch: &Option<String>| {
            let commit = patch.as_ref().and_then(|patch| self.by_patch.get(patch));
            let landing = commit
                .and_then(|commit| self.holder.get(commit))
                .map(|at| &self.landings[*at]);
            landing.is_some_and(|landing| landing.undone_by.is_none())
        };
        Ok(!patches.is_empty() && patches.iter().all(stands))
    }

    /// Tells whether TO is as if it had the change: carrying it over would change nothing but versions.
    fn has_its_effect(&self, (hop, masks): (&Hop<'_>, &Masks<'_>), unit: &Unit) -> Result<bool, Error> {
        let (mut as_after, mut as_from, mut untouched) = (true, true, false);
        for file in &unit.files {
            let here = hop.repository.entry(&self.tree, &file.path)?;
            let there = hop.repository.entry(&self.from_tree, &file.path)?;
            let is_version = masks.same(&file.path, file.old.as_ref(), file.new.as_ref())?;
            as_after &= masks.same(&file.path, here.as_ref(), file.new.as_ref())?;
            as_from &= masks.same(&file.path, here.as_ref(), there.as_ref())?;
            untouched |= !is_version && masks.same(&file.path, here.as_ref(), file.old.as_ref())?;
        }
        if as_after || as_from {
            return Ok(true);
        }
        if untouched {
            return Ok(false);
        }
        let (base, theirs) = masks.aligned(unit, &self.tree)?;
        let merged = hop.repository.merge_on(
            hop.git,
            ThreeWay {
                base: &base,
                ours: &self.tree,
                theirs: &theirs,
            },
        )?;
        Ok(merged.conflicts.is_empty() && merged.tree == self.tree)
    }
}

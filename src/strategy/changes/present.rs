//! Which changes of FROM the branch of TO has already, and by what sign.
//!
//! Source: PROMOTION.md, section 4, "Missing in TO".

use std::collections::HashMap;

use super::effect;
use super::masks::Masks;
use super::origin::{Origin, origins};
use super::own::Own;
use super::units::{Unit, pair};
use crate::change::evidence;
use crate::change::promotion::BroughtBack;
use crate::error::Error;
use crate::git::changes::Changed;
use crate::git::names::Oid;
use crate::strategy::carried::{self, Landing};
use crate::strategy::hop::{Hop, Stand};

/// What is known of one change on TO.
#[derive(Clone, Debug)]
pub(crate) enum There {
    /// It is not there.
    No,
    /// It is there; the landing that brought it, where a commit says so.
    Yes(Option<Oid>),
    /// TO is as if it had it, and nothing else says so; the landing since which it is.
    Seen(Option<Oid>),
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
    by_origin: HashMap<Origin, Oid>,
    by_title: HashMap<(String, String), Oid>,
    tree: Oid,
    from_tree: Oid,
}

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
            by_origin: HashMap::new(),
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
                for origin in origins(id, &commit) {
                    theirs.by_origin.entry(origin).or_insert_with(|| id.clone());
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
        (unit, own): (&Unit, &Own),
    ) -> Result<There, Error> {
        let mut undone = None;
        // A branch that was merged into both: its end is in TO's history, and so not FROM's own.
        if let Some(end) = unit.branch.as_ref().filter(|end| !own.has(end)) {
            match self.merge_that_was_undone(hop, end)? {
                None => return Ok(There::Yes(self.merge_of(hop, end)?)),
                Some(landing) => undone = self.undone(landing),
            }
        }
        let by_name = || Ok(self.by_name(unit));
        let by_patch = || Ok(unit.patch.as_ref().and_then(|patch| self.by_patch.get(patch)).cloned());
        let by_origin = || self.same_origin((hop, &unit.files), &unit.commit);
        // The dear one last, and only where the others say nothing.
        let signs: [&dyn Fn() -> Result<Option<Oid>, Error>; 3] = [&by_name, &by_patch, &by_origin];
        for sign in signs {
            let Some(sign) = sign()? else { continue };
            match self.undone_sign(&sign) {
                Some(by) => undone = undone.or(Some(by)),
                None => return Ok(There::Yes(Some(sign))),
            }
        }
        // What takes something back is asked about by its effect: it may have come again since.
        if undone.is_none() && unit.reverts.is_empty() {
            match self.promoted(hop, unit)? {
                There::No => {}
                There::Undone(by) => undone = Some(by),
                there => return Ok(there),
            }
        }
        // Whether TO has its versions, the slots tell: later ones may have taken their place.
        if undone.is_none() && masks.is_of_versions(unit)? {
            return Ok(There::No);
        }
        if undone.is_none() {
            match self.every_commit_of((hop, unit), own)? {
                There::No => {}
                There::Undone(by) => undone = Some(by),
                there => return Ok(there),
            }
        }
        if self.has_its_effect((hop, masks), (unit, &self.tree))? {
            return Ok(There::Seen(self.effect_since((hop, masks), unit)?));
        }
        if undone.is_none() {
            undone = self.undone_effect((hop, masks), unit)?;
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

    /// The commit that says it carried a change; of several that came together, all must be there.
    fn by_name(&self, unit: &Unit) -> Option<Oid> {
        let claims = |id: &String| self.by_change.get(id);
        let own = unit.ids.iter().skip(unit.together).find_map(claims);
        let mut together = unit.ids.iter().take(unit.together).map(claims);
        let all = || -> Option<Oid> {
            let first = together.next()??;
            together.try_fold(first, |_, claim| claim).cloned()
        };
        own.cloned().or_else(all)
    }

    /// A promotion of everything that says it has carried a commit behind the change.
    fn promoted(&self, hop: &Hop<'_>, unit: &Unit) -> Result<There, Error> {
        let is_of = |side: &Stand<'_>, name: &String| side.environments.iter().any(|it| it.name == *name);
        let mut undone = There::No;
        for landing in &self.landings {
            let brought = landing.brought.iter().map(|(_, read)| read);
            let reads = std::iter::once(&landing.read).chain(brought);
            for (from, to, commit) in reads.flat_map(|read| &read.promoted) {
                let is_pair = is_of(&hop.from, from) && is_of(&hop.to, to);
                if !is_pair || hop.repository.is_ancestor(&unit.commit, commit)? != Some(true) {
                    continue;
                }
                match self.undone(landing) {
                    None => return Ok(There::Yes(Some(landing.commit.clone()))),
                    Some(by) => undone = There::Undone(by),
                }
            }
        }
        Ok(undone)
    }

    /// Tells whether a commit on TO carried one change, and nothing else with it.
    ///
    /// # Errors
    /// As reading history.
    pub(crate) fn is_only_this(&self, hop: &Hop<'_>, (commit, unit): (&Oid, &Unit)) -> Result<bool, Error> {
        let Some(read) = hop
            .repository
            .commit(commit)?
            .filter(|_| self.holder.contains_key(commit))
        else {
            return Ok(false);
        };
        let changed = hop.repository.changes(hop.git, &pair(commit, &read))?;
        let mut paths = changed.iter().map(|it| &it.path);
        Ok(evidence::read(&read.message).changes.len() < 2
            && changed.len() == unit.files.len()
            && paths.all(|path| unit.files.iter().any(|file| file.path == *path)))
    }

    /// Who took a commit back: with its landing, or by its own name.
    fn undone_sign(&self, sign: &Oid) -> Option<BroughtBack> {
        let at = *self.holder.get(sign)?;
        let takes_back = |it: &&Landing| it.undone_by.is_none() && it.reverts.contains(sign);
        let newer = self.landings[..at].iter().find(takes_back);
        match newer {
            Some(by) => Some(told(&self.landings[at], by)),
            None => self.undone(&self.landings[at]),
        }
    }

    /// A landing whose undoing has taken the effect of a change away: that of a squash whose message says nothing.
    fn undone_effect(&self, (hop, masks): (&Hop<'_>, &Masks<'_>), unit: &Unit) -> Result<Option<BroughtBack>, Error> {
        for landing in self.landings.iter().filter(|it| it.undone_by.is_some()) {
            let by = self
                .landings
                .iter()
                .find(|it| landing.undone_by.as_ref() == Some(&it.commit));
            let Some((by, before)) = by.and_then(|by| Some((by, by.before()?))) else {
                continue;
            };
            let before = hop.repository.tree_of(before)?;
            // The revert of what came later has its effect before and after: nobody took that back.
            if touches(landing, unit)
                && self.has_its_effect((hop, masks), (unit, &before))?
                && !self.has_its_effect((hop, masks), (unit, &by.tree))?
            {
                return Ok(self.undone(landing));
            }
        }
        Ok(None)
    }

    /// Tells whether TO had the effect of a change at any time since both sides parted.
    ///
    /// # Errors
    /// As merging in memory.
    pub(crate) fn ever_had(&self, (hop, masks): (&Hop<'_>, &Masks<'_>), unit: &Unit) -> Result<bool, Error> {
        for landing in self.landings.iter().filter(|it| touches(it, unit)).take(LOOKED_AT) {
            if self.has_its_effect((hop, masks), (unit, &landing.tree))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn undone(&self, landing: &Landing) -> Option<BroughtBack> {
        let by = landing.undone_by.as_ref()?;
        let by = self.landings.iter().find(|it| it.commit == *by)?;
        Some(told(landing, by))
    }

    /// Each commit of a merged branch by itself, as a forge that rebases or a person who picks leaves them.
    fn every_commit_of(&self, (hop, unit): (&Hop<'_>, &Unit), own: &Own) -> Result<There, Error> {
        let (commits, _) = own.of_branch(unit);
        let (mut newest, mut undone): (Option<usize>, _) = (None, None);
        for id in commits {
            if own.commit(id).is_none_or(|commit| commit.parents.is_empty()) {
                continue;
            }
            let patch = own.patch(hop, id)?;
            let same = patch.and_then(|patch| self.by_patch.get(patch)).cloned();
            let same = match same {
                Some(same) => Some(same),
                None => self.same_origin((hop, &unit.files), id)?,
            };
            let Some((same, at)) = same.and_then(|same| Some((same.clone(), self.holder.get(&same).copied()?))) else {
                return Ok(There::No);
            };
            undone = undone.or_else(|| self.undone_sign(&same));
            // The first one is the newest.
            newest = Some(newest.map_or(at, |newest| newest.min(at)));
        }
        Ok(match (undone, newest) {
            (Some(undone), _) => There::Undone(undone),
            (None, Some(newest)) => There::Yes(Some(self.landings[newest].commit.clone())),
            (None, None) => There::No,
        })
    }

    /// The commit on TO that one was picked or rebased to, or that both come from. What was not named must have a file in
    /// common: bots write many commits in one second.
    fn same_origin(&self, (hop, files): (&Hop<'_>, &[Changed]), id: &Oid) -> Result<Option<Oid>, Error> {
        let Some(commit) = hop.repository.commit(id)? else {
            return Ok(None);
        };
        for origin in origins(id, &commit) {
            let Some(same) = self.by_origin.get(&origin).filter(|same| *same != id) else {
                continue;
            };
            let is_named = matches!(origin, Origin::Commit(_));
            if is_named || self.has_file_in_common(hop, (same, files))? {
                return Ok(Some(same.clone()));
            }
        }
        Ok(None)
    }

    fn has_file_in_common(&self, hop: &Hop<'_>, (id, files): (&Oid, &[Changed])) -> Result<bool, Error> {
        let is_common = |changed: &[Changed]| changed.iter().any(|it| files.iter().any(|file| file.path == it.path));
        let landing = self.holder.get(id).map(|at| &self.landings[*at]);
        if let Some(changed) = landing.filter(|it| it.commit == *id).and_then(|it| it.changed.as_ref()) {
            return Ok(is_common(changed));
        }
        let Some(commit) = hop.repository.commit(id)? else {
            return Ok(false);
        };
        Ok(is_common(&hop.repository.changes(hop.git, &pair(id, &commit))?))
    }

    /// The landing after which TO was first seen with the effect of a change: the newest that touched its files.
    fn effect_since(&self, (hop, masks): (&Hop<'_>, &Masks<'_>), unit: &Unit) -> Result<Option<Oid>, Error> {
        let mut since = None;
        for landing in &self.landings {
            if !touches(landing, unit) {
                continue;
            }
            let Some(before) = landing.before() else { break };
            since = Some(landing.commit.clone());
            if !self.has_its_effect((hop, masks), (unit, &hop.repository.tree_of(before)?))? {
                break;
            }
        }
        Ok(since)
    }

    /// Tells whether TO is as if it had the change, or as FROM is now: carrying it over would change nothing but versions.
    fn has_its_effect(&self, (hop, masks): (&Hop<'_>, &Masks<'_>), (unit, tree): (&Unit, &Oid)) -> Result<bool, Error> {
        let mut as_from = true;
        for file in &unit.files {
            let here = hop.repository.entry(tree, &file.path)?;
            let there = hop.repository.entry(&self.from_tree, &file.path)?;
            as_from &= masks.same(&file.path, here.as_ref(), there.as_ref())?;
        }
        Ok(as_from || effect::is_in((hop, masks), (unit, tree))?)
    }
}

/// So many landings are looked at for what may have been there once.
const LOOKED_AT: usize = 50;

/// Tells whether a landing has changed a file of a change.
fn touches(landing: &Landing, unit: &Unit) -> bool {
    let is_of = |path: &str| unit.files.iter().any(|file| file.path == path);
    landing.changed.iter().flatten().any(|it| is_of(&it.path))
}

fn told(landing: &Landing, by: &Landing) -> BroughtBack {
    BroughtBack {
        what: landing.title.clone(),
        by: by.author.clone(),
        at: by.time,
        commit: by.commit.clone(),
    }
}

//! Which of FROM's commits a squash has carried, by its content: the newest whose merge into the squash's parent gives the
//! squash's tree.
//!
//! A merge is tried only where the files already say that it could be: a hotfix is told apart without one.

use std::collections::HashMap;

use super::history::Landing;
use super::source::Source;
use crate::error::Error;
use crate::git::changes::{Changed, Pair};
use crate::git::merge::ThreeWay;
use crate::git::names::Oid;
use crate::git::objects::Entry;
use crate::strategy::hop::Hop;

/// So many commits of FROM's own line are looked at by what they changed.
const LINE: usize = 2000;
/// So many commits beside that line are compared one by one.
const BESIDE: usize = 100;
/// So many merges are tried for one squash.
const MERGES: usize = 6;
/// A squash that fits no longer is not looked for this much later on FROM's line.
const BEYOND: usize = 100;

/// What the content of a commit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is this commit of FROM's, merged.
    Of(Oid),
    /// It could be this one, with conflicts that somebody settled by hand.
    Perhaps(Oid),
    /// It is none.
    Unlike,
}

/// Looks for the commit of FROM's that `landing` has carried on `base`.
///
/// # Errors
/// What comparing and merging says.
pub(super) fn find(hop: &Hop<'_>, source: &mut Source, (base, landing): (&Oid, &Landing)) -> Result<Effect, Error> {
    let (Some(before), Some(changed)) = (landing.before(), &landing.changed) else {
        return Ok(Effect::Unlike);
    };
    if changed.is_empty() {
        return Ok(Effect::Unlike);
    }
    let mut squash = Squash {
        hop,
        base: hop.repository.tree_of(base)?,
        before: hop.repository.tree_of(before)?,
        landing,
        changed: changed.iter().map(|it| (it.path.as_str(), it)).collect(),
        known: HashMap::new(),
    };
    let mut perhaps = None;
    for candidate in squash.on_the_line(source, base)? {
        match squash.try_merge(&candidate)? {
            Effect::Of(commit) => return Ok(Effect::Of(commit)),
            Effect::Perhaps(commit) => perhaps = perhaps.or(Some(commit)),
            Effect::Unlike => {}
        }
    }
    for candidate in squash.beside(source, base)? {
        if let Effect::Of(commit) = squash.try_merge(&candidate)? {
            return Ok(Effect::Of(commit));
        }
    }
    Ok(perhaps.map_or(Effect::Unlike, Effect::Perhaps))
}

/// A commit of TO's with one parent, and what is known of it.
struct Squash<'s> {
    hop: &'s Hop<'s>,
    /// The tree of what both sides had.
    base: Oid,
    /// The tree of TO before it.
    before: Oid,
    landing: &'s Landing,
    changed: HashMap<&'s str, &'s Changed>,
    /// Entries of `base` and `before` that were looked up.
    known: HashMap<String, (Option<Entry>, Option<Entry>)>,
}

/// Whether FROM's file could be what the squash has made of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fits {
    /// It must be it.
    Yes,
    /// Both sides have changed it: only a merge can tell.
    Merge,
    No,
}

impl Squash<'_> {
    /// What stands at a path in the base, and in TO before the squash.
    fn stood(&mut self, path: &str) -> Result<&(Option<Entry>, Option<Entry>), Error> {
        if !self.known.contains_key(path) {
            let at = |tree: &Oid| self.hop.repository.entry(tree, path);
            let both = (at(&self.base)?, at(&self.before)?);
            self.known.insert(path.to_owned(), both);
        }
        Ok(&self.known[path])
    }

    /// Whether FROM's having `value` at `path` agrees with what the squash did there.
    fn fits(&mut self, path: &str, value: Option<&Entry>) -> Result<Fits, Error> {
        let changed = self.changed.get(path).map(|it| it.new.clone());
        let (base, before) = self.stood(path)?;
        let after = changed.as_ref().map_or(before.as_ref(), Option::as_ref);
        Ok(match () {
            () if value == base.as_ref() => match changed {
                // FROM never changed it: the squash had nothing to change.
                Some(_) => Fits::No,
                None => Fits::Yes,
            },
            () if before == base || before.as_ref() == value => match value == after {
                true => Fits::Yes,
                false => Fits::No,
            },
            () => Fits::Merge,
        })
    }

    /// Commits of FROM's own line that could be it, the newest first.
    fn on_the_line(&mut self, source: &mut Source, base: &Oid) -> Result<Vec<Oid>, Error> {
        let start = source.place(base).unwrap_or(source.line.len());
        source.changes(self.hop, LINE)?;
        let changes = source.changes(self.hop, LINE)?;
        let start = start.min(changes.len());
        // Files that do not fit, as they stand at the commit that is looked at.
        let mut wrong: HashMap<&str, ()> = self.changed.keys().map(|path| (*path, ())).collect();
        let (mut found, mut last) = (Vec::new(), None);
        for at in (0..start).rev() {
            for file in &changes[at] {
                match self.fits(&file.path, file.new.as_ref())? {
                    Fits::No => wrong.insert(&file.path, ()),
                    Fits::Yes | Fits::Merge => wrong.remove(file.path.as_str()),
                };
            }
            if wrong.is_empty() {
                found.push(at);
                last = Some(at);
            }
            if last.is_some_and(|last| last - at > BEYOND) {
                break;
            }
        }
        Ok(found
            .into_iter()
            .rev()
            .take(MERGES)
            .map(|at| source.line[at].clone())
            .collect())
    }

    /// Commits beside that line that could be it, the newest first.
    fn beside(&mut self, source: &mut Source, base: &Oid) -> Result<Vec<Oid>, Error> {
        let mut found = Vec::new();
        for (commit, files) in source.beside(self.hop, (base, BESIDE))? {
            let mut fit = self
                .changed
                .keys()
                .all(|path| files.iter().any(|file| file.path == *path));
            for file in files {
                fit = fit && self.fits(&file.path, file.new.as_ref())? != Fits::No;
            }
            if fit && found.len() < MERGES {
                found.push(commit.clone());
            }
        }
        Ok(found)
    }

    /// Merges a commit into what TO was, and compares.
    fn try_merge(&mut self, candidate: &Oid) -> Result<Effect, Error> {
        let ways = ThreeWay {
            base: &self.base,
            ours: &self.before,
            theirs: candidate,
        };
        let merged = self.hop.repository.merge_on(self.hop.git, ways)?;
        if merged.conflicts.is_empty() {
            return Ok(match merged.tree == self.landing.tree {
                true => Effect::Of(candidate.clone()),
                false => Effect::Unlike,
            });
        }
        // Settled by hand: everything but the conflicts must be the same, and something must be.
        let pair = Pair {
            old: merged.tree,
            new: self.landing.tree.clone(),
        };
        let differing = self.hop.repository.changes(self.hop.git, &pair)?;
        let in_conflict = |path: &str| merged.conflicts.iter().any(|it| it.path == path);
        let agrees = self.changed.keys().any(|path| !in_conflict(path));
        Ok(match agrees && differing.iter().all(|it| in_conflict(&it.path)) {
            true => Effect::Perhaps(candidate.clone()),
            false => Effect::Unlike,
        })
    }
}

//! TO's own history, as a promotion reads it: one landing after the other, each with what it claims and what it undoes.

use std::collections::{HashMap, HashSet};

use super::undo;
use crate::change::evidence;
use crate::error::{Error, Hint, Kind};
use crate::git::changes::{Changed, Pair};
use crate::git::names::Oid;
use crate::git::objects::Commit;
use crate::strategy::hop::Hop;

/// So many landings are looked at by what they changed; older ones only by what they say.
const LOOKED_AT: usize = 500;

/// One commit of TO's first-parent history that FROM's history does not have.
#[derive(Clone, Debug)]
pub(crate) struct Landing {
    pub(crate) commit: Oid,
    /// The first one is what TO was before.
    pub(crate) parents: Vec<Oid>,
    pub(crate) tree: Oid,
    /// The first line of its message.
    pub(crate) title: String,
    /// The name of its author.
    pub(crate) author: String,
    /// When it was committed, or merged by the forge's word, in seconds since 1970.
    pub(crate) time: i64,
    /// What its message claims; where that claims nothing, what the text of its pull request does.
    pub(crate) read: evidence::Read,
    /// Commits that a merge brought along and FROM's history does not have, with what they claim.
    pub(crate) brought: Vec<(Oid, evidence::Read)>,
    /// Commits of FROM's history that it merged directly: the ends of what TO has by it.
    pub(crate) merged: Vec<Oid>,
    /// Commits that it says it undoes, or whose net effect it takes back; of TO's or of FROM's history.
    pub(crate) reverts: Vec<Oid>,
    /// The files it changed against what TO was before; none if that was not looked at, because it is long ago.
    pub(crate) changed: Option<Vec<Changed>>,
    /// The later landing that took it back; none if nobody did, or that was taken back in turn.
    pub(crate) undone_by: Option<Oid>,
}

impl Landing {
    /// What TO was before it; none if it is the first commit of all.
    pub(crate) fn before(&self) -> Option<&Oid> {
        self.parents.first()
    }

    /// What TO was before it, and what it made of that.
    fn pair(&self) -> Option<Pair> {
        Some(Pair {
            old: self.before()?.clone(),
            new: self.commit.clone(),
        })
    }

    /// Tells whether rakops wrote it, or something that it merged.
    pub(crate) fn is_ours(&self) -> bool {
        self.read.operation.is_some() || self.brought.iter().any(|(_, read)| read.operation.is_some())
    }
}

/// Reads TO's first-parent history as far as FROM's history does not have it, newest first.
///
/// # Errors
/// `Kind::Refused` `history-shallow` if it reaches the end of a shallow clone; `Kind::Files` if it cannot be read.
pub(crate) fn to_history(hop: &Hop<'_>) -> Result<Vec<Landing>, Error> {
    let own = Own::read(hop)?;
    let mut landings = own.landings(hop);
    let recent: Vec<&mut Landing> = landings.iter_mut().take(LOOKED_AT).collect();
    let (recent, pairs): (Vec<_>, Vec<_>) = recent
        .into_iter()
        .filter_map(|it| Some((it.pair()?, it)))
        .map(|(pair, it)| (it, pair))
        .unzip();
    for (landing, changed) in recent.into_iter().zip(hop.repository.changes_of(hop.git, &pairs)?) {
        landing.changed = Some(changed);
    }
    undo::mark(hop, &mut landings);
    Ok(landings)
}

/// The commits that TO has and FROM lacks.
struct Own {
    commits: HashMap<Oid, Commit>,
    /// Those of TO's first-parent history, newest first.
    line: Vec<Oid>,
}

impl Own {
    fn read(hop: &Hop<'_>) -> Result<Own, Error> {
        let (to, from) = (hop.to.commit, hop.from.commit);
        let excluded = format!("^{from}");
        let mut commits = HashMap::new();
        for id in hop
            .repository
            .list(hop.git, &["--topo-order", to.as_str(), &excluded])?
        {
            if let Some(commit) = hop.repository.commit(&id)? {
                commits.insert(id, commit);
            }
        }
        check_depth(hop, commits.values())?;
        let mut line = Vec::new();
        let mut next = Some(to.clone());
        while let Some(id) = next {
            let Some(commit) = commits.get(&id) else { break };
            next = commit.parents.first().cloned();
            line.push(id);
        }
        Ok(Own { commits, line })
    }

    fn landings(&self, hop: &Hop<'_>) -> Vec<Landing> {
        let mut taken: HashSet<&Oid> = self.line.iter().collect();
        let mut landings = Vec::with_capacity(self.line.len());
        // Oldest first: what a merge brought along belongs to the first landing that has it.
        for id in self.line.iter().rev() {
            let Some(commit) = self.commits.get(id) else { continue };
            let (brought, merged) = self.beside(commit, &mut taken);
            let told = hop.told.get(id);
            let mut read = evidence::read(&commit.message);
            if let Some(told) = told
                && read == evidence::Read::default()
            {
                read = evidence::read(&told.body);
            }
            let texts = brought.iter().filter_map(|other| self.commits.get(other));
            let texts = texts.map(|other| other.message.as_str());
            let texts = texts.chain([commit.message.as_str()]);
            let texts: Vec<&str> = texts.chain(told.map(|told| told.body.as_str())).collect();
            let read_of = |id: &Oid| self.commits.get(id).map(|it| evidence::read(&it.message));
            landings.push(Landing {
                commit: id.clone(),
                parents: commit.parents.clone(),
                tree: commit.tree.clone(),
                title: title_of(commit).to_owned(),
                author: commit.author.name.clone(),
                time: told.and_then(|told| told.merged_at).unwrap_or(commit.time),
                read,
                brought: brought
                    .into_iter()
                    .map(|id| (id.clone(), read_of(&id).unwrap_or_default()))
                    .collect(),
                merged,
                reverts: undo::named(hop, &texts),
                changed: None,
                undone_by: None,
            });
        }
        landings.reverse();
        landings
    }

    /// What a commit has besides its first parent: commits that FROM lacks, and the first ones behind them that FROM has.
    fn beside<'s>(&'s self, commit: &'s Commit, taken: &mut HashSet<&'s Oid>) -> (Vec<Oid>, Vec<Oid>) {
        let mut open: Vec<&Oid> = commit.parents.iter().skip(1).collect();
        let (mut brought, mut merged) = (Vec::new(), Vec::new());
        while let Some(id) = open.pop() {
            match self.commits.get_key_value(id) {
                None if !merged.contains(id) => merged.push(id.clone()),
                None => {}
                Some((id, commit)) => {
                    if taken.insert(id) {
                        brought.push(id.clone());
                        open.extend(&commit.parents);
                    }
                }
            }
        }
        (brought, merged)
    }
}

/// The first line of a commit's message.
pub(crate) fn title_of(commit: &Commit) -> &str {
    commit.message.lines().next().unwrap_or_default().trim_end()
}

/// Checks that the parents of commits are here.
///
/// # Errors
/// `Kind::Refused` `history-shallow`, with what to fetch.
pub(super) fn check_depth<'c>(hop: &Hop<'_>, commits: impl Iterator<Item = &'c Commit>) -> Result<(), Error> {
    if !hop.repository.is_shallow() {
        return Ok(());
    }
    let parents: Vec<Oid> = commits.flat_map(|commit| commit.parents.iter().cloned()).collect();
    match hop.repository.missing(&parents).is_empty() {
        true => Ok(()),
        false => Err(shallow(hop)),
    }
}

/// The history that would answer is not here.
pub(super) fn shallow(hop: &Hop<'_>) -> Error {
    let branch = |names: &[&crate::config::environments::Environment]| {
        names.iter().find_map(|it| it.branch.clone()).unwrap_or_default()
    };
    let branches = [branch(&hop.from.environments), branch(&hop.to.environments)];
    let branches = branches.join(" ");
    let message = "this clone is shallow: what was carried already cannot be told from it";
    Error::new(Kind::Refused, "history-shallow", message)
        .hint(Hint::Say(format!("git fetch --unshallow origin {}", branches.trim())))
        .hint(Hint::Say(
            "in GitHub Actions: `fetch-depth: 0` for `actions/checkout`".into(),
        ))
}

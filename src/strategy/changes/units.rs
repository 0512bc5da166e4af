//! The changes of a branch: what was merged into it from one branch or one pull request, and commits made on it directly.

use std::collections::HashMap;

use super::own::Own;
use crate::change::evidence;
use crate::error::Error;
use crate::git::changes::{Changed, Pair};
use crate::git::names::Oid;
use crate::git::objects::{Commit, Who};
use crate::strategy::carried;
use crate::strategy::hop::Hop;
use crate::strategy::request_number;

/// One change of a branch.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) commit: Oid,
    /// What the branch was before it.
    pub(crate) parent: Oid,
    /// The end of the branch that was merged, if one was.
    pub(crate) branch: Option<Oid>,
    /// The title of its request where the message has it, else the first line of the message.
    pub(crate) title: String,
    pub(crate) author: Who,
    /// When it landed, in seconds since 1970; never before what landed before it.
    pub(crate) time: i64,
    pub(crate) message: String,
    /// What it is known by; the first one is its ID.
    pub(crate) ids: Vec<String>,
    pub(crate) files: Vec<Changed>,
    /// By its content, whatever its lines' numbers are; none where it changed nothing.
    pub(crate) patch: Option<String>,
    /// How many of its names are of changes that it brought together: a promotion that was squashed.
    pub(crate) together: usize,
    /// The merge that brought it along with others, where a promotion of ours was merged.
    pub(crate) within: Option<Oid>,
    /// What it takes back: whole ids of commits.
    pub(crate) reverts: Vec<Oid>,
}

impl Unit {
    /// Its ID.
    pub(crate) fn id(&self) -> &str {
        self.ids.first().map_or("", String::as_str)
    }
}

/// The changes of one side that the other side's history does not hold as they are, oldest first; and every commit that
/// only this side has.
pub(crate) struct Units {
    pub(crate) list: Vec<Unit>,
    pub(crate) own: Own,
}

/// Reads the changes of FROM that are not commits of TO's.
///
/// # Errors
/// What git says.
pub(crate) fn of_from(hop: &Hop<'_>) -> Result<Units, Error> {
    let repository = hop.repository;
    let own = Own::read(hop)?;
    let mut found: Vec<(Oid, Commit, i64)> = Vec::new();
    let mut within: HashMap<Oid, Oid> = HashMap::new();
    let mut time = i64::MIN;
    for id in &own.line {
        let (id, Some(commit)) = (id.clone(), own.commit(id).cloned()) else {
            continue;
        };
        // A clock that went back does not make a landing older than the one before it.
        let told = hop.told.get(&id).and_then(|told| told.merged_at);
        time = time.max(told.unwrap_or(commit.time));
        match steps_of(hop, (&id, &commit), &own)? {
            // A promotion of ours brought several changes, each in its own commit.
            Some(steps) => {
                within.extend(steps.iter().map(|(step, _)| (step.clone(), id.clone())));
                found.extend(steps.into_iter().map(|(step, commit)| (step, commit, time)));
            }
            None => found.push((id, commit, time)),
        }
    }
    found.retain(|(_, commit, _)| !commit.parents.is_empty());
    let pairs: Vec<Pair> = found.iter().map(|(id, commit, _)| pair(id, commit)).collect();
    let files = repository.changes_of(hop.git, &pairs)?;
    let patches = repository.patch_ids(hop.git, &pairs)?;
    let mut list = Vec::with_capacity(found.len());
    for (((commit, read, time), files), patch) in found.into_iter().zip(files).zip(patches) {
        list.push(Unit {
            parent: read.parents[0].clone(),
            branch: read.parents.get(1).cloned(),
            title: title(&read.message),
            author: author(hop, &read)?,
            time,
            ids: ids(hop, (&commit, &read))?,
            together: evidence::read(&read.message).changes.len(),
            within: within.remove(&commit),
            reverts: reverts(hop, (&commit, &read))?,
            message: read.message,
            commit,
            files,
            patch,
        });
    }
    name_after_earliest(hop, &mut list)?;
    Ok(Units { list, own })
}

/// The commit, and what the branch was before it.
pub(crate) fn pair(id: &Oid, commit: &Commit) -> Pair {
    Pair {
        old: commit.parents.first().unwrap_or(id).clone(),
        new: id.clone(),
    }
}

/// The commits of a promotion of ours that a merge brought, if it brought one; oldest first.
fn steps_of(hop: &Hop<'_>, (id, commit): (&Oid, &Commit), own: &Own) -> Result<Option<Vec<(Oid, Commit)>>, Error> {
    let (Some(first), Some(second)) = (commit.parents.first(), commit.parents.get(1)) else {
        return Ok(None);
    };
    let is_ours = |commit: &Commit| !evidence::read(&commit.message).changes.is_empty();
    // The end of the branch tells mostly; only then is the rest of it read.
    let excluded = format!("^{first}");
    let words = ["--first-parent", "--reverse", second.as_str(), &excluded];
    let is_candidate = own.has(second)
        && hop
            .repository
            .commit(second)?
            .is_some_and(|it| evidence::is_ours(&it.message) && !evidence::read(&it.message).is_of_overlay());
    if !is_candidate {
        return Ok(None);
    }
    let mut steps = Vec::new();
    for step in hop.repository.list(hop.git, &words)? {
        if let Some(commit) = hop.repository.commit(&step)? {
            steps.push((step, commit));
        }
    }
    let is_promotion = steps.iter().any(|(_, commit)| is_ours(commit)) && steps.iter().all(|(step, _)| step != id);
    Ok(is_promotion.then_some(steps))
}

/// What a change is called: the title of its request, which some forges write below a line of their own.
fn title(message: &str) -> String {
    let mut lines = message.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let is_of_forge = ["Merge pull request #", "Merged in ", "Merge branch "]
        .iter()
        .any(|lead| first.starts_with(lead));
    let below = lines.find(|line| !line.is_empty());
    match below.filter(|line| is_of_forge && !line.starts_with("See merge request") && !line.starts_with("Rakops-")) {
        Some(title) => title.to_owned(),
        None => first.to_owned(),
    }
}

/// Who wrote a change: of a merge whoever wrote the branch, for a bot or a button merges.
fn author(hop: &Hop<'_>, commit: &Commit) -> Result<Who, Error> {
    let end = match commit.parents.get(1) {
        Some(end) => hop.repository.commit(end)?,
        None => None,
    };
    Ok(end.map_or_else(|| commit.author.clone(), |end| end.author))
}

/// What a change is known by: what a promotion called it, or the branch that was merged; its request, its commit.
fn ids(hop: &Hop<'_>, (commit, read): (&Oid, &Commit)) -> Result<Vec<String>, Error> {
    let mut ids = evidence::read(&read.message).changes;
    if let Some(end) = read.parents.get(1)
        && let Some(end) = hop.repository.commit(end)?
    {
        let named = Some(evidence::read(&end.message)).filter(evidence::Read::is_of_overlay);
        let named = named.into_iter().flat_map(|read| read.changes);
        ids.extend(named.filter(|id| !ids.contains(id)).collect::<Vec<_>>());
    }
    ids.extend(request_number::of(&read.message).map(|number| format!("#{number}")));
    ids.push(commit.as_str().to_owned());
    Ok(ids)
}

/// The commits that a change takes back: by its own message, or by that of the only commit of its branch.
fn reverts(hop: &Hop<'_>, (id, commit): (&Oid, &Commit)) -> Result<Vec<Oid>, Error> {
    let mut messages = vec![commit.message.clone()];
    if let Some(end) = commit.parents.get(1)
        && let Some(end) = hop.repository.commit(end)?
        && end.parents.first() == commit.parents.first()
    {
        messages.push(end.message);
    }
    let mut found = Vec::new();
    for message in messages {
        found.extend(carried::reverted_by(hop, &message));
    }
    found.retain(|it| it != id);
    Ok(found)
}

/// A change without a number is called after its commit in the earliest environment that has it.
fn name_after_earliest(hop: &Hop<'_>, list: &mut [Unit]) -> Result<(), Error> {
    let own_name = |unit: &Unit| unit.ids.first().is_some_and(|id| id == unit.commit.as_str());
    if !list.iter().any(own_name) {
        return Ok(());
    }
    let from = hop.from.one()?;
    let earlier = hop.environments.list.iter().take_while(|it| it.name != from.name);
    for environment in earlier {
        let Some(tip) = hop.tips.get(&environment.name) else {
            continue;
        };
        if tip == hop.from.commit || tip == hop.to.commit {
            continue;
        }
        let excluded = format!("^{}", hop.to.commit);
        let line = hop
            .repository
            .list(hop.git, &["--first-parent", tip.as_str(), &excluded])?;
        let mut by_branch: HashMap<Oid, Oid> = HashMap::new();
        let mut pairs = Vec::new();
        for id in line {
            let Some(commit) = hop.repository.commit(&id)? else {
                continue;
            };
            if let Some(end) = commit.parents.get(1) {
                by_branch.insert(end.clone(), id.clone());
            }
            if !commit.parents.is_empty() {
                pairs.push(pair(&id, &commit));
            }
        }
        let patches = hop.repository.patch_ids(hop.git, &pairs)?;
        let by_patch: HashMap<String, Oid> = patches
            .into_iter()
            .zip(&pairs)
            .filter_map(|(patch, pair)| Some((patch?, pair.new.clone())))
            .collect();
        for unit in list.iter_mut().filter(|unit| own_name(unit)) {
            let same = unit.branch.as_ref().and_then(|end| by_branch.get(end));
            let same = same.or_else(|| by_patch.get(unit.patch.as_ref()?));
            if let Some(same) = same.filter(|same| **same != unit.commit) {
                unit.ids.insert(0, same.as_str().to_owned());
            }
        }
    }
    Ok(())
}

//! Walks TO's own line from the oldest landing to the newest, and keeps what both sides have at each.

use std::collections::HashMap;

use super::history::{self, Landing};
use super::net_effect::{self, Effect};
use super::source::Source;
use super::{Base, Undone, tell, undo};
use crate::change::promotion::BroughtBack;
use crate::config::environments::Environment;
use crate::error::{Error, Hint, Kind};
use crate::git::merge::ThreeWay;
use crate::git::names::Oid;
use crate::strategy::hop::Hop;

/// What both sides have at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Claim {
    commit: Oid,
    /// None where history itself says so.
    by: Option<Oid>,
    /// What both sides have where that is no single commit's: the merge of two that each has merged of the other.
    tree: Option<Oid>,
}

impl Claim {
    fn of(commit: Oid, by: Option<Oid>) -> Claim {
        Claim { commit, by, tree: None }
    }

    /// What a merge begins with.
    fn content(&self) -> &Oid {
        self.tree.as_ref().unwrap_or(&self.commit)
    }
}

/// How closely a landing is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// By what it says.
    Words,
    /// By its content, too.
    Closer,
}

/// The walk, and what it has met so far.
struct Walk<'h> {
    hop: &'h Hop<'h>,
    source: Source,
    /// Where TO's own line left FROM's history.
    fork: Option<Oid>,
    base: Option<Claim>,
    /// The same if nothing had been undone.
    unmoved: Option<Claim>,
    /// Before each landing that has carried something, by its place from the oldest.
    before: HashMap<usize, Option<Claim>>,
    /// What each of them has carried.
    carried: Vec<(usize, Oid)>,
    undone: Vec<Undone>,
    /// The first landing of which nobody can tell what it has carried.
    unknown: Option<Error>,
}

/// See [`super::merge_base`].
pub(super) fn find(hop: &Hop<'_>) -> Result<Base, Error> {
    let landings = history::to_history(hop)?;
    let fork = match landings.last() {
        Some(oldest) => oldest.before().cloned(),
        None => Some(hop.to.commit.clone()),
    };
    let oldest_first: Vec<&Landing> = landings.iter().rev().collect();
    let mut walk = Walk {
        hop,
        source: Source::read(hop, fork.as_ref())?,
        base: fork.clone().map(|commit| Claim::of(commit, None)),
        unmoved: fork.clone().map(|commit| Claim::of(commit, None)),
        fork,
        before: HashMap::new(),
        carried: Vec::new(),
        undone: Vec::new(),
        unknown: None,
    };
    let trusted = walk.trusted(&oldest_first);
    for (at, landing) in oldest_first.iter().enumerate() {
        walk.take_back(at, &oldest_first)?;
        let look = match trusted.is_none_or(|trusted| at > trusted) && !is_only_undoing(landing, &oldest_first[..at]) {
            true => Look::Closer,
            false => Look::Words,
        };
        walk.carry((at, landing), look)?;
    }
    let carriers = walk
        .carried
        .iter()
        .map(|(at, _)| oldest_first[*at].commit.clone())
        .collect();
    let (base, undone, unmoved) = (walk.base, walk.undone, walk.unmoved);
    let base = match (&hop.ask.merge_base, base, walk.unknown) {
        (Some(asked), _, _) => Claim::of(asked.clone(), None),
        (None, _, Some(unknown)) => return Err(unknown),
        (None, Some(base), None) => base,
        (None, None, None) => return Err(unrelated(hop)),
    };
    Ok(Base {
        unmoved: unmoved.map_or_else(|| base.commit.clone(), |unmoved| unmoved.content().clone()),
        content: base.content().clone(),
        commit: base.commit,
        claimed_by: base.by,
        undone,
        landings,
        carriers,
    })
}

impl Walk<'_> {
    /// The newest landing of which history or a trailer says what it has carried, and behind which nothing was undone:
    /// what came before it needs no closer look.
    fn trusted(&self, landings: &[&Landing]) -> Option<usize> {
        let says = |landing: &Landing| {
            landing.undone_by.is_none()
                && (landing.merged.iter().any(|id| self.source.has(id)) || self.claims(landing).next().is_some())
        };
        let first_undone = landings.iter().position(|it| it.undone_by.is_some());
        let of_from =
            |landing: &&&Landing| landing.undone_by.is_none() && landing.reverts.iter().any(|id| self.source.has(id));
        let end = match (landings.iter().find(of_from), first_undone) {
            (Some(_), _) => 0,
            (None, Some(undone)) => undone,
            (None, None) => landings.len(),
        };
        landings[..end].iter().rposition(|landing| says(landing))
    }

    /// FROM's commits that the trailers of a landing name for this pair, and that FROM's tip has.
    fn claims<'l>(&'l self, landing: &'l Landing) -> impl Iterator<Item = &'l Oid> {
        let from = self.hop.from.environments.iter().map(|it| &it.name);
        let to = || self.hop.to.environments.iter().map(|it| &it.name);
        let from: Vec<&String> = from.collect();
        landing.read.promoted.iter().filter_map(move |(a, b, commit)| {
            let pair = from.contains(&a) && to().any(|it| it == b);
            (pair && self.source.has(commit)).then_some(commit)
        })
    }

    /// The later of what both sides had and what they have by a landing; of two that do not contain each other, their merge.
    fn later(&self, had: Option<Claim>, new: &Claim) -> Result<Option<Claim>, Error> {
        let Some(had) = had else {
            return Ok(Some(new.clone()));
        };
        if self.source.precedes(self.hop, &new.commit, &had.commit)? {
            return Ok(Some(had));
        }
        if self.source.precedes(self.hop, &had.commit, &new.commit)? {
            return Ok(Some(new.clone()));
        }
        // A claim counts only if it goes on from what history says.
        if new.by.is_some() {
            return Ok(Some(had));
        }
        let repository = self.hop.repository;
        let Some(base) = repository.merge_base(self.hop.git, &had.commit, &new.commit)? else {
            return Ok(Some(had));
        };
        let ways = ThreeWay {
            base: &base,
            ours: had.content(),
            theirs: &new.commit,
        };
        let merged = repository.merge_on(self.hop.git, ways)?;
        if !merged.conflicts.is_empty() {
            return Ok(Some(had));
        }
        Ok(Some(Claim {
            tree: Some(merged.tree),
            ..new.clone()
        }))
    }

    /// Tells whether a landing merged the request of a promotion: the forge's own message says nothing, the commit behind it
    /// does, and history has what it says.
    fn is_merged_promotion(&self, landing: &Landing) -> bool {
        let of = |environments: &[&Environment], name: &String| environments.iter().any(|it| it.name == *name);
        let (from, to) = (&self.hop.from.environments, &self.hop.to.environments);
        let mut claims = landing.brought.iter().flat_map(|(_, read)| &read.promoted);
        claims.any(|(a, b, commit)| of(from, a) && of(to, b) && landing.merged.contains(commit))
    }

    /// Counts what a landing has carried.
    fn carry(&mut self, (at, landing): (usize, &Landing), look: Look) -> Result<(), Error> {
        let mut found: Vec<Claim> = Vec::new();
        let merged = landing.merged.iter().filter(|id| self.source.has(id));
        found.extend(merged.map(|id| Claim::of(id.clone(), None)));
        let whole: Vec<Oid> = self.claims(landing).cloned().collect();
        let by_rakops = !whole.is_empty() || self.is_merged_promotion(landing);
        found.extend(
            whole
                .into_iter()
                .map(|commit| Claim::of(commit, Some(landing.commit.clone()))),
        );
        let silent = found.is_empty() && !landing.is_ours() && landing.parents.len() == 1;
        if silent && look == Look::Closer {
            found.extend(self.by_content(landing)?);
        }
        if found.is_empty() {
            return Ok(());
        }
        self.before.insert(at, self.base.clone());
        self.carried
            .extend(found.iter().map(|claim| (at, claim.commit.clone())));
        for claim in &found {
            self.unmoved = self.later(self.unmoved.clone(), claim)?;
        }
        // Where something was undone, only a promotion that knows of it has brought it back.
        if landing.undone_by.is_some() || (!self.undone.is_empty() && !by_rakops) {
            return Ok(());
        }
        self.undone.clear();
        for claim in found {
            self.base = self.later(self.base.clone(), &claim)?;
        }
        Ok(())
    }

    /// What the content of a squash says; notes one of which nobody can tell.
    fn by_content(&mut self, landing: &Landing) -> Result<Option<Claim>, Error> {
        let Some(base) = self.base.as_ref().map(|base| base.commit.clone()) else {
            return Ok(None);
        };
        let perhaps = match net_effect::find(self.hop, &mut self.source, (&base, landing))? {
            Effect::Of(commit) => {
                return Ok(Some(Claim::of(commit, Some(landing.commit.clone()))));
            }
            Effect::Perhaps(commit) => Some(commit),
            Effect::Unlike => None,
        };
        let only_versions = tell::changes_only_versions(self.hop, landing)?;
        if !only_versions
            && landing.undone_by.is_none()
            && (perhaps.is_some() || tell::looks_like_one(self.hop, landing))
        {
            let unknown = unknown(self.hop, landing, perhaps.as_ref());
            self.unknown.get_or_insert(unknown);
        }
        Ok(None)
    }

    /// Goes back to what both sides had before what a landing takes back.
    fn take_back(&mut self, at: usize, landings: &[&Landing]) -> Result<(), Error> {
        let landing = landings[at];
        if landing.undone_by.is_some() || !self.claims_nothing(landing) {
            return Ok(());
        }
        for id in &landing.reverts {
            let older = landings[..at].iter().position(|it| undo::is_of(self.hop, it, id));
            let (before, what) = match older {
                Some(older) => match self.before.get(&older) {
                    Some(before) => (before.clone(), landings[older].title.clone()),
                    // A commit of TO's own: FROM never had it.
                    None => continue,
                },
                None => match self.of_from(id)? {
                    Some(found) => found,
                    None => continue,
                },
            };
            let earlier = match (&self.base, &before) {
                (Some(base), Some(before)) => self.source.precedes(self.hop, &before.commit, &base.commit)?,
                _ => true,
            };
            if earlier {
                self.base = before;
            }
            self.note(landing, what);
        }
        Ok(())
    }

    /// Tells whether a landing carries nothing itself: a promotion that brings a revert along reverts nothing on TO alone.
    fn claims_nothing(&self, landing: &Landing) -> bool {
        landing.merged.iter().all(|id| !self.source.has(id)) && self.claims(landing).next().is_none()
    }

    /// What both sides had before a commit of FROM's history came to TO, and its title; none if it never did.
    fn of_from(&self, id: &Oid) -> Result<Option<(Option<Claim>, String)>, Error> {
        let Some(commit) = self.hop.repository.commit(id)? else {
            return Ok(None);
        };
        let title = history::title_of(&commit).to_owned();
        if self.source.has(id) {
            for (at, carried) in &self.carried {
                if self.source.precedes(self.hop, id, carried)? {
                    return Ok(self.before.get(at).map(|before| (before.clone(), title)));
                }
            }
            return Ok(None);
        }
        // Before both sides parted: TO was moved to FROM's commit, or FROM has merged TO since.
        let Some(fork) = &self.fork else { return Ok(None) };
        if self.hop.repository.is_ancestor(id, fork)? != Some(true) {
            return Ok(None);
        }
        let before = commit.parents.into_iter().next();
        Ok(before.map(|commit| (Some(Claim::of(commit, None)), title)))
    }

    fn note(&mut self, landing: &Landing, what: String) {
        let paths = landing.changed.iter().flatten().map(|it| it.path.clone()).collect();
        let undone = Undone {
            what: BroughtBack {
                what,
                by: landing.author.clone(),
                at: landing.time,
                commit: landing.commit.clone(),
            },
            paths,
        };
        if !self.undone.contains(&undone) {
            self.undone.push(undone);
        }
    }
}

/// Tells whether a landing takes something back, and does nothing else.
fn is_only_undoing(landing: &Landing, older: &[&Landing]) -> bool {
    let undone: Vec<&&Landing> = older.iter().filter(|it| landing.reverts.contains(&it.commit)).collect();
    let is_of = |path: &str| {
        undone
            .iter()
            .any(|it| it.changed.iter().flatten().any(|file| file.path == path))
    };
    let (mut changed, says) = (landing.changed.iter().flatten(), !landing.reverts.is_empty());
    // What is named and is no landing of TO's own cannot be compared: its word counts.
    says && (undone.is_empty() || changed.all(|file| is_of(&file.path)))
}

/// A commit that looks like a promotion, and nothing says of what.
fn unknown(hop: &Hop<'_>, landing: &Landing, perhaps: Option<&Oid>) -> Error {
    let from = hop.from.names().join(", ");
    let to = hop.to.names().join(", ");
    let message = format!(
        "`{}` on `{to}` looks like a promotion from `{from}`, and nothing says of which commit",
        landing.title
    );
    let error = Error::new(Kind::Refused, "merge-base-unknown", message)
        .because(format!(
            "the commit {} has no `Rakops-Promoted:` line, and no commit of `{from}` merges to its content",
            landing.commit.short()
        ))
        .hint(Hint::Flag(
            "--merge-base REV".into(),
            format!("names the commit of `{from}` that `{to}` has already"),
        ));
    match perhaps {
        None => error,
        Some(commit) => error.hint(Hint::Say(format!(
            "it may be {commit}: all files agree but those in which both sides differed"
        ))),
    }
}

fn unrelated(hop: &Hop<'_>) -> Error {
    if hop.repository.is_shallow() {
        return history::shallow(hop);
    }
    let (from, to) = (hop.from.names().join(", "), hop.to.names().join(", "));
    let message = format!("`{from}` and `{to}` have no history in common");
    Error::new(Kind::Refused, "merge-base-unknown", message).hint(Hint::Flag(
        "--merge-base REV".into(),
        format!("names the commit of `{from}` that `{to}` has already"),
    ))
}

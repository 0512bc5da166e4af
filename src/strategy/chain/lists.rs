//! What a merge takes along, how long it has been there, and what TO has and FROM lacks.

use crate::change::promotion::Noted;
use crate::error::{Error, Hint, Kind};
use crate::git::changes::{Changed, Pair};
use crate::git::names::Oid;
use crate::strategy::carried::{Base, Landing, title_of};
use crate::strategy::hop::Hop;
use crate::strategy::soak;

/// So many commits of FROM's are compared with those that TO alone has.
const COMPARED: &str = "--max-count=2000";

/// The commits that FROM has since the base, newest first.
pub(super) fn rides_along(hop: &Hop<'_>, base: &Base) -> Result<Vec<Noted>, Error> {
    let not_base = format!("^{}", base.commit);
    let not_to = format!("^{}", hop.to.commit);
    let mut words = vec!["--topo-order", hop.from.commit.as_str(), &not_base];
    // What was undone stands in TO's history all the same, and comes along again.
    if base.undone.is_empty() {
        words.push(&not_to);
    }
    let mut found = Vec::new();
    for id in hop.repository.list(hop.git, &words)? {
        found.extend(noted(hop, &id)?);
    }
    Ok(found)
}

fn noted(hop: &Hop<'_>, id: &Oid) -> Result<Option<Noted>, Error> {
    Ok(hop.repository.commit(id)?.map(|commit| Noted {
        commit: id.clone(),
        title: title_of(&commit).to_owned(),
        author: commit.author.name,
        time: commit.time,
    }))
}

/// Checks that everything that is carried has been on FROM's branch long enough. Returns warnings.
///
/// # Errors
/// [`Kind::Refused`] `unsoaked`.
pub(super) fn check_soaked(hop: &Hop<'_>, base: &Base) -> Result<Option<Error>, Error> {
    let not_base = format!("^{}", base.commit);
    let words = ["--first-parent", hop.from.commit.as_str(), &not_base];
    let mut ids = hop.repository.list(hop.git, &words)?;
    ids.reverse();
    let mut latest = hop.repository.commit(&base.commit)?.map_or(i64::MIN, |it| it.time);
    let mut landed = Vec::new();
    for id in ids {
        let Some(commit) = hop.repository.commit(&id)? else {
            continue;
        };
        let told = hop.told.get(&id).and_then(|told| told.merged_at);
        // A clock that went back makes no landing older than the one before it.
        latest = latest.max(told.unwrap_or(commit.time));
        landed.push((format!("`{}`", title_of(&commit)), latest, id));
    }
    soak::check(
        hop,
        landed.iter().map(|(what, at, commit)| (what.as_str(), *at, commit)),
    )
}

/// The landings of TO's own that FROM has nothing of, newest first.
pub(super) fn only_in_target(hop: &Hop<'_>, (base, planned): (&Base, &Oid)) -> Result<Vec<Noted>, Error> {
    let own: Vec<&Landing> = base.landings.iter().filter(|it| is_own(base, it)).collect();
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let ends = Pair {
        old: hop.from.commit.clone(),
        new: planned.clone(),
    };
    let differs = hop.repository.changes(hop.git, &ends)?;
    let lasts = |changed: &Changed| differs.iter().any(|it| it.path == changed.path);
    let own: Vec<&Landing> = own
        .into_iter()
        // What looks the same on both sides afterwards was carried back, or was replaced since.
        .filter(|it| it.changed.as_ref().is_none_or(|changed| changed.iter().any(lasts)))
        .collect();
    let picked = picked(hop, &own)?;
    Ok(own
        .into_iter()
        .zip(picked)
        .filter(|(_, picked)| !picked)
        .map(|(landing, _)| Noted {
            commit: landing.commit.clone(),
            title: landing.title.clone(),
            author: landing.author.clone(),
            time: landing.time,
        })
        .collect())
}

/// What TO made itself: nothing that came from FROM, that rakops wrote to promote or to roll back, or that was undone.
fn is_own(base: &Base, landing: &Landing) -> bool {
    let operation = landing.read.operation.as_deref().unwrap_or_default();
    let is_promotion = operation.starts_with("promote ") || operation.starts_with("rollback ");
    let brought = landing.brought.iter().filter_map(|(_, read)| read.operation.as_deref());
    let brings_promotion = || {
        brought
            .clone()
            .any(|it| it.starts_with("promote ") || it.starts_with("rollback "))
    };
    let takes_back = !landing.reverts.is_empty();
    !base.carriers.contains(&landing.commit)
        && landing.undone_by.is_none()
        && !is_promotion
        && !brings_promotion()
        && !takes_back
}

/// Whether FROM has a commit with the same patch, one a landing.
fn picked(hop: &Hop<'_>, own: &[&Landing]) -> Result<Vec<bool>, Error> {
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let pair = |id: &Oid| -> Result<Option<Pair>, Error> {
        let parent = hop.repository.commit(id)?.and_then(|it| it.parents.into_iter().next());
        Ok(parent.map(|old| Pair { old, new: id.clone() }))
    };
    let not_to = format!("^{}", hop.to.commit);
    let mut theirs = Vec::new();
    for id in hop
        .repository
        .list(hop.git, &[COMPARED, hop.from.commit.as_str(), &not_to])?
    {
        theirs.extend(pair(&id)?);
    }
    let theirs = hop.repository.patch_ids(hop.git, &theirs)?;
    let mut ours = Vec::new();
    for landing in own {
        ours.push(Pair {
            old: landing.before().unwrap_or(&landing.commit).clone(),
            new: landing.commit.clone(),
        });
    }
    let ours = hop.repository.patch_ids(hop.git, &ours)?;
    Ok(ours.iter().map(|id| id.is_some() && theirs.contains(id)).collect())
}

/// Warns of what only TO has: hotfixes that were never carried back.
pub(super) fn hotfixes(hop: &Hop<'_>, only: &[Noted]) -> Result<Option<Error>, Error> {
    let Some(newest) = only.first() else { return Ok(None) };
    let (from, to) = (&hop.from.one()?.name, hop.to.names());
    let what = match only.len() {
        1 => "1 commit".to_owned(),
        many => format!("{many} commits"),
    };
    let message = format!("`{}` has {what} that `{from}` lacks", to.join(", "));
    let mut warning = Error::new(Kind::Refused, "only-in-target", message).because(format!(
        "{} {} ({})",
        newest.commit.short(),
        newest.title,
        newest.author
    ));
    if let [to] = to.as_slice() {
        warning = warning.hint(Hint::Run(format!("rakops promote {to} {from} --backport")));
    }
    Ok(Some(warning))
}

//! Which state of FROM is promoted: settled once, so that what gets approved cannot move any more.

use std::time::Duration;

use super::{PromoteRequest, State};
use crate::config::environments::Environment;
use crate::error::{Error, Hint, Kind};
use crate::git::names::Oid;
use crate::ops::land::Ground;
use crate::ops::standing::Standing;

/// Returns the commit of FROM that is promoted.
///
/// # Errors
/// [`Kind::NotFound`] for a revision that is not there; [`Kind::Refused`] for one that FROM never had, or if nothing has run
/// long enough.
pub(super) fn freeze(
    ground: &Ground,
    (standing, from, tip): (&Standing, &Environment, &Oid),
    request: &PromoteRequest,
) -> Result<Oid, Error> {
    match &request.at {
        State::Now => Ok(tip.clone()),
        State::At(revision) => named(ground, (from, tip), revision),
        State::Soaked => soaked(ground, (standing, from, tip), request.now),
    }
}

fn named(ground: &Ground, (from, tip): (&Environment, &Oid), revision: &str) -> Result<Oid, Error> {
    let Some(commit) = ground.repository.resolve(revision)? else {
        return Err(ground.no_revision(revision));
    };
    match ground.repository.is_ancestor(&commit, tip)? {
        Some(true) => Ok(commit),
        _ => {
            let message = format!(
                "`{revision}` is no state that `{}` has had: its branch does not hold it",
                from.name
            );
            Err(Error::new(Kind::Refused, "foreign-revision", message).because(format!("it is {}", commit.short())))
        }
    }
}

/// The newest commit that has been on FROM's branch for as long as FROM is to run it.
fn soaked(ground: &Ground, (standing, from, tip): (&Standing, &Environment, &Oid), now: i64) -> Result<Oid, Error> {
    let soak = soak_of(ground, standing, from)?;
    let Some(soak) = soak else {
        let message = format!("`{}` has no soak time, so nothing of it has soaked", from.name);
        return Err(Error::new(Kind::Refused, "no-soak", message)
            .hint(Hint::Key("environments[].soak".into(), "soak: 2h".into())));
    };
    let oldest = now - i64::try_from(soak.as_secs()).unwrap_or(i64::MAX);
    let mut ids = ground
        .repository
        .list(&ground.git, &["--first-parent", "--max-count=2000", tip.as_str()])?;
    ids.reverse();
    // A clock that went back must not make a landing older than the one before it.
    let mut found = None;
    let mut time = i64::MIN;
    for id in ids {
        let Some(commit) = ground.repository.commit(&id)? else {
            continue;
        };
        time = time.max(commit.time);
        if time <= oldest {
            found = Some(id);
        }
    }
    found.ok_or_else(|| {
        let message = format!("nothing has run in `{}` for {} s", from.name, soak.as_secs());
        Error::new(Kind::Refused, "unsoaked", message).hint(Hint::Say("wait, or promote what is there now".into()))
    })
}

fn soak_of(ground: &Ground, standing: &Standing, from: &Environment) -> Result<Option<Duration>, Error> {
    let (Some(branch), Some(tip)) = (standing.branches.get(&from.name), standing.tips.get(&from.name)) else {
        return Ok(None);
    };
    let config = ground.world_of(&ground.view(tip)?, branch)?.loaded.config;
    let entry = config.environments.iter().find(|it| it.name == from.name);
    Ok(entry
        .and_then(|it| it.soak)
        .map(crate::config::duration::Length::as_duration))
}

//! How long FROM has run what is promoted.
//!
//! The clock is the landing on FROM's first-parent history: the forge's merge time where it is known, else the time of the
//! commit, never before its parent's. Source: PROMOTION.md, section 7.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::guard::Guard;
use super::hop::Hop;
use crate::config::duration::Length;
use crate::config::model::RuleName;
use crate::error::{Error, Hint, Kind};
use crate::git::names::Oid;

/// When commits landed.
pub(crate) struct Clock {
    /// How long FROM has to run something first.
    pub(crate) soak: Duration,
    landed: HashMap<Oid, i64>,
}

impl Clock {
    /// Reads the clock; none where FROM has no `soak`.
    ///
    /// # Errors
    /// As listing commits.
    pub(crate) fn of(hop: &Hop<'_>) -> Result<Option<Clock>, Error> {
        let Some(soak) = soak_of(hop)? else {
            return Ok(None);
        };
        let mut ids = hop.repository.list(
            hop.git,
            &["--first-parent", "--max-count=5000", hop.from.commit.as_str()],
        )?;
        ids.reverse();
        let mut landed = HashMap::new();
        let mut latest = i64::MIN;
        for id in ids {
            let Some(commit) = hop.repository.commit(&id)? else {
                continue;
            };
            let told = hop.told.get(&id).and_then(|it| it.merged_at);
            latest = latest.max(told.unwrap_or(commit.time));
            landed.insert(id, latest);
        }
        Ok(Some(Clock { soak, landed }))
    }

    /// When a commit landed on FROM's branch, in seconds since 1970; none if it is not among its newest.
    pub(crate) fn landed(&self, commit: &Oid) -> Option<i64> {
        self.landed.get(commit).copied()
    }

    /// Refuses what has not run long enough: `landings` say what came when.
    ///
    /// # Errors
    /// [`Kind::Refused`] `unsoaked`, with how long is left.
    pub(crate) fn check(&self, hop: &Hop<'_>, landings: &BTreeMap<String, Oid>) -> Result<Option<Error>, Error> {
        let landed = landings
            .iter()
            .filter_map(|(what, commit)| Some((what.as_str(), self.landed(commit)?, commit)));
        refuse_young(hop, self.soak, landed)
    }
}

/// The same for what is known with its time: what it is called, when it landed in seconds since 1970, and as what.
///
/// # Errors
/// [`Kind::Refused`] `unsoaked`.
pub(crate) fn check<'l>(
    hop: &Hop<'_>,
    landed: impl Iterator<Item = (&'l str, i64, &'l Oid)>,
) -> Result<Option<Error>, Error> {
    match soak_of(hop)? {
        None => Ok(None),
        Some(soak) => refuse_young(hop, soak, landed),
    }
}

/// How long FROM has to run something first; none if nobody says.
fn soak_of(hop: &Hop<'_>) -> Result<Option<Duration>, Error> {
    let from = hop.from.one()?;
    let entry = hop.loaded.config.environments.iter().find(|it| it.name == from.name);
    Ok(entry.and_then(|it| it.soak).map(Length::as_duration))
}

fn refuse_young<'l>(
    hop: &Hop<'_>,
    soak: Duration,
    landed: impl Iterator<Item = (&'l str, i64, &'l Oid)>,
) -> Result<Option<Error>, Error> {
    let soak = i64::try_from(soak.as_secs()).unwrap_or(i64::MAX);
    let ages = landed.map(|(what, at, commit)| (hop.now - at, what, commit));
    let Some((age, what, commit)) = ages.filter(|(age, _, _)| *age < soak).min() else {
        return Ok(None);
    };
    let from = &hop.from.one()?.name;
    let message = format!("`{from}` has run {what} for {}; soak is {}", length(age), length(soak));
    let broken = Error::new(Kind::Refused, "unsoaked", message)
        .because(format!("it landed as {}", commit.short()))
        .hint(Hint::Say(format!(
            "wait {}, or promote {from}@soaked",
            length(soak - age)
        )));
    Guard::of(hop).apply(RuleName::Unsoaked, broken)
}

/// A length of time in two units at most: `1 h 20 min`.
fn length(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let two = |one: String, number: i64, unit: &str| match number {
        0 => one,
        _ => format!("{one} {number} {unit}"),
    };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => two(format!("{hours} h"), minutes, "min"),
        _ => two(format!("{days} d"), hours, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn lengths_are_told_in_two_units_at_most() {
        let told: Vec<String> = [5, 60, 2_400, 7_200, 7_260, 90_061].into_iter().map(length).collect();
        assert_eq!(told, ["5 s", "1 min", "40 min", "2 h", "2 h 1 min", "1 d 1 h"]);
    }
}

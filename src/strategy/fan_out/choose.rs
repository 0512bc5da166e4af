//! Which changes are carried: all, or those that were named, with what they build on.

use super::replay::{self, Carried};
use super::unknown_change;
use crate::error::{Error, Hint, Kind};
use crate::git::names::Oid;
use crate::strategy::changes::{Lacking, Masks, Missing, Nature, Unit};
use crate::strategy::hop::{Dependencies, Hop};

/// An abbreviated id of a commit has at least so many digits.
const SHORTEST: usize = 7;

/// The changes that were asked for, oldest first.
///
/// # Errors
/// [`Kind::NotFound`] for one that is not missing; [`Kind::Usage`] for one that several fit.
pub(super) fn chosen<'m>(hop: &Hop<'_>, missing: &'m Missing) -> Result<Vec<&'m Unit>, Error> {
    if hop.ask.changes.is_empty() {
        return Ok(missing.list.iter().map(|it| &it.unit).collect());
    }
    let mut wanted: Vec<&Oid> = Vec::new();
    for typed in &hop.ask.changes {
        let fits: Vec<&Lacking> = missing
            .list
            .iter()
            .filter(|it| it.nature != Nature::Seen && is_called(&it.unit, typed))
            .collect();
        match fits.as_slice() {
            [] => return Err(unknown_change(missing, typed)),
            [only] => wanted.push(&only.unit.commit),
            several => {
                let ids = several.iter().map(|it| it.unit.id().to_owned()).collect();
                let message = format!("`{typed}` fits {} changes", several.len());
                return Err(Error::new(Kind::Usage, "change-ambiguous", message).hint(Hint::Found(ids)));
            }
        }
    }
    let units = missing.list.iter().map(|it| &it.unit);
    Ok(units.filter(|unit| wanted.contains(&&unit.commit)).collect())
}

/// Tells whether a change is meant by what was typed: `#12`, `12`, or what its commit begins with.
fn is_called(unit: &Unit, typed: &str) -> bool {
    let is_short = typed.len() >= SHORTEST && typed.bytes().all(|byte| byte.is_ascii_hexdigit());
    unit.ids.iter().any(|id| {
        id == typed || id.strip_prefix('#') == Some(typed) || (is_short && id.starts_with(&typed.to_ascii_lowercase()))
    })
}

/// Carries the chosen changes onto a tree, oldest first.
///
/// # Errors
/// [`Kind::Refused`] `needs-changes` if a named one builds on missing ones that were not named; [`Kind::Conflict`].
pub(super) fn carry<'m>(
    hop: &Hop<'_>,
    (masks, missing): (&Masks<'_>, &'m Missing),
    (chosen, start): (Vec<&'m Unit>, &Oid),
) -> Result<Vec<Carried<'m>>, Error> {
    let mut taken: Vec<&Lacking> = missing
        .list
        .iter()
        .filter(|it| chosen.iter().any(|unit| unit.commit == it.unit.commit))
        .collect();
    loop {
        let (at, error) = match all(hop, masks, (&taken, start)) {
            Ok(carried) => return Ok(carried),
            Err(failed) => failed,
        };
        if error.kind != Kind::Conflict || hop.ask.changes.is_empty() {
            return Err(error);
        }
        let needed = needed((hop, masks), missing, (&taken, at, start))?;
        if needed.is_empty() {
            return Err(error);
        }
        if hop.ask.dependencies == Dependencies::Named {
            return Err(needs(&taken[at].unit, &needed));
        }
        taken.extend(needed);
        let place = |it: &&Lacking| {
            missing
                .list
                .iter()
                .position(|known| known.unit.commit == it.unit.commit)
        };
        taken.sort_by_key(place);
    }
}

/// Carries changes one after the other; where one cannot be, which it is.
fn all<'m>(
    hop: &Hop<'_>,
    masks: &Masks<'_>,
    (taken, start): (&[&'m Lacking], &Oid),
) -> Result<Vec<Carried<'m>>, (usize, Error)> {
    let mut carried: Vec<Carried<'m>> = Vec::with_capacity(taken.len());
    for (at, lacking) in taken.iter().enumerate() {
        let onto = carried.last().map_or(start, |it| &it.tree).clone();
        let one = replay::carry(hop, masks, (lacking, &onto)).map_err(|error| (at, error))?;
        carried.push(one);
    }
    Ok(carried)
}

/// The missing changes that a change builds on: without one of them it cannot be carried.
fn needed<'m>(
    (hop, masks): (&Hop<'_>, &Masks<'_>),
    missing: &'m Missing,
    (taken, at, start): (&[&'m Lacking], usize, &Oid),
) -> Result<Vec<&'m Lacking>, Error> {
    let stuck = taken[at];
    let is_taken = |it: &Lacking| taken.iter().any(|known| known.unit.commit == it.unit.commit);
    let older = missing.list.iter().take_while(|it| it.unit.commit != stuck.unit.commit);
    // What a change builds on may build on others in turn, in other files.
    let mut candidates: Vec<&Lacking> = older.filter(|it| it.nature == Nature::Other && !is_taken(it)).collect();
    let fits = |some: &[&'m Lacking]| {
        let is_in = |it: &Lacking| {
            some.iter().any(|known| known.unit.commit == it.unit.commit)
                || taken[..=at].iter().any(|known| known.unit.commit == it.unit.commit)
        };
        let sequence: Vec<&Lacking> = missing.list.iter().filter(|it| is_in(it)).collect();
        all(hop, masks, (&sequence, start)).is_ok()
    };
    if !fits(&candidates) {
        return Ok(Vec::new());
    }
    for at in (0..candidates.len()).rev() {
        let mut fewer = candidates.clone();
        fewer.remove(at);
        if fits(&fewer) {
            candidates = fewer;
        }
    }
    Ok(candidates)
}

fn needs(unit: &Unit, needed: &[&Lacking]) -> Error {
    let shown: Vec<String> = needed.iter().map(|it| format!("`{}`", it.unit.id())).collect();
    let message = format!(
        "`{}` builds on {}, which is missing there",
        unit.id(),
        shown.join(" and ")
    );
    let error = Error::new(Kind::Refused, "needs-changes", message).hint(Hint::Flag(
        "--with-dependencies".into(),
        "takes along what it builds on".into(),
    ));
    needed.iter().fold(error, |error, it| {
        error.because(format!("{}: {} ({})", it.unit.id(), it.unit.title, it.unit.author.name))
    })
}

//! What is missing where, as the generator knows it.

use std::collections::BTreeSet;

use super::content::ENVIRONMENTS;
use super::play::{Branch, History, Unit};

/// After so many seconds a change counts as forgotten: the default of `drift.grace`.
pub(crate) const GRACE: u64 = 14 * 86_400;

/// Why a change is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It waits, or was taken back there on purpose.
    Waits,
    /// Nobody thought of it.
    Omitted,
}

/// The changes of FROM that TO lacks, oldest first. Those of versions alone are not among them.
pub(crate) fn missing(history: &History, from: usize, to: usize) -> Vec<(&Unit, Why)> {
    let (one, other) = (&history.branches[from], &history.branches[to]);
    let units = one.units.iter().filter(|unit| !unit.is_of_versions());
    units
        .filter(|unit| is_missing(history, unit, (one, other)))
        .map(|unit| (unit, why(history, unit, (one, other))))
        .collect()
}

/// The changes that a promotion carries: those that are missing, and what takes a part of one of them back.
pub(crate) fn carried(history: &History, from: usize, to: usize) -> Vec<&Unit> {
    let missing = missing(history, from, to);
    let is_missing = |unit: &Unit| missing.iter().any(|(it, _)| it.commit == unit.commit);
    let mut brought: BTreeSet<usize> = BTreeSet::new();
    let mut carried = Vec::new();
    for unit in history.branches[from]
        .units
        .iter()
        .filter(|unit| !unit.is_of_versions())
    {
        if is_missing(unit) || unit.takes_back.iter().any(|atom| brought.contains(atom)) {
            brought.extend(&unit.atoms);
            carried.push(unit);
        }
    }
    carried
}

fn is_missing(history: &History, unit: &Unit, (from, to): (&Branch, &Branch)) -> bool {
    if unit.gone {
        return false;
    }
    let left = |atom: &usize| to.on.contains_key(atom) && !from.on.contains_key(atom);
    let stands = |atom: &usize| from.on.contains_key(atom);
    let takes_back = unit.takes_back.iter().any(left) && unit.atoms.iter().any(stands);
    let lacks = |atom: &usize| !history.reverting.contains(atom) && stands(atom) && !to.on.contains_key(atom);
    takes_back || unit.atoms.iter().any(lacks)
}

fn why(history: &History, unit: &Unit, (from, to): (&Branch, &Branch)) -> Why {
    let lacking: Vec<usize> = unit
        .atoms
        .iter()
        .copied()
        .filter(|atom| !to.on.contains_key(atom))
        .collect();
    if lacking.iter().all(|atom| to.was.contains(atom)) && unit.takes_back.is_empty() {
        return Why::Waits;
    }
    let passes = |other: &&Unit| {
        let arrived: Option<Vec<u64>> = other.atoms.iter().map(|atom| to.on.get(atom).copied()).collect();
        let arrived = arrived.and_then(|all| all.into_iter().max());
        other.time > unit.time && arrived.is_some_and(|arrived| arrived > other.time)
    };
    let others = from
        .units
        .iter()
        .filter(|it| !it.is_of_versions() && it.takes_back.is_empty());
    match others.clone().any(|other| passes(&other)) || history.sandbox.now() - unit.time > GRACE {
        true => Why::Omitted,
        false => Why::Waits,
    }
}

/// What `drift` must say: atoms, and the environment that lacks them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) omitted: BTreeSet<(usize, &'static str)>,
    pub(crate) waits: BTreeSet<(usize, &'static str)>,
    pub(crate) not_back: BTreeSet<(usize, &'static str)>,
    /// Parts of the same changes, which the others bring with them.
    pub(crate) may_be: BTreeSet<(usize, &'static str)>,
}

/// What `drift` must say of all environments.
pub(crate) fn expected(history: &History) -> Expected {
    let mut expected = Expected::default();
    for to in 1..ENVIRONMENTS.len() {
        for (unit, why) in missing(history, to - 1, to) {
            let list = match why {
                Why::Omitted => &mut expected.omitted,
                Why::Waits => &mut expected.waits,
            };
            list.extend(unit.atoms.iter().map(|atom| (*atom, ENVIRONMENTS[to].0)));
        }
        for from in 0..to {
            let (one, other) = (&history.branches[from], &history.branches[to]);
            let own = other
                .units
                .iter()
                .filter(|it| !it.ours && it.takes_back.is_empty() && !it.is_of_versions());
            // What an environment between the two took back is asked about there: the revert waits to be carried.
            let is_settled = |atom: &usize| history.branches[from + 1..to].iter().any(|it| it.was.contains(atom));
            let is_own = |atom: &usize| {
                other.on.contains_key(atom)
                    && !one.on.contains_key(atom)
                    && !one.was.contains(atom)
                    && !is_settled(atom)
            };
            for unit in own.filter(|unit| unit.atoms.iter().any(is_own)) {
                let atoms = |atom: &&usize| (**atom, ENVIRONMENTS[from].0);
                expected
                    .not_back
                    .extend(unit.atoms.iter().filter(|atom| is_own(atom)).map(|atom| atoms(&atom)));
                expected.may_be.extend(unit.atoms.iter().map(|atom| atoms(&atom)));
            }
        }
    }
    expected
}

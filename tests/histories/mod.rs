//! Generated histories: what a promotion makes of them, and what `drift` says of them, judged by the generator, which knows
//! what it left out, and by git.
//!
//! A history is a value ([`plan`]) that is played ([`play`]) into a repository ([`stream`]); what must come out is known by
//! [`truth`], and asked of rakops by [`judge`]. A history that fails is made smaller and printed ([`shrink`]).

mod audit;
mod content;
mod dice;
mod judge;
mod plan;
mod play;
mod render;
mod shrink;
mod stream;
mod trunk;
mod truth;

pub(crate) use audit::audit_seeds;
pub(crate) use shrink::judge_seeds;

/// How environments relate to branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    FanOut,
    Chain,
    Trunk,
}

impl Strategy {
    /// As configuration has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Strategy::FanOut => "fan-out",
            Strategy::Chain => "chain",
            Strategy::Trunk => "trunk",
        }
    }
}

/// What was seen in all histories.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) seeds: usize,
    pub(crate) promotions: usize,
    /// Promotions that were refused because of a conflict, as git has one.
    pub(crate) conflicts: usize,
    /// Omissions and hotfixes that were made, and found.
    pub(crate) omissions: usize,
    pub(crate) edited: usize,
    /// Findings that are only likely.
    pub(crate) likely: usize,
    pub(crate) rendered: usize,
    /// Other things that happened, by name.
    pub(crate) others: std::collections::BTreeMap<String, usize>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Tally) {
        self.seeds += other.seeds;
        self.promotions += other.promotions;
        self.conflicts += other.conflicts;
        self.omissions += other.omissions;
        self.edited += other.edited;
        self.likely += other.likely;
        self.rendered += other.rendered;
        for (name, many) in &other.others {
            *self.others.entry(name.clone()).or_default() += many;
        }
    }

    pub(crate) fn count(&mut self, what: &str) {
        *self.others.entry(what.to_owned()).or_default() += 1;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, form: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            form,
            "{} seeds, {} promotions equal to git's and repeated without a change, {} refused for a conflict that git has, \
             {} omissions found of {} made (0 missed, 0 false), {} likely ones of {} edited picks",
            self.seeds, self.promotions, self.conflicts, self.omissions, self.omissions, self.likely, self.edited
        )?;
        if self.rendered > 0 {
            write!(form, ", {} pairs of overlays rendered alike", self.rendered)?;
        }
        self.others
            .iter()
            .try_for_each(|(what, many)| write!(form, ", {many} {what}"))
    }
}

/// The seeds that are wanted: `RAKOPS_HISTORY` names one, `RAKOPS_HISTORIES` how many, else `few`.
pub(crate) fn wanted(few: u64) -> std::ops::Range<u64> {
    wanted_by("RAKOPS_HISTORIES", few)
}

/// The same, where another variable says how many.
pub(crate) fn wanted_by(how_many: &str, few: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    match number("RAKOPS_HISTORY") {
        Some(seed) => seed..seed + 1,
        None => 0..number(how_many).unwrap_or(few),
    }
}

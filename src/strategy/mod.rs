//! How environments relate to branches: one entry a strategy.
//!
//! Knows what a promotion is under each strategy, and plans it; must not know how it lands.
//! **Invariant:** a plan asks nobody and writes nothing but objects that nothing refers to. It is a function of what may
//! still move, TO's tip; FROM is frozen before.
//! Start reading at [`Strategy`]; the rules that all of them share are in [`guard`].

pub(crate) mod carried;
mod chain;
pub(crate) mod changes;
mod companions;
pub(crate) mod conflict;
mod fan_out;
pub(crate) mod foreign;
pub(crate) mod guard;
pub(crate) mod hop;
pub(crate) mod omission;
pub(crate) mod overlay_change;
pub(crate) mod request_number;
mod settings;
pub(crate) mod soak;
mod trunk;
pub(crate) mod versions;

use crate::change::set::ChangeSet;
use crate::config::environments::{Environment, Environments};
use crate::config::model::StrategyName;
use crate::error::Error;
use hop::Hop;
use omission::Omission;

/// Knows how environments relate to branches. Plans; never lands.
pub(crate) trait Strategy: Sync {
    /// The name in configuration, and of its page: `chain`.
    fn name(&self) -> StrategyName;

    /// Plans that TO runs what FROM runs, on TO's tip. Empty if it does already.
    ///
    /// # Errors
    /// `Kind::Refused` with the code of the rule that refuses; `Kind::Conflict` for what both sides changed differently and
    /// is no version; `Kind::NotFound` for an image or a change that was named and is not there.
    fn plan_promotion(&self, hop: &Hop<'_>) -> Result<ChangeSet, Error>;

    /// Finds what one of the two environments of a hop has and the other lacks. What waits is pending, however long it has waited: the
    /// answer does not depend on the time.
    ///
    /// # Errors
    /// As reading history.
    fn omissions(&self, hop: &Hop<'_>) -> Result<Vec<Omission>, Error>;

    /// Tells on whose branches an edit of one environment's own files lands, the one that it begins on first. An environment
    /// may have no branch of its own; two may share one.
    ///
    /// Source: PROMOTION.md, section 8.
    fn landings<'e>(&self, environments: &'e Environments, environment: &'e Environment) -> Vec<&'e Environment>;
}

/// All strategies.
pub(crate) static STRATEGIES: &[&dyn Strategy] = &[&fan_out::FanOut, &chain::Chain, &trunk::Trunk];

/// Returns the strategy of a name.
///
/// # Errors
/// None that is known: every name has an entry.
pub(crate) fn named(name: StrategyName) -> Result<&'static dyn Strategy, Error> {
    STRATEGIES
        .iter()
        .find(|strategy| strategy.name() == name)
        .copied()
        .ok_or_else(|| Error::bug("a strategy without an entry"))
}

#[cfg(test)]
mod tests;

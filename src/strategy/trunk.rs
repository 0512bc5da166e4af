//! trunk: environments are directories of one branch, and a promotion copies versions from one to another.
//!
//! Source: PROMOTION.md, section 6.

use super::Strategy;
use super::hop::Hop;
use super::omission::Omission;
use super::{guard, overlay_change, versions};
use crate::change::set::ChangeSet;
use crate::config::environments::{Environment, Environments};
use crate::config::model::StrategyName;
use crate::error::Error;

/// The strategy.
pub(crate) struct Trunk;

impl Strategy for Trunk {
    fn name(&self) -> StrategyName {
        StrategyName::Trunk
    }

    fn plan_promotion(&self, hop: &Hop<'_>) -> Result<ChangeSet, Error> {
        let mut warnings = guard::check_order(hop)?;
        let mut change_set = overlay_change::plan(hop, self.name())?;
        change_set.facts.warnings.append(&mut warnings);
        Ok(change_set)
    }

    fn omissions(&self, hop: &Hop<'_>) -> Result<Vec<Omission>, Error> {
        versions::omissions(hop)
    }

    /// Once: all environments are on one branch.
    fn landings<'e>(&self, _: &'e Environments, environment: &'e Environment) -> Vec<&'e Environment> {
        vec![environment]
    }
}

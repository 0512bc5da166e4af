//! trunk: environments are directories of one branch, and a promotion copies versions from one to another.
//!
//! Source: PROMOTION.md, section 6.

use super::Strategy;
use super::hop::Hop;
use super::omission::Omission;
use super::{overlay_change, versions};
use crate::change::set::ChangeSet;
use crate::config::model::StrategyName;
use crate::error::Error;

/// The strategy.
pub(crate) struct Trunk;

impl Strategy for Trunk {
    fn name(&self) -> StrategyName {
        StrategyName::Trunk
    }

    fn plan_promotion(&self, hop: &Hop<'_>) -> Result<ChangeSet, Error> {
        overlay_change::plan(hop, self.name())
    }

    fn omissions(&self, hop: &Hop<'_>) -> Result<Vec<Omission>, Error> {
        versions::omissions(hop)
    }
}

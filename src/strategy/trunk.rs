//! trunk: environments are directories of one branch, and a promotion copies versions from one to another.
//!
//! Source: PROMOTION.md, section 6.

use super::Strategy;
use super::guard;
use super::hop::Hop;
use super::omission::Omission;
use super::versions;
use crate::change::promotion::{Carried, Promotion};
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
        let from = hop.from.one()?;
        let mut warnings = guard::check_order(hop)?;
        let carry = versions::carry(hop, hop.to.snapshot)?;
        let kind = (StrategyName::Trunk.as_str(), Carried::Versions);
        let mut promotion = Promotion::new(kind, &from.name, &hop.to.names(), hop.from.commit);
        promotion.notes = carry.notes;
        let mut facts = carry.facts;
        warnings.append(&mut facts.warnings);
        facts.warnings = warnings;
        facts.promotion = Some(Box::new(promotion));
        Ok(ChangeSet {
            files: carry.files,
            facts,
            ..ChangeSet::default()
        })
    }

    fn omissions(&self, hop: &Hop<'_>) -> Result<Vec<Omission>, Error> {
        versions::omissions(hop)
    }
}

//! `chain`: a change goes from each environment's branch to the next one's; a promotion merges FROM's, frozen, into TO's.
//!
//! Source: PROMOTION.md, section 5.

use super::changes;
use super::hop::Hop;
use super::omission::Omission;
use super::{Strategy, carried, conflict, guard};
use crate::change::promotion::{Carried, MergeBase, Promotion};
use crate::change::set::{ChangeSet, Merge};
use crate::config::model::StrategyName;
use crate::error::Error;
use crate::git::merge::ThreeWay;

/// The entry.
pub(crate) struct Chain;

impl Strategy for Chain {
    fn name(&self) -> StrategyName {
        StrategyName::Chain
    }

    fn plan_promotion(&self, hop: &Hop<'_>) -> Result<ChangeSet, Error> {
        let warnings = guard::check_order(hop)?;
        let base = carried::merge_base(hop)?;
        let ways = ThreeWay {
            base: &base.commit,
            ours: hop.to.commit,
            theirs: hop.from.commit,
        };
        let merged = hop.repository.merge_on(hop.git, ways)?;
        let (tree, resolved) = conflict::settle(hop, merged)?;
        let head = (self.name().as_str(), Carried::Whole);
        let mut promotion = Promotion::new(head, &hop.from.one()?.name, &hop.to.names(), hop.from.commit);
        promotion.resolved = resolved;
        promotion.merge_base = Some(MergeBase {
            commit: base.commit,
            claimed_by: base.claimed_by,
        });
        let mut set = ChangeSet::default();
        if tree != hop.repository.tree_of(hop.to.commit)? {
            set.merge = Some(Merge {
                tree,
                parent: hop.from.commit.clone(),
            });
        }
        set.facts.warnings = warnings;
        set.facts.promotion = Some(Box::new(promotion));
        Ok(set)
    }

    fn omissions(&self, hop: &Hop<'_>) -> Result<Vec<Omission>, Error> {
        changes::omissions(hop)
    }
}

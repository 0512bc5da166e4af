//! Pattern 2: a change goes from each environment's branch to the next one's.
//!
//! A promotion merges FROM's commit, frozen, into TO's branch: on the base that [`carried`] finds, with conflicts settled by
//! [`conflict`]; then TO's own pins get FROM's versions. What rides along, and what TO alone has: [`lists`].
//! Source: PROMOTION.md, section 5.

mod lists;
mod own;

use super::carried::{self, Base};
use super::hop::{Direction, Hop};
use super::omission::Omission;
use super::{Strategy, changes, conflict, foreign, guard, overlay_change, versions};
use crate::change::promotion::{Carried, MergeBase, Promotion};
use crate::change::set::{ChangeSet, Merge};
use crate::config::environments::{Environment, Environments};
use crate::config::model::StrategyName;
use crate::error::{Error, Hint, Kind};
use crate::git::merge::ThreeWay;
use crate::git::names::Oid;

/// The strategy.
pub(super) struct Chain;

impl Strategy for Chain {
    fn name(&self) -> StrategyName {
        StrategyName::Chain
    }

    fn plan_promotion(&self, hop: &Hop<'_>) -> Result<ChangeSet, Error> {
        let mut warnings = guard::check_order(hop)?;
        refuse_changes(hop)?;
        let mut change_set = match hop.ask.images.is_empty() {
            true => merge(hop)?,
            false => overlay_change::plan(hop, self.name())?,
        };
        warnings.append(&mut change_set.facts.warnings);
        change_set.facts.warnings = warnings;
        Ok(change_set)
    }

    fn omissions(&self, hop: &Hop<'_>) -> Result<Vec<Omission>, Error> {
        changes::omissions(hop)
    }

    /// On the first branch of the train, and it rides from there.
    fn landings<'e>(&self, environments: &'e Environments, environment: &'e Environment) -> Vec<&'e Environment> {
        vec![environments.list.first().unwrap_or(environment)]
    }
}

/// A merge takes everything before a commit: single changes are fan-out's matter.
fn refuse_changes(hop: &Hop<'_>) -> Result<(), Error> {
    if hop.ask.changes.is_empty() {
        return Ok(());
    }
    let (from, to) = (&hop.from.one()?.name, hop.to.names().join(", "));
    let message = "`--change` picks single changes, and a chain carries everything up to a commit";
    Err(Error::new(Kind::Usage, "change-in-chain", message)
        .hint(Hint::Say(format!(
            "to stop at a commit of `{from}`: rakops promote {from}@COMMIT {to}"
        )))
        .hint(Hint::Say(format!(
            "to carry single versions: rakops promote {from} {to} IMAGE"
        ))))
}

fn promotion(hop: &Hop<'_>, kind: Carried) -> Result<Promotion, Error> {
    let strategy = StrategyName::Chain.as_str();
    let from = &hop.from.one()?.name;
    Ok(Promotion::new((strategy, kind), from, &hop.to.names(), hop.from.commit))
}

/// Carries everything that FROM's commit has.
fn merge(hop: &Hop<'_>) -> Result<ChangeSet, Error> {
    let base = carried::merge_base(hop)?;
    let start = hop.repository.tree_of(hop.to.commit)?;
    let ways = ThreeWay {
        base: &base.content,
        ours: hop.to.commit,
        theirs: hop.from.commit,
    };
    let (tree, resolved) = conflict::settle(hop, hop.repository.merge_on(hop.git, ways)?)?;
    let back = carried::comes_back(hop, &base, &tree)?;
    let mut warnings: Vec<Error> = carried::check_brought_back(hop, &back)?.into_iter().collect();
    let mut promotion = promotion(hop, Carried::Whole)?;
    let mut change_set = ChangeSet::default();
    if hop.ask.direction == Direction::Forward {
        warnings.extend(lists::check_soaked(hop, &base)?);
        warnings.extend(versions::check_replaced(hop)?);
        let carry = versions::carry(hop, &(hop.view)(&tree)?)?;
        change_set.files = carry.files;
        change_set.facts = carry.facts;
        promotion.notes = carry.notes;
    } else {
        change_set.files = own::versions(hop, &tree)?;
    }
    let planned = planned(hop, &tree, &change_set)?;
    if hop.ask.direction == Direction::Forward {
        versions::check(hop, &(hop.view)(&planned)?)?;
    }
    warnings.extend(foreign::check(hop, &(hop.view)(&planned)?)?);
    // Going up the order, what the target alone has is all that has not been promoted yet.
    if hop.ask.direction == Direction::Forward {
        promotion.only_in_target = lists::only_in_target(hop, (&base, &planned))?;
        warnings.extend(lists::hotfixes(hop, &promotion.only_in_target)?);
    }
    promotion.resolved = resolved;
    promotion.brings_back = back;
    if planned != start {
        promotion.rides_along = lists::rides_along(hop, &base)?;
        if tree != start {
            change_set.merge = Some(Merge {
                tree,
                parent: hop.from.commit.clone(),
            });
        }
    } else {
        change_set.files = Vec::new();
    }
    promotion.merge_base = Some(told(base));
    for warning in change_set.facts.warnings.drain(..) {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    change_set.facts.warnings = warnings;
    change_set.facts.promotion = Some(Box::new(promotion));
    Ok(change_set)
}

fn told(base: Base) -> MergeBase {
    MergeBase {
        commit: base.commit,
        claimed_by: base.claimed_by,
    }
}

/// The tree that the edits leave.
fn planned(hop: &Hop<'_>, tree: &Oid, change_set: &ChangeSet) -> Result<Oid, Error> {
    let files: Vec<(String, Option<Vec<u8>>)> = change_set
        .files
        .iter()
        .map(|file| (file.path().to_owned(), file.after().map(<[u8]>::to_vec)))
        .collect();
    hop.repository.edit_tree(tree, &files)
}

//! A promotion of versions, whatever the strategy is: under trunk the only kind, under the others that of named images.
//!
//! Source: PROMOTION.md, sections 2 and 6.

use super::hop::Hop;
use super::versions::look::{Look, Surveys};
use super::{companions, guard, settings, versions};
use crate::change::promotion::{Carried, Promotion};
use crate::change::set::ChangeSet;
use crate::config::model::StrategyName;
use crate::error::Error;

/// Copies versions and declared settings between directories. Every other byte of TO's tree stays.
///
/// # Errors
/// As [`super::Strategy::plan_promotion`].
pub(crate) fn plan(hop: &Hop<'_>, strategy: StrategyName) -> Result<ChangeSet, Error> {
    let from = hop.from.one()?;
    let onto = hop.to.snapshot;
    let mut warnings = guard::check_order(hop)?;
    let surveys = Surveys::of(&hop.loaded.config, hop.from.snapshot, onto)?;
    let mut carry = versions::carry_on(hop, &surveys)?;
    let look = Look::of_hop(&surveys, hop)?;
    let sides = (&look, &surveys.declared);
    let companions = companions::find(hop, sides, (onto, &carry.landings))?;
    companions::check(hop, &companions)?;
    carry.facts.settings = settings::carry(hop, sides, (onto, &mut carry.files))?;
    // What is carried whole may hold versions: it is the last word, and the same is asked of it.
    let edited = carry.files.iter().map(|file| (file.path(), file.after()));
    versions::check_on(hop, &surveys, surveys.to.with(edited, &surveys.declared)?)?;
    let kind = (strategy.as_str(), Carried::Versions);
    let mut promotion = Promotion::new(kind, &from.name, &hop.to.names(), hop.from.commit);
    promotion.notes = carry.notes;
    promotion.companions = companions;
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

//! The rules of what a merge replaces: it writes no site itself, so that nobody else would ask.

use super::chosen::Chosen;
use super::look::{Look, Surveys};
use super::{Pasts, State, dedup, rules, state};
use crate::config::model::RuleName;
use crate::error::Error;
use crate::strategy::guard::Guard;
use crate::strategy::hop::Hop;

/// Checks what TO's slots would get that differ from FROM's before anything is merged: no lower version, no floating one,
/// and none in the place of a hotfix that never ran in FROM. Returns warnings.
///
/// # Errors
/// `Kind::Refused` `downgrade`, `floating` or `overwrite`; what a file says that cannot be parsed.
pub(crate) fn check_replaced(hop: &Hop<'_>) -> Result<Vec<Error>, Error> {
    let surveys = Surveys::of(&hop.loaded.config, hop.from.snapshot, hop.to.snapshot)?;
    let look = Look::of_hop(&surveys, hop)?;
    let chosen = Chosen::of(hop, &look)?;
    let all = look.pairs();
    let differing: Vec<_> = all
        .iter()
        .filter(|pair| chosen.holds_pair(&look, pair) && state(hop, pair) == State::Differs)
        .copied()
        .collect();
    let pasts = Pasts::of(hop, &surveys, (&look, &differing))?;
    let mut warnings = Vec::new();
    for pair in &differing {
        if rules::is_floating(&pair.from.version) {
            warnings.extend(Guard::of(hop).apply(RuleName::Floating, rules::floating(&look, pair))?);
            continue;
        }
        warnings.extend(rules::check_order(hop, &look, (pair, &pair.from.version))?);
        warnings.extend(rules::check_overwrite(hop, (&look, pair), (&pasts.from, &pasts.to))?);
    }
    dedup(&mut warnings);
    Ok(warnings)
}

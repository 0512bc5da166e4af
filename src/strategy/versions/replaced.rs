//! The rules of what a merge replaces: it writes no site itself, so that nobody else would ask.

use super::chosen::Chosen;
use super::look::{Look, Surveys};
use super::{Pasts, State, dedup, rules, state};
use crate::config::model::RuleName;
use crate::error::Error;
use crate::image::is_floating;
use crate::strategy::guard::Guard;
use crate::strategy::hop::Hop;

/// Checks what TO's slots would get that differ from FROM's before anything is merged: no lower version, no floating one,
/// and none in the place of a hotfix that never ran in FROM. Returns warnings.
///
/// # Errors
/// `Kind::Refused` `downgrade`, `floating` or `overwrite`.
pub(crate) fn check_replaced(hop: &Hop<'_>) -> Result<Vec<Error>, Error> {
    let surveys = Surveys::of(&hop.loaded.config, hop.from.snapshot, hop.to.snapshot)?;
    // What cannot be read before the merge need not stand there after it; the merged tree is looked at, too.
    let Ok(look) = Look::of_hop(&surveys, hop) else {
        return Ok(Vec::new());
    };
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
        if is_floating(&pair.from.version) {
            warnings.extend(Guard::of(hop).apply(RuleName::Floating, rules::floating(&look, pair))?);
            continue;
        }
        warnings.extend(rules::check_order(hop, &look, (pair, &pair.from.version))?);
        warnings.extend(rules::check_overwrite(hop, (&look, pair), (&pasts.from, &pasts.to))?);
        let back = rules::check_rolled_back(hop, (&look, pair), &pasts.to)?;
        warnings.extend(back.and_then(|(_, warning)| warning));
    }
    dedup(&mut warnings);
    Ok(warnings)
}

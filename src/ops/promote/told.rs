//! What the forge says of commits: asked before a plan, because a plan asks nobody.

use std::collections::BTreeMap;

use crate::change::evidence;
use crate::config::environments::Environment;
use crate::error::Error;
use crate::git::names::Oid;
use crate::ops::land::{Ground, Order};
use crate::ops::standing::Standing;
use crate::strategy::hop::Told;
use crate::strategy::request_number;

/// So many commits at most are asked about: a promotion that was squashed lately is what is looked for.
const MOST: usize = 20;

/// Asks for the requests of commits on TO's branch whose message is not whole: a forge that squashes may have kept the title
/// alone. What cannot be had is not needed in most cases, and is left out.
///
/// # Errors
/// As reading history.
pub(super) fn ask(
    ground: &Ground,
    order: &Order<'_>,
    (standing, from, to): (&Standing, &Environment, &[Environment]),
) -> Result<BTreeMap<Oid, Told>, Error> {
    let mut told = BTreeMap::new();
    let Some(start) = standing.tips.get(&from.name) else {
        return Ok(told);
    };
    let mut unclear: Vec<(Oid, u64)> = Vec::new();
    for environment in to {
        let Some(tip) = standing.tips.get(&environment.name).filter(|tip| *tip != start) else {
            continue;
        };
        let excluded = format!("^{start}");
        let words = [
            "--first-parent",
            "--no-merges",
            "--max-count=500",
            tip.as_str(),
            &excluded,
        ];
        for id in ground.repository.list(&ground.git, &words)? {
            let Some(commit) = ground.repository.commit(&id)? else {
                continue;
            };
            let is_whole = evidence::read(&commit.message).operation.is_some();
            if let (false, Some(number)) = (is_whole, request_number::of(&commit.message)) {
                unclear.push((id, number));
            }
        }
    }
    unclear.truncate(MOST);
    let (Some(branch), false) = (
        to.first().and_then(|it| standing.branches.get(&it.name)),
        unclear.is_empty(),
    ) else {
        return Ok(told);
    };
    let config = ground.config_of(order, branch)?;
    let Ok(host) = (order.forge)(ground, &config) else {
        return Ok(told);
    };
    for (id, number) in unclear {
        match host.get(number) {
            Ok(request) => {
                told.insert(
                    id,
                    Told {
                        number: Some(number),
                        body: request.body,
                        merged_at: None,
                    },
                );
            }
            Err(error) => {
                order
                    .progress
                    .detail(&format!("pull request {number} was not read: {}", error.message));
                break;
            }
        }
    }
    Ok(told)
}

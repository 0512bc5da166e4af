//! What was forgotten: changes that were not carried on, hotfixes that were not carried back.
//!
//! Source: PROMOTION.md, section 10.

mod before;

use std::path::PathBuf;

use crate::config::environments::Environment;
use crate::config::expected::Expected;
use crate::config::model::StrategyName;
use crate::error::Error;
use crate::git::names::Oid;
use crate::ops::land::Ground;
use crate::ops::standing::{Pair, Standing};
use crate::strategy::guard;
use crate::strategy::hop::Ask;
use crate::strategy::omission::{Certainty, Omission, Why};
use before::Before;

/// What `drift` was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct DriftRequest {
    /// Environments and groups whose omissions are wanted; all if none is named.
    pub(crate) environments: Vec<String>,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// Where answers are kept; none if they are not.
    pub(crate) cache: Option<PathBuf>,
}

/// One finding: what it is, which environments have it, which lack it, and what repairs it.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) omission: Omission,
    /// In promotion order.
    pub(crate) has: Vec<String>,
    /// In promotion order.
    pub(crate) lacks: Vec<String>,
    /// The command that repairs it.
    pub(crate) repair: String,
}

/// What was found.
#[derive(Default)]
pub(crate) struct DriftReport {
    /// Forgotten on the way on.
    pub(crate) omitted: Vec<Finding>,
    /// Hotfixes that were not carried back.
    pub(crate) not_carried_back: Vec<Finding>,
    /// What waits for its promotion, or was taken back on purpose.
    pub(crate) pending: Vec<Finding>,
    /// How many differences the configuration expects.
    pub(crate) expected: usize,
    /// Pairs of environments of which one has no branch.
    pub(crate) warnings: Vec<Error>,
}

impl DriftReport {
    /// Whether anything was forgotten: what waits does not count.
    pub(crate) fn has_omissions(&self) -> bool {
        !self.omitted.is_empty() || !self.not_carried_back.is_empty()
    }
}

/// Compares each environment with the next, and each with all before it for hotfixes.
///
/// # Errors
/// As reading the environments' branches.
pub(crate) fn drift(ground: &Ground, standing: &Standing, request: &DriftRequest) -> Result<DriftReport, Error> {
    let steps = steps(standing);
    let mut wanted: Vec<String> = Vec::new();
    for name in &request.environments {
        wanted.extend(standing.named(name)?.into_iter().map(|it| it.name));
    }
    let ask = Ask::default();
    let before = Before::new(request.cache.as_deref());
    let mut report = DriftReport::default();
    // Hotfixes that were not carried back, by the place that lacks them and the environment that has them.
    let mut hotfixes: Vec<(usize, &str, Oid)> = Vec::new();
    // The nearest first: what an environment between the two has came to it on purpose, and is asked about there.
    for (at, step) in steps.iter().enumerate().rev() {
        for (later, to) in steps
            .iter()
            .enumerate()
            .skip(at + 1)
            .flat_map(|(later, step)| step.iter().map(move |to| (later, to)))
        {
            let Some(from) = step.first() else { continue };
            if !wanted.is_empty() && !wanted.contains(&to.name) {
                continue;
            }
            let pair = Pair {
                from,
                to,
                ask: &ask,
                now: request.now,
            };
            let found = standing.between(ground, &pair, &|hop| {
                let expected = Expected::new(&hop.loaded.config.drift.expected);
                let found = before.omissions(standing.strategy, hop)?;
                let grace = guard::grace(hop);
                let found: Vec<Omission> = found.into_iter().map(|it| it.seen_at(hop.now, grace)).collect();
                Ok((found, expected))
            })?;
            let Some((omissions, expected)) = found else {
                continue;
            };
            for omission in omissions {
                // Between environments that are no neighbours only hotfixes tell something new.
                if later != at + 1 && omission.why != Why::Hotfix {
                    continue;
                }
                if omission.why == Why::Hotfix {
                    let hotfix = |at: usize| (at, to.name.as_str(), omission.commit.clone());
                    if !(at + 1..later).all(|between| hotfixes.contains(&hotfix(between))) {
                        continue;
                    }
                    hotfixes.push(hotfix(at));
                }
                match expected.covers(&omission.id, &omission.files) {
                    true => report.expected += 1,
                    false => report.add(standing, (from, to), omission),
                }
            }
        }
    }
    for list in [&mut report.omitted, &mut report.not_carried_back, &mut report.pending] {
        list.sort_by_key(|it| it.omission.at);
    }
    Ok(report)
}

/// The environments in promotion order, those of one group together.
fn steps(standing: &Standing) -> Vec<Vec<&Environment>> {
    let mut steps: Vec<Vec<&Environment>> = Vec::new();
    for environment in &standing.environments.list {
        let is_peer = |step: &&mut Vec<&Environment>| environment.group.is_some() && step[0].group == environment.group;
        match steps.iter_mut().find(is_peer) {
            Some(step) => step.push(environment),
            None => steps.push(vec![environment]),
        }
    }
    steps
}

impl DriftReport {
    fn add(&mut self, standing: &Standing, (from, to): (&Environment, &Environment), omission: Omission) {
        let (has, lacks) = match omission.why {
            Why::Hotfix => (&to.name, &from.name),
            _ => (&from.name, &to.name),
        };
        let list = match omission.why {
            Why::Hotfix => &mut self.not_carried_back,
            Why::Passed | Why::OlderThanGrace => &mut self.omitted,
            Why::Pending | Why::RolledBack => &mut self.pending,
        };
        if let Some(known) = list.iter_mut().find(|it| it.omission.id == omission.id) {
            for (names, name) in [(&mut known.has, has), (&mut known.lacks, lacks)] {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
            let place = |name: &String| standing.environments.list.iter().position(|it| it.name == *name);
            known.has.sort_by_key(place);
            known.lacks.sort_by_key(place);
            if known.omission.certainty == Certainty::Likely && omission.certainty == Certainty::Sure {
                known.omission.certainty = Certainty::Sure;
            }
            return;
        }
        list.push(Finding {
            repair: repair(standing.strategy.name(), (has, lacks), &omission),
            has: vec![has.clone()],
            lacks: vec![lacks.clone()],
            omission,
        });
    }
}

/// The command that carries it where it is missing.
fn repair(strategy: StrategyName, (has, lacks): (&str, &str), omission: &Omission) -> String {
    let back = if omission.why == Why::Hotfix { " --backport" } else { "" };
    let id = &omission.id;
    match strategy {
        StrategyName::FanOut => format!("rakops promote {has} {lacks}{back} --change '{}'", short(id)),
        StrategyName::Chain => format!("rakops promote {has} {lacks}{back}"),
        StrategyName::Trunk => format!("rakops promote {has} {lacks} {id}{back}"),
    }
}

/// Enough of a commit's id to be typed.
fn short(id: &str) -> &str {
    let is_commit = id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_commit { &id[..12] } else { id }
}

//! Rule `unverified`: images that no registry could be asked about.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::Answers;
use super::finding::Found;
use super::sites::{Sites, Spotted, host, joined};
use crate::config::model::Level;
use crate::error::Error;

/// How many places are named.
const SHOWN: usize = 3;

/// One registry that did not answer.
struct Silent<'a> {
    reason: &'a Error,
    images: BTreeSet<String>,
    places: Vec<Spotted>,
    environments: Vec<String>,
}

/// One finding for each registry.
pub(super) fn check(sites: &Sites, answers: &Answers) -> Vec<Found> {
    let mut hosts: BTreeMap<String, Silent<'_>> = BTreeMap::new();
    for (standing, effect) in sites.effects() {
        let Some(reason) = answers.about(effect).and_then(|answer| answer.unknown.as_ref()) else {
            continue;
        };
        let silent = hosts.entry(host(&effect.image).to_owned()).or_insert_with(|| Silent {
            reason,
            images: BTreeSet::new(),
            places: Vec::new(),
            environments: Vec::new(),
        });
        silent.images.insert(format!("{} {}", effect.image, effect.version));
        silent.places.push(standing.spotted);
        joined(&mut silent.environments, &standing.environments);
    }
    hosts.into_iter().map(|(host, silent)| found(&host, silent)).collect()
}

fn found(host: &str, silent: Silent<'_>) -> Found {
    let images = match silent.images.len() {
        1 => "1 image".to_owned(),
        several => format!("{several} images"),
    };
    let others: Vec<String> = silent
        .places
        .iter()
        .skip(1)
        .take(SHOWN)
        .map(Spotted::to_string)
        .collect();
    let left = silent.places.len().saturating_sub(1 + SHOWN);
    let mut found = Found::new(
        silent.places.into_iter().next().unwrap_or_default(),
        format!(
            "{images} of `{host}` could not be looked up there: {}",
            silent.reason.message
        ),
    );
    found.causes.clone_from(&silent.reason.causes);
    if !others.is_empty() {
        let more = if left > 0 {
            format!(" and {left} more")
        } else {
            String::new()
        };
        found = found.because(format!("also at {}{more}", others.join(", ")));
    }
    found.hints.clone_from(&silent.reason.hints);
    found.environments = silent.environments;
    // A change could make a registry fail by what it says about it.
    if silent.reason.code == "not-agreed" {
        found.at_least = Level::Error;
    }
    found
}

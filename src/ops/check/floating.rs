//! Rule `floating-tag`: what runs must not depend on when a node pulls it.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Found;
use super::sites::{Sites, Standing, joined};
use crate::error::Hint;
use crate::image::{Repository, is_floating};
use crate::manifest::site::{Origin, Part};
use crate::manifest::slot::Effect;

pub(super) fn check(sites: &Sites) -> Vec<Found> {
    let names = names(sites);
    let mut found: Vec<Found> = Vec::new();
    for (standing, effect) in sites.effects() {
        if !is_floating(&effect.version) || !says_all(&standing, effect) {
            continue;
        }
        if let Some(last) = found.last_mut().filter(|last| last.at == standing.spotted) {
            joined(&mut last.environments, &standing.environments);
            continue;
        }
        let image = effect.image.as_str();
        let (message, flag) = match &effect.version.tag {
            Some(tag) => (format!("`{image}:{tag}` names whatever was pushed last"), ""),
            None => (
                format!("`{image}` states no version, which means `latest`"),
                " --untagged",
            ),
        };
        // Here alone: other sites of the image may be right, or be pinned to digests.
        let file = &standing.spotted.file;
        let path = match file
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
        {
            true => format!(" --path {file}"),
            false => String::new(),
        };
        let all = if standing.environments.len() > 1 { " --all" } else { "" };
        let advice = format!("rakops bump {}=VERSION{flag}{path}{all}", typed(&names, &effect.image));
        found.push(Found {
            environments: standing.environments,
            image: Some(image.to_owned()),
            ..Found::new(standing.spotted, message)
                .because("what runs then depends on when each node pulls it, and nothing in git changes with it")
                .hint(Hint::Run(advice))
        });
    }
    found
}

/// The images of each short name.
type Names = BTreeMap<String, BTreeSet<String>>;

fn names(sites: &Sites) -> Names {
    let mut names = Names::new();
    for standing in sites.all() {
        let image = &standing.site.image;
        let known = names.entry(image.short_name().to_owned()).or_default();
        known.insert(image.normalised().to_owned());
    }
    names
}

/// The name under which `bump` finds an image: as it is written, unless it is the short name of others, too.
fn typed<'i>(names: &Names, image: &'i Repository) -> &'i str {
    match names.get(image.as_str()).is_some_and(|known| known.len() > 1) {
        true => image.normalised(),
        false => image.as_str(),
    }
}

/// Whether a site that states no version means `latest`: a chart has a version of its own to fall back on.
pub(super) fn says_all(standing: &Standing<'_>, effect: &Effect) -> bool {
    let site = standing.site;
    let is_pulled = site.origin == Origin::PodSpec || site.locator == "compose";
    let is_whole = site.parts.iter().any(|part| matches!(part, Part::Reference { .. }));
    !effect.version.is_none() || (is_pulled && is_whole)
}

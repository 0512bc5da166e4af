//! The rules that registries answer: `version-missing`, `digest-mismatch`, `missing-platform`.

use super::ask::{Answer, Answers, is_false};
use super::finding::{Found, Repair, Wish};
use super::sites::{Sites, Standing};
use crate::config::model::Level;
use crate::error::Hint;
use crate::image::is_fixed;
use crate::manifest::slot::Effect;
use crate::registry::Platform;

/// Rule `version-missing`: a tag, a digest or a repository that is not there.
pub(super) fn missing(sites: &Sites, answers: &Answers) -> Vec<Found> {
    each(sites, answers, &|standing, effect, answer| {
        let (error, is_tag) = match (&answer.tag, &answer.digest) {
            // Without the digest nothing runs; that the tag is gone, too, is the smaller half.
            (_, Some(Err(error))) => (error, false),
            (Some(Err(error)), _) => (error, true),
            _ => return None,
        };
        if is_false(error) {
            return None;
        }
        let mut found = of(standing, effect, error.message.clone());
        found.causes.clone_from(&error.causes);
        found.hints.clone_from(&error.hints);
        if is_tag && effect.version.digest.is_some() && answer.digest.as_ref().is_some_and(Result::is_ok) {
            found = found.because("the digest beside it decides what runs, and it is there");
        }
        if answer.digest.as_ref().is_some_and(Result::is_err) {
            found = found.because("a node that does not have it already cannot start it");
        }
        Some(found)
    })
}

/// Rule `digest-mismatch`: a tag beside the digest of something else, or a manifest that is not what its digest says.
pub(super) fn mismatch(sites: &Sites, answers: &Answers) -> Vec<Found> {
    each(sites, answers, &|standing, effect, answer| {
        let failures = [
            answer.tag.as_ref().and_then(|it| it.as_ref().err()),
            answer.digest.as_ref().and_then(|it| it.as_ref().err()),
        ];
        if let Some(error) = failures.into_iter().flatten().find(|error| is_false(error)) {
            let mut found = of(standing, effect, error.message.clone());
            found.causes.clone_from(&error.causes);
            found.hints.clone_from(&error.hints);
            return Some(found);
        }
        let (Some(tag), Some(digest), Some(Ok(told))) = (&effect.version.tag, &effect.version.digest, &answer.tag)
        else {
            return None;
        };
        if told == digest {
            return None;
        }
        let is_there = match &answer.digest {
            Some(Err(_)) => "the digest decides what runs, and it is not in the registry any more",
            Some(Ok(())) => "the digest decides what runs, and it is still in the registry",
            None => "the digest decides what runs",
        };
        let image = effect.image.as_str();
        let message = format!("`{tag}` of `{image}` is not the digest that stands beside it");
        let (site, is_fixed) = (standing.at.site, is_fixed(tag));
        let found = of(standing, effect, message)
            .because(format!("here: {digest}"))
            .because(format!("in the registry: {told}"))
            .because(is_there);
        Some(match is_fixed {
            true => Found {
                repair: Some(Repair {
                    site,
                    wish: Wish::Digest(told.clone()),
                }),
                ..found.hint(Hint::Say(format!(
                    "if `{tag}` is meant, `rakops check --fix` writes its digest"
                )))
            },
            // Whoever pins a moving tag to a digest wants just this.
            false => Found {
                at_most: Level::Warn,
                ..found.hint(Hint::Run(format!("rakops bump {image}={tag}@{told}")))
            },
        })
    })
}

/// Rule `missing-platform`: an image that does not run on some node of the cluster.
pub(super) fn platforms(sites: &Sites, answers: &Answers, wanted: &[Platform]) -> Vec<Found> {
    each(sites, answers, &|standing, effect, answer| {
        // What says nothing of platforms is no image, such as a chart.
        let has = answer.platforms.as_ref().filter(|has| !has.is_empty())?;
        let is_served = |platform: &&Platform| has.iter().any(|it| it.serves(platform));
        let missing: Vec<String> = wanted
            .iter()
            .filter(|platform| !is_served(platform))
            .map(|platform| format!("`{platform}`"))
            .collect();
        if missing.is_empty() {
            return None;
        }
        let mut has: Vec<String> = has.iter().map(Platform::to_string).collect();
        has.sort();
        has.dedup();
        let image = effect.image.as_str();
        let message = format!("`{image}` {} does not run on {}", effect.version, missing.join(", "));
        Some(of(standing, effect, message).because(format!("it is built for {}", has.join(", "))))
    })
}

fn of(standing: Standing<'_>, effect: &Effect, message: String) -> Found {
    Found {
        environments: standing.environments,
        image: Some(effect.image.as_str().to_owned()),
        ..Found::new(standing.spotted, message)
    }
}

/// One finding for each site: where builds make different images of it, the first that is wrong.
fn each(
    sites: &Sites,
    answers: &Answers,
    judge: &dyn Fn(Standing<'_>, &Effect, &Answer) -> Option<Found>,
) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for (standing, effect) in sites.effects() {
        let Some(answer) = answers.about(effect) else { continue };
        if let Some(one) = judge(standing, effect, answer) {
            match found.last_mut().filter(|last| last.at == one.at) {
                Some(last) => super::sites::joined(&mut last.environments, &one.environments),
                None => found.push(one),
            }
        }
    }
    found
}

//! Rule `mistyped-tag`: a tag that some reader of YAML takes for a number, a date or a boolean.

use super::finding::{Found, Repair, Wish};
use super::sites::{Sites, Writing};
use crate::error::Hint;

pub(super) fn check(sites: &Sites) -> Vec<Found> {
    let mistyped = sites.all().filter(|standing| standing.writing == Writing::Mistyped);
    mistyped
        .map(|standing| {
            let tag = standing.site.version.tag.as_deref().unwrap_or_default();
            let message = format!("the tag `{tag}` is not text to every reader of YAML");
            Found {
                environments: standing.environments,
                image: Some(standing.site.image.as_str().to_owned()),
                repair: Some(Repair {
                    site: standing.at.site,
                    wish: Wish::Quotes,
                }),
                ..Found::new(standing.spotted, message)
                    .because(taken_for(tag))
                    .hint(Hint::Say(format!(
                        "write `\"{tag}\"`, or let `rakops check --fix` do it"
                    )))
            }
        })
        .collect()
}

/// What becomes of it, in words for people.
fn taken_for(tag: &str) -> &'static str {
    let starts_like_number = tag.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-'));
    match (starts_like_number, tag.matches('-').count()) {
        (true, 2) => "some readers take it for a date",
        (true, _) => "some readers take it for a number: `1.10` becomes `1.1`, and kustomize refuses it",
        (false, _) => "some readers take it for a boolean or for nothing",
    }
}

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
fn taken_for(tag: &str) -> String {
    let starts_like_number = tag.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-'));
    let number = tag.parse::<f64>().ok().map(|number| number.to_string());
    match (starts_like_number, tag.matches('-').count(), number) {
        (true, 2, None) => "some readers take it for a date".to_owned(),
        (true, _, Some(number)) if number != tag && number.len() <= tag.len() => {
            format!("some readers take it for a number: `{tag}` becomes `{number}`, and kustomize refuses it")
        }
        (true, _, _) => "some readers take it for a number, and kustomize refuses it".to_owned(),
        (false, _, _) => "some readers take it for a boolean or for nothing".to_owned(),
    }
}

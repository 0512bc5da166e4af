//! kustomize as the judge of `overlay set` and `overlay unset`: what is rendered afterwards, and what became of the bytes.
//!
//! `RAKOPS_OVERLAYS` is how many real overlays are edited, `RAKOPS_OVERLAY` the one that is to be; `RAKOPS_OVERLAY_TREES` how many
//! random repositories, `RAKOPS_OVERLAY_TREE` the seed of the one that is to be.

mod corpus;
mod generated;
mod lines;
mod rendered;
mod tally;
mod trial;
mod wishes;

use crate::everywhere::Dice;

use trial::{Edit, Ground};

pub(crate) use crate::kustomize::needs;

/// What the tests of real overlays need besides.
pub(crate) fn needs_corpus() -> Result<(), String> {
    needs()?;
    crate::folder("RAKOPS_CORPUS").map(|_| ())
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[(
    "overlay::edits_of_random_overlays_change_what_was_asked_for_and_nothing_else",
    generated::edits_of_random_overlays_change_what_was_asked_for_and_nothing_else,
)];

/// The tests of real overlays.
pub(crate) const REAL: &[(&str, fn())] = &[(
    "overlay::real_overlays_change_where_they_were_asked_to_and_nowhere_else",
    corpus::edits_of_real_overlays_change_what_was_asked_for_and_nothing_else,
)];

fn renderer() -> Option<&'static [&'static str]> {
    crate::kustomize::renderer()
}

/// A number that a variable gives.
fn number<N: std::str::FromStr>(variable: &str, otherwise: N) -> N {
    let text = std::env::var(variable).ok();
    text.and_then(|it| it.parse().ok()).unwrap_or(otherwise)
}

/// Edits of fields that the overlay sets already, at most so many.
fn own_fields(ground: &Ground<'_>, dice: &mut Dice, most: usize) -> Vec<Edit> {
    let mut edits = Vec::new();
    let objects = ground.before.objects.len();
    let first = dice.below(objects);
    for at in (0..objects).map(|at| (first + at) % objects).take(6) {
        let Some(word) = ground.before.word(at) else { continue };
        let output = ground
            .sandbox
            .rakops(["overlay", "get", "it", &word, "-o", "name", "--path", ground.path()])
            .run();
        let paths: Vec<&str> = output.stdout().lines().collect();
        if output.code == 0 && !paths.is_empty() {
            edits.extend(wishes::again(&ground.before, at, paths[dice.below(paths.len())]));
        }
        if edits.len() == most {
            break;
        }
    }
    edits
}

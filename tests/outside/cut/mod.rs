//! Connections that are cut: after every byte of what rakops says to a forge, a registry and a git server, and of what they answer.
//!
//! Each scenario is played once undisturbed, which tells how many bytes go over the wire. Then it is played again from the start with a
//! wire that breaks after some number of them, and once more with a wire that is whole. What must hold is the same for each byte:
//! the disturbed run says what happened, and afterwards everything is there once.
//!
//! All bytes are many: what is tried are the ends of all pieces, one byte more and one less, and a sample of the others.
//! `RAKOPS_CUTS` says how large the sample is; `all` is every byte.

mod forge;
mod git;
mod registry;
mod wire;

use std::collections::BTreeSet;

use wire::{After, Break};

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "cut::a_request_is_opened_once_whatever_byte_is_the_last",
        forge::opened_once,
    ),
    (
        "cut::a_promotion_is_opened_once_whatever_byte_is_the_last",
        forge::promoted_once,
    ),
    (
        "cut::a_merge_is_made_once_whatever_byte_is_the_last",
        forge::merged_once,
    ),
    (
        "cut::a_comment_is_written_once_whatever_byte_is_the_last",
        forge::commented_once,
    ),
    (
        "cut::a_registry_is_understood_or_not_at_all",
        registry::understood_or_not,
    ),
    ("cut::a_push_lands_once_whatever_byte_is_the_last", git::pushed_once),
    (
        "cut::a_landing_without_a_checkout_lands_once_whatever_byte_is_the_last",
        git::landed_by_address_once,
    ),
];

/// Codes that a run may end with whose connection was cut: it had what it needed, or the other side failed.
const ENDS: [i32; 2] = [0, 6];

/// The breaks to be tried, of an exchange whose pieces ended after so many bytes.
fn breaks(pieces: &[usize]) -> Vec<Break> {
    let total = pieces.last().copied().unwrap_or(0);
    let wanted = std::env::var("RAKOPS_CUTS").unwrap_or_else(|_| "12".to_owned());
    let sample = match wanted.as_str() {
        "all" => total,
        number => number.parse().expect("RAKOPS_CUTS is a number, or `all`"),
    };
    let mut at: BTreeSet<usize> = (0..sample).map(|it| it * total / sample.max(1)).collect();
    for end in pieces {
        at.extend([end.saturating_sub(1), *end, end + 1]);
    }
    let at = at.into_iter().filter(|at| *at < total);
    // A wire that stays dead costs the time of all tries: every fourth does.
    let after = [After::Mended, After::Mended, After::Dead, After::Mended];
    at.zip(after.into_iter().cycle())
        .map(|(at, after)| Break { at, after })
        .collect()
}

/// Plays a scenario with each break, and tells how many there were.
fn every_break(what: &str, pieces: &[usize], play: &dyn Fn(Break) -> bool) {
    assert!(!pieces.is_empty(), "{what}: nothing went over the wire");
    let breaks = breaks(pieces);
    let one = |it: &&Break| {
        let _told = Told(**it);
        play(**it)
    };
    let broken = breaks.iter().filter(one).count();
    let total = pieces.last().copied().unwrap_or(0);
    println!("figure: {what}: {total} bytes, cut after {broken} of them, each done once in the end");
    // A run may need some bytes less than the one that was measured, and never many.
    assert!(
        broken * 10 >= breaks.len() * 9,
        "{what}: {broken} of {} breaks happened",
        breaks.len()
    );
}

/// Tells the break with which a scenario failed.
struct Told(Break);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the wire: {:?}", self.0);
        }
    }
}

//! Generated histories, a few of each strategy; `tests/outside` plays many more.

use crate::generated_histories::{Strategy, judge_seeds};

/// So many histories of each strategy; `RAKOPS_HISTORY` names one.
fn seeds() -> std::ops::Range<u64> {
    match std::env::var("RAKOPS_HISTORY")
        .ok()
        .and_then(|it| it.parse::<u64>().ok())
    {
        Some(seed) => seed..seed + 1,
        None => {
            0..std::env::var("RAKOPS_HISTORIES")
                .ok()
                .and_then(|it| it.parse().ok())
                .unwrap_or(20)
        }
    }
}

#[test]
fn fan_out_carries_what_is_missing_and_drift_finds_what_was_forgotten() {
    println!("{:?}", judge_seeds(Strategy::FanOut, seeds()));
}

#[test]
fn chain_merges_on_what_both_sides_have_and_drift_finds_what_was_forgotten() {
    println!("{:?}", judge_seeds(Strategy::Chain, seeds()));
}

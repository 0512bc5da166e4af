//! Generated histories: `RAKOPS_HISTORIES` of each strategy, or 40, and `RAKOPS_AUDITS` for the audit, or 200.
//! `RAKOPS_HISTORY` names one.

use std::time::Instant;

use crate::generated_histories::{Strategy, audit_seeds, judge_seeds, wanted, wanted_by};

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "histories::fan_out_carries_what_is_missing_and_drift_finds_what_was_forgotten",
        || judged(Strategy::FanOut),
    ),
    (
        "histories::chain_merges_on_what_both_sides_have_and_drift_finds_what_was_forgotten",
        || judged(Strategy::Chain),
    ),
    (
        "histories::trunk_copies_versions_and_nothing_else_and_drift_finds_what_was_forgotten",
        || judged(Strategy::Trunk),
    ),
    (
        "histories::an_audit_misses_no_row_and_no_finding_and_makes_none_up",
        audited,
    ),
];

fn audited() {
    let began = Instant::now();
    let tally = audit_seeds(wanted_by("RAKOPS_AUDITS", 200));
    println!(
        "figure, histories of an audit: {tally}, {} s",
        began.elapsed().as_secs()
    );
}

fn judged(strategy: Strategy) {
    let began = Instant::now();
    let tally = judge_seeds(strategy, wanted(40));
    let seconds = began.elapsed().as_secs();
    println!("figure, histories of {}: {tally}, {seconds} s", strategy.name());
}

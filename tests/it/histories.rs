//! Generated histories, a few of each strategy; `tests/outside` plays many more.

use crate::generated_histories::{Strategy, audit_seeds, judge_seeds, wanted, wanted_by};

#[test]
fn fan_out_carries_what_is_missing_and_drift_finds_what_was_forgotten() {
    println!("{}", judge_seeds(Strategy::FanOut, wanted(20)));
}

#[test]
fn chain_merges_on_what_both_sides_have_and_drift_finds_what_was_forgotten() {
    println!("{}", judge_seeds(Strategy::Chain, wanted(20)));
}

#[test]
fn trunk_copies_versions_and_nothing_else_and_drift_finds_what_was_forgotten() {
    println!("{}", judge_seeds(Strategy::Trunk, wanted(20)));
}

#[test]
fn an_audit_misses_no_row_and_no_finding_and_makes_none_up() {
    println!("{}", audit_seeds(wanted_by("RAKOPS_AUDITS", 15)));
}

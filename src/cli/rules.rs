//! `--allow RULE`: which rules are lifted, for commands that several rules may stop.

use std::collections::BTreeSet;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::config::model::RuleName;
use crate::landing::pull_request::Unchecked;
use crate::ops::land::Protected;

/// A rule that `--allow` lifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifted {
    Rule(RuleName),
    /// Reaching a protected environment without a pull request.
    Protected,
    /// Auto-merge with the token of a CI job, whose pull requests start no checks.
    JobToken,
}

/// Reads a rule that a promotion, a rollback or a trial knows.
pub(super) fn parser() -> impl TypedValueParser<Value = Lifted> {
    let rule = |rule: &RuleName| PossibleValue::new(rule.as_str()).help(rule.lifts());
    let mut values: Vec<PossibleValue> = RuleName::ALL.iter().map(rule).collect();
    values.push(PossibleValue::new("protected").help("lands without a pull request"));
    values.push(PossibleValue::new("job-token").help("auto-merge with a token whose requests start no checks"));
    PossibleValuesParser::new(values).map(|text| match text.as_str() {
        "protected" => Lifted::Protected,
        "job-token" => Lifted::JobToken,
        name => {
            let known = RuleName::ALL.iter().find(|rule| rule.as_str() == name);
            // The parser has let no other name through.
            known.map_or(Lifted::Protected, |rule| Lifted::Rule(*rule))
        }
    })
}

/// The rules of a strategy among those that are lifted.
pub(super) fn of(lifted: &[Lifted]) -> BTreeSet<RuleName> {
    let rule = |it: &Lifted| match it {
        Lifted::Rule(rule) => Some(*rule),
        Lifted::Protected | Lifted::JobToken => None,
    };
    lifted.iter().filter_map(rule).collect()
}

/// Whether a protected environment may be reached without a pull request.
pub(super) fn protected(lifted: &[Lifted]) -> Protected {
    match lifted.contains(&Lifted::Protected) {
        true => Protected::Allowed,
        false => Protected::Refused,
    }
}

/// Whether auto-merge goes with the token of a job.
pub(super) fn unchecked(lifted: &[Lifted]) -> Unchecked {
    match lifted.contains(&Lifted::JobToken) {
        true => Unchecked::Allowed,
        false => Unchecked::Refused,
    }
}

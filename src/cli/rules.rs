//! `--allow RULE`: which rules are lifted, for commands that several rules may stop. On a terminal each is asked about.

use std::collections::BTreeSet;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::Context;
use crate::config::model::RuleName;
use crate::error::{Error, Hint, Kind};
use crate::landing::pull_request::Unchecked;
use crate::ops::land::Protected;
use crate::ui::prompt::{self, Question};

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

/// Asks whether to lift the rule that refuses something. `-y` does not lift one: whoever may be asked is asked about this one
/// alone, and no is the default.
///
/// # Errors
/// The refusal itself where it is none of a rule, or nobody can be asked; [`Kind::Interrupted`] if the answer is no.
pub(super) fn ask(context: &Context, refusal: Error) -> Result<RuleName, Error> {
    let rule = RuleName::ALL.iter().find(|rule| rule.as_str() == refusal.code);
    match rule {
        Some(rule) if lifts(context, &refusal)? => Ok(*rule),
        _ => Err(refusal),
    }
}

/// The same for a refusal that is known by its code; says whether it is lifted.
///
/// # Errors
/// [`Kind::Interrupted`] if the answer is no.
pub(super) fn lifts(context: &Context, refusal: &Error) -> Result<bool, Error> {
    let flag = format!("--allow {}", refusal.code);
    let is_lifting = |hint: &Hint| matches!(hint, Hint::Flag(name, _) if *name == flag);
    let can_be = refusal.kind == Kind::Refused && refusal.hints.iter().any(is_lifting);
    if !can_be || !context.ui.can_prompt() {
        return Ok(false);
    }
    context.ui.show_refusal(refusal);
    let question = Question {
        text: "do it all the same?",
        instead: refusal.hints.clone(),
    };
    match prompt::confirm(&context.ui, &question)? {
        Some(true) => {
            context.typed.flag("--allow", refusal.code);
            Ok(true)
        }
        _ => Err(prompt::cancelled()),
    }
}

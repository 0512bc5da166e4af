//! Never by accident: the rules that refuse a promotion, each with the name that `--allow` and `guard:` know it by.
//!
//! Source: PROMOTION.md, section 7.

use std::collections::BTreeSet;

use super::hop::{Direction, Hop};
use crate::config::model::{Config, RuleName, Severity};
use crate::error::{Error, Hint, Kind};

/// Who has lifted rules: the command line, and the configuration of TO's branch.
#[derive(Clone, Copy)]
pub(crate) struct Guard<'a> {
    /// `--allow`.
    pub(crate) allow: &'a BTreeSet<RuleName>,
    pub(crate) config: &'a Config,
}

impl<'a> Guard<'a> {
    pub(crate) fn of(hop: &Hop<'a>) -> Guard<'a> {
        Guard {
            allow: &hop.ask.allow,
            config: &hop.loaded.config,
        }
    }

    /// Applies a rule to what breaks it: nothing if it is lifted by `--allow`, a warning if the configuration says so.
    ///
    /// # Errors
    /// [`Kind::Refused`]: `broken`, with the code of the rule and the flag that lifts it.
    pub(crate) fn apply(&self, rule: RuleName, broken: Error) -> Result<Option<Error>, Error> {
        if self.allow.contains(&rule) {
            return Ok(None);
        }
        let code = rule.as_str();
        match self.config.guard.get(&rule) {
            Some(Severity::Warn) => Ok(Some(Error { code, ..broken })),
            Some(Severity::Refuse) | None => Err(Error {
                code,
                kind: Kind::Refused,
                ..broken
            }
            .hint(Hint::Flag(format!("--allow {code}"), rule.lifts().to_owned()))),
        }
    }
}

/// Checks the order of a promotion: nothing is left out, and nothing goes up. Returns warnings.
///
/// # Errors
/// [`Kind::Refused`] `skip` or `backwards`.
pub(crate) fn check_order(hop: &Hop<'_>) -> Result<Vec<Error>, Error> {
    let guard = Guard::of(hop);
    let list = &hop.environments.list;
    let from = hop.from.one()?;
    let place = |name: &str| list.iter().position(|it| it.name == name);
    let mut warnings = Vec::new();
    let Some(start) = place(&from.name) else {
        return Ok(warnings);
    };
    let last = hop.to.environments.iter().filter_map(|it| place(&it.name)).max();
    let Some(end) = last else { return Ok(warnings) };
    let to = hop.to.names().join(", ");
    if end < start {
        if hop.ask.direction == Direction::Back {
            return Ok(warnings);
        }
        let message = format!("`{to}` comes before `{}` in the promotion order", from.name);
        let broken = Error::new(Kind::Refused, "backwards", message)
            .hint(Hint::Flag("--backport".into(), "carries a hotfix back".into()));
        warnings.extend(guard.apply(RuleName::Backwards, broken)?);
        return Ok(warnings);
    }
    // Peers of FROM and of TO count as one step with them.
    let is_peer = |name: &str| {
        let group = list.iter().find(|it| it.name == name).and_then(|it| it.group.as_ref());
        let of = |group: &String| {
            from.group.as_ref() == Some(group) || hop.to.environments.iter().any(|it| it.group.as_ref() == Some(group))
        };
        group.is_some_and(of)
    };
    let left_out: Vec<&str> = list[start + 1..end]
        .iter()
        .map(|it| it.name.as_str())
        .filter(|name| !is_peer(name) && !hop.to.environments.iter().any(|it| it.name == *name))
        .collect();
    if !left_out.is_empty() {
        let shown: Vec<String> = left_out.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("`{}` to `{to}` leaves out {}", from.name, shown.join(", "));
        let broken = Error::new(Kind::Refused, "skip", message)
            .hint(Hint::Run(format!("rakops promote {} {}", from.name, left_out[0])));
        warnings.extend(guard.apply(RuleName::Skip, broken)?);
    }
    Ok(warnings)
}

/// How long a change may wait before it counts as forgotten, in seconds.
pub(crate) fn grace(hop: &Hop<'_>) -> i64 {
    let grace = hop.loaded.config.drift.grace;
    let seconds = grace.map_or(14 * 86_400, |grace| grace.as_duration().as_secs());
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

//! What cannot be right in a repository, or in a change of it, rule by rule.

mod foreign_ref;
mod untried;

use crate::config::model::{Config, Level, RuleName, Severity};
use crate::error::Error;
use crate::ops::impact::range::{self, Uncommitted};
use crate::ops::impact::sight::Sight;
use crate::ops::land::Ground;

/// What `check` was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct CheckRequest {
    /// `A..B`, `A...B` or a revision.
    pub(crate) range: Option<String>,
    /// Environments that the change is for, as typed; none: those of its branch.
    pub(crate) environments: Vec<String>,
}

/// One thing that cannot be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// [`Level::Error`] or [`Level::Warn`].
    pub(crate) level: Level,
    /// The rule is its code.
    pub(crate) error: Error,
    /// The environments it is about, in promotion order.
    pub(crate) environments: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct CheckReport {
    /// What was looked at: `main...feature/x`.
    pub(crate) range: String,
    /// In the order of the rules, then of places.
    pub(crate) findings: Vec<Finding>,
    /// Rules that were looked at.
    pub(crate) ran: Vec<&'static str>,
    /// Rules that were not, and why.
    pub(crate) not_run: Vec<(&'static str, &'static str)>,
    pub(crate) warnings: Vec<Error>,
}

impl CheckReport {
    /// Whether nothing was found that is an error.
    pub(crate) fn is_ok(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Error)
    }
}

/// Rules that need what this version has not.
const LATER: [(&str, &str); 5] = [
    ("version-missing", "no registry access"),
    ("mistyped-tag", "no registry access"),
    ("floating-tag", "not in this version"),
    ("half-updated-pair", "not in this version"),
    ("broken-reference", "not in this version"),
];

/// How bad a finding of a rule is. The configuration of the branch that the change would reach says so; what the change itself
/// says counts where it is stricter, so that nothing makes itself milder.
fn level(rule: RuleName, (old, new): (Option<&Config>, &Config), usual: fn(&Config) -> Level) -> Level {
    let of = |config: &Config| match (config.guard.get(&rule), usual(config)) {
        (Some(Severity::Warn), Level::Error) => Level::Warn,
        (_, level) => level,
    };
    let strictness = |level: &Level| match level {
        Level::Off => 0,
        Level::Warn => 1,
        Level::Error => 2,
    };
    let levels = old.map(of).into_iter().chain([of(new)]);
    levels.max_by_key(strictness).unwrap_or(Level::Error)
}

/// Looks at a change by every rule.
///
/// # Errors
/// As [`range::resolve`] and [`Sight::of`]; [`crate::error::Kind::NotFound`] for an environment that is not there.
pub(crate) fn check(ground: &Ground, request: &CheckRequest) -> Result<CheckReport, Error> {
    let mut report = CheckReport::default();
    let range = range::resolve(ground, request.range.as_deref(), Uncommitted::Left)?;
    report.range.clone_from(&range.text);
    let sight = Sight::of(&ground.world_at(&range.new)?, ground.own().as_deref())?;
    match sight.has_branches() {
        true => {
            foreign_ref::check((ground, request), (&range, &sight), &mut report)?;
            report.warnings.extend(sight.warnings.iter().cloned());
            report
                .not_run
                .push(("untried", "environments have branches of their own"));
        }
        false => {
            untried::check(ground, request, &mut report)?;
            report.not_run.push(("foreign-ref", "environments share one branch"));
        }
    }
    report.not_run.extend(LATER);
    Ok(report)
}

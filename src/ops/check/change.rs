//! The change that is looked at, and the rules that judge it.

use std::cell::OnceCell;

use super::{CheckReport, CheckRequest, Seat, foreign_ref, untried};
use crate::config::model::{CheckRule, Level};
use crate::error::Error;
use crate::ops::impact::range::{self, Newness, Range, Uncommitted};
use crate::ops::impact::sight::Sight;
use crate::ops::land::Ground;
use crate::ops::world::World;

/// The change that is looked at.
pub(super) struct Change {
    /// None where it cannot be told what the change is.
    pub(super) range: Option<Range>,
    /// The side before it.
    pub(super) old: Option<World>,
    /// Why there is none.
    why: String,
    /// What the new side brings where, once it was asked.
    sight: OnceCell<Result<Sight, Error>>,
}

impl Change {
    /// Finds the change.
    ///
    /// # Errors
    /// As [`range::resolve`], where a range was typed.
    pub(super) fn of(seat: &Seat, request: &CheckRequest, report: &mut CheckReport) -> Result<Change, Error> {
        let none = |why: String| Change {
            range: None,
            old: None,
            why,
            sight: OnceCell::new(),
        };
        let ground = match seat {
            Seat::Ground(ground) => ground,
            Seat::Files(_, why) if request.range.is_some() => return Err(why.clone()),
            Seat::Files(_, why) => {
                "the files here".clone_into(&mut report.range);
                return Ok(none(why.message.clone()));
            }
        };
        let range = match range::resolve(ground, request.range.as_deref(), Uncommitted::Left) {
            Ok(range) => range,
            Err(error) if request.range.is_some() => return Err(error),
            Err(error) => {
                "the files here".clone_into(&mut report.range);
                if has_commits(ground) {
                    report.warnings.push(error.clone());
                    return Ok(none(error.message));
                }
                return Ok(none("there is no commit yet".into()));
            }
        };
        report.range.clone_from(&range.text);
        let old = match &range.old {
            Some(commit) => ground.world_at(commit).ok(),
            None => None,
        };
        Ok(Change {
            range: Some(range),
            old,
            why: String::new(),
            sight: OnceCell::new(),
        })
    }

    /// Whether it has yet to be agreed to.
    pub(super) fn is_judged(&self) -> bool {
        self.range
            .as_ref()
            .is_some_and(|range| range.newness == Newness::Proposed)
    }

    /// Judges the change by one of its rules.
    ///
    /// # Errors
    /// As the rule, where a range was typed.
    pub(super) fn judge(
        &self,
        rule: CheckRule,
        ((seat, request), level): ((&Seat, &CheckRequest), Level),
        report: &mut CheckReport,
    ) -> Result<(), Error> {
        let (Seat::Ground(ground), Some(range)) = (seat, &self.range) else {
            report.not_run(rule, self.why.clone());
            return Ok(());
        };
        let see = || Sight::of(&ground.world_at(&range.new)?, ground.own().as_deref());
        let judged = match self.sight.get_or_init(see) {
            Ok(sight) => judge((rule, level), ((ground, request), range, sight), report),
            Err(error) => Err(error.clone()),
        };
        match judged {
            Err(error) if request.range.is_none() && request.environments.is_empty() => {
                report.not_run(rule, error.message.clone());
                if !report.warnings.contains(&error) {
                    report.warnings.push(error);
                }
                Ok(())
            }
            other => other,
        }
    }
}

fn judge(
    (rule, level): (CheckRule, Level),
    ((ground, request), range, sight): ((&Ground, &CheckRequest), &Range, &Sight),
    report: &mut CheckReport,
) -> Result<(), Error> {
    match (rule, sight.has_branches()) {
        (CheckRule::ForeignRef, true) => {
            foreign_ref::check((ground, request), ((range, sight), level), report)?;
            report.warnings.extend(sight.warnings.iter().cloned());
        }
        (CheckRule::ForeignRef, false) => report.not_run(rule, "environments share one branch"),
        (_, true) => report.not_run(rule, "environments have branches of their own"),
        (_, false) => untried::check((ground, request), level, report)?,
    }
    Ok(())
}

fn has_commits(ground: &Ground) -> bool {
    ground.is_remote_only() || ground.repository.resolve("HEAD").is_ok_and(|head| head.is_some())
}

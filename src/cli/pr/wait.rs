//! `rakops pr wait`.

use clap::{Args, ValueEnum};

use super::host::{HostArgs, with_desk};
use super::status;
use crate::cli::{Context, Outcome};
use crate::config::duration::Length;
use crate::error::Error;
use crate::ops::pull_request::{self, Goal, Waiting, Which};

/// Wait until a pull request is merged, checked or approved
///
/// Ends with 3 if the time runs out, or if it cannot get there any more: it was closed, or a check failed.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops pr wait 57                            until it is merged
  rakops pr wait 57 --for checks --timeout 10m")]
pub(super) struct WaitArgs {
    /// A number, or a branch; the one that is checked out if absent
    #[arg(value_name = "NUMBER|BRANCH")]
    which: Option<String>,

    /// What to wait for
    #[arg(long = "for", value_enum, value_name = "GOAL", default_value = "merged")]
    goal: GoalName,

    /// How long to wait, such as `45m` or `2h`
    #[arg(long, value_name = "DURATION", default_value = "30m")]
    timeout: Length,

    #[command(flatten)]
    host: HostArgs,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GoalName {
    /// It is merged
    Merged,
    /// All checks have passed
    Checks,
    /// It is approved
    Approved,
}

pub(super) fn run(context: &Context, args: &WaitArgs) -> Result<Outcome, Error> {
    let which = Which::parse(args.which.as_deref())?;
    let goal = match args.goal {
        GoalName::Merged => Goal::Merged,
        GoalName::Checks => Goal::Checks,
        GoalName::Approved => Goal::Approved,
    };
    let pr = with_desk(context, &args.host, |desk| {
        let waiting = Waiting {
            goal,
            limit: args.timeout.as_duration(),
            flag: "--timeout DURATION",
            merge: None,
            tell: &|line| context.ui.talk(line),
        };
        pull_request::wait(&desk.host, pull_request::find(desk, &which)?, &waiting)
    })?;
    status::show(context, &pr)?;
    Ok(Outcome::Done)
}

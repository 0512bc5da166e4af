//! `rakops pr wait`.

use clap::{Args, ValueEnum};

use super::host::{HostArgs, with_desk};
use super::{status, which};
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
    let typed = args.which.as_deref();
    // Words that cannot be read are told before anybody is asked.
    Which::parse(typed)?;
    let goal = match args.goal {
        GoalName::Merged => Goal::Merged,
        GoalName::Checks => Goal::Checks,
        GoalName::Approved => Goal::Approved,
    };
    let pr = with_desk(context, &args.host, |desk| {
        let which = which(context, desk, typed)?;
        // Not before the question: a bar would be drawn over it.
        let step = context.ui.begin("waiting for the pull request", None);
        let waiting = Waiting {
            goal,
            limit: args.timeout.as_duration(),
            flag: "--timeout DURATION",
            merge: None,
            tell: &|line| context.ui.talk(line),
        };
        let found = pull_request::find(desk, &which).and_then(|pr| pull_request::wait(&desk.host, pr, &waiting));
        drop(step);
        found
    })?;
    status::show(context, &pr)?;
    Ok(Outcome::Done)
}

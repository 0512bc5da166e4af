//! `rakops pr`: the pull requests of the repository, whatever forge has them.

mod close;
mod comment;
mod create;
pub(super) mod host;
mod list;
mod merge;
mod status;
mod wait;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{Context, Outcome, guide};
use crate::error::Error;
use crate::forge::{Checks, Method, PullRequest, ReviewDecision, Stage, State};
use crate::ops::pull_request::{self, Desk, Which};
use crate::ui::report::{self, Level};

/// Open, watch, merge and comment on pull requests on any forge
#[derive(Args, Debug)]
pub(super) struct PrArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Create(create::CreateArgs),
    List(list::ListArgs),
    Status(status::StatusArgs),
    Wait(wait::WaitArgs),
    Merge(merge::MergeArgs),
    Close(close::CloseArgs),
    Comment(comment::CommentArgs),
}

impl PrArgs {
    pub(super) fn name(&self) -> &'static str {
        match self.command {
            Command::Create(_) => "pr create",
            Command::List(_) => "pr list",
            Command::Status(_) => "pr status",
            Command::Wait(_) => "pr wait",
            Command::Merge(_) => "pr merge",
            Command::Close(_) => "pr close",
            Command::Comment(_) => "pr comment",
        }
    }
}

pub(super) fn run(context: &Context, args: PrArgs) -> Result<Outcome, Error> {
    match args.command {
        Command::Create(args) => create::run(context, args),
        Command::List(args) => list::run(context, &args),
        Command::Status(args) => status::run(context, &args),
        Command::Wait(args) => wait::run(context, &args),
        Command::Merge(args) => merge::run(context, &args),
        Command::Close(args) => close::run(context, &args),
        Command::Comment(args) => comment::run(context, &args),
    }
}

/// How a pull request becomes part of its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MethodName {
    /// With a merge commit
    Merge,
    /// As one commit
    Squash,
    /// Commit by commit
    Rebase,
}

impl From<MethodName> for Method {
    fn from(name: MethodName) -> Method {
        match name {
            MethodName::Merge => Method::Merge,
            MethodName::Squash => Method::Squash,
            MethodName::Rebase => Method::Rebase,
        }
    }
}

/// Which pull request is meant: the one that was named, else that of the branch that is checked out, else one of those that are
/// open.
fn which(context: &Context, desk: &Desk<'_>, typed: Option<&str>) -> Result<Which, Error> {
    let which = Which::parse(typed)?;
    if typed.is_some() || !context.ui.can_prompt() {
        return Ok(which);
    }
    let refusal = match pull_request::find(desk, &which) {
        Ok(found) => return Ok(Which::Number(found.number)),
        Err(refusal) => refusal,
    };
    let can_be_chosen = ["no-pull-request", "branch-unknown", "several-pull-requests"].contains(&refusal.code);
    let open = match can_be_chosen {
        true => pull_request::list(desk, None)?,
        false => Vec::new(),
    };
    if open.is_empty() {
        return Err(refusal);
    }
    let entry = |pr: &PullRequest| format!("{}  {}  ({} -> {})", pr.number, pr.title, pr.lane.head, pr.lane.base);
    let entries: Vec<String> = open.iter().map(entry).collect();
    let chosen = guide::one_of(context, ("which pull request?", &refusal.hints), &entries)?;
    let number = open[chosen].number;
    context.typed.argument(&number.to_string());
    Ok(Which::Number(number))
}

/// A pull request as JSON: the same part in every document that names one.
fn document(pr: &PullRequest, created: bool) -> Value {
    json!({
        "number": pr.number, "url": pr.url, "branch": pr.lane.head.as_str(), "base": pr.lane.base.as_str(),
        "created": created, "title": pr.title, "draft": pr.stage == Stage::Draft,
        "state": match pr.state {
            State::Open => "open",
            State::Merged => "merged",
            State::Closed => "closed",
        },
        "checks": match pr.checks {
            Checks::None => "none",
            Checks::Pending => "pending",
            Checks::Passed => "passed",
            Checks::Failed => "failed",
            Checks::Unknown => "unknown",
        },
        "review": match pr.review {
            ReviewDecision::None => "none",
            ReviewDecision::Required => "required",
            ReviewDecision::Approved => "approved",
            ReviewDecision::ChangesRequested => "changes-requested",
            ReviewDecision::Unknown => "unknown",
        },
        "mergeable": pr.mergeable, "auto_merge": pr.auto_merge, "author": pr.author, "labels": pr.labels,
        "head": pr.head_oid.as_ref().map(ToString::to_string), "merged_at": pr.merged_at,
        "merge_commit": pr.merge_oid.as_ref().map(ToString::to_string), "merged_by": pr.merged_by,
    })
}

fn warnings(warnings: &[Error]) -> Vec<Value> {
    warnings
        .iter()
        .map(|warning| report::json(Level::Warning, warning))
        .collect()
}

//! `rakops pr status`.

use clap::Args;
use serde_json::json;

use super::host::{HostArgs, with_desk};
use super::{document, which};
use crate::cli::manner::Output;
use crate::cli::{Context, Outcome, output};
use crate::error::Error;
use crate::forge::PullRequest;
use crate::ops::pull_request::{self, Which};

/// Show where a pull request stands: checks, reviews, merge
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops pr status           the one of the branch that is checked out
  rakops pr status 57
  rakops pr status feature -o json")]
pub(super) struct StatusArgs {
    /// A number, or a branch; the one that is checked out if absent
    #[arg(value_name = "NUMBER|BRANCH")]
    which: Option<String>,

    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(context: &Context, args: &StatusArgs) -> Result<Outcome, Error> {
    let typed = args.which.as_deref();
    // Words that cannot be read are told before anybody is asked.
    Which::parse(typed)?;
    let pr = with_desk(context, &args.host, |desk| {
        let which = which(context, desk, typed)?;
        let step = context.ui.begin("asking for the pull request", None);
        let found = pull_request::find(desk, &which);
        drop(step);
        found
    })?;
    show(context, &pr)?;
    Ok(Outcome::Done)
}

/// Shows one pull request that was only looked at.
pub(super) fn show(context: &Context, pr: &PullRequest) -> Result<(), Error> {
    let ui = &context.ui;
    match context.output {
        Output::Json => output::json(
            ui,
            &json!({
                "schema": output::SCHEMA, "command": context.name, "pull_request": document(pr, false),
                "warnings": [],
            }),
        ),
        Output::Name => ui.data(format!("{}\n", pr.url)),
        Output::Text => ui.data(format!(
            "{} {}\n{} -> {}\n{}\n{}\n",
            pr.number,
            pr.title,
            pr.lane.head,
            pr.lane.base,
            pull_request::standing(pr),
            pr.url
        )),
    }
}

//! `rakops pr close`.

use clap::Args;
use serde_json::json;

use super::host::{HostArgs, with_desk};
use super::{document, which};
use crate::cli::manner::Output;
use crate::cli::{Context, Outcome, output};
use crate::error::Error;
use crate::ops::pull_request::{self, Run, Which};

/// Close a pull request without merging it
///
/// Its branch stays. What is closed or merged already is left as it is, and that is a success.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops pr close 57 --reason 'superseded by 61'
  rakops pr close rakops/bump/stg/api")]
pub(super) struct CloseArgs {
    /// A number, or a branch; the one that is checked out if absent
    #[arg(value_name = "NUMBER|BRANCH")]
    which: Option<String>,

    /// Why: it becomes a comment
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(context: &Context, args: &CloseArgs) -> Result<Outcome, Error> {
    let typed = args.which.as_deref();
    // Words that cannot be read are told before anybody is asked.
    Which::parse(typed)?;
    let dry_run = context.manner.dry_run;
    let run = if dry_run { Run::Dry } else { Run::Real };
    let (pr, changed) = with_desk(context, &args.host, |desk| {
        let which = which(context, desk, typed)?;
        pull_request::close(desk, &which, (args.reason.as_deref(), run))
    })?;
    let ui = &context.ui;
    match context.output {
        Output::Json => output::json(
            ui,
            &json!({
                "schema": output::SCHEMA, "command": context.name, "changed": changed, "dry_run": dry_run,
                "pull_request": document(&pr, false), "warnings": [],
            }),
        )?,
        Output::Name | Output::Text => ui.data(format!("{}\n", pr.url))?,
    }
    ui.talk(match (changed, dry_run) {
        (true, false) => format!("closed pull request {}", pr.number),
        (true, true) => format!("would close pull request {}", pr.number),
        (false, _) => format!("pull request {} is not open", pr.number),
    });
    Ok(if changed { Outcome::Changed } else { Outcome::Done })
}

//! `rakops pr merge`.

use clap::Args;
use serde_json::json;

use super::host::{HostArgs, with_desk};
use super::{MethodName, document, which};
use crate::cli::ci::outputs::{Changed, tell_request};
use crate::cli::manner::Output;
use crate::cli::{Context, Outcome, output};
use crate::error::{Error, Kind};
use crate::git::names::Oid;
use crate::ops::pull_request::{self, Run, Which};

/// Merge a pull request, and only the commit that was looked at
///
/// A head that moves in between is not merged, where the forge can hold to that; what is merged already is a success.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops pr merge 57
  rakops pr merge 57 --method squash --expect-head 4f0c2b9d5c1f7a8e6b3d2c1a0f9e8d7c6b5a4f3e")]
pub(super) struct MergeArgs {
    /// A number, or a branch; the one that is checked out if absent
    #[arg(value_name = "NUMBER|BRANCH")]
    which: Option<String>,

    /// How; the repository's own way if absent
    #[arg(long, value_enum, value_name = "METHOD")]
    method: Option<MethodName>,

    /// Merge only if this whole commit id is its head
    #[arg(long, value_name = "OID")]
    expect_head: Option<String>,

    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(context: &Context, args: &MergeArgs) -> Result<Outcome, Error> {
    let typed = args.which.as_deref();
    // Words that cannot be read are told before anybody is asked.
    Which::parse(typed)?;
    let expected = match &args.expect_head {
        None => None,
        Some(text) => Some(Oid::parse(text).ok_or_else(|| {
            Error::new(
                Kind::Usage,
                "not-a-commit",
                format!("`{text}` is no whole commit id of 40 or 64 digits"),
            )
        })?),
    };
    let dry_run = context.manner.dry_run;
    let run = if dry_run { Run::Dry } else { Run::Real };
    let report = with_desk(context, &args.host, |desk| {
        let which = which(context, desk, typed)?;
        pull_request::merge(desk, &which, (expected, args.method.map(Into::into)), run)
    })?;
    let (ui, pr) = (&context.ui, &report.request);
    let changed = if report.changed { Changed::Yes } else { Changed::No };
    tell_request(context, Some(pr), changed)?;
    match context.output {
        Output::Json => output::json(
            ui,
            &json!({
                "schema": output::SCHEMA, "command": context.name, "changed": report.changed, "dry_run": dry_run,
                "pull_request": document(pr, false), "commit": pr.merge_oid.as_ref().map(ToString::to_string),
                "warnings": [],
            }),
        )?,
        Output::Name | Output::Text => ui.data(format!("{}\n", pr.url))?,
    }
    let into = format!("pull request {} into {}", pr.number, pr.lane.base);
    ui.talk(match (report.changed, dry_run) {
        (true, false) => format!("merged {into}"),
        (true, true) => format!("would merge {into}"),
        (false, _) => format!("{into} is merged already"),
    });
    Ok(if report.changed {
        Outcome::Changed
    } else {
        Outcome::Done
    })
}

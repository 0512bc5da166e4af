//! `rakops pr create`.

use clap::Args;
use serde_json::{Value, json};

use super::host::{HostArgs, with_desk};
use super::{MethodName, comment, document, warnings};
use crate::cli::ci::outputs::{Changed, tell_request};
use crate::cli::manner::Output;
use crate::cli::{Context, Outcome, output};
use crate::error::{Error, Hint, Kind};
use crate::forge::{AutoMerge, Decoration, Stage};
use crate::git::names::BranchName;
use crate::ops::pull_request::{self, CreateReport, CreateRequest, Done, Run};

/// Open a pull request, or bring the one that is open up to date
///
/// There is at most one open pull request from a branch to another: run again, this changes its title, text, labels and
/// reviewers, and nothing else. The branch has to be pushed before.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops pr create                                    the branch that is checked out
  rakops pr create --onto staging --title 'api 1.5.0'
  rakops pr create --reviewer anna --reviewer acme/platform --label deploy --auto-merge")]
pub(super) struct CreateArgs {
    /// The branch with the change; the one that is checked out if absent
    #[arg(long, value_name = "BRANCH")]
    head: Option<String>,

    /// The branch it is meant for; the default branch if absent
    #[arg(long, value_name = "BRANCH")]
    onto: Option<String>,

    /// Its title; the subject of the last commit if absent
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// Its text, in Markdown
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    body: Option<String>,

    /// Read its text from this file, or from standard input if `-`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    body_file: Option<String>,

    /// Add this label
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    label: Vec<String>,

    /// Ask this person, or ORGANISATION/TEAM, for a review
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    reviewer: Vec<String>,

    /// Open it as a draft, or make it one
    #[arg(long)]
    draft: bool,

    /// Have the forge merge it as soon as it may
    #[arg(long, conflicts_with = "draft")]
    auto_merge: bool,

    /// How it is merged then
    #[arg(long, value_enum, value_name = "METHOD", requires = "auto_merge")]
    method: Option<MethodName>,

    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(context: &Context, args: CreateArgs) -> Result<Outcome, Error> {
    let branch = |name: &Option<String>| name.as_deref().map(BranchName::parse).transpose();
    let body = match (args.body, &args.body_file) {
        (None, Some(file)) => Some(comment::text_of(context, file, &args.host)?),
        (body, _) => body,
    };
    let request = CreateRequest {
        head: branch(&args.head)?,
        base: branch(&args.onto)?,
        title: args.title,
        body,
        stage: args.draft.then_some(Stage::Draft),
        decoration: Decoration {
            labels: args.label,
            reviewers: args.reviewer,
        },
        auto_merge: args.auto_merge.then(|| args.method.map(Into::into)),
    };
    let run = if context.manner.dry_run { Run::Dry } else { Run::Real };
    let report = with_desk(context, &args.host, |desk| pull_request::create(desk, request, run))?;
    let changed = match report.done {
        Done::Opened | Done::Updated => Changed::Yes,
        Done::Unchanged | Done::NothingBetween => Changed::No,
    };
    tell_request(context, report.request.as_ref(), changed)?;
    show(context, &report)?;
    if let Some(error) = shortfall(&report) {
        return Err(error);
    }
    Ok(match report.done {
        Done::Opened | Done::Updated => Outcome::Changed,
        Done::Unchanged | Done::NothingBetween => Outcome::Done,
    })
}

/// What was asked for and is not so: the request stays, and the command ends with a refusal.
fn shortfall(report: &CreateReport) -> Option<Error> {
    let number = report.request.as_ref()?.number;
    if let Some(AutoMerge::Unavailable(why)) = &report.auto_merge {
        return Some(
            Error::new(
                Kind::Refused,
                "auto-merge-unavailable",
                format!("pull request {number} is open, but the forge will not merge it by itself"),
            )
            .because(why)
            .hint(Hint::Run(format!("rakops pr wait {number} --for checks")))
            .hint(Hint::Run(format!("rakops pr merge {number}"))),
        );
    }
    let (what, first) = report.applied.failed.first()?;
    let mut error = Error::new(
        first.kind,
        "not-all-applied",
        format!("pull request {number} is open, but without {what}"),
    )
    .because(&first.message);
    error.causes.extend(first.causes.iter().cloned());
    error.hints.clone_from(&first.hints);
    Some(error)
}

fn show(context: &Context, report: &CreateReport) -> Result<(), Error> {
    let ui = &context.ui;
    let lane = &report.lane;
    match (context.output, &report.request) {
        // A refusal is told as a document of its own.
        (Output::Json, _) if shortfall(report).is_some() => {}
        (Output::Json, _) => output::json(ui, &json_of(context, report))?,
        (_, Some(pr)) => ui.data(format!("{}\n", pr.url))?,
        (_, None) => {}
    }
    if context.output != Output::Json {
        report.warnings.iter().for_each(|warning| ui.warn(warning));
    }
    let number = report
        .request
        .as_ref()
        .map(|pr| pr.number.to_string())
        .unwrap_or_default();
    let from_to = format!("from {} to {}", lane.head, lane.base);
    let line = match (report.done, context.manner.dry_run) {
        (Done::Opened, false) => format!("opened pull request {number} {from_to}"),
        (Done::Opened, true) => format!("would open a pull request {from_to}"),
        (Done::Updated, false) => format!("updated pull request {number} {from_to}"),
        (Done::Updated, true) => format!("would update pull request {number} {from_to}"),
        (Done::Unchanged, _) => format!("pull request {number} {from_to} is already so"),
        (Done::NothingBetween, _) => format!("{} holds nothing that {} does not hold", lane.head, lane.base),
    };
    ui.talk(line);
    for what in &report.applied.unsupported {
        ui.talk(format!("not on this forge: {what}"));
    }
    match &report.auto_merge {
        Some(AutoMerge::Enabled) => ui.talk("the forge merges it as soon as it may"),
        Some(AutoMerge::MergedNow) => ui.talk("it is merged"),
        Some(AutoMerge::Unavailable(_)) => {}
        None if report.done == Done::Opened && !context.manner.dry_run => {
            ui.talk(format!("next: rakops pr wait {number}"));
        }
        None => {}
    }
    Ok(())
}

fn json_of(context: &Context, report: &CreateReport) -> Value {
    let pr = report.request.as_ref().filter(|_| !context.manner.dry_run);
    json!({
        "schema": output::SCHEMA, "command": context.name,
        "changed": matches!(report.done, Done::Opened | Done::Updated), "dry_run": context.manner.dry_run,
        "pull_request": pr.map(|pr| document(pr, report.done == Done::Opened)),
        "applied": report.applied.done, "unsupported": report.applied.unsupported,
        "auto_merge": report.auto_merge.as_ref().map(|outcome| match outcome {
            AutoMerge::Enabled => "enabled",
            AutoMerge::MergedNow => "merged",
            AutoMerge::Unavailable(_) => "unavailable",
        }),
        "warnings": warnings(&report.warnings),
    })
}

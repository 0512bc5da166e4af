//! `rakops terraform comment`.

use clap::Args;
use serde_json::json;

use super::input::{self, Input};
use super::summary::counts;
use crate::cli::ci;
use crate::cli::ci::request::{About, From, about};
use crate::cli::manner::Output;
use crate::cli::pr::host::{HostArgs, with_desk};
use crate::cli::{Context, Outcome, output};
use crate::error::{Error, Hint, Kind};
use crate::forge::Commented;
use crate::forge::comment::{NO_NEWS, ROOM};
use crate::ops::pull_request::{self, Which};
use crate::ops::terraform::comment::{self, Step, Story};
use crate::ops::terraform::key::Place;
use crate::ops::terraform::read;
use crate::ops::terraform::sensitive::Sensitive;
use crate::text::secret::redact;

/// Keep one comment on a pull request that tells what a plan would do
///
/// One comment for each root module and workspace: made once, then replaced, and nothing is sent while it says the same.
/// What is deleted and replaced comes first and is never cut; no value is told. Where a step has not succeeded, there need
/// not be a plan.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  terraform show -json tfplan | rakops terraform comment --root infra/prd
  rakops terraform comment plan.json --pr 57 --step fmt=success --step validate=success
  rakops terraform comment plan.json --plan-text plan.txt -n       show the comment, send nothing
  rakops terraform comment --pr 57 --step validate=failure         there is no plan")]
pub(super) struct CommentArgs {
    /// The plan as JSON; - or nothing is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: Option<String>,

    /// The pull request; that of the CI run, or of this branch, if absent
    #[arg(long, value_name = "NUMBER|BRANCH")]
    pr: Option<String>,

    /// The directory of the root module; the current one if absent
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = clap::ValueHint::DirPath)]
    root: String,

    /// The workspace
    #[arg(long, value_name = "NAME", default_value = "default", env = "TF_WORKSPACE")]
    workspace: String,

    /// What came of a step: success, failure, cancelled or skipped
    #[arg(long = "step", value_name = "NAME=OUTCOME")]
    steps: Vec<String>,

    /// Show what `terraform fmt -diff` wrote to this file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    fmt_diff: Option<String>,

    /// Show the plan's own text of this file, with its values
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    plan_text: Option<String>,

    /// The commit that was planned; what the CI run is about if absent
    #[arg(long, value_name = "SHA")]
    plan_commit: Option<String>,

    /// The address of the run; of the CI run if absent
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    run_url: Option<String>,

    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(context: &Context, args: &CommentArgs) -> Result<Outcome, Error> {
    let about = match context.place.repo {
        // The run is about another repository.
        Some(_) => None,
        None => about(&context.process),
    };
    let which = match (&args.pr, &about) {
        (None, Some(about)) => Which::Number(about.number),
        (typed, _) => Which::parse(typed.as_deref())?,
    };
    let story = story(context, args)?;
    let (key, text) = (story.place.key(), comment::write(&story, (ROOM, NO_NEWS)));
    let mut document = json!({
        "schema": output::SCHEMA, "command": context.name, "changed": true, "key": key, "root": story.place.root,
        "workspace": story.place.workspace, "counts": story.plan.as_ref().map(counts), "url": null, "number": null,
        "warnings": [],
    });
    if context.manner.dry_run {
        document["dry_run"] = json!(true);
        document["text"] = json!(text);
        match context.output {
            Output::Json => output::json(&context.ui, &document)?,
            Output::Name | Output::Text => context.ui.data(&text)?,
        }
        context.ui.talk(format!("would keep this as the comment {key}"));
        return Ok(Outcome::Changed);
    }
    let kept = with_desk(context, &args.host, |desk| {
        pull_request::comment(desk, &which, (&key, &text))
    });
    let (number, commented) = kept.map_err(|error| of_fork(error, about.as_ref()))?;
    let (verb, url, changed) = match &commented {
        Commented::Made(url) => ("made", url, true),
        Commented::Updated(url) => ("replaced", url, true),
        Commented::Unchanged(url) => ("already said so", url, false),
    };
    match context.output {
        Output::Json => {
            document["changed"] = json!(changed);
            document["number"] = json!(number);
            document["url"] = json!(url);
            output::json(&context.ui, &document)?;
        }
        Output::Name | Output::Text => context.ui.data(format!("{url}\n"))?,
    }
    context
        .ui
        .talk(format!("comment {key} on pull request {number}: {verb}"));
    Ok(if changed { Outcome::Changed } else { Outcome::Done })
}

/// Reads everything that the comment tells.
fn story(context: &Context, args: &CommentArgs) -> Result<Story, Error> {
    let place = Place::new((&input::below(context)?, &args.root), &args.workspace)?;
    let is_stdin = args.file.as_deref().is_none_or(|file| file == "-");
    if is_stdin && args.host.takes_stdin() {
        return Err(Error::new(
            Kind::Usage,
            "stdin-twice",
            "standard input holds either the token or the plan",
        ));
    }
    let steps = args.steps.iter().map(|step| Step::parse(step));
    let steps = steps.collect::<Result<Vec<Step>, Error>>()?;
    let is_whole = steps.iter().all(|step| step.outcome == comment::Outcome::Success);
    let Input { name, bytes } = input::read(context, args.file.as_deref())?;
    let plan = match bytes.as_deref() {
        // What was to be planned was not, and that is what there is to tell.
        None | Some([]) if !is_whole => None,
        None => {
            return Err(Error::new(
                Kind::NotFound,
                "file-system",
                format!("cannot find `{name}`"),
            ));
        }
        Some(bytes) => Some(read::read(&name, bytes)?),
    };
    let sensitive = match (&args.plan_text, &plan) {
        (Some(_), Some(_)) => Sensitive::of(bytes.as_deref().unwrap_or_default())?,
        _ => Sensitive::default(),
    };
    let text = |file: &Option<String>| file.as_ref().map(|file| input::text(context, file)).transpose();
    let run = args.run_url.clone().map(address).transpose()?;
    Ok(Story {
        place,
        steps,
        plan,
        fmt_diff: text(&args.fmt_diff)?.map(|text| redact(&text).into_owned()),
        plan_text: text(&args.plan_text)?.map(|text| redact(&sensitive.mask(&text)).into_owned()),
        commit: args
            .plan_commit
            .clone()
            .or_else(|| ci::request::commit(&context.process)),
        run: run.or_else(|| ci::run(&context.process)).filter(|it| is_link(it)),
    })
}

fn address(typed: String) -> Result<String, Error> {
    match is_link(&typed) {
        true => Ok(typed),
        false => Err(Error::new(
            Kind::Usage,
            "run-url",
            "the address of the run begins with http:// or https:// and has no blanks or brackets",
        )),
    }
}

/// Whether an address can stand in a link of Markdown and end nowhere else.
fn is_link(address: &str) -> bool {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "()<>[]\\\"`".contains(c);
    (address.starts_with("https://") || address.starts_with("http://")) && !address.contains(is_odd)
}

/// Adds why a run for a fork may not write.
fn of_fork(error: Error, about: Option<&About>) -> Error {
    let is_fork = about.is_some_and(|about| about.source == From::Fork);
    if error.kind != Kind::Access || !is_fork {
        return error;
    }
    error.hint(Hint::Say(
        "the pull request comes from a fork, whose runs have a token that may only read: keep the comment's text with `-n`, and \
         send it from a run of the repository itself"
            .into(),
    ))
}

//! `rakops pr comment`.

use clap::Args;
use serde_json::json;

use super::host::{HostArgs, with_desk};
use super::which;
use crate::cli::manner::Output;
use crate::cli::{Context, Outcome, output};
use crate::error::{Error, Kind};
use crate::forge::Commented;
use crate::forge::comment::check_key;
use crate::ops::pull_request::{self, Which};

/// Keep one comment on a pull request: made once, then replaced
///
/// The comment is found again by its key, and only among the comments of the token's own user.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops pr comment 57 --key plan --body 'nothing changes'
  rakops pr comment 57 --key plan --body-file plan.md")]
pub(super) struct CommentArgs {
    /// A number, or a branch; the one that is checked out if absent
    #[arg(value_name = "NUMBER|BRANCH")]
    which: Option<String>,

    /// What tells this comment from others of ours
    #[arg(long, visible_alias = "sticky", value_name = "KEY")]
    key: String,

    /// The text, in Markdown
    #[arg(
        long,
        value_name = "TEXT",
        required_unless_present = "body_file",
        conflicts_with = "body_file"
    )]
    body: Option<String>,

    /// Read the text from this file, or from standard input if `-`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    body_file: Option<String>,

    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(context: &Context, args: &CommentArgs) -> Result<Outcome, Error> {
    let typed = args.which.as_deref();
    // Words that cannot be read are told before anybody is asked.
    Which::parse(typed)?;
    check_key(&args.key)?;
    let text = match (&args.body, &args.body_file) {
        (Some(text), _) => text.clone(),
        (None, Some(file)) => text_of(context, file, &args.host)?,
        (None, None) => String::new(),
    };
    if context.manner.dry_run {
        let document = json!({
            "schema": output::SCHEMA, "command": context.name, "changed": true, "dry_run": true, "key": args.key,
            "text": text, "url": null, "warnings": [],
        });
        match context.output {
            Output::Json => output::json(&context.ui, &document)?,
            Output::Name | Output::Text => context.ui.data(&text)?,
        }
        context.ui.talk(format!("would keep this as the comment {}", args.key));
        return Ok(Outcome::Changed);
    }
    let (number, commented) = with_desk(context, &args.host, |desk| {
        let which = which(context, desk, typed)?;
        pull_request::comment(desk, &which, (&args.key, &text))
    })?;
    let (verb, url, changed) = match &commented {
        Commented::Made(url) => ("made", url, true),
        Commented::Updated(url) => ("replaced", url, true),
        Commented::Unchanged(url) => ("already said so", url, false),
    };
    match context.output {
        Output::Json => output::json(
            &context.ui,
            &json!({
                "schema": output::SCHEMA, "command": context.name, "changed": changed, "number": number,
                "key": args.key, "url": url, "warnings": [],
            }),
        )?,
        Output::Name | Output::Text => context.ui.data(format!("{url}\n"))?,
    }
    context
        .ui
        .talk(format!("comment {} on pull request {number}: {verb}", args.key));
    Ok(if changed { Outcome::Changed } else { Outcome::Done })
}

/// Reads a text from a file, or from standard input if it is called `-`.
pub(super) fn text_of(context: &Context, file: &str, host: &HostArgs) -> Result<String, Error> {
    if file != "-" {
        let path = context.place.resolve(&context.process).directory.join(file);
        return std::fs::read_to_string(path).map_err(|cause| Error::files(file, "cannot read", &cause));
    }
    if host.takes_stdin() {
        return Err(Error::new(
            Kind::Usage,
            "stdin-twice",
            "standard input holds either the token or the text",
        ));
    }
    let mut text = String::new();
    std::io::Read::read_to_string(&mut std::io::stdin(), &mut text)
        .map_err(|cause| Error::files("standard input", "cannot read", &cause))?;
    Ok(text)
}

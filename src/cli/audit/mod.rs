//! `rakops audit`.

mod answers;
mod document;
mod show;
mod words;
mod write;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::landing::TokenArgs;
use super::landing::forge::Post;
use super::look::{self, History, ReadArgs, Seen};
use super::{Context, Outcome, written};
use crate::config::duration::Length;
use crate::error::{Error, Hint, Kind};
use crate::forge::Host;
use crate::ops::audit::{self, AuditReport, AuditRequest, Required, SigningRequired, Span};
use crate::text::time;

/// Show who changed what in an environment, and who approved it
///
/// One row for every change that reached the environment: what changed by meaning, who wrote, committed, merged and
/// approved it, when, and what is missing as evidence. History comes from git; approvals, checks and force pushes come
/// from the forge. What cannot be known is said, and never counts as approved.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops audit prd --since 2026-10-01                 the evidence table
  rakops audit prd --since 90d --write report.html    a page to hand over
  rakops audit --since 2026-07-01 --until 2026-09-30 --write q3.csv --keep-answers raw/
  rakops audit prd --since 7d --require approved,code-owner
  rakops audit prd --since 30d --no-forge             what git alone proves")]
pub(super) struct AuditArgs {
    /// Environments or groups; all if none is named
    #[arg(value_name = "ENV")]
    environments: Vec<String>,

    /// The first day, moment or age: 2026-10-01, 2026-10-01T09:00:00Z, 30d
    #[arg(long, value_name = "DATE", value_parser = When::parse)]
    since: When,

    /// The last day, moment or age; now if absent
    #[arg(long, value_name = "DATE", value_parser = When::parse)]
    until: Option<When>,

    /// Exit 1 if a change lacks one of these
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_enum)]
    require: Vec<RequireArg>,

    /// Write the report into this .html, .md, .csv or .jsonl file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    write: Vec<PathBuf>,

    /// Keep every answer of the forge in this directory, with its hash
    ///
    /// `sha256sum -c SHA256SUMS` checks later that they are the same, and `answers.jsonl` says what was asked for each.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    keep_answers: Option<PathBuf>,

    /// Read git alone, and say what cannot be known
    #[arg(long)]
    no_forge: bool,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    token: TokenArgs,
}

/// What a change must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RequireArg {
    /// A merged pull request brought it
    PullRequest,
    /// Somebody else approved what was merged, before it was
    Approved,
    /// Code owners of every changed path approved it
    CodeOwner,
    /// Its commit has a valid signature
    Signed,
    /// No check had failed or was running when it was merged
    Checks,
}

impl RequireArg {
    fn required(self) -> Required {
        match self {
            RequireArg::PullRequest => Required::PullRequest,
            RequireArg::Approved => Required::Approved,
            RequireArg::CodeOwner => Required::CodeOwner,
            RequireArg::Signed => Required::Signed,
            RequireArg::Checks => Required::Checks,
        }
    }
}

/// A day, a moment, or how long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Its first second, since 1970.
    Day(i64),
    /// Seconds since 1970.
    Moment(i64),
    /// Seconds before now.
    Ago(i64),
}

impl When {
    fn parse(text: &str) -> Result<When, String> {
        if let Some(moment) = time::read(text) {
            return Ok(When::Moment(moment));
        }
        if let Some(day) = time::read(&format!("{text}T00:00:00Z")) {
            return Ok(When::Day(day));
        }
        if let Ok(length) = text.parse::<Length>() {
            return Ok(When::Ago(length.as_duration().as_secs().try_into().unwrap_or(i64::MAX)));
        }
        Err(format!(
            "`{text}` is no date; write for example `2026-10-01`, `2026-10-01T09:00:00Z` or `30d`"
        ))
    }

    fn first(self, now: i64) -> i64 {
        match self {
            When::Day(at) | When::Moment(at) => at,
            When::Ago(ago) => now.saturating_sub(ago),
        }
    }

    fn last(self, now: i64) -> i64 {
        match self {
            When::Day(at) => at + 86_399,
            other => other.first(now),
        }
    }
}

pub(super) fn run(context: &Context, args: &AuditArgs) -> Result<Outcome, Error> {
    let now = context.process.now();
    let span = Span {
        since: args.since.first(now),
        until: args.until.map(|until| until.last(now)),
    };
    if span.until.is_some_and(|until| until < span.since) {
        let message = format!(
            "`--until` ({}) is before `--since` ({})",
            time::moment(span.until.unwrap_or_default()),
            time::moment(span.since)
        );
        return Err(Error::new(Kind::Usage, "empty-span", message));
    }
    // A gate must not pass because a year was mistyped.
    if span.since > now {
        let message = format!("`--since` ({}) is in the future", time::moment(span.since));
        return Err(Error::new(Kind::Usage, "empty-span", message)
            .hint(Hint::Say(format!("it is {}; days are those of UTC", time::moment(now)))));
    }
    for file in &args.write {
        write::Form::of(file)?;
        written::has_directory(&context.process.directory, file)?;
    }
    let required: Vec<Required> = args.require.iter().map(|it| it.required()).collect();
    let request = AuditRequest {
        environments: args.environments.clone(),
        span,
        is_signing_required: match required.contains(&Required::Signed) {
            true => SigningRequired::Always,
            false => SigningRequired::AsProtected,
        },
    };
    let keeper = args.keep_answers.as_ref().map(|_| answers::Keeper::default());
    let report = {
        let mut post = Post::new(context, &args.token)?;
        if let Some(keeper) = &keeper {
            post = post.keeping(|kept| keeper.keep(kept));
        }
        look::standing_with(context, &post, (&args.read, History::Whole), &|seen| {
            let host = host(context, args, seen)?;
            let step = context.ui.begin("reading history", None);
            let on_commit = || step.advance(1);
            let report = audit::audit(seen.ground, seen.standing, (&request, host.as_ref(), &on_commit));
            step.done("looked at", "commit");
            report
        })
    };
    let kept = match (&keeper, &args.keep_answers) {
        (Some(keeper), Some(directory)) => keeper.write(&context.process.directory.join(directory))?,
        _ => Vec::new(),
    };
    let report = report?;
    let paper = Paper {
        report: &report,
        span,
        made: now,
        required: &required,
        answers: &kept,
    };
    for file in &args.write {
        write::write(&context.process.directory.join(file), &paper)?;
    }
    show::show(context, &paper)?;
    for file in &args.write {
        context.ui.talk(format!("wrote {}", file.display()));
    }
    Ok(match report.offending(&required).is_empty() {
        true => Outcome::Done,
        false => Outcome::Found,
    })
}

/// A report, with what it was asked for.
pub(super) struct Paper<'p> {
    report: &'p AuditReport,
    span: Span,
    /// When it was made, in seconds since 1970.
    made: i64,
    required: &'p [Required],
    /// The answers that were kept.
    answers: &'p [answers::Answer],
}

/// The forge of the repository; none where git alone is to be read, or where there is none.
fn host<'s>(context: &Context, args: &AuditArgs, seen: &Seen<'s, '_>) -> Result<Option<Host<'s>>, Error> {
    let alone = |why: &str| context.ui.talk(format!("{why}: git alone is read"));
    let remote = match (&seen.ground.remote, args.no_forge, seen.is_local) {
        (_, true, _) => return Ok(None),
        (_, _, true) => return Ok(None),
        (None, ..) => {
            alone("there is no remote");
            return Ok(None);
        }
        (Some(remote), ..) => remote,
    };
    let host = match seen.post.open(remote.url(), &seen.ground.look.loaded.config) {
        Ok(host) => host,
        Err(error) if error.kind == Kind::Config => {
            context.ui.warn(&error);
            alone("it is not known which forge has the repository");
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    host.require_token().map_err(|error| {
        error.hint(Hint::Flag(
            "--no-forge".into(),
            "reads git alone, which cannot know who approved what".into(),
        ))
    })?;
    Ok(Some(host))
}

#[cfg(test)]
mod tests {
    use super::When;

    #[test]
    fn a_day_has_all_of_its_seconds_and_an_age_counts_from_now() {
        let day = When::parse("2026-11-22").unwrap();
        assert_eq!((day.first(0), day.last(0)), (1_795_305_600, 1_795_391_999));
        let moment = When::parse("2026-11-22T10:12:00+01:00").unwrap();
        assert_eq!((moment.first(0), moment.last(0)), (1_795_338_720, 1_795_338_720));
        let age = When::parse("2d").unwrap();
        assert_eq!((age.first(200_000), age.last(200_000)), (27_200, 27_200));
        for bad in ["", "yesterday", "2026-13-01", "2026-02-30", "12", "26-01-01"] {
            assert!(When::parse(bad).is_err(), "{bad}");
        }
    }
}

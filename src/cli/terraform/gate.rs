//! `rakops terraform gate`.

use std::path::PathBuf;

use clap::Args;

use super::input;
use super::record;
use crate::cli::ci;
use crate::cli::landing::forge::Post;
use crate::cli::landing::{Speaker, TokenArgs};
use crate::cli::manner::Output;
use crate::cli::{Context, Outcome, look, output};
use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid};
use crate::ops::land::Ground;
use crate::ops::standing::Tips;
use crate::ops::terraform::gate::{self, Gate, GateRequest, Target};
use crate::ops::terraform::key;
use crate::text::digest;

/// Tell whether a plan may be applied: approved as it must be, and current
///
/// For a merged commit: its pull request was approved on the head that was planned, before it was merged, by somebody
/// other than its author, and by code owners of every changed path that has some (by the CODEOWNERS of the base); its
/// checks passed; and the root module is, file by file, what was planned. Exits with 3 and every reason otherwise.
/// Branch protection stays the lock: this is the evidence.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops terraform gate --root infra/prd --also modules      the commit that is checked out
  rakops terraform gate 4f0c2f1 --root infra/prd --plan tfplan --write audit.jsonl
  rakops terraform gate --pr 57 --root infra/prd             before it is merged")]
pub(super) struct GateArgs {
    /// The merged commit; the one that is checked out if absent
    #[arg(value_name = "COMMIT", conflicts_with = "pr")]
    commit: Option<String>,

    /// A pull request, open or merged
    #[arg(long, value_name = "NUMBER")]
    pr: Option<u64>,

    /// The directory of a root module; can be repeated
    #[arg(long, value_name = "DIR", required = true, value_hint = clap::ValueHint::DirPath)]
    root: Vec<String>,

    /// What else it is made of, such as modules; can be repeated
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    also: Vec<String>,

    /// The commit that was planned; the head of the pull request if absent
    #[arg(long, value_name = "SHA")]
    plan_commit: Option<String>,

    /// The plan file that would be applied: its SHA-256 goes into the record
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    plan: Option<PathBuf>,

    /// The branch it was merged into; that of the CI run, else the default
    #[arg(long, value_name = "BRANCH")]
    base: Option<String>,

    /// Add a line of JSON that tells the outcome and why to this file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    write: Option<PathBuf>,

    /// The remote whose forge is meant
    #[arg(long, value_name = "NAME", default_value = "origin", env = "RAKOPS_REMOTE")]
    remote: String,

    #[command(flatten)]
    token: TokenArgs,
}

pub(super) fn run(context: &Context, args: &GateArgs) -> Result<Outcome, Error> {
    let plan = args.plan.as_ref().map(|file| plan(context, file)).transpose()?;
    let planned = args.plan_commit.as_deref().map(oid).transpose()?;
    let below = input::below(context)?;
    let typed = args.root.iter().chain(&args.also);
    let mut paths = typed
        .map(|path| key::path(&below, path))
        .collect::<Result<Vec<String>, Error>>()?;
    let mut seen = std::collections::BTreeSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    let post = Post::new(context, &args.token)?;
    let ground = look::ground_of(context, (&post, &args.remote))?;
    let Some(remote) = &ground.remote else {
        return Err(Error::new(
            Kind::NotFound,
            "no-remote",
            format!("there is no remote `{}`", args.remote),
        ));
    };
    let host = post.open(remote.url(), &ground.look.loaded.config)?;
    host.require_token()?;
    let request = GateRequest {
        target: match args.pr {
            Some(number) => Target::Request(number),
            None => Target::Commit(args.commit.clone().unwrap_or_else(|| head(&ground))),
        },
        branch: branch(context, args, &ground)?,
        paths,
        planned,
    };
    // What was there before is in the history.
    ground.whole_history(
        &Speaker { context },
        (std::slice::from_ref(&request.branch), Tips::Remote),
    )?;
    let step = context.ui.begin("asking who approved what", None);
    let gate = gate::gate(&ground, &host, &request)?;
    drop(step);
    let record = record::record(context, (&gate, &request), (host.repository(), plan.as_ref()));
    if let Some(file) = args.write.as_ref().filter(|_| !context.manner.dry_run) {
        record::append(&context.process.directory.join(file), &record)?;
    }
    if !gate.reasons.is_empty() {
        return Err(closed(&gate));
    }
    if gate.owners.is_none() {
        context
            .ui
            .talk("there is no file of code owners in the base: anybody but the author could approve it");
    }
    match context.output {
        Output::Json => output::json(&context.ui, &record::document(context, &record))?,
        Output::Name => context.ui.data(format!("{}\n", subject(&gate)))?,
        Output::Text => context.ui.data(told(&gate))?,
    }
    Ok(Outcome::Done)
}

/// A plan file, and what it is known by.
pub(super) struct PlanFile {
    pub(super) name: String,
    pub(super) sha256: String,
}

fn plan(context: &Context, file: &PathBuf) -> Result<PlanFile, Error> {
    let name = file.display().to_string();
    let path = context.place.resolve(&context.process).directory.join(file);
    let bytes = std::fs::read(path).map_err(|cause| Error::files(&name, "cannot read", &cause))?;
    Ok(PlanFile {
        name,
        sha256: digest::sha256(&bytes),
    })
}

fn oid(typed: &str) -> Result<Oid, Error> {
    Oid::parse(typed).ok_or_else(|| {
        let what = format!("`{typed}` is no whole id of a commit");
        Error::new(Kind::Usage, "not-a-commit", what).hint(Hint::Say("git rev-parse HEAD".into()))
    })
}

/// The commit that is checked out, or the tip of the remote's default branch.
fn head(ground: &Ground) -> String {
    match (&ground.look.branches.default, ground.is_remote_only()) {
        (Some(_), true) => ground
            .look
            .snapshot
            .commit()
            .map_or_else(|| "HEAD".to_owned(), |(commit, _)| commit.to_string()),
        _ => "HEAD".to_owned(),
    }
}

/// The branch that the commit was merged into.
fn branch(context: &Context, args: &GateArgs, ground: &Ground) -> Result<BranchName, Error> {
    let of_run = || match context.place.repo {
        Some(_) => None,
        None => ci::request::branch(&context.process),
    };
    let name = args
        .base
        .clone()
        .or_else(of_run)
        .or_else(|| ground.look.branches.default.clone());
    let name = name
        .or_else(|| ground.look.branches.checked_out.clone())
        .ok_or_else(|| {
            Error::new(
                Kind::Usage,
                "branch-unknown",
                "it is not known which branch the commit was merged into",
            )
            .hint(Hint::Flag("--base".into(), "names the branch".into()))
        })?;
    BranchName::parse(&name)
}

fn subject(gate: &Gate) -> String {
    let head = gate.request.as_ref().and_then(|it| it.head_oid.as_ref());
    gate.commit
        .as_ref()
        .or(head)
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn closed(gate: &Gate) -> Error {
    let what = match (&gate.request, &gate.commit) {
        (Some(request), _) => format!("pull request {}", request.number),
        (None, Some(commit)) => format!("commit {}", commit.short()),
        (None, None) => "this".to_owned(),
    };
    let mut error = Error::new(
        Kind::Refused,
        "gate-closed",
        format!("the plan of {what} may not be applied"),
    );
    for reason in &gate.reasons {
        error = error.because(format!("{}: {}", reason.code, reason.said));
    }
    error
}

/// What speaks for it, in a few lines.
fn told(gate: &Gate) -> String {
    let mut text = String::new();
    if let Some(request) = &gate.request {
        text.push_str(&format!("pull request {}: {}\n", request.number, request.url));
    }
    for approval in gate.judged.iter().flat_map(|judged| &judged.approvals) {
        let owner = match approval.code_owner {
            Some(crate::audit::Ownership::Yes) => ", a code owner",
            _ => "",
        };
        text.push_str(&format!("approved by {}{owner}, {}\n", approval.by, approval.at));
    }
    let planned = gate.planned.as_ref().map(Oid::short).unwrap_or_default();
    for compared in &gate.compared {
        text.push_str(&format!("{} is what was planned at {planned}\n", compared.path));
    }
    text
}

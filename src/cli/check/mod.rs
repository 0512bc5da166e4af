//! `rakops check`.

mod sarif;
mod show;

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::manner::Output;
use super::registries::{self, Effort, RegistryArgs};
use super::{Context, Outcome, look};
use crate::change::set::ChangeSet;
use crate::cli::writing;
use crate::config::model::CheckRule;
use crate::error::{Error, Hint, Kind};
use crate::ops::check::{self, CheckReport, CheckRequest, Checking, Finding, Fixed, Seat};
use crate::ops::crowd::CONNECTIONS;
use crate::ops::world::World;

/// Look for what cannot be right in a repository, or in a change of it
///
/// Looks at every place that states the version of an image: whether the registry has it, whether tag and digest belong together,
/// whether readers of YAML take a tag for a number, whether kustomizations name what is there. Of a change it tells what no
/// environment has tried (`untried`), or what names the branch of another one (`foreign-ref`). Exits with 1 if anything is found
/// that is more than a warning.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops check                       the files here, and what this branch has
  rakops check origin/main...HEAD    since the two parted
  rakops check --offline --fix       put right what needs no registry
  rakops check --write check.sarif   for code scanning
  rakops check --env prd -o json     as what production would get, for a script")]
pub(super) struct CheckArgs {
    /// A..B compares the two, A...B since they parted, or one revision
    ///
    /// The files are those of its newer side. Of one revision, the change is what it has since it left the default branch; on the
    /// default branch, its own. If absent, the files are those that are here, and the change is that of HEAD.
    #[arg(value_name = "RANGE")]
    range: Option<String>,

    /// Only what these environments reach; the change is for them
    #[arg(short, long, value_name = "ENV", value_delimiter = ',')]
    env: Vec<String>,

    /// Look only at this file or directory
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    path: Vec<String>,

    /// Only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = PossibleValuesParser::new(CheckRule::ALL.map(CheckRule::as_str)))]
    rule: Vec<String>,

    /// Put right what is certain, in the files here
    #[arg(long)]
    fix: bool,

    /// Write the findings into this file, too: *.sarif
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    write: Option<PathBuf>,

    /// Trust the certificate authorities of this PEM file, too
    #[arg(long, value_name = "FILE", env = "RAKOPS_CA_FILE", value_hint = clap::ValueHint::FilePath)]
    ca_file: Option<PathBuf>,

    #[command(flatten)]
    registry: RegistryArgs,
}

pub(super) fn run(context: &Context, args: &CheckArgs) -> Result<Outcome, Error> {
    if let Some(file) = &args.write {
        sarif::check_name(file)?;
    }
    refuse_fix(context, args)?;
    let request = CheckRequest {
        range: args.range.clone(),
        environments: args.env.clone(),
        paths: args.path.clone(),
        rules: CheckRule::ALL
            .into_iter()
            .filter(|rule| args.rule.iter().any(|name| name == rule.as_str()))
            .collect(),
    };
    let seat = seat(context, args)?;
    let step = context.ui.begin("reading files", None);
    let mut checking = Checking::look(&seat, &request, &|| step.advance(1))?;
    step.done("read", "file");
    ask(context, args, &mut checking)?;
    let mut report = checking.finish()?;
    let fixed = match args.fix {
        true => fix(context, &seat, &mut report),
        false => Ok(None),
    };
    if let Some(file) = &args.write {
        sarif::write(&context.process.directory.join(file), &report)?;
    }
    let fixed = match fixed {
        // There is one document at most, and then it is that of the failure.
        Err(error) if context.output == Output::Json => return Err(error),
        Err(error) => {
            show::show(context, &report, None)?;
            return Err(error);
        }
        Ok(fixed) => fixed,
    };
    show::show(context, &report, fixed.as_ref())?;
    Ok(if report.is_ok() { Outcome::Done } else { Outcome::Found })
}

/// The repository with its history; where there is none, its files.
fn seat(context: &Context, args: &CheckArgs) -> Result<Seat, Error> {
    match look::ground(context) {
        Ok(ground) => Ok(Seat::Ground(Box::new(ground))),
        Err(error) if args.range.is_some() || context.place.repo.is_some() || is_of_user(&error) => Err(error),
        Err(error) => {
            let world = World::look(&context.place.resolve(&context.process))?;
            if error.code != "no-repository" {
                context.ui.warn(&error);
            }
            Ok(Seat::Files(Box::new(world), error))
        }
    }
}

/// A directory that is not there, a configuration that cannot be read, a repository without files.
fn is_of_user(error: &Error) -> bool {
    matches!(error.kind, Kind::Usage | Kind::Config)
        || error.code == "directory-not-found"
        || error
            .hints
            .iter()
            .any(|hint| matches!(hint, Hint::Flag(flag, _) if flag.starts_with("--repo /")))
}

fn ask(context: &Context, args: &CheckArgs, checking: &mut Checking<'_>) -> Result<(), Error> {
    if args.registry.offline {
        checking.ask_nobody("--offline");
        return Ok(());
    }
    let count = checking.questions();
    if count == 0 {
        return Ok(());
    }
    let say = |line: &str| context.ui.talk(line);
    let how = (&args.registry, args.ca_file.as_ref());
    let registries = registries::open(
        context,
        how,
        ((checking.world(), checking.branch()), Effort::Asked),
        &say,
    )?;
    let step = context.ui.begin("asking registries", Some(count as u64));
    checking.ask(&registries, CONNECTIONS, &|| step.advance(1))?;
    step.done("asked about", "image");
    Ok(())
}

fn refuse_fix(context: &Context, args: &CheckArgs) -> Result<(), Error> {
    let what = match (&args.range, context.place.repo.is_some()) {
        _ if !args.fix => return Ok(()),
        (_, true) => "a remote repository was",
        (Some(_), _) => "the files of a commit were",
        (None, false) => return Ok(()),
    };
    let error = Error::new(
        Kind::Refused,
        "nothing-to-fix",
        format!("`--fix` edits the files that are checked out, and {what} asked for"),
    );
    Err(error.hint(Hint::Run("rakops check --fix".into())))
}

/// Edits the files, and leaves in the report what is left: everything, if they cannot be edited.
fn fix(context: &Context, seat: &Seat, report: &mut CheckReport) -> Result<Option<(ChangeSet, Vec<Finding>)>, Error> {
    let Fixed {
        change_set,
        fixed,
        left,
        warnings,
    } = check::fix(seat.look(), report.findings.clone())?;
    report.warnings.extend(warnings);
    if !context.manner.dry_run {
        writing::write(&seat.look().snapshot, &change_set)?;
    }
    report.findings = left;
    Ok(Some((change_set, fixed)))
}

//! The words of the command line: the root, and which file a command is in.
//!
//! **Invariant:** a command turns words into a request, hands it to `ops`, and shows what comes back; no rule of the
//! domain stands here.
//! Start reading at [`run`], then at any command, such as `images.rs`.

mod audit;
mod bump;
mod check;
mod ci;
mod ci_init;
pub(crate) mod completions;
mod config;
mod context;
mod core_files;
mod demo;
mod diff;
mod drift;
mod guide;
mod help;
mod images;
mod impact;
mod init;
mod landing;
mod look;
mod manner;
mod narrow;
mod output;
mod overlay;
mod place;
mod pr;
mod promote;
mod registries;
mod rollback;
mod rules;
mod status;
mod tags;
mod terraform;
mod track;
mod typed;
mod usage;
mod writing;
mod written;
mod yaml;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::user::User;
use crate::error::{Error, Kind};
use crate::ui::{Ui, report};
use context::Process;
use guide::Came;
use manner::{MannerArgs, Output};
use place::PlaceArgs;
use typed::Typed;

/// Look after Kubernetes manifests in git
///
/// Sets image versions and values in YAML files and changes only the bytes it was asked to change: comments, blank
/// lines, quotes and line ends stay. It needs no cluster and no server.
#[derive(Parser, Debug)]
#[command(name = "rakops", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(
    after_help = "See `rakops demo` for a walk through a sandbox, `rakops COMMAND --help` for
examples, and `rakops help TOPIC` for exit-codes, strategies and environment."
)]
struct Cli {
    #[command(flatten)]
    everywhere: Everywhere,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command takes.
#[derive(Args, Debug)]
struct Everywhere {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    manner: MannerArgs,
}

#[derive(Subcommand, Debug)]
enum Command {
    Bump(bump::BumpArgs),
    Promote(promote::PromoteArgs),
    Rollback(rollback::RollbackArgs),
    Diff(diff::DiffArgs),
    Status(status::StatusArgs),
    Drift(drift::DriftArgs),
    Images(images::ImagesArgs),
    Impact(impact::ImpactArgs),
    Check(check::CheckArgs),
    Audit(audit::AuditArgs),
    Tags(tags::TagsArgs),
    Track(track::TrackArgs),
    Overlay(Box<overlay::OverlayArgs>),
    Yaml(yaml::YamlArgs),
    Pr(pr::PrArgs),
    Terraform(terraform::TerraformArgs),
    Ci(ci_init::CiArgs),
    Init(init::InitArgs),
    Config(config::ConfigArgs),
    Completions(completions::CompletionsArgs),
    Demo(demo::DemoArgs),
    Help(help::HelpArgs),
}

impl Command {
    /// The words of the command, as documents name it.
    fn name(&self) -> &'static str {
        match self {
            Command::Bump(_) => "bump",
            Command::Promote(_) => "promote",
            Command::Rollback(_) => "rollback",
            Command::Diff(_) => "diff",
            Command::Status(_) => "status",
            Command::Drift(_) => "drift",
            Command::Images(_) => "images",
            Command::Impact(_) => "impact",
            Command::Check(_) => "check",
            Command::Audit(_) => "audit",
            Command::Tags(_) => "tags",
            Command::Track(_) => "track",
            Command::Overlay(args) => args.name(),
            Command::Yaml(args) => args.name(),
            Command::Pr(args) => args.name(),
            Command::Terraform(args) => args.name(),
            Command::Ci(args) => args.name(),
            Command::Init(_) => "init",
            Command::Config(args) => args.name(),
            Command::Completions(_) => "completions",
            Command::Demo(_) => "demo",
            Command::Help(_) => "help",
        }
    }
}

/// Everything a command is given besides its own words.
struct Context {
    /// The command with the one below it, as documents name it: `yaml set`.
    name: &'static str,
    process: Arc<Process>,
    /// The line, with what is answered on the way.
    typed: Arc<Typed>,
    place: PlaceArgs,
    manner: MannerArgs,
    output: Output,
    ui: Ui,
}

/// What a command ends with, where it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Done, or nothing to do.
    Done,
    /// Something changed, or would change.
    Changed,
    /// Something was looked for and found: exit code 1, whatever `--exit-code` says.
    Found,
}

/// Returns the whole command line, for help, completions and documents.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// The same without any command.
fn root() -> clap::Command {
    let root = clap::Command::new("rakops").version(env!("CARGO_PKG_VERSION"));
    Everywhere::augment_args(root.disable_help_subcommand(true))
}

/// Runs the program.
pub(crate) fn run(words: Vec<OsString>) -> ExitCode {
    core_files::forbid();
    ExitCode::from(execute(Process::read(), words))
}

/// Runs one command line and returns its exit code.
fn execute(process: Process, words: Vec<OsString>) -> u8 {
    if let Some(answer) = completions::answer(&process, &words) {
        return Ui::new(process.facts())
            .data(answer)
            .map_or_else(|error| error.kind.code(), |()| 0);
    }
    let process = Arc::new(process);
    let typed = Arc::new(Typed::new(&words));
    let (cli, matches) = loop {
        let line = match typed.line() {
            None => words.clone(),
            Some(_) => typed.words(),
        };
        let complaint = match read_line(&process, line) {
            Ok(read) => break read,
            Err(complaint) => complaint,
        };
        if !complaint.use_stderr() {
            return usage::answer(&process, &words, complaint);
        }
        match guide::ask((&process, &typed), heard(&process), &complaint) {
            Came::Answered => {}
            Came::Unasked => return usage::answer(&process, &words, complaint),
            Came::Failed(context, error) => return fail(&context.ui, (&usage::name(&words), context.output), &error),
        }
    };
    let name = cli.command.as_ref().map_or("rakops", Command::name);
    let user = process.user();
    let made = user.and_then(|user| {
        Ok((
            cli.everywhere.manner.ui(&process, &user)?,
            cli.everywhere.manner.output(&user)?,
            user,
        ))
    });
    let (ui, output, user) = match made {
        Ok(made) => made,
        // The user's file is what is wrong: only flags and variables say how to tell it.
        Err(error) => {
            let nothing = User::default();
            let ui = cli.everywhere.manner.ui(&process, &nothing);
            let ui = ui.unwrap_or_else(|_| Ui::new(process.facts()));
            return fail(
                &ui,
                (name, cli.everywhere.manner.output(&nothing).unwrap_or_default()),
                &error,
            );
        }
    };
    let Some(command) = cli.command else {
        return short_help(&ui);
    };
    let context = Context {
        name,
        process,
        typed,
        place: cli.everywhere.place,
        manner: cli.everywhere.manner,
        output,
        ui,
    };
    let outcome = match command {
        Command::Bump(args) => bump::run(&context, args),
        Command::Promote(args) => promote::run(&context, &args),
        Command::Rollback(args) => rollback::run(&context, &args),
        Command::Diff(args) => diff::run(&context, &args),
        Command::Status(args) => status::run(&context, &args),
        Command::Drift(args) => drift::run(&context, &args),
        Command::Images(args) => images::run(&context, args),
        Command::Impact(args) => impact::run(&context, &args),
        Command::Check(args) => check::run(&context, &args),
        Command::Audit(args) => audit::run(&context, &args),
        Command::Tags(args) => tags::run(&context, &args),
        Command::Track(args) => track::run(&context, args),
        Command::Overlay(args) => overlay::run(&context, &args),
        Command::Yaml(args) => yaml::run(&context, args),
        Command::Pr(args) => pr::run(&context, args),
        Command::Terraform(args) => terraform::run(&context, args),
        Command::Ci(args) => ci_init::run(&context, &args),
        Command::Init(args) => init::run(&context, args),
        Command::Config(args) => config::run(&context, args, &|| config::given(&matches, &user)),
        Command::Completions(args) => completions::run(&context.ui, &args),
        Command::Demo(args) => demo::run(&context, args),
        Command::Help(args) => help::run(&context, &args),
    };
    let code = match outcome {
        Ok(Outcome::Found) => 1,
        Ok(Outcome::Changed) if context.manner.exit_code => 1,
        Ok(_) => 0,
        Err(ref error) => fail(&context.ui, (name, context.output), error),
    };
    let has_left = outcome.is_err_and(|error| error.kind == Kind::Interrupted);
    if let Some(line) = context.typed.line().filter(|_| !has_left) {
        context.ui.talk(format!("same as: {line}"));
    }
    let Some(file) = &context.manner.code_quality else {
        return code;
    };
    let file = context.process.directory.join(file);
    match ci::code_quality::write(&file, &context.ui.complaints()) {
        Ok(()) => code,
        Err(error) => {
            context.ui.report(&error);
            code.max(error.kind.code())
        }
    }
}

/// Reads a line: first with the one command that it names, and where that does not fit, with all of them.
fn read_line(process: &Process, line: Vec<OsString>) -> Result<(Cli, clap::ArgMatches), clap::Error> {
    let read = |mut command: clap::Command, line: Vec<OsString>| -> Result<_, clap::Error> {
        let matches = command.try_get_matches_from_mut(line)?;
        Ok((Cli::from_arg_matches(&matches)?, matches))
    };
    let narrow = narrow::command(line.iter().skip(1).filter_map(|word| word.to_str()));
    match read(as_heard(process, narrow), line.clone()) {
        // It looks the same wherever it comes from.
        Err(said) if said.kind() == ErrorKind::DisplayVersion => Err(said),
        Err(_) => read(heard(process), line),
        Ok(read) => Ok(read),
    }
}

/// The whole command line, as far as the environment is heard.
fn heard(process: &Process) -> clap::Command {
    as_heard(process, Cli::command())
}

/// A command line, as far as the environment is heard: not where it is empty, and not at all in a step of a walk.
fn as_heard(process: &Process, command: clap::Command) -> clap::Command {
    let is_empty = |name: &str| process.variables().get(name).is_some_and(String::is_empty);
    hearing(command, &|name| !process.is_step_of_walk() && !is_empty(name))
}

/// The same command line, whose flags hear only some variables: clap reads them by itself, also those that are empty, and
/// would take them for an empty word.
fn hearing(command: clap::Command, is_heard: &dyn Fn(&str) -> bool) -> clap::Command {
    let only = |arg: clap::Arg| match arg.get_env().and_then(|name| name.to_str()).is_some_and(is_heard) {
        true => arg,
        false => arg.env(None::<&'static str>),
    };
    command
        .mut_args(only)
        .mut_subcommands(|subcommand| hearing(subcommand, is_heard))
}

/// Tells a failure of the named command in the form that was asked for, and returns its exit code.
fn fail(ui: &Ui, (name, output): (&str, Output), error: &Error) -> u8 {
    if output == Output::Json {
        // The error itself goes to stderr all the same; a second failure here adds nothing.
        let _ = output::json(ui, &report::failure(name, error));
    }
    ui.report(error);
    error.kind.code()
}

fn short_help(ui: &Ui) -> u8 {
    let help = Cli::command().render_help().ansi().to_string();
    ui.styled(&help).map_or_else(|error| error.kind.code(), |()| 0)
}

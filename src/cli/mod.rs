//! The words of the command line: the root, and which file a command is in.
//!
//! **Invariant:** a command turns words into a request, hands it to `ops`, and shows what comes back; no rule of the
//! domain stands here.
//! Start reading at [`run`], then at any command, such as `images.rs`.

mod bump;
pub(crate) mod completions;
mod config;
mod context;
mod demo;
mod images;
mod init;
mod manner;
mod output;
mod place;
mod yaml;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::error::{Error, Kind};
use crate::ui::{Ui, report};
use context::Process;
use manner::{MannerArgs, Output};
use place::PlaceArgs;

/// Look after Kubernetes manifests in git
///
/// Sets image versions and values in YAML files and changes only the bytes it was asked to change: comments, blank
/// lines, quotes and line ends stay. It needs no cluster and no server.
#[derive(Parser, Debug)]
#[command(name = "rakops", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "See `rakops demo` for a walk through a sandbox, and `rakops COMMAND --help` for examples.")]
struct Cli {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    manner: MannerArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    Bump(bump::BumpArgs),
    Images(images::ImagesArgs),
    Yaml(yaml::YamlArgs),
    Init(init::InitArgs),
    Config(config::ConfigArgs),
    Completions(completions::CompletionsArgs),
    Demo(demo::DemoArgs),
}

impl Command {
    fn name(&self) -> &'static str {
        match self {
            Command::Bump(_) => "bump",
            Command::Images(_) => "images",
            Command::Yaml(args) => args.name(),
            Command::Init(_) => "init",
            Command::Config(args) => args.name(),
            Command::Completions(_) => "completions",
            Command::Demo(_) => "demo",
        }
    }
}

/// Everything a command is given besides its own words.
struct Context {
    process: Process,
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
}

/// Returns the whole command line, for help, completions and documents.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program.
pub(crate) fn run(words: Vec<OsString>) -> ExitCode {
    ExitCode::from(execute(words))
}

/// Runs one command line and returns its exit code.
fn execute(words: Vec<OsString>) -> u8 {
    let process = Process::read();
    if let Some(answer) = completions::answer(&process, &words) {
        return Ui::new(process.facts())
            .data(answer)
            .map_or_else(|error| error.kind.code(), |()| 0);
    }
    let cli = match Cli::command()
        .try_get_matches_from(&words)
        .and_then(|matches| Cli::from_arg_matches(&matches))
    {
        Ok(cli) => cli,
        Err(complaint) => return usage(&process, &words, &complaint),
    };
    let user = process.user();
    let made = user.and_then(|user| Ok((cli.manner.ui(&process, &user)?, cli.manner.output(&user)?)));
    let (ui, output) = match made {
        Ok(made) => made,
        Err(error) => {
            let ui = Ui::new(process.facts());
            ui.report(&error);
            return error.kind.code();
        }
    };
    let Some(command) = cli.command else {
        return short_help(&ui);
    };
    let name = command.name();
    let context = Context {
        process,
        place: cli.place,
        manner: cli.manner,
        output,
        ui,
    };
    let outcome = match command {
        Command::Bump(args) => bump::run(&context, args),
        Command::Images(args) => images::run(&context, args),
        Command::Yaml(args) => yaml::run(&context, args),
        Command::Init(args) => init::run(&context, args),
        Command::Config(args) => config::run(&context, args),
        Command::Completions(args) => completions::run(&context.ui, &args),
        Command::Demo(args) => demo::run(&context, args),
    };
    match outcome {
        Ok(Outcome::Changed) if context.manner.exit_code => 1,
        Ok(_) => 0,
        Err(error) => {
            if context.output == Output::Json {
                // The error itself goes to stderr all the same; a second failure here adds nothing.
                let _ = output::json(&context.ui, &report::failure(name, &error));
            }
            context.ui.report(&error);
            error.kind.code()
        }
    }
}

fn short_help(ui: &Ui) -> u8 {
    let help = Cli::command().render_help().ansi().to_string();
    ui.styled(&help).map_or_else(|error| error.kind.code(), |()| 0)
}

/// Help and version are data; everything else that clap says is a complaint.
fn usage(process: &Process, words: &[OsString], complaint: &clap::Error) -> u8 {
    let mut facts = process.facts();
    let word = |text: &str| words.iter().any(|word| word == text);
    if let Some(when) = words
        .iter()
        .filter_map(|word| word.to_str()?.strip_prefix("--color="))
        .next_back()
    {
        match when {
            "always" => facts.colour = crate::ui::Colour::Always,
            "never" => facts.colour = crate::ui::Colour::Never,
            _ => {}
        }
    }
    let ui = Ui::new(facts);
    let text = complaint.render().ansi().to_string();
    if !complaint.use_stderr() {
        return ui.styled(&text).map_or_else(|error| error.kind.code(), |()| 0);
    }
    let json = word("--output=json")
        || word("-ojson")
        || words
            .windows(2)
            .any(|pair| (pair[0] == "-o" || pair[0] == "--output") && pair[1] == "json")
        || process.variable("RAKOPS_OUTPUT") == Some("json");
    if json {
        let plain = complaint.render().to_string();
        let message = plain
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned();
        let name = words
            .get(1)
            .map(|word| word.to_string_lossy().into_owned())
            .unwrap_or_default();
        let _ = output::json(&ui, &report::failure(&name, &Error::new(Kind::Usage, "usage", message)));
    }
    ui.report_usage(&text);
    Kind::Usage.code()
}

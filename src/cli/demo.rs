//! `rakops demo`: a walk through a sandbox.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Context, Outcome};
use crate::error::Error;
use crate::ops::demo;
use crate::ui::style;

/// Play with a small shop repository in a temporary directory
///
/// Builds the sandbox, runs the commands that a person would run, shows what each prints and what it changed, and
/// tells where the sandbox is, so that you can go on by yourself.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops demo
  rakops demo --into /tmp     where to build the sandbox")]
pub(super) struct DemoArgs {
    /// Build the sandbox below this directory instead of the temporary one
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    into: Option<PathBuf>,
}

/// What happens to the files after a command has been shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// The command changes nothing.
    Nothing,
    /// Its changes are shown, and kept as a commit.
    Diff,
}

/// The walk: what to say, what to type, and what to show then.
const STEPS: &[(&str, &[&str], After)] = &[
    (
        "Which images are there, and which environments do their files reach?",
        &["images"],
        After::Nothing,
    ),
    (
        "A new build of api goes to dev. One line changes; its comment stays where it is.",
        &["bump", "api=1.4.2", "--env", "dev"],
        After::Diff,
    ),
    (
        "stg pins no web yet, and base/ belongs to everybody: an entry is added, in the style of the file.",
        &["bump", "web=2.1.0", "--env", "stg"],
        After::Diff,
    ),
    (
        "1.10 without quotes would be the number 1.1. The quotes that are there stay.",
        &["bump", "worker=1.10", "--env", "dev"],
        After::Diff,
    ),
    (
        "Nobody ships to production by leaving a flag out.",
        &["bump", "api=1.5.0"],
        After::Nothing,
    ),
    (
        "And nobody lowers a version by accident.",
        &["bump", "api=1.3.9", "--env", "prd"],
        After::Nothing,
    ),
    (
        "A mistyped name.",
        &["bump", "wbe=2.1.0", "--env", "stg"],
        After::Nothing,
    ),
    (
        "A look before the leap: every environment at once, as a diff that git apply takes.",
        &["bump", "ghcr.io/acme/api:1.5.0", "--all", "-n"],
        After::Nothing,
    ),
    (
        "Any value of any YAML file, by its path. The octal mode two lines below is not touched.",
        &[
            "yaml",
            "set",
            "base/web.yaml",
            "spec.template.spec.containers[name=web].image=ghcr.io/acme/web:2.1.0",
        ],
        After::Diff,
    ),
    (
        "What is understood here without any configuration?",
        &["config", "show"],
        After::Nothing,
    ),
];

pub(super) fn run(context: &Context, args: DemoArgs) -> Result<Outcome, Error> {
    let ui = &context.ui;
    let parent = match args.into {
        Some(directory) => context.process.directory.join(directory),
        None => context.process.temporary(),
    };
    let root = demo::build(&std::fs::canonicalize(&parent).unwrap_or(parent))?;
    ui.data(format!("A small shop has been built in {}\n", root.display()))?;
    for (number, (why, words, after)) in STEPS.iter().enumerate() {
        let words: Vec<&str> = words.to_vec();
        ui.styled(&format!(
            "\n{}\n",
            style::paint(style::HEADING, &format!("{}. {why}", number + 1))
        ))?;
        ui.styled(&format!(
            "{}\n",
            style::paint(style::NOTE, &format!("$ rakops {}", typed(&words)))
        ))?;
        let code = super::execute(command_line(context, &root, &words));
        if code != 0 {
            ui.data(format!("(exit {code})\n"))?;
        }
        if *after == After::Diff {
            ui.styled(&format!("{}\n", style::paint(style::NOTE, "$ git diff")))?;
            ui.styled(&style::diff(&demo::changes(&root)?))?;
            demo::keep(&root, &format!("rakops {}", typed(&words)))?;
        }
    }
    ui.data(format!(
        "\nThe sandbox is yours. Go on playing:\n\n  cd {}\n  git log --stat\n  rakops bump web=2.2.0 --env prd\n",
        root.display()
    ))?;
    Ok(Outcome::Done)
}

/// The command line of a step: in the sandbox, in the colours of this run, and never asking.
fn command_line(context: &Context, root: &Path, words: &[&str]) -> Vec<OsString> {
    let mut line: Vec<OsString> = vec!["rakops".into(), "-C".into(), root.into(), "--no-input".into()];
    match context.manner.color {
        Some(super::manner::When::Always) => line.push("--color=always".into()),
        Some(super::manner::When::Never) => line.push("--color=never".into()),
        Some(super::manner::When::Auto) | None => {}
    }
    line.extend(words.iter().map(OsString::from));
    line
}

/// Words as a shell takes them.
fn typed(words: &[&str]) -> String {
    let quote = |word: &&str| {
        if word.contains(['[', ' ', '*']) {
            format!("'{word}'")
        } else {
            (*word).to_owned()
        }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

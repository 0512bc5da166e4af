//! `rakops demo`: a walk through a sandbox.

use std::ffi::OsString;
use std::path::PathBuf;

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

/// One step of the walk.
struct Step {
    /// What to say before.
    why: &'static str,
    /// What to type behind `rakops`.
    words: &'static [&'static str],
    /// How it ends.
    code: u8,
    after: After,
}

const STEPS: &[Step] = &[
    Step {
        why: "Which images are there, and which environments do their files reach?",
        words: &["images"],
        code: 0,
        after: After::Nothing,
    },
    Step {
        why: "A new build of api goes to dev. One line changes; its comment stays where it is.",
        words: &["bump", "api=1.4.2", "--env", "dev"],
        code: 0,
        after: After::Diff,
    },
    Step {
        why: "stg pins no web yet, and base/ belongs to everybody: an entry is added, in the style of the file.",
        words: &["bump", "web=2.1.0", "--env", "stg"],
        code: 0,
        after: After::Diff,
    },
    Step {
        why: "1.10 without quotes would be the number 1.1. The quotes that are there stay.",
        words: &["bump", "worker=1.10", "--env", "dev"],
        code: 0,
        after: After::Diff,
    },
    Step {
        why: "Nobody ships to production by leaving a flag out.",
        words: &["bump", "api=1.5.0"],
        code: 3,
        after: After::Nothing,
    },
    Step {
        why: "And nobody lowers a version by accident.",
        words: &["bump", "api=1.3.9", "--env", "prd"],
        code: 3,
        after: After::Nothing,
    },
    Step {
        why: "A mistyped name.",
        words: &["bump", "wbe=2.1.0", "--env", "stg"],
        code: 5,
        after: After::Nothing,
    },
    Step {
        why: "A look before the leap: every environment at once, as a diff that git apply takes.",
        words: &["bump", "ghcr.io/acme/api:1.5.0", "--all", "-n"],
        code: 0,
        after: After::Nothing,
    },
    Step {
        why: "Any value of any YAML file, by its path. The octal mode five lines below is not touched.",
        words: &[
            "yaml",
            "set",
            "base/web.yaml",
            "spec.template.spec.containers[name=web].image=ghcr.io/acme/web:2.1.0",
        ],
        code: 0,
        after: After::Diff,
    },
    Step {
        why: "What is understood here without any configuration?",
        words: &["config", "show"],
        code: 0,
        after: After::Nothing,
    },
];

pub(super) fn run(context: &Context, args: DemoArgs) -> Result<Outcome, Error> {
    let ui = &context.ui;
    let parent = match args.into {
        Some(directory) => context.process.directory.join(directory),
        None => context.process.temporary(),
    };
    let root = demo::build(&std::fs::canonicalize(&parent).unwrap_or(parent))?;
    ui.data(format!("A small shop has been built in {}\n", root.display()))?;
    for (number, step) in (1..).zip(STEPS) {
        let line = format!("rakops {}", typed(step.words));
        let heading = style::paint(style::HEADING, &format!("{number}. {}", step.why));
        ui.styled(&format!("\n{heading}\n"))?;
        ui.styled(&format!("{}\n", style::paint(style::NOTE, &format!("$ {line}"))))?;
        let words = ["rakops"].iter().chain(step.words).map(OsString::from).collect();
        let process = context.process.step_of_walk(root.clone(), ui.colour());
        let code = super::execute(process, words);
        if code != 0 {
            ui.data(format!("(exit {code})\n"))?;
        }
        if code != step.code {
            let expected = step.code;
            let message = format!("step {number} of the walk, `{line}`, ended with {code} instead of {expected}");
            return Err(Error::bug(message));
        }
        if step.after == After::Diff {
            ui.styled(&format!("{}\n", style::paint(style::NOTE, "$ git diff")))?;
            ui.styled(&style::diff(&demo::changes(&root)?))?;
            demo::keep(&root, &line)?;
        }
    }
    let program = context.process.program();
    ui.data(format!(
        "\nThe sandbox is yours. Go on playing:\n\n  cd {}\n  git log --stat\n  {} bump web=2.2.0 --env prd\n",
        typed(&[&root.display().to_string()]),
        typed(&[&program]),
    ))?;
    if program != "rakops" {
        ui.talk("\nnote: `rakops` is not on PATH yet; `cargo install --path .` in its source puts it there");
    }
    Ok(Outcome::Done)
}

/// Words as a shell takes them.
fn typed(words: &[&str]) -> String {
    let quote = |word: &&str| {
        if word.contains(['[', ' ', '*', '$', '&', ';', '(']) {
            format!("'{word}'")
        } else {
            (*word).to_owned()
        }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

//! `rakops completions`, and the answers that the shells' scripts ask for at every TAB.
//!
//! The scripts are the files in `completions/`, which packages install as they are: they are the same on every machine
//! and ask the program they complete, so that TAB knows environments and images. A script calls
//! `RAKOPS_COMPLETE=SHELL rakops -- WORDS` with the words up to the cursor, or with the whole line where the shell's
//! own words cannot be used (`line.rs`).
//! **Invariant:** nothing is asked from the network, and nothing but candidates reaches stdout.

mod line;
mod values;

use std::ffi::OsString;

use clap::{Args, ValueEnum};
use clap_complete::engine::{self, CompletionCandidate};

use super::Outcome;
use super::context::Process;
use super::narrow;
use crate::error::Error;
use crate::ui::Ui;
use line::Line;

/// Print the completion script of a shell
///
/// The script asks rakops itself at every TAB, so it offers environments and images of the repository you are in.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  source <(rakops completions bash)            in ~/.bashrc
  source <(rakops completions zsh)             in ~/.zshrc, after compinit
  rakops completions fish | source             in ~/.config/fish/config.fish
  eval (rakops completions elvish | slurp)     in ~/.config/elvish/rc.elv
  rakops completions powershell | Out-String | Invoke-Expression")]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// A shell that has a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// GNU bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// Elvish
    Elvish,
    /// PowerShell
    Powershell,
}

pub(super) fn run(ui: &Ui, args: &CompletionsArgs) -> Result<Outcome, Error> {
    ui.data(args.shell.script())?;
    Ok(Outcome::Done)
}

impl Shell {
    fn script(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("../../completions/rakops.bash"),
            Shell::Zsh => include_str!("../../completions/_rakops"),
            Shell::Fish => include_str!("../../completions/rakops.fish"),
            Shell::Elvish => include_str!("../../completions/rakops.elv"),
            Shell::Powershell => include_str!("../../completions/_rakops.ps1"),
        }
    }

    /// Whether the shell shows a line of help beside a candidate.
    fn shows_help(self) -> bool {
        matches!(self, Shell::Zsh | Shell::Fish | Shell::Powershell)
    }
}

/// Returns the candidates if a script asks for them, one a line; `None` on a usual run.
///
/// `words` are the arguments of the process, its name first.
pub(super) fn answer(process: &Process, words: &[OsString]) -> Option<String> {
    let shell = Shell::from_str(process.variable("RAKOPS_COMPLETE")?, true).ok()?;
    let asked = words.iter().position(|word| word == "--").map(|at| &words[at + 1..])?;
    let line = match (shell, asked) {
        (Shell::Bash | Shell::Powershell, [line]) => {
            let cuts = process.variable("RAKOPS_COMPLETE_CUTS").unwrap_or_default();
            Line::split(&line.to_string_lossy(), cuts)
        }
        (_, words) => Line::of_words(words),
    };
    let shown = |candidate: &CompletionCandidate| shown(shell, &line, candidate);
    Some(candidates(&line, process).iter().map(shown).collect())
}

/// What could stand where the cursor is.
fn candidates(line: &Line, process: &Process) -> Vec<CompletionCandidate> {
    let words: Vec<OsString> = line.words().iter().map(OsString::from).collect();
    let last = words.len() - 1;
    let command = match line.earlier().first().map(String::as_str) {
        None => narrow::names(),
        Some(first) if narrow::is_command(first) => narrow::command([first]),
        // Flags come first, and may have the name of a command as their value.
        Some(_) => super::command(),
    };
    let mut command = values::attach(command, line, process);
    let mut found = engine::complete(&mut command, words, last, Some(&process.directory)).unwrap_or_default();
    // The process is about to end; taking a thousand small things apart before would be felt at every TAB.
    std::mem::forget(command);
    // Flags drown the values; whoever wants one has typed its dash.
    let is_flag = |candidate: &CompletionCandidate| candidate.get_value().to_string_lossy().starts_with('-');
    if !line.current().starts_with('-') && found.iter().any(|candidate| !is_flag(candidate)) {
        found.retain(|candidate| !is_flag(candidate));
    }
    found
}

fn shown(shell: Shell, line: &Line, candidate: &CompletionCandidate) -> String {
    let value = candidate.get_value().to_string_lossy();
    let value = line.after_the_cut(&value);
    let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    match help
        .lines()
        .next()
        .filter(|help| shell.shows_help() && !help.is_empty())
    {
        Some(help) => format!("{value}\t{help}\n"),
        None => format!("{value}\n"),
    }
}

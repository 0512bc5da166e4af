//! How a command speaks: flags that every command has.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use super::context::Process;
use crate::config::user::User;
use crate::error::{Error, Hint, Kind};
use crate::ui::{Colour, Ui};

/// How a command speaks.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Shared options")]
pub(crate) struct MannerArgs {
    /// Print results as text, as one JSON document, or as bare names
    #[arg(short, long, value_enum, value_name = "FORM", global = true, env = "RAKOPS_OUTPUT")]
    pub(crate) output: Option<Output>,

    /// Show what would change, as a diff, and change nothing
    #[arg(short = 'n', long, global = true)]
    pub(crate) dry_run: bool,

    /// Answer yes to every confirmation
    #[arg(short, long, global = true, env = "RAKOPS_YES", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) yes: bool,

    /// Never ask; fail and name the flag instead
    #[arg(long, global = true, env = "RAKOPS_NO_INPUT", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) no_input: bool,

    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", global = true, env = "RAKOPS_COLOR")]
    pub(crate) color: Option<When>,

    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say more: what was read, and every file that was passed over
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub(crate) verbose: u8,

    /// Show long results of `diff` and `audit` as they come, not page by page
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,

    /// Write outputs for later CI steps to this file, as NAME=VALUE lines
    #[arg(long, value_name = "FILE", global = true, env = "RAKOPS_OUTPUT_FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) output_file: Option<PathBuf>,

    /// Write complaints to this file, as a code-quality report for GitLab
    #[arg(long, value_name = "FILE", global = true, env = "RAKOPS_CODE_QUALITY", value_hint = clap::ValueHint::FilePath)]
    pub(crate) code_quality: Option<PathBuf>,

    /// Exit with 1 if something changed, or would change
    #[arg(long, global = true)]
    pub(crate) exit_code: bool,
}

/// The form of results on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// One id a line
    Name,
}

/// When something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// If the stream is a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl MannerArgs {
    /// The form of results: flag, variable, user's file, text.
    ///
    /// # Errors
    /// [`Kind::Config`] if the user's file names no such form.
    pub(crate) fn output(&self, user: &User) -> Result<Output, Error> {
        match (self.output, &user.output) {
            (Some(output), _) => Ok(output),
            (None, Some(name)) => {
                Output::from_str(name, false).map_err(|_| taste(user, ("output", name), &["text", "json", "name"]))
            }
            (None, None) => Ok(Output::Text),
        }
    }

    /// Makes the door to the terminal.
    ///
    /// # Errors
    /// [`Kind::Config`] if the user's file names no such colour.
    pub(crate) fn ui(&self, process: &Process, user: &User) -> Result<Ui, Error> {
        let mut facts = process.facts();
        facts.no_input = self.no_input;
        facts.yes = self.yes;
        facts.quiet = self.quiet;
        facts.verbose = facts.verbose.max(self.verbose);
        let when = match (self.color, &user.color) {
            (Some(when), _) => Some(when),
            (None, Some(name)) => {
                let known = ["auto", "always", "never"];
                Some(When::from_str(name, false).map_err(|_| taste(user, ("color", name), &known))?)
            }
            (None, None) => None,
        };
        match when {
            Some(When::Always) => facts.colour = Colour::Always,
            Some(When::Never) => facts.colour = Colour::Never,
            Some(When::Auto) | None => {}
        }
        facts.pager = process.pager(user.pager.as_deref());
        if self.no_pager {
            facts.pager.words = None;
        }
        let ui = Ui::new(facts);
        ui.tell(process.variable("RAKOPS_LOG"))?;
        Ok(ui)
    }
}

/// A value of the user's own file that is none of those that are known.
fn taste(user: &User, (key, value): (&str, &str), known: &[&str]) -> Error {
    let message = format!("`{key}` in your own configuration is `{value}`");
    let error = Error::new(Kind::Config, "config", message);
    let error = match user.places.get(key) {
        Some(place) => error.at(place.clone()),
        None => error,
    };
    let found = || Hint::Found(known.iter().map(ToString::to_string).collect());
    error.hint(Hint::nearest(value, known).unwrap_or_else(found))
}

//! `rakops help`: what a command does, and pages that belong to no command.
//!
//! **Invariant:** a topic is a page of the documentation, which is part of the program: the two cannot differ.

use clap::Args;

use super::{Context, Outcome, heard};
use crate::error::{Error, Hint, Kind};
use crate::ui::{page, plural};

/// A topic: its name, and its page.
const TOPICS: [(&str, &str); 3] = [
    ("exit-codes", include_str!("../../docs/reference/exit-codes.md")),
    ("strategies", include_str!("../../docs/concepts/strategies.md")),
    ("environment", include_str!("../../docs/reference/environment.md")),
];

/// Show help for a command, or about a topic
///
/// The topics are `exit-codes`, `strategies` and `environment`: what the exit codes mean, how environments relate to
/// branches, and which environment variables are read.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  rakops help promote
  rakops help overlay set
  rakops help exit-codes
  rakops help strategies
  rakops help environment")]
pub(super) struct HelpArgs {
    /// A command, or one of exit-codes, strategies, environment
    #[arg(value_name = "TOPIC")]
    words: Vec<String>,
}

/// The first line of a page.
fn title(page: &str) -> &str {
    page.lines().next().unwrap_or_default().trim_start_matches("# ")
}

pub(super) fn run(context: &Context, args: &HelpArgs) -> Result<Outcome, Error> {
    let topic = TOPICS.iter().find(|(name, _)| args.words.as_slice() == [*name]);
    if let Some((_, page)) = topic {
        context.ui.styled(&page::text(page, context.ui.width()))?;
        return Ok(Outcome::Done);
    }
    let mut command = heard(&context.process);
    command.build();
    check(&command, &args.words)?;
    let words = std::iter::once("rakops").chain(args.words.iter().map(String::as_str));
    let Err(help) = command.try_get_matches_from(words.chain(["--help"])) else {
        return Err(Error::bug("a command without help"));
    };
    context.ui.styled(&help.render().ansi().to_string())?;
    Ok(Outcome::Done)
}

/// Follows the words down the tree of commands.
///
/// # Errors
/// [`Kind::Usage`] for the first word that is no command there, and no topic.
fn check(root: &clap::Command, words: &[String]) -> Result<(), Error> {
    let (mut command, mut above) = (root, String::new());
    for word in words {
        let Some(below) = command.find_subcommand(word) else {
            return Err(unknown(command, (&above, word)));
        };
        command = below;
        above = format!("{above}{word} ");
    }
    Ok(())
}

fn unknown(command: &clap::Command, (above, word): (&str, &str)) -> Error {
    let message = match above.trim_end() {
        "" => format!("no command and no topic is named `{word}`"),
        above if command.has_subcommands() => format!("`{above}` has no command named `{word}`"),
        above => format!("`{above}` has no commands: what is `{word}`?"),
    };
    let error = Error::new(Kind::Usage, "no-such-topic", message);
    let commands: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    let topics = TOPICS.iter().map(|(name, _)| *name).filter(|_| above.is_empty());
    let topics: Vec<&str> = topics.collect();
    match Hint::nearest(word, commands.iter().chain(&topics)) {
        Some(near) => error.hint(near),
        None if above.is_empty() => error
            .hint(Hint::Say(format!("the topics are {}", plural::names(&topics, "and"))))
            .hint(Hint::Run("rakops help".into())),
        None if commands.is_empty() => error.hint(Hint::Run(format!("rakops help {}", above.trim_end()))),
        None => error.hint(Hint::Found(commands.into_iter().map(str::to_owned).collect())),
    }
}

/// What may follow the words after `help`, each with what it is about.
pub(super) fn following(words: &[&str]) -> Vec<(String, String)> {
    let root = super::command();
    let below = |command: &clap::Command, word: &&str| command.find_subcommand(word).cloned();
    let Some(command) = words.iter().try_fold(root, |command, word| below(&command, word)) else {
        return Vec::new();
    };
    let about = |command: &clap::Command| command.get_about().map(ToString::to_string).unwrap_or_default();
    let commands = command.get_subcommands().filter(|command| !command.is_hide_set());
    let commands = commands.map(|command| (command.get_name().to_owned(), about(command)));
    let topics = TOPICS.iter().filter(|_| words.is_empty());
    let topics = topics.map(|(name, page)| (name.to_string(), title(page).to_owned()));
    commands.chain(topics).collect()
}

//! Words that clap refuses: what can be told of them all the same, and the complaint in the form that was asked for.
//!
//! **Invariant:** nothing here decides what a command does; clap has refused the words already, or will.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, ValueEnum};

use super::context::Process;
use super::manner::{Output, When};
use super::output;
use crate::error::{Error, Hint, Kind};
use crate::ui::{Colour, Ui, report};

/// What a command line says about itself before it is understood.
struct Heard {
    /// The command and the one below it, as in `yaml set`; the program's name where no command was typed.
    name: String,
    output: Option<Output>,
    colour: Option<When>,
}

/// Shows what clap says and returns the exit code. Help and version are data; everything else is a complaint.
pub(super) fn answer(process: &Process, words: &[OsString], complaint: clap::Error) -> u8 {
    if complaint.kind() == ErrorKind::DisplayVersion {
        let ui = Ui::new(process.facts());
        return ui
            .data(complaint.render().to_string())
            .map_or_else(|error| error.kind.code(), |()| 0);
    }
    let heard = hear(words);
    let complaint = &with_nearest(complaint, &heard.name);
    let mut facts = process.facts();
    match heard.colour {
        Some(When::Always) => facts.colour = Colour::Always,
        Some(When::Never) => facts.colour = Colour::Never,
        Some(When::Auto) | None => {}
    }
    let ui = Ui::new(facts);
    let text = complaint.render().ansi().to_string();
    if !complaint.use_stderr() {
        return ui.styled(&text).map_or_else(|error| error.kind.code(), |()| 0);
    }
    let form = |name: &str| Output::from_str(name, false).ok();
    let output = heard
        .output
        .or_else(|| process.variable("RAKOPS_OUTPUT").and_then(form))
        .or_else(|| process.user().ok()?.output.as_deref().and_then(form));
    if output == Some(Output::Json) {
        // The complaint itself goes to stderr all the same; a second failure here adds nothing.
        let _ = output::json(&ui, &report::failure(&heard.name, &error(&heard.name, complaint)));
    }
    ui.report_usage(&text);
    Kind::Usage.code()
}

/// Adds what was meant where clap finds nothing near enough: two letters that changed places are far apart to it.
fn with_nearest(mut complaint: clap::Error, name: &str) -> clap::Error {
    let mut command = super::command();
    command.build();
    let mut below = &command;
    for word in name.split(' ') {
        below = below.find_subcommand(word).unwrap_or(below);
    }
    let typed = |kind| match complaint.get(kind) {
        Some(ContextValue::String(typed)) => Some(typed.clone()),
        _ => None,
    };
    let flag = typed(ContextKind::InvalidArg).unwrap_or_default();
    if complaint.kind() == ErrorKind::UnknownArgument
        && let Some(alone) = stands_alone(below, &flag)
    {
        let tip = format!("{alone} stands without a flag: 'rakops {name} {alone}'");
        complaint.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
        return complaint;
    }
    let (kind, nearest) = match complaint.kind() {
        ErrorKind::UnknownArgument if complaint.get(ContextKind::SuggestedArg).is_none() => {
            let typed = typed(ContextKind::InvalidArg).filter(|typed| typed.starts_with("--"));
            let longs = below.get_arguments().filter_map(Arg::get_long);
            let near = Hint::nearest(&typed.unwrap_or_default(), longs.map(|long| format!("--{long}")));
            (ContextKind::SuggestedArg, near)
        }
        ErrorKind::InvalidSubcommand if complaint.get(ContextKind::SuggestedSubcommand).is_none() => {
            let names = below.get_subcommands().map(Command::get_name);
            let near = Hint::nearest(&typed(ContextKind::InvalidSubcommand).unwrap_or_default(), names);
            (ContextKind::SuggestedSubcommand, near)
        }
        ErrorKind::InvalidValue if complaint.get(ContextKind::SuggestedValue).is_none() => {
            let known = match complaint.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(known)) => known.as_slice(),
                _ => &[],
            };
            let near = Hint::nearest(&typed(ContextKind::InvalidValue).unwrap_or_default(), known);
            (ContextKind::SuggestedValue, near)
        }
        _ => return complaint,
    };
    let Some(Hint::Nearest(names)) = nearest else {
        return complaint;
    };
    // That it could be a value is far-fetched then.
    complaint.remove(ContextKind::Suggested);
    let value = match kind {
        ContextKind::SuggestedArg | ContextKind::SuggestedValue => {
            ContextValue::String(names.into_iter().next().unwrap_or_default())
        }
        _ => ContextValue::Strings(names),
    };
    complaint.insert(kind, value);
    complaint
}

/// The word that a command takes by itself and that was typed as a flag: `ENV` for `--env`.
fn stands_alone(command: &Command, flag: &str) -> Option<String> {
    let typed = flag.strip_prefix("--")?.to_uppercase();
    let names = command
        .get_positionals()
        .flat_map(|arg| arg.get_value_names().unwrap_or_default());
    names.map(ToString::to_string).find(|name| *name == typed)
}

/// Takes clap's complaint apart: its first paragraph is the message, its tips are hints.
fn error(name: &str, complaint: &clap::Error) -> Error {
    if complaint.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Error::new(Kind::Usage, "usage", format!("`{name}` needs a command"));
    }
    let text = complaint.render().to_string();
    let paragraph: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let message = paragraph.join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("tip: "))
        .map(|tip| Hint::Say(tip.to_owned()))
        .fold(Error::new(Kind::Usage, "usage", message), Error::hint)
}

/// The command that is typed, as documents name it.
pub(super) fn name(words: &[OsString]) -> String {
    hear(words).name
}

/// Reads the words as far as clap's own tree tells what they are: flags with their values are passed over.
fn hear(words: &[OsString]) -> Heard {
    let mut root = super::command();
    root.build();
    let mut names: Vec<&str> = Vec::new();
    let mut heard = Heard {
        name: String::new(),
        output: None,
        colour: None,
    };
    let (mut command, mut lost) = (&root, false);
    let mut words = words.iter().skip(1).map(|word| word.to_string_lossy());
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        match flag(command, &word) {
            Some((arg, value)) => {
                let value = value.or_else(|| words.next().map(|next| next.into_owned()));
                let value = value.unwrap_or_default();
                match arg.get_id().as_str() {
                    "output" => heard.output = Output::from_str(&value, false).ok(),
                    "color" => heard.colour = When::from_str(&value, false).ok(),
                    _ => {}
                }
            }
            None if word.starts_with('-') => {}
            None => {
                // What follows an unknown command names no command that there is.
                lost |= command.has_subcommands() && command.find_subcommand(word.as_ref()).is_none();
                if let Some(below) = command.find_subcommand(word.as_ref()).filter(|_| !lost) {
                    names.push(below.get_name());
                    command = below;
                }
            }
        }
    }
    heard.name = match names.as_slice() {
        [] => "rakops".to_owned(),
        names => names.join(" "),
    };
    heard
}

/// The flag of this word that takes a value, and the value if it stands in the same word.
fn flag<'c>(command: &'c Command, word: &str) -> Option<(&'c Arg, Option<String>)> {
    let takes_value = |arg: &&Arg| !arg.is_positional() && arg.get_action().takes_values();
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (long, None),
        };
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(name));
        return Some((arg.filter(takes_value)?, value));
    }
    // Of letters behind one dash, the first that takes a value has the rest as its value.
    let letters = word.strip_prefix('-')?;
    letters.char_indices().find_map(|(at, letter)| {
        let arg = command.get_arguments().find(|arg| arg.get_short() == Some(letter));
        let rest = letters[at + letter.len_utf8()..].trim_start_matches('=');
        Some((
            arg.filter(takes_value)?,
            Some(rest.to_owned()).filter(|rest| !rest.is_empty()),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::hear;
    use crate::cli::manner::Output;

    #[test]
    fn the_command_is_found_behind_flags_and_their_values() {
        for (line, name) in [
            ("rakops", "rakops"),
            ("rakops nonsense yaml", "rakops"),
            ("rakops -C yaml images --no-such", "images"),
            ("rakops --config=x -vn yaml --color never set f a", "yaml set"),
            ("rakops yaml", "yaml"),
            ("rakops config -ojson shwo", "config"),
            ("rakops bump -- images", "bump"),
        ] {
            let words: Vec<_> = line.split(' ').map(Into::into).collect();
            assert_eq!(hear(&words).name, name, "{line}");
        }
    }

    #[test]
    fn the_form_is_found_however_it_is_written() {
        for (line, output) in [
            ("rakops images -o json --no-such", Some(Output::Json)),
            ("rakops images -nojson --no-such", Some(Output::Json)),
            ("rakops nonsense images -ojson", Some(Output::Json)),
            ("rakops -o=json nonsense", Some(Output::Json)),
            ("rakops images --output=name --no-such", Some(Output::Name)),
            ("rakops images --path -ojson", None),
        ] {
            let words: Vec<_> = line.split(' ').map(Into::into).collect();
            assert_eq!(hear(&words).output, output, "{line}");
        }
    }
}

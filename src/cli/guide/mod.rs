//! What a command needs and nobody typed: on a terminal it is asked for, one word after the other.
//!
//! clap says what is missing. Which question is asked is told by the command, the name of the argument and the name of its
//! value, as completion does: `ENV` is an environment, `KIND/NAME` an object of it, `PATH` one of its fields. The answer
//! is a word like any other, so the line is read again with it, and is the line that says the same without questions.
//! Without a terminal clap's own complaint stands: it names what is missing.
//!
//! Start reading at [`ask()`].

mod choices;

use std::sync::Arc;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, FromArgMatches};

pub(super) use choices::{environment, full_name, one_of, typed_line};

use super::Context;
use super::context::Process;
use super::manner::MannerArgs;
use super::place::PlaceArgs;
use super::typed::Typed;
use crate::error::Error;
use crate::ui::Ui;

/// What came of asking.
pub(super) enum Came {
    /// A word was noted; the line can be read again.
    Answered,
    /// There was nothing to ask, or nobody.
    Unasked,
    /// The person left, or what could be chosen cannot be read.
    Failed(Box<Context>, Error),
}

/// Asks for one word that is missing.
pub(super) fn ask(
    (process, typed): (&Arc<Process>, &Arc<Typed>),
    command: clap::Command,
    complaint: &clap::Error,
) -> Came {
    let mut relaxed = relaxed(command);
    let Ok(matches) = relaxed.try_get_matches_from_mut(typed.words()) else {
        return was_no_answer((process, typed), complaint);
    };
    if complaint.kind() != ErrorKind::MissingRequiredArgument {
        return Came::Unasked;
    }
    let Some(context) = context((process, typed), &matches).filter(|context| context.ui.can_prompt()) else {
        return Came::Unasked;
    };
    let (mut leaf, mut below, mut names) = (&relaxed, &matches, Vec::new());
    while let Some((name, matches)) = below.subcommand() {
        let Some(command) = leaf.find_subcommand(name) else {
            break;
        };
        (leaf, below) = (command, matches);
        names.push(name);
    }
    let missing = missing(complaint);
    // clap shows an argument that must be there in another way than one that may.
    let is_missing = |arg: &&Arg| missing.contains(&Arg::clone(arg).required(true).to_string());
    let mut args: Vec<&Arg> = leaf.get_arguments().filter(is_missing).collect();
    // A positional argument is told by its place: the first that is missing comes first.
    args.sort_by_key(|arg| (arg.get_index().is_none(), arg.get_index()));
    let Some(arg) = args.first() else {
        return Came::Unasked;
    };
    let name = names.join(" ");
    let asking = Asking {
        context: &context,
        command: &name,
        matches: below,
    };
    match choices::answer(&asking, arg) {
        Ok(answer) => {
            note(typed, arg, &answer);
            Came::Answered
        }
        Err(error) => Came::Failed(Box::new(context), error),
    }
}

/// What a question may look at.
struct Asking<'a> {
    context: &'a Context,
    /// Its words, such as `overlay get`.
    command: &'a str,
    matches: &'a ArgMatches,
}

impl Asking<'_> {
    /// The value of an argument that was typed or answered before.
    fn said(&self, id: &str) -> Option<&String> {
        self.matches.try_get_one::<String>(id).ok().flatten()
    }
}

/// An answer, with the flag it belongs to where that is not the argument's own.
struct Answer {
    word: String,
    flag: Option<&'static str>,
}

fn note(typed: &Typed, arg: &Arg, answer: &Answer) {
    match (answer.flag, arg.get_long()) {
        (Some(flag), _) => typed.flag(flag.to_owned(), &answer.word),
        (None, Some(long)) => typed.flag(format!("--{long}"), &answer.word),
        (None, None) => typed.argument(&answer.word),
    }
}

/// Of a word that was answered and cannot be read: says why, and takes it back, so that it is asked for again.
fn was_no_answer((process, typed): (&Arc<Process>, &Arc<Typed>), complaint: &clap::Error) -> Came {
    let is_about_a_value = matches!(complaint.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue);
    if typed.line().is_none() || !is_about_a_value {
        return Came::Unasked;
    }
    let text = complaint.render().to_string();
    let why = text.lines().next().unwrap_or_default();
    Ui::new(process.facts()).talk(why);
    typed.forget_last();
    Came::Answered
}

/// The arguments that clap misses, as it shows them: `<ENV>`, `--kind <KIND>`.
fn missing(complaint: &clap::Error) -> Vec<String> {
    match complaint.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) => names.clone(),
        Some(ContextValue::String(name)) => vec![name.clone()],
        _ => Vec::new(),
    }
}

/// The same command line, with nothing that must be there.
fn relaxed(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            arg.required(false)
                .required_unless_present(Resettable::<clap::Id>::Reset)
        })
        .mut_subcommands(relaxed)
}

/// The context that the command would have.
fn context((process, typed): (&Arc<Process>, &Arc<Typed>), matches: &ArgMatches) -> Option<Context> {
    let manner = MannerArgs::from_arg_matches(matches).ok()?;
    let place = PlaceArgs::from_arg_matches(matches).ok()?;
    // A file that cannot be read is told by the command itself.
    let user = process.user().ok()?;
    let ui = manner.ui(process, &user).ok()?;
    let output = manner.output(&user).ok()?;
    Some(Context {
        name: "rakops",
        process: Arc::clone(process),
        typed: Arc::clone(typed),
        place,
        manner,
        output,
        ui,
    })
}

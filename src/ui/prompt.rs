//! Every question rakops asks, behind one gate.
//!
//! **Invariant:** no other file names the prompt crate, and no function here asks unless [`Ui::can_prompt`]. One kind
//! of its prompts (the fuzzy selection) draws for ever without a terminal.
//! `Ok(None)` means that the person cancelled (Esc, `q` or Ctrl-C); [`cancelled`] is the error to end with.
//! Tests answer real prompts on a terminal: `tests/it/tty.rs` and those beside it.

mod line;
mod theme;

use std::io::{self, Write};

use dialoguer::console::{self, Term};
use dialoguer::{Confirm, FuzzySelect, MultiSelect, Select};

use super::Ui;
use super::interrupt::{self, Asking};
use crate::error::{Error, Hint, Kind};
use theme::Plain;

/// From this many entries on, a selection can be filtered by typing.
const FILTERED_ABOVE: usize = 10;
/// So many entries of a filtered selection are shown at once.
const MOST_FILTERED: usize = 12;

/// A question, and what to type instead of answering it.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    /// One clause, lower case, with its question mark: `which images?`
    pub(crate) text: &'a str,
    /// The flags or arguments that answer it without a terminal.
    pub(crate) instead: Vec<Hint>,
}

/// Asks for one of `entries`; returns its index. The first is chosen beforehand.
///
/// # Errors
/// [`Kind::Refused`] with the question's hints if nobody can be asked.
pub(crate) fn select(ui: &Ui, question: &Question<'_>, entries: &[String]) -> Result<Option<usize>, Error> {
    ask(ui, question, |text| {
        let shown = theme::fitted(entries);
        if shown.len() > FILTERED_ABOVE {
            let prompt = FuzzySelect::with_theme(&Plain).with_prompt(text);
            prompt.items(&shown).max_length(MOST_FILTERED).default(0).interact_opt()
        } else {
            let prompt = Select::with_theme(&Plain).with_prompt(text);
            prompt.items(&shown).default(0).interact_opt()
        }
    })
}

/// Asks for some of `entries`; returns their indices in ascending order. `ticked` says which are chosen beforehand.
///
/// # Errors
/// As [`select`].
pub(crate) fn multi_select(
    ui: &Ui,
    question: &Question<'_>,
    entries: &[String],
    ticked: Ticked,
) -> Result<Option<Vec<usize>>, Error> {
    ask(ui, question, |text| {
        let prompt = MultiSelect::with_theme(&Plain).with_prompt(text);
        prompt
            .items(theme::fitted(entries))
            .defaults(&vec![ticked == Ticked::All; entries.len()])
            .interact_opt()
    })
}

/// Which entries of a multiple selection are chosen beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ticked {
    /// Every entry.
    All,
    /// No entry.
    None,
}

/// Asks yes or no; no is the default. For rules, where silence is not consent.
///
/// # Errors
/// As [`select`].
pub(crate) fn confirm(ui: &Ui, question: &Question<'_>) -> Result<Option<bool>, Error> {
    ask(ui, question, |text| {
        let prompt = Confirm::with_theme(&Plain).with_prompt(text);
        prompt.default(false).interact_opt()
    })
}

/// Asks before writing. Where nobody can be asked, and with `-y`, the answer is yes: nothing is confirmed then.
///
/// # Errors
/// If the terminal fails while asking.
pub(crate) fn confirm_write(ui: &Ui, text: &str) -> Result<Option<bool>, Error> {
    if ui.agrees() {
        return Ok(Some(true));
    }
    let question = Question {
        text,
        instead: Vec::new(),
    };
    confirm(ui, &question)
}

/// Asks for a line of text; an empty line counts as cancelled.
///
/// # Errors
/// As [`select`].
pub(crate) fn input(ui: &Ui, question: &Question<'_>) -> Result<Option<String>, Error> {
    ask(ui, question, |text| {
        let line = line::read(&Term::stderr(), text)?;
        let line = line.map(|line| line.trim().to_owned());
        Ok(line.filter(|line| !line.is_empty()))
    })
}

/// What to end with after `Ok(None)`; exit code 130.
pub(crate) fn cancelled() -> Error {
    Error::new(Kind::Interrupted, "cancelled", "cancelled, nothing was changed")
}

/// The gate. Everything above goes through it.
fn ask<T>(
    ui: &Ui,
    question: &Question<'_>,
    prompt: impl FnOnce(&str) -> dialoguer::Result<Option<T>>,
) -> Result<Option<T>, Error> {
    if !ui.can_prompt() {
        let message = format!("{} (no terminal to ask on)", question.text);
        let refused = Error::new(Kind::Refused, "needs-answer", message);
        return Err(question.instead.iter().cloned().fold(refused, Error::hint));
    }
    console::set_colors_enabled_stderr(ui.colours_talk());
    interrupt::install_for_drawing();
    interrupt::asking(Asking::Now);
    let (before, text) = theme::divided(question.text, theme::columns());
    let answer = match before.map(|before| Term::stderr().write_line(before)) {
        Some(Err(cause)) => Err(cause.into()),
        Some(Ok(())) | None => prompt(text),
    };
    match answer {
        Ok(answer) => {
            interrupt::asking(Asking::NoMore);
            Ok(answer)
        }
        Err(dialoguer::Error::IO(cause)) if cause.kind() == io::ErrorKind::Interrupted => {
            let mut err = io::stderr().lock();
            let _ = err
                .write_all(interrupt::SHOW_CURSOR)
                .and_then(|()| err.write_all(b"\n"));
            Ok(None)
        }
        Err(dialoguer::Error::IO(cause)) => {
            interrupt::asking(Asking::NoMore);
            Err(Error::new(Kind::Files, "terminal", "the terminal failed while asking").because(cause))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Question, Ticked, confirm_write, input, multi_select, select};
    use crate::error::{Hint, Kind};
    use crate::ui::{Facts, Ui};

    #[test]
    fn without_a_terminal_a_question_is_refused_and_names_the_flag() {
        let ui = Ui::new(Facts::default());
        let question = Question {
            text: "which images?",
            instead: vec![Hint::Flag("--all".into(), "take all of them".into())],
        };
        let many: Vec<String> = (0..50).map(|n| n.to_string()).collect();
        let refused = [
            select(&ui, &question, &many).unwrap_err(),
            multi_select(&ui, &question, &many, Ticked::None).unwrap_err(),
            input(&ui, &question).unwrap_err(),
        ];
        for error in refused {
            assert_eq!(error.kind, Kind::Refused);
            assert_eq!(error.message, "which images? (no terminal to ask on)");
            assert_eq!(error.hints, question.instead);
        }
    }

    #[test]
    fn without_a_terminal_nothing_is_confirmed() {
        assert_eq!(confirm_write(&Ui::new(Facts::default()), "write?"), Ok(Some(true)));
    }
}

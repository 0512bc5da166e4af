//! What can be wrong with a name, a tag, a digest or a policy, in words that show the character.

use std::fmt;

use crate::error::{Error, Hint, Kind, Place};

/// A word that does not read as what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReferenceError {
    /// The word as it was typed or as it stands in the file.
    pub(crate) text: String,
    /// What it should have been: `tag`, `digest`, `image name`, …
    pub(crate) expected: &'static str,
    /// Why it is not that.
    pub(crate) fault: Fault,
}

/// Why a word was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is nothing.
    Empty,
    /// A character that cannot stand where it stands; `at` counts characters from 1.
    Character { found: char, at: usize },
    /// More characters than allowed.
    TooLong { length: usize, most: usize },
    /// Anything else, as a clause.
    Says(&'static str),
}

impl ReferenceError {
    pub(crate) fn new(text: &str, expected: &'static str, fault: Fault) -> ReferenceError {
        let text = text.to_owned();
        ReferenceError { text, expected, fault }
    }

    /// The part of `typed` that is wrong, in bytes: the character, or all that should have been something else.
    fn mark(&self, typed: &str) -> std::ops::Range<usize> {
        let Some(start) = typed.rfind(&self.text) else {
            return 0..typed.len();
        };
        match &self.fault {
            Fault::Character { found, at } => {
                let before: usize = self.text.chars().take(at - 1).map(char::len_utf8).sum();
                start + before..start + before + found.len_utf8()
            }
            Fault::Empty | Fault::TooLong { .. } | Fault::Says(_) => start..start + self.text.len(),
        }
    }

    /// Turns it into the error of a word that was typed, and that `self` is about a part of.
    pub(crate) fn in_word(self, typed: &str) -> Error {
        let mark = self.mark(typed);
        let is_one_line = !typed.contains(char::is_control);
        let error = Error::from(self);
        match is_one_line {
            true => error.at(Place::word(typed, mark)),
            false => error,
        }
    }

    /// Names the character that starts at byte `offset` of `text`.
    pub(crate) fn at(text: &str, expected: &'static str, offset: usize) -> ReferenceError {
        let fault = match text.get(offset..).and_then(|rest| rest.chars().next()) {
            Some(found) => {
                let at = text[..offset].chars().count() + 1;
                Fault::Character { found, at }
            }
            None if text.is_empty() => Fault::Empty,
            None => Fault::Says("it ends too early"),
        };
        ReferenceError::new(text, expected, fault)
    }
}

/// Names a character so that it can be seen in a message, blanks and control characters too.
fn shown(c: char) -> String {
    match c {
        '\n' => "a line break".into(),
        '\r' => "a carriage return".into(),
        '\t' => "a tab".into(),
        ' ' => "a blank".into(),
        c if c.is_control() || c.is_whitespace() => format!("the character U+{:04X}", u32::from(c)),
        c => format!("`{c}`"),
    }
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReferenceError { text, expected, fault } = self;
        let article = if expected.starts_with(['a', 'e', 'i', 'o', 'u']) {
            "an"
        } else {
            "a"
        };
        match fault {
            Fault::Empty => write!(f, "{article} {expected} is missing"),
            Fault::Character { found, at } => {
                write!(
                    f,
                    "`{}` is not {article} {expected}: {} cannot stand ",
                    text.escape_debug(),
                    shown(*found)
                )?;
                if *at == 1 {
                    f.write_str("at its start")
                } else {
                    write!(f, "there (character {at})")
                }
            }
            Fault::TooLong { length, most } => {
                let head: String = text.chars().take(40).collect();
                write!(
                    f,
                    "`{}…` is not {article} {expected}: it has {length} characters, {most} are allowed",
                    head.escape_debug()
                )
            }
            Fault::Says(why) => write!(f, "`{}` is not {article} {expected}: {why}", text.escape_debug()),
        }
    }
}

impl std::error::Error for ReferenceError {}

impl From<ReferenceError> for Error {
    fn from(cause: ReferenceError) -> Error {
        let error = Error::new(Kind::Usage, "bad-reference", cause.to_string());
        match cause.expected {
            "tag" => error.hint(Hint::Say(
                "a tag has letters, digits, `_`, `.` and `-`, at most 128, and starts with neither `.` nor `-`".into(),
            )),
            "digest" => error.hint(Hint::Say(
                "a digest is `sha256:` and 64 characters of 0-9 and a-f".into(),
            )),
            _ => error,
        }
    }
}

//! Errors and warnings as text and as JSON. Hints are drawn here and nowhere else.

use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Group, Level as SnippetLevel, Renderer, Snippet};
use serde_json::{Value, json};

use super::{plural, style};
use crate::error::{Error, Excerpt, Hint, Kind, Place};
use crate::text::secret;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// It ends the program.
    Error,
    /// It stops nothing.
    Warning,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
        }
    }
}

/// How many names a hint shows before it says how many there are besides.
const NAMES_SHOWN: usize = 12;
/// Columns that a line of an excerpt is cut to where the terminal does not say.
const WIDTH: u16 = 140;

/// Returns a complaint as text with styles, without a final line break.
///
/// The form is the one of rustc: `error[code]: …`, the place with carets, then causes and help.
pub(crate) fn text(level: Level, error: &Error, width: Option<u16>) -> String {
    if error.kind == Kind::Interrupted {
        return style::visible(&error.message).into_owned();
    }
    let mut out = head(level, error, width);
    causes(&error.causes, &mut out);
    let help: Vec<String> = error.hints.iter().map(hint_line).collect();
    if !help.is_empty() {
        out.push('\n');
    }
    for line in help {
        let _ = write!(
            out,
            "\n{} {}",
            style::paint(style::HELP, "help:"),
            style::visible(&line)
        );
    }
    out
}

/// The first line, and the place.
fn head(level: Level, error: &Error, width: Option<u16>) -> String {
    let renderer = Renderer::styled().term_width(usize::from(width.unwrap_or(WIDTH)));
    let level = match level {
        Level::Error => SnippetLevel::ERROR,
        Level::Warning => SnippetLevel::WARNING,
    };
    let message = style::visible(&error.message);
    let title = level.primary_title(message.as_ref()).id(error.code);
    match error.place.as_deref() {
        Some(Place {
            file,
            excerpt: Some(excerpt),
            ..
        }) => {
            let file = style::visible(file);
            renderer.render(&[title.element(snippet(&file, excerpt))])
        }
        place => {
            let mut out = renderer.render(&[Group::with_title(title)]);
            if let Some(place) = place {
                let _ = write!(out, "\n  --> {}", style::visible(&place.to_string()));
            }
            out
        }
    }
}

fn snippet<'a>(file: &'a str, excerpt: &'a Excerpt) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let mark = within(&excerpt.text, excerpt.mark.clone());
    let label = Some(excerpt.label.as_str()).filter(|label| !label.is_empty());
    Snippet::source(excerpt.text.as_str())
        .path(Some(file).filter(|file| !file.is_empty()))
        .line_start(excerpt.first_line as usize)
        .annotation(AnnotationKind::Primary.span(mark).label(label))
}

/// A mark that lies in the text and on character boundaries, whatever was handed in: a report must not panic.
fn within(text: &str, mark: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let mut start = mark.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = mark.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// Causes, numbered if there are several, each on a line of its own.
fn causes(causes: &[String], out: &mut String) {
    let heading = style::paint(style::NOTE, "caused by:");
    let indented = |cause: &str| style::visible(cause.trim_end()).replace('\n', "\n    ");
    match causes {
        [] => {}
        [only] => {
            let _ = write!(out, "\n{heading} {}", indented(only));
        }
        several => {
            let _ = write!(out, "\n{heading}");
            for (index, cause) in several.iter().enumerate() {
                let _ = write!(out, "\n  {}: {}", index + 1, indented(cause));
            }
        }
    }
}

/// What stands after `help:`, on one line so that a command can be pasted; the text of a file follows, indented.
fn hint_line(hint: &Hint) -> String {
    let line = match hint {
        Hint::Run(command) => command.clone(),
        Hint::Flag(flag, allows) => format!("`{flag}`: {allows}"),
        Hint::Key(key, example) => format!("set `{key}` in rakops.yaml, for example `{example}`"),
        Hint::File(when, text) => {
            let lines: String = text.lines().map(|line| format!("\n    {line}")).collect();
            return format!("{}:{lines}", when.replace('\n', " "));
        }
        Hint::Nearest(names) => format!("did you mean {}?", some(names, "or")),
        Hint::Found(names) => format!("found there: {}", some(names, "and")),
        Hint::See(page) => format!("see {page}"),
        Hint::Say(sentence) => sentence.clone(),
    };
    line.replace('\n', " ")
}

/// The first names, and how many are left out.
fn some(names: &[String], joining_word: &str) -> String {
    if names.len() <= NAMES_SHOWN {
        return plural::names(names, joining_word);
    }
    let shown: Vec<String> = names.iter().take(NAMES_SHOWN).map(|name| format!("`{name}`")).collect();
    format!("{} and {} more", shown.join(", "), names.len() - NAMES_SHOWN)
}

/// Returns a complaint as one entry of `warnings` or `findings` in a JSON document.
///
/// Absent values are null; `help` holds the hints, one a line, the lines of a file indented below theirs; `causes` is a list, never absent.
pub(crate) fn json(level: Level, error: &Error) -> Value {
    let place = error.place.as_deref().filter(|place| !place.is_word());
    let number = |of: fn(&Place) -> u32| place.map(of).filter(|number| *number > 0);
    let help: Vec<String> = error.hints.iter().map(hint_line).collect();
    // Complaints repeat what was typed and what servers said; data would be written as it is.
    let shown = |text: &str| secret::redact(text).into_owned();
    json!({
        "level": level.name(),
        "code": error.code,
        "message": shown(&error.message),
        "file": place.map(|place| place.file.as_str()),
        "line": number(|place| place.line),
        "column": number(|place| place.column),
        "causes": error.causes.iter().map(|cause| shown(cause)).collect::<Vec<String>>(),
        "help": Some(shown(&help.join("\n"))).filter(|help| !help.is_empty()),
    })
}

/// Returns the whole JSON document of a run that failed.
pub(crate) fn failure(command: &str, error: &Error) -> Value {
    let mut complaint = json(Level::Error, error);
    complaint["exit_code"] = json!(error.kind.code());
    json!({ "schema": "rakops/v1", "command": command, "error": complaint, "warnings": [] })
}

#[cfg(test)]
mod tests;

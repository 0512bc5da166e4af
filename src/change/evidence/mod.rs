//! What a commit and a pull request say about a change: written here, and read back here.
//!
//! **Invariant:** every line that begins with `Rakops-` is made by [`trailers`]; texts from outside pass `text::markdown` before
//! they reach a page that a forge renders. Trailers are claims, not proofs.
//! Start reading at [`commit_message`].

mod promotion;
mod request;
mod template;
mod trailers;

pub(crate) use crate::text::markdown::code;
pub(crate) use request::{body, table};
pub(crate) use trailers::{Landing, Read, is_ours, landings, read};

use super::intent::Intent;
use super::set::{Facts, Step};

/// Returns the message of a commit: a line that says what changed, what the user adds, and the trailers.
///
/// `template` is `commit.message` of the configuration; `words` are the user's own, and take its place.
pub(crate) fn commit_message(
    intent: &Intent,
    facts: &Facts,
    (template, words): (Option<&str>, Option<&str>),
) -> String {
    let (subject, more) = match words {
        Some(words) => words.trim_end().split_once('\n').unwrap_or((words.trim_end(), "")),
        None => ("", ""),
    };
    let subject = match subject.is_empty() {
        true => template::fill(template, intent, facts),
        false => subject.to_owned(),
    };
    let mut message = format!("{}\n", subject.trim_end());
    let more = more.trim_matches(['\r', '\n']);
    if !more.is_empty() {
        message.push_str(&format!("\n{more}\n"));
    }
    message.push('\n');
    message.push_str(&trailers::text(intent, facts));
    message
}

/// Returns the message of a commit that carries one change over as it is.
pub(crate) fn step_message(intent: &Intent, step: &Step) -> String {
    let body = match step.body.trim() {
        "" => String::new(),
        body => format!("{body}\n\n"),
    };
    format!(
        "{}\n\n{body}{}",
        step.title.trim(),
        trailers::step_text(intent, &step.change)
    )
}

/// Returns the title of a pull request. `template` is `pull_request.title`, else `commit.message`, of the configuration.
pub(crate) fn title(intent: &Intent, facts: &Facts, template: Option<&str>) -> String {
    template::fill(template, intent, facts)
}

/// Returns the words before the table of a pull request, made of `pull_request.body` of the configuration.
pub(crate) fn words(intent: &Intent, facts: &Facts, template: &str) -> String {
    template::fill_words(template, intent, facts)
}

#[cfg(test)]
pub(crate) mod tests;

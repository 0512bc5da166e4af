//! What GitHub Actions reads in a log: annotations, masks, and text from outside that must not look like a command.
//!
//! Source: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, Ordering};

use super::report::Level;
use crate::error::Error;

/// The runner shows ten of a kind for a step, and drops the rest without a word.
const MOST: u32 = 9;

/// How many annotations were written.
#[derive(Debug, Default)]
pub(super) struct Annotations {
    errors: AtomicU32,
    warnings: AtomicU32,
}

impl Annotations {
    /// Returns the line that makes a complaint an annotation; none once there were enough.
    pub(super) fn line(&self, level: Level, error: &Error) -> Option<String> {
        let (word, count) = match level {
            Level::Error => ("error", &self.errors),
            Level::Warning => ("warning", &self.warnings),
        };
        match count.fetch_add(1, Ordering::Relaxed) {
            before if before < MOST => Some(annotation(word, error)),
            MOST => Some(format!("::{word}::and more; see the log of this step")),
            _ => None,
        }
    }
}

fn annotation(word: &str, error: &Error) -> String {
    let mut properties = vec![format!("title={}", property(&format!("rakops: {}", error.code)))];
    if let Some(place) = error.place.as_ref().filter(|place| !place.is_word()) {
        properties.push(format!("file={}", property(&place.file)));
        if place.line > 0 {
            properties.push(format!("line={}", place.line));
        }
        if place.column > 0 {
            properties.push(format!("col={}", place.column));
        }
    }
    let causes: String = error.causes.iter().map(|cause| format!("\n{cause}")).collect();
    format!(
        "::{word} {}::{}",
        properties.join(","),
        // Older runners look for the second form anywhere in a line.
        data(&format!("{}{causes}", error.message)).replace("##[", "## [")
    )
}

/// Returns the line that begins a group, which the log folds away.
pub(super) fn group(title: &str) -> String {
    format!("::group::{}", data(title))
}

/// The line that ends it.
pub(super) const END_OF_GROUP: &str = "::endgroup::";

/// Returns the line that has the runner hide a secret from then on.
pub(super) fn mask(secret: &str) -> String {
    format!("::add-mask::{}", data(secret))
}

/// Returns `text` so that no line of it is a command: the runner looks behind blanks at the beginning of a line.
pub(super) fn inert(text: &str) -> Cow<'_, str> {
    let is_command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
    if !text.lines().any(is_command) {
        return Cow::Borrowed(text);
    }
    let lines = text.split('\n').map(|line| match is_command(line) {
        true => line.replacen("::", ": :", 1).replace("##[", "## ["),
        false => line.to_owned(),
    });
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{Annotations, inert, mask};
    use crate::error::{Error, Kind, Place};
    use crate::ui::report::Level;

    #[test]
    fn an_annotation_names_the_place_and_escapes_what_would_end_it() {
        let error = Error::new(Kind::Refused, "owned", "50 % of\n::warning::`x`").at(Place::at("a,b:c.yaml", 3, 7));
        let line = Annotations::default().line(Level::Error, &error).unwrap();
        assert_eq!(
            line,
            "::error title=rakops%3A owned,file=a%2Cb%3Ac.yaml,line=3,col=7::50 %25 of%0A::warning::`x`"
        );
        assert!(!line.contains('\n'));
    }

    #[test]
    fn nine_of_a_kind_are_written_and_then_it_is_said_that_there_are_more() {
        let annotations = Annotations::default();
        let error = Error::new(Kind::Refused, "x", "y");
        let lines: Vec<_> = (0..15)
            .filter_map(|_| annotations.line(Level::Warning, &error))
            .collect();
        assert_eq!(lines.len(), 10);
        assert!(lines[9].contains("and more"));
        assert!(annotations.line(Level::Error, &error).is_some());
    }

    #[test]
    fn text_from_outside_starts_no_command() {
        assert_eq!(inert("a\n  ::add-mask::b\nc: :: d"), "a\n  : :add-mask::b\nc: :: d");
        assert_eq!(inert("##[error]x"), "## [error]x");
        assert_eq!(inert("as it is"), "as it is");
        assert_eq!(mask("a%b"), "::add-mask::a%25b");
    }
}

//! One thing that cannot be right.

use super::sites::Spotted;
use crate::config::model::{CheckRule, Level};
use crate::error::{Error, Excerpt, Hint, Kind, Place};
use crate::snapshot::Snapshot;

/// One thing that cannot be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// [`Level::Error`] or [`Level::Warn`].
    pub(crate) level: Level,
    /// The rule is its code.
    pub(crate) error: Error,
    /// The environments it is about, in promotion order.
    pub(crate) environments: Vec<String>,
    /// The image it is about, by its full name as written.
    pub(crate) image: Option<String>,
    /// What would put it right, where that is certain.
    pub(crate) repair: Option<Repair>,
    /// How many characters are meant from its column on; 0 where that is not known.
    pub(crate) width: usize,
}

/// What puts a site right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repair {
    /// The number of the site in its file.
    pub(crate) site: usize,
    pub(crate) wish: Wish,
}

/// What a site is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Its tag is put in quotes.
    Quotes,
    /// Its digest becomes this one.
    Digest(String),
}

/// What a rule has found, before it is known how bad that is.
pub(super) struct Found {
    pub(super) at: Spotted,
    pub(super) message: String,
    pub(super) causes: Vec<String>,
    pub(super) hints: Vec<Hint>,
    pub(super) environments: Vec<String>,
    pub(super) image: Option<String>,
    pub(super) repair: Option<Repair>,
    /// It is never worse than this.
    pub(super) at_most: Level,
    /// It is no less than that, if the rule is looked at.
    pub(super) at_least: Level,
}

impl Found {
    pub(super) fn new(at: Spotted, message: impl Into<String>) -> Found {
        Found {
            at,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            environments: Vec::new(),
            image: None,
            repair: None,
            at_most: Level::Error,
            at_least: Level::Warn,
        }
    }

    /// The same, with one more cause.
    pub(super) fn because(mut self, cause: impl Into<String>) -> Found {
        self.causes.push(cause.into());
        self
    }

    /// The same, with one more hint.
    pub(super) fn hint(mut self, hint: Hint) -> Found {
        self.hints.push(hint);
        self
    }

    pub(super) fn into_finding(self, rule: CheckRule, level: Level) -> Finding {
        let place = Place::at(self.at.file, self.at.line, self.at.column);
        let mut error = Error::new(Kind::Refused, rule.as_str(), self.message).at(place);
        error.causes = self.causes;
        error.hints = self.hints;
        Finding {
            level: match (level, self.at_most, self.at_least) {
                (Level::Error, Level::Warn, _) => Level::Warn,
                (Level::Warn, _, Level::Error) => Level::Error,
                (level, _, _) => level,
            },
            error,
            environments: self.environments,
            image: self.image,
            repair: self.repair,
            width: self.at.width,
        }
    }
}

/// Adds to each finding the line that it is about. A file is read once; findings of one file mostly stand together.
pub(super) fn show_lines(snapshot: &Snapshot, findings: &mut [Finding]) {
    let mut read: Option<(String, String)> = None;
    for finding in findings.iter_mut().filter(|finding| finding.width > 0) {
        let Some(place) = finding.error.place.as_deref_mut() else {
            continue;
        };
        if place.excerpt.is_some() || place.line == 0 {
            continue;
        }
        if read.as_ref().is_none_or(|(file, _)| *file != place.file) {
            let bytes = snapshot.read(&place.file).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            read = Some((place.file.clone(), text));
        }
        let Some((_, text)) = &read else { continue };
        place.excerpt = excerpt(text, (place.line, place.column), finding.width);
    }
}

/// The line, with a mark of so many characters under it. A line of a megabyte helps nobody.
fn excerpt(text: &str, (line, column): (u32, u32), width: usize) -> Option<Excerpt> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let found = lines(text).nth(line.checked_sub(1)? as usize)?;
    if found.len() > 400 {
        return None;
    }
    let offset = |characters: usize| found.char_indices().nth(characters).map_or(found.len(), |(at, _)| at);
    let start = column.checked_sub(1)? as usize;
    Some(Excerpt {
        mark: offset(start)..offset(start + width),
        text: found.to_owned(),
        first_line: line,
        label: String::new(),
    })
}

/// Lines as the editor counts them: a lone carriage return ends one, too.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let now = rest?;
        let end = now.find(['\n', '\r']);
        rest = end.map(|at| now[at..].strip_prefix("\r\n").unwrap_or(&now[at + 1..]));
        Some(end.map_or(now, |at| &now[..at]))
    })
}

#[cfg(test)]
mod tests {
    use super::{excerpt, lines};

    #[test]
    fn lines_end_as_the_editor_ends_them() {
        assert_eq!(lines("a\r\nb\rc\n").collect::<Vec<_>>(), ["a", "b", "c", ""]);
    }

    #[test]
    fn a_mark_counts_characters() {
        let found = excerpt("x\n名: 1.10 # y\n", (2, 4), 4).unwrap();
        assert_eq!(&found.text[found.mark], "1.10");
        assert!(excerpt("x\n", (9, 1), 1).is_none());
    }
}

//! The one error that leaves a module.
//!
//! A module with failures of its own keeps them in its `error.rs` and turns them into [`Error`] there.
//! **Invariant:** advice stands in [`Hint`]s beside the message, never inside it, so that it can be drawn,
//! printed as JSON and checked by tests.

use std::fmt;

/// What sort of failure it is; decides the exit code and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words on the command line that cannot be understood.
    Usage,
    /// A `rakops.yaml` that cannot be understood.
    Config,
    /// It could be done, but will not be: a rule, an alias, half a version, an answer that nobody can give.
    Refused,
    /// Authentication or permission.
    Access,
    /// An environment, image, version or file that is not there.
    NotFound,
    /// The other side failed; trying again may help.
    Remote,
    /// The file system failed; trying again may help.
    Files,
    /// A merge or a race that was lost for good.
    Conflict,
    /// An invariant of ours does not hold.
    Bug,
    /// The user stopped it.
    Interrupted,
}

impl Kind {
    /// Every kind, in the order of the table in `docs/reference/exit-codes.md`.
    pub const ALL: [Kind; 10] = [
        Kind::Usage,
        Kind::Config,
        Kind::Refused,
        Kind::Access,
        Kind::NotFound,
        Kind::Remote,
        Kind::Files,
        Kind::Conflict,
        Kind::Bug,
        Kind::Interrupted,
    ];

    /// Returns the exit code of the process.
    pub const fn code(self) -> u8 {
        match self {
            Kind::Usage | Kind::Config => 2,
            Kind::Refused => 3,
            Kind::Access => 4,
            Kind::NotFound => 5,
            Kind::Remote | Kind::Files => 6,
            Kind::Conflict => 7,
            Kind::Bug => 70,
            Kind::Interrupted => 130,
        }
    }

    /// Says when this kind is used, for the table of exit codes.
    pub const fn meaning(self) -> &'static str {
        match self {
            Kind::Usage => "words on the command line that cannot be understood",
            Kind::Config => "a configuration that cannot be understood",
            Kind::Refused => {
                "refused: a rule, an alias, half a version, or an answer is needed and nobody can be asked"
            }
            Kind::Access => "authentication or permission",
            Kind::NotFound => "an environment, image, version or file that is not there",
            Kind::Remote => "the other side failed; trying again may help",
            Kind::Files => "the file system failed; trying again may help",
            Kind::Conflict => "a merge or a race that was lost for good",
            Kind::Bug => "a bug in rakops",
            Kind::Interrupted => "interrupted: Ctrl-C, or a signal that ends the job",
        }
    }
}

/// What can be done about a failure. Drawn as `help:` lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// A command that can be typed as it stands.
    Run(String),
    /// A flag and what it allows.
    Flag(String, String),
    /// A key of `rakops.yaml` and an example of it.
    Key(String, String),
    /// When to write a file, with its name, and the whole text of it.
    File(String, String),
    /// Names close to the one that was typed.
    Nearest(Vec<String>),
    /// What is there instead.
    Found(Vec<String>),
    /// A page of the documentation.
    See(String),
    /// One sentence, where nothing above fits.
    Say(String),
}

impl Hint {
    /// The names that look like the one that was typed, the nearest first and at most three; none where none does.
    ///
    /// Near is a third of the letters, and one at least: letters that are wrong, missing, too many, or swapped with the next.
    /// Capitals count as small letters. A name is near, too, if what was typed is its beginning, but for its last letter.
    pub fn nearest<N: AsRef<str>>(typed: &str, names: impl IntoIterator<Item = N>) -> Option<Hint> {
        let wanted = typed.to_lowercase();
        let letters = typed.chars().count();
        let reach = 1.max(letters / 3);
        let mut beginning = wanted.clone();
        if letters > 4 {
            beginning.pop();
        }
        let begins = |name: &str| letters >= 3 && name.starts_with(&beginning);
        let mut near: Vec<(usize, String)> = names
            .into_iter()
            .map(|name| name.as_ref().to_owned())
            .map(|name| (strsim::damerau_levenshtein(&wanted, &name.to_lowercase()), name))
            .filter(|(distance, name)| (*distance <= reach || begins(name)) && name != typed)
            .collect();
        near.sort();
        near.dedup();
        near.truncate(3);
        let names: Vec<String> = near.into_iter().map(|(_, name)| name).collect();
        (!names.is_empty()).then_some(Hint::Nearest(names))
    }
}

/// The lines of a file that a complaint is about, with a marked part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Whole lines of the file.
    pub text: String,
    /// Number of the first of them; the first line of a file is 1.
    pub first_line: u32,
    /// Marked part, in bytes of `text`; the first byte is 0.
    pub mark: std::ops::Range<usize>,
    /// What stands beside the mark; may be empty.
    pub label: String,
}

/// Bytes of the longest line that is quoted: a line of a megabyte helps nobody.
const QUOTED: usize = 400;

/// A place in a file. Lines and columns start at 1; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path as the user would type it; empty for a word of the command line.
    pub file: String,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: u32,
    /// Column in characters, from 1; 0 when the whole line is meant.
    pub column: u32,
    /// The lines themselves, where there are lines to show.
    pub excerpt: Option<Excerpt>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Place {
        Place {
            file: file.into(),
            line: 0,
            column: 0,
            excerpt: None,
        }
    }

    /// A position in a file.
    pub fn at(file: impl Into<String>, line: u32, column: u32) -> Place {
        Place {
            file: file.into(),
            line,
            column,
            excerpt: None,
        }
    }
}

impl Place {
    /// A word as it was typed, marked in one part, which is in bytes from 0.
    pub fn word(typed: impl Into<String>, mark: std::ops::Range<usize>) -> Place {
        let excerpt = Excerpt {
            text: typed.into(),
            first_line: 1,
            mark,
            label: String::new(),
        };
        Place {
            excerpt: Some(excerpt),
            ..Place::file("")
        }
    }

    /// Whether it is a typed word, and in no file.
    pub fn is_word(&self) -> bool {
        self.file.is_empty()
    }

    /// The same with its line of `source`, marked where it is meant. As it is if it has a line to show already, or if the file
    /// holds a Secret, whose values are shown nowhere.
    #[must_use]
    pub fn quoting(mut self, source: &str) -> Place {
        let line = usize::try_from(self.line).ok().and_then(|line| line.checked_sub(1));
        let text = line.and_then(|line| source.lines().nth(line));
        let Some(text) = text.filter(|text| text.len() <= QUOTED && self.excerpt.is_none()) else {
            return self;
        };
        if source.contains("kind: Secret") || source.contains("secretGenerator") {
            return self;
        }
        let first = usize::try_from(self.column.saturating_sub(1)).unwrap_or_default();
        let start = match self.column {
            0 => text.len() - text.trim_start().len(),
            _ => text.char_indices().nth(first).map_or(text.len(), |(at, _)| at),
        };
        let word = text[start..].find([' ', ',', ']', '}']).unwrap_or(text.len() - start);
        let end = match self.column {
            0 => text.trim_end().len().max(start),
            _ => start + word.max(1).min(text.len() - start),
        };
        self.excerpt = Some(Excerpt {
            text: text.to_owned(),
            first_line: self.line,
            mark: start..end,
            label: String::new(),
        });
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}", self.file),
            (line, 0) => write!(f, "{}:{line}", self.file),
            (line, column) => write!(f, "{}:{line}:{column}", self.file),
        }
    }
}

/// A failure, or a warning, as it leaves a module.
///
/// The message is lower case, without a full stop; what was typed or can be typed stands in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// Stable name of this complaint, such as `image-not-found`; part of JSON output.
    pub code: &'static str,
    /// What is wrong, in one clause.
    pub message: String,
    /// Where. Boxed, so that a `Result` with this error stays small.
    pub place: Option<Box<Place>>,
    /// Why, the nearest cause first.
    pub causes: Vec<String>,
    /// What to do next.
    pub hints: Vec<Hint>,
}

impl Error {
    /// A failure with nothing but a message.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Error {
        Error {
            kind,
            code,
            message: message.into(),
            place: None,
            causes: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// The same, with the place it is about.
    #[must_use]
    pub fn at(mut self, place: Place) -> Error {
        self.place = Some(Box::new(place));
        self
    }

    /// The same, with the line of `source` that its place means.
    #[must_use]
    pub fn quoting(mut self, source: &str) -> Error {
        self.place = self.place.map(|place| Box::new(place.quoting(source)));
        self
    }

    /// The same, with one more cause.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Error {
        self.causes.push(cause.to_string());
        self
    }

    /// The same, with one more hint.
    #[must_use]
    pub fn hint(mut self, hint: Hint) -> Error {
        self.hints.push(hint);
        self
    }

    /// Wraps what the file system said about `file`.
    pub fn files(file: impl Into<String>, what: &str, cause: &std::io::Error) -> Error {
        let kind = match cause.kind() {
            std::io::ErrorKind::NotFound => Kind::NotFound,
            _ => Kind::Files,
        };
        let file = file.into();
        Error::new(kind, "file-system", format!("{what} `{file}`")).because(cause)
    }

    /// An invariant of ours that does not hold.
    pub fn bug(message: impl Into<String>) -> Error {
        Error::new(Kind::Bug, "bug", message).hint(Hint::Say(
            "this is a bug in rakops; nothing was written. Report it with the version and the command".into(),
        ))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::Hint;

    #[test]
    fn near_is_a_wrong_letter_or_the_beginning_of_a_name() {
        let names = ["strategies", "environment", "stg", "api"];
        let near = |typed: &str| match Hint::nearest(typed, names) {
            Some(Hint::Nearest(names)) => names.join(" "),
            _ => String::new(),
        };
        for (typed, expected) in [
            ("strategy", "strategies"),
            ("env", "environment"),
            ("sgt", "stg"),
            ("API", "api"),
            ("apo", "api"),
            ("ap", "api"),
            ("nothing", ""),
            ("stg", ""),
            ("", ""),
        ] {
            assert_eq!(near(typed), expected, "{typed}");
        }
    }
}

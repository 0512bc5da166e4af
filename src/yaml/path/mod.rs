//! Paths such as `spec.containers[name=web].image`: parse, print, find, suggest the nearest.
//!
//! ```text
//! path  = "." | step *( "." key | bracket )        "." alone is the top of the document
//! step  = key | bracket
//! key   = characters other than  . [ ] " and blanks at the ends
//! bracket = "[" number "]" | "[+]" | "[" quoted "]" | "[" word "=" value "]"
//! ```
//!
//! **Invariant:** a path that is printed parses as the same path.

mod find;

use std::fmt;

use super::tree::NodeId;
use crate::error::{Error, Kind};

pub use find::{PathError, PathProblem};

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Into a mapping, by the text of a scalar key.
    Key(String),
    /// Into a list, by position from 0.
    Index(u32),
    /// Into a list, to the only mapping in which `key` is the scalar `is`.
    Where {
        /// Key that is looked at.
        key: String,
        /// Text that it must have.
        is: String,
    },
    /// Behind the last item of a list: `[+]`. Nothing is ever found there; an item can be added.
    End,
}

/// A way from the top of a document to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(Vec<Step>);

/// Which document of a stream is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocSel<'a> {
    /// The only one that holds something.
    Only,
    /// By position, from 1; documents that hold nothing count.
    Nth(u32),
    /// By what it says about itself: `kind`, `metadata.name` and `metadata.namespace`.
    Object {
        /// Value of `kind`.
        kind: &'a str,
        /// Value of `metadata.name`.
        name: &'a str,
        /// Value of `metadata.namespace`; `None` takes any.
        namespace: Option<&'a str>,
    },
}

/// A path that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathSyntax {
    /// What was typed.
    pub path: String,
    /// Where it stops making sense, in characters from 1.
    pub column: usize,
    /// What was expected there.
    pub expected: &'static str,
}

impl fmt::Display for PathSyntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "in the path `{}`, at character {}: expected {}",
            self.path, self.column, self.expected
        )
    }
}

impl std::error::Error for PathSyntax {}

impl From<PathSyntax> for Error {
    fn from(error: PathSyntax) -> Error {
        Error::new(Kind::Usage, "yaml-path", error.to_string())
    }
}

impl From<Vec<Step>> for Path {
    fn from(steps: Vec<Step>) -> Path {
        Path(steps)
    }
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// [`PathSyntax`] with the place and what was expected there.
    pub fn parse(text: &str) -> Result<Path, PathSyntax> {
        if text == "." {
            return Ok(Path::default());
        }
        let mut reader = Reader { text, at: 0 };
        let mut steps = Vec::new();
        loop {
            match reader.peek() {
                Some('[') => steps.push(reader.bracket()?),
                Some('.') if !steps.is_empty() => {
                    reader.at += 1;
                    steps.push(reader.key()?);
                }
                None if !steps.is_empty() => return Ok(Path(steps)),
                _ if steps.is_empty() => steps.push(reader.key()?),
                _ => return Err(reader.expected("`.`, `[` or the end")),
            }
        }
    }

    /// Returns the steps from the top.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Returns the path with one more step.
    #[must_use]
    pub fn join(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// Splits off the last step; `None` at the top.
    pub fn split_last(&self) -> Option<(Path, &Step)> {
        let (last, before) = self.0.split_last()?;
        Some((Path(before.to_vec()), last))
    }
}

/// Whether a text can stand as a key or a value without quotes.
fn bare(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && !text.contains(['.', '[', ']', '"', '\\', '=', '\n', '\r', '\t'])
        && !text.chars().any(char::is_control)
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            c if c.is_control() => write!(f, "\\u{{{:x}}}", c as u32)?,
            c => write!(f, "{c}")?,
        }
    }
    f.write_str("\"")
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Key(key) if bare(key) => f.write_str(key),
            Step::Key(key) => {
                f.write_str("[")?;
                quoted(f, key)?;
                f.write_str("]")
            }
            Step::Index(index) => write!(f, "[{index}]"),
            Step::End => f.write_str("[+]"),
            Step::Where { key, is } => {
                f.write_str("[")?;
                if bare(key) {
                    f.write_str(key)?
                } else {
                    quoted(f, key)?
                }
                f.write_str("=")?;
                // values hold dots more often than not; they end at the bracket
                if bare(&is.replace(['.', '='], "_")) {
                    f.write_str(is)?
                } else {
                    quoted(f, is)?
                }
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(".");
        }
        for (position, step) in self.0.iter().enumerate() {
            if position > 0 && matches!(step, Step::Key(key) if bare(key)) {
                f.write_str(".")?;
            }
            write!(f, "{step}")?;
        }
        Ok(())
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn expected(&self, expected: &'static str) -> PathSyntax {
        let column = self.text.get(..self.at).map_or(0, |before| before.chars().count()) + 1;
        PathSyntax {
            path: self.text.to_owned(),
            column,
            expected,
        }
    }

    fn take(&mut self, ends: &[char]) -> String {
        let len = self.rest().find(ends).unwrap_or(self.rest().len());
        let taken = self.rest()[..len].to_owned();
        self.at += len;
        taken
    }

    fn key(&mut self) -> Result<Step, PathSyntax> {
        if self.peek() == Some('"') {
            return Ok(Step::Key(self.quoted()?));
        }
        let start = self.at;
        let key = self.take(&['.', '[', ']', '"']);
        if key.is_empty() || key.trim() != key {
            self.at = start;
            return Err(self.expected("a key; one with dots, blanks or brackets is written `[\"my.key\"]`"));
        }
        Ok(Step::Key(key))
    }

    fn bracket(&mut self) -> Result<Step, PathSyntax> {
        self.at += 1;
        let step = match self.peek() {
            Some('"') => {
                let key = self.quoted()?;
                if self.peek() == Some('=') {
                    self.condition(key)?
                } else {
                    Step::Key(key)
                }
            }
            Some('+') if self.rest().starts_with("+]") => {
                self.at += 1;
                Step::End
            }
            _ => {
                let start = self.at;
                let word = self.take(&['=', ']', '[', '"']);
                if self.peek() == Some('=') && !word.is_empty() {
                    self.condition(word)?
                } else if let Ok(index) = word.parse::<u32>()
                    && word.bytes().all(|byte| byte.is_ascii_digit())
                {
                    Step::Index(index)
                } else {
                    self.at = start;
                    return Err(self.expected("a position such as `[0]`, a condition such as `[name=web]`, or `[+]`"));
                }
            }
        };
        if self.peek() != Some(']') {
            return Err(self.expected("`]`"));
        }
        self.at += 1;
        Ok(step)
    }

    fn condition(&mut self, key: String) -> Result<Step, PathSyntax> {
        self.at += 1;
        let is = if self.peek() == Some('"') {
            self.quoted()?
        } else {
            self.take(&[']', '[', '"'])
        };
        Ok(Step::Where { key, is })
    }

    fn quoted(&mut self) -> Result<String, PathSyntax> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let Some(c) = self.peek() else {
                return Err(self.expected("the closing `\"`"));
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, PathSyntax> {
        let Some(c) = self.peek() else {
            return Err(self.expected("a character behind `\\`"));
        };
        self.at += c.len_utf8();
        Ok(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'u' if self.rest().starts_with('{') => {
                self.at += 1;
                let digits = self.take(&['}']);
                let found = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                let Some(found) = found else {
                    return Err(self.expected("a code point such as `\\u{1b}`"));
                };
                self.at += 1;
                found
            }
            c => c,
        })
    }
}

/// What [`super::Tree::find`] has reached, kept for its error.
pub(super) type Reached = (NodeId, Path);

#[cfg(test)]
mod tests {
    use super::{Path, Step};

    #[test]
    fn paths_print_as_they_are_read() {
        let all = [
            ".",
            "a",
            "a.b[0].c",
            "containers[name=web].image",
            "[\"image.tag\"]",
            "values[\"image.tag\"]",
            "images[name=ghcr.io/acme/web].newTag",
            "[0][1]",
            "a[+]",
            "a[\"\"]",
            "a[x=\"a]b\"]",
            "a[\"x.y\"=1]",
        ];
        for text in all {
            assert_eq!(Path::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn every_path_reads_back_from_what_it_prints() {
        let words = [
            "a", "a.b", "[", "]", "\"", "\\", "", " a", "é", "a=b", "0", "+", "a\nb", "\u{1b}", "=",
        ];
        for key in words {
            for is in words {
                let key = key.to_owned();
                let is = is.to_owned();
                let steps = vec![
                    Step::Key(key.clone()),
                    Step::Where { key, is: is.clone() },
                    Step::Key(is),
                ];
                let path = Path::from(steps);
                assert_eq!(Path::parse(&path.to_string()).as_ref(), Ok(&path), "{path}");
            }
        }
    }

    #[test]
    fn a_bad_path_says_where_and_what_was_expected() {
        let of = |text: &str| Path::parse(text).unwrap_err().to_string();
        assert_eq!(
            of("a..b"),
            "in the path `a..b`, at character 3: expected a key; one with dots, blanks or brackets is written `[\"my.key\"]`"
        );
        assert_eq!(
            of("a[x]"),
            "in the path `a[x]`, at character 3: expected a position such as `[0]`, a condition such as `[name=web]`, or `[+]`"
        );
        assert_eq!(of("a[0"), "in the path `a[0`, at character 4: expected `]`");
        assert_eq!(
            of("a[0]b"),
            "in the path `a[0]b`, at character 5: expected `.`, `[` or the end"
        );
        assert!(of("").contains("at character 1"));
        assert!(of("a[99999999999]").contains("a position"));
    }
}

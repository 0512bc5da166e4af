//! Why a file was not read or an edit was not made: always a value with a place, never a guess.

use std::fmt;

use crate::error::{Error, Excerpt, Hint, Kind, Place};
use crate::text::span::{Lines, line_and_column, line_end};

/// Longest line, in bytes, that is shown as it stands; of longer ones the part around the place is shown.
const SHOWN: usize = 160;

/// A file that cannot be read exactly, or an edit that will not be made. Nothing has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Line, from 1; 0 when the whole file is meant.
    pub line: u32,
    /// Column in characters, from 1; 0 when the whole line is meant.
    pub col: u32,
    /// The reason.
    pub why: Why,
    /// The line itself with the marked part, where there is one to show.
    pub excerpt: Option<Excerpt>,
}

/// The reasons for a [`Refusal`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A NUL byte: the parser would silently stop there.
    Nul,
    /// A byte order mark that does not stand at the start.
    InnerBom,
    /// Not UTF-8; names the encoding where a mark gives it away.
    NotUtf8(&'static str),
    /// Nested more deeply than the limit, which is given.
    Depth(u32),
    /// 4 GiB or more: offsets would not fit.
    TooBig,
    /// Not YAML, in the words of the parser.
    Syntax(String),
    /// Not the other language that the file is written in, in the words of its parser.
    Foreign(String),
    /// The parser accepts it, but which bytes belong to which value cannot be told for sure.
    Unclear(&'static str),
    /// Template marks (`{{`) stand in the value or on its line.
    Template,
    /// The value is an alias; its definition stands in the given line.
    Alias {
        /// Line of the definition, from 1.
        def_line: u32,
    },
    /// The key is not in this mapping, it comes from a merge key.
    Inherited {
        /// Line of the inherited entry, from 1.
        line: u32,
    },
    /// The key stands more than once in its mapping; readers differ in which one they take.
    Duplicate {
        /// Lines of all of them, from 1.
        lines: Vec<u32>,
    },
    /// The value carries a tag whose meaning is not known here.
    ForeignTag,
    /// A scalar was asked to become a collection, or the other way round.
    Collection,
    /// The text stands in a block scalar that cannot be edited exactly.
    Block,
    /// What would be removed is used by aliases elsewhere.
    Anchored {
        /// Lines of those aliases, from 1.
        lines: Vec<u32>,
    },
    /// Two edits want the same bytes.
    Overlap,
    /// The mapping has that key already.
    Exists {
        /// Line of the key, from 1.
        line: u32,
    },
    /// The text cannot be written there as the type that was asked for; says why.
    Untyped(String),
    /// Such a place cannot be edited; says why.
    Unsupported(&'static str),
    /// The result did not pass the proof: something else would have changed.
    NotClean(String),
}

impl Refusal {
    /// A refusal at a byte of `text`.
    pub(super) fn at(text: &str, lines: &Lines, offset: usize, why: Why) -> Refusal {
        let (line, col) = line_and_column(text, lines, offset);
        Refusal {
            line,
            col,
            why,
            excerpt: excerpt(text, lines, offset),
        }
    }

    /// A refusal of the whole file.
    pub(super) fn whole(why: Why) -> Refusal {
        Refusal {
            line: 0,
            col: 0,
            why,
            excerpt: None,
        }
    }

    /// Turns it into the error that leaves the module, naming `file`.
    pub fn into_error(self, file: &str) -> Error {
        let place = Place {
            file: file.to_owned(),
            line: self.line,
            column: self.col,
            excerpt: self.excerpt,
        };
        let code = self.why.code();
        let hint = self.why.hint();
        let error = Error::new(Kind::Refused, code, self.why.to_string()).at(place);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.why),
            line => write!(f, "{line}:{}: {}", self.col, self.why),
        }
    }
}

impl std::error::Error for Refusal {}

impl Why {
    /// Returns the stable name of this reason, as in JSON output.
    pub fn code(&self) -> &'static str {
        match self {
            Why::Nul => "yaml-nul",
            Why::InnerBom => "yaml-byte-order-mark",
            Why::NotUtf8(_) => "yaml-not-utf8",
            Why::Depth(_) => "yaml-depth",
            Why::TooBig => "yaml-too-big",
            Why::Syntax(_) => "yaml-syntax",
            Why::Foreign(_) => "hcl-syntax",
            Why::Unclear(_) => "yaml-unclear",
            Why::Template => "yaml-template",
            Why::Alias { .. } => "yaml-alias",
            Why::Inherited { .. } => "yaml-inherited",
            Why::Duplicate { .. } => "yaml-duplicate",
            Why::ForeignTag => "yaml-tag",
            Why::Collection => "yaml-collection",
            Why::Block => "yaml-block",
            Why::Anchored { .. } => "yaml-anchored",
            Why::Overlap => "yaml-overlap",
            Why::Exists { .. } => "yaml-exists",
            Why::Untyped(_) => "yaml-type",
            Why::Unsupported(_) => "yaml-unsupported",
            Why::NotClean(_) => "yaml-not-clean",
        }
    }

    fn hint(&self) -> Option<Hint> {
        let say = |text: &str| Some(Hint::Say(text.to_owned()));
        match self {
            Why::Nul | Why::NotUtf8(_) => say("an encrypted or binary file under a YAML name is not edited"),
            Why::Template => say("template files are edited by hand; nothing was written"),
            Why::Inherited { .. } => {
                say("change the entry in that line, for all who merge it, or write the key here by hand, where it wins")
            }
            Why::Duplicate { .. } => say("keep one of them; readers differ in which one they take"),
            Why::Anchored { .. } => say("remove or replace the aliases in those lines before"),
            Why::Block => say("only literal (`|`) blocks that hold YAML are edited"),
            Why::NotClean(_) => say("the file is as it was; please report the lines above if the request was plain"),
            _ => None,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Nul => f.write_str("a NUL byte; this is not a YAML text"),
            Why::InnerBom => f.write_str("a byte order mark inside the file"),
            Why::NotUtf8(name) => write!(f, "not UTF-8 but {name}"),
            Why::Depth(limit) => write!(f, "nested more than {limit} levels deep"),
            Why::TooBig => f.write_str("files of 4 GiB or more are not read"),
            Why::Syntax(message) => write!(f, "not YAML: {message}"),
            Why::Foreign(message) => write!(f, "not HCL: {message}"),
            Why::Unclear(what) => write!(f, "cannot tell exactly which bytes belong to what here: {what}"),
            Why::Template => f.write_str("template marks `{{` on the line of the value"),
            Why::Alias { def_line } => write!(f, "the value is an alias; it is defined in line {def_line}"),
            Why::Inherited { line } => write!(f, "the key is inherited through a merge key from line {line}"),
            Why::Duplicate { lines } => write!(f, "the key stands more than once, in lines {}", join(lines)),
            Why::ForeignTag => f.write_str("the value carries a tag of its own; what it means is not known here"),
            Why::Collection => f.write_str("a mapping or a list cannot become a plain value, nor the other way round"),
            Why::Block => f.write_str("the text of this block scalar cannot be edited exactly"),
            Why::Anchored { lines } => write!(f, "what would be removed is used in lines {}", join(lines)),
            Why::Overlap => f.write_str("two edits want to change the same place"),
            Why::Exists { line } => write!(f, "the key is there already, in line {line}"),
            Why::Untyped(why) => f.write_str(why),
            Why::Unsupported(what) => f.write_str(what),
            Why::NotClean(what) => write!(f, "the edit would have changed something else: {what}"),
        }
    }
}

fn join(lines: &[u32]) -> String {
    lines.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

/// Cuts out the line that holds `offset` and marks the character there.
fn excerpt(text: &str, lines: &Lines, offset: usize) -> Option<Excerpt> {
    let offset = floor(text, offset.min(text.len()));
    let line = lines.line_of(offset);
    let start = lines.start(line)?.min(offset);
    let end = line_end(text, offset);
    let from = if offset - start > SHOWN {
        floor(text, offset - SHOWN / 2)
    } else {
        start
    };
    let to = if end - from > SHOWN * 2 {
        floor(text, from + SHOWN * 2)
    } else {
        end
    };
    let width = text.get(offset..to)?.chars().next().map_or(0, char::len_utf8);
    let first_line = line as u32;
    let mark = offset - from..offset - from + width;
    Some(Excerpt {
        text: text.get(from..to)?.to_owned(),
        first_line,
        mark,
        label: String::new(),
    })
}

fn floor(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

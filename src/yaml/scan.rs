//! The gate to the parser: guards before it, plain events out of it. The only file that names the parser crate.
//!
//! **Invariant:** of a position only line and column are believed; `Marker::index()` counts neither bytes nor
//! characters (`offsets_do_not_come_from_the_parsers_index` keeps an eye on that). Events are pulled one by one, because the push
//! interface of the crate recurses on depth.

use yaml_rust2::parser::Parser;
use yaml_rust2::scanner::{Marker, ScanError};

pub(super) use yaml_rust2::parser::{Event, ParseResult, Tag};
pub(super) use yaml_rust2::scanner::TScalarStyle as Style;

use super::refusal::{Refusal, Why};
use crate::text::span::{Lines, bom_len};

/// Position of an event as the parser tells it: line from 1, column in characters from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) line: usize,
    pub(super) col: usize,
}

/// A complaint of the parser.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) mark: Mark,
    pub(super) message: String,
}

/// The plain events of a text, without a byte order mark.
pub(super) struct Events<'a> {
    parser: Parser<std::str::Chars<'a>>,
}

impl<'a> Events<'a> {
    /// Starts at the first event of `text`.
    pub(super) fn of(text: &'a str) -> Events<'a> {
        let body = text.get(bom_len(text)..).unwrap_or_default();
        Events {
            parser: Parser::new_from_str(body),
        }
    }

    /// Returns the next event as the parser hands it out (it is large, and is not copied around); behind the end it is `StreamEnd` again and
    /// again. Use [`Mark::of`] and [`Trouble::of`] for what belongs to it.
    #[inline]
    pub(super) fn next(&mut self) -> ParseResult {
        self.parser.next_token()
    }

    /// Whether the next event starts a mapping at `mark`.
    pub(super) fn map_follows_at(&mut self, mark: Mark) -> bool {
        match self.parser.peek() {
            Ok((Event::MappingStart(..), at)) => (at.line(), at.col()) == (mark.line, mark.col),
            _ => false,
        }
    }
}

impl Mark {
    /// What is believed of a position.
    #[inline]
    pub(super) fn of(mark: &Marker) -> Mark {
        Mark {
            line: mark.line(),
            col: mark.col(),
        }
    }
}

impl Trouble {
    /// Words and place of a complaint.
    pub(super) fn of(error: &ScanError) -> Trouble {
        Trouble {
            mark: Mark::of(error.marker()),
            message: plain_words(error.info()),
        }
    }
}

/// Says what the parser's commonest complaints mean for the person who wrote the line.
fn plain_words(info: &str) -> String {
    let known = match info {
        "while parsing a block mapping, did not find expected key" => {
            "a key of the mapping was expected here; is the line indented like its neighbours?"
        }
        "while parsing a block collection, did not find expected '-' indicator" => {
            "this line is indented like the list above it but does not start with `- `"
        }
        "mapping values are not allowed in this context" => "a `:` that starts a value is not allowed here",
        "while parsing node, found unknown anchor" => UNKNOWN_ANCHOR,
        other => other,
    };
    known.to_owned()
}

/// What is said about an alias whose anchor is not defined above it in the same document.
pub(super) const UNKNOWN_ANCHOR: &str = "no anchor of that name is defined above in this document";

/// Takes the bytes over as a text if the parser can be trusted with them; says as well whether they are all ASCII.
pub(super) fn guard(bytes: Vec<u8>) -> Result<(String, bool), Refusal> {
    if u32::try_from(bytes.len()).map_or(true, |len| len == u32::MAX) {
        return Err(Refusal::whole(Why::TooBig));
    }
    if let Some(name) = other_encoding(&bytes) {
        return Err(Refusal::whole(Why::NotUtf8(name)));
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let head = String::from_utf8_lossy(bytes.get(..good).unwrap_or_default()).into_owned();
            return Err(Refusal::at(
                &head,
                &Lines::of(&head),
                good,
                Why::NotUtf8("another encoding, or binary data"),
            ));
        }
    };
    let ascii = check(&text)?;
    Ok((text, ascii))
}

/// The guards that a text must pass, whether it was read or has just been made. Returns whether it is all ASCII.
pub(super) fn check(text: &str) -> Result<bool, Refusal> {
    let refuse = |offset, why| Err(Refusal::at(text, &Lines::of(text), offset, why));
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        return refuse(at, Why::Nul);
    }
    let start = bom_len(text);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let ascii = text.is_ascii();
    if !ascii && let Some(at) = memchr::memmem::find(rest, "\u{feff}".as_bytes()) {
        return refuse(start + at, Why::InnerBom);
    }
    Ok(ascii)
}

/// Names the encoding that a byte order mark gives away, or a text with a NUL in every other byte.
fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [0, b, 0, d, ..] | [b, 0, d, 0, ..] if *b != 0 && *d != 0 => Some("UTF-16 without a mark"),
        _ => None,
    }
}

//! What the parser said about the input, written down as it said it, before the cursor looked at the bytes.
//!
//! The judge (`proof.rs`) compares the events of the output with this record, so that the input need not be parsed a second time and a
//! mistake of the cursor cannot vouch for itself. Values of scalars are read from here as well: each stands here once, decoded.
//!
//! The record is one string: a letter for the kind, numbers as digits of 6 bits, and texts behind their length.

use super::scan::{Event, Style, Tag};

/// The recorded events of one input.
#[derive(Debug, Default)]
pub(super) struct Log {
    text: String,
}

/// One event, with its texts borrowed from wherever they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ev<'a> {
    /// Start of a document.
    DocStart,
    /// End of a document.
    DocEnd,
    /// A use of the anchor with this number.
    Alias(u32),
    /// A scalar: value, style, properties.
    Scalar(&'a str, Style, Props<'a>),
    /// Start of a sequence.
    Seq(Props<'a>),
    /// Start of a mapping.
    Map(Props<'a>),
    /// End of a sequence.
    SeqEnd,
    /// End of a mapping.
    MapEnd,
}

/// Anchor number (0: none) and resolved tag of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Props<'a> {
    pub(super) anchor: u32,
    pub(super) tag: Option<(&'a str, &'a str)>,
}

impl<'a> Ev<'a> {
    /// Views an event of the parser; `None` for start and end of the stream.
    pub(super) fn of(event: &'a Event) -> Option<Ev<'a>> {
        let props = |anchor: &usize, tag: &'a Option<Tag>| Props {
            anchor: *anchor as u32,
            tag: tag.as_ref().map(|tag| (tag.handle.as_str(), tag.suffix.as_str())),
        };
        Some(match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd => return None,
            Event::DocumentStart => Ev::DocStart,
            Event::DocumentEnd => Ev::DocEnd,
            Event::Alias(id) => Ev::Alias(*id as u32),
            Event::Scalar(value, style, anchor, tag) => Ev::Scalar(value, *style, props(anchor, tag)),
            Event::SequenceStart(anchor, tag) => Ev::Seq(props(anchor, tag)),
            Event::MappingStart(anchor, tag) => Ev::Map(props(anchor, tag)),
            Event::SequenceEnd => Ev::SeqEnd,
            Event::MappingEnd => Ev::MapEnd,
        })
    }
}

/// Letters of the kinds; bit 0 of the letter that follows `props` says anchor, bit 1 says tag.
const DOC_START: u8 = b'D';
const DOC_END: u8 = b'd';
const ALIAS: u8 = b'*';
const SEQ: u8 = b'[';
const MAP: u8 = b'{';
const SEQ_END: u8 = b']';
const MAP_END: u8 = b'}';
const PLAIN: u8 = b'p';
const SINGLE: u8 = b'\'';
const DOUBLE: u8 = b'"';
const LITERAL: u8 = b'|';
const FOLDED: u8 = b'>';

impl Log {
    /// An empty record with room for the events of an input of `bytes` bytes.
    pub(super) fn with_room_for(bytes: usize) -> Log {
        Log {
            text: String::with_capacity(bytes),
        }
    }

    /// Returns how long the record is, in bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Forgets everything, keeping the room.
    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    /// Adds the events of another record.
    pub(super) fn append(&mut self, other: &Log) {
        self.text.push_str(&other.text);
    }

    /// Writes an event down. Returns where its value can be read with [`Log::value`]; of use for scalars only.
    pub(super) fn push(&mut self, event: Ev<'_>) -> u32 {
        match event {
            Ev::DocStart => self.letter(DOC_START),
            Ev::DocEnd => self.letter(DOC_END),
            Ev::SeqEnd => self.letter(SEQ_END),
            Ev::MapEnd => self.letter(MAP_END),
            Ev::Alias(id) => {
                self.letter(ALIAS);
                self.number(id as usize);
            }
            Ev::Seq(props) => {
                self.letter(SEQ);
                self.props(props);
            }
            Ev::Map(props) => {
                self.letter(MAP);
                self.props(props);
            }
            Ev::Scalar(value, style, props) => {
                self.letter(match style {
                    Style::Plain => PLAIN,
                    Style::SingleQuoted => SINGLE,
                    Style::DoubleQuoted => DOUBLE,
                    Style::Literal => LITERAL,
                    Style::Folded => FOLDED,
                });
                self.props(props);
                let at = self.text.len() as u32;
                self.string(value);
                return at;
            }
        }
        0
    }

    /// Returns the value that was written at `at`.
    pub(super) fn value(&self, at: u32) -> &str {
        Reader::at(self, at as usize).string().unwrap_or_default()
    }

    /// Reads the events again, from the first.
    pub(super) fn read(&self) -> Reader<'_> {
        Reader::at(self, 0)
    }

    fn letter(&mut self, letter: u8) {
        self.text.push(letter as char);
    }

    fn props(&mut self, props: Props<'_>) {
        let flags = u8::from(props.anchor > 0) | (u8::from(props.tag.is_some()) << 1);
        self.letter(flags);
        if props.anchor > 0 {
            self.number(props.anchor as usize);
        }
        if let Some((handle, suffix)) = props.tag {
            self.string(handle);
            self.string(suffix);
        }
    }

    fn number(&mut self, mut number: usize) {
        while number >= 64 {
            self.letter(64 | (number & 63) as u8);
            number >>= 6;
        }
        self.letter(number as u8);
    }

    fn string(&mut self, text: &str) {
        self.number(text.len());
        self.text.push_str(text);
    }
}

/// Reads a [`Log`] event by event.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Where the text that was read last is written.
    value: usize,
}

impl<'a> Iterator for Reader<'a> {
    type Item = Ev<'a>;

    fn next(&mut self) -> Option<Ev<'a>> {
        let style = match self.letter()? {
            DOC_START => return Some(Ev::DocStart),
            DOC_END => return Some(Ev::DocEnd),
            SEQ_END => return Some(Ev::SeqEnd),
            MAP_END => return Some(Ev::MapEnd),
            ALIAS => return Some(Ev::Alias(self.number()? as u32)),
            SEQ => return Some(Ev::Seq(self.props()?)),
            MAP => return Some(Ev::Map(self.props()?)),
            PLAIN => Style::Plain,
            SINGLE => Style::SingleQuoted,
            DOUBLE => Style::DoubleQuoted,
            LITERAL => Style::Literal,
            FOLDED => Style::Folded,
            _ => return None,
        };
        let props = self.props()?;
        Some(Ev::Scalar(self.string()?, style, props))
    }
}

impl<'a> Reader<'a> {
    /// Starts in the middle of a record, where an event begins.
    pub(super) fn at(log: &'a Log, at: usize) -> Reader<'a> {
        Reader {
            text: &log.text,
            at,
            value: 0,
        }
    }

    /// Where the next event begins.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Where the value of the scalar that was read last can be read with [`Log::value`].
    pub(super) fn value_at(&self) -> usize {
        self.value
    }

    fn letter(&mut self) -> Option<u8> {
        let letter = *self.text.as_bytes().get(self.at)?;
        self.at += 1;
        Some(letter)
    }

    fn number(&mut self) -> Option<usize> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let digit = self.letter()?;
            number |= usize::from(digit & 63) << shift;
            if digit < 64 {
                return Some(number);
            }
            shift += 6;
        }
    }

    fn string(&mut self) -> Option<&'a str> {
        self.value = self.at;
        let len = self.number()?;
        let text = self.text.get(self.at..self.at + len)?;
        self.at += len;
        Some(text)
    }

    fn props(&mut self) -> Option<Props<'a>> {
        let flags = self.letter()?;
        let anchor = if flags & 1 == 0 { 0 } else { self.number()? as u32 };
        let tag = if flags & 2 == 0 {
            None
        } else {
            Some((self.string()?, self.string()?))
        };
        Some(Props { anchor, tag })
    }
}

#[cfg(test)]
mod tests {
    use super::{Ev, Log};
    use crate::yaml::scan::Events;

    #[test]
    fn a_record_reads_back_as_the_events_that_were_written() {
        let text =
            "%TAG ! tag:x,2000:\n--- !a &b\n'é': [*b, \"x\\n\", !!str ]\n? |\n  long\n: >-\n  f\n...\n- {a: 1}\n";
        let mut events = Vec::new();
        let mut parser = Events::of(text);
        let mut log = Log::default();
        loop {
            let (event, _) = parser.next().unwrap();
            if let Some(seen) = Ev::of(&event) {
                log.push(seen);
            }
            let end = event == super::Event::StreamEnd;
            events.push(event);
            if end {
                break;
            }
        }
        let expected: Vec<_> = events.iter().filter_map(Ev::of).collect();
        assert_eq!(log.read().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn long_values_read_back() {
        let mut log = Log::default();
        let value = "é".repeat(300_000);
        let at = log.push(Ev::Scalar(
            &value,
            super::Style::Plain,
            super::Props { anchor: 0, tag: None },
        ));
        assert_eq!(log.value(at), value);
    }
}

//! What the parser said about the input, read back from the tree event by event.
//!
//! Kind, nesting, anchors, tags and values of the nodes are written down as the parser told them, or as `regular/` read them, which is held to say what
//! the parser would; only their positions come from the cursor, and they are not looked at here.
//! (A value is read from the source where it was found equal to the parser's, byte for byte.) The judge
//! compares this with a fresh plain parse of the output, so a record that is wrong can only lead to a refusal.
//! `the_record_reads_back_as_the_events_of_the_parser` holds it to the events themselves.

use std::ops::Range;

use super::scan::{Event, Style, Tag};
use super::tree::{NONE, NodeId, NodeKind, Tree};

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
    #[inline]
    pub(super) fn of(event: &'a Event) -> Option<Ev<'a>> {
        #[inline]
        fn props(anchor: usize, tag: &Option<Tag>) -> Props<'_> {
            let tag = tag.as_ref().map(|tag| (tag.handle.as_str(), tag.suffix.as_str()));
            Props {
                anchor: anchor as u32,
                tag,
            }
        }
        Some(match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd => return None,
            Event::DocumentStart => Ev::DocStart,
            Event::DocumentEnd => Ev::DocEnd,
            Event::Alias(id) => Ev::Alias(*id as u32),
            Event::Scalar(value, style, anchor, tag) => Ev::Scalar(value, *style, props(*anchor, tag)),
            Event::SequenceStart(anchor, tag) => Ev::Seq(props(*anchor, tag)),
            Event::MappingStart(anchor, tag) => Ev::Map(props(*anchor, tag)),
            Event::SequenceEnd => Ev::SeqEnd,
            Event::MappingEnd => Ev::MapEnd,
        })
    }
}

/// Reads the events of a tree in order.
pub(super) struct Record<'a> {
    tree: &'a Tree,
    document: usize,
    /// Document behind the last one that is read.
    end: usize,
    next: u32,
    /// What comes first.
    ahead: &'static [Ev<'static>],
    /// Open collections: the node behind each, and its end.
    open: Vec<(u32, Ev<'a>)>,
    inside: bool,
}

impl<'a> Record<'a> {
    /// Reads some of the documents, by position.
    pub(super) fn of(tree: &'a Tree, documents: Range<usize>) -> Record<'a> {
        let first = tree
            .documents()
            .get(documents.start)
            .map_or(0, |document| document.root);
        Record {
            tree,
            document: documents.start,
            end: documents.end,
            next: first,
            ahead: &[],
            open: Vec::new(),
            inside: false,
        }
    }

    /// Reads entries of a block collection as if they were the whole of a document: a collection without properties.
    pub(super) fn of_entries(tree: &'a Tree, document: usize, (of, nodes): (NodeId, Range<u32>)) -> Record<'a> {
        const BARE: Props<'static> = Props { anchor: 0, tag: None };
        let (ahead, end): (&'static [Ev<'static>], _) = match tree.kind(of) {
            NodeKind::Map => (&[Ev::DocStart, Ev::Map(BARE)], Ev::MapEnd),
            _ => (&[Ev::DocStart, Ev::Seq(BARE)], Ev::SeqEnd),
        };
        Record {
            tree,
            document,
            end: document + 1,
            next: nodes.start,
            ahead,
            open: vec![(nodes.end, end)],
            inside: true,
        }
    }

    fn node(&mut self) -> Ev<'a> {
        let id = NodeId(self.next);
        let node = self.tree.node(id);
        self.next += 1;
        let style = match node.kind {
            NodeKind::Alias => return Ev::Alias(node.anchor),
            NodeKind::Seq => {
                self.open.push((node.skip, Ev::SeqEnd));
                return Ev::Seq(self.tree.props(id));
            }
            NodeKind::Map => {
                self.open.push((node.skip, Ev::MapEnd));
                return Ev::Map(self.tree.props(id));
            }
            NodeKind::Plain | NodeKind::Empty => Style::Plain,
            NodeKind::Single => Style::SingleQuoted,
            NodeKind::Double => Style::DoubleQuoted,
            NodeKind::Literal => Style::Literal,
            NodeKind::Folded => Style::Folded,
        };
        Ev::Scalar(self.tree.text(id), style, self.tree.props(id))
    }
}

impl<'a> Iterator for Record<'a> {
    type Item = Ev<'a>;

    #[inline]
    fn next(&mut self) -> Option<Ev<'a>> {
        if let Some((first, rest)) = self.ahead.split_first() {
            self.ahead = rest;
            return Some(*first);
        }
        if let Some(&(skip, end)) = self.open.last() {
            if skip > self.next {
                return Some(self.node());
            }
            self.open.pop();
            return Some(end);
        }
        let document = self
            .tree
            .documents()
            .get(self.document)
            .filter(|_| self.document < self.end)?;
        if !self.inside {
            self.inside = true;
            return Some(Ev::DocStart);
        }
        if document.root != NONE && self.next <= document.root {
            return Some(self.node());
        }
        self.inside = false;
        self.document += 1;
        Some(Ev::DocEnd)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ev, Record};
    use crate::yaml::scan::{Event, Events};
    use crate::yaml::{Limits, parse};

    #[test]
    fn the_record_reads_back_as_the_events_of_the_parser() {
        let texts = [
            "",
            "# only a comment\n",
            "--- # nothing\n--- a\n...\n---\n[]\n",
            "%TAG ! tag:x,2000:\n--- !a &b\n'é': [*b, \"x\\n\", !!str ]\n? |\n  long\n: >-\n  f\n...\n- {a: 1}\n",
            "a: 'it''s'\nb: \"q\\\"\"\nc: \"plain\"\nd: several\n  lines\n[x: y, {z: }, ? k]: v\n",
        ];
        for text in texts {
            let tree = parse(text.as_bytes().to_vec(), Limits::default()).unwrap();
            let mut found = Record::of(&tree, 0..tree.documents().len());
            let mut parser = Events::of(text);
            loop {
                let (event, _) = parser.next().unwrap();
                if event == Event::StreamEnd {
                    break;
                }
                if let Some(expected) = Ev::of(&event) {
                    assert_eq!(found.next(), Some(expected), "{text:?}");
                }
            }
            assert_eq!(found.next(), None);
        }
    }
}

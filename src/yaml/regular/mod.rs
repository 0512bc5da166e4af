//! Reads the regular part of YAML, in which manifests are written, without the parser: block mappings and sequences one entry a line, and the
//! scalars and small flow collections of `scalar.rs` and `flow.rs`.
//!
//! **Invariant:** what it reads, it reads as the parser and the cursor do, to the last byte; whatever it does not know for certain it leaves to them
//! ([`read`] is `None`), and so does whatever is wrong: complaints are the parser's. It knows a line by its indentation and its first byte, and each
//! form by a rule of YAML 1.2.2 chapters 7 and 8 narrowed to one line. `regular_documents_are_read_as_the_parser_reads_them` holds it to that over
//! the files of the tests, a fuzzer over whatever it makes up.

mod flow;
mod lines;
mod scalar;

use std::collections::HashMap;
use std::ops::Range;

use super::tree::{Document, Flags, NONE, Node, NodeKind, Parts};
use crate::text::span::bom_len;

/// Longer keys are the parser's: it takes none of more than 1,024 characters.
const LONGEST_KEY: usize = 500;

/// Adds the document that stands at `at` in `text` to `parts`. `None` if it is not regular; `parts` then hold a part of it.
///
/// Bytes that hold nothing but blank lines and comments are no document, and add none.
pub(super) fn read(text: &str, at: Range<usize>, (parts, depth): (&mut Parts, u32)) -> Option<()> {
    let src = text.as_bytes().get(..at.end)?;
    let own = src.get(at.clone())?;
    // looked for a piece at a time, which the compiler makes wide instructions of
    let control = |piece: &[u8]| {
        piece
            .iter()
            .fold(false, |found, &byte| found | (byte < b' ' && byte != b'\n'))
    };
    if own.chunks(128).any(control) {
        return None;
    }
    let start = if at.start == 0 { bom_len(text) } else { at.start };
    let mut reader = Reader {
        text,
        src,
        next: start,
        cur: start,
        depth: depth as usize,
        parts,
        open: Vec::new(),
        waiting: None,
        anchors: HashMap::new(),
    };
    reader.document()
}

/// A block collection that is open.
struct Frame {
    node: u32,
    map: bool,
    /// Column of its entries, from 0.
    column: usize,
}

/// What stands before a value: its entry, and its anchor.
#[derive(Clone, Copy)]
struct Place {
    /// Start of the entry, as in [`Node`].
    lead: u32,
    /// The `:`, as in [`Node`].
    colon: u32,
    /// Start and number of the anchor.
    anchor: Option<(u32, u32)>,
}

impl Place {
    /// The top of a document.
    const TOP: Place = Place::of(NONE as usize);

    /// An item, or a key, that starts at `lead`.
    const fn of(lead: usize) -> Place {
        Place {
            lead: lead as u32,
            colon: NONE,
            anchor: None,
        }
    }

    /// The value behind a `:`.
    fn behind(self, colon: usize) -> Place {
        Place {
            colon: colon as u32,
            ..self
        }
    }

    /// A node there.
    fn node(self, kind: NodeKind, at: Range<usize>) -> Node {
        let mut node = Node::at(kind, at, self.lead, self.colon);
        if let Some((full, anchor)) = self.anchor {
            (node.full, node.anchor) = (full, anchor);
        }
        node
    }
}

/// One line of content.
#[derive(Clone, Copy)]
struct Line {
    start: usize,
    /// Its end, before the line break.
    end: usize,
}

struct Reader<'a> {
    text: &'a str,
    /// The text up to the end of the document.
    src: &'a [u8],
    /// Start of the next line.
    next: usize,
    /// End of what has been consumed, as the cursor has it.
    cur: usize,
    depth: usize,
    parts: &'a mut Parts,
    open: Vec<Frame>,
    /// The entry whose value stands on a line below, if it has one.
    waiting: Option<Place>,
    /// The number that the name of an anchor has last had.
    anchors: HashMap<&'a [u8], u32>,
}

impl Reader<'_> {
    fn document(&mut self) -> Option<()> {
        let mut next = self.content_line();
        let Some(line) = next else { return Some(()) };
        let start = self.indented(line);
        if start == line.start && self.src[start..].starts_with(b"---") {
            self.blank_to_end(start + 3, line.end)?;
            self.cur = start + 3;
            next = self.content_line();
        }
        self.parts.documents.push(Document {
            start: start as u32,
            root: NONE,
            end: NONE,
        });
        while let Some(line) = next {
            self.content(line)?;
            next = self.content_line();
        }
        if self.parts.documents.last()?.root == NONE {
            let at = self.cur;
            self.push(Node::at(NodeKind::Empty, at..at, NONE, NONE));
        }
        self.settle();
        while self.close().is_some() {}
        let end = self.cur as u32;
        let document = self.parts.documents.last_mut()?;
        document.end = end.max(document.start);
        Some(())
    }

    /// The next line that holds more than blanks and a comment.
    fn content_line(&mut self) -> Option<Line> {
        while self.next < self.src.len() {
            let start = self.next;
            let rest = &self.src[start..];
            let end = start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.next = (end + 1).min(self.src.len());
            let line = Line { start, end };
            if !matches!(self.src.get(self.indented(line)), None | Some(b'\n' | b'#')) {
                return Some(line);
            }
        }
        None
    }

    /// Where a line begins behind its indentation.
    fn indented(&self, line: Line) -> usize {
        let blanks = self.src[line.start..line.end].iter().take_while(|&&byte| byte == b' ');
        line.start + blanks.count()
    }

    // ---- lines

    fn content(&mut self, line: Line) -> Option<()> {
        let at = self.indented(line);
        let column = at - line.start;
        if column == 0 && self.src[at..].starts_with(b"...") {
            return None;
        }
        let dash = self.dash(at, line);
        if let Some(place) = self.waiting {
            let top = self.open.last()?;
            // A sequence may stand right below the key that it belongs to.
            if column > top.column || (column == top.column && top.map && dash) {
                self.waiting = None;
                return self.below(at, line, place);
            }
            self.settle();
        }
        if self.open.is_empty() {
            return match self.parts.documents.last()?.root {
                NONE => self.below(at, line, Place::TOP),
                _ => None,
            };
        }
        while self.open.last().is_some_and(|top| top.column > column) {
            self.close();
        }
        if self
            .open
            .last()
            .is_some_and(|top| !top.map && top.column == column && !dash)
        {
            self.close();
        }
        match self.open.last().filter(|top| top.column == column)?.map {
            true if !dash => self.entry(at, line),
            false if dash => self.item(at, line),
            _ => None,
        }
    }

    /// Whether a `- ` stands at `at`.
    fn dash(&self, at: usize, line: Line) -> bool {
        self.src[at] == b'-' && self.gap(at + 1, line)
    }

    /// Whether a blank or the end of the line stands at `at`.
    fn gap(&self, at: usize, line: Line) -> bool {
        at >= line.end || self.src[at] == b' '
    }

    /// Reads a collection on a line of its own.
    fn below(&mut self, at: usize, line: Line, place: Place) -> Option<()> {
        match self.dash(at, line) {
            true => self
                .open(NodeKind::Seq, (at, line), place)
                .and_then(|()| self.item(at, line)),
            false => self
                .open(NodeKind::Map, (at, line), place)
                .and_then(|()| self.entry(at, line)),
        }
    }

    /// Reads an item of the sequence on top, whose dash stands at `dash`.
    fn item(&mut self, mut dash: usize, line: Line) -> Option<()> {
        loop {
            let mut place = Place::of(dash);
            self.cur = dash + 1;
            let Some(at) = self.word_or_anchor(dash + 1, line, &mut place)? else {
                self.waiting = Some(place);
                return Some(());
            };
            if place.anchor.is_some() {
                // the anchor of a key, or of what begins on its line, is the parser's
                let scalar = !self.dash(at, line) && self.key(at, line)?.is_none();
                return if scalar { self.value(at, line, place) } else { None };
            }
            if self.dash(at, line) {
                self.open(NodeKind::Seq, (at, line), place)?;
                dash = at;
                continue;
            }
            if self.key(at, line)?.is_some() {
                self.open(NodeKind::Map, (at, line), place)?;
                return self.entry(at, line);
            }
            return self.value(at, line, place);
        }
    }

    /// Reads an entry of the mapping on top, whose key stands at `at`.
    fn entry(&mut self, at: usize, line: Line) -> Option<()> {
        let (kind, end) = self.key(at, line)??;
        if end - at > LONGEST_KEY {
            return None;
        }
        let place = Place::of(at);
        let mut key = self.scalar(kind, at..end, place)?;
        key.flags.set(Flags::KEY);
        self.push(key);
        let mut place = place.behind(end);
        self.cur = end + 1;
        match self.word_or_anchor(end + 1, line, &mut place)? {
            None => self.waiting = Some(place),
            Some(at) => self.value(at, line, place)?,
        }
        Some(())
    }

    /// The start of what stands behind an indicator on its line; none if that is nothing, or a comment.
    #[expect(
        clippy::option_option,
        reason = "the outer one is whether the line is regular, as everywhere here"
    )]
    fn word(&self, from: usize, line: Line) -> Option<Option<usize>> {
        let blanks = self.src[from..line.end]
            .iter()
            .take_while(|&&byte| byte == b' ')
            .count();
        let at = from + blanks;
        match self.src[..line.end].get(at) {
            None => Some(None),
            Some(b'#') if blanks > 0 => Some(None),
            Some(b'#') => None,
            Some(_) => Some(Some(at)),
        }
    }

    /// The same behind an anchor, if one comes first.
    #[expect(
        clippy::option_option,
        reason = "the outer one is whether the line is regular, as everywhere here"
    )]
    fn word_or_anchor(&mut self, from: usize, line: Line, place: &mut Place) -> Option<Option<usize>> {
        match self.word(from, line)? {
            Some(at) if self.src[at] == b'&' => {
                let name = self.name(at + 1, line)?;
                let number = self.parts.anchors.len() as u32;
                self.cur = name.end;
                self.anchors.insert(self.src.get(name.clone())?, number);
                place.anchor = Some((at as u32, number));
                self.word(name.end, line)
            }
            found => Some(found),
        }
    }

    /// The name of an anchor that ends with its word.
    fn name(&self, at: usize, line: Line) -> Option<Range<usize>> {
        let sign = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
        let end = at + self.src[at..line.end].iter().take_while(sign).count();
        (end > at && self.gap(end, line)).then_some(at..end)
    }

    /// The number of the anchor that an alias means.
    fn anchor(&self, name: Range<usize>) -> Option<u32> {
        self.anchors.get(self.src.get(name)?).copied()
    }

    /// Sees to it that nothing but blanks and a comment comes before the end of the line.
    fn blank_to_end(&self, from: usize, end: usize) -> Option<()> {
        self.word(from, Line { start: from, end })?.is_none().then_some(())
    }

    // ---- nodes

    fn open(&mut self, kind: NodeKind, (at, line): (usize, Line), place: Place) -> Option<()> {
        if self.open.len() >= self.depth {
            return None;
        }
        let node = self.push(place.node(kind, at..at));
        self.open.push(Frame {
            node,
            map: kind == NodeKind::Map,
            column: at - line.start,
        });
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        let frame = self.open.pop()?;
        let skip = self.parts.nodes.len() as u32;
        let node = self.parts.nodes.get_mut(frame.node as usize)?;
        (node.end, node.skip) = (self.cur as u32, skip);
        Some(())
    }

    /// An entry has ended without a value: it has one that is zero bytes long.
    fn settle(&mut self) {
        if let Some(place) = self.waiting.take() {
            self.push(place.node(NodeKind::Empty, self.cur..self.cur));
        }
    }

    /// Adds a node below the block collection on top.
    fn push(&mut self, node: Node) -> u32 {
        let parent = self.open.last().map_or(NONE, |frame| frame.node);
        self.push_below(parent, node)
    }

    fn push_below(&mut self, parent: u32, mut node: Node) -> u32 {
        let id = self.parts.nodes.len() as u32;
        (node.parent, node.skip) = (parent, id + 1);
        if parent == NONE
            && let Some(document) = self.parts.documents.last_mut()
        {
            document.root = id;
        }
        if node.anchor > 0 && node.kind != NodeKind::Alias {
            self.parts.anchors.push(id);
        }
        self.parts.nodes.push(node);
        id
    }
}

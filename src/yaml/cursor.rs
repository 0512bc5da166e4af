//! Finds the bytes of every node: walks the source beside the parser's events.
//!
//! `cur` is the end of what has been consumed and only moves forward. Every step asserts what it sees; a mismatch is a refusal
//! ([`Why::Unclear`]), never a guess. Depth is a stack of our own, nothing recurses.
//!
//! **Invariant:** values come from the record (`record.rs`), positions from here; neither is used to justify the other.

use std::ops::Range;

use super::refusal::{Refusal, Why};
use super::scan::{Event, Events, Mark, Style, Tag, Trouble, UNKNOWN_ANCHOR};
use super::tree::{Document, Flags, Limits, NONE, Node, NodeKind, Parts};
use crate::text::span::{Lines, bom_len, line_end};

/// A collection that is open.
struct Frame {
    node: u32,
    map: bool,
    flow: bool,
    /// A pair written straight into a flow sequence, as in `[a: b]`.
    implicit: bool,
    /// Children so far; keys and values count one each.
    children: u32,
    /// The last of them.
    last: u32,
}

/// Bytes of a `---` and what ends it.
const MARKER: usize = 4;

/// Longest start of a line, in bytes, that is asked whether it is ASCII for each event on that line.
const NEAR: usize = 256;

struct Cursor<'a> {
    text: &'a str,
    src: &'a [u8],
    /// End of what has been consumed.
    cur: usize,
    lines: &'a Lines,
    /// The last line, column and offset that were looked up: keeps one-line files linear.
    memo: (usize, usize, usize),
    ascii: bool,
    /// The first tab at or behind `cur`, as far as it has been looked for.
    next_tab: usize,
    parts: &'a mut Parts,
    stack: Vec<Frame>,
    limits: Limits,
    /// Lines and anchors above what is read.
    above: (usize, u32),
    /// Smallest anchor number of the current document.
    first_anchor: u32,
}

/// Refusals are boxed on their way out: a step is taken several times for each event and should return in registers.
type Step<T = ()> = Result<T, Box<Refusal>>;

/// A text that has passed the guards, which know whether it is all ASCII.
#[derive(Clone, Copy)]
pub(super) struct Guarded<'a> {
    pub(super) text: &'a str,
    pub(super) ascii: bool,
    pub(super) lines: &'a Lines,
}

/// Adds the documents that stand at `at` to `parts`. The bytes start and end where lines do, and are no less than whole documents: all of the text,
/// or what stands between one `---` and another.
pub(super) fn read(whole: Guarded<'_>, at: Range<usize>, (parts, limits): (&mut Parts, Limits)) -> Result<(), Refusal> {
    let text = whole.text.get(..at.end).unwrap_or_default();
    let first = if at.start == 0 { bom_len(text) } else { at.start };
    let mut cursor = Cursor {
        text,
        src: text.as_bytes(),
        cur: first,
        lines: whole.lines,
        memo: (0, 0, 0),
        ascii: whole.ascii,
        next_tab: memchr::memchr(b'\t', text.as_bytes().get(first..).unwrap_or_default())
            .map_or(text.len(), |len| first + len),
        above: (whole.lines.line_of(first) - 1, parts.anchors.len() as u32 - 1),
        first_anchor: parts.anchors.len() as u32,
        parts,
        stack: Vec::new(),
        limits,
    };
    // The parser sees the next `---` and stops there: to it the end of a document is not always the same as the end of a text.
    let seen = (at.end + MARKER).min(whole.text.len());
    let events = Events::of(whole.text.get(at.start..seen).unwrap_or_default());
    cursor.run((events, seen == at.end)).map_err(|refusal| *refusal)
}

impl Cursor<'_> {
    /// Reads all documents, or one if more come behind the bytes that are read.
    fn run(&mut self, (mut events, last): (Events<'_>, bool)) -> Step {
        loop {
            let mut found = events.next();
            let (event, mark) = match &mut found {
                Ok((event, mark)) => (event, Mark::of(mark)),
                Err(error) => {
                    let trouble = Trouble::of(error);
                    let offset = self.offset(trouble.mark);
                    return Err(self.refusal(offset, Why::Syntax(trouble.message)));
                }
            };
            match event {
                Event::Nothing | Event::StreamStart => {}
                Event::StreamEnd => break,
                Event::DocumentStart if !last && self.holds_no_more() => break,
                Event::DocumentStart => self.document_start()?,
                Event::DocumentEnd => {
                    self.document_end();
                    if !last {
                        break;
                    }
                }
                Event::Alias(id) => self.alias(self.number(*id))?,
                Event::Scalar(value, style, anchor, tag) => {
                    self.scalar((value, *style), (self.number(*anchor), tag.take()), mark)?;
                }
                Event::SequenceStart(anchor, tag) => {
                    self.open(NodeKind::Seq, (self.number(*anchor), tag.take()), mark)?;
                }
                Event::MappingStart(anchor, tag) => {
                    // in `[{a: b}: c]` two mappings start at the same place; the first of them is the pair
                    let pair = self.in_flow_seq() && events.map_follows_at(mark);
                    let mark = Mark {
                        line: if pair { 0 } else { mark.line },
                        ..mark
                    };
                    self.open(NodeKind::Map, (self.number(*anchor), tag.take()), mark)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close()?,
            }
        }
        let end = self.space(self.cur);
        // `...` may be repeated, and may stand in a stream without any document
        let end = self.markers(end);
        self.expect(end == self.src.len(), end, "text behind the last document")
    }

    /// Number of an anchor among those of the whole file; 0 is none.
    fn number(&self, anchor: usize) -> u32 {
        let (_, above) = self.above;
        if anchor == 0 { 0 } else { above + anchor as u32 }
    }

    fn in_flow_seq(&self) -> bool {
        self.stack.last().is_some_and(|frame| frame.flow && !frame.map)
    }

    // ---- documents

    fn document_start(&mut self) -> Step {
        let before = self.cur;
        let mut at = self.space(self.cur);
        at = self.markers(at);
        let start = at;
        while self.src.get(at) == Some(&b'%') && self.at_line_start(at) {
            at = self.space(line_end(self.text, at));
        }
        if self.marker(at, b"---") {
            self.cur = at + 3;
        } else {
            self.expect(start == at, at, "directives without a document")?;
            self.cur = before.max(self.cur);
        }
        self.first_anchor = self.parts.anchors.len() as u32;
        self.parts.documents.push(Document {
            start: start as u32,
            root: NONE,
            end: NONE,
        });
        Ok(())
    }

    fn document_end(&mut self) {
        let at = self.space(self.cur);
        if self.marker(at, b"...") {
            self.cur = at + 3;
        }
        let cur = self.cur as u32;
        if let Some(document) = self.parts.documents.last_mut() {
            document.end = cur.max(document.start);
        }
    }

    /// Whether nothing but words and `...` is left: the document that begins is the next one.
    fn holds_no_more(&mut self) -> bool {
        let at = self.space(self.cur);
        self.markers(at) == self.src.len()
    }

    /// Skips any number of `...` lines.
    fn markers(&mut self, mut at: usize) -> usize {
        while self.marker(at, b"...") {
            self.cur = at + 3;
            at = self.space(self.cur);
        }
        at
    }

    fn marker(&self, at: usize, marker: &[u8]) -> bool {
        self.at_line_start(at) && self.rest(at).starts_with(marker) && self.gap_at(at + 3)
    }

    // ---- nodes

    fn alias(&mut self, id: u32) -> Step {
        let (lead, colon) = self.lead(false)?;
        let start = self.space(self.cur);
        self.expect(self.src.get(start) == Some(&b'*'), start, "an alias was expected")?;
        if id < self.first_anchor {
            // the parser keeps anchors from one document to the next, YAML does not
            return Err(self.refusal(start, Why::Syntax(UNKNOWN_ANCHOR.into())));
        }
        let end = self.word_end(start + 1);
        self.cur = end;
        let node = Node {
            anchor: id,
            ..Node::at(NodeKind::Alias, start..end, lead, colon)
        };
        self.push(node, None);
        Ok(())
    }

    fn scalar(&mut self, (text, style): (&str, Style), (anchor, tag): (u32, Option<Tag>), mark: Mark) -> Step {
        let empty = style == Style::Plain && text.is_empty();
        let (lead, colon) = self.lead(empty)?;
        let full = self.props(anchor, tag.as_ref())?;
        let mut as_written = empty;
        let (kind, start, end, indent) = match style {
            Style::Plain if empty => (NodeKind::Empty, self.cur, self.cur, 0),
            Style::Plain => {
                let start = self.content(mark)?;
                let (end, found) = self.plain_end(start, text)?;
                as_written = found;
                (NodeKind::Plain, start, end, 0)
            }
            Style::SingleQuoted => {
                let start = self.content(mark)?;
                (NodeKind::Single, start, self.single_end(start)?, 0)
            }
            Style::DoubleQuoted => {
                let start = self.content(mark)?;
                (NodeKind::Double, start, self.double_end(start)?, 0)
            }
            Style::Literal | Style::Folded => {
                let start = self.space(self.cur);
                let (kind, sign) = if style == Style::Literal {
                    (NodeKind::Literal, b'|')
                } else {
                    (NodeKind::Folded, b'>')
                };
                self.expect(
                    self.src.get(start) == Some(&sign),
                    start,
                    "the head of a block scalar was expected",
                )?;
                let (end, indent) = self.block_end(start, text, mark)?;
                (kind, start, end, indent)
            }
        };
        self.cur = end;
        let mut node = Node::at(kind, start..end, lead, colon);
        node.full = full.unwrap_or(start) as u32;
        node.indent = indent;
        node.anchor = anchor;
        if matches!(kind, NodeKind::Single | NodeKind::Double) {
            as_written = self.src.get(start + 1..end - 1) == Some(text.as_bytes());
        }
        if !as_written && !text.is_empty() {
            node.text = self.parts.texts.keep(text);
        }
        self.push(node, tag);
        self.define(anchor)
    }

    fn open(&mut self, kind: NodeKind, (anchor, tag): (u32, Option<Tag>), mark: Mark) -> Step {
        let (lead, colon) = self.lead(false)?;
        let full = self.props(anchor, tag.as_ref())?;
        let sign = if kind == NodeKind::Map { b'{' } else { b'[' };
        let at = self.space(self.cur);
        let explicit = self.src.get(at) == Some(&sign) && self.offset(mark) == at;
        let in_flow = self.stack.last().is_some_and(|frame| frame.flow);
        let implicit = in_flow && !explicit;
        if implicit {
            let list = self.stack.last().is_some_and(|frame| !frame.map);
            self.expect(
                list && kind == NodeKind::Map && full.is_none(),
                at,
                "a `[` or `{` was expected",
            )?;
        }
        let depth = self.stack.len() as u32 + 1;
        if depth > self.limits.depth {
            return Err(self.refusal(at, Why::Depth(self.limits.depth)));
        }
        let start = if explicit { at } else { NONE as usize };
        if explicit {
            self.cur = at + 1;
        }
        let mut node = Node::at(kind, start..start, lead, colon);
        node.anchor = anchor;
        node.full = full.unwrap_or(start) as u32;
        if in_flow || explicit {
            node.flags.set(Flags::FLOW);
        }
        if implicit {
            node.flags.set(Flags::IMPLICIT);
        }
        let id = self.push(node, tag);
        let map = kind == NodeKind::Map;
        self.stack.push(Frame {
            node: id,
            map,
            flow: in_flow || explicit,
            implicit,
            children: 0,
            last: NONE,
        });
        self.define(anchor)
    }

    fn close(&mut self) -> Step {
        let Some(frame) = self.stack.pop() else {
            return Err(self.unclear(self.cur, "an end without a start"));
        };
        if frame.flow && !frame.implicit {
            let mut at = self.space(self.cur);
            if self.src.get(at) == Some(&b',') && frame.children > 0 {
                at = self.space(at + 1);
            }
            let sign = if frame.map { b'}' } else { b']' };
            self.expect(
                self.src.get(at) == Some(&sign),
                at,
                "the end of a flow collection was expected",
            )?;
            self.cur = at + 1;
        }
        let (end, skip) = (self.cur as u32, self.parts.nodes.len() as u32);
        let whole = !(frame.map && frame.children % 2 == 1);
        self.expect(
            whole && frame.children + u32::from(frame.flow) > 0,
            self.cur,
            "a collection that is not whole",
        )?;
        if let Some(node) = self.parts.nodes.get_mut(frame.node as usize) {
            node.end = end;
            node.skip = skip;
        }
        Ok(())
    }

    /// Adds a node below the open collection and returns its number.
    fn push(&mut self, mut node: Node, tag: Option<Tag>) -> u32 {
        let id = self.parts.nodes.len() as u32;
        if let Some(tag) = tag {
            node.note_tag(&tag);
            self.parts.texts.tags.push((id, tag));
        }
        node.skip = id + 1;
        node.parent = NONE;
        match self.stack.last_mut() {
            Some(frame) => {
                if frame.map && frame.children % 2 == 0 {
                    node.flags.set(Flags::KEY);
                }
                frame.children += 1;
                frame.last = id;
                node.parent = frame.node;
            }
            None => {
                if let Some(document) = self.parts.documents.last_mut() {
                    document.root = id;
                }
            }
        }
        self.parts.nodes.push(node);
        id
    }

    fn define(&mut self, anchor: u32) -> Step {
        if anchor == 0 {
            return Ok(());
        }
        self.expect(
            anchor as usize == self.parts.anchors.len(),
            self.cur,
            "anchors out of order",
        )?;
        self.parts.anchors.push(self.parts.nodes.len() as u32 - 1);
        Ok(())
    }

    // ---- what stands before a node

    /// Consumes the indicators before the next child. Returns where its entry starts, and where its `:` stands.
    fn lead(&mut self, empty: bool) -> Step<(u32, u32)> {
        let Some(frame) = self.stack.last() else {
            return Ok((NONE, NONE));
        };
        let (node, map, flow, implicit) = (frame.node, frame.map, frame.flow, frame.implicit);
        let (first, key) = (frame.children == 0, frame.children % 2 == 0);
        if map && !key {
            return self.value_lead(flow, empty);
        }
        let mut at = self.space(self.cur);
        if flow && !implicit && !first {
            self.expect(self.src.get(at) == Some(&b','), at, "a `,` was expected")?;
            at = self.space(at + 1);
        }
        if !flow {
            self.indentation(at)?;
        }
        let lead = at;
        match (map, flow) {
            (false, false) => {
                let dash = self.src.get(at) == Some(&b'-') && self.gap_at(at + 1);
                self.expect(dash, at, "a `- ` was expected")?;
                at += 1;
            }
            (true, _) if self.src.get(at) == Some(&b'?') && self.mark_ends(at + 1, flow) => at += 1,
            _ => {}
        }
        self.cur = at;
        if first {
            self.settle_start(node, lead as u32);
        }
        Ok((lead as u32, NONE))
    }

    /// The same before the value of a pair, whose entry starts with its key.
    fn value_lead(&mut self, flow: bool, empty: bool) -> Step<(u32, u32)> {
        let key = self.stack.last().map_or(NONE, |frame| frame.last);
        let lead = self.parts.nodes.get(key as usize).map_or(NONE, |key| key.lead);
        let at = self.space(self.cur);
        if self.src.get(at) == Some(&b':') && (flow || self.gap_at(at + 1)) {
            self.cur = at + 1;
            return Ok((lead, at as u32));
        }
        self.expect(empty, at, "a `:` was expected")?;
        Ok((lead, NONE))
    }

    /// A block collection starts where its first entry starts.
    fn settle_start(&mut self, node: u32, lead: u32) {
        if let Some(node) = self.parts.nodes.get_mut(node as usize)
            && node.start == NONE
        {
            node.start = lead;
            if node.full == NONE {
                node.full = lead;
            }
        }
    }

    /// Consumes an anchor and a tag, in any order. Returns where they start, if there are any.
    #[inline]
    fn props(&mut self, anchor: u32, tag: Option<&Tag>) -> Step<Option<usize>> {
        if anchor == 0 && tag.is_none() {
            return Ok(None);
        }
        let mut full = None;
        for _ in 0..u32::from(anchor > 0) + u32::from(tag.is_some()) {
            let at = self.space(self.cur);
            let end = match self.src.get(at) {
                Some(b'!') if self.src.get(at + 1) == Some(&b'<') => {
                    memchr::memchr(b'>', self.rest(at)).map(|len| at + len + 1)
                }
                Some(b'!' | b'&') => Some(self.word_end(at + 1)),
                _ => None,
            };
            let Some(end) = end else {
                return Err(self.unclear(at, "an anchor or a tag was expected"));
            };
            full.get_or_insert(at);
            self.cur = end;
        }
        Ok(full)
    }

    /// Finds the start of a scalar and makes sure that the parser saw it at the same place.
    fn content(&mut self, mark: Mark) -> Step<usize> {
        let at = self.space(self.cur);
        let seen = self.offset(mark);
        self.expect(at == seen, at, "the value does not start where the parser saw it")?;
        Ok(at)
    }

    /// Refuses a tab in the indentation of a key or a dash, which other readers reject.
    fn indentation(&mut self, at: usize) -> Step {
        if self.next_tab < self.cur {
            self.next_tab = memchr::memchr(b'\t', self.rest(self.cur)).map_or(self.src.len(), |len| self.cur + len);
        }
        if self.next_tab >= at {
            return Ok(());
        }
        let head = self.src.get(..at).unwrap_or_default();
        let blanks = head
            .iter()
            .rev()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let start = at - blanks;
        if !self.at_line_start(start) || memchr::memchr(b'\t', head.get(start..).unwrap_or_default()).is_none() {
            return Ok(());
        }
        Err(self.refusal(start, Why::Syntax("a tab in the indentation".into())))
    }

    // ---- where scalars end

    fn plain_end(&self, start: usize, value: &str) -> Step<(usize, bool)> {
        // the words and the blanks between them stand there as they are: the same end as word by word
        if self.rest(start).starts_with(value.as_bytes()) {
            return Ok((start + value.len(), true));
        }
        let mut at = start;
        for word in value.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()) {
            while self
                .src
                .get(at)
                .is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
            {
                at += 1;
            }
            self.expect(
                self.rest(at).starts_with(word.as_bytes()),
                at,
                "the words of a plain value differ",
            )?;
            at += word.len();
        }
        Ok((at, false))
    }

    fn single_end(&self, start: usize) -> Step<usize> {
        self.expect(self.src.get(start) == Some(&b'\''), start, "a `'` was expected")?;
        let mut at = start + 1;
        while let Some(len) = memchr::memchr(b'\'', self.rest(at)) {
            at += len + 1;
            if self.src.get(at) != Some(&b'\'') {
                return Ok(at);
            }
            at += 1;
        }
        Err(self.unclear(start, "the closing `'` is missing"))
    }

    fn double_end(&self, start: usize) -> Step<usize> {
        self.expect(self.src.get(start) == Some(&b'"'), start, "a `\"` was expected")?;
        let mut at = start + 1;
        while let Some(len) = memchr::memchr2(b'"', b'\\', self.rest(at)) {
            at += len;
            if self.src.get(at) == Some(&b'"') {
                return Ok(at + 1);
            }
            at += 2;
        }
        Err(self.unclear(start, "the closing `\"` is missing"))
    }

    /// Returns the end of a block scalar and the indentation of its content.
    fn block_end(&mut self, start: usize, value: &str, mark: Mark) -> Step<(usize, u16)> {
        let head_end = line_end(self.text, start);
        let keep = self.src[start..head_end]
            .iter()
            .skip(1)
            .take_while(|byte| matches!(byte, b'+' | b'-' | b'0'..=b'9'))
            .any(|&byte| byte == b'+');
        if value.bytes().all(|byte| byte == b'\n') {
            return Ok((if keep { self.blank_lines(head_end) } else { head_end }, 0));
        }
        let indent = mark.col;
        let first = self.offset(mark);
        self.expect(
            first > head_end,
            start,
            "the content of a block scalar was expected below its head",
        )?;
        let mut end = head_end;
        let mut at = self.past_break(head_end);
        while at < self.src.len() {
            let spaces = self
                .rest(at)
                .iter()
                .take(indent)
                .take_while(|&&byte| byte == b' ')
                .count();
            let stop = line_end(self.text, at + spaces);
            let blank = at + spaces == stop;
            let belongs = spaces == indent && !(indent == 0 && (self.marker(at, b"...") || self.marker(at, b"---")));
            if !blank && !belongs {
                break;
            }
            at = self.past_break(stop);
            if !blank {
                end = at;
            }
        }
        self.expect(first < end, start, "the content of a block scalar lies elsewhere")?;
        let indent = u16::try_from(indent).map_err(|_| self.unclear(start, "a block scalar indented too far"))?;
        Ok((if keep { self.blank_lines_from(end) } else { end }, indent))
    }

    /// Skips the blank lines behind the line that ends at `at`; back to `at` if there are none.
    fn blank_lines(&self, at: usize) -> usize {
        let next = self.past_break(at);
        let end = self.blank_lines_from(next);
        if end == next { at } else { end }
    }

    /// Skips the lines from `at` that hold nothing but spaces.
    fn blank_lines_from(&self, mut at: usize) -> usize {
        loop {
            let spaces = self.rest(at).iter().take_while(|&&byte| byte == b' ').count();
            let next = self.past_break(at + spaces);
            if next == at + spaces {
                return at;
            }
            at = next;
        }
    }

    // ---- bytes

    /// Skips blanks, line breaks and comments from `at`.
    fn space(&self, mut at: usize) -> usize {
        loop {
            match self.src.get(at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
                Some(b'#') if self.comment_may_start(at) => at = line_end(self.text, at),
                _ => return at,
            }
        }
    }

    fn comment_may_start(&self, at: usize) -> bool {
        at == bom_len(self.text)
            || at
                .checked_sub(1)
                .and_then(|before| self.src.get(before))
                .is_some_and(|before| matches!(before, b' ' | b'\t' | b'\n' | b'\r' | b',' | b'[' | b'{'))
    }

    fn word_end(&self, at: usize) -> usize {
        let in_flow = self.stack.last().is_some_and(|frame| frame.flow);
        let ends = |byte: &u8| {
            matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
                || (in_flow && matches!(byte, b',' | b'[' | b']' | b'{' | b'}'))
        };
        // anchors end at flow indicators everywhere, tags only inside of flow collections
        let anchor = at.checked_sub(1).and_then(|sign| self.src.get(sign)) != Some(&b'!');
        let len = self
            .rest(at)
            .iter()
            .position(|byte| ends(byte) || (anchor && matches!(byte, b',' | b'[' | b']' | b'{' | b'}')));
        len.map_or(self.src.len(), |len| at + len)
    }

    fn rest(&self, at: usize) -> &[u8] {
        self.src.get(at..).unwrap_or_default()
    }

    fn past_break(&self, at: usize) -> usize {
        at + crate::text::span::break_at(self.text, at).len()
    }

    fn at_line_start(&self, at: usize) -> bool {
        at == bom_len(self.text) || matches!(at.checked_sub(1).and_then(|it| self.src.get(it)), Some(b'\n' | b'\r'))
    }

    /// Whether a blank, a break or the end stands at `at`.
    fn gap_at(&self, at: usize) -> bool {
        matches!(self.src.get(at), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
    }

    fn mark_ends(&self, at: usize, flow: bool) -> bool {
        self.gap_at(at) || (flow && matches!(self.src.get(at), Some(b',' | b'[' | b']' | b'{' | b'}')))
    }

    /// Turns what the parser calls a position into a byte offset. Linear over the whole file, however long its lines are.
    fn offset(&mut self, mark: Mark) -> usize {
        // line 0: no such place, on purpose, where a pair and its key start together
        let (above, _) = self.above;
        let line = if mark.line == 0 { 0 } else { above + mark.line };
        let Some(start) = self.lines.start(line) else {
            return self.src.len();
        };
        if self.ascii {
            return (start + mark.col).min(self.src.len());
        }
        if mark.col <= NEAR && self.src.get(start..start + mark.col).is_some_and(<[u8]>::is_ascii) {
            return start + mark.col;
        }
        let (line, column, offset) = self.memo;
        let near = line == mark.line && column.abs_diff(mark.col) < mark.col;
        let (mut column, mut at) = if near { (column, offset) } else { (0, start) };
        while column < mark.col && at < self.src.len() {
            at += 1;
            while self.inside_char(at) {
                at += 1;
            }
            column += 1;
        }
        while column > mark.col && at > start {
            at -= 1;
            while at > start && self.inside_char(at) {
                at -= 1;
            }
            column -= 1;
        }
        self.memo = (mark.line, column, at);
        at
    }

    fn inside_char(&self, at: usize) -> bool {
        self.src.get(at).is_some_and(|byte| byte & 0xc0 == 0x80)
    }

    #[inline]
    fn expect(&self, holds: bool, at: usize, otherwise: &'static str) -> Step {
        if holds {
            Ok(())
        } else {
            Err(self.unclear(at, otherwise))
        }
    }

    #[cold]
    fn unclear(&self, at: usize, what: &'static str) -> Box<Refusal> {
        self.refusal(at, Why::Unclear(what))
    }

    #[cold]
    fn refusal(&self, at: usize, why: Why) -> Box<Refusal> {
        Box::new(Refusal::at(self.text, self.lines, at, why))
    }
}

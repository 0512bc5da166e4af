//! Reading around a node: its path, its comments, template marks on its lines.

use super::path::{Path, Step};
use super::tree::{Flags, NodeId, NodeKind, Tree};
use crate::text::span::{line_and_column, line_end};

impl Tree {
    /// Asks whether a scalar says itself that it is text, as `!!str 1.10` does.
    pub fn says_it_is_text(&self, n: NodeId) -> bool {
        let flags = self.node(n).flags;
        flags.has(Flags::TAG) && !flags.has(Flags::TYPED) && !flags.has(Flags::FOREIGN)
    }

    /// Returns the way from the top of the document to a node, with list positions as numbers.
    pub fn path_of(&self, n: NodeId) -> Path {
        let mut steps = Vec::new();
        let mut at = n;
        while let Some(parent) = self.parent(at) {
            match self.kind(parent) {
                NodeKind::Map => {
                    let key = if self.is_key(at) { Some(at) } else { self.key_of(at) };
                    steps.push(Step::Key(key.map_or("", |key| self.text(key)).to_owned()));
                }
                _ => {
                    let index = self.items(parent).position(|item| item == at).unwrap_or(0);
                    steps.push(Step::Index(index as u32));
                }
            }
            at = parent;
        }
        steps.reverse();
        Path::from(steps)
    }

    /// Returns the comment behind a node on the line where it ends, `#` included.
    pub fn trailing_comment(&self, n: NodeId) -> Option<&str> {
        let end = match self.kind(n) {
            // the comment of a block scalar stands behind its head
            NodeKind::Literal | NodeKind::Folded => {
                let head = self.span(n).start;
                let line = self.source().get(head..line_end(self.source(), head))?;
                head + line.find([' ', '\t']).unwrap_or(line.len())
            }
            _ => self.span(n).end,
        };
        let rest = self.source().get(end..line_end(self.source(), end))?;
        let bare = rest.trim_start_matches([' ', '\t', ',', ']', '}']);
        let blank = rest.len() > bare.len() || end == 0;
        (blank && bare.starts_with('#')).then_some(bare)
    }

    /// Returns the comment lines directly above the entry of a node, the topmost first, without indentation: those at the column of
    /// the entry, with no blank line between.
    pub fn comments_above(&self, n: NodeId) -> Vec<&str> {
        let lead = self.entry_start(n);
        let source = self.source();
        let mut start = self.owned_from(n);
        let mut found = Vec::new();
        let line = self.lines.start_of(lead);
        while start < line {
            let end = line_end(source, start);
            found.push(source.get(start..end).unwrap_or_default().trim_start_matches(' '));
            start = end + crate::text::span::break_at(source, end).len().max(1);
        }
        found
    }

    /// Returns where the entry of a node starts: its dash, its `?` or its key.
    pub(super) fn entry_start(&self, n: NodeId) -> usize {
        let node = self.node(n);
        if node.lead == super::tree::NONE {
            node.full as usize
        } else {
            node.lead as usize
        }
    }

    /// Returns the start of the first comment line that belongs to the entry of `n`, or of the line of the entry itself.
    ///
    /// Source: YAML.md 5.8, without the exception for the first entry of a collection.
    pub(super) fn owned_from(&self, n: NodeId) -> usize {
        let source = self.source();
        let lead = self.entry_start(n);
        let line = self.lines.line_of(lead);
        let start = self.lines.start(line).unwrap_or(0).min(lead);
        let indent = source.get(start..lead).unwrap_or_default();
        // asked for only where there is a comment: it walks over all siblings before
        let mut floor = None;
        let mut owned = start;
        if !indent.bytes().all(|byte| byte == b' ') {
            return owned;
        }
        for above in (1..line).rev() {
            let Some(at) = self.lines.start(above) else { break };
            let text = source.get(at..line_end(source, at)).unwrap_or_default();
            let bare = text.trim_start_matches(' ');
            if !bare.starts_with('#') || text.len() - bare.len() != indent.len() {
                break;
            }
            if at < *floor.get_or_insert_with(|| self.floor_of(n)) {
                break;
            }
            owned = at;
        }
        owned
    }

    /// Returns the end of what stands before an entry and is no comment: the entry before it, or the indicator of its collection.
    fn floor_of(&self, n: NodeId) -> usize {
        let (key, value) = self.entry(n);
        let first = key.unwrap_or(value);
        let Some(parent) = self.parent(first) else { return 0 };
        let before = self.children(parent).take_while(|&it| it != first).last();
        match before {
            Some(before) => self.span(before).end,
            None => self.opening_of(parent),
        }
    }

    /// Returns the end of what introduces a collection: its properties, its `:`, its dash or `?`, or the top of the document.
    pub(super) fn opening_of(&self, n: NodeId) -> usize {
        let node = self.node(n);
        let (full, start) = (node.full as usize, node.start as usize);
        if full < start {
            // properties: the last word before the content that is no comment
            return self.props_end(full, start);
        }
        if node.colon != super::tree::NONE {
            return node.colon as usize + 1;
        }
        match self.parent(n) {
            Some(parent) if self.kind(parent) == NodeKind::Seq && !self.is_flow(parent) => node.lead as usize + 1,
            Some(_) if self.is_key(n) && node.lead < node.full => node.lead as usize + 1,
            Some(_) => node.lead as usize,
            None => self.top_of(n),
        }
    }

    /// Returns the end of the `---` above the node at the top of a document, or the start of the document.
    fn top_of(&self, n: NodeId) -> usize {
        let Some(document) = self.documents().iter().find(|document| document.root() == Some(n)) else {
            return 0;
        };
        let full = self.node(n).full as usize;
        let head = self.source().get(document.start()..full).unwrap_or_default();
        let mut at = document.start();
        for line in head.split_inclusive(['\n', '\r']) {
            if line.starts_with("---") {
                return at + 3;
            }
            at += line.len();
        }
        document.start()
    }

    /// Walks over anchor and tag from `full`.
    fn props_end(&self, full: usize, start: usize) -> usize {
        let source = self.source().as_bytes();
        let mut at = full;
        let mut end = full;
        while at < start {
            match source.get(at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
                Some(b'#') => at = line_end(self.source(), at),
                Some(b'&' | b'!') => {
                    while at < start && !matches!(source.get(at), None | Some(b' ' | b'\t' | b'\n' | b'\r')) {
                        at += 1;
                    }
                    end = at;
                }
                _ => break,
            }
        }
        end
    }

    /// Returns whether `{{` stands on one of the lines of a node.
    pub fn line_has_template(&self, n: NodeId) -> bool {
        let span = self.span(n);
        let start = self.lines.start_of(span.start);
        // The table knows where the next line starts; to look for the break would walk over a line of a megabyte each time.
        let end = self
            .lines
            .start(self.lines.line_of(span.end) + 1)
            .unwrap_or(self.source().len());
        self.marks().brace_in(start, end)
    }

    /// Returns whether a node is a template: `{{` in its text, or at its start, where it reads as a mapping in a mapping.
    pub fn is_template(&self, n: NodeId) -> bool {
        match self.is_scalar(n) {
            true => self.text(n).contains("{{"),
            false => self.is_flow(n) && self.written(n).starts_with("{{"),
        }
    }

    pub(super) fn position(&self, offset: usize) -> (u32, u32) {
        line_and_column(self.source(), &self.lines, offset)
    }
}

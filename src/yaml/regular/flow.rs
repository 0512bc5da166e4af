//! Flow collections on one line, of words, quoted scalars and pairs of them.

use super::{Line, Place, Reader};
use crate::yaml::tree::{Flags, Node, NodeKind};

/// Deeper ones are the parser's.
const DEPTH: usize = 16;

impl Reader<'_> {
    /// Reads a flow collection that ends on its line as the value of an entry.
    pub(super) fn collection(&mut self, at: usize, line: Line, place: Place) -> Option<()> {
        let parent = self.open.last()?.node;
        let node = place.node(NodeKind::Seq, at..at);
        let end = self.flow(node, line, (parent, 1))?;
        self.cur = end;
        // a `:` would make a key of it
        self.blank_to_end(end, line.end)?;
        Some(())
    }

    /// Reads the collection that starts where `node` does; returns its end.
    fn flow(&mut self, mut node: Node, line: Line, (parent, depth): (u32, usize)) -> Option<usize> {
        if depth > DEPTH || self.open.len() + depth > self.depth {
            return None;
        }
        let start = node.start as usize;
        let map = self.src[start] == b'{';
        let close = if map { b'}' } else { b']' };
        node.kind = if map { NodeKind::Map } else { NodeKind::Seq };
        node.flags.set(Flags::FLOW);
        let id = self.push_below(parent, node);
        let mut at = self.past_blanks(start + 1);
        // `{{` is a template, or an error, and `{}` has no entries
        if self.src[..line.end].get(at) == Some(&close) {
            return self.end_flow(id, at + 1);
        }
        loop {
            let place = Place::of(at);
            if map {
                let (kind, end) = self.flow_word(at, line)?;
                let mut key = self.scalar(kind, at..end, place)?;
                key.flags.set(Flags::KEY);
                self.push_below(id, key);
                if self.src[..line.end].get(end) != Some(&b':') || self.src[..line.end].get(end + 1) != Some(&b' ') {
                    return None;
                }
                at = self.past_blanks(end + 1);
                at = self.flow_value((at, line), place.behind(end), (id, depth))?;
            } else {
                at = self.flow_value((at, line), place, (id, depth))?;
            }
            at = self.past_blanks(at);
            match self.src[..line.end].get(at)? {
                b',' => at = self.past_blanks(at + 1),
                &byte if byte == close => return self.end_flow(id, at + 1),
                _ => return None,
            }
        }
    }

    fn end_flow(&mut self, id: u32, end: usize) -> Option<usize> {
        let skip = self.parts.nodes.len() as u32;
        let node = self.parts.nodes.get_mut(id as usize)?;
        (node.end, node.skip) = (end as u32, skip);
        Some(end)
    }

    fn flow_value(&mut self, (at, line): (usize, Line), place: Place, below: (u32, usize)) -> Option<usize> {
        let (parent, depth) = below;
        if matches!(self.src[..line.end].get(at)?, b'[' | b'{') {
            let node = place.node(NodeKind::Seq, at..at);
            return self.flow(node, line, (parent, depth + 1));
        }
        let (kind, end) = self.flow_word(at, line)?;
        let node = self.scalar(kind, at..end, place)?;
        self.push_below(parent, node);
        Some(end)
    }

    /// Kind and end of a quoted scalar, or of a plain one that is a single word of plain signs.
    fn flow_word(&self, at: usize, line: Line) -> Option<(NodeKind, usize)> {
        match self.src[..line.end].get(at)? {
            b'"' | b'\'' => self.quoted(at, line),
            first if first.is_ascii_alphanumeric() || b"_./$".contains(first) => {
                let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_./$-+*=@".contains(byte);
                let len = self.src[at..line.end].iter().take_while(plain).count();
                Some((NodeKind::Plain, at + len))
            }
            _ => None,
        }
    }

    fn past_blanks(&self, at: usize) -> usize {
        at + self.src[at..].iter().take_while(|&&byte| byte == b' ').count()
    }
}

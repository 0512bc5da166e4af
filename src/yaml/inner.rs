//! YAML inside of a literal block: read as a source of its own, mapped back line by line.
//!
//! A content line of a literal block is its line in the file less the indentation of the block. One level deep, no deeper.

use super::refusal::{Refusal, Why};
use super::tree::{Limits, NodeId, NodeKind, Tree};
use crate::text::span::{Lines, break_at, line_end};

/// The tree of a literal block's text, and where its lines stand in the file.
#[derive(Debug)]
pub struct Inner {
    block: NodeId,
    tree: Tree,
    /// Start of each line: in the inner text, in the file.
    lines: Vec<(usize, usize)>,
}

impl Inner {
    /// The tree of the text inside. Its positions are those of the text; [`Inner::pos`] has those of the file.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The block that holds the text.
    pub fn block(&self) -> NodeId {
        self.block
    }

    /// Returns the byte of the file at which a byte of the inner text stands.
    pub fn outer(&self, offset: usize) -> usize {
        let line = self
            .lines
            .partition_point(|&(inner, _)| inner <= offset)
            .saturating_sub(1);
        self.lines
            .get(line)
            .map_or(0, |&(inner, outer)| outer + (offset - inner))
    }

    /// Returns line and column of an inner node in the file, from 1.
    pub fn pos(&self, outer: &Tree, n: NodeId) -> (u32, u32) {
        outer.position(self.outer(self.tree.span(n).start))
    }

    /// Returns the byte of the file that a refusal of the inner tree is about.
    pub(super) fn offset_of(&self, refusal: &Refusal) -> usize {
        let text = self.tree.source();
        let start = self.tree.lines.start(refusal.line as usize).unwrap_or(0);
        let line = text.get(start..).unwrap_or_default();
        let column = refusal.col.saturating_sub(1) as usize;
        self.outer(start + line.char_indices().nth(column).map_or(0, |(at, _)| at))
    }

    /// Moves the line numbers of a reason from the inner text to the file.
    pub(super) fn moved(&self, why: Why, outer: &Tree) -> Why {
        let line = |line: u32| {
            let start = self.tree.lines.start(line as usize).unwrap_or(0);
            outer.position(self.outer(start)).0
        };
        match why {
            Why::Alias { def_line } => Why::Alias {
                def_line: line(def_line),
            },
            Why::Inherited { line: at } => Why::Inherited { line: line(at) },
            Why::Exists { line: at } => Why::Exists { line: line(at) },
            Why::Duplicate { lines } => Why::Duplicate {
                lines: lines.into_iter().map(line).collect(),
            },
            Why::Anchored { lines } => Why::Anchored {
                lines: lines.into_iter().map(line).collect(),
            },
            other => other,
        }
    }

    /// Whether the bytes from `start` to `end` stand in one line.
    pub(super) fn one_line(&self, start: usize, end: usize) -> bool {
        !self.tree.source().get(start..end).unwrap_or("\n").contains('\n')
    }
}

impl Tree {
    /// Reads the YAML that a literal block holds.
    ///
    /// # Errors
    /// [`Why::Block`] for anything but a literal block, [`Why::Template`] if its text holds `{{`, and what [`super::parse`]
    /// refuses, with the place in this file.
    pub fn inner(&self, block: NodeId) -> Result<Inner, Refusal> {
        let at = self.span(block).start;
        let refuse = |offset, why| Refusal::at(self.source(), &self.lines, offset, why);
        if self.kind(block) != NodeKind::Literal {
            return Err(refuse(at, Why::Block));
        }
        let text = self.text(block);
        if text.contains("{{") {
            return Err(refuse(at, Why::Template));
        }
        let lines = self
            .lines_of_block(block)
            .ok_or_else(|| refuse(at, Why::Unclear("the lines of a literal block")))?;
        match super::parse(text.as_bytes().to_vec(), Limits::default()) {
            Ok(tree) => Ok(Inner { block, tree, lines }),
            Err(refusal) => {
                let inner = Lines::of(text);
                let start = inner.start(refusal.line as usize).unwrap_or(0);
                let line = text.get(start..).unwrap_or_default();
                let column = refusal.col.saturating_sub(1) as usize;
                let offset = start + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
                let outer = lines
                    .iter()
                    .rev()
                    .find(|&&(inner, _)| inner <= offset)
                    .map_or(at, |&(i, o)| o + (offset - i));
                Err(refuse(outer, refusal.why))
            }
        }
    }

    /// Pairs the lines of a literal block's text with the lines of the file; `None` if they do not agree byte for byte.
    pub(super) fn lines_of_block(&self, block: NodeId) -> Option<Vec<(usize, usize)>> {
        let source = self.source();
        let indent = self.node(block).indent as usize;
        let text = self.text(block);
        let mut at = self.span(block).start;
        let mut inner = 0;
        let mut lines = Vec::new();
        for line in text.split_inclusive('\n') {
            let end = line_end(source, at);
            at = end + break_at(source, end).len();
            let content = source.get(at..line_end(source, at))?;
            let spaces = content.bytes().take(indent).take_while(|&byte| byte == b' ').count();
            if content.get(spaces..)? != line.trim_end_matches('\n') {
                return None;
            }
            lines.push((inner, at + spaces));
            inner += line.len();
        }
        Some(lines)
    }
}

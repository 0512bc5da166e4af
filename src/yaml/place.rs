//! Where a node stands, for people.

use crate::error::{Excerpt, Place};
use crate::text::span;

use super::inner::Inner;
use super::tree::{NodeId, Tree};

impl Tree {
    /// Returns the place of `n` in `file`, with its line and a mark under it; `label` stands beside the mark.
    ///
    /// A node of several lines is marked on its first.
    pub fn place_of(&self, file: &str, n: NodeId, label: &str) -> Place {
        let (line, column) = self.pos(n);
        let span = self.span(n);
        let source = self.source();
        let is_break = |c: char| c == '\n' || c == '\r';
        let start = source[..span.start].rfind(is_break).map_or(0, |at| at + 1);
        let end = source[span.start..]
            .find(is_break)
            .map_or(source.len(), |at| span.start + at);
        let mark = span.start - start..(span.end.min(end).max(span.start) - start);
        let text = &source[start..end];
        // A line of a megabyte helps nobody.
        let excerpt = (text.len() <= 400).then(|| Excerpt {
            text: text.to_owned(),
            first_line: line,
            mark,
            label: label.to_owned(),
        });
        Place {
            file: file.to_owned(),
            line,
            column,
            excerpt,
        }
    }
}

/// Lines and columns of many nodes, asked in the order in which they stand: quick even where a megabyte is one line.
#[derive(Debug)]
pub struct Positions<'t> {
    tree: &'t Tree,
    inside: span::Positions<'t>,
}

impl Tree {
    /// Returns what tells the positions of many nodes.
    pub fn positions(&self) -> Positions<'_> {
        Positions {
            tree: self,
            inside: span::Positions::new(self.source(), &self.lines),
        }
    }
}

impl Positions<'_> {
    /// Returns line and column of a node, both from 1; the column counts characters.
    pub fn of(&mut self, n: NodeId) -> (u32, u32) {
        self.inside.of(self.tree.span(n).start)
    }

    /// The same for a node of YAML that a literal block of the tree holds.
    pub fn of_inner(&mut self, inner: &Inner, n: NodeId) -> (u32, u32) {
        self.inside.of(inner.outer(inner.tree().span(n).start))
    }
}

//! Where a node stands, for people.

use crate::error::{Excerpt, Place};

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

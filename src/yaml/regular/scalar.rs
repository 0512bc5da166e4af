//! Scalars of one line.

use std::ops::Range;

use super::{Line, Place, Reader};
use crate::yaml::tree::{Node, NodeKind};

/// How a plain scalar ends.
pub(super) enum Plain {
    /// At this byte, before a `:` that makes it a key.
    Key(usize),
    /// At this byte, before the end of the line or a comment.
    End(usize),
}

impl Reader<'_> {
    /// Kind and end of the key that stands at `at`, right before its `:`; none inside if what stands there is no key.
    #[expect(
        clippy::option_option,
        reason = "the outer one is whether the line is regular, as everywhere here"
    )]
    pub(super) fn key(&self, at: usize, line: Line) -> Option<Option<(NodeKind, usize)>> {
        match self.src[at] {
            b'"' | b'\'' => {
                // one that goes on below is no key
                let Some((kind, end)) = self.quoted(at, line) else {
                    return Some(None);
                };
                match self.src[..line.end].get(end) {
                    Some(b':') => self.gap(end + 1, line).then_some(Some((kind, end))),
                    _ => Some(None),
                }
            }
            // what these begin is no key here, or not one of this reader's
            b'[' | b'{' | b'|' | b'>' | b'*' => Some(None),
            _ => match self.plain(at, line)? {
                // a blank before the `:` is no matter to YAML, but rare
                Plain::Key(end) if self.src[end - 1] == b' ' => None,
                Plain::Key(end) => Some(Some((NodeKind::Plain, end))),
                Plain::End(_) => Some(None),
            },
        }
    }

    /// Reads the value that stands at `at`, to the end of its line or its block.
    pub(super) fn value(&mut self, at: usize, line: Line, place: Place) -> Option<()> {
        let (kind, end) = match self.src[at] {
            b'"' | b'\'' => match self.quoted(at, line) {
                Some(found) => found,
                None => return self.quoted_lines(at, line, place),
            },
            b'[' | b'{' => return self.collection(at, line, place),
            b'|' | b'>' => return self.block(at, line, place),
            b'*' if place.anchor.is_none() => return self.alias(at, line, place),
            _ => match self.plain(at, line)? {
                Plain::End(end) if self.word_behind(end, line).is_none() => return self.lines(at..end, place),
                Plain::End(end) => (NodeKind::Plain, end),
                Plain::Key(_) => return None,
            },
        };
        self.blank_to_end(end, line.end)?;
        self.cur = end;
        let node = self.scalar(kind, at..end, place)?;
        self.push(node);
        Some(())
    }

    fn alias(&mut self, at: usize, line: Line, place: Place) -> Option<()> {
        let name = self.name(at + 1, line)?;
        self.blank_to_end(name.end, line.end)?;
        self.cur = name.end;
        let mut node = place.node(NodeKind::Alias, at..name.end);
        node.anchor = self.anchor(name)?;
        self.push(node);
        Some(())
    }

    /// The node of a scalar on one line.
    pub(super) fn scalar(&mut self, kind: NodeKind, at: Range<usize>, place: Place) -> Option<Node> {
        let mut node = place.node(kind, at.clone());
        if kind != NodeKind::Plain {
            let inside = self.text.get(at.start + 1..at.end - 1)?;
            let value = match kind {
                NodeKind::Single if inside.contains('\'') => inside.replace("''", "'"),
                NodeKind::Double if inside.contains('\\') => unescaped(inside)?,
                _ => return Some(node),
            };
            node.text = self.parts.texts.keep(&value);
        }
        Some(node)
    }

    /// The first byte behind `end` on the line that is no blank.
    pub(super) fn word_behind(&self, end: usize, line: Line) -> Option<u8> {
        self.src[end..line.end].iter().find(|&&byte| byte != b' ').copied()
    }

    /// Kind and end of a quoted scalar that ends on its line.
    pub(super) fn quoted(&self, at: usize, line: Line) -> Option<(NodeKind, usize)> {
        let quote = self.src[at];
        let src = &self.src[..line.end];
        let mut here = at + 1;
        if quote == b'\'' {
            loop {
                here += memchr::memchr(quote, &src[here..])? + 1;
                if src.get(here) != Some(&quote) {
                    return Some((NodeKind::Single, here));
                }
                here += 1;
            }
        }
        loop {
            here += memchr::memchr2(quote, b'\\', src.get(here..)?)? + 1;
            if src[here - 1] == quote {
                return Some((NodeKind::Double, here));
            }
            here += 1;
        }
    }

    /// YAML 1.2.2, 7.3.3, on one line outside of flow collections.
    fn plain(&self, at: usize, line: Line) -> Option<Plain> {
        if !self.plain_may_start(at, line) {
            return None;
        }
        Some(self.plain_from(at, line))
    }

    /// The same for a line on which one goes on.
    pub(super) fn plain_from(&self, at: usize, line: Line) -> Plain {
        let src = &self.src[..line.end];
        let mut end = at;
        let mut here = at;
        while let Some(&byte) = src.get(here) {
            match byte {
                b':' if self.gap(here + 1, line) => {
                    return Plain::Key(here);
                }
                b'#' if end < here => break,
                b' ' => {}
                _ => end = here + 1,
            }
            here += 1;
        }
        Plain::End(end)
    }

    fn plain_may_start(&self, at: usize, line: Line) -> bool {
        match self.src[at] {
            b'-' => !self.gap(at + 1, line) && !self.src[at..].starts_with(b"---"),
            byte => byte >= 0x80 || byte.is_ascii_alphanumeric() || b"_./$()+~<=;^\\".contains(&byte),
        }
    }
}

/// The value of a text between double quotes, if it has no escapes but these.
fn unescaped(text: &str) -> Option<String> {
    let mut value = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        value.push(match sign {
            '\\' => match signs.next()? {
                sign @ ('"' | '\\' | '/') => sign,
                'n' => '\n',
                't' => '\t',
                _ => return None,
            },
            sign => sign,
        });
    }
    Some(value)
}

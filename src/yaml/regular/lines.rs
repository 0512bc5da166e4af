//! Scalars of several lines: plain and quoted ones that go on below, and blocks of the simple kind.

use std::ops::Range;

use super::scalar::Plain;
use super::{Line, Place, Reader};
use crate::yaml::tree::NodeKind;

/// Adds what line breaks between two words stand for: one is a blank, more are one less.
fn fold(value: &mut String, breaks: usize) {
    match breaks {
        1 => value.push(' '),
        _ => value.extend(std::iter::repeat_n('\n', breaks - 1)),
    }
}

impl Reader<'_> {
    /// The next line, be it blank or not; none at the end.
    fn any_line(&self, from: usize) -> Option<Line> {
        let rest = self.src.get(from..).filter(|rest| !rest.is_empty())?;
        let end = from + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        Some(Line { start: from, end })
    }

    /// Reads a plain scalar, of which `at` is what stands on its first line, with the lines on which it goes on.
    pub(super) fn lines(&mut self, at: Range<usize>, place: Place) -> Option<()> {
        let least = self.open.last()?.column + 1;
        let mut end = at.end;
        let mut value = String::new();
        let mut next = self.next;
        // breaks since the last line that is not blank
        let mut breaks = 1;
        while let Some(line) = self.any_line(next) {
            let start = self.indented(line);
            next = (line.end + 1).min(self.src.len());
            if start == line.end {
                breaks += 1;
                continue;
            }
            if start - line.start < least || self.src[start] == b'#' {
                break;
            }
            let Plain::End(behind) = self.plain_from(start, line) else {
                return None;
            };
            if value.is_empty() {
                value.push_str(self.text.get(at.clone())?);
            }
            fold(&mut value, breaks);
            value.push_str(self.text.get(start..behind)?);
            (end, breaks, self.next) = (behind, 1, next);
            if self.word_behind(behind, line).is_some() {
                break;
            }
        }
        let mut node = place.node(NodeKind::Plain, at.start..end);
        if !value.is_empty() {
            node.text = self.parts.texts.keep(&value);
        }
        self.cur = end;
        self.push(node);
        Some(())
    }

    /// Reads a quoted scalar that goes on below its line. Of escapes it knows `''`.
    pub(super) fn quoted_lines(&mut self, at: usize, line: Line, place: Place) -> Option<()> {
        let single = self.src[at] == b'\'';
        let least = self.open.last()?.column + 1;
        let mut value = String::new();
        let mut here = Line { start: at + 1, ..line };
        let mut breaks = 0;
        let end = loop {
            let close = self.close_of(here, self.src[at])?;
            if breaks > 0 {
                fold(&mut value, breaks);
            }
            let text = self.text.get(here.start..close.unwrap_or(here.end))?;
            let text = if close.is_some() {
                text
            } else {
                text.trim_end_matches(' ')
            };
            match single {
                true => value.push_str(&text.replace("''", "'")),
                false => value.push_str(text),
            }
            if let Some(end) = close {
                break end + 1;
            }
            breaks = 0;
            here = loop {
                let line = self.any_line(self.next)?;
                self.next = (line.end + 1).min(self.src.len());
                breaks += 1;
                let start = self.indented(line);
                if start < line.end {
                    if start - line.start < least {
                        return None;
                    }
                    break Line { start, ..line };
                }
            };
        };
        self.blank_to_end(end, here.end)?;
        let kind = if single { NodeKind::Single } else { NodeKind::Double };
        let mut node = place.node(kind, at..end);
        node.text = self.parts.texts.keep(&value);
        self.cur = end;
        self.push(node);
        Some(())
    }

    /// Where the closing quote stands on a line, if it does.
    #[expect(
        clippy::option_option,
        reason = "the outer one is whether the line is regular, as everywhere here"
    )]
    fn close_of(&self, line: Line, quote: u8) -> Option<Option<usize>> {
        let src = &self.src[..line.end];
        if quote == b'"' {
            let plain = !src[line.start..].contains(&b'\\');
            return plain.then(|| memchr::memchr(quote, &src[line.start..]).map(|len| line.start + len));
        }
        let mut here = line.start;
        while let Some(len) = memchr::memchr(quote, &src[here..]) {
            here += len;
            if src.get(here + 1) != Some(&quote) {
                return Some(Some(here));
            }
            here += 2;
        }
        Some(None)
    }

    /// Reads a block of lines that are all content, the first of them right below its head: `|` or `>`, and perhaps a `-`.
    pub(super) fn block(&mut self, at: usize, line: Line, place: Place) -> Option<()> {
        let literal = self.src[at] == b'|';
        let strip = self.src[..line.end].get(at + 1) == Some(&b'-');
        if at + 1 + usize::from(strip) != line.end {
            return None;
        }
        let least = self.open.last()?.column + 1;
        let mut value = String::new();
        let (mut indent, mut end) = (0, line.end);
        // breaks since the last line of content
        let mut breaks = 0;
        loop {
            let start = self.next;
            let rest = self.src.get(start..).filter(|rest| !rest.is_empty());
            let Some(rest) = rest else { break };
            // the last line of a file without a line break is the parser's
            let stop = start + memchr::memchr(b'\n', rest)?;
            let blanks = self.src[start..stop].iter().take_while(|&&byte| byte == b' ').count();
            if start + blanks == stop {
                if indent == 0 || blanks > indent {
                    return None;
                }
                breaks += 1;
                self.next = stop + 1;
                continue;
            }
            if indent == 0 {
                if blanks < least {
                    return None;
                }
                indent = blanks;
            } else if blanks < indent {
                break;
            } else if !literal && (blanks > indent || breaks > 1) {
                return None;
            }
            if end > line.end {
                match literal {
                    true => value.extend(std::iter::repeat_n('\n', breaks)),
                    false => value.push(' '),
                }
            }
            value.push_str(self.text.get(start + indent..stop)?);
            breaks = 1;
            end = stop + 1;
            self.next = end;
        }
        if indent == 0 {
            return None;
        }
        if !strip {
            value.push('\n');
        }
        let kind = match literal {
            true => NodeKind::Literal,
            false => NodeKind::Folded,
        };
        let mut node = place.node(kind, at..end);
        node.text = self.parts.texts.keep(&value);
        node.indent = u16::try_from(indent).ok()?;
        self.cur = end;
        self.push(node);
        Some(())
    }
}

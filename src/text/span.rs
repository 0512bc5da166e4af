//! Byte offsets and the lines they stand in.
//!
//! Offsets are bytes of the whole text, byte order mark included; lines and columns are made only for showing
//! and for reading what the YAML parser reports. A line ends after `\n`, `\r\n` or a lone `\r`.

use std::ops::Range;

/// Length in bytes of a byte order mark in UTF-8.
const BOM: &str = "\u{feff}";

/// Starts of the lines of a text, in bytes; the first line starts after the byte order mark.
#[derive(Debug)]
pub(crate) struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    /// Finds the lines of `text`, which must be shorter than 4 GiB.
    pub(crate) fn of(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let mut starts = Vec::with_capacity(bytes.len() / 32 + 1);
        starts.push(bom_len(text) as u32);
        if memchr::memchr(b'\r', bytes).is_none() {
            starts.extend(memchr::memchr_iter(b'\n', bytes).map(|at| (at + 1) as u32));
            return Lines { starts };
        }
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes.get(at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n') {
                starts.push((at + 1) as u32);
            }
        }
        Lines { starts }
    }

    /// Returns the offset at which a line starts; the first line is 1. `None` behind the last line.
    pub(crate) fn start(&self, line: usize) -> Option<usize> {
        self.starts.get(line.wrapping_sub(1)).map(|&start| start as usize)
    }

    /// Returns the number of the line that holds `offset`; the first line is 1.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start as usize <= offset).max(1)
    }

    /// Returns where the line that holds `offset` starts.
    pub(crate) fn start_of(&self, offset: usize) -> usize {
        self.start(self.line_of(offset)).unwrap_or(0).min(offset)
    }
}

/// Returns the length in bytes of the byte order mark at the start of `text`: 3 or 0.
pub(crate) fn bom_len(text: &str) -> usize {
    if text.starts_with(BOM) { BOM.len() } else { 0 }
}

/// Returns the end of the line that holds `offset`, before its line break.
pub(crate) fn line_end(text: &str, offset: usize) -> usize {
    let rest = text.as_bytes().get(offset..).unwrap_or_default();
    memchr::memchr2(b'\n', b'\r', rest).map_or(text.len(), |at| offset + at)
}

/// Returns the line break at `offset`: `\n`, `\r\n`, `\r`, or nothing.
pub(crate) fn break_at(text: &str, offset: usize) -> &str {
    let rest = text.get(offset..).unwrap_or_default();
    ["\r\n", "\n", "\r"]
        .into_iter()
        .find(|it| rest.starts_with(it))
        .map_or("", |found| &rest[..found.len()])
}

/// Returns line and column of `offset`, both from 1; the column counts characters.
pub(crate) fn line_and_column(text: &str, lines: &Lines, offset: usize) -> (u32, u32) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let line = lines.line_of(offset);
    let start = lines.start(line).unwrap_or(0).min(offset);
    let column = text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
    (line as u32, column as u32)
}

/// Lines and columns of many offsets, asked in ascending order: a line of a megabyte is counted once, not once an offset.
#[derive(Debug)]
pub(crate) struct Positions<'t> {
    text: &'t str,
    lines: &'t Lines,
    /// The last answer.
    last: (usize, (u32, u32)),
}

impl<'t> Positions<'t> {
    pub(crate) fn new(text: &'t str, lines: &'t Lines) -> Positions<'t> {
        Positions {
            text,
            lines,
            last: (0, (0, 0)),
        }
    }

    /// Returns line and column of `offset`, both from 1. Any order is right; ascending order is quick.
    pub(crate) fn of(&mut self, offset: usize) -> (u32, u32) {
        let (before, (line, column)) = self.last;
        let here = match self.text.get(before..offset) {
            Some(between) if before > 0 && self.lines.line_of(offset) == line as usize => {
                (line, column + between.chars().count() as u32)
            }
            _ => line_and_column(self.text, self.lines, offset),
        };
        self.last = (offset, here);
        here
    }
}

/// Returns whether two spans share a byte, or a zero-width one lies strictly inside the other.
pub(crate) fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests {
    use super::{Lines, break_at, line_and_column, line_end, overlap};

    #[test]
    fn positions_in_any_order_are_those_counted_one_by_one() {
        let text = "é: [ü, ö]\r\n日本: 1\nx";
        let lines = Lines::of(text);
        let mut positions = super::Positions::new(text, &lines);
        let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for &offset in offsets.iter().chain(offsets.iter().rev()).chain(&[text.len()]) {
            assert_eq!(positions.of(offset), line_and_column(text, &lines, offset), "{offset}");
        }
    }

    #[test]
    fn a_line_ends_after_any_of_the_three_breaks() {
        let text = "\u{feff}a\r\nb\rc\n\nd";
        let lines = Lines::of(text);
        let starts: Vec<_> = (1..=6).map(|line| lines.start(line)).collect();
        assert_eq!(starts, [Some(3), Some(6), Some(8), Some(10), Some(11), None]);
        assert_eq!(lines.line_of(0), 1);
        assert_eq!(lines.line_of(10), 4);
        assert_eq!(line_end(text, 3), 4);
        assert_eq!(break_at(text, 4), "\r\n");
        assert_eq!(break_at(text, 7), "\r");
        assert_eq!(break_at(text, 12), "");
    }

    #[test]
    fn columns_count_characters_and_do_not_count_the_byte_order_mark() {
        let text = "\u{feff}é: x\nü: y\n";
        let lines = Lines::of(text);
        assert_eq!(line_and_column(text, &lines, 3), (1, 1));
        assert_eq!(line_and_column(text, &lines, 7), (1, 4));
        assert_eq!(line_and_column(text, &lines, 12), (2, 3));
    }

    #[test]
    fn touching_spans_do_not_overlap() {
        assert!(!overlap(&(0..2), &(2..3)));
        assert!(!overlap(&(2..2), &(2..3)));
        assert!(overlap(&(2..2), &(1..3)));
        assert!(overlap(&(0..3), &(2..5)));
    }
}

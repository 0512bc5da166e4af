//! Unified diffs as git writes them, made from splices: only the lines around them are looked at.

use std::fmt::Write;
use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use crate::text::splice::{Splice, splice};

/// Writes the diff that `splices` make of `old`; nothing if they change nothing. They must be sorted and must not overlap.
///
/// Paths stand behind `a/` and `b/`, but for `/dev/null`, which a new file comes from. A line ends with `\n` alone, so a `\r` is part of its line, as it is for git. `context` counts the lines
/// around a change.
pub(crate) fn unified((old_path, new_path): (&str, &str), old: &str, splices: &[Splice], context: usize) -> String {
    let mut out = String::new();
    let mut counted = Counted::default();
    for group in groups(old, splices, context) {
        let region = region_of(old, group, context);
        counted.advance(old, region.start);
        let inside: Vec<Splice> = group
            .iter()
            .map(|(range, new)| (range.start - region.start..range.end - region.start, new.clone()))
            .collect();
        let before = old.get(region.clone()).unwrap_or_default();
        let Ok(after) = splice(before, &inside) else { continue };
        let lines = (split(before), split(&after));
        let ops = capture_diff_slices(Algorithm::Myers, &lines.0, &lines.1);
        for hunk in group_diff_ops(ops, context) {
            if out.is_empty() {
                // writing to a string cannot fail, here and below
                let _ = write!(out, "--- {}\n+++ {}\n", side("a", old_path), side("b", new_path));
            }
            write_hunk(&mut out, &hunk, (&lines.0, &lines.1), (counted.old, counted.new));
        }
        counted.new += lines.1.len() as isize - lines.0.len() as isize;
    }
    out
}

/// A stretch of lines of one text that stands for a stretch of another: the first line of each, from 1, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) old: (usize, usize),
    pub(crate) new: (usize, usize),
}

/// Returns the lines that differ between two texts. A line ends with `\n` alone.
pub(crate) fn stretches(old: &str, new: &str) -> Vec<Stretch> {
    let lines = (split(old), split(new));
    let ops = capture_diff_slices(Algorithm::Myers, &lines.0, &lines.1);
    let hunks = group_diff_ops(ops, 0);
    let stretch = |hunk: Vec<DiffOp>| {
        let (first, last) = (hunk.first()?, hunk.last()?);
        let of = |start: usize, end: usize| (start + 1, end - start);
        Some(Stretch {
            old: of(first.old_range().start, last.old_range().end),
            new: of(first.new_range().start, last.new_range().end),
        })
    };
    hunks.into_iter().filter_map(stretch).collect()
}

fn side(side: &str, path: &str) -> String {
    if path == "/dev/null" {
        return path.to_owned();
    }
    let whole = format!("{side}/{path}");
    match () {
        () if whole.bytes().any(must_be_quoted) => quoted(&whole),
        // a tab says where a name with blanks ends
        () if whole.contains(' ') => format!("{whole}\t"),
        () => whole,
    }
}

fn must_be_quoted(byte: u8) -> bool {
    byte.is_ascii_control() || matches!(byte, b'"' | b'\\')
}

/// Writes a name as git does that would break the header otherwise: between quotes, with the escapes of C.
///
/// Source: git, `quote.c`, `quote_c_style`; all but ASCII stays as it is, as under `core.quotePath=false`.
fn quoted(path: &str) -> String {
    let mut out = String::from("\"");
    for c in path.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c.is_ascii_control() => {
                // writing to a string cannot fail
                let _ = write!(out, "\\{:03o}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Lines above the place that has been reached.
#[derive(Default)]
struct Counted {
    offset: usize,
    old: usize,
    /// What the hunks so far have added, in lines.
    new: isize,
}

impl Counted {
    fn advance(&mut self, old: &str, offset: usize) {
        let passed = old.as_bytes().get(self.offset..offset).unwrap_or_default();
        self.old += memchr::memchr_iter(b'\n', passed).count();
        self.offset = offset;
    }
}

/// Puts splices together whose surroundings touch.
fn groups<'a>(old: &str, splices: &'a [Splice], context: usize) -> Vec<&'a [Splice]> {
    let mut found = Vec::new();
    let mut start = 0;
    for at in 1..=splices.len() {
        let apart = match (splices.get(at - 1), splices.get(at)) {
            (Some((before, _)), Some((next, _))) => {
                let end = down(old, before.end, context * 2 + 2);
                end < next.start
            }
            _ => true,
        };
        if apart && start < at {
            found.extend(splices.get(start..at));
            start = at;
        }
    }
    found
}

/// Whole lines around some splices.
fn region_of(old: &str, group: &[Splice], context: usize) -> Range<usize> {
    let first = group.first().map_or(0, |(range, _)| range.start);
    let last = group.last().map_or(0, |(range, _)| range.end);
    // one line more on each side: a splice may begin behind a line break or end before one
    up(old, first, context + 2)..down(old, last, context + 2)
}

/// Goes up by some lines, to the start of a line.
fn up(text: &str, offset: usize, lines: usize) -> usize {
    let head = text.as_bytes().get(..offset).unwrap_or_default();
    memchr::memrchr_iter(b'\n', head).nth(lines).map_or(0, |at| at + 1)
}

/// Goes down by some lines, to the end of a line.
fn down(text: &str, offset: usize, lines: usize) -> usize {
    let rest = text.as_bytes().get(offset..).unwrap_or_default();
    memchr::memchr_iter(b'\n', rest)
        .nth(lines)
        .map_or(text.len(), |at| offset + at + 1)
}

fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn write_hunk(out: &mut String, ops: &[DiffOp], (old, new): (&[&str], &[&str]), (above, shift): (usize, isize)) {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else {
        return;
    };
    let before = first.old_range().start..last.old_range().end;
    let after = first.new_range().start..last.new_range().end;
    let below = (above as isize + shift).max(0) as usize;
    let _ = writeln!(out, "@@ -{} +{} @@", header(&before, above), header(&after, below));
    for op in ops {
        let (tag, before, after) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            write_lines(out, ' ', old.get(before).unwrap_or_default());
            continue;
        }
        write_lines(out, '-', old.get(before).unwrap_or_default());
        write_lines(out, '+', new.get(after).unwrap_or_default());
    }
}

/// Start and length as git writes them: a length of one is left out, an empty range starts at the line above.
fn header(range: &Range<usize>, above: usize) -> String {
    let start = range.start + above;
    match range.len() {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        len => format!("{},{len}", start + 1),
    }
}

fn write_lines(out: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        out.push(sign);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unified;
    use crate::text::splice::Splice;

    fn diff(old: &str, splices: &[(&str, &str)]) -> String {
        let mut at = 0;
        let found: Vec<Splice> = splices
            .iter()
            .map(|(from, to)| {
                let start = at + old[at..].find(from).unwrap();
                at = start + from.len();
                (start..at, (*to).to_owned())
            })
            .collect();
        unified(("f.yaml", "f.yaml"), old, &found, 3)
    }

    const HEAD: &str = "--- a/f.yaml\n+++ b/f.yaml\n";

    #[test]
    fn lines_that_differ_are_counted_on_both_sides() {
        let found = super::stretches("a\nb\nc\nd\n", "a\nx\ny\nc\n");
        let of = |old, new| super::Stretch { old, new };
        assert_eq!(found, [of((2, 1), (2, 2)), of((4, 1), (5, 0))]);
        assert_eq!(super::stretches("a\n", "a\n"), []);
        assert_eq!(super::stretches("", "a\n"), [of((1, 0), (1, 1))]);
    }

    #[test]
    fn a_changed_word_is_a_hunk_with_three_lines_around() {
        let old: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        let expected = "@@ -7,7 +7,7 @@\n line 7\n line 8\n line 9\n-line 10\n+word 10\n line 11\n line 12\n line 13\n";
        assert_eq!(diff(&old, &[("line 10", "word 10")]), format!("{HEAD}{expected}"));
    }

    #[test]
    fn near_changes_share_a_hunk_and_far_ones_do_not() {
        let old: String = (1..=40).map(|n| format!("line {n}\n")).collect();
        let near = diff(&old, &[("line 10\n", ""), ("line 15", "word")]);
        assert_eq!(near.matches("@@ -").count(), 1);
        let far = diff(&old, &[("line 10\n", ""), ("line 30", "word")]);
        assert!(far.contains("@@ -7,7 +7,6 @@\n"), "{far}");
        assert!(far.contains("@@ -27,7 +26,7 @@\n"), "{far}");
    }

    #[test]
    fn names_that_would_break_the_header_are_quoted_as_git_does() {
        let header = |path: &str| unified((path, path), "a\n", &[(0..1, "b".into())], 3);
        let wanted = [
            ("a b.yaml", "a/a b.yaml\t", "b/a b.yaml\t"),
            ("é.yaml", "a/é.yaml", "b/é.yaml"),
            (
                "a\nb\t\"c\"\\.yaml",
                r#""a/a\nb\t\"c\"\\.yaml""#,
                r#""b/a\nb\t\"c\"\\.yaml""#,
            ),
            (
                "\u{1}\u{7f}\r é.yaml",
                r#""a/\001\177\r é.yaml""#,
                r#""b/\001\177\r é.yaml""#,
            ),
        ];
        for (path, old, new) in wanted {
            let diff = header(path);
            assert_eq!(diff, format!("--- {old}\n+++ {new}\n@@ -1 +1 @@\n-a\n+b\n"));
        }
        let new_file = unified(("/dev/null", "a b"), "", &[(0..0, "b\n".into())], 3);
        assert!(new_file.starts_with("--- /dev/null\n+++ b/a b\t\n"), "{new_file}");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "git itself has to take the diff")]
    fn git_applies_a_diff_of_a_file_with_an_odd_name() {
        for path in ["a b.yaml", "a\nb.yaml", "a\t\"b\"\\.yaml", "é\r\u{1}.yaml", " .yaml"] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(path), "a\n").unwrap();
            let diff = unified((path, path), "a\n", &[(0..1, "b".into())], 3);
            std::fs::write(folder.path().join("diff"), diff).unwrap();
            let git = std::process::Command::new("git")
                .args(["apply", "diff"])
                .current_dir(folder.path())
                .output()
                .unwrap();
            assert!(
                git.status.success(),
                "{path:?}: {}",
                String::from_utf8_lossy(&git.stderr)
            );
            assert_eq!(std::fs::read(folder.path().join(path)).unwrap(), b"b\n", "{path:?}");
        }
    }

    #[test]
    fn a_missing_last_newline_and_carriage_returns_are_told() {
        assert_eq!(
            diff("a\nb", &[("b", "c")]),
            format!("{HEAD}@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n")
        );
        assert_eq!(diff("a\r\n", &[("a", "b")]), format!("{HEAD}@@ -1 +1 @@\n-a\r\n+b\r\n"));
        assert_eq!(diff("a\n", &[("a", "a")]), "");
        assert_eq!(
            unified(("f.yaml", "f.yaml"), "", &[(0..0, "x\n".into())], 3),
            format!("{HEAD}@@ -0,0 +1 @@\n+x\n")
        );
        assert_eq!(
            unified(("f.yaml", "f.yaml"), "x\n", &[(0..2, String::new())], 3),
            format!("{HEAD}@@ -1 +0,0 @@\n-x\n")
        );
    }
}

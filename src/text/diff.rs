//! Unified diffs, made from splices: only the lines around them are looked at.

use std::ops::Range;

use similar::{ChangeTag, TextDiff};

use super::splice::Splice;

/// A run of whole lines of the old text in which something changes, and what stands there afterwards.
struct Region {
    /// Bytes of the old text.
    old: Range<usize>,
    /// The new text of that range.
    new: String,
}

/// One line of a hunk.
struct Line<'t> {
    tag: ChangeTag,
    text: &'t str,
}

/// Returns the unified diff that the splices make of `old`, in git's form, with `context` lines around each change.
///
/// Splices are byte ranges of `old` with what replaces them, sorted, without overlap. Carriage returns stay in the
/// lines they end. Nothing is returned if nothing differs.
pub(crate) fn unified(paths: (&str, &str), old: &str, splices: &[Splice], context: usize) -> String {
    let regions = regions(old, splices, context);
    let mut text = String::new();
    let mut line = 1;
    let mut at = 0;
    let mut shift: isize = 0;
    for region in &regions {
        line += count_lines(&old[at..region.old.start]);
        at = region.old.start;
        let before = &old[region.old.clone()];
        let diff = TextDiff::from_lines(before, region.new.as_str());
        let lines: Vec<Line<'_>> = diff
            .iter_all_changes()
            .map(|change| Line {
                tag: change.tag(),
                text: change.value(),
            })
            .collect();
        if let Some((above, lines)) = trim(&lines, context) {
            hunk(&mut text, lines, line + above, shift);
        }
        shift += count_lines(&region.new).cast_signed() - count_lines(before).cast_signed();
    }
    if text.is_empty() {
        text
    } else {
        format!("--- {}\n+++ {}\n{text}", paths.0, paths.1)
    }
}

/// Lines as the diff counts them; a last line without a break is one.
fn count_lines(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count() + usize::from(!text.is_empty() && !text.ends_with('\n'))
}

/// Takes splices to whole lines with their context, and joins those that meet.
fn regions(old: &str, splices: &[Splice], context: usize) -> Vec<Region> {
    let mut regions: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for (index, (range, _)) in splices.iter().enumerate() {
        let wide = lines_before(old, range.start, context)..lines_after(old, range.end, context);
        match regions.last_mut() {
            Some((last, which)) if last.end >= wide.start => {
                last.end = last.end.max(wide.end);
                which.end = index + 1;
            }
            _ => regions.push((wide, index..index + 1)),
        }
    }
    regions
        .into_iter()
        .map(|(old_range, which)| {
            let mut new = String::with_capacity(old_range.len() + 64);
            let mut at = old_range.start;
            for (range, text) in &splices[which] {
                new.push_str(&old[at..range.start]);
                new.push_str(text);
                at = range.end;
            }
            new.push_str(&old[at..old_range.end]);
            Region { old: old_range, new }
        })
        .collect()
}

/// The start of the line that is `context` lines above the one that holds `at`.
fn lines_before(old: &str, at: usize, context: usize) -> usize {
    memchr::memrchr_iter(b'\n', &old.as_bytes()[..at])
        .nth(context)
        .map_or(0, |found| found + 1)
}

/// The end of the line that is `context` lines below the one that holds `at`; a place at the very start of a line counts
/// to the line above too, so that what is inserted there has both.
fn lines_after(old: &str, at: usize, context: usize) -> usize {
    memchr::memchr_iter(b'\n', &old.as_bytes()[at..])
        .nth(context)
        .map_or(old.len(), |found| at + found + 1)
}

/// Leaves `context` lines on either side of the changes, and says how many were taken off the top.
///
/// A splice may begin behind the last byte of a line that it leaves as it is.
fn trim<'l, 't>(lines: &'l [Line<'t>], context: usize) -> Option<(usize, &'l [Line<'t>])> {
    let changed = |line: &Line<'_>| line.tag != ChangeTag::Equal;
    let first = lines.iter().position(changed)?.saturating_sub(context);
    let last = lines
        .iter()
        .rposition(changed)?
        .saturating_add(context + 1)
        .min(lines.len());
    Some((first, &lines[first..last]))
}

fn hunk(text: &mut String, lines: &[Line<'_>], first: usize, shift: isize) {
    let count = |tag: ChangeTag| {
        lines
            .iter()
            .filter(|line| line.tag == tag || line.tag == ChangeTag::Equal)
            .count()
    };
    let (old, new) = (count(ChangeTag::Delete), count(ChangeTag::Insert));
    let part = |start: isize, count: usize| match count {
        // A side without lines is named by the line before it.
        0 => format!("{},0", start - 1),
        1 => start.to_string(),
        _ => format!("{start},{count}"),
    };
    let first = first.cast_signed();
    text.push_str(&format!("@@ -{} +{} @@\n", part(first, old), part(first + shift, new)));
    for line in lines {
        text.push(match line.tag {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        });
        text.push_str(line.text);
        if !line.text.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unified;

    const OLD: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";

    fn diff(old: &str, splices: &[(usize, usize, &str)]) -> String {
        let splices: Vec<_> = splices
            .iter()
            .map(|(from, to, text)| (*from..*to, (*text).to_owned()))
            .collect();
        unified(("a/f", "b/f"), old, &splices, 3)
    }

    #[test]
    fn a_replaced_word_has_three_lines_on_either_side() {
        assert_eq!(
            diff(OLD, &[(8, 9, "five")]),
            "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        );
    }

    #[test]
    fn an_inserted_line_is_shown_alone_wherever_the_splice_begins() {
        let expected = "--- a/f\n+++ b/f\n@@ -3,6 +3,7 @@\n 3\n 4\n 5\n+new\n 6\n 7\n 8\n";
        assert_eq!(diff(OLD, &[(10, 10, "new\n")]), expected);
        assert_eq!(diff(OLD, &[(9, 9, "\nnew")]), expected);
    }

    #[test]
    fn changes_far_apart_are_two_hunks_and_the_second_is_counted_on() {
        let text = diff(OLD, &[(0, 0, "0\n"), (21, 23, "eleven")]);
        assert!(text.contains("@@ -1,3 +1,4 @@\n+0\n"), "{text}");
        assert!(text.contains("@@ -8,5 +9,5 @@\n"), "{text}");
    }

    #[test]
    fn a_missing_last_line_break_is_said() {
        assert_eq!(
            diff("a: 1", &[(3, 4, "2")]),
            "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a: 1\n\\ No newline at end of file\n+a: 2\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn a_new_file_starts_from_nothing() {
        assert_eq!(
            diff("", &[(0, 0, "a\nb\n")]),
            "--- a/f\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n"
        );
    }

    #[test]
    fn nothing_changed_is_no_diff() {
        assert_eq!(diff(OLD, &[]), "");
    }
}

//! Judges a large file in parts, side by side.
//!
//! A file is cut only at a `---` that starts a document, and only where the document above it is the same, byte for byte, in input and output. The
//! part above is read with that document in it, so the parser comes to the cut in the state in which it came there in the input; and a
//! `---` leaves nothing of what was before (aliases into another document are refused when a file is read). So the parts give the events of the whole.

use std::ops::Range;
use std::thread;

use super::proof::{Difference, Expect, judge};
use super::record::Record;
use super::tree::{NONE, Tree};

/// Outputs of this many bytes and more are judged in parts.
const LARGE: usize = 1 << 20;

/// Most parts.
const PARTS: usize = 4;

/// Where a file is cut: a document, and where it starts in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    document: usize,
    offset: usize,
}

/// Compares input and output as [`judge`] does.
pub(super) fn judge_in_parts(
    old: &Tree,
    new: &str,
    (script, splices): (&[Expect], &[(Range<usize>, String)]),
) -> Result<(), Difference> {
    let cores = thread::available_parallelism().map_or(1, usize::from).min(PARTS);
    let cuts = if new.len() < LARGE {
        Vec::new()
    } else {
        cuts(old, new, (splices, cores))
    };
    if cuts.is_empty() {
        return judge(old.events(), new, (0, script));
    }
    let start = Cut { document: 0, offset: 0 };
    let end = Cut {
        document: old.documents().len(),
        offset: new.len(),
    };
    let starts: Vec<Cut> = std::iter::once(start).chain(cuts.iter().copied()).collect();
    let ends = cuts.iter().copied().chain(std::iter::once(end));
    let mut rest = script;
    let mut jobs = Vec::new();
    for (from, to) in starts.into_iter().zip(ends) {
        let behind = old.documents().get(to.document).map_or(NONE, |document| document.root);
        let own = rest.partition_point(|expect| expect.node() < behind);
        let (mine, others) = rest.split_at(own);
        rest = others;
        let first = old.documents().get(from.document).map_or(0, |document| document.root);
        let text = new.get(from.offset..to.offset).unwrap_or_default();
        // a cut that is no boundary of characters cannot happen, and would be met as a difference
        jobs.push((
            Record::of(old, from.document..to.document),
            text,
            (first, mine),
            from.offset,
        ));
    }
    let run = |(record, text, script, offset): (Record<'_>, &str, (u32, &[Expect]), usize)| {
        judge(record, text, script).map_err(|difference| {
            let above = new.get(..offset).unwrap_or_default();
            let lines = memchr::memchr_iter(b'\n', above.as_bytes()).count();
            Difference {
                line: difference.line + lines,
                ..difference
            }
        })
    };
    thread::scope(|scope| {
        let last = jobs.pop();
        let threads: Vec<_> = jobs
            .into_iter()
            .map(|job| thread::Builder::new().spawn_scoped(scope, move || run(job)))
            .collect();
        let own = last.map_or(Ok(()), run);
        for thread in threads {
            let lost = || Difference {
                what: "a part of the proof was not finished".to_owned(),
                line: 0,
            };
            thread.map_err(|_| lost())?.join().map_err(|_| lost())??;
        }
        own
    })
}

/// Finds cuts near equal shares of the output.
fn cuts(old: &Tree, new: &str, (splices, parts): (&[(Range<usize>, String)], usize)) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let share = new.len() / parts.max(1);
    let (mut next, mut shift) = (0, 0_isize);
    let documents = old.documents();
    for (number, pair) in documents.windows(2).enumerate() {
        let [above, below] = pair else { continue };
        let (from, to) = (above.start(), below.start());
        let mut touched = splices
            .get(next.max(1) - 1)
            .is_some_and(|(range, _)| range.end >= from && next > 0);
        while let Some((range, text)) = splices.get(next).filter(|(range, _)| range.start <= to) {
            touched |= range.end >= from;
            shift += text.len() as isize - range.len() as isize;
            next += 1;
        }
        let offset = (to as isize + shift) as usize;
        let due = share * (cuts.len() + 1);
        let starts = |text: &str, at: usize| text.get(at..).is_some_and(|it| it.starts_with("---"));
        let whole = starts(old.source(), from) && starts(old.source(), to) && starts(new, offset);
        if !touched && whole && offset >= due && cuts.len() + 1 < parts {
            cuts.push(Cut {
                document: number + 1,
                offset,
            });
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::{LARGE, judge_in_parts};
    use crate::yaml::{AliasPolicy, Limits, Op, Text, parse};

    #[test]
    fn a_large_file_is_judged_in_parts_as_it_is_as_a_whole() {
        let document = |n: usize| format!("---\n# é {n}\nname: svc-{n}\nlist: &l [a, b]\nimage: r:v1\nagain: *l\n");
        let text: String = (0..LARGE / 50).map(document).collect();
        let tree = parse(text.clone().into_bytes(), Limits::default()).unwrap();
        let mut edits = Vec::new();
        for (number, document) in tree.documents().iter().enumerate().step_by(3) {
            let map = document.root().unwrap();
            let at = tree.get(map, "image").unwrap();
            edits.push(match number % 2 {
                0 => tree
                    .plan(Op::Set {
                        at,
                        to: Text::Str("r:version-2"),
                        alias: AliasPolicy::Refuse,
                    })
                    .unwrap(),
                _ => tree.plan(Op::Remove { child: at }).unwrap(),
            });
        }
        let verified = tree.apply(edits).unwrap();
        let new = String::from_utf8(verified.bytes().to_vec()).unwrap();
        assert!(!super::cuts(&tree, &new, (verified.splices(), 4)).is_empty());
        assert!(judge_in_parts(&tree, &text, (&[], &[])).is_ok());
        // one changed byte anywhere is found, and its line is told
        for share in [0, 3, 9] {
            let near = text.len() / 10 * share;
            let at = near + text[near..].find("svc-").unwrap();
            let mut wrong = text.clone();
            wrong.replace_range(at..at + 1, "S");
            let line = text[..at].matches('\n').count() + 1;
            let found = judge_in_parts(&tree, &wrong, (&[], &[])).unwrap_err();
            assert_eq!(found.line, line);
        }
    }
}

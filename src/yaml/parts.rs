//! Judges a file document by document: those that stand there as they stood are not read again, and much is read side by side.
//!
//! A file is cut only at a `---` that starts a document, and only where the document above it is the same, byte for byte, in input and output. The
//! part above is read with that document in it, so the parser comes to the cut in the state in which it came there in the input; and a
//! `---` leaves nothing of what was before (aliases into another document are refused when a file is read). So the parts give the events of the whole.
//! For the same reason a part whose bytes are those of the input, and in which nothing was to change, gives the events that it gave there.

use std::ops::Range;
use std::thread;

use super::proof::{Difference, Expect, judge};
use super::record::Record;
use super::tree::{NONE, Tree};
use super::windows;

/// This many bytes and more are judged side by side.
const LARGE: usize = 1 << 20;

/// Most threads.
const THREADS: usize = 4;

/// Where a file is cut: a document, and where it starts in input and output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    document: usize,
    before: usize,
    after: usize,
}

/// What stands between two cuts, and what was to change there.
struct Part<'a> {
    from: Cut,
    to: Cut,
    script: &'a [Expect],
}

/// Compares input and output as [`judge`] does.
pub(super) fn judge_in_parts(
    old: &Tree,
    new: &str,
    (script, splices): (&[Expect], &[(Range<usize>, String)]),
) -> Result<(), Difference> {
    if windows::accepts(old, new, (script, splices)) {
        return Ok(());
    }
    let cuts = cuts(old, new, splices);
    if cuts.is_empty() {
        return judge(old.events(), new, (0, script));
    }
    let parts = changed(old, new, (&cuts, script));
    let size = |part: &Part<'_>| part.to.after - part.from.after;
    let total: usize = parts.iter().map(size).sum();
    let threads = match total < LARGE {
        true => 1,
        false => thread::available_parallelism().map_or(1, usize::from).min(THREADS),
    };
    let mut jobs: Vec<&[Part<'_>]> = Vec::new();
    let mut rest = parts.as_slice();
    let (mut taken, mut seen) = (0, 0);
    for part in &parts {
        (taken, seen) = (taken + 1, seen + size(part));
        if seen >= total / threads * (jobs.len() + 1) && jobs.len() + 1 < threads {
            let (mine, others) = rest.split_at(taken);
            jobs.push(mine);
            (rest, taken) = (others, 0);
        }
    }
    let run = |parts: &[Part<'_>]| parts.iter().try_for_each(|part| judge_part(old, new, part));
    thread::scope(|scope| {
        let threads: Vec<_> = jobs
            .into_iter()
            .map(|job| thread::Builder::new().spawn_scoped(scope, move || run(job)))
            .collect();
        let own = run(rest);
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

/// The parts that have to be read again, in order.
fn changed<'a>(old: &Tree, new: &str, (cuts, script): (&[Cut], &'a [Expect])) -> Vec<Part<'a>> {
    let start = Cut {
        document: 0,
        before: 0,
        after: 0,
    };
    let end = Cut {
        document: old.documents().len(),
        before: old.source().len(),
        after: new.len(),
    };
    let ends = cuts.iter().copied().chain(std::iter::once(end));
    let mut rest = script;
    let mut parts = Vec::new();
    for (from, to) in std::iter::once(start).chain(cuts.iter().copied()).zip(ends) {
        let behind = old.documents().get(to.document).map_or(NONE, |document| document.root);
        let own = rest.partition_point(|expect| expect.node() < behind);
        let (mine, others) = rest.split_at(own);
        rest = others;
        let same = match (old.source().get(from.before..to.before), new.get(from.after..to.after)) {
            (Some(before), Some(after)) => before == after,
            // a cut that is no boundary of characters cannot happen, and is met as a difference
            _ => false,
        };
        if !same || !mine.is_empty() {
            parts.push(Part { from, to, script: mine });
        }
    }
    parts
}

fn judge_part(old: &Tree, new: &str, part: &Part<'_>) -> Result<(), Difference> {
    let first = old
        .documents()
        .get(part.from.document)
        .map_or(0, |document| document.root);
    let text = new.get(part.from.after..part.to.after).unwrap_or_default();
    let record = Record::of(old, part.from.document..part.to.document);
    judge(record, text, (first, part.script)).map_err(|difference| {
        let above = new.get(..part.from.after).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', above.as_bytes()).count();
        Difference {
            line: difference.line + lines,
            ..difference
        }
    })
}

/// Finds every place where the file can be cut.
fn cuts(old: &Tree, new: &str, splices: &[(Range<usize>, String)]) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let (mut next, mut shift) = (0, 0_isize);
    for (number, pair) in old.documents().windows(2).enumerate() {
        let [above, below] = pair else { continue };
        let (from, to) = (above.start(), below.start());
        let start = from as isize + shift;
        while let Some((range, text)) = splices.get(next).filter(|(range, _)| range.start <= to) {
            shift += text.len() as isize - range.len() as isize;
            next += 1;
        }
        // The splices say where to look; that the document above is the same is seen in its bytes.
        let after = to as isize + shift;
        let kept = old.source().get(from..to);
        let same = kept.is_some() && kept == new.get(start as usize..after as usize);
        let starts = |text: &str, at: usize| text.get(at..).is_some_and(|it| it.starts_with("---"));
        if same && starts(old.source(), from) && starts(old.source(), to) && starts(new, after as usize) {
            cuts.push(Cut {
                document: number + 1,
                before: to,
                after: after as usize,
            });
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::{LARGE, changed, cuts, judge_in_parts};
    use crate::yaml::proof::judge;
    use crate::yaml::{AliasPolicy, Limits, Op, Text, parse};

    #[test]
    fn documents_that_stand_there_as_they_stood_are_not_read_again() {
        let document = |n: usize| format!("---\n# é {n}\nimage: r:v1\nname: svc-{n}\n");
        let text: String = (0..100).map(document).collect();
        let tree = parse(text.into_bytes(), Limits::default()).unwrap();
        let at = |number: usize| tree.get(tree.documents()[number].root().unwrap(), "image").unwrap();
        let to = Text::Str("r:version-2");
        let set = |at| {
            tree.plan(Op::Set {
                at,
                to,
                alias: AliasPolicy::Refuse,
            })
            .unwrap()
        };
        let verified = tree.apply(vec![set(at(7)), set(at(50))]).unwrap();
        let new = std::str::from_utf8(verified.bytes()).unwrap();
        let cuts = cuts(&tree, new, verified.splices());
        // Each is read with the one below, which shows that it ended.
        let read = |from: usize| new.match_indices("---").nth(from).unwrap().0;
        let parts: Vec<_> = changed(&tree, new, (&cuts, &[]))
            .iter()
            .map(|part| (part.from.after, part.to.after))
            .collect();
        assert_eq!(parts, [(read(7), read(9)), (read(50), read(52))]);
    }

    #[test]
    fn parts_and_the_whole_agree_about_every_wrong_byte() {
        let texts = [
            "---\na: 1\n---\nb: &x [c, *x]\n---\nd: 'e'\n---\nf: |\n  g\n",
            "%TAG ! tag:a,2000:\n---\na: !b c\n---\nd: e\n...\n# f\n---\ng: h\n--- i\n---\n- j\n",
            "a: b\n---\n# only words\n---\nc: \"d\n  e\"\n---\nf: >-\n  g\n---\n? h\n: i\n...\n",
        ];
        for text in texts {
            let tree = parse(text.as_bytes().to_vec(), Limits::default()).unwrap();
            for at in 0..text.len() {
                for with in ["-", "'", "\"", "\n", "[", ":", "#", "|", " ", "%", "*", "&", ".", "z"] {
                    let mut wrong = text.to_owned();
                    wrong.replace_range(at..=at, with);
                    let whole = judge(tree.events(), &wrong, (0, &[])).is_ok();
                    assert_eq!(judge_in_parts(&tree, &wrong, (&[], &[])).is_ok(), whole, "{wrong:?}");
                }
            }
        }
    }

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
        assert!(cuts(&tree, &new, verified.splices()).len() > 4);
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

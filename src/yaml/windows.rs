//! Judges small edits of a large document by the entries around them, instead of reading all of the output again.
//!
//! A window is one entry of a block collection with all of its edits, and the entry above and the one below, untouched. What is above it has the bytes
//! of the input, so a parser comes to it in the state in which it came there then: before a key, or a dash, of that collection. Alone, the window is
//! a collection of the same column, so that each of its lines means the same in it as in the whole: how far a scalar goes on, and what a
//! line belongs to, is a matter of that column (YAML 1.2.2, 6.1 and 8.1), and what lies to the left of it is an error when it stands alone. If the parser then
//! says of it what was asked for, it has come to the entry below as it came there in the input; from there on all bytes are those of the input.
//! Aliases to anchors outside are errors too, and no anchor may come or go.
//!
//! **Invariant:** only ever accepts. Whatever is not accepted is for the judge of the whole, who says what is wrong.

use std::ops::Range;

use super::proof::{Expect, judge};
use super::record::Record;
use super::tree::{NodeId, NodeKind, Tree};

/// Smaller files are read as a whole.
const LARGE: usize = 1 << 16;

/// Most edits that are looked at one by one.
const MANY: usize = 64;

/// Entries of a block collection, in bytes and nodes of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Window {
    document: usize,
    collection: NodeId,
    bytes: Range<usize>,
    nodes: Range<u32>,
}

/// What was asked for, and where the output differs from the input.
type Asked<'a> = (&'a [Expect], &'a [(Range<usize>, String)]);

/// Tells whether the output is the input with what was asked for, and nothing else, as far as that shows in windows.
pub(super) fn accepts(old: &Tree, new: &str, asked: Asked<'_>) -> bool {
    old.source().len() >= LARGE && accepted(old, new, asked).is_some()
}

fn accepted(old: &Tree, new: &str, (script, splices): Asked<'_>) -> Option<()> {
    if splices.is_empty() || splices.len() > MANY {
        return None;
    }
    let mut windows: Vec<Window> = Vec::new();
    for (range, _) in splices {
        let window = around(old, range)?;
        match windows.last_mut() {
            Some(last) if window.bytes.start < last.bytes.end => {
                if last.collection != window.collection {
                    return None;
                }
                last.bytes.end = last.bytes.end.max(window.bytes.end);
                last.nodes.end = last.nodes.end.max(window.nodes.end);
            }
            _ => windows.push(window),
        }
    }
    let mut script = script;
    let mut splices = splices;
    let (mut before, mut after) = (0, 0);
    for window in &windows {
        let own = splices.partition_point(|(range, _)| range.start < window.bytes.end);
        let (mine, others) = splices.split_at(own);
        splices = others;
        let grown = mine.iter().fold(window.bytes.len() as isize, |sum, (range, text)| {
            sum + text.len() as isize - range.len() as isize
        });
        let start = after + (window.bytes.start - before);
        same(old.source().get(before..window.bytes.start)?, new.get(after..start)?)?;
        let end = start.checked_add_signed(grown)?;
        let own = script.partition_point(|expect| expect.node() < window.nodes.end);
        let (mine, others) = script.split_at(own);
        script = others;
        if mine.iter().any(|expect| expect.node() < window.nodes.start) {
            return None;
        }
        let record = Record::of_entries(old, window.document, (window.collection, window.nodes.clone()));
        // the collection counts as one node, in front of its entries
        judge(record, new.get(start..end)?, (window.nodes.start - 1, mine)).ok()?;
        (before, after) = (window.bytes.end, end);
    }
    same(old.source().get(before..)?, new.get(after..)?)?;
    script.is_empty().then_some(())
}

fn same(before: &str, after: &str) -> Option<()> {
    (before == after).then_some(())
}

/// The smallest window around some bytes.
fn around(old: &Tree, bytes: &Range<usize>) -> Option<Window> {
    let above = old
        .documents()
        .partition_point(|document| document.start() <= bytes.start);
    let document = above.checked_sub(1)?;
    if old
        .source()
        .get(old.documents().get(document)?.start()..)?
        .starts_with('%')
    {
        return None;
    }
    let mut found = None;
    let mut next = old.documents().get(document)?.root();
    while let Some(collection) = next {
        let is_map = match old.kind(collection) {
            _ if old.is_flow(collection) => break,
            NodeKind::Map => true,
            NodeKind::Seq => false,
            _ => break,
        };
        // a key or an item each
        let firsts: Vec<NodeId> = old.children(collection).step_by(1 + usize::from(is_map)).collect();
        let line = |first: NodeId| old.lines.start_of(old.node(first).lead as usize);
        let behind = firsts.partition_point(|&first| line(first) <= bytes.start);
        let Some(at) = behind.checked_sub(1) else { break };
        if let (Some(above), Some(below), Some(end)) = (at.checked_sub(1), firsts.get(at + 1), firsts.get(at + 2))
            && bytes.end <= line(*below)
            && let Some(&above) = firsts.get(above)
            && starts_line(old, above)
            && starts_line(old, *below)
            && starts_line(old, *end)
        {
            found = Some(Window {
                document,
                collection,
                bytes: line(above)..line(*end),
                nodes: above.0..end.0,
            });
        }
        next = firsts.get(at).map(|&first| match is_map {
            true => NodeId(old.node(first).skip),
            false => first,
        });
    }
    found
}

/// Whether nothing but indentation stands before an entry, and it is no key behind a `?`.
fn starts_line(old: &Tree, first: NodeId) -> bool {
    let lead = old.node(first).lead as usize;
    let head = old.source().get(old.lines.start_of(lead)..lead);
    head.is_some_and(|head| head.bytes().all(|byte| byte == b' ')) && old.source().as_bytes().get(lead) != Some(&b'?')
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::{accepted, around};
    use crate::yaml::proof::{Expect, Plain, judge};
    use crate::yaml::{Limits, NodeKind, Tree, parse};

    /// Entries in entries, each form that a value has, and words between them.
    const TEXT: &str = "# top\na: 1\nb: &x one\nc:\n  d: e\n  # of f\n  f: |\n    text\n   # no\n  g: 'h' # i\n  j:\n  - k: l\n    m: n\n    o: p\n    q: r\n  \
        - s\n  - {t: u}\n  - \"v\n      w\"\n  - x\n  y: z\n  aa: bb cc\n    dd\n  ee: [ff,\n    gg]\n\n  hh: !t ii\n  jj: *x\n  kk: ll\nmm: nn\n? oo\n: pp\nqq: rr\nss: tt\n";

    fn read() -> Tree {
        parse(TEXT.as_bytes().to_vec(), Limits::default()).unwrap()
    }

    /// Holds the verdict of the windows against that of the whole. Whether both accept.
    fn agree(tree: &Tree, range: Range<usize>, (text, script): (&str, &[Expect])) -> bool {
        let mut new = TEXT.to_owned();
        new.replace_range(range.clone(), text);
        let by_windows = accepted(tree, &new, (script, &[(range, text.to_owned())])).is_some();
        if by_windows {
            let whole = judge(tree.events(), &new, (0, script));
            assert!(whole.is_ok(), "{new:?}: {whole:?}");
        }
        by_windows
    }

    #[test]
    fn the_smallest_window_is_one_entry_with_its_neighbours() {
        let tree = read();
        let at = |word: &str| TEXT.find(word).unwrap();
        let window = around(&tree, &(at("n\n    o")..at("n\n    o") + 1));
        // `k` stands behind its dash, so the entries of that mapping are not all on lines of their own
        let window = window.unwrap();
        assert_eq!(&TEXT[window.bytes], &TEXT[at("  g: 'h'")..at("  aa:")]);
        let window = around(&tree, &(at("bb cc")..at("bb cc") + 1)).unwrap();
        assert_eq!(
            &TEXT[window.bytes],
            "  y: z\n  aa: bb cc\n    dd\n  ee: [ff,\n    gg]\n\n"
        );
    }

    #[test]
    fn what_is_accepted_around_an_edit_is_accepted_by_the_whole() {
        let tree = read();
        let pieces = [
            "",
            " ",
            "\n",
            "\n\n",
            "#",
            " # w\n",
            ":",
            ": ",
            "- ",
            "'",
            "\"",
            "[",
            "]",
            "{",
            "}",
            ",",
            "&x ",
            "*x",
            "!t ",
            "|",
            "|\n",
            ">",
            "?",
            "? ",
            "\t",
            "\n---\n",
            "\n...\n",
            "\na: b\n",
            "\n  a: b\n",
            "\n    a: b\n",
            "\n- a\n",
            "\n  - a\n",
            "%",
            "a",
        ];
        let (mut tried, mut accepted) = (0, 0);
        for start in 0..TEXT.len() {
            for end in start..=(start + 3).min(TEXT.len()) {
                for piece in pieces {
                    tried += 1;
                    accepted += u32::from(agree(&tree, start..end, (piece, &[])));
                }
            }
        }
        assert!(tried > 30_000 && accepted > 300, "{accepted} of {tried}");
    }

    #[test]
    fn values_written_in_a_window_are_judged_as_in_the_whole() {
        let tree = read();
        let written = [
            "new",
            "'new'",
            "\"new\"",
            "new # w",
            "new\n",
            "new\n\n",
            "new\nnew: new",
            "new\n  new: new",
            "'new",
            "new'",
            "|\n      new",
            "[new]",
            "new: new",
            "*x",
            "&y new",
            "!t new",
            "new ",
            " new",
            "new\n ",
            "- new",
            "\n    new",
            "\n  new",
            "\nnew",
            "new\n# w",
            "\"new\n",
            "new, new",
            "new}",
            "#new",
        ];
        let mut accepted = 0;
        for node in tree
            .nodes()
            .filter(|&it| matches!(tree.kind(it), NodeKind::Plain | NodeKind::Single))
        {
            for text in written {
                let expect = Expect::Becomes {
                    node: node.0,
                    text: "new".to_owned(),
                    plain: Plain::String,
                };
                accepted += u32::from(agree(&tree, tree.span(node), (text, &[expect])));
            }
        }
        assert!(accepted > 30, "{accepted}");
    }
}

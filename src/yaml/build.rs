//! Reads a file document by document: regular ones quickly, all others by the parser.
//!
//! A file is cut at each `---` that starts a line: there a document ends, or the file is none of YAML (in the midst of a quoted scalar a `---` there is
//! an error: YAML 1.2.2, 9.1.2). A `---` leaves nothing of what was before: directives go with the document, and an alias into another document is
//! refused. What has more than one document in it all the same, as `...` allows, is refused as a part; and every file of which a part is refused is
//! read as a whole: what is said then is what the parser says of the whole.

use std::ops::Range;

use super::cursor::{self, Guarded};
use super::refusal::Refusal;
use super::regular;
use super::scan::check;
use super::tree::{Limits, Parts, Tree};
use crate::text::span::Lines;

/// Builds the tree of a text that has passed the guards; they know whether it is all ASCII.
pub(super) fn build((text, ascii): (String, bool), limits: Limits) -> Result<Tree, Refusal> {
    let lines = Lines::of(&text);
    let guarded = Guarded {
        text: &text,
        ascii,
        lines: &lines,
    };
    let parts = match by_document(guarded, limits) {
        Some(parts) => parts,
        None => by_the_parser(guarded, limits)?,
    };
    Ok(Tree::from_parts(text, lines, parts))
}

/// Reads all of it by the parser.
fn by_the_parser(whole: Guarded<'_>, limits: Limits) -> Result<Parts, Refusal> {
    let mut parts = Parts::with_room_for(whole.text.len());
    cursor::read(whole, 0..whole.text.len(), (&mut parts, limits))?;
    Ok(parts)
}

/// Reads each document by itself; `None` if that cannot be, or any of them is refused.
fn by_document(whole: Guarded<'_>, limits: Limits) -> Option<Parts> {
    let mut parts = Parts::with_room_for(whole.text.len());
    for at in between_markers(whole.text) {
        let before = parts.size();
        if regular::read(whole.text, at.clone(), (&mut parts, limits.depth)).is_none() {
            if at == (0..whole.text.len()) {
                return None;
            }
            parts.back_to(before);
            cursor::read(whole, at, (&mut parts, limits)).ok()?;
            // To the parser a block at the left edge goes on over a `---`.
            if parts.ends_with_a_block() {
                return None;
            }
        }
    }
    Some(parts)
}

/// The bytes from each `---` to the next, those in front of the first one first.
fn between_markers(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let is_marker = move |at: &usize| matches!(bytes.get(at + 3), None | Some(b' ' | b'\t' | b'\n'));
    let starts = memchr::memmem::find_iter(bytes, "\n---")
        .map(|at| at + 1)
        .filter(is_marker);
    let mut start = 0;
    starts
        .chain([bytes.len()])
        .map(move |end| std::mem::replace(&mut start, end)..end)
}

/// Reads a text document by document, and by the parser alone; none where it cannot be read so.
fn both(text: &str, limits: Limits) -> [Option<Parts>; 2] {
    let Ok(ascii) = check(text) else { return [None, None] };
    let lines = Lines::of(text);
    let whole = Guarded {
        text,
        ascii,
        lines: &lines,
    };
    [by_document(whole, limits), by_the_parser(whole, limits).ok()]
}

/// Whether a text reads alike document by document and by the parser alone, for whoever looks for one that does not.
pub(crate) fn reads_alike(text: &str) -> bool {
    let [by_document, by_the_parser] = both(text, Limits::default());
    by_document.is_none() || by_document == by_the_parser
}

#[cfg(test)]
mod tests {
    use super::both;
    use crate::yaml::Limits;
    use crate::yaml::regular;
    use crate::yaml::tree::Parts;

    /// One of everything that is read without the parser.
    const REGULAR: &str = "# top\napiVersion: v1\nkind: \"List\" # why\nlabels:\n  'a b': yes it is\n  empty:\n  - none\n  # deep\n\nitems:\n- a: 1\n  \
        b: -5 # five\n-   - x\n    - {}\n-\n- [a, \"b c\", [1.5], {k: v, \"q\": []}]\nrun: |\n  set -e\n\n    go\n# end\nmore: >-\n   one\n   two\n\nhow: so\n  - and\n\n\n   on\nwhy: \"q\\\"\\n\" # c\nnote: 'a b \n\n     it''s\n  d ' # e\nlast: \"x\n y\n   \"\n'it''s':\nbase: &b-1 # f\n  g: &c 1\n  <<: *c\nlist: &l\n- &m\n  h: *b-1\n- *m # i\n- &b-1 j\nk: *b-1\nl: &e\n";

    /// Whether a text can be read document by document; fails if it is then not read as the parser reads it.
    fn agree(text: &str) -> bool {
        let [by_document, by_the_parser] = both(text, Limits::default());
        if by_document.is_some() {
            assert_eq!(by_document, by_the_parser, "{text:?}");
        }
        by_document.is_some()
    }

    #[test]
    fn regular_documents_are_read_as_the_parser_reads_them() {
        for text in [
            REGULAR,
            "",
            "\n\n# only words\n",
            "---\n",
            "---\n# nothing\n---\na: b\n---\n",
            "a: b",
            "\u{feff}a: b\n",
            "\u{feff}# c\n---\na: b\n--- # d\ne: &x f\n...\n---\ng: h\n",
            "...\n--- a\n",
            "--- 'a\n  b'\n--- [a,\n b]\n---\n&a b: c\n",
            "# a\n...\n...\n---\nb: c\n...\n# d\n---\n- e\n",
            "  a: b\n  c:\n",
            "- - - a\n    - b\n  -\n-\n",
            "a:\n- b:\n  - c\n  d: e\n- f\ng: h\n",
            "a: http://x:80/y#z\n\"q\": ''\n<<: x\né: ü # ö\n",
            "a:\n  - |\n   x\n   y\n  - >\n   z\nb: |-\n  #!/bin/sh\n  a: b\n\n",
            "- a b\n  c\n\n  # d\n- e\n   f # g\n-  h\n",
            "a: \"\\\\ \\/\\t\"\nb: '''it''s'\n",
            "a: {b: c, d: [e, f]}\nc: []\nd: {}\ne: [ ]\n",
        ] {
            let mut parts = Parts::with_room_for(0);
            if !text.contains("---") {
                let read = regular::read(text, 0..text.len(), (&mut parts, 9));
                assert_eq!(read, Some(()), "{text:?}");
            }
            assert!(agree(text), "{text:?}");
        }
    }

    #[test]
    fn a_block_at_the_left_edge_is_the_parsers_with_all_that_follows() {
        for text in [
            "|\n\na\n---\nb\n",
            "--- >-\na\n---\nb: c\n---\nd\n",
            "--- !t |\na\n...\n---\nb: c\n",
        ] {
            assert!(!agree(text), "{text:?}");
        }
    }

    #[test]
    fn as_many_anchors_as_lines_are_found_by_name() {
        // looked through one by one, these would be twenty thousand million comparisons
        let entry = |n: u32| format!("a{n}: &x{n} {n}\nb{n}: *x{}\n", n / 2);
        let text: String = (0..200_000).map(entry).collect();
        let mut parts = Parts::with_room_for(0);
        assert_eq!(regular::read(&text, 0..text.len(), (&mut parts, 9)), Some(()));
        assert_eq!(parts.anchors.len(), 200_001);
    }

    #[test]
    fn what_differs_in_one_sign_is_read_as_the_parser_reads_it_or_not_at_all() {
        let signs = " \n\t-?:,[]{}#&*!|>'\"%@`\\~.=<a0é\u{a0}\u{2028}\r";
        let mut read = 0;
        for (at, old) in REGULAR.char_indices() {
            let behind = at + old.len_utf8();
            let (before, after) = (&REGULAR[..at], &REGULAR[behind..]);
            read += u32::from(agree(&format!("{before}{after}")));
            for sign in signs.chars() {
                read += u32::from(agree(&format!("{before}{sign}{after}")));
                read += u32::from(agree(&format!("{before}{sign}{old}{after}")));
            }
        }
        // most of it is still YAML
        assert!(read > 5_000, "{read}");
    }

    #[test]
    fn lines_in_any_order_are_read_as_the_parser_reads_them_or_not_at_all() {
        let lines = [
            "a: b",
            "- a",
            "-",
            "a:",
            "  a: 1",
            "  - b",
            "   c",
            "- d: e",
            "  f:",
            "- - g",
            "k: |",
            "k: >-",
            "- |-",
            "    text",
            "",
            "# c",
            "  # c",
            "---",
            "'q': x",
            "  more",
            "   words # c",
            "k: \"\\n\"",
            "k: 'a",
            "a: &a",
            "- &a",
            "- *a",
            "|",
            "--- >-",
            "&a b: c",
            "k: &a [b]",
            "- &a b: c",
            "- \"b ",
            " c'' ' # d",
            "  e\"",
            "k: [a]",
            "- {a: b}",
            "k: 'x",
            "k: *a",
            "k: &a b",
            "- ! x",
            "%X",
            "...",
            "--- a",
        ];
        let mut seed = 1_u64;
        for _ in 0..100_000 {
            let mut text = String::new();
            for _ in 0..7 {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                text.push_str(lines[(seed >> 33) as usize % lines.len()]);
                text.push('\n');
            }
            agree(&text);
            agree(text.trim_end());
        }
    }
}

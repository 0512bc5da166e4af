//! Reads a file document by document: regular ones quickly, all others by the parser.
//!
//! A file is cut at each `---` that starts a line: there a document ends, or the file is none of YAML (in the midst of a quoted scalar a `---` there is
//! an error: YAML 1.2.2, 9.1.2). A `---` leaves nothing of what was before: directives go with the document, and an alias into another document is
//! refused. Files with directives or `...` are read as a whole, and so is every file of which any part is refused: what is said then is
//! what the parser says of the whole.

use std::ops::Range;

use super::cursor::{self, Guarded};
use super::refusal::Refusal;
use super::regular;
use super::tree::{Limits, Parts, Tree};
use crate::text::span::{Lines, bom_len};

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
    let cuts = cuts(whole.text)?;
    let mut parts = Parts::with_room_for(whole.text.len());
    for at in cuts {
        let before = parts.size();
        if regular::read(whole.text, at.clone(), (&mut parts, limits.depth)).is_none() {
            parts.back_to(before);
            if at == (0..whole.text.len()) {
                return None;
            }
            cursor::read(whole, at, (&mut parts, limits)).ok()?;
        }
    }
    Some(parts)
}

/// The bytes of each document, those in front of the first `---` first. `None` where directives or ends are marked.
fn cuts(text: &str) -> Option<Vec<Range<usize>>> {
    if bom_len(text) > 0 || memchr::memchr(b'\r', text.as_bytes()).is_some() {
        return None;
    }
    let mut starts = vec![0];
    for sign in ["%", "...", "---"] {
        if text.starts_with(sign) && sign != "---" {
            return None;
        }
        let broken = format!("\n{sign}");
        for at in memchr::memmem::find_iter(text.as_bytes(), &broken) {
            if sign != "---" {
                return None;
            }
            if matches!(text.as_bytes().get(at + 4), None | Some(b' ' | b'\t' | b'\n')) {
                starts.push(at + 1);
            }
        }
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    Some(
        starts
            .iter()
            .copied()
            .zip(ends)
            .map(|(start, end)| start..end)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::{by_document, by_the_parser};
    use crate::text::span::Lines;
    use crate::yaml::Limits;
    use crate::yaml::cursor::Guarded;
    use crate::yaml::regular;
    use crate::yaml::scan::check;
    use crate::yaml::tree::Parts;

    /// One of everything that is read without the parser.
    const REGULAR: &str = "# top\napiVersion: v1\nkind: \"List\" # why\nlabels:\n  'a b': yes it is\n  empty:\n  - none\n  # deep\n\nitems:\n- a: 1\n  \
        b: -5 # five\n-   - x\n    - {}\n-\n- [a, \"b c\", [1.5], {k: v, \"q\": []}]\nrun: |\n  set -e\n\n    go\n# end\nmore: >-\n   one\n   two\n\nhow: so\n  - and\n\n\n   on\nwhy: \"q\\\"\\n\" # c\nnote: 'a b \n\n     it''s\n  d ' # e\nlast: \"x\n y\n   \"\n'it''s':\nbase: &b-1 # f\n  g: &c 1\n  <<: *c\nlist: &l\n- &m\n  h: *b-1\n- *m # i\n- &b-1 j\nk: *b-1\nl: &e\n";

    /// Reads a text both ways; whether the first could.
    fn agree(text: &str) -> bool {
        let Ok(ascii) = check(text) else { return false };
        let lines = Lines::of(text);
        let whole = Guarded {
            text,
            ascii,
            lines: &lines,
        };
        let found = by_document(whole, Limits::default());
        if let Some(found) = &found {
            assert_eq!(
                Some(found),
                by_the_parser(whole, Limits::default()).ok().as_ref(),
                "{text:?}"
            );
        }
        found.is_some()
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
        for _ in 0..20_000 {
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

    #[test]
    #[ignore = "needs a directory of manifests in RAKOPS_CORPUS"]
    fn manifests_are_read_as_the_parser_reads_them() {
        let root = std::env::var("RAKOPS_CORPUS").unwrap();
        let (mut files, mut bytes, mut regular) = (0, 0, (0, 0));
        let mut walk = vec![std::path::PathBuf::from(root)];
        while let Some(directory) = walk.pop() {
            for entry in std::fs::read_dir(directory).unwrap().flatten() {
                let path = entry.path();
                if entry.file_type().unwrap().is_dir() {
                    walk.push(path);
                    continue;
                }
                let is_yaml = path.extension().is_some_and(|it| it == "yaml" || it == "yml");
                let Some(text) = std::fs::read_to_string(&path).ok().filter(|_| is_yaml) else {
                    continue;
                };
                (files, bytes) = (files + 1, bytes + text.len());
                agree(&text);
                let mut parts = Parts::with_room_for(0);
                if !text.contains("\n---") && regular::read(&text, 0..text.len(), (&mut parts, 500)).is_some() {
                    regular = (regular.0 + 1, regular.1 + text.len());
                }
            }
        }
        println!(
            "{files} files of {bytes} bytes, {} of {} bytes regular",
            regular.0, regular.1
        );
    }
}

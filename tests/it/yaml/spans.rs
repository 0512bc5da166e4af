//! Spans compared with those of another parser, granit-parser, which shares no code with ours.

use granit_parser::{Event, Parser};
use rakops::yaml::{Limits, NodeKind, Tree, parse};

type Variant = (&'static str, fn(&str) -> String);

/// The ways in which each valid case is tried.
pub(crate) const VARIANTS: [Variant; 4] = [
    ("LF", |text| text.to_owned()),
    ("CRLF", |text| text.replace('\n', "\r\n")),
    ("BOM", |text| format!("\u{feff}{text}")),
    ("non-ASCII", |text| {
        format!("# é漢😀 first\n{}", text.replace('o', "é").replace('i', "漢"))
    }),
];

/// Spans of scalars and aliases as the other parser sees them; `None` if it rejects the text.
fn theirs(text: &str) -> Option<Vec<(std::ops::Range<usize>, bool)>> {
    let bom = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut found = Vec::new();
    for next in Parser::new_from_str(&text[bom..]) {
        let (event, span) = next.ok()?;
        let absent = matches!(&event, Event::Scalar(value, style, ..) if value.is_empty() && *style == granit_parser::ScalarStyle::Plain);
        if absent {
            continue;
        }
        let block = matches!(
            &event,
            Event::Scalar(
                _,
                granit_parser::ScalarStyle::Literal | granit_parser::ScalarStyle::Folded,
                ..
            )
        );
        if matches!(event, Event::Scalar(..) | Event::Alias(..)) {
            let range = span.byte_range()?;
            found.push((range.start + bom..range.end + bom, block));
        }
    }
    Some(found)
}

fn ours(tree: &Tree) -> Vec<std::ops::Range<usize>> {
    let written = |kind| !matches!(kind, NodeKind::Seq | NodeKind::Map | NodeKind::Empty);
    tree.nodes()
        .filter(|&it| written(tree.kind(it)))
        .map(|it| tree.span(it))
        .collect()
}

/// Compares one text. Returns how many spans were compared, and the first that differ.
pub(crate) fn compare(label: &str, text: &str, wrong: &mut Vec<String>) -> usize {
    let (Ok(tree), Some(theirs)) = (parse(text.as_bytes().to_vec(), Limits::default()), theirs(text)) else {
        return 0;
    };
    let ours = ours(&tree);
    if ours.len() != theirs.len() {
        // the parsers read the text differently; which of them is right is not the question here
        return 0;
    }
    for (a, (b, block)) in ours.iter().zip(&theirs) {
        let (x, y) = (&text[a.clone()], &text[b.clone()]);
        // theirs start at the content of a block scalar, ours at its head; white space at the end may be counted differently
        let head = text
            .get(a.start..b.start)
            .and_then(|it| it.split_once(['\n', '\r']))
            .map_or("", |(_, rest)| rest);
        let content = x.trim_end().ends_with(y.trim_end()) && head.trim().is_empty();
        let same = if *block {
            a.contains(&b.start) && content || y.trim().is_empty()
        } else {
            a == b
        };
        if !same {
            wrong.push(format!("{label}: {a:?} {x:?}, theirs {b:?} {y:?}"));
        }
    }
    ours.len()
}

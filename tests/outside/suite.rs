//! The yaml-test-suite, from a directory that `RAKOPS_YAML_SUITE` names. Nothing of it is copied here.

use std::path::Path;

use rakops::yaml::{Limits, parse};

use crate::{everywhere, folder, fuzz, model, spans};

/// One case of the suite.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) valid: bool,
    pub(crate) events: String,
}

/// What the tests of the suite need.
pub(crate) fn needs() -> Result<(), String> {
    folder("RAKOPS_YAML_SUITE").map(|_| ())
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "suite::every_case_is_accepted_or_rejected_as_by_the_parser",
        every_case_is_accepted_or_rejected_as_by_the_parser,
    ),
    (
        "suite::every_case_gives_the_events_that_the_suite_gives",
        every_case_gives_the_events_that_the_suite_gives,
    ),
    (
        "suite::the_tree_says_what_the_events_say",
        the_tree_says_what_the_events_say,
    ),
    (
        "suite::every_edit_at_every_place_changes_that_and_nothing_else",
        every_edit_at_every_place_changes_that_and_nothing_else,
    ),
    (
        "suite::mutated_cases_never_panic_and_are_never_edited_wrongly",
        mutated_cases_never_panic_and_are_never_edited_wrongly,
    ),
    (
        "suite::spans_agree_with_those_of_another_parser",
        spans_agree_with_those_of_another_parser,
    ),
];

/// Reads the cases.
pub(crate) fn cases() -> Vec<Case> {
    let root = folder("RAKOPS_YAML_SUITE").unwrap();
    let mut found = Vec::new();
    gather(&root, &root, &mut found);
    assert!(!found.is_empty(), "no cases below {}", root.display());
    found.sort_by(|a: &Case, b: &Case| a.name.cmp(&b.name));
    found
}

fn gather(root: &Path, at: &Path, found: &mut Vec<Case>) {
    if let Ok(text) = std::fs::read_to_string(at.join("in.yaml")) {
        found.push(Case {
            name: at.strip_prefix(root).unwrap().display().to_string(),
            text,
            valid: !at.join("error").exists(),
            events: std::fs::read_to_string(at.join("test.event")).unwrap_or_default(),
        });
    }
    for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if entry.file_type().is_ok_and(|it| it.is_dir()) && name != "name" && name != "tags" {
            gather(root, &entry.path(), found);
        }
    }
}

fn every_case_is_accepted_or_rejected_as_by_the_parser() {
    let cases = cases();
    let mut wrong = Vec::new();
    let (mut valid, mut invalid) = (0, 0);
    for case in &cases {
        let ours = parse(case.text.clone().into_bytes(), Limits::default()).is_ok();
        let theirs = model::events(&case.text).is_some();
        if ours != theirs || ours != case.valid {
            wrong.push(format!(
                "{}: ours {ours}, the parser {theirs}, the suite {}",
                case.name, case.valid
            ));
        }
        if case.valid { valid += 1 } else { invalid += 1 }
    }
    println!(
        "suite: {valid} valid and {invalid} invalid cases, {} judged differently",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn every_case_gives_the_events_that_the_suite_gives() {
    let cases = cases();
    let mut equal = 0;
    for case in cases.iter().filter(|case| case.valid) {
        let ours = model::events(&case.text).map(|events| in_the_words_of_the_suite(&events));
        assert_eq!(ours.as_deref(), Some(plain(&case.events).as_str()), "{}", case.name);
        equal += 1;
    }
    println!("suite: the events of {equal} valid cases are equal");
}

fn the_tree_says_what_the_events_say() {
    let cases = cases();
    for (variant, change) in spans::VARIANTS {
        let mut trees = 0;
        for case in cases.iter().filter(|case| case.valid) {
            let text = change(&case.text);
            let Some(events) = model::events(&text) else { continue };
            let tree = parse(text.into_bytes(), Limits::default())
                .unwrap_or_else(|it| panic!("{} {variant}: {it}", case.name));
            compare(&tree, &events, &case.name);
            trees += 1;
        }
        println!("suite, {variant}: {trees} trees say what the events say");
        assert!(variant == "non-ASCII" || trees == cases.iter().filter(|case| case.valid).count());
    }
}

fn compare(tree: &rakops::yaml::Tree, events: &[model::Ev], name: &str) {
    use rakops::yaml::NodeKind;
    let nodes: Vec<_> = events.iter().filter(|event| event.is_node()).collect();
    assert_eq!(tree.nodes().count(), nodes.len(), "{name}");
    for (node, event) in tree.nodes().zip(nodes) {
        let kind = tree.kind(node);
        match event {
            model::Ev::Alias(_) => assert_eq!(kind, NodeKind::Alias),
            model::Ev::Seq { .. } => assert_eq!(kind, NodeKind::Seq),
            model::Ev::Map { .. } => assert_eq!(kind, NodeKind::Map),
            model::Ev::Scalar { text, .. } => assert_eq!(tree.text(node), text, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

fn every_edit_at_every_place_changes_that_and_nothing_else() {
    let cases = cases();
    for (variant, change) in spans::VARIANTS {
        let mut tally = everywhere::Tally::default();
        for case in cases.iter().filter(|case| case.valid) {
            everywhere::try_all(&format!("{} {variant}", case.name), &change(&case.text), &mut tally);
        }
        tally.conclude(&format!("suite, {variant}"));
    }
}

/// Writes events as `test.event` does, without what the parser does not tell: explicit markers, flow signs, names of anchors.
fn in_the_words_of_the_suite(events: &[model::Ev]) -> String {
    use model::Ev;
    use yaml_rust2::scanner::TScalarStyle;
    let mut out = String::from("+STR\n");
    let mut open = Vec::new();
    let props = |anchor: &usize, tag: &str| {
        let anchor = if *anchor > 0 { " &" } else { "" };
        let tag = if tag.is_empty() {
            String::new()
        } else {
            format!(" {tag}")
        };
        format!("{anchor}{tag}")
    };
    for event in events {
        let line = match event {
            Ev::DocStart => "+DOC".to_owned(),
            Ev::DocEnd => "-DOC".to_owned(),
            Ev::Alias(_) => "=ALI *".to_owned(),
            Ev::End => open.pop().unwrap_or("-").to_owned(),
            Ev::Seq { anchor, tag } => {
                open.push("-SEQ");
                format!("+SEQ{}", props(anchor, tag))
            }
            Ev::Map { anchor, tag } => {
                open.push("-MAP");
                format!("+MAP{}", props(anchor, tag))
            }
            Ev::Scalar {
                text,
                style,
                anchor,
                tag,
            } => {
                let sign = match style {
                    TScalarStyle::Plain => ':',
                    TScalarStyle::SingleQuoted => '\'',
                    TScalarStyle::DoubleQuoted => '"',
                    TScalarStyle::Literal => '|',
                    TScalarStyle::Folded => '>',
                };
                let text = text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t");
                let text = text.replace('\r', "\\r").replace('\u{8}', "\\b");
                format!("=VAL{} {sign}{text}", props(anchor, tag))
            }
        };
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str("-STR\n");
    out
}

fn plain(events: &str) -> String {
    let mut out = String::new();
    for line in events.lines() {
        let mut words = line.splitn(2, ' ');
        let (head, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        out.push_str(head);
        let mut rest = rest;
        while !rest.is_empty() {
            let (word, more) = rest.split_once(' ').unwrap_or((rest, ""));
            match word.chars().next() {
                Some('-' | '.' | '[' | '{') if head != "=VAL" => {}
                Some('&') => out.push_str(" &"),
                Some('*') => out.push_str(" *"),
                Some('<') => out.push_str(&format!(" {word}")),
                _ => {
                    out.push_str(&format!(" {rest}"));
                    break;
                }
            }
            rest = more;
        }
        out.push('\n');
    }
    out
}

fn spans_agree_with_those_of_another_parser() {
    let cases = cases();
    let mut wrong = Vec::new();
    for (variant, change) in spans::VARIANTS {
        let mut compared = 0;
        for case in cases.iter().filter(|case| case.valid) {
            compared += spans::compare(&format!("{} {variant}", case.name), &change(&case.text), &mut wrong);
        }
        println!(
            "suite, {variant}: {compared} spans compared with another parser, {} differ",
            wrong.len()
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn mutated_cases_never_panic_and_are_never_edited_wrongly() {
    fuzz::fuzz("suite, mutated", cases().into_iter().map(|case| case.text), 20_000);
}

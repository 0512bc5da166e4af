//! Random trees, written in random styles, edited and edited back.

use std::fmt::Write;

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use rakops::yaml::{AliasPolicy, Limits, New, NodeKind, Op, Text, Tree, is_string_everywhere, parse};

use super::everywhere::{Tally, acts, try_act};
use super::model::events;

#[derive(Clone, Debug)]
enum Shape {
    Plain(String),
    Single(String),
    Double(String),
    Literal(Vec<String>),
    Null,
    Map(Vec<(String, Shape)>, Layout),
    Seq(Vec<Shape>, Layout),
}

/// How a collection is laid out: flow or block, further to the right or not, with comments or blank lines above its entries.
#[derive(Clone, Copy, Debug)]
struct Layout {
    flow: bool,
    step: usize,
    comment: u8,
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[a-z]{1,3}[:/.-][a-z0-9]{1,5}",
        "[0-9]{1,4}\\.[0-9]{1,3}",
        Just("é漢".to_owned()),
        Just("a #b".to_owned()),
        Just("it's".to_owned()),
        Just("true".to_owned()),
    ]
}

fn layout() -> impl Strategy<Value = Layout> {
    (prop::bool::weighted(0.25), 1..4_usize, any::<u8>()).prop_map(|(flow, step, comment)| Layout {
        flow,
        step,
        comment,
    })
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        "[a-z][a-z0-9/.-]{0,9}[a-z0-9]".prop_map(Shape::Plain),
        word().prop_map(Shape::Single),
        word().prop_map(Shape::Double),
        prop::collection::vec("[a-z]{1,5}", 1..3).prop_map(Shape::Literal),
        Just(Shape::Null),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let key = "[a-z]{2,6}";
        prop_oneof![
            (prop::collection::btree_map(key, inner.clone(), 0..5), layout())
                .prop_map(|(map, layout)| Shape::Map(map.into_iter().collect(), layout)),
            (prop::collection::vec(inner, 0..5), layout()).prop_map(|(items, layout)| Shape::Seq(items, layout)),
        ]
    })
}

fn write(shape: &Shape, indent: usize, flow: bool, out: &mut String) {
    match shape {
        Shape::Plain(text) => out.push_str(text),
        Shape::Single(text) => write!(out, "'{}'", text.replace('\'', "''")).unwrap(),
        Shape::Double(text) => write!(out, "\"{text}\"").unwrap(),
        Shape::Literal(lines) if flow => write!(out, "\"{}\"", lines.join("\\n")).unwrap(),
        Shape::Literal(lines) => {
            out.push('|');
            lines
                .iter()
                .for_each(|line| write!(out, "\n{}{line}", " ".repeat(indent + 2)).unwrap());
        }
        Shape::Null => {}
        Shape::Map(pairs, layout) if flow || layout.flow || pairs.is_empty() => {
            out.push('{');
            for (at, (key, value)) in pairs.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write!(out, "{key}: ").unwrap();
                write(value, indent, true, out);
            }
            out.push('}');
        }
        Shape::Seq(items, layout) if flow || layout.flow || items.is_empty() => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                match item {
                    Shape::Null => out.push('x'),
                    item => write(item, indent, true, out),
                }
            }
            out.push(']');
        }
        Shape::Map(pairs, layout) => {
            for (at, (key, value)) in pairs.iter().enumerate() {
                start_entry(at, indent, *layout, out);
                write!(out, "{key}:").unwrap();
                below(value, (indent, layout.step), out);
            }
        }
        Shape::Seq(items, layout) => {
            for (at, item) in items.iter().enumerate() {
                start_entry(at, indent, *layout, out);
                out.push('-');
                below(item, (indent, 1), out);
            }
        }
    }
}

fn start_entry(at: usize, indent: usize, layout: Layout, out: &mut String) {
    if at > 0 {
        out.push_str(if layout.comment & 1 == 0 { "\n" } else { " # end\n" });
    }
    if layout.comment & 2 != 0 && at > 0 {
        out.push('\n');
    }
    if layout.comment & 4 != 0 && at > 0 {
        writeln!(out, "{}# about it", " ".repeat(indent)).unwrap();
    }
    if at > 0 {
        out.push_str(&" ".repeat(indent));
    }
}

fn below(value: &Shape, (indent, step): (usize, usize), out: &mut String) {
    let block = matches!(value, Shape::Map(pairs, layout) if !layout.flow && !pairs.is_empty())
        || matches!(value, Shape::Seq(items, layout) if !layout.flow && !items.is_empty());
    if block {
        write!(out, "\n{}", " ".repeat(indent + step)).unwrap();
        write(value, indent + step, false, out);
    } else if !matches!(value, Shape::Null) {
        out.push(' ');
        write(value, indent, false, out);
    }
}

fn text_of(shape: &Shape, ending: &str) -> String {
    let mut text = String::new();
    write(shape, 0, false, &mut text);
    // a comment behind a line of a literal block would be text
    text.push('\n');
    text.replace('\n', ending)
}

fn read(text: &str) -> Option<Tree> {
    parse(text.as_bytes().to_vec(), Limits::default()).ok()
}

fn apply(tree: &Tree, op: Op<'_>) -> Option<String> {
    let verified = tree.apply(vec![tree.plan(op).ok()?]).unwrap();
    Some(String::from_utf8(verified.into_bytes()).unwrap())
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_edit_of_any_tree_changes_that_and_nothing_else(shape in shape(), ending in "\n|\r\n", pick in any::<[u16; 4]>()) {
        let text = text_of(&shape, &ending);
        let (Some(tree), Some(before)) = (read(&text), events(&text)) else { return Ok(()) };
        let acts = acts(&tree);
        let mut tally = Tally::default();
        for number in pick {
            if let Some(act) = acts.get(usize::from(number) % acts.len().max(1)) {
                try_act("property", (&tree, &before), *act, &mut tally);
            }
        }
        assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
        assert!(!tally.refused.contains_key("NotClean"), "{:?} in {text:?}", tally.refused);
    }

    #[test]
    fn setting_and_setting_back_gives_the_input(shape in shape(), ending in "\n|\r\n", new in word()) {
        let text = text_of(&shape, &ending);
        let Some(tree) = read(&text) else { return Ok(()) };
        for at in tree.nodes().filter(|&it| matches!(tree.kind(it), NodeKind::Plain | NodeKind::Single | NodeKind::Double)) {
            let old = tree.text(at).to_owned();
            let set = |to| Op::Set { at, to: Text::Str(to), alias: AliasPolicy::Refuse };
            assert_eq!(apply(&tree, set(&old)).as_deref(), Some(text.as_str()));
            let Some(changed) = apply(&tree, set(&new)) else { continue };
            let again = read(&changed).unwrap();
            let back = apply(&again, set(&old)).unwrap();
            // quotes may be added and are never taken away
            if tree.kind(at) == NodeKind::Plain && !is_string_everywhere(&old) {
                assert!(back.contains(&format!("\"{old}\"")));
            } else if tree.kind(at) == again.kind(at) {
                assert_eq!(back, text);
            } else {
                assert_eq!(back.replace(&format!("\"{old}\""), &old), text.replace(&format!("\"{old}\""), &old));
            }
        }
    }

    #[test]
    fn adding_a_key_and_removing_it_gives_the_input(shape in shape(), ending in "\n|\r\n") {
        let text = text_of(&shape, &ending);
        let Some(tree) = read(&text) else { return Ok(()) };
        for map in tree.nodes().filter(|&it| tree.kind(it) == NodeKind::Map && tree.entries(it).next().is_some()) {
            let add = Op::InsertKey { map, key: "zz", value: New::Text(Text::Str("v1")), after: None };
            let Some(changed) = apply(&tree, add) else { continue };
            let again = read(&changed).unwrap();
            let added = again.get(map, "zz").unwrap();
            assert_eq!(apply(&again, Op::Remove { child: added }).as_deref(), Some(text.as_str()));
        }
    }
}

#[test]
fn a_text_that_stands_there_gets_quotes_only_if_they_are_asked_for() {
    for (text, quoted) in [
        ("a: 1.10\n", "a: \"1.10\"\n"),
        ("a: e1\n", "a: \"e1\"\n"),
        ("a: x\n", "a: x\n"),
    ] {
        let tree = read(text).unwrap();
        let at = tree.nodes().find(|&it| tree.span(it).start == 3).unwrap();
        let word = tree.text(at).to_owned();
        let set = |to| Op::Set {
            at,
            to,
            alias: AliasPolicy::Refuse,
        };
        assert_eq!(apply(&tree, set(Text::Str(&word))).as_deref(), Some(text));
        assert_eq!(apply(&tree, set(Text::Quoted(&word))).as_deref(), Some(quoted));
    }
}

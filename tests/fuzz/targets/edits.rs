//! Parsing, and edits of one file. Reading is total; an edit changes what was asked for and no byte besides, or is refused.

use rakops::yaml::{AliasPolicy, Limits, Op, Text, Tree, parse};

use super::number;
use crate::yaml::everywhere::{Dice, Tally, acts, try_act};
use crate::yaml::model::events;

/// How many edits are tried of each input: all would be too many in a long one.
const EDITS: usize = 8;

/// Any text as YAML: the tree is that of the parser, and edits at some of its places are judged by the parser's own events.
pub(crate) fn yaml(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(
            rakops::fuzz::is_read_alike(text),
            "the quick reader and the parser differ"
        );
        for path in ["values.yaml", "kustomization.yaml", "compose.yaml"] {
            assert!(
                rakops::fuzz::is_found_alike(path, text),
                "a name is not found alike alone and among all"
            );
        }
    }
    let Ok(tree) = parse(data.to_vec(), Limits::default()) else {
        return;
    };
    assert_eq!(tree.source().as_bytes(), data, "the source is kept");
    spans_lie_inside(&tree);
    let before = events(tree.source()).expect("what is read is YAML to the parser, too");
    let acts = acts(&tree);
    let mut dice = Dice::new(number(data));
    let mut tally = Tally::default();
    for _ in 0..EDITS.min(acts.len()) {
        try_act("fuzz", (&tree, &before), acts[dice.below(acts.len())], &mut tally);
    }
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
}

/// Any text as Terraform: a text in quotes is given another value; nothing else differs, and it is read back.
pub(crate) fn hcl(data: &[u8]) {
    let Some(tree) = rakops::fuzz::terraform_file("main.tf", data.to_vec()) else {
        return;
    };
    spans_lie_inside(&tree);
    let nodes: Vec<_> = tree.nodes().collect();
    let mut dice = Dice::new(number(data));
    for _ in 0..EDITS.min(nodes.len()) {
        let at = nodes[dice.below(nodes.len())];
        let op = Op::Set {
            at,
            to: Text::Str("a-1.2:z"),
            alias: AliasPolicy::Refuse,
        };
        let Ok(verified) = tree.plan(op).and_then(|edit| tree.apply(vec![edit])) else {
            continue;
        };
        let span = tree.span(at);
        let (old, new) = (tree.source(), verified.bytes());
        assert!(
            new.starts_with(&old.as_bytes()[..span.start]),
            "what stands before is kept"
        );
        assert!(new.ends_with(&old.as_bytes()[span.end..]), "what stands behind is kept");
        let again = rakops::fuzz::terraform_file("main.tf", new.to_vec()).expect("what was written is read");
        assert_eq!(tree.nodes().count(), again.nodes().count(), "as many values as before");
        let twin = again
            .nodes()
            .nth(nodes.iter().position(|it| *it == at).unwrap_or_default())
            .expect("the same value");
        assert_eq!(again.text(twin), "a-1.2:z");
    }
}

/// Every node stands somewhere in the text, and begins and ends with whole characters.
fn spans_lie_inside(tree: &Tree) {
    for node in tree.nodes() {
        let span = tree.span(node);
        assert!(
            tree.source().get(span.clone()).is_some(),
            "{span:?} of {} bytes",
            tree.source().len()
        );
    }
}

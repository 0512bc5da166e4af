use super::{Expect, Fresh, Plain, Slot, judge};
use crate::yaml::{Limits, parse};

fn verdict(old: &str, new: &str, script: &[Expect]) -> Result<(), String> {
    let tree = parse(old.as_bytes().to_vec(), Limits::default()).unwrap();
    judge(tree.events(), new, (0, script)).map_err(|difference| difference.what)
}

fn becomes(node: u32, text: &str) -> Expect {
    Expect::Becomes {
        node,
        text: text.to_owned(),
        plain: Plain::String,
    }
}

#[test]
fn the_judge_passes_what_was_asked_for_and_nothing_else() {
    let old = "a: &x v1\nb: [*x, !t 'q']\n";
    assert_eq!(verdict(old, old, &[]), Ok(()));
    assert_eq!(verdict(old, "a: &x v2\nb: [*x, !t 'q']\n", &[becomes(2, "v2")]), Ok(()));
    let wrong = [
        ("a: &x v2\nb: [*x, !t 'q']\n", "a value has changed"),
        ("a: v1\nb: [*x, !t 'q']\n", "an anchor has changed"),
        ("a: &x v1\nb: [*x, !u 'q']\n", "a tag has changed"),
        ("a: &x v1\nb: [*x, !t \"q\"]\n", "the style of a value has changed"),
        ("a: &x v1\nb: [*x]\n", "the structure has changed"),
        ("a: &x v1\nb: [*x, !t 'q', r]\n", "the structure has changed"),
        ("a: &x v1\nb: {*x : !t 'q'}\n", "the structure has changed"),
        ("a: &x v1\n---\nb: [*x, !t 'q']\n", "the structure has changed"),
        (
            "a: &x v1\nb: [*x, !t 'q']\n---\n",
            "the result goes on behind the last document",
        ),
        ("a: &x v1\nb: [*x, !t 'q'\n", "the result is no YAML"),
        ("a: &x v1\nb: [*x, !t 'q']\0\n", "a NUL byte"),
    ];
    for (new, expected) in wrong {
        let found = verdict(old, new, &[]).unwrap_err();
        // an alias whose anchor is gone is told by the parser
        assert!(
            found.starts_with(expected) || found.contains("no anchor"),
            "{new:?}: {found}"
        );
    }
}

#[test]
fn an_alias_must_mean_the_same_definition() {
    let old = "a: &x v1\nb: &x v1\nc: *x\n";
    assert_eq!(
        verdict(old, "a: &x v1\nb: v1\nc: *x\n", &[]).unwrap_err(),
        "an anchor has changed"
    );
    let gone = [Expect::Vanishes { first: 3, nodes: 2 }];
    assert_eq!(
        verdict(old, "a: &x v1\nc: *x\n", &gone).unwrap_err(),
        "an alias means something else now"
    );
    let first = [Expect::Vanishes { first: 1, nodes: 2 }];
    assert_eq!(verdict(old, "b: &x v1\nc: *x\n", &first), Ok(()));
}

#[test]
fn an_edited_value_must_read_back_as_a_string() {
    let to = |text: &str, plain| {
        [Expect::Becomes {
            node: 2,
            text: text.to_owned(),
            plain,
        }]
    };
    assert!(verdict("a: v1\n", "a: 1.10\n", &to("1.10", Plain::String)).is_err());
    assert!(verdict("a: v1\n", "a: \"1.10\"\n", &to("1.10", Plain::String)).is_ok());
    assert!(verdict("a: 1\n", "a: 5\n", &to("5", Plain::Typed)).is_ok());
    assert!(verdict("a: 1\n", "a: \"5\"\n", &to("5", Plain::Typed)).is_err());
    assert!(verdict("a: 'v1'\n", "a: v2\n", &to("v2", Plain::String)).is_err());
    assert!(verdict("a: v1\n", "a: !x v2\n", &to("v2", Plain::String)).is_err());
    assert!(verdict("a: v1\n", "a: &x v2\n", &to("v2", Plain::String)).is_err());
}

#[test]
fn additions_and_removals_must_be_whole_and_in_place() {
    let key = |text: &str| Fresh::Scalar(text.to_owned(), Plain::String);
    let appears = |at| {
        [Expect::Appears {
            at,
            events: vec![key("m"), key("v")],
        }]
    };
    assert_eq!(verdict("a: 1\n", "a: 1\nm: v\n", &appears(Slot::EndOf(0))), Ok(()));
    assert_eq!(verdict("a: 1\n", "m: v\na: 1\n", &appears(Slot::Before(1))), Ok(()));
    assert!(verdict("a: 1\n", "m: v\na: 1\n", &appears(Slot::EndOf(0))).is_err());
    assert!(verdict("a: 1\n", "a: 1\nm: w\n", &appears(Slot::EndOf(0))).is_err());
    assert!(verdict("a: 1\n", "a: 1\nm: &x v\n", &appears(Slot::EndOf(0))).is_err());
    assert!(verdict("a: 1\n", "a: 1\n", &appears(Slot::EndOf(0))).is_err());
    let gone = |first, nodes| [Expect::Vanishes { first, nodes }];
    assert_eq!(verdict("a: [x]\nb: 1\n", "b: 1\n", &gone(1, 3)), Ok(()));
    assert!(verdict("a: [x]\nb: 1\n", "b: 1\n", &gone(1, 2)).is_err());
    assert!(verdict("a: [x]\nb: 1\n", "b: 1\n", &gone(1, 9)).is_err());
}

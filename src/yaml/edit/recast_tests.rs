use crate::yaml::{Home, Limits, New, NodeId, Op, Recast, Refusal, Shape, Tree, Why, parse};

fn tree(text: &str) -> Tree {
    parse(text.as_bytes().to_vec(), Limits::default()).unwrap()
}

fn at(tree: &Tree, key: &str) -> NodeId {
    tree.get(tree.documents()[0].root().unwrap(), key).unwrap()
}

fn recast(text: &str, key: &str, to: impl FnOnce(&Tree) -> Recast<'static>) -> Result<String, Refusal> {
    let tree = tree(text);
    let edit = tree.plan(Op::Recast {
        pair: at(&tree, key),
        to: to(&tree),
    })?;
    Ok(String::from_utf8(tree.apply(vec![edit])?.into_bytes()).unwrap())
}

fn here(name: &'static str, wraps: Vec<Option<&'static str>>) -> Recast<'static> {
    Recast {
        home: Home::Here(name),
        shape: Shape::Items(wraps),
    }
}

#[test]
fn items_go_below_a_key_with_all_their_lines() {
    let text = "a: # k\n-   |2-\n    x\n\n     y\n# c\n- 'q' # t\n- {p: 1}\nz: 1\n";
    let new = recast(text, "a", |_| here("b", vec![Some("k"), Some("k"), None])).unwrap();
    assert_eq!(
        new,
        "b: # k\n-   k: |2-\n        x\n\n         y\n# c\n- k: 'q' # t\n- {p: 1}\nz: 1\n"
    );
}

#[test]
fn a_moved_list_takes_the_column_of_the_other_and_keeps_blank_lines_and_comments() {
    let text = "to:\n    - 1\n\n# of from\nfrom: # k\n- a: |\n    x\n\n# two\n-  b # t\nz: 1\n";
    let to = |tree: &Tree| Recast {
        home: Home::Behind(at(tree, "to")),
        shape: Shape::Items(vec![None, Some("n")]),
    };
    assert_eq!(
        recast(text, "from", to).unwrap(),
        "to:\n    - 1\n    # of from\n    # k\n    - a: |\n        x\n\n    # two\n    -  \"n\": b # t\n\nz: 1\n"
    );
    let to = |tree: &Tree| Recast {
        home: Home::Before(at(tree, "to")),
        shape: Shape::Items(vec![None, Some("n")]),
    };
    let new = recast("from: [a, 'b'] # c\nto:\n# one\n- 1\n", "from", to).unwrap();
    assert_eq!(new, "to:\n# c\n- a\n- \"n\": 'b'\n# one\n- 1\n");
}

#[test]
fn what_would_lose_a_comment_or_a_meaning_is_refused() {
    let behind = |tree: &Tree| Recast {
        home: Home::Behind(at(tree, "to")),
        shape: Shape::Items(vec![None]),
    };
    for text in [
        "to: [1]\nfrom:\n- a # c\n",
        "to: [1]\nfrom:\n- a: b\n",
        "to: []\nfrom:\n- a\n",
        "to:\n- 1\nfrom:\n- &x a\ny: *x\n",
        "to:\n- 1\nfrom:\n- !t a\n",
    ] {
        let refusal = recast(text, "from", behind).unwrap_err();
        assert!(matches!(refusal.why, Why::Unsupported(_)), "{text}: {refusal:?}");
    }
    let exists = recast("a:\n- 1\nb: 2\n", "a", |_| here("b", vec![None])).unwrap_err();
    assert!(matches!(exists.why, Why::Exists { line: 3 }));
}

#[test]
fn lines_become_a_literal_block_where_one_holds_them() {
    let add = |text: &str, value: &str| {
        let tree = tree(text);
        let edit = tree.plan(Op::InsertItem {
            seq: at(&tree, "l"),
            value: New::Lines(value),
            after: None,
        });
        String::from_utf8(tree.apply(vec![edit.unwrap()]).unwrap().into_bytes()).unwrap()
    };
    assert_eq!(add("l:\n- a\n", "x: 1\n\ny: 2\n"), "l:\n- a\n- |\n  x: 1\n\n  y: 2\n");
    assert_eq!(add("l:\n- a", "# x\n y"), "l:\n- a\n- |-\n  # x\n   y");
    assert_eq!(add("l:\n- a\n", "one"), "l:\n- a\n- one\n");
    for odd in [" x\ny", "\nx\ny", "x\ny\n\n", "x\ty\nz", "x\r\ny"] {
        assert!(add("l:\n- a\n", odd).contains('\\') || odd.starts_with(' '), "{odd:?}");
    }
    assert_eq!(add("l: [a]\n", "x\ny"), "l: [a, \"x\\ny\"]\n");
}

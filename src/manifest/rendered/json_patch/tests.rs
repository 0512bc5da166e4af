use super::{Value, apply};
use crate::manifest::rendered::read::{Lines, Reader};
use crate::yaml;

fn value(text: &str) -> Value {
    let tree = yaml::parse(text.as_bytes().to_vec(), yaml::Limits::default()).unwrap();
    Reader::new(&tree, &"a.yaml".into(), Lines::File)
        .documents()
        .remove(0)
        .1
}

fn patched(operations: &str) -> Result<Value, String> {
    let mut root = value("{a: [1, 2], b: {c/d: x}, n: 1}");
    apply(&mut root, &value(operations)).map_err(|it| format!("{}:{}", it.at.line, it.message))?;
    Ok(root)
}

#[test]
fn operations_change_what_their_path_names() {
    let cases = [
        ("[{op: add, path: /a/-, value: 3}]", "{a: [1, 2, 3], b: {c/d: x}, n: 1}"),
        ("[{op: add, path: /a/0, value: 0}]", "{a: [0, 1, 2], b: {c/d: x}, n: 1}"),
        (
            "[{op: replace, path: /b/c~1d, value: y}]",
            "{a: [1, 2], b: {c/d: y}, n: 1}",
        ),
        (
            "[{op: replace, path: /b/new, value: y}]",
            "{a: [1, 2], b: {c/d: x, new: y}, n: 1}",
        ),
        ("[{op: remove, path: /a/-1}]", "{a: [1], b: {c/d: x}, n: 1}"),
        ("[{op: move, from: /n, path: /a/1}]", "{a: [1, 1, 2], b: {c/d: x}}"),
        (
            "[{op: copy, from: /a, path: /b/a}]",
            "{a: [1, 2], b: {c/d: x, a: [1, 2]}, n: 1}",
        ),
        (
            "[{op: test, path: /b, value: {c/d: x}}]",
            "{a: [1, 2], b: {c/d: x}, n: 1}",
        ),
    ];
    for (operations, expected) in cases {
        assert_eq!(patched(operations).unwrap(), value(expected), "{operations}");
    }
}

#[test]
fn an_operation_that_cannot_be_done_is_named() {
    for operations in [
        "[{op: remove, path: /x}]",
        "[{op: add, path: /x/y, value: 1}]",
        "[{op: add, path: /a/7, value: 1}]",
        "[{op: replace, path: /a/7, value: 1}]",
        "[{op: test, path: /n, value: \"1\"}]",
        "[{op: twist, path: /n}]",
    ] {
        assert!(patched(operations).is_err(), "{operations}");
    }
    assert_eq!(
        patched("- {op: test, path: /n, value: 1}\n- {op: remove, path: /x}\n").unwrap_err(),
        "2:there is nothing at `/x`"
    );
}

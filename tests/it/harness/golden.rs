//! Compares output with a file under `tests/fixtures/golden/`; `RAKOPS_UPDATE=1` writes that file.

use std::fs;
use std::path::{Path, PathBuf};

use super::Sandbox;

/// Root of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether files that are compared are to be written instead.
pub(crate) fn updating() -> bool {
    std::env::var_os("RAKOPS_UPDATE").is_some_and(|value| value == "1")
}

/// Compares `actual` with `tests/fixtures/golden/NAME.txt`, with everything hidden that differs from run to run.
#[track_caller]
pub(crate) fn assert_golden(sandbox: &Sandbox, name: &str, actual: &str) {
    let file = PathBuf::from(format!("tests/fixtures/golden/{name}.txt"));
    let actual = hide(sandbox, actual);
    if let Err(why) = compare(&file, &actual, name) {
        panic!("{why}");
    }
}

/// Compares text with a committed file, or writes the file. `path` is relative to the project; `what` begins with the
/// name of the test module.
pub(crate) fn compare(path: &Path, actual: &str, what: &str) -> Result<(), String> {
    let file = project().join(path);
    let expected = fs::read_to_string(&file).ok();
    if expected.as_deref() == Some(actual) {
        return Ok(());
    }
    if updating() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, actual).unwrap();
        return Ok(());
    }
    let filter = what.split('/').next().unwrap_or(what);
    let cure = format!("RAKOPS_UPDATE=1 cargo test --test it {filter}");
    match expected {
        None => Err(format!("{} is not there; make it with\n  {cure}", path.display())),
        Some(expected) => Err(format!(
            "{} differs from what is produced now:\n{}\nif that is meant:\n  {cure}",
            path.display(),
            lines_that_differ(&expected, actual)
        )),
    }
}

/// The first places where two texts differ, by line.
fn lines_that_differ(expected: &str, actual: &str) -> String {
    let diff = similar::TextDiff::from_lines(expected, actual);
    let mut shown = String::new();
    for hunk in diff.unified_diff().context_radius(2).iter_hunks().take(6) {
        shown.push_str(&hunk.to_string());
    }
    shown
}

/// Replaces what differs from run to run: the sandbox's directory, ports, commit ids.
pub(crate) fn hide(sandbox: &Sandbox, text: &str) -> String {
    let root = sandbox.root().to_string_lossy();
    let text = text.replace(root.as_ref(), "[ROOT]");
    let text = replace_run(&text, "127.0.0.1:", |c| c.is_ascii_digit(), "[PORT]");
    hide_ids(&text)
}

/// After each `lead`, replaces the characters that `belongs` takes.
fn replace_run(text: &str, lead: &str, belongs: fn(char) -> bool, by: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(lead) {
        let (before, after) = rest.split_at(at + lead.len());
        out.push_str(before);
        let end = after.find(|c| !belongs(c)).unwrap_or(after.len());
        if end > 0 {
            out.push_str(by);
        }
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

/// Forty hexadecimal digits in a row are a commit.
fn hide_ids(text: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    for c in text.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_hexdigit() {
            run.push(c);
            continue;
        }
        out.push_str(if run.len() == 40 { "[COMMIT]" } else { &run });
        run.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

#[test]
fn what_differs_from_run_to_run_is_hidden() {
    let sandbox = Sandbox::new();
    let id = "0123456789abcdef0123456789abcdef01234567";
    let text = format!(
        "{}/a http://127.0.0.1:4711/x {id} {id}0 abc\n",
        sandbox.root().display()
    );
    let hidden = format!("[ROOT]/a http://127.0.0.1:[PORT]/x [COMMIT] {id}0 abc\n");
    assert_eq!(hide(&sandbox, &text), hidden);
}

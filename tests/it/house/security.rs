//! What keeps whole kinds of holes out: no `unsafe`, and dependencies that are judged.

use std::fs;

use super::source::{files, relative, without_comments_and_literals};
use crate::harness::golden::project;

#[test]
fn unsafe_code_is_forbidden_in_every_crate_root() {
    for manifest in ["Cargo.toml", "tests/fuzz/Cargo.toml"] {
        let text = fs::read_to_string(project().join(manifest)).unwrap();
        let lints = text.split("[lints.rust]").nth(1).unwrap_or_default();
        let section: Vec<&str> = lints.lines().take_while(|line| !line.starts_with('[')).collect();
        assert!(section.contains(&"unsafe_code = \"forbid\""), "{manifest}");
    }
    for directory in ["src", "tests", "benches"] {
        for file in files(&project().join(directory), "rs") {
            let code = without_comments_and_literals(&fs::read_to_string(&file).unwrap());
            let is_used = code
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == "unsafe");
            assert!(!is_used, "{}", relative(&file));
        }
    }
}

#[test]
fn dependencies_are_judged_in_ci() {
    let script = fs::read_to_string(project().join(".ci/run")).unwrap();
    assert!(
        script.contains("ALL=(setup fmt lint deny "),
        "`.ci/run` has no step `deny`"
    );
    assert!(script.contains("check licenses bans sources") && script.contains("advisories"));
    let rules = fs::read_to_string(project().join("deny.toml")).unwrap();
    for line in [
        "yanked = \"deny\"",
        "multiple-versions = \"deny\"",
        "unknown-registry = \"deny\"",
        "unknown-git = \"deny\"",
        "ignore = []",
    ] {
        assert!(rules.lines().any(|it| it == line), "deny.toml has no `{line}`");
    }
}

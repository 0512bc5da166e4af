//! What stands at the top of the project, and what the list of tests has forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::assert_none;
use crate::harness::golden::project;

/// A newcomer reads it in one look; a new entry is a decision.
const TOP_LEVEL: &[&str] = &[
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "Containerfile",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.ja.md",
    "README.md",
    "action.yml",
    "benches",
    "completions",
    "deny.toml",
    "docs",
    "src",
    "tests",
];

#[test]
fn the_top_level_is_the_list() {
    let complaints: Vec<String> = top_level()
        .iter()
        .filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()))
        .map(|name| format!("`{name}`: the top level is fixed; see tests/it/house/top_level.rs"))
        .collect();
    assert_none(&complaints);
}

/// What git knows or would add; everything but the build directory where there is no repository.
fn top_level() -> BTreeSet<String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(project())
        .output();
    match listed {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|path| path.split('/').next())
            .filter(|name| project().join(name).exists())
            .map(str::to_owned)
            .collect(),
        _ => fs::read_dir(project())
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name != "target")
            .collect(),
    }
}

#[test]
fn no_test_file_is_forgotten() {
    let main = fs::read_to_string(project().join("tests/it/main.rs")).unwrap();
    let listed: BTreeSet<&str> = main
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let complaints: Vec<String> = fs::read_dir(project().join("tests/it"))
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().trim_end_matches(".rs").to_owned())
        .filter(|name| name != "main" && !listed.contains(name.as_str()))
        .map(|name| format!("`tests/it/{name}.rs`: not in the list of modules in tests/it/main.rs"))
        .collect();
    assert_none(&complaints);
}

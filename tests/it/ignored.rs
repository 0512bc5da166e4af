//! Which files are left alone because the user ignores them in every repository; git itself is the judge.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::Sandbox;

const POD: &str = "kind: Pod\napiVersion: v1\nspec:\n  containers:\n  - image: acme/api:1\n";
const FILES: [&str; 6] = [
    "a/seen.yaml",
    "a/own.yaml",
    "a/users.yaml",
    "a/usual.yaml",
    "top.yaml",
    "a/top.yaml",
];

/// A repository in which each file holds an image, and rules that name some of them.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    for file in FILES {
        sandbox.file(file, POD);
    }
    sandbox
        .file("../home/rules/own", "own.yaml\n")
        .file("../home/rules/users", "users.yaml\n/top.yaml\n")
        .file("../home/.config/git/ignore", "usual.yaml\n");
    sandbox
}

/// Adds lines to a file of settings below the sandbox's home.
fn settings(sandbox: &Sandbox, file: &str, lines: &str) {
    let relative = format!("../home/{file}");
    let before = sandbox.read(&relative);
    sandbox.file(&relative, before + lines);
}

/// The environment without some variables; one whose name ends in `=` is set to nothing.
fn environment(sandbox: &Sandbox, without: &[&str]) -> Vec<(String, String)> {
    let name = |variable: &&str| variable.trim_end_matches('=').to_owned();
    let gone: Vec<String> = without.iter().map(name).collect();
    let kept = sandbox.env().into_iter().filter(|(name, _)| !gone.contains(name));
    let empty = without.iter().filter(|variable| variable.ends_with('='));
    kept.chain(empty.map(|variable| (name(variable), String::new())))
        .collect()
}

fn output(sandbox: &Sandbox, directory: &Path, (words, without): (&[&str], &[&str])) -> String {
    let env = environment(sandbox, without);
    let output = Command::new(words[0])
        .args(&words[1..])
        .current_dir(directory)
        .env_clear()
        .envs(env)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The files that rakops reads, as it does in a directory below the root, and those that git does not ignore.
fn both(sandbox: &Sandbox, without: &[&str]) -> (BTreeSet<String>, BTreeSet<String>) {
    let listed = ["git", "ls-files", "--others", "--cached", "--exclude-standard"];
    let git = output(sandbox, &sandbox.dir(), (&listed, without));
    let words = [env!("CARGO_BIN_EXE_rakops"), "images", "-o", "json"];
    let said: serde_json::Value =
        serde_json::from_str(&output(sandbox, &sandbox.path("a"), (&words, without))).unwrap();
    let sites = said["sites"].as_array().unwrap().iter();
    (
        sites.map(|it| it["file"].as_str().unwrap().to_owned()).collect(),
        git.lines().map(str::to_owned).collect(),
    )
}

#[track_caller]
fn assert_left_alone(sandbox: &Sandbox, without: &[&str], ignored: &[&str]) {
    let (read, by_git) = both(sandbox, without);
    assert_eq!(read, by_git);
    let seen = FILES.into_iter().filter(|file| !ignored.contains(file));
    assert_eq!(read, seen.map(str::to_owned).collect());
}

#[test]
fn the_usual_file_of_the_user_counts_where_no_setting_names_one() {
    let sandbox = repository();
    assert_left_alone(&sandbox, &[], &["a/usual.yaml"]);
    assert_left_alone(&sandbox, &["XDG_CONFIG_HOME"], &["a/usual.yaml"]);
}

#[test]
fn the_file_that_the_settings_of_the_user_name_counts_from_the_root_on() {
    let sandbox = repository();
    settings(&sandbox, "gitconfig", "[core]\n\texcludesFile = ~/rules/users\n");
    assert_left_alone(&sandbox, &[], &["a/users.yaml", "top.yaml"]);
    // Without the variable, the file at home has the say, which names none.
    assert_left_alone(&sandbox, &["GIT_CONFIG_GLOBAL"], &["a/usual.yaml"]);
    settings(
        &sandbox,
        ".gitconfig",
        "[core]\n\texcludesFile = \"~/rules/own\" # mine\n",
    );
    assert_left_alone(&sandbox, &["GIT_CONFIG_GLOBAL"], &["a/own.yaml"]);
}

#[test]
fn a_variable_that_is_set_to_nothing_names_no_file_of_settings() {
    let sandbox = repository();
    sandbox.file("../home/.config/git/config", "");
    for file in ["gitconfig", ".gitconfig", ".config/git/config"] {
        settings(&sandbox, file, "[core]\n\texcludesFile = ~/rules/users\n");
    }
    assert_left_alone(&sandbox, &["GIT_CONFIG_GLOBAL"], &["a/users.yaml", "top.yaml"]);
    assert_left_alone(&sandbox, &["GIT_CONFIG_GLOBAL="], &["a/usual.yaml"]);
    // There is none of the machine; and nothing means no where yes or no is expected.
    let both = ["GIT_CONFIG_GLOBAL=", "GIT_CONFIG_SYSTEM=", "GIT_CONFIG_NOSYSTEM="];
    assert_left_alone(&sandbox, &both, &["a/usual.yaml"]);
}

#[test]
fn a_reference_to_what_the_user_ignores_is_judged_by_the_same_rules() {
    for format in ["sha1", "sha256"] {
        let sandbox = Sandbox::new();
        sandbox.git(["init", "--quiet", &format!("--object-format={format}")]);
        sandbox
            .file("kustomization.yaml", "resources: [made]\n")
            .file("../home/rules/made", "made/\n");
        settings(&sandbox, "gitconfig", "[core]\n\texcludesFile = ~/rules/made\n");
        let findings = |without: &[&str]| {
            let words = ["check", "--rule", "broken-reference"];
            let child = Command::new(env!("CARGO_BIN_EXE_rakops"))
                .args(words)
                .current_dir(sandbox.dir())
                .env_clear()
                .envs(environment(&sandbox, without))
                .stdin(Stdio::null())
                .output();
            String::from_utf8(child.unwrap().stdout).unwrap().lines().count()
        };
        assert_eq!(findings(&[]), 0, "{format}");
        assert_eq!(findings(&["GIT_CONFIG_GLOBAL"]), 1, "{format}");
        settings(&sandbox, ".gitconfig", "[core]\n\texcludesFile = ~/rules/made\n");
        assert_eq!(findings(&["GIT_CONFIG_GLOBAL"]), 0, "{format}");
        assert_eq!(findings(&["GIT_CONFIG_GLOBAL="]), 1, "{format}");
        // Without any of them libgit2 is asked where it can be.
        assert_eq!(findings(&["GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"]), 0, "{format}");
    }
}

#[test]
fn a_setting_that_is_included_counts() {
    let sandbox = repository();
    sandbox.file("../home/more", "[core]\n\texcludesFile = ~/rules/users\n");
    settings(&sandbox, "gitconfig", "[include]\n\tpath = ~/more\n");
    assert_left_alone(&sandbox, &[], &["a/users.yaml", "top.yaml"]);
}

#[test]
fn the_setting_of_the_repository_wins_over_that_of_the_user() {
    let sandbox = repository();
    settings(&sandbox, "gitconfig", "[core]\n\texcludesFile = ~/rules/users\n");
    sandbox.git(["config", "core.excludesFile", "~/rules/own"]);
    assert_left_alone(&sandbox, &[], &["a/own.yaml"]);
}

#[test]
fn a_repository_that_only_the_program_can_read_is_no_exception() {
    let sandbox = Sandbox::new();
    sandbox.git(["init", "--quiet", "--object-format=sha256"]);
    for file in FILES {
        sandbox.file(file, POD);
    }
    sandbox.file("../home/rules/users", "users.yaml\n/top.yaml\n");
    settings(&sandbox, "gitconfig", "[core]\n\texcludesFile = ~/rules/users\n");
    assert_left_alone(&sandbox, &[], &["a/users.yaml", "top.yaml"]);
}

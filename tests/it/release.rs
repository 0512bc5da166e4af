//! What a release is made of: the archive, its names, and the workflow that makes it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use yaml_rust2::Yaml;

use crate::harness::Sandbox;
use crate::harness::golden::project;
use crate::workflows::{at, parse, scripts};

const WORKFLOW: &str = ".github/workflows/release.yml";
/// The workflow that fuzzes every night.
const NIGHTLY: &str = ".github/workflows/nightly.yml";

fn read(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap()
}

/// What the build is a matrix of.
fn targets() -> BTreeSet<String> {
    let workflow = parse(&read(WORKFLOW));
    let matrix = at(&workflow, &["jobs", "build", "strategy", "matrix", "include"]);
    let targets = matrix.as_vec().expect("a list").iter();
    targets
        .map(|entry| entry["target"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_system_that_the_action_asks_for_is_built() {
    let action = read("action.yml");
    let asked = action
        .lines()
        .filter_map(|line| line.split_once(") target=")?.1.strip_suffix(" ;;"));
    let asked: BTreeSet<String> = asked.map(str::to_owned).collect();
    assert!(
        asked.len() == 5 && asked.is_subset(&targets()),
        "{asked:?} {:?}",
        targets()
    );
}

#[test]
fn the_archive_holds_the_program_completions_man_pages_and_licences() {
    let sandbox = Sandbox::new();
    sandbox.file("built/rakops", "a program");
    let packed = Command::new(project().join(".github/scripts/pack.sh"))
        .args(["built/rakops", "1.2.3", "x86_64-apple-darwin", "archives"])
        .current_dir(sandbox.dir())
        .output()
        .unwrap();
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    let name = "rakops-1.2.3-x86_64-apple-darwin";
    let listed = Command::new("tar")
        .args(["-tzf", &format!("archives/{name}.tar.gz")])
        .current_dir(sandbox.dir())
        .output()
        .unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for path in [
        "rakops",
        "completions/_rakops",
        "completions/rakops.fish",
        "man/rakops.1",
        "man/rakops-bump.1",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "README.md",
    ] {
        assert!(
            listed.lines().any(|line| line == format!("{name}/{path}")),
            "{path} is missing in\n{listed}"
        );
    }
    let sum = sandbox.read(&format!("archives/{name}.tar.gz.sha256"));
    assert!(
        sum.len() > 64 && sum.trim_end().ends_with(&format!("{name}.tar.gz")),
        "{sum}"
    );
    let left = fs::read_dir(sandbox.path("archives")).unwrap().count();
    assert_eq!(left, 2, "the archive and its checksum");
}

#[test]
fn binstall_asks_for_the_names_that_are_packed() {
    let manifest = read("Cargo.toml");
    for line in [
        "pkg-url = \"{ repo }/releases/download/v{ version }/rakops-{ version }-{ target }{ archive-suffix }\"",
        "bin-dir = \"rakops-{ version }-{ target }/{ bin }{ binary-ext }\"",
    ] {
        assert!(manifest.contains(line), "{line}");
    }
}

#[test]
fn the_workflows_pin_their_actions_and_give_each_job_the_least() {
    for workflow in [WORKFLOW, NIGHTLY] {
        gives_the_least(workflow);
    }
}

#[test]
fn every_night_is_fuzzed_for_more_than_half_an_hour_and_findings_are_kept() {
    let text = read(NIGHTLY);
    let seconds = text
        .split("inputs.seconds || '")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert!(seconds.parse::<u32>().unwrap() >= 1800, "{seconds}");
    assert!(
        text.contains("run: tests/fuzz/run \"$SECONDS_OF_ALL\"")
            && text.contains("path: |\n            target/fuzz/findings")
    );
}

fn gives_the_least(path: &str) {
    let text = read(path);
    for line in text.lines().filter_map(|line| line.split_once("uses: ")) {
        let (action, version) = line.1.split_once(" # v").expect("a version behind the commit");
        let commit = action.split_once('@').map_or("", |(_, commit)| commit);
        let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
        assert!(is_commit && version.split('.').count() == 3, "{}", line.1);
        // The same action is at the same commit as in what `ci init` writes.
        let name = action.split('@').next().unwrap_or_default();
        let pins = read("src/ops/ci_init/pins.rs");
        assert!(
            !pins.contains(&format!("\"{name}\"")) || pins.contains(commit),
            "{name}"
        );
    }
    let workflow = parse(&text);
    assert!(
        at(&workflow, &["permissions"])
            .as_hash()
            .is_some_and(|all| all.is_empty())
    );
    let jobs = at(&workflow, &["jobs"]).as_hash().unwrap();
    for (name, job) in jobs {
        let writes: Vec<_> = job["permissions"]
            .as_hash()
            .unwrap()
            .iter()
            .filter(|(_, level)| level.as_str() == Some("write"))
            .collect();
        assert_eq!(writes.is_empty(), *name != Yaml::String("release".into()), "{name:?}");
        assert!(job["timeout-minutes"].as_i64().is_some(), "{name:?}");
    }
    for (_, script) in scripts(&workflow) {
        assert!(!script.contains("${{"), "{script}");
    }
}

#[test]
fn notes_of_a_release_are_its_section_of_the_changelog() {
    let notes = |version: &str| {
        Command::new(project().join(".github/scripts/notes.sh"))
            .arg(version)
            .output()
            .unwrap()
    };
    let found = notes("Unreleased");
    assert!(found.status.success() && String::from_utf8_lossy(&found.stdout).contains("### Added"));
    let missing = notes("9.9.9");
    assert!(!missing.status.success());
    assert_eq!(
        String::from_utf8_lossy(&missing.stderr),
        "CHANGELOG.md has no section for 9.9.9\n"
    );
}

#[test]
fn the_image_is_built_with_a_toolchain_that_is_new_enough_and_runs_as_nobody_special() {
    let image = read("Containerfile");
    let lines: Vec<&str> = image.lines().collect();
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("FROM docker.io/library/rust:1-alpine"))
    );
    let last = image.rsplit("\nFROM ").next().unwrap_or_default();
    assert!(last.contains("\nUSER 10001\n") && last.contains("git") && last.contains("ca-certificates"));
    for copied in lines
        .iter()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|line| !line.starts_with("--from"))
    {
        for path in copied.split_whitespace().rev().skip(1) {
            assert!(project().join(path).exists(), "{path}");
        }
    }
}

//! What can be derived is generated, committed and compared here; the test is the generator.
//!
//! `RAKOPS_UPDATE=1 cargo test --test it generated` writes what differs and deletes what is no longer produced.

mod exit_codes;
mod forges;
mod help;
mod locators;
mod man;
mod reference;
mod strategies;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::Sandbox;
use crate::harness::golden::{compare, project, updating};

/// Directories that hold nothing but what is produced here.
const OWNED: &[&str] = &["docs/man"];

#[test]
fn generated_files_are_up_to_date() {
    let produced = produce();
    let mut complaints: Vec<String> = produced
        .iter()
        .filter_map(|(path, contents)| compare(Path::new(path), contents, "generated").err())
        .collect();
    for file in OWNED
        .iter()
        .flat_map(|dir| fs::read_dir(project().join(dir)).into_iter().flatten().flatten())
    {
        let path = relative(&file.path());
        if produced.contains_key(&path) {
            continue;
        }
        if updating() {
            fs::remove_file(file.path()).unwrap();
        } else {
            complaints.push(format!("{path} is no longer produced; RAKOPS_UPDATE=1 deletes it"));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Every generated file with its contents; paths are relative to the project.
fn produce() -> BTreeMap<String, String> {
    let mut files = man::pages();
    files.insert("docs/reference/cli.md".into(), reference::page());
    files.insert("docs/reference/exit-codes.md".into(), exit_codes::page());
    files.insert(
        "docs/reference/rakops.schema.json".into(),
        printed(&["config", "schema"]),
    );
    files.insert("docs/reference/locators/README.md".into(), locators::index());
    files.insert("docs/reference/forges/README.md".into(), forges::index());
    files.insert("docs/reference/strategies/README.md".into(), strategies::index());
    files
}

/// What the program itself prints.
fn printed(args: &[&str]) -> String {
    let output = Sandbox::new().rakops(args).run().expect(0);
    output.stdout().to_owned()
}

fn relative(path: &Path) -> String {
    let relative: PathBuf = path.strip_prefix(project()).unwrap().into();
    relative.to_string_lossy().replace('\\', "/")
}

#[test]
fn completions_print_the_committed_files() {
    let files = [
        ("bash", "rakops.bash"),
        ("zsh", "_rakops"),
        ("fish", "rakops.fish"),
        ("elvish", "rakops.elv"),
        ("powershell", "_rakops.ps1"),
    ];
    for (shell, file) in files {
        let committed = fs::read_to_string(project().join("completions").join(file)).unwrap();
        assert_eq!(printed(&["completions", shell]), committed, "{file}");
    }
}

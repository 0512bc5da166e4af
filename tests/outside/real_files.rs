//! Real files, from a directory that `RAKOPS_CORPUS` names. Nothing of it is copied here.

use std::path::Path;
use std::process::Command;

use rakops::yaml::{Limits, parse};

use crate::{everywhere, folder, model, spans};

/// What the tests of real files need.
pub(crate) fn needs() -> Result<(), String> {
    folder("RAKOPS_CORPUS").map(|_| ())
}

/// What the judged test needs besides.
pub(crate) fn needs_oracle() -> Result<(), String> {
    needs()?;
    folder("RAKOPS_ORACLE")?;
    let runs = Command::new(python()).args(["-c", "import yaml"]).output();
    match runs {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(format!(
            "`{}` is no Python with PyYAML, which the oracle needs",
            python()
        )),
    }
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "corpus::every_file_that_the_parser_accepts_gives_a_tree",
        every_real_file_that_the_parser_accepts_gives_a_tree,
    ),
    (
        "corpus::a_name_is_found_alike_alone_and_among_all",
        a_name_is_found_alike_alone_and_among_all,
    ),
    (
        "corpus::regular_documents_are_read_as_the_parser_reads_them",
        regular_documents_are_read_as_the_parser_reads_them,
    ),
    (
        "corpus::edits_at_random_places_change_that_and_nothing_else",
        edits_at_random_places_of_real_files_change_that_and_nothing_else,
    ),
    (
        "corpus::spans_agree_with_those_of_another_parser",
        spans_agree_with_those_of_another_parser,
    ),
];

/// The test that the oracle judges.
pub(crate) const JUDGED: &[(&str, fn())] = &[("corpus::every_image_is_found_and_set_byte_exactly", judge)];

/// Whoever looks for one name looks near its mentions alone; that must not cost a site.
fn a_name_is_found_alike_alone_and_among_all() {
    for (path, text) in files() {
        assert!(rakops::fuzz::is_found_alike(&path, &text), "{path}");
    }
}

/// Most documents are read without the parser; whatever is must be what the parser says.
fn regular_documents_are_read_as_the_parser_reads_them() {
    for (path, text) in files() {
        assert!(rakops::fuzz::is_read_alike(&text), "{path}");
    }
}

fn python() -> String {
    std::env::var("RAKOPS_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// Recall, precision and exactness, by a script that knows nothing of rakops.
fn judge() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/judge.py");
    let output = Command::new(python())
        .arg(script)
        .args(["--rakops", env!("CARGO_BIN_EXE_rakops")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    said.lines().for_each(|line| println!("corpus: {line}"));
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Reads every file that is UTF-8.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    gather(&folder("RAKOPS_CORPUS").unwrap(), &mut found);
    assert!(!found.is_empty(), "RAKOPS_CORPUS holds no files");
    found.sort();
    found
}

fn gather(at: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => gather(&path, found),
            Ok(kind) if kind.is_file() => {
                if let Ok(text) = std::fs::read_to_string(&path) {
                    found.push((path.display().to_string(), text));
                }
            }
            _ => {}
        }
    }
}

fn every_real_file_that_the_parser_accepts_gives_a_tree() {
    let files = files();
    let (mut trees, mut refused) = (0, 0);
    for (name, text) in &files {
        let ours = parse(text.clone().into_bytes(), Limits::default());
        let theirs = model::events(text);
        match (&ours, theirs) {
            (Ok(_), Some(_)) => trees += 1,
            (Err(_), None) => refused += 1,
            (ours, theirs) => panic!("{name}: {:?}, the parser: {}", ours.as_ref().err(), theirs.is_some()),
        }
    }
    println!("corpus: {trees} files give a tree, {refused} are rejected by the parser");
}

/// How many edits are tried in each file: `RAKOPS_EDITS` or a few.
fn edits_per_file() -> usize {
    std::env::var("RAKOPS_EDITS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(2)
}

fn edits_at_random_places_of_real_files_change_that_and_nothing_else() {
    let files = files();
    let mut tally = everywhere::Tally::default();
    let mut dice = everywhere::Dice::new(7);
    for (name, text) in files.iter().filter(|(_, text)| text.len() < 200_000) {
        let (Ok(tree), Some(before)) = (parse(text.clone().into_bytes(), Limits::default()), model::events(text))
        else {
            continue;
        };
        let acts = everywhere::acts(&tree);
        for _ in 0..edits_per_file().min(acts.len()) {
            let act = acts[dice.below(acts.len())];
            everywhere::try_act(name, (&tree, &before), act, &mut tally);
        }
    }
    tally.conclude("corpus");
}

fn spans_agree_with_those_of_another_parser() {
    let mut wrong = Vec::new();
    let compared: usize = files()
        .iter()
        .map(|(name, text)| spans::compare(name, text, &mut wrong))
        .sum();
    println!(
        "corpus: {compared} spans compared with another parser, {} differ",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

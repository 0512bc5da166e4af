//! The corpus of the fuzzers, replayed without a fuzzer: each file through its target.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;

use crate::fuzz_targets::ALL;
use crate::harness::golden::project;

/// What the corpus may hold in all, in bytes: it is kept in git for ever.
const LIMIT: u64 = 400_000;

fn corpus() -> PathBuf {
    project().join("tests/fuzz/corpus")
}

#[test]
fn every_input_that_was_kept_goes_through_its_target() {
    let mut wrong = Vec::new();
    for (name, target) in ALL {
        let inputs: Vec<PathBuf> = fs::read_dir(corpus().join(name))
            .unwrap()
            .flatten()
            .map(|it| it.path())
            .collect();
        assert!(inputs.len() >= 4, "{name} has hardly any input");
        for input in inputs {
            let bytes = fs::read(&input).unwrap();
            if catch_unwind(|| target(&bytes)).is_err() {
                wrong.push(input.display().to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_corpus_is_small_and_every_directory_of_it_is_a_target() {
    let directories = fs::read_dir(corpus()).unwrap().flatten();
    let directories: BTreeSet<String> = directories
        .map(|it| it.file_name().to_string_lossy().into_owned())
        .collect();
    let targets: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(directories, targets);
    let files = directories
        .iter()
        .flat_map(|it| fs::read_dir(corpus().join(it)).unwrap().flatten());
    let bytes: u64 = files.map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes < LIMIT, "{bytes} bytes");
    let script = fs::read_to_string(project().join("tests/fuzz/run")).unwrap();
    let list = script
        .lines()
        .find_map(|line| line.strip_prefix("readonly ALL=(")?.strip_suffix(')'))
        .unwrap();
    assert_eq!(list.split(' ').collect::<Vec<_>>(), ALL.map(|(name, _)| name));
}

//! Real files, from a directory that `RAKOPS_CORPUS` names. Nothing of it is copied here.

use std::path::{Path, PathBuf};

use rakops::yaml::{Limits, parse};

use super::model;

/// Reads every file that is UTF-8; `None`, with a line that says so, where the corpus is absent.
pub(crate) fn files() -> Option<Vec<(String, String)>> {
    let Some(root) = std::env::var_os("RAKOPS_CORPUS").map(PathBuf::from) else {
        println!("SKIPPED: RAKOPS_CORPUS names no directory with real files");
        return None;
    };
    let mut found = Vec::new();
    gather(&root, &mut found);
    assert!(!found.is_empty(), "no files below {}", root.display());
    found.sort();
    Some(found)
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

#[test]
fn every_real_file_that_the_parser_accepts_gives_a_tree() {
    let Some(files) = files() else { return };
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

/// A small generator of numbers, always the same.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}

/// How many edits are tried in each file: `RAKOPS_EDITS` or a few.
fn edits_per_file() -> usize {
    std::env::var("RAKOPS_EDITS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(2)
}

#[test]
fn edits_at_random_places_of_real_files_change_that_and_nothing_else() {
    let Some(files) = files() else { return };
    let mut tally = super::everywhere::Tally::default();
    let mut dice = Dice::new(7);
    for (name, text) in files.iter().filter(|(_, text)| text.len() < 200_000) {
        let (Ok(tree), Some(before)) = (parse(text.clone().into_bytes(), Limits::default()), model::events(text))
        else {
            continue;
        };
        let acts = super::everywhere::acts(&tree);
        for _ in 0..edits_per_file().min(acts.len()) {
            let act = acts[dice.below(acts.len())];
            super::everywhere::try_act(name, (&tree, &before), act, &mut tally);
        }
    }
    tally.conclude("corpus");
}

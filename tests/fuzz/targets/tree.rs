//! Small trees of files: what reaches what, and edits in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rakops::fuzz::{self, Changed};

use super::{not_a_bug, number, parts};
use crate::yaml::model::{Ev, events};

/// How many files a tree has at most, and how many bytes each.
const LIMITS: (usize, usize) = (12, 8192);
/// What a version becomes.
const VERSION: &str = "9.8.7-z";

/// Writes the files of an input below a directory that nobody else uses. None if a path would lead out of it.
fn write(data: &[u8]) -> Option<(tempfile::TempDir, Vec<(String, String)>)> {
    let text = std::str::from_utf8(data).ok()?;
    let place = if Path::new("/dev/shm").is_dir() {
        Path::new("/dev/shm")
    } else {
        Path::new("/tmp")
    };
    let root = tempfile::Builder::new().prefix("rakops-fuzz-").tempdir_in(place).ok()?;
    let mut files = Vec::new();
    for (path, text) in parts(text)
        .into_iter()
        .filter(|(path, _)| !path.is_empty())
        .take(LIMITS.0)
    {
        let is_plain =
            |part: &str| !part.is_empty() && part != "." && part != ".." && part != ".git" && part.len() < 64;
        if !path.split('/').all(is_plain) || path.contains(['\0', '\\']) || text.len() > LIMITS.1 {
            return None;
        }
        let on_disk = root.path().join(path);
        fs::create_dir_all(on_disk.parent()?).ok()?;
        fs::write(on_disk, text).ok()?;
        files.push((path.to_owned(), text.to_owned()));
    }
    Some((root, files))
}

/// What reaches what, and bumps of the first images that are found.
pub(crate) fn graph(data: &[u8]) {
    let Some((root, files)) = write(data) else { return };
    let found = fuzz::images(root.path());
    for (file, image, _) in &found {
        assert!(files.iter().any(|(path, _)| path == file), "{file} was not written");
        assert!(!image.is_empty());
    }
    let names: BTreeSet<&String> = found.iter().map(|(_, image, _)| image).collect();
    for name in names.into_iter().take(2) {
        let word = format!("{name}={VERSION}");
        for environment in [None, Some("stg")] {
            for change in not_a_bug(fuzz::bump(root.path(), &word, environment))
                .into_iter()
                .flatten()
            {
                nothing_else_changes(&change);
            }
        }
    }
}

/// A bump changes lines that hold the version afterwards, adds lines of an entry that has none, and loses no comment.
fn nothing_else_changes(change: &Changed) {
    let (Some(before), Some(after)) = (text(&change.before), text(&change.after)) else {
        panic!("a bump makes and deletes no file: {change:?}");
    };
    keeps_comments(before, after);
    let (old, new): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let is_of_entry = |line: &str| {
        [VERSION, "images", "name", "newTag", "digest", "sha"]
            .iter()
            .any(|word| line.contains(word))
    };
    for line in new.iter().filter(|line| !old.contains(line)) {
        assert!(is_of_entry(line), "{line:?} is new in\n{after}\n---- before\n{before}");
    }
}

/// Edits of the fields of `kustomization.yaml`: words in the part without a name, one a line.
pub(crate) fn kustomization(data: &[u8]) {
    let Some((root, files)) = write(data) else { return };
    let Ok(input) = std::str::from_utf8(data) else { return };
    let words: Vec<&str> = parts(input)[0].1.lines().take(3).collect();
    let Some((file, _)) = files.iter().find(|(path, _)| path.ends_with("kustomization.yaml")) else {
        return;
    };
    let seed = number(words.join(" ").as_bytes()) as usize;
    for verb in 0..3 {
        let asked = (verb, seed % 97, words.as_slice());
        let Some(Some(change)) = not_a_bug(fuzz::kustomization(root.path(), file, asked)) else {
            continue;
        };
        check_edit(&change, verb == 0);
        fs::write(root.path().join(file), change.after.as_deref().unwrap_or_default()).expect("a file can be written");
        let again = not_a_bug(fuzz::kustomization(root.path(), file, asked));
        // What was set or removed is so: doing it again is no edit. What is added may be added again, where a list takes it.
        if verb == 2 {
            assert!(!matches!(again, Some(Some(_))), "{change:?}\nthen {again:?}");
        }
        fs::write(root.path().join(file), change.before.as_deref().unwrap_or_default()).expect("a file can be written");
    }
    if let Some(Some(change)) = not_a_bug(fuzz::fix(root.path(), file)) {
        check_edit(&change, false);
    }
}

/// Fields of objects, set and unset by the overlay `overlays/stg`: object, path and value in the part without a name.
pub(crate) fn overlay(data: &[u8]) {
    let Some((root, _)) = write(data) else { return };
    let Ok(input) = std::str::from_utf8(data) else { return };
    let mut words = parts(input)[0].1.lines();
    let object = words.next().unwrap_or("Deployment/api");
    let path = words.next().unwrap_or("spec.replicas");
    let value = words.next().unwrap_or("3");
    let ask = |value: Option<&str>| not_a_bug(fuzz::setting(root.path(), "overlays/stg", (object, path, value)));
    for value in [Some(value), None] {
        let Some(changes) = ask(value) else { continue };
        for change in &changes {
            assert!(
                !change.path.starts_with("../") && !change.path.starts_with('/'),
                "{change:?}"
            );
            check_edit(change, value.is_some());
            put(root.path(), &change.path, change.after.as_deref());
        }
        if value.is_some() {
            let again: Vec<Changed> = ask(value)
                .into_iter()
                .flatten()
                .filter(|it| it.before != it.after)
                .collect();
            assert!(again.is_empty(), "what is set is set: {changes:?}\nthen {again:?}");
        }
        for change in &changes {
            put(root.path(), &change.path, change.before.as_deref());
        }
    }
}

fn put(root: &Path, path: &str, bytes: Option<&[u8]>) {
    let path = root.join(path);
    match bytes {
        Some(bytes) => {
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory can be made");
            fs::write(path, bytes).expect("a file can be written");
        }
        None => fs::remove_file(path).unwrap_or_default(),
    }
}

/// What is written is YAML, and says more than before, or less; comments stay where nothing is taken away.
fn check_edit(change: &Changed, only_adds: bool) {
    let Some(after) = text(&change.after) else { return };
    assert!(events(after).is_some(), "no longer YAML: {change:?}");
    let Some(before) = text(&change.before) else { return };
    assert_ne!(before, after, "an edit that changes nothing is none");
    if only_adds {
        keeps_comments(before, after);
    }
}

fn text(bytes: &Option<Vec<u8>>) -> Option<&str> {
    bytes
        .as_deref()
        .map(|bytes| std::str::from_utf8(bytes).expect("texts stay texts"))
}

/// Lines that are comments and nothing else are there afterwards, too, as often and in the same order.
fn keeps_comments(before: &str, after: &str) {
    let texts: Vec<String> = events(before).into_iter().flatten().filter_map(text_of).collect();
    let comments = |text: &str| -> Vec<String> {
        let lines = text
            .split(['\n', '\r'])
            .map(str::trim)
            .filter(|line| line.starts_with('#'));
        // A line of a block of text is no comment.
        lines
            .filter(|line| !texts.iter().any(|text| text.contains(*line)))
            .map(str::to_owned)
            .collect()
    };
    let mut left = comments(after).into_iter();
    for comment in comments(before) {
        assert!(
            left.any(|it| it == comment),
            "{comment:?} is lost\n{before}\n----\n{after}"
        );
    }
}

fn text_of(event: Ev) -> Option<String> {
    match event {
        Ev::Scalar { text, .. } => Some(text),
        _ => None,
    }
}

//! Rule `broken-reference`: a kustomization that names what is not there.
//!
//! What another repository holds is not looked at, and neither is what git ignores: somebody makes that before a build.
//!
//! Source: kustomize 5.5, `api/types/kustomization.go` and `api/internal/target/kusttarget.go`.

mod entries;

use std::collections::BTreeSet;

use entries::{Entry, What, entries};

use super::finding::Found;
use super::sites::{Sites, Spotted};
use crate::config::model::Level;
use crate::error::Hint;
use crate::manifest::graph::Graph;
use crate::manifest::kustomization::{FILE_NAMES, Kustomization, directory_of, in_directory, is_kustomization, join};
use crate::snapshot::{Snapshot, Walk};
use crate::yaml;

/// What is wrong with an entry.
enum Wrong {
    Missing,
    /// A directory, and a file has to stand there.
    Directory,
    /// A file, and a directory has to stand there.
    File,
    /// A directory that nothing says how to build.
    Empty,
    Outside,
}

/// `is_ignored` tells what git ignores.
pub(super) fn check(snapshot: &Snapshot, sites: &Sites, is_ignored: &dyn Fn(&str) -> bool) -> Vec<Found> {
    let walk = Walk {
        below: &[],
        wanted: &is_kustomization,
        on_read: &|| {},
    };
    let elsewhere = submodules(snapshot);
    let read = snapshot.walk(&walk, &|path, bytes| {
        let tree = yaml::parse(std::mem::take(bytes), yaml::Limits::default()).ok()?;
        Kustomization::of(path, &tree)?;
        let all = entries(&tree);
        (!all.is_empty()).then_some(all)
    });
    let mut found = Vec::new();
    for (file, all) in read.found {
        let environments = sites.reached(&file);
        if !sites.is_wanted(&file, environments) {
            continue;
        }
        let directory = directory_of(&file);
        for entry in all {
            let path = join(directory, &entry.text);
            let wrong = match &path {
                None => Some(Wrong::Outside),
                Some(path) => wrong(snapshot, path, entry.what),
            };
            let is_elsewhere = |path: &String| {
                let lies_in = |module: &String| *path == *module || path.starts_with(&format!("{module}/"));
                elsewhere.iter().any(lies_in) || is_ignored(path) || is_ignored(&format!("{path}/"))
            };
            let Some(wrong) = wrong.filter(|_| !path.as_ref().is_some_and(is_elsewhere)) else {
                continue;
            };
            found.push(Found {
                environments: environments.to_vec(),
                ..complaint(snapshot, (&file, &entry), (path.as_deref(), &wrong))
            });
        }
        found.extend(ring(sites.graph(), snapshot, &file).map(|found| Found {
            environments: environments.to_vec(),
            ..found
        }));
    }
    found
}

fn wrong(snapshot: &Snapshot, path: &str, what: What) -> Option<Wrong> {
    let is_file = snapshot.has_file(path);
    let is_directory = path.is_empty() || snapshot.has_directory(path);
    let is_built = || {
        FILE_NAMES
            .iter()
            .any(|name| snapshot.has_file(&in_directory(path, name)))
    };
    match (what, is_file, is_directory) {
        (What::File | What::Resource, true, _) => None,
        (What::Directory, true, _) => Some(Wrong::File),
        (What::Resource | What::Directory, _, true) => (!is_built()).then_some(Wrong::Empty),
        (What::File, _, true) => Some(Wrong::Directory),
        (_, false, false) => Some(Wrong::Missing),
    }
}

fn complaint(snapshot: &Snapshot, (file, entry): (&str, &Entry), (path, wrong): (Option<&str>, &Wrong)) -> Found {
    let (text, field) = (&entry.text, entry.field);
    let message = match wrong {
        Wrong::Missing => format!("`{field}` names `{text}`, which is not there"),
        Wrong::Directory => format!("`{field}` names `{text}`, which is a directory, and a file is needed"),
        Wrong::File => format!("`{field}` names `{text}`, which is a file, and a directory is needed"),
        Wrong::Empty => format!("`{field}` names the directory `{text}`, which has no kustomization"),
        Wrong::Outside => format!("`{field}` names `{text}`, which lies outside of this repository"),
    };
    let found = Found::new(entry.at(file), message);
    match (wrong, path) {
        (Wrong::Outside, _) => Found {
            at_most: Level::Warn,
            ..found
        },
        (Wrong::Missing, Some(path)) => match near(snapshot, path, text) {
            Some(name) => found.hint(Hint::Nearest(vec![name])),
            None => found,
        },
        (Wrong::Empty, Some(path)) => found.hint(Hint::Say(format!(
            "name its files, or make `{}`",
            in_directory(path, FILE_NAMES[0])
        ))),
        _ => found,
    }
}

/// The same name with the other ending.
fn near(snapshot: &Snapshot, path: &str, text: &str) -> Option<String> {
    let other = |name: &str| match name.rsplit_once('.') {
        Some((stem, "yaml")) => Some(format!("{stem}.yml")),
        Some((stem, "yml")) => Some(format!("{stem}.yaml")),
        Some(_) => None,
        None => Some(format!("{name}.yaml")),
    };
    snapshot.has_file(&other(path)?).then(|| other(text)).flatten()
}

/// A build that comes back to the kustomization it began with, told at the entry that leads there; once for each ring.
fn ring(graph: &Graph, snapshot: &Snapshot, file: &str) -> Option<Found> {
    let start = directory_of(file);
    let way = way_back(graph, start)?;
    // Everybody on the ring would tell it: the first by name does.
    if way.iter().any(|directory| directory.as_str() < start) {
        return None;
    }
    let tree = yaml::parse(snapshot.read(file).ok()?, yaml::Limits::default()).ok()?;
    let next = way.first().map_or(start, String::as_str);
    let entry = entries(&tree)
        .into_iter()
        .find(|entry| join(start, &entry.text).as_deref() == Some(next))?;
    let shown = |directory: &str| match directory {
        "" => "`.`".to_owned(),
        directory => format!("`{directory}`"),
    };
    let mut all = vec![shown(start)];
    all.extend(way.iter().map(|directory| shown(directory)));
    if !way.is_empty() {
        all.push(shown(start));
    }
    let message = format!("a build of {} comes back to it", shown(start));
    Some(Found::new(entry.at(file), message).because(all.join(" builds on ")))
}

/// The directories on a way from `start` back to it, both ends left out; the empty way is an entry that names its own directory.
fn way_back(graph: &Graph, start: &str) -> Option<Vec<String>> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<(String, Vec<String>)> = vec![(start.to_owned(), Vec::new())];
    while let Some((directory, way)) = open.pop() {
        let Some(kustomization) = graph.at(&directory) else {
            continue;
        };
        for next in kustomization.builds.iter().chain(&kustomization.components) {
            if next == start {
                return Some(way);
            }
            if seen.insert(next.clone()) && graph.at(next).is_some() {
                let mut way = way.clone();
                way.push(next.clone());
                open.push((next.clone(), way));
            }
        }
    }
    None
}

/// Directories that git fetches from elsewhere.
fn submodules(snapshot: &Snapshot) -> Vec<String> {
    const FILE: &str = ".gitmodules";
    let bytes = snapshot.has_file(FILE).then(|| snapshot.read(FILE).ok()).flatten();
    let text = bytes
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let path = |line: &str| {
        Some(
            line.trim()
                .strip_prefix("path")?
                .trim()
                .strip_prefix('=')?
                .trim()
                .to_owned(),
        )
    };
    text.lines().filter_map(path).collect()
}

impl Entry {
    fn at(&self, file: &str) -> Spotted {
        Spotted {
            file: file.to_owned(),
            line: self.line,
            column: self.column,
            width: self.width,
        }
    }
}

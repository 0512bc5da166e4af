//! The walk over a work tree: files that git does not ignore, each once, links not followed.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{Snapshot, Walk, Walked, relative};
use crate::error::{Error, Kind};

/// A tree with so many files and directories is walked by one thread.
const SMALL: usize = 256;

/// What one thread has found; merged into the whole when the thread ends.
struct Harvest<'a, T> {
    found: Vec<(String, T)>,
    unreadable: Vec<(String, Error)>,
    buffer: Vec<u8>,
    whole: &'a Mutex<Walked<T>>,
}

impl<'a, T> Harvest<'a, T> {
    fn new(whole: &'a Mutex<Walked<T>>) -> Harvest<'a, T> {
        Harvest {
            found: Vec::new(),
            unreadable: Vec::new(),
            buffer: Vec::new(),
            whole,
        }
    }
}

impl<T> Drop for Harvest<'_, T> {
    fn drop(&mut self) {
        // A poisoned lock means that another thread has panicked; that panic is the one to be seen.
        if let Ok(mut whole) = self.whole.lock() {
            whole.found.append(&mut self.found);
            whole.unreadable.append(&mut self.unreadable);
        }
    }
}

pub(super) fn walk<T: Send>(
    snapshot: &Snapshot,
    walk: &Walk<'_>,
    look: &(dyn Fn(&str, &mut Vec<u8>) -> Option<T> + Sync),
) -> Walked<T> {
    let whole = Mutex::new(Walked {
        found: Vec::new(),
        unreadable: Vec::new(),
    });
    let below: Vec<String> = walk
        .below
        .iter()
        .filter(|it| may_begin(snapshot, it))
        .cloned()
        .collect();
    if below.is_empty() && !walk.below.is_empty() {
        return whole.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    }
    let walk = &Walk { below: &below, ..*walk };
    let seen = (!snapshot.tracked().is_empty()).then(|| Mutex::new(HashSet::new()));
    let root = snapshot.root();
    let nested = Arc::new(Mutex::new(Vec::new()));
    let visit = |mine: &mut Harvest<'_, T>, entry: Result<DirEntry, ignore::Error>| {
        let entry = match entry {
            Ok(entry) => entry,
            Err(cause) => return mine.unreadable.push(walk_error(root, &cause)),
        };
        if entry.file_type().is_some_and(|kind| kind.is_file())
            && let Some(path) = entry.path().strip_prefix(root).ok().and_then(relative)
            && (walk.wanted)(&path)
        {
            if let Some(seen) = &seen
                && let Ok(mut seen) = seen.lock()
            {
                seen.insert(path.clone());
            }
            (walk.on_read)();
            read_one(entry.path(), path, mine, look);
        }
    };
    let mut builder = builder(snapshot, walk, Arc::clone(&nested));
    match threads(snapshot, walk) {
        // To start a thread takes longer than to walk a small tree.
        1 => {
            let mut mine = Harvest::new(&whole);
            builder.build().for_each(|entry| visit(&mut mine, entry));
        }
        threads => builder.threads(threads).build_parallel().run(|| {
            let (mut mine, visit) = (Harvest::new(&whole), &visit);
            Box::new(move |entry| {
                visit(&mut mine, entry);
                WalkState::Continue
            })
        }),
    }
    if let Some(Ok(seen)) = seen.map(Mutex::into_inner) {
        let mut mine = Harvest::new(&whole);
        for path in tracked_but_ignored(snapshot, walk, &seen) {
            read_one(&snapshot.locate(path), path.clone(), &mut mine, look);
        }
    }
    let mut walked = whole.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Ok(nested) = nested.lock() {
        let nested: Vec<String> = nested
            .iter()
            .filter_map(|path| path.strip_prefix(root).ok().and_then(relative))
            .collect();
        if !nested.is_empty() {
            walked
                .found
                .retain(|(path, _)| !nested.iter().any(|directory| contains(directory, path)));
        }
    }
    walked.found.sort_by(|a, b| a.0.cmp(&b.0));
    walked.found.dedup_by(|a, b| a.0 == b.0);
    walked.unreadable.sort_by(|a, b| a.0.cmp(&b.0));
    walked
}

/// Where a walk begins it follows links, and so must not begin at one that leads out. What is not there is said by the walk.
fn may_begin(snapshot: &Snapshot, path: &str) -> bool {
    snapshot.stays_inside(path) || !snapshot.locate(path).exists()
}

fn builder(snapshot: &Snapshot, walk: &Walk<'_>, nested: Arc<Mutex<Vec<PathBuf>>>) -> WalkBuilder {
    let mut starts = walk.below.iter().map(|below| snapshot.locate(below));
    let mut builder = WalkBuilder::new(starts.next().unwrap_or_else(|| snapshot.root().to_path_buf()));
    for start in starts {
        builder.add(start);
    }
    builder
        .hidden(false)
        .ignore(false)
        // The crate would read the settings of git by a pattern; what is compiled for that costs more than a small walk.
        .git_global(false)
        .follow_links(false)
        .filter_entry(move |entry| {
            if entry.file_name() != ".git" {
                return true;
            }
            // Below the top it makes its directory a submodule or another work tree: another repository's files.
            if let (true, Some(directory), Ok(mut nested)) = (entry.depth() > 1, entry.path().parent(), nested.lock()) {
                nested.push(directory.to_path_buf());
            }
            false
        });
    let own = snapshot.of_git().and_then(|told| told.ignore_file.as_ref());
    if let Some(file) = own.filter(|file| file.is_file()) {
        // The rules of the user are about any repository, from its root on. What is no rule is passed over, as git does.
        builder.current_dir(snapshot.root());
        drop(builder.add_ignore(file));
    }
    builder
}

/// How many threads a walk is worth. Threads that find nothing to do sleep for a millisecond before they look again, and in a small
/// tree the whole walk takes less.
fn threads(snapshot: &Snapshot, walk: &Walk<'_>) -> usize {
    let mut open: Vec<PathBuf> = walk.below.iter().map(|below| snapshot.locate(below)).collect();
    if open.is_empty() {
        open.push(snapshot.root().to_path_buf());
    }
    let mut entries = 0;
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            entries += 1;
            if entries > SMALL {
                return std::thread::available_parallelism()
                    .map_or(1, std::num::NonZero::get)
                    .min(12);
            }
            if entry.file_name() != ".git" && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.path());
            }
        }
    }
    1
}

fn read_one<T>(
    on_disk: &Path,
    path: String,
    mine: &mut Harvest<'_, T>,
    look: &(dyn Fn(&str, &mut Vec<u8>) -> Option<T> + Sync),
) {
    mine.buffer.clear();
    match File::open(on_disk).and_then(|file| file.take(u64::MAX).read_to_end(&mut mine.buffer)) {
        Ok(_) => {
            if let Some(found) = look(&path, &mut mine.buffer) {
                mine.found.push((path, found));
            }
        }
        // A file that has gone since the directory was listed was never there.
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
        Err(cause) => {
            let error = Error::files(&path, "cannot read", &cause);
            mine.unreadable.push((path, error));
        }
    }
}

/// Paths that git tracks and the walk has not met, because an ignore rule names them.
fn tracked_but_ignored<'a>(
    snapshot: &'a Snapshot,
    walk: &'a Walk<'_>,
    seen: &'a HashSet<String>,
) -> impl Iterator<Item = &'a String> {
    snapshot.tracked().iter().filter(move |path| {
        (walk.wanted)(path)
            && !seen.contains(*path)
            && (walk.below.is_empty() || walk.below.iter().any(|below| contains(below, path)))
            && snapshot
                .locate(path)
                .symlink_metadata()
                .is_ok_and(|facts| facts.is_file())
    })
}

/// Tells whether `path` is `directory` or lies below it; the empty directory holds everything.
fn contains(directory: &str, path: &str) -> bool {
    directory.is_empty()
        || path
            .strip_prefix(directory)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn walk_error(root: &Path, cause: &ignore::Error) -> (String, Error) {
    fn path_of(error: &ignore::Error) -> Option<&Path> {
        match error {
            ignore::Error::WithPath { path, .. } => Some(path),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
            _ => None,
        }
    }
    let path = path_of(cause)
        .map(|path| path.strip_prefix(root).unwrap_or(path).display().to_string())
        .unwrap_or_else(|| root.display().to_string());
    let error = match cause.io_error() {
        Some(io) => Error::files(&path, "cannot read", io),
        None => Error::new(Kind::Files, "file-system", format!("cannot read `{path}`")).because(cause),
    };
    (path, error)
}

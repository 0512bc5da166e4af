//! Answers that can be had again, one file each, in the user's cache.
//!
//! **Invariant:** no command fails because it cannot remember. Files are replaced whole, so that several processes may use a
//! directory at once; only the user can read them.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

/// How long a file is kept that nobody writes.
const LONGEST: Duration = Duration::from_secs(60 * 86_400);
/// How long somebody may take to write a file.
const UNFINISHED: Duration = Duration::from_secs(3_600);
/// How large a file may be, in bytes.
const LIMIT: u64 = 16 * 1024 * 1024;

/// A directory of answers.
pub(crate) struct Kept {
    directory: PathBuf,
    /// How many files are kept.
    most: usize,
    swept: Once,
}

impl Kept {
    /// Nothing is read or made before it is needed.
    pub(crate) fn new(directory: &Path, most: usize) -> Kept {
        Kept {
            directory: directory.to_owned(),
            most,
            swept: Once::new(),
        }
    }

    /// What is kept under a name, which is a file's without its ending; none if it is too large to be ours.
    pub(crate) fn find(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.path(name);
        let is_small = fs::metadata(&path).is_ok_and(|about| about.is_file() && about.len() <= LIMIT);
        is_small.then(|| fs::read(&path).ok())?
    }

    /// Keeps it, and throws away what is old.
    pub(crate) fn keep(&self, name: &str, bytes: &[u8]) {
        // Whoever cannot remember asks again.
        let _ = self.store(name, bytes);
        self.swept.call_once(|| self.sweep());
    }

    fn store(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        make(&self.directory)?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let new = self.directory.join(format!(".{}-{count}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        only_for_the_user(&mut options);
        let written = options
            .open(&new)
            .and_then(|mut file| file.write_all(bytes))
            .and_then(|()| fs::rename(&new, self.path(name)));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.json"))
    }

    /// Throws away what is old, and the oldest of what is too much. The clock is that of the files themselves.
    fn sweep(&self) {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut files: Vec<(SystemTime, PathBuf)> = entries
            .filter_map(|entry| {
                let about = entry.metadata().ok()?;
                about.is_file().then_some((about.modified().ok()?, entry.path()))
            })
            .collect();
        files.sort();
        let Some(newest) = files.last().map(|(time, _)| *time) else {
            return;
        };
        let surplus = files.len().saturating_sub(self.most);
        for (at, (time, path)) in files.iter().enumerate() {
            let age = newest.duration_since(*time).unwrap_or_default();
            let is_ours = path.extension().is_some_and(|it| it == "json");
            let is_unfinished = path.extension().is_some_and(|it| it == "new") && age > UNFINISHED;
            if is_unfinished || (is_ours && (at < surplus || age > LONGEST)) {
                // Another process may have been first.
                let _ = fs::remove_file(path);
            }
        }
    }
}

#[cfg(unix)]
fn make(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn make(directory: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).create(directory)
}

#[cfg(unix)]
fn only_for_the_user(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn only_for_the_user(_options: &mut OpenOptions) {}

//! Runs of rakops in a repository of somebody's: who is alive, and clearing away what those have left that were killed.
//!
//! A run holds the directory of objects for as long as it lives, together with all others: a shared lock, for which nothing is
//! written, and which ends with the process. Its children hold it too, because git goes on for a while when rakops is gone.
//! Whoever finds it held by nobody knows that what bears the name of a run has no owner.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use super::child;
use super::open::{Inside, Repository};

/// Where the references of runs stand: `refs/rakops/RUN/BRANCH`.
const REFERENCES: &str = "refs/rakops/";

/// How directories in `.git` begin and end in which files are made.
pub(super) const STAGE: (&str, &str) = ("rakops-", ".tmp");

/// Somebody else clears away within this time, or has locked the directory for reasons of their own.
const PATIENCE: Duration = Duration::from_millis(500);

/// A run that is alive.
#[derive(Debug)]
pub(crate) struct Alive {
    _directory: File,
}

impl Repository {
    /// Says that a run is alive until the value goes, and clears away after dead ones if no other is. None where the system has no
    /// such lock: nothing is ever cleared away there.
    pub(crate) fn begin_run(&self) -> Option<Alive> {
        let common = self.common_directory();
        let directory = File::open(common.join("objects")).ok()?;
        if directory.try_lock().is_ok() {
            self.clear_away(&common);
        }
        let until = Instant::now() + PATIENCE;
        while directory.try_lock_shared().is_err() {
            if Instant::now() > until {
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        child::hand_down(&directory);
        Some(Alive { _directory: directory })
    }

    /// Nobody is alive: what is there belongs to the dead. What cannot be removed stays, and hurts nobody.
    fn clear_away(&self, common: &Path) {
        for entry in fs::read_dir(common).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(STAGE.0) && name.ends_with(STAGE.1) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let loose = common.join(REFERENCES);
        if !loose.exists() && !self.may_have_packed(common) {
            return;
        }
        remove_locks(&loose);
        self.delete_below(REFERENCES);
        // What is left are directories without a reference in them.
        let _ = fs::remove_dir_all(&loose);
        let _ = fs::remove_dir_all(common.join("logs").join(REFERENCES));
    }

    /// Whether references of runs may stand where no file of theirs is: somebody has run `git gc` after the death of one.
    fn may_have_packed(&self, common: &Path) -> bool {
        match &self.inside {
            Inside::Library(_) => {
                let packed = fs::read(common.join("packed-refs")).unwrap_or_default();
                memchr::memmem::find(&packed, REFERENCES.as_bytes()).is_some()
            }
            Inside::Program(_) => true,
        }
    }
}

/// Removes the locks of references below a directory.
pub(super) fn remove_locks(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => remove_locks(&path),
            _ if path.extension().is_some_and(|it| it == "lock") => drop(fs::remove_file(path)),
            _ => {}
        }
    }
}

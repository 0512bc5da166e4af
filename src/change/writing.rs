//! Who writes into a work tree now: so that what a killed run has left there can be told from what another one needs, and so that
//! a signal ends the program before the first file has changed or after the last one.
//!
//! Whoever writes holds the root, together with others: a shared lock of the directory, for which nothing is written and which
//! ends with the process. Whoever finds it held by nobody knows that temporary files there have no owner.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::apply::clear_temporary;
use super::set::ChangeSet;
use crate::error::{Error, Kind};

/// Somebody else clears away within this time, or has locked the directory for reasons of their own.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long a signal waits for files that are being renamed.
const LAST_FILES: Duration = Duration::from_secs(10);

/// Held while files are written.
static WRITING: Mutex<()> = Mutex::new(());

/// The program is about to end: no file is begun any more.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Files are written as long as it is there.
pub(super) struct Writing {
    _here: MutexGuard<'static, ()>,
    _root: Option<File>,
}

/// Begins to write below `root`, and removes what a killed run has left where files are about to change.
pub(super) fn begin(root: &Path, change_set: &ChangeSet) -> Writing {
    let here = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    Writing {
        _here: here,
        _root: File::open(root)
            .ok()
            .filter(|directory| hold(directory, (root, change_set))),
    }
}

/// Whether it is held; where the system has no such lock, nothing is ever removed.
fn hold(directory: &File, (root, change_set): (&Path, &ChangeSet)) -> bool {
    if directory.try_lock().is_ok() {
        let parents = change_set
            .files
            .iter()
            .filter_map(|change| Path::new(change.path()).parent());
        for parent in parents.collect::<BTreeSet<&Path>>() {
            clear_temporary(&root.join(parent));
        }
    }
    let until = Instant::now() + PATIENCE;
    while directory.try_lock_shared().is_err() {
        if Instant::now() > until {
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
    true
}

/// Asked before each file is begun.
///
/// # Errors
/// [`Kind::Interrupted`] if the program is about to end.
pub(super) fn go_on() -> Result<(), Error> {
    match STOPPED.load(Ordering::SeqCst) {
        true => Err(Error::new(
            Kind::Interrupted,
            "interrupted",
            "interrupted; no file has changed",
        )),
        false => Ok(()),
    }
}

/// For whoever ends the program on a signal: files that are being written are not begun, or all of them get their new content.
/// Nothing is written afterwards; called again, it has nothing left to wait for.
pub(crate) fn stop() {
    if STOPPED.swap(true, Ordering::SeqCst) {
        return;
    }
    let until = Instant::now() + LAST_FILES;
    while Instant::now() < until {
        if let Ok(held) = WRITING.try_lock() {
            // The rest of the program finds it held, until the end of it.
            std::mem::forget(held);
            return;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

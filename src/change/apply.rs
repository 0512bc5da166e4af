//! Writes a change set into a work tree: whole or not at all.
//!
//! **Invariant:** the only file of the crate that writes files.
//!
//! 1. Every file is looked at: still what was read, and may be written.
//! 2. Every new content is written beside its file, with the file's mode, and flushed: many at once, because a disk flushes many as quickly as one.
//! 3. The new files take the place of the old ones, one rename each. If one fails, those before it are put back. The directories are flushed last.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::set::{ChangeSet, FileChange};
use super::side_by_side::each;
use super::writing;
use crate::error::{Error, Hint, Kind};

/// How the names of files begin and end that are not there yet under their own.
pub(super) const TEMPORARY: (&str, &str) = (".rakops-", ".tmp");

/// A file that is ready to be replaced or made.
struct Ready<'a> {
    change: &'a FileChange,
    target: PathBuf,
    /// None for a file that goes.
    fresh: Option<TempPath>,
}

/// Writes `change_set` below `root`.
///
/// # Errors
/// [`Kind::Refused`] if a file has changed since it was read, is read-only, or is there already; [`Kind::Files`] if
/// the file system fails; [`Kind::Interrupted`] if the program is about to end. In all cases every file is as it was, or the
/// error says which one is not.
pub(crate) fn apply(root: &Path, change_set: &ChangeSet) -> Result<(), Error> {
    let _writing = writing::begin(root, change_set);
    let mut changes: Vec<&FileChange> = change_set.files.iter().collect();
    changes.sort_by_key(|change| turn(change));
    let mut looked = Vec::with_capacity(changes.len());
    for change in changes {
        let target = root.join(change.path());
        super::links::refuse_beyond(root, change)?;
        let facts = check(change, &target)?;
        looked.push((change, target, facts));
    }
    let fresh: Vec<_> = each(&looked, |(change, target, facts)| {
        writing::go_on()?;
        write_beside(change, target, facts.as_ref())
    });
    let mut ready = Vec::with_capacity(looked.len());
    for ((change, target, _), fresh) in looked.into_iter().zip(fresh) {
        ready.push(Ready {
            change,
            target,
            fresh: fresh?,
        });
    }
    let mut written: Vec<(&FileChange, PathBuf)> = Vec::with_capacity(ready.len());
    for Ready { change, target, fresh } in ready {
        // The time between the first look and this one is that of all the writing.
        let outcome = check(change, &target).and_then(|_| put(change, fresh, &target));
        if let Err(error) = outcome {
            return Err(put_back(error, &written));
        }
        written.push((change, target));
    }
    let directories: BTreeSet<&Path> = written.iter().filter_map(|(_, target)| target.parent()).collect();
    each(&directories.into_iter().collect::<Vec<_>>(), |directory| {
        flush(directory)
    });
    Ok(())
}

/// New files come before those that name them, and what goes does so when nothing names it any more: so no moment in between
/// leaves a kustomization with a file that is not there.
fn turn(change: &FileChange) -> u8 {
    match (change.before(), change.after()) {
        (None, _) => 0,
        (Some(_), Some(_)) => 1,
        (Some(_), None) => 2,
    }
}

/// Makes a new, empty directory below `parent`, with a name that starts with `prefix`, and returns its path.
///
/// # Errors
/// [`Kind::Files`] if it cannot be made.
pub(crate) fn fresh_directory(parent: &Path, prefix: &str) -> Result<PathBuf, Error> {
    tempfile::Builder::new()
        .prefix(prefix)
        .tempdir_in(parent)
        .map(tempfile::TempDir::keep)
        .map_err(|cause| Error::files(parent.display().to_string(), "cannot make a directory in", &cause))
}

/// Writes `text` as the whole of a file of our own, such as a note in a cache. Readers see the old text or the new.
///
/// # Errors
/// [`Kind::Files`] if it cannot be written.
pub(crate) fn keep(file: &Path, content: impl AsRef<[u8]>) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        let fresh = fresh_file(file, content.as_ref(), None)?;
        fresh.persist(file).map_err(|failure| failure.error)
    };
    write().map_err(|cause| {
        Error::new(Kind::Files, "file-system", format!("cannot write `{}`", file.display())).because(cause)
    })
}

/// Makes a directory, and those it lies in, where they are not there.
///
/// # Errors
/// [`Kind::Files`] if it cannot be made.
pub(crate) fn make_directory(directory: &Path) -> Result<(), Error> {
    fs::create_dir_all(directory).map_err(|cause| {
        let what = format!("cannot make the directory `{}`", directory.display());
        Error::new(Kind::Files, "file-system", what).because(cause)
    })
}

/// Adds `text` to the end of a file, which is made if it is not there: for the files that a CI system names.
///
/// # Errors
/// [`Kind::Files`] if it cannot be written.
pub(crate) fn append(file: &Path, text: &str) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(file)?;
        file.write_all(text.as_bytes())
    };
    write().map_err(|cause| {
        Error::new(Kind::Files, "file-system", format!("cannot write `{}`", file.display())).because(cause)
    })
}

/// Removes temporary files from a directory in which nobody writes. What cannot be removed stays, and hurts nobody.
pub(super) fn clear_temporary(directory: &Path) {
    let (before, after) = TEMPORARY;
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(before) && name.ends_with(after) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn check(change: &FileChange, target: &Path) -> Result<Option<Metadata>, Error> {
    let path = change.path();
    let leads_out = |part: Component<'_>| !matches!(part, Component::Normal(_) | Component::CurDir);
    if Path::new(path).components().any(leads_out) {
        return Err(Error::new(
            Kind::Refused,
            "outside-repository",
            format!("`{path}` lies outside of the repository"),
        ));
    }
    if change.before().is_some() && target.is_symlink() {
        return Err(Error::new(
            Kind::Refused,
            "not-a-file",
            format!("`{path}` is a link, and would become a file"),
        )
        .hint(Hint::Say("edit what it leads to".into())));
    }
    match change.before() {
        None => match target.symlink_metadata() {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(Error::files(path, "cannot make", &cause)),
            Ok(_) => Err(Error::new(
                Kind::Refused,
                "file-exists",
                format!("`{path}` is there already"),
            )),
        },
        Some(before) => {
            let facts = fs::metadata(target).map_err(|cause| Error::files(path, "cannot read", &cause))?;
            if facts.permissions().readonly() {
                return Err(Error::new(
                    Kind::Refused,
                    "file-read-only",
                    format!("`{path}` is read-only"),
                ));
            }
            let now = fs::read(target).map_err(|cause| Error::files(path, "cannot read", &cause))?;
            if now != before {
                return Err(Error::new(
                    Kind::Refused,
                    "file-changed",
                    format!("`{path}` has changed since it was read"),
                )
                .hint(Hint::Say(
                    "run the command again: it will read the file as it is now".into(),
                )));
            }
            Ok(Some(facts))
        }
    }
}

fn write_beside(change: &FileChange, target: &Path, facts: Option<&Metadata>) -> Result<Option<TempPath>, Error> {
    let Some(bytes) = change.after() else { return Ok(None) };
    if change.before().is_none()
        && let Some(directory) = target.parent()
    {
        fs::create_dir_all(directory).map_err(|cause| Error::files(change.path(), "cannot make", &cause))?;
    }
    let fresh = fresh_file(target, bytes, facts);
    fresh
        .map(Some)
        .map_err(|cause| Error::files(change.path(), "cannot write", &cause))
}

/// Makes a file in the directory of `target` that holds `bytes`, with the mode and, where allowed, the owner of `facts`.
fn fresh_file(target: &Path, bytes: &[u8], facts: Option<&Metadata>) -> io::Result<TempPath> {
    let directory = target.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let (before, after) = TEMPORARY;
    builder.prefix(before).suffix(after);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A new file gets what the user's umask leaves of this, as from any other program.
        builder.permissions(facts.map_or(fs::Permissions::from_mode(0o666), Metadata::permissions));
    }
    let mut fresh: NamedTempFile = builder.tempfile_in(directory)?;
    fresh.write_all(bytes)?;
    if let Some(facts) = facts {
        let made = fresh.as_file().metadata()?;
        // The umask may have taken some. Asking costs less than setting what is there.
        if made.permissions() != facts.permissions() {
            fresh.as_file().set_permissions(facts.permissions())?;
        }
        keep_owner(fresh.as_file(), (&made, facts));
    }
    fresh.as_file().sync_all()?;
    Ok(fresh.into_temp_path())
}

#[cfg(unix)]
fn keep_owner(file: &File, (made, facts): (&Metadata, &Metadata)) {
    use std::os::unix::fs::MetadataExt;
    // Only root may give files away; for everybody else the file is theirs already.
    if (made.uid(), made.gid()) != (facts.uid(), facts.gid()) {
        let _ = std::os::unix::fs::fchown(file, Some(facts.uid()), Some(facts.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _facts: (&Metadata, &Metadata)) {}

fn put(change: &FileChange, fresh: Option<TempPath>, target: &Path) -> Result<(), Error> {
    let Some(fresh) = fresh else {
        return fs::remove_file(target).map_err(|cause| Error::files(change.path(), "cannot delete", &cause));
    };
    let outcome = match change.before() {
        Some(_) => fresh.persist(target),
        None => fresh.persist_noclobber(target),
    };
    outcome.map_err(|failure| Error::files(change.path(), "cannot write", &failure.error))
}

/// Makes renames themselves durable, where directories can be flushed.
fn flush(directory: &Path) {
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
}

/// Takes back what was written before `error`, and adds to it what could not be taken back.
fn put_back(mut error: Error, written: &[(&FileChange, PathBuf)]) -> Error {
    let mut restored = 0;
    for (change, target) in written.iter().rev() {
        let outcome = match change.before() {
            None => fs::remove_file(target),
            // What is gone has no facts any more: it comes back as a new file would.
            Some(before) if change.after().is_none() => fresh_file(target, before, None)
                .and_then(|fresh| fresh.persist(target).map_err(|failure| failure.error)),
            Some(before) => fs::metadata(target)
                .and_then(|facts| fresh_file(target, before, Some(&facts)))
                .and_then(|fresh| fresh.persist(target).map_err(|failure| failure.error)),
        };
        match outcome {
            Ok(()) => restored += 1,
            Err(cause) => error = error.because(format!("`{}` could not be put back: {cause}", change.path())),
        }
    }
    if restored > 0 {
        let files = if restored == 1 {
            "1 file".to_owned()
        } else {
            format!("{restored} files")
        };
        error = error.because(format!("{files} written before it: put back as it was"));
    }
    error
}

#[cfg(test)]
mod tests;

//! Bringing the files of a work tree from one commit to another so that each of them is, at any moment, the old one or the new
//! one: git removes a file before it writes the new one, and a power cut in between leaves neither.
//!
//! Git still makes the new files, with its filters and line breaks, but beside their places; they are moved there by rename.
//! Index, files, reference: in this order, so that whatever was cut off can be seen for what it is ([`Repository::is_cut_off`])
//! and be done again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::names::Oid;
use super::open::Repository;
use super::program::{Finished, Git, said};
use super::runs::STAGE;
use super::work_trees::Step;
use crate::error::Error;

/// One file that differs between the two commits.
#[derive(Debug)]
struct Change {
    path: String,
    /// With its mode, as git writes it; so is the new one.
    old: Option<(String, Oid)>,
    new: Option<(String, Oid)>,
}

/// What stands at the place of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    Old,
    New,
}

/// How it went.
pub(super) enum Forward {
    Done,
    /// Nothing was changed: it takes more than files that are replaced, and is left to git.
    LeftToGit,
    /// Everything is as it was; with what stood in the way.
    Failed(String),
}

impl Repository {
    /// Tells whether files of a work tree differ from its last commit only because a run was killed that had begun to bring
    /// them along this way: each of them is as before it or as after it, on disk and in the index.
    ///
    /// # Errors
    /// What git says.
    pub(crate) fn is_cut_off(&self, git: &Git, work_tree: &Path, step: &Step) -> Result<bool, Error> {
        let git = git.at(work_tree);
        let Some(changes) = changes(&git, step)? else {
            return Ok(false);
        };
        let differing = self.differing(&git, work_tree)?;
        let is_meant = |path: &String| changes.iter().any(|change| change.path == *path);
        if !differing.iter().all(is_meant) || states(&git, work_tree, &changes)?.is_none() {
            return Ok(false);
        }
        // What is neither in the index was staged by somebody.
        let args = ["read-tree", "-n", "-i", "-m", step.from.as_str(), step.to.as_str()];
        Ok(by_looking(&git, &args)?.is_success())
    }
}

/// Brings index, files and branch along.
///
/// # Errors
/// What running git says; what git refuses is a [`Forward`].
pub(super) fn forward(here: &Repository, git: &Git, (work_tree, step): (&Path, &Step)) -> Result<Forward, Error> {
    if is_special(here, git)? {
        return Ok(Forward::LeftToGit);
    }
    let Some(changes) = changes(git, step)? else {
        return Ok(Forward::LeftToGit);
    };
    let Some(states) = states(git, work_tree, &changes)? else {
        return Ok(Forward::LeftToGit);
    };
    let due: Vec<&Change> = changes
        .iter()
        .zip(&states)
        .filter(|(_, now)| **now == Now::Old)
        .map(|(change, _)| change)
        .collect();
    let _whole = super::child::to_its_end();
    let stage = Stage::new(&here.common_directory());
    if let Some(why) = stage.fill(git, &due)? {
        return Ok(why);
    }
    // Not every file can be kept by a second name: it may lie on another disk, or belong to somebody else.
    if due.iter().any(|change| stage.keep(work_tree, change).is_err()) {
        return Ok(Forward::LeftToGit);
    }
    let (from, to) = (step.from.as_str(), step.to.as_str());
    let index = by_looking(git, &["read-tree", "-i", "-m", from, to])?;
    if !index.is_success() {
        return Ok(Forward::Failed(said(&index.stderr)));
    }
    let mut moved = Vec::with_capacity(due.len());
    let mut failure = None;
    for change in due {
        if let Err(cause) = stage.replace(work_tree, change) {
            failure = Some(match cause.kind() {
                io::ErrorKind::CrossesDevices => Forward::LeftToGit,
                _ => Forward::Failed(format!("`{}`: {cause}", change.path)),
            });
            break;
        }
        moved.push(change);
    }
    if failure.is_none() {
        let reference = step.branch.reference();
        let args = [
            "-c",
            NO_HOOKS,
            "update-ref",
            "-m",
            "rakops: Fast-forward",
            &reference,
            to,
            from,
        ];
        let updated = git.run(&args, None, &[])?;
        // One that was killed at its last step has moved it all the same.
        if updated.is_success() || here.tip(&reference)?.as_ref() == Some(&step.to) {
            // It only saves others the work of looking at the files again.
            let _ = by_looking(git, &["update-index", "-q", "--refresh"]);
            return Ok(Forward::Done);
        }
        failure = Some(Forward::Failed(said(&updated.stderr)));
    }
    for change in moved.iter().rev() {
        let _ = stage.put_back(work_tree, change);
    }
    let _ = by_looking(git, &["read-tree", "-i", "-m", to, from]);
    Ok(failure.unwrap_or(Forward::LeftToGit))
}

/// No program of the user is run by a step that only repeats what a commit says.
pub(super) const NO_HOOKS: &str = "core.hooksPath=/dev/null";

/// See [`by_looking`].
pub(super) const NO_MONITOR: &str = "core.fsmonitor=false";

/// Runs git so that it looks at the files itself: a monitor of the file system (`core.fsmonitor`) that is wrong about one would
/// have it overwritten, and one that hangs would never let it end.
///
/// # Errors
/// As [`Git::run`].
pub(super) fn by_looking(git: &Git, args: &[&str]) -> Result<Finished, Error> {
    git.run(&[&["-c", NO_MONITOR], args].concat(), None, &[])
}

/// Whether more is under way here, or less is checked out, than this module knows of.
fn is_special(here: &Repository, git: &Git) -> Result<bool, Error> {
    if git.config_bool("core.sparsecheckout") == Some(true) {
        return Ok(true);
    }
    let directory = here.own_directory(git)?;
    Ok(["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG"]
        .iter()
        .any(|name| directory.join(name).exists()))
}

/// What differs between the commits of a step; none if that is not regular files alone, or says how files are written.
fn changes(git: &Git, step: &Step) -> Result<Option<Vec<Change>>, Error> {
    let args = [
        "diff-tree",
        "-r",
        "-z",
        "--no-renames",
        step.from.as_str(),
        step.to.as_str(),
    ];
    let listed = by_looking(git, &args)?.or_fail("git cannot compare two commits")?;
    let Ok(text) = String::from_utf8(listed.stdout) else {
        return Ok(None);
    };
    let mut fields = text.split_terminator('\0');
    let mut changes = Vec::new();
    while let (Some(facts), Some(path)) = (fields.next(), fields.next()) {
        let mut facts = facts.trim_start_matches(':').split(' ');
        let (Some(old_mode), Some(new_mode)) = (facts.next(), facts.next()) else {
            return Ok(None);
        };
        let ids: Vec<Option<Oid>> = facts.take(2).map(Oid::parse).collect();
        let is_plain = |mode: &str| matches!(mode, "100644" | "100755" | "000000");
        let is_attributes = path.rsplit('/').next() == Some(".gitattributes");
        // Names go to git one a line, and it reads a quoted one as it is meant.
        let is_odd = path.contains('\n') || path.ends_with('\r') || path.starts_with('"');
        if !is_plain(old_mode) || !is_plain(new_mode) || is_attributes || is_odd {
            return Ok(None);
        }
        // The id of nothing is zeros.
        let [old, new] = [(old_mode, 0), (new_mode, 1)].map(|(mode, at)| match mode {
            "000000" => None,
            _ => ids.get(at).cloned().flatten().map(|id| (mode.to_owned(), id)),
        });
        changes.push(Change {
            path: path.to_owned(),
            old,
            new,
        });
    }
    Ok(Some(changes))
}

/// What stands where each change is to be made; none as soon as one is neither what it was nor what it will be.
fn states(git: &Git, work_tree: &Path, changes: &[Change]) -> Result<Option<Vec<Now>>, Error> {
    let modes_count = cfg!(unix) && git.config_bool("core.filemode") != Some(false);
    let mut there = Vec::with_capacity(changes.len());
    for change in changes {
        if is_beyond_link(work_tree, &change.path) {
            return Ok(None);
        }
        match fs::symlink_metadata(work_tree.join(&change.path)) {
            Ok(facts) if facts.is_file() => there.push(Some(mode_of(&facts))),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => there.push(None),
            _ => return Ok(None),
        }
    }
    let named = changes.iter().zip(&there).filter(|(_, mode)| mode.is_some());
    let paths: String = named.map(|(change, _)| format!("{}\n", change.path)).collect();
    let hashed = git.run(&["hash-object", "--stdin-paths"], Some(paths.as_bytes()), &[])?;
    if !hashed.is_success() {
        return Ok(None);
    }
    let text = hashed.text();
    let mut ids = text.lines().map(Oid::parse);
    let mut states = Vec::with_capacity(changes.len());
    for (change, mode) in changes.iter().zip(there) {
        let now = match mode {
            None => None,
            Some(mode) => match ids.next().flatten() {
                Some(id) => Some((mode, id)),
                None => return Ok(None),
            },
        };
        // A mode that neither has was set by somebody.
        let is = |side: &Option<(String, Oid)>| match (&now, side) {
            (Some((mode, id)), Some((meant, other))) => id == other && (mode == meant || !modes_count),
            (now, side) => now.is_none() && side.is_none(),
        };
        if is(&change.old) {
            states.push(Now::Old);
        } else if is(&change.new) {
            states.push(Now::New);
        } else {
            return Ok(None);
        }
    }
    Ok(Some(states))
}

/// The mode that git would note.
#[cfg(unix)]
fn mode_of(facts: &fs::Metadata) -> &'static str {
    use std::os::unix::fs::PermissionsExt;
    match facts.permissions().mode() & 0o100 {
        0 => "100644",
        _ => "100755",
    }
}

#[cfg(not(unix))]
fn mode_of(_facts: &fs::Metadata) -> &'static str {
    "100644"
}

fn is_beyond_link(work_tree: &Path, path: &str) -> bool {
    let above = Path::new(path).ancestors().skip(1);
    above
        .filter(|directory| !directory.as_os_str().is_empty())
        .any(|directory| work_tree.join(directory).is_symlink())
}

/// A directory where new files are made and old ones kept until it is over; it goes with this value, and that of a run that was
/// killed goes with the next run.
struct Stage {
    directory: PathBuf,
}

impl Stage {
    fn new(common: &Path) -> Stage {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let (before, after) = STAGE;
        Stage {
            directory: common.join(format!("{before}{}-{count}{after}", std::process::id())),
        }
    }

    /// Has git make the new files; with what comes of it if it cannot, or not beside the others.
    fn fill(&self, git: &Git, due: &[&Change]) -> Result<Option<Forward>, Error> {
        if fs::create_dir_all(self.directory.join("old")).is_err() {
            return Ok(Some(Forward::LeftToGit));
        }
        let fresh = due.iter().filter_map(|change| Some((change, change.new.as_ref()?)));
        let entries: String = fresh
            .map(|(change, (mode, id))| format!("{mode} {id}\t{}\0", change.path))
            .collect();
        // An index of its own: that of the work tree has all its other files in it.
        let index = self.directory.join("index").to_string_lossy().into_owned();
        let index = [("GIT_INDEX_FILE".to_owned(), index)];
        let filled = git.run(
            &["-c", NO_MONITOR, "update-index", "-z", "--index-info"],
            Some(entries.as_bytes()),
            &index,
        )?;
        if !filled.is_success() {
            return Ok(Some(Forward::LeftToGit));
        }
        let prefix = format!("--prefix={}/new/", self.directory.display());
        let words = ["-c", NO_MONITOR, "checkout-index", "--all", "--quiet", &prefix];
        let made = git.run(&words, None, &index)?;
        // A filter that fails would fail for git again, once it has removed the file that is there.
        if !made.is_success() {
            return Ok(Some(Forward::Failed(said(&made.stderr))));
        }
        let is_whole = due.iter().all(|change| self.has_made(change));
        Ok((!is_whole).then_some(Forward::LeftToGit))
    }

    fn has_made(&self, change: &Change) -> bool {
        let Some(_) = change.new else { return true };
        // Written down before it gets its name, as every file that rakops writes.
        let made = File::open(self.fresh(change)).and_then(|file| file.sync_all());
        made.is_ok()
    }

    fn fresh(&self, change: &Change) -> PathBuf {
        self.directory.join("new").join(&change.path)
    }

    fn kept(&self, change: &Change) -> PathBuf {
        self.directory.join("old").join(&change.path)
    }

    /// Gives what stands there a second name, by which it can be put back.
    fn keep(&self, work_tree: &Path, change: &Change) -> io::Result<()> {
        if change.old.is_none() {
            return Ok(());
        }
        let kept = self.kept(change);
        kept.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::hard_link(work_tree.join(&change.path), kept)
    }

    fn replace(&self, work_tree: &Path, change: &Change) -> io::Result<()> {
        let target = work_tree.join(&change.path);
        match &change.new {
            Some(_) => {
                target.parent().map_or(Ok(()), fs::create_dir_all)?;
                fs::rename(self.fresh(change), &target)
            }
            None => {
                fs::remove_file(&target)?;
                remove_empty(work_tree, &target);
                Ok(())
            }
        }
    }

    fn put_back(&self, work_tree: &Path, change: &Change) -> io::Result<()> {
        let target = work_tree.join(&change.path);
        match &change.old {
            Some(_) => {
                target.parent().map_or(Ok(()), fs::create_dir_all)?;
                fs::rename(self.kept(change), &target)
            }
            None => {
                fs::remove_file(&target)?;
                remove_empty(work_tree, &target);
                Ok(())
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Removes directories that a file was the last one of, as git does.
fn remove_empty(work_tree: &Path, target: &Path) {
    let above = target.ancestors().skip(1).take_while(|it| *it != work_tree);
    for directory in above {
        if fs::remove_dir(directory).is_err() {
            break;
        }
    }
}

//! The cached repository of `--repo URL`: bare, without files until they are read, shared by all runs on a machine.
//!
//! **Invariant:** no secret is written here: the address and the token come by the environment of each run.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::credentials::GitToken;
use super::names::{BranchName, Oid, RemoteUrl};
use super::open::Repository;
use super::program::{Git, Manner};
use super::remote::{Blobs, Depth, Remote};
use crate::error::{Error, Kind};
use crate::text::code::fnv;

/// Where in a cached repository the tips that were seen last are kept, so that the next fetch is small.
const KEPT: &str = "refs/rakops/kept/";
/// The settings of a cached repository. A pack is there as a whole or not at all; loose objects of a fetch that was killed
/// would be neither.
const SETTINGS: &str = "[core]\n\tlogAllRefUpdates = false\n[gc]\n\tauto = 0\n[fetch]\n\tunpackLimit = 1\n";
/// A file of our own in a cached repository; it is there when the repository is whole.
const WHOLE: &str = "rakops-cache-1";

/// What git takes for a depth without end. Source: `INFINITE_DEPTH` in git's shallow.h.
const EVERYTHING: u32 = 0x7fff_ffff;

/// A pack is three or four files; with so many, reading becomes slow.
const MANY_FILES_OF_PACKS: usize = 300;

/// Whether the server left out what was not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filtered {
    /// Files come when they are read.
    Yes,
    /// All files of the tip were fetched: the server cannot filter.
    No,
}

/// A repository in the cache.
pub(crate) struct Cache {
    /// Git in it. Its runs know the address of the remote.
    pub(crate) git: Git,
    /// The repository.
    pub(crate) repository: Repository,
    /// Where it comes from and where pushes go.
    pub(crate) remote: Remote,
    directory: PathBuf,
}

/// What was brought up to date.
#[derive(Clone, Debug)]
pub(crate) struct Refreshed {
    /// The branches that were asked for and are there.
    pub(crate) branches: BTreeMap<BranchName, Oid>,
    /// Every branch of the remote.
    pub(crate) all: Vec<BranchName>,
    /// Whether files were left out; none if nothing had to be fetched.
    pub(crate) filtered: Option<Filtered>,
}

impl Cache {
    /// Opens the cached repository of an address, and makes it if it is not there. Many processes may do so at once.
    ///
    /// `token` is given to every run of git in it, in place of any that git has.
    ///
    /// # Errors
    /// [`Kind::Files`] if it cannot be made; what [`Git::run`] says.
    pub(crate) fn open(
        caches: &Path,
        url: &RemoteUrl,
        manner: Manner,
        token: Option<GitToken>,
    ) -> Result<Cache, Error> {
        let directory = caches.join(name_of(url));
        let mut remote = Remote::at(url.clone()).that_promises();
        remote.token = token;
        let nowhere = Git::new(caches, manner);
        if !is_whole(&directory) {
            make(caches, &directory, &nowhere)?;
        }
        let git = nowhere.at(&directory);
        let git = git.with_variables(remote.variables(&git));
        let repository = match Repository::open_with(&directory, &git) {
            Ok(repository) => repository,
            Err(error) if error.kind == Kind::Files => {
                // Broken: nothing in it is the only copy of anything.
                let _held = hold(caches, &directory)?;
                if Repository::open_with(&directory, &git).is_err() {
                    discard(&directory)?;
                    make_whole(&directory, &nowhere, "sha1")?;
                }
                Repository::open_with(&directory, &git)?
            }
            Err(error) => return Err(error),
        };
        remote.token = None;
        Ok(Cache {
            git,
            repository,
            remote: remote.that_is_known(),
            directory,
        })
    }

    /// Brings branches up to date and keeps each under `into` followed by its name; without any named, the default branch.
    /// Nothing is fetched if the tips are here already.
    ///
    /// # Errors
    /// As [`Remote::tips`] and [`Remote::fetch`].
    pub(crate) fn refresh(&mut self, branches: &[BranchName], into: &str) -> Result<Refreshed, Error> {
        let tips = self.remote.tips(&self.git)?;
        let wanted: Vec<BranchName> = match branches {
            [] => tips.default.iter().cloned().collect(),
            named => named.to_vec(),
        };
        let mut refreshed = Refreshed {
            branches: BTreeMap::new(),
            all: tips.branches.keys().cloned().collect(),
            filtered: None,
        };
        let wanted: Vec<(BranchName, Oid)> = wanted
            .into_iter()
            .filter_map(|branch| Some((branch.clone(), tips.branches.get(&branch)?.clone())))
            .collect();
        if let Some((_, tip)) = wanted.first() {
            self.speak_the_ids_of(tip)?;
        }
        if !self.has_all(&wanted) {
            // One fetch at a time: two would fight for the list of shallow commits. Whoever waited may find all here.
            let _held = hold(self.caches(), &self.directory)?;
            if !self.has_all(&wanted) {
                let names: Vec<BranchName> = wanted.iter().map(|(branch, _)| branch.clone()).collect();
                let depth = Depth::One(Blobs::Later);
                self.tidy();
                let (fetched, filtered) = self.remote.fetch_and_tell(&self.git, &names, (KEPT, depth))?;
                refreshed.filtered = Some(filtered);
                refreshed.branches = fetched;
            }
        }
        if refreshed.branches.is_empty() {
            refreshed.branches = wanted.into_iter().collect();
        }
        self.keep(&refreshed.branches, into)?;
        Ok(refreshed)
    }

    /// Notes tips under `into`, where they are not noted yet.
    fn keep(&self, tips: &BTreeMap<BranchName, Oid>, into: &str) -> Result<(), Error> {
        let mut held = None;
        for (branch, tip) in tips {
            let name = format!("{into}{branch}");
            if self.noted(&name).as_ref() == Some(tip) {
                continue;
            }
            // References are written under the lock, so that any lock of git that is found under it has no owner.
            if held.is_none() {
                held = Some(hold(self.caches(), &self.directory)?);
                self.remove_locks();
            }
            let old = self.noted(&name);
            let expect = old.map_or(super::refs::Expect::Absent, super::refs::Expect::Tip);
            self.repository.set_reference(&name, tip, &expect)?;
        }
        Ok(())
    }

    /// The tip that was noted under a name. One whose commit is missing is none, and is fetched again.
    fn noted(&self, name: &str) -> Option<Oid> {
        self.repository.tip(name).ok().flatten()
    }

    /// Removes the locks of runs that were killed. Needs the lock.
    fn remove_locks(&self) {
        super::runs::remove_locks(&self.directory.join("refs"));
        for name in [
            "shallow.lock",
            "packed-refs.lock",
            "gc.pid.lock",
            "HEAD.lock",
            "config.lock",
        ] {
            let _ = fs::remove_file(self.directory.join(name));
        }
    }

    /// Makes the repository anew if the remote's ids are of the other sort: SHA-256 instead of SHA-1.
    fn speak_the_ids_of(&mut self, tip: &Oid) -> Result<(), Error> {
        if self.repository.id_length() * 2 == tip.as_str().len() {
            return Ok(());
        }
        let _held = hold(self.caches(), &self.directory)?;
        self.speak_the_ids_in(tip)
    }

    /// The same, with the lock held.
    fn speak_the_ids_in(&mut self, tip: &Oid) -> Result<(), Error> {
        let (format, length) = match tip.as_str().len() {
            64 => ("sha256", 32),
            _ => ("sha1", 20),
        };
        if self.repository.id_length() == length {
            return Ok(());
        }
        let now = Repository::open_with(&self.directory, &self.git.with_variables(Vec::new()))?;
        if now.id_length() != length {
            discard(&self.directory)?;
            make_whole(&self.directory, &self.git.at(self.caches()), format)?;
        }
        self.git = self.git.with_variables(Vec::new());
        self.repository = Repository::open_with(&self.directory, &self.git)?;
        Ok(())
    }

    /// Holds the lock under which this repository is fetched into, for fetches by [`Cache::remote`] itself.
    ///
    /// # Errors
    /// [`Kind::Files`] if the lock cannot be had.
    pub(crate) fn hold(&self) -> Result<Held, Error> {
        hold(self.caches(), &self.directory)
    }

    /// Fetches commits and what stands before them, so many of each at most, or all: neither trees nor files, where the
    /// server can. A repository that has whole histories already gets what is new. Needs the lock.
    ///
    /// Ids are asked for as they are; one that is abbreviated can only be found among the branches, which are fetched then.
    ///
    /// # Errors
    /// As [`Remote::tips`]; a server may refuse to send what no branch of it holds.
    pub(crate) fn fetch_history(&mut self, _held: &Held, commits: &[&str], depth: Option<u32>) -> Result<(), Error> {
        let ids: Vec<Oid> = commits.iter().filter_map(|commit| Oid::parse(commit)).collect();
        if let Some(id) = ids.first() {
            self.speak_the_ids_in(id)?;
        }
        self.tidy();
        // Under these names they are what the next fetch need not send again.
        let by_id = ids
            .iter()
            .enumerate()
            .map(|(at, id)| format!("+{id}:{KEPT}source/{at}"));
        let mut wanted: Vec<String> = by_id.collect();
        if ids.len() < commits.len() {
            wanted.push(format!("+refs/heads/*:{KEPT}heads/*"));
        }
        let is_whole = !self.repository.is_shallow() && self.noted(&format!("{KEPT}source/0")).is_some();
        let depth = if is_whole { None } else { depth.or(Some(EVERYTHING)) };
        self.remote.fetch_commits(&self.git, &wanted, depth)
    }

    /// Clears away what a run that was killed has left, and packs together what many runs have fetched. Needs the lock.
    fn tidy(&self) {
        // Nobody else fetches now, so that a lock of git has no owner.
        self.remove_locks();
        let packs = fs::read_dir(self.directory.join("objects/pack")).map_or(0, Iterator::count);
        if packs > MANY_FILES_OF_PACKS {
            // It can be done another time as well.
            let _ = self.git.run(&["gc", "--quiet"], None, &[]);
        }
    }

    /// Where notes about what is in it may be kept: they go when it goes.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    fn has_all(&self, tips: &[(BranchName, Oid)]) -> bool {
        // A commit that is here came with its trees: a fetch is taken over as a whole.
        tips.iter().all(|(_, tip)| self.repository.has(tip))
    }

    fn caches(&self) -> &Path {
        self.directory.parent().unwrap_or(&self.directory)
    }
}

/// A lock on a cached repository; it ends with this value, and with the process.
pub(crate) struct Held {
    _file: File,
}

fn hold(caches: &Path, directory: &Path) -> Result<Held, Error> {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let path = caches.join(format!("{name}.lock"));
    let failed = |cause: std::io::Error| Error::files(path.display().to_string(), "cannot lock", &cause);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(Held { _file: file })
}

fn make(caches: &Path, directory: &Path, git: &Git) -> Result<(), Error> {
    fs::create_dir_all(caches)
        .map_err(|cause| Error::files(caches.display().to_string(), "cannot make the directory", &cause))?;
    let _held = hold(caches, directory)?;
    if is_whole(directory) {
        return Ok(());
    }
    discard(directory)?;
    remove_unfinished(directory);
    make_whole(directory, git, "sha1")
}

/// Removes what runs have left beside a cached repository that were killed while they made it. Needs the lock.
fn remove_unfinished(directory: &Path) {
    let (Some(parent), Some(name)) = (directory.parent(), directory.file_name()) else {
        return;
    };
    let beginning = format!("{}{BEING_MADE}", name.to_string_lossy());
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&beginning) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// What follows its name while a cached repository is being made.
const BEING_MADE: &str = ".new-";

/// Whether what makes it a repository is there. `HEAD` never moves in it.
fn is_whole(directory: &Path) -> bool {
    let read = |name: &str| fs::read(directory.join(name)).ok();
    let whole = read(WHOLE);
    whole.is_some() && read("HEAD") == whole && directory.join("objects").is_dir() && directory.join("refs").is_dir()
}

/// Makes the repository beside its place and moves it there, so that nobody ever sees half of it.
fn make_whole(directory: &Path, git: &Git, format: &str) -> Result<(), Error> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let failed = |cause: std::io::Error| Error::files(directory.display().to_string(), "cannot make the cache", &cause);
    let _whole = super::child::to_its_end();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut new = directory.as_os_str().to_owned();
    new.push(format!("{BEING_MADE}{}-{count}", std::process::id()));
    let new = PathBuf::from(new);
    let shown = new.to_string_lossy().into_owned();
    let format = format!("--object-format={format}");
    let args = [
        "init",
        "--bare",
        "--quiet",
        "--template=",
        &format,
        "--end-of-options",
        &shown,
    ];
    let make = || -> Result<(), Error> {
        let made = git.run(&args, None, &[])?;
        made.or_fail("git cannot make the cache")?;
        // That files may be missing is said by the environment of each run (`remote.rakops.promisor`), not by the extension
        // `partialClone`: libgit2 would not open the repository. One write instead of three runs of git.
        let mut config = OpenOptions::new()
            .append(true)
            .open(new.join("config"))
            .map_err(failed)?;
        config.write_all(SETTINGS.as_bytes()).map_err(failed)?;
        fs::copy(new.join("HEAD"), new.join(WHOLE)).map_err(failed)?;
        fs::rename(&new, directory).map_err(failed)
    };
    make().inspect_err(|_| drop(fs::remove_dir_all(&new)))
}

fn discard(directory: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(directory) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(Error::files(
            directory.display().to_string(),
            "cannot remove the broken cache",
            &cause,
        )),
        _ => Ok(()),
    }
}

/// A name that can be read, and differs for different addresses: what they have of users and passwords is no part of it.
fn name_of(url: &RemoteUrl) -> String {
    let identity = format!(
        "{:?} {} {} {}",
        url.scheme(),
        url.host().unwrap_or_default(),
        url.port().map_or_else(String::new, |port| port.to_string()),
        url.repository()
    );
    let readable: String = format!("{}-{}", url.host().unwrap_or("files"), url.repository())
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    let start = readable.len().saturating_sub(80);
    format!("{}-{:016x}.git", &readable[start..], fnv(identity.bytes()))
}

//! The files of a commit, read from the objects of git. Nothing is checked out.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{Walk, Walked};
use crate::error::{Error, Kind};
use crate::git::names::Oid;
use crate::git::objects::{Entry, Mode};
use crate::git::open::Repository;
use crate::git::program::Git;
use crate::git::remote::Remote;

/// How many links one path may lead through. Source: `MAXSYMLINKS` of Linux.
const LINKS: usize = 40;
/// A thread of its own is worth it for so many files.
const FILES_PER_THREAD: usize = 32;
/// So many directories are shared among threads, each with what lies below it.
const DIRECTORIES_TO_SHARE: usize = 64;

/// What a view of a commit's files is made of.
pub(crate) struct CommitView {
    /// The repository.
    pub(crate) repository: Repository,
    /// The commit; or a tree that no commit has yet, as a merge comes to.
    pub(crate) commit: Oid,
    /// Who has the files that are promised and not here; all that a walk needs are asked for at once.
    pub(crate) promised_by: Option<(Git, Remote)>,
}

/// The files of one commit.
pub(super) struct CommitFiles {
    repository: Mutex<Repository>,
    commit: Oid,
    tree: Oid,
    promised_by: Option<(Git, Remote)>,
}

impl std::fmt::Debug for CommitFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommitFiles").field("commit", &self.commit).finish()
    }
}

impl CommitFiles {
    pub(super) fn new(view: CommitView) -> Result<CommitFiles, Error> {
        let tree = match view.repository.commit(&view.commit)? {
            Some(commit) => commit.tree,
            None if view.repository.has_tree(&view.commit)? => view.commit.clone(),
            None => {
                return Err(Error::new(
                    Kind::Files,
                    "object-missing",
                    format!("the commit `{}` is not in the repository", view.commit.short()),
                ));
            }
        };
        Ok(CommitFiles {
            repository: Mutex::new(view.repository),
            commit: view.commit,
            tree,
            promised_by: view.promised_by,
        })
    }

    pub(super) fn commit(&self) -> &Oid {
        &self.commit
    }

    pub(super) fn tree(&self) -> &Oid {
        &self.tree
    }

    fn repository(&self) -> MutexGuard<'_, Repository> {
        self.repository.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn mode(&self, path: &str) -> Option<Mode> {
        follow(&self.repository(), &self.tree, path).ok()?.map(|it| it.mode)
    }

    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        let repository = self.repository();
        match follow(&repository, &self.tree, path)? {
            Some(entry) if entry.mode.is_file() => {
                self.fetch(&repository, std::slice::from_ref(&entry.id))?;
                repository.blob(&entry.id)
            }
            _ => Err(not_there(path)),
        }
    }

    /// Brings files here that only the remote has, in one round trip.
    fn fetch(&self, repository: &Repository, ids: &[Oid]) -> Result<(), Error> {
        match &self.promised_by {
            Some((git, remote)) => remote.fetch_blobs(git, repository, ids),
            None => Ok(()),
        }
    }

    /// Lists the files that a walk would read, without reading them.
    pub(super) fn list(&self, walk: &Walk<'_>) -> Vec<String> {
        let mut directories = Vec::new();
        let mut files = Vec::new();
        {
            let repository = self.repository();
            if walk.below.is_empty() {
                directories.push((String::new(), self.tree.clone()));
            }
            for start in walk.below {
                let path = start.trim_matches('/');
                match repository.entry(&self.tree, path) {
                    Ok(Some(entry)) if entry.mode == Mode::Directory => directories.push((path.to_owned(), entry.id)),
                    Ok(Some(entry)) if entry.mode.is_file() && (walk.wanted)(path) => files.push(path.to_owned()),
                    _ => {}
                }
            }
            // One level after the other, until there is enough for several threads.
            while !directories.is_empty() && directories.len() < DIRECTORIES_TO_SHARE {
                let level = std::mem::take(&mut directories);
                for (path, tree) in level {
                    level_of(&repository, (&path, &tree), walk, (&mut directories, &mut files));
                }
            }
        }
        files.extend(self.list_all(&directories, walk));
        files.sort();
        files.dedup();
        files
    }

    /// Lists what lies below several directories, from several threads.
    fn list_all(&self, directories: &[(String, Oid)], walk: &Walk<'_>) -> Vec<String> {
        let next = AtomicUsize::new(0);
        let whole = Mutex::new(Vec::new());
        let list = |repository: &Repository| {
            let mut files = Vec::new();
            while let Some(start) = directories.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut open = vec![start.clone()];
                while let Some((path, tree)) = open.pop() {
                    level_of(repository, (&path, &tree), walk, (&mut open, &mut files));
                }
            }
            whole.lock().unwrap_or_else(PoisonError::into_inner).append(&mut files);
        };
        let threads = thread::available_parallelism()
            .map_or(1, std::num::NonZero::get)
            .min(12);
        thread::scope(|scope| {
            for _ in 1..threads.min(directories.len()) {
                let Ok(sibling) = self.repository().sibling() else {
                    break;
                };
                let list = &list;
                scope.spawn(move || list(&sibling));
            }
            list(&self.repository());
        });
        whole.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn walk<T: Send>(
        &self,
        walk: &Walk<'_>,
        look: &(dyn Fn(&str, &mut Vec<u8>) -> Option<T> + Sync),
    ) -> Walked<T> {
        let mut walked = Walked {
            found: Vec::new(),
            unreadable: Vec::new(),
        };
        let mut files = Vec::new();
        {
            let repository = self.repository();
            if walk.below.is_empty() {
                let mut list = Listing::new(&repository, walk, &mut files);
                list.below("", &self.tree, &mut walked.unreadable);
            }
            for start in walk.below {
                let path = start.trim_matches('/');
                let mut list = Listing::new(&repository, walk, &mut files);
                match repository.entry(&self.tree, path) {
                    Ok(Some(entry)) => list.add(path.to_owned(), entry, &mut walked.unreadable),
                    Ok(None) => walked.unreadable.push((path.to_owned(), not_there(path))),
                    Err(error) => walked.unreadable.push((path.to_owned(), error)),
                }
            }
            files.sort_by(|a, b| a.0.cmp(&b.0));
            files.dedup_by(|a, b| a.0 == b.0);
            let ids: Vec<Oid> = match self.promised_by {
                Some(_) => files.iter().map(|(_, id)| id.clone()).collect(),
                None => Vec::new(),
            };
            if let Err(error) = self.fetch(&repository, &ids) {
                walked.unreadable.push((String::new(), error));
                return walked;
            }
        }
        self.read_all(&files, &mut walked, &|path, bytes| {
            (walk.on_read)();
            look(path, bytes)
        });
        walked.found.sort_by(|a, b| a.0.cmp(&b.0));
        walked.unreadable.sort_by(|a, b| a.0.cmp(&b.0));
        walked
    }

    /// Reads the files, from several threads if there are many.
    fn read_all<T: Send>(
        &self,
        files: &[(String, Oid)],
        walked: &mut Walked<T>,
        look: &(dyn Fn(&str, &mut Vec<u8>) -> Option<T> + Sync),
    ) {
        let next = AtomicUsize::new(0);
        let whole = Mutex::new(walked);
        let read = |repository: &Repository| {
            let (mut found, mut unreadable) = (Vec::new(), Vec::new());
            while let Some((path, id)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                match repository.blob(id) {
                    Ok(mut bytes) => found.extend(look(path, &mut bytes).map(|it| (path.clone(), it))),
                    Err(error) => unreadable.push((path.clone(), error)),
                }
            }
            if let Ok(mut whole) = whole.lock() {
                whole.found.append(&mut found);
                whole.unreadable.append(&mut unreadable);
            }
        };
        let threads = thread::available_parallelism()
            .map_or(1, std::num::NonZero::get)
            .min(12)
            .min(files.len() / FILES_PER_THREAD);
        thread::scope(|scope| {
            for _ in 1..threads {
                // One that cannot be opened leaves its share to the others.
                let Ok(sibling) = self.repository().sibling() else {
                    break;
                };
                let read = &read;
                scope.spawn(move || read(&sibling));
            }
            // `look` may ask this view something, so that it must not be locked meanwhile.
            let own = self.repository().sibling();
            match own {
                Ok(own) => read(&own),
                Err(error) => {
                    if let Ok(mut whole) = whole.lock() {
                        whole.unreadable.push((String::new(), error));
                    }
                }
            }
        });
    }
}

/// Adds the directories and the wanted files of one directory; what cannot be read holds none.
fn level_of(
    repository: &Repository,
    (path, tree): (&str, &Oid),
    walk: &Walk<'_>,
    (directories, files): (&mut Vec<(String, Oid)>, &mut Vec<String>),
) {
    for (name, entry) in repository.entries(tree).unwrap_or_default() {
        let path = match path {
            "" => name,
            directory => format!("{directory}/{name}"),
        };
        match entry.mode {
            Mode::Directory => directories.push((path, entry.id)),
            Mode::File | Mode::Executable if (walk.wanted)(&path) => files.push(path),
            _ => {}
        }
    }
}

/// Lists the files below directories of a tree.
struct Listing<'a> {
    repository: &'a Repository,
    walk: &'a Walk<'a>,
    files: &'a mut Vec<(String, Oid)>,
}

impl<'a> Listing<'a> {
    fn new(repository: &'a Repository, walk: &'a Walk<'a>, files: &'a mut Vec<(String, Oid)>) -> Listing<'a> {
        Listing {
            repository,
            walk,
            files,
        }
    }

    fn below(&mut self, directory: &str, tree: &Oid, unreadable: &mut Vec<(String, Error)>) {
        let entries = match self.repository.entries(tree) {
            Ok(entries) => entries,
            Err(error) => {
                unreadable.push((directory.to_owned(), error));
                return;
            }
        };
        for (name, entry) in entries {
            let path = match directory {
                "" => name,
                directory => format!("{directory}/{name}"),
            };
            self.add(path, entry, unreadable);
        }
    }

    /// Links and submodules are passed over.
    fn add(&mut self, path: String, entry: Entry, unreadable: &mut Vec<(String, Error)>) {
        match entry.mode {
            Mode::Directory => self.below(&path, &entry.id, unreadable),
            Mode::File | Mode::Executable if (self.walk.wanted)(&path) => self.files.push((path, entry.id)),
            _ => {}
        }
    }
}

/// Finds what a path leads to, through links as a work tree would, but never out of the tree.
fn follow(repository: &Repository, tree: &Oid, path: &str) -> Result<Option<Entry>, Error> {
    let top = Entry {
        mode: Mode::Directory,
        id: tree.clone(),
    };
    // The directories that were passed, for `..`.
    let mut passed = vec![top];
    let mut names: VecDeque<String> = path.split('/').map(str::to_owned).collect();
    let mut links = 0;
    while let Some(name) = names.pop_front() {
        match name.as_str() {
            "" | "." => continue,
            ".." => {
                passed.pop();
                if passed.is_empty() {
                    return Ok(None);
                }
                continue;
            }
            _ => {}
        }
        let Some(here) = passed.last().filter(|here| here.mode == Mode::Directory) else {
            return Ok(None);
        };
        let Some(entry) = repository.entry(&here.id, &name)? else {
            return Ok(None);
        };
        if entry.mode != Mode::Link {
            passed.push(entry);
            continue;
        }
        links += 1;
        let Ok(target) = String::from_utf8(repository.blob(&entry.id)?) else {
            return Ok(None);
        };
        if links > LINKS || target.starts_with('/') {
            return Ok(None);
        }
        for name in target.split('/').rev() {
            names.push_front(name.to_owned());
        }
    }
    Ok(passed.pop())
}

fn not_there(path: &str) -> Error {
    Error::files(
        path,
        "cannot read",
        &std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such file in the commit"),
    )
}

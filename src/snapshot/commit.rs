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
/// How far down they are looked for. Source: estimate; three or four levels are usual.
const LEVELS_TO_SHARE: usize = 8;

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
        let listed = self.files_of(walk);
        listed.files.into_iter().map(|(path, _)| path).collect()
    }

    /// Lists the files that a walk reads, by path.
    fn files_of(&self, walk: &Walk<'_>) -> Listed {
        let mut listed = Listed::default();
        let mut directories: Vec<(String, Oid)> = Vec::new();
        {
            let repository = self.repository();
            if walk.below.is_empty() {
                directories.push((String::new(), self.tree.clone()));
            }
            for start in walk.below {
                let path = start.trim_matches('/').to_owned();
                match repository.entry(&self.tree, &path) {
                    Ok(Some(entry)) if entry.mode == Mode::Directory => directories.push((path, entry.id)),
                    Ok(Some(entry)) => listed.add((&path, entry), walk),
                    Ok(None) => {
                        let error = not_there(&path);
                        listed.unreadable.push((path, error));
                    }
                    Err(error) => listed.unreadable.push((path, error)),
                }
            }
            // One level after the other, until there is enough for several threads.
            for _ in 0..LEVELS_TO_SHARE {
                if directories.is_empty() || directories.len() >= DIRECTORIES_TO_SHARE {
                    break;
                }
                for (path, tree) in std::mem::take(&mut directories) {
                    listed.level((&repository, walk), (&path, &tree), &mut |path, tree| {
                        directories.push((path.to_owned(), tree));
                    });
                }
            }
        }
        listed.append(self.list_all(&directories, walk));
        listed.files.sort_by(|a, b| a.0.cmp(&b.0));
        listed.files.dedup_by(|a, b| a.0 == b.0);
        listed
    }

    /// Lists what lies below several directories, from several threads.
    fn list_all(&self, directories: &[(String, Oid)], walk: &Walk<'_>) -> Listed {
        let next = AtomicUsize::new(0);
        let whole = Mutex::new(Listed::default());
        let list = |repository: &Repository| {
            let mut listed = Listed::default();
            while let Some((path, tree)) = directories.get(next.fetch_add(1, Ordering::Relaxed)) {
                listed.below((repository, walk), (path, tree));
            }
            whole.lock().unwrap_or_else(PoisonError::into_inner).append(listed);
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
        let Listed { files, unreadable } = self.files_of(walk);
        let mut walked = Walked {
            found: Vec::new(),
            unreadable,
        };
        if self.promised_by.is_some() {
            let ids: Vec<Oid> = files.iter().map(|(_, id)| id.clone()).collect();
            if let Err(error) = self.fetch(&self.repository(), &ids) {
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

/// Files of a tree by path, and directories that cannot be read. Links and submodules are passed over.
#[derive(Default)]
struct Listed {
    files: Vec<(String, Oid)>,
    unreadable: Vec<(String, Error)>,
}

impl Listed {
    fn append(&mut self, mut other: Listed) {
        self.files.append(&mut other.files);
        self.unreadable.append(&mut other.unreadable);
    }

    fn add(&mut self, (path, entry): (&str, Entry), walk: &Walk<'_>) {
        if entry.mode.is_file() && (walk.wanted)(path) {
            self.files.push((path.to_owned(), entry.id));
        }
    }

    /// Adds the wanted files of one directory, and calls `enter` with each directory in it.
    fn level(
        &mut self,
        (repository, walk): (&Repository, &Walk<'_>),
        (directory, tree): (&str, &Oid),
        enter: &mut dyn FnMut(&str, Oid),
    ) {
        let entries = match repository.entries(tree) {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable.push((directory.to_owned(), error));
                return;
            }
        };
        let mut path = start_of(directory);
        let above = path.len();
        for (name, entry) in entries {
            path.truncate(above);
            path.push_str(&name);
            match entry.mode {
                Mode::Directory => enter(&path, entry.id),
                _ => self.add((&path, entry), walk),
            }
        }
    }

    /// Adds the wanted files below a directory. One text serves for all paths: directories may be nested by the ten thousand.
    fn below(&mut self, (repository, walk): (&Repository, &Walk<'_>), (directory, tree): (&str, &Oid)) {
        let mut path = start_of(directory);
        // What is to be entered: how long the path above it is, its name, and its tree.
        let mut open = vec![(path.len(), String::new(), tree.clone())];
        while let Some((above, name, tree)) = open.pop() {
            path.truncate(above);
            path.push_str(&name);
            let entries = match repository.entries(&tree) {
                Ok(entries) => entries,
                Err(error) => {
                    self.unreadable.push((path.trim_end_matches('/').to_owned(), error));
                    continue;
                }
            };
            let here = path.len();
            for (name, entry) in entries {
                if entry.mode == Mode::Directory {
                    open.push((here, name + "/", entry.id));
                    continue;
                }
                path.truncate(here);
                path.push_str(&name);
                self.add((&path, entry), walk);
            }
        }
    }
}

/// What the paths in a directory begin with.
fn start_of(directory: &str) -> String {
    match directory {
        "" => String::new(),
        directory => format!("{directory}/"),
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

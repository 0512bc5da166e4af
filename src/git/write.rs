//! Writing objects: files, the trees above them, commits. Nothing here moves a reference or touches a work tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::identity::{self, Role, Stamp};
use super::names::Oid;
use super::objects::{Mode, Nature, Who, bytes_of, entries_of, id_length};
use super::open::{Inside, Repository};
use super::program::Git;
use super::unwritable;
use crate::error::{Error, Hint, Kind};

/// Whether a commit is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// As `commit.gpgSign` says.
    AsConfigured,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// A commit to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewCommit {
    /// Its tree.
    pub(crate) tree: Oid,
    /// Its parents, the first one first.
    pub(crate) parents: Vec<Oid>,
    /// Its message, whole; a line break at the end is added.
    pub(crate) message: String,
    /// Who wrote it; none is who git says.
    pub(crate) author: Option<Who>,
    /// Whether it is signed.
    pub(crate) sign: Sign,
    /// Who it is by where git knows nobody: the identity of a bot in CI.
    pub(crate) fallback: Option<Who>,
}

/// What is to stand in a directory, by name.
#[derive(Default)]
struct Level<'a> {
    /// None for a file that goes.
    files: BTreeMap<&'a str, Option<&'a [u8]>>,
    directories: BTreeMap<&'a str, Level<'a>>,
}

/// Mode, name and id of an entry, as bytes.
type Stored = (Vec<u8>, Vec<u8>, Vec<u8>);

impl Repository {
    /// Writes files over those of a tree, and returns the new tree. Entries that are there keep their mode; new files are
    /// `100644`, and the directories above them are made. Only trees on the way are read.
    ///
    /// # Errors
    /// [`Kind::Refused`] `not-a-file` if a link, a directory or a submodule stands there, or a file where a directory is
    /// needed; [`Kind::Refused`] `not-a-path` for a path that git would not take; [`Kind::Files`] if it cannot be written.
    pub(crate) fn write_tree(&self, base: &Oid, files: &[(String, Vec<u8>)]) -> Result<Oid, Error> {
        let mut top = Level::default();
        for (path, bytes) in files {
            place(&mut top, path, Some(bytes))?;
        }
        Ok(self.write_level(Some(base), &top, "")?.0)
    }

    /// The same, where files may go, too: those with no bytes. A directory that is empty then goes with them.
    ///
    /// # Errors
    /// As [`Repository::write_tree`].
    pub(crate) fn edit_tree(&self, base: &Oid, files: &[(String, Option<Vec<u8>>)]) -> Result<Oid, Error> {
        let mut top = Level::default();
        for (path, bytes) in files {
            place(&mut top, path, bytes.as_deref())?;
        }
        Ok(self.write_level(Some(base), &top, "")?.0)
    }

    /// Returns the tree, and how many entries it has.
    fn write_level(&self, base: Option<&Oid>, level: &Level<'_>, above: &str) -> Result<(Oid, usize), Error> {
        let old = match base {
            Some(base) => self.tree(base)?,
            None => Arc::default(),
        };
        let length = base.map_or_else(|| self.id_length(), id_length);
        // Sorted as git sorts: a directory as if its name ended with a slash.
        let mut entries: BTreeMap<Vec<u8>, Stored> = BTreeMap::new();
        let mut modes = BTreeMap::new();
        for entry in entries_of(&old, length) {
            if let Ok(name) = std::str::from_utf8(entry.name)
                && (level.files.contains_key(name) || level.directories.contains_key(name))
            {
                modes.insert(name, (entry.mode, entry.entry()));
                continue;
            }
            let key = sort_key(entry.name, entry.entry().map(|it| it.mode));
            entries.insert(key, (entry.mode.to_vec(), entry.name.to_vec(), entry.id.to_vec()));
        }
        for (name, bytes) in &level.files {
            let mode = match modes.get(name) {
                None => Mode::File.digits(),
                Some((mode, Some(entry))) if entry.mode.is_file() => mode,
                Some((_, entry)) => return Err(not_a_file(above, name, entry.as_ref().map(|it| it.mode))),
            };
            let Some(bytes) = bytes else { continue };
            let id = self.write(Nature::Blob, bytes)?;
            entries.insert(
                sort_key(name.as_bytes(), None),
                (mode.to_vec(), name.as_bytes().to_vec(), bytes_of(&id)),
            );
        }
        for (name, below) in &level.directories {
            let base = match modes.get(name) {
                None => None,
                Some((_, Some(entry))) if entry.mode == Mode::Directory => Some(&entry.id),
                Some((_, entry)) => return Err(not_a_directory(above, name, entry.as_ref().map(|it| it.mode))),
            };
            let (id, entries_below) = self.write_level(base, below, &format!("{above}{name}/"))?;
            if entries_below == 0 {
                continue;
            }
            entries.insert(
                sort_key(name.as_bytes(), Some(Mode::Directory)),
                (
                    Mode::Directory.digits().to_vec(),
                    name.as_bytes().to_vec(),
                    bytes_of(&id),
                ),
            );
        }
        let mut bytes = Vec::with_capacity(old.len() + 64);
        for (mode, name, id) in entries.values() {
            bytes.extend_from_slice(mode);
            bytes.push(b' ');
            bytes.extend_from_slice(name);
            bytes.push(0);
            bytes.extend_from_slice(id);
        }
        Ok((self.write(Nature::Tree, &bytes)?, entries.len()))
    }

    /// Writes a commit; no reference points to it yet, and no hook is run.
    ///
    /// # Errors
    /// [`Kind::Config`] `no-identity` if git knows nobody and there is no fallback; [`Kind::Access`] `signing-failed` with
    /// git's text, and no commit.
    pub(crate) fn write_commit(&self, git: &Git, new: &NewCommit) -> Result<Oid, Error> {
        let author = identity::stamp(git, Role::Author, (new.author.as_ref(), new.fallback.as_ref()))?;
        let committer = identity::stamp(git, Role::Committer, (None, new.fallback.as_ref()))?;
        let mut message = new.message.replace('\0', "");
        if !message.ends_with('\n') {
            message.push('\n');
        }
        let signed = match new.sign {
            Sign::Always => true,
            Sign::Never => false,
            Sign::AsConfigured => git.config_bool("commit.gpgsign").unwrap_or(false),
        };
        if signed {
            return sign(git, new, (&author, &committer, &message));
        }
        let mut text = format!("tree {}\n", new.tree);
        for parent in &new.parents {
            text.push_str(&format!("parent {parent}\n"));
        }
        text.push_str(&format!(
            "author {}\ncommitter {}\n\n{message}",
            author.line(),
            committer.line()
        ));
        self.write(Nature::Commit, text.as_bytes())
    }

    pub(super) fn write(&self, nature: Nature, bytes: &[u8]) -> Result<Oid, Error> {
        let inner = match &self.inside {
            Inside::Library(inner) => inner,
            Inside::Program(plumbing) => return plumbing.write(nature, bytes),
        };
        let written = inner.odb().and_then(|odb| odb.write(nature.library(), bytes));
        let id = written.map_err(|cause| {
            let error = unwritable::here(&self.root, cause.message());
            error.unwrap_or_else(|| {
                Error::new(Kind::Files, "repository-unwritable", "the repository cannot be written")
                    .because(cause.message())
            })
        })?;
        Oid::parse(&id.to_string()).ok_or_else(|| Error::bug("libgit2 wrote an object without an id"))
    }

    /// How many bytes an id has here.
    pub(super) fn id_length(&self) -> usize {
        match &self.inside {
            Inside::Library(_) => 20,
            Inside::Program(plumbing) => plumbing.id_length(),
        }
    }
}

fn sign(git: &Git, new: &NewCommit, (author, committer, message): (&Stamp, &Stamp, &str)) -> Result<Oid, Error> {
    let mut args = vec!["-c", "i18n.commitEncoding=UTF-8", "commit-tree", "-S"];
    for parent in &new.parents {
        args.extend(["-p", parent.as_str()]);
    }
    args.extend(["-F", "-", new.tree.as_str()]);
    let mut people = Vec::new();
    for (role, stamp) in [("AUTHOR", author), ("COMMITTER", committer)] {
        people.push((format!("GIT_{role}_NAME"), stamp.who.name.clone()));
        people.push((format!("GIT_{role}_EMAIL"), stamp.who.email.clone()));
        people.push((format!("GIT_{role}_DATE"), format!("@{}", stamp.when)));
    }
    let made = git.run(&args, Some(message.as_bytes()), &people)?;
    match Oid::parse(&made.text()) {
        Some(id) if made.is_success() => Ok(id),
        _ => Err(made
            .failure(
                Kind::Access,
                "signing-failed",
                "the commit could not be signed, and was not made",
            )
            .hint(Hint::Say(
                "git signs with `user.signingKey` by `gpg.format`: see whether `git commit -S` works here".into(),
            ))
            .hint(Hint::Flag("--no-sign".into(), "leaves it unsigned".into()))),
    }
}

/// Puts a file where its path says.
fn place<'a>(top: &mut Level<'a>, path: &'a str, bytes: Option<&'a [u8]>) -> Result<(), Error> {
    let names: Vec<&str> = path.split('/').collect();
    let forbidden = |name: &&str| {
        matches!(*name, "" | "." | "..") || name.eq_ignore_ascii_case(".git") || name.contains(['\0', '\n'])
    };
    if names.iter().any(forbidden) {
        return Err(Error::new(
            Kind::Refused,
            "not-a-path",
            format!("git takes no file at `{}`", path.escape_debug()),
        ));
    }
    let mut level = top;
    let mut above = String::new();
    let (last, directories) = names.split_last().ok_or_else(|| Error::bug("a path without a name"))?;
    for name in directories {
        if level.files.contains_key(name) {
            return Err(not_a_directory(&above, name, Some(Mode::File)));
        }
        level = level.directories.entry(name).or_default();
        above.push_str(name);
        above.push('/');
    }
    if level.directories.contains_key(last) {
        return Err(not_a_file(&above, last, Some(Mode::Directory)));
    }
    level.files.insert(last, bytes);
    Ok(())
}

/// Source: tree.c of git, `base_name_compare`.
fn sort_key(name: &[u8], mode: Option<Mode>) -> Vec<u8> {
    let mut key = name.to_vec();
    if mode == Some(Mode::Directory) {
        key.push(b'/');
    }
    key
}

fn word(mode: Option<Mode>) -> &'static str {
    match mode {
        Some(Mode::Link) => "a link",
        Some(Mode::Submodule) => "a submodule",
        Some(Mode::Directory) => "a directory",
        Some(Mode::File | Mode::Executable) => "a file",
        None => "something unknown",
    }
}

fn not_a_file(above: &str, name: &str, mode: Option<Mode>) -> Error {
    Error::new(
        Kind::Refused,
        "not-a-file",
        format!("`{above}{name}` is {} in the commit, not a file", word(mode)),
    )
}

fn not_a_directory(above: &str, name: &str, mode: Option<Mode>) -> Error {
    Error::new(
        Kind::Refused,
        "not-a-file",
        format!("`{above}{name}` is {} in the commit, not a directory", word(mode)),
    )
}

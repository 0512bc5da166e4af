//! Reading objects: commits, trees, files. One reader of their bytes serves both ways inside.

use std::sync::Arc;

use super::names::Oid;
use super::open::{Inside, Repository};
use super::program::Git;
use crate::error::{Error, Hint, Kind};

/// What sort of thing an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A file, `100644`.
    File,
    /// A file that can be run, `100755`.
    Executable,
    /// A symbolic link, `120000`; its blob is the path it leads to.
    Link,
    /// A commit of another repository, `160000`.
    Submodule,
    /// A tree, `40000`.
    Directory,
}

impl Mode {
    /// Whether it holds text: a file, executable or not.
    pub(crate) fn is_file(self) -> bool {
        matches!(self, Mode::File | Mode::Executable)
    }

    pub(super) fn of_digits(digits: &[u8]) -> Option<Mode> {
        match digits {
            // Old repositories hold 100664 too.
            b"100644" | b"100664" | b"100600" | b"100640" => Some(Mode::File),
            b"100755" => Some(Mode::Executable),
            b"120000" => Some(Mode::Link),
            b"160000" => Some(Mode::Submodule),
            b"40000" | b"040000" => Some(Mode::Directory),
            _ => None,
        }
    }

    pub(super) fn digits(self) -> &'static [u8] {
        match self {
            Mode::File => b"100644",
            Mode::Executable => b"100755",
            Mode::Link => b"120000",
            Mode::Submodule => b"160000",
            Mode::Directory => b"40000",
        }
    }
}

/// An entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What it is.
    pub(crate) mode: Mode,
    /// The object it names.
    pub(crate) id: Oid,
}

/// A person, as a commit claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    /// The name.
    pub(crate) name: String,
    /// The address.
    pub(crate) email: String,
}

impl Who {
    /// Reads `Name <mail>`.
    ///
    /// # Errors
    /// [`Kind::Usage`] if it is not of that form.
    pub(crate) fn parse(text: &str) -> Result<Who, Error> {
        let read = || {
            let (name, rest) = text.split_once('<')?;
            let email = rest.trim().strip_suffix('>')?;
            let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| "<>".contains(c) || c.is_control());
            let (name, email) = (name.trim(), email.trim());
            (plain(name) && plain(email)).then(|| Who {
                name: name.to_owned(),
                email: email.to_owned(),
            })
        };
        read().ok_or_else(|| {
            Error::new(
                Kind::Usage,
                "not-an-author",
                format!("`{text}` is not of the form Name <mail>"),
            )
            .hint(Hint::Say("for example: 'Deploy Bot <deploy@example.com>'".into()))
        })
    }
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Its tree.
    pub(crate) tree: Oid,
    /// Its parents, the first one first, as written: in a shallow repository they need not be here.
    pub(crate) parents: Vec<Oid>,
    /// Its message, whole.
    pub(crate) message: String,
    /// Who is said to have written it.
    pub(crate) author: Who,
    /// Who is said to have committed it.
    pub(crate) committer: Who,
    /// When it is said to have been committed, in seconds since 1970.
    pub(crate) time: i64,
    /// When it is said to have been written: picking and rebasing keep that.
    pub(crate) written: i64,
}

/// What sort of object it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    Commit,
    Tree,
    Blob,
    Tag,
}

impl Nature {
    pub(super) fn word(self) -> &'static str {
        match self {
            Nature::Commit => "commit",
            Nature::Tree => "tree",
            Nature::Blob => "blob",
            Nature::Tag => "tag",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Nature> {
        [Nature::Commit, Nature::Tree, Nature::Blob, Nature::Tag]
            .into_iter()
            .find(|nature| nature.word() == word)
    }

    pub(super) fn library(self) -> git2::ObjectType {
        match self {
            Nature::Commit => git2::ObjectType::Commit,
            Nature::Tree => git2::ObjectType::Tree,
            Nature::Blob => git2::ObjectType::Blob,
            Nature::Tag => git2::ObjectType::Tag,
        }
    }
}

/// An object as it is stored.
#[derive(Clone)]
pub(super) struct Raw {
    pub(super) nature: Nature,
    /// Shared with those who read it before.
    pub(super) bytes: Arc<Vec<u8>>,
}

/// An entry of a tree as it is stored: its name need not be UTF-8.
pub(super) struct RawEntry<'a> {
    pub(super) mode: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) id: &'a [u8],
}

impl RawEntry<'_> {
    pub(super) fn entry(&self) -> Option<Entry> {
        Some(Entry {
            mode: Mode::of_digits(self.mode)?,
            id: oid_of(self.id)?,
        })
    }
}

/// Reads the bytes of a tree: mode, blank, name, NUL, id.
pub(super) fn entries_of<'a>(bytes: &'a [u8], id_length: usize) -> impl Iterator<Item = RawEntry<'a>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let blank = memchr::memchr(b' ', rest)?;
        let end = memchr::memchr(0, rest).filter(|end| *end > blank)?;
        let id = rest.get(end + 1..end + 1 + id_length)?;
        let entry = RawEntry {
            mode: &rest[..blank],
            name: &rest[blank + 1..end],
            id,
        };
        rest = &rest[end + 1 + id_length..];
        Some(entry)
    })
}

/// The id of these bytes.
pub(super) fn oid_of(bytes: &[u8]) -> Option<Oid> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    Oid::parse(&text)
}

/// The bytes of an id.
pub(super) fn bytes_of(id: &Oid) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        _ => byte - b'a' + 10,
    };
    let pairs = id.as_str().as_bytes().chunks_exact(2);
    pairs.map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// How many bytes an id of this repository has.
pub(super) fn id_length(id: &Oid) -> usize {
    id.as_str().len() / 2
}

/// The id of the tree without entries, which git knows without having it.
pub(super) fn is_empty_tree(id: &Oid) -> bool {
    matches!(
        id.as_str(),
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904" | "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
    )
}

impl Repository {
    /// Reads a commit; none if it is not here, or is no commit.
    ///
    /// # Errors
    /// [`Kind::Files`] if the repository cannot be read.
    pub(crate) fn commit(&self, id: &Oid) -> Result<Option<Commit>, Error> {
        let raw = self.raw(id)?.filter(|raw| raw.nature == Nature::Commit);
        raw.map(|raw| {
            read_commit(&raw.bytes).ok_or_else(|| {
                Error::new(
                    Kind::Files,
                    "repository-unreadable",
                    format!("the commit `{id}` cannot be read"),
                )
            })
        })
        .transpose()
    }

    /// Tells whether an object is a tree that is here.
    ///
    /// # Errors
    /// [`Kind::Files`] if the repository cannot be read.
    pub(crate) fn has_tree(&self, id: &Oid) -> Result<bool, Error> {
        Ok(is_empty_tree(id) || self.raw(id)?.is_some_and(|raw| raw.nature == Nature::Tree))
    }

    /// Returns what stands at a path in a tree; only the directories on the way are read. Links are not followed.
    ///
    /// # Errors
    /// [`Kind::Files`] if a tree is not here.
    pub(crate) fn entry(&self, tree: &Oid, path: &str) -> Result<Option<Entry>, Error> {
        let mut here = Entry {
            mode: Mode::Directory,
            id: tree.clone(),
        };
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if here.mode != Mode::Directory {
                return Ok(None);
            }
            let bytes = self.tree(&here.id)?;
            let found = entries_of(&bytes, id_length(tree)).find(|entry| entry.name == name.as_bytes());
            match found.and_then(|entry| entry.entry()) {
                Some(entry) => here = entry,
                None => return Ok(None),
            }
        }
        Ok(Some(here))
    }

    /// Returns the entries of a tree, one level, in git's order; names that are not UTF-8 are left out.
    ///
    /// # Errors
    /// [`Kind::Files`] if the tree is not here.
    pub(crate) fn entries(&self, tree: &Oid) -> Result<Vec<(String, Entry)>, Error> {
        let bytes = self.tree(tree)?;
        Ok(entries_of(&bytes, id_length(tree))
            .filter_map(|raw| Some((std::str::from_utf8(raw.name).ok()?.to_owned(), raw.entry()?)))
            .collect())
    }

    /// Reads a file, or where a link leads.
    ///
    /// # Errors
    /// [`Kind::Files`] if it is not here; a promised one is fetched first if the repository was opened with a git.
    pub(crate) fn blob(&self, id: &Oid) -> Result<Vec<u8>, Error> {
        match self.raw(id)? {
            Some(raw) if raw.nature == Nature::Blob => Ok(Arc::unwrap_or_clone(raw.bytes)),
            Some(_) => Err(missing(id, "is no file")),
            None => match (&self.inside, &self.git) {
                (Inside::Library(_), Some(git)) if is_partial(git) => promised(git, id),
                _ => Err(missing(id, "is not in the repository")),
            },
        }
    }

    /// Tells whether an object is here; asks nobody for a promised one.
    pub(crate) fn has(&self, id: &Oid) -> bool {
        self.missing(std::slice::from_ref(id)).is_empty()
    }

    /// Returns those objects that are not here, each once, in order; asks nobody for promised ones.
    pub(crate) fn missing(&self, ids: &[Oid]) -> Vec<Oid> {
        let mut ids = ids.to_vec();
        ids.sort();
        ids.dedup();
        ids.retain(|id| !self.seen.knows(id));
        match &self.inside {
            Inside::Library(inner) => {
                let Ok(odb) = inner.odb() else { return ids };
                let is_missing = |id: &Oid| {
                    git2::Oid::from_str(id.as_str())
                        .is_ok_and(|id| !odb.exists_ext(id, git2::OdbLookupFlags::NO_REFRESH))
                };
                ids.retain(is_missing);
                if !ids.is_empty() {
                    // Once, for packs that have come since; not once for each that is missing.
                    let _ = odb.refresh();
                    ids.retain(is_missing);
                }
                ids
            }
            Inside::Program(plumbing) => {
                let list: String = ids.iter().map(|id| format!("{id}\n")).collect();
                // `--batch-check` would fetch what is promised; a remote that cannot be reached keeps it from that.
                let offline = [
                    ("GIT_NO_LAZY_FETCH".to_owned(), "1".to_owned()),
                    ("GIT_ALLOW_PROTOCOL".to_owned(), "none".to_owned()),
                ];
                let checked = plumbing
                    .git()
                    .run(&["cat-file", "--batch-check"], Some(list.as_bytes()), &offline);
                let Ok(checked) = checked else { return ids };
                let text = String::from_utf8_lossy(&checked.stdout);
                let here: std::collections::HashSet<&str> = text
                    .lines()
                    .filter(|line| !line.ends_with(" missing"))
                    .filter_map(|line| line.split(' ').next())
                    .collect();
                ids.retain(|id| !here.contains(id.as_str()));
                ids
            }
        }
    }

    /// The bytes of a tree.
    pub(super) fn tree(&self, id: &Oid) -> Result<Arc<Vec<u8>>, Error> {
        if is_empty_tree(id) {
            return Ok(Arc::default());
        }
        match self.raw(id)? {
            Some(raw) if raw.nature == Nature::Tree => Ok(raw.bytes),
            Some(_) => Err(missing(id, "is no directory")),
            None => match (&self.inside, &self.git) {
                (Inside::Library(_), Some(git)) if is_partial(git) => {
                    promised(git, id)?;
                    let raw = self.raw(id)?;
                    raw.map(|raw| raw.bytes)
                        .ok_or_else(|| missing(id, "is not in the repository"))
                }
                _ => Err(missing(id, "is not in the repository")),
            },
        }
    }

    /// An object as it is stored; none if it is not here.
    pub(super) fn raw(&self, id: &Oid) -> Result<Option<Raw>, Error> {
        if let Some(seen) = self.seen.find(id) {
            return Ok(Some(seen));
        }
        let read = self.read(id)?;
        if let Some(raw) = &read {
            self.seen.keep(id, raw);
        }
        Ok(read)
    }

    fn read(&self, id: &Oid) -> Result<Option<Raw>, Error> {
        let inner = match &self.inside {
            Inside::Library(inner) => inner,
            Inside::Program(plumbing) => return plumbing.raw(id),
        };
        let read = || -> Result<Option<Raw>, git2::Error> {
            let odb = inner.odb()?;
            let object = odb.read(git2::Oid::from_str(id.as_str())?)?;
            let nature = Nature::of_word(object.kind().str());
            Ok(nature.map(|nature| Raw {
                nature,
                bytes: Arc::new(object.data().to_vec()),
            }))
        };
        match read() {
            Ok(raw) => Ok(raw),
            Err(cause) if cause.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(cause) => Err(unreadable(&cause)),
        }
    }
}

/// Whether objects of the repository may be promised by a remote only.
pub(crate) fn is_partial(git: &Git) -> bool {
    let mut settings = git.settings().iter();
    settings.any(|(key, value)| {
        key == "extensions.partialclone"
            || key.starts_with("remote.") && key.ends_with(".promisor") && !matches!(value.as_str(), "false" | "0")
    })
}

/// Has git fetch an object that a remote has promised.
fn promised(git: &Git, id: &Oid) -> Result<Vec<u8>, Error> {
    let args = ["cat-file", "--batch"];
    let got = git.run(&args, Some(format!("{id}\n").as_bytes()), &[])?;
    let header = memchr::memchr(b'\n', &got.stdout).unwrap_or(0);
    if !got.is_success() || got.stdout[..header].ends_with(b"missing") || header == 0 {
        return Err(super::answers::transport(&got.stderr, "the remote")
            .unwrap_or_else(|| missing(id, "is promised by the remote, and could not be fetched")));
    }
    let mut bytes = got.stdout;
    bytes.pop();
    bytes.drain(..=header);
    Ok(bytes)
}

fn missing(id: &Oid, why: &str) -> Error {
    Error::new(
        Kind::Files,
        "object-missing",
        format!("the object `{}` {why}", id.short()),
    )
}

/// What libgit2 says about a repository that it cannot read.
pub(super) fn unreadable(cause: &git2::Error) -> Error {
    Error::new(Kind::Files, "repository-unreadable", "the repository cannot be read")
        .because(crate::text::secret::redact(cause.message()))
}

/// Reads the bytes of a commit. Source: `git help cat-file`, and commit.c of git.
fn read_commit(bytes: &[u8]) -> Option<Commit> {
    let end = memchr::memmem::find(bytes, b"\n\n");
    let (head, message) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 2..]),
        None => (bytes, &b""[..]),
    };
    let head = String::from_utf8_lossy(head);
    let (mut tree, mut parents, mut author, mut committer) = (None, Vec::new(), None, None);
    for line in head.lines() {
        match line.split_once(' ') {
            Some(("tree", id)) => tree = Oid::parse(id),
            Some(("parent", id)) => parents.extend(Oid::parse(id)),
            Some(("author", who)) if author.is_none() => author = Some(read_who(who)),
            Some(("committer", who)) if committer.is_none() => committer = Some(read_who(who)),
            _ => {}
        }
    }
    let (committer, time) = committer?;
    let (author, written) = author?;
    Some(Commit {
        tree: tree?,
        parents,
        message: String::from_utf8_lossy(message).into_owned(),
        author,
        committer,
        time,
        written,
    })
}

/// Reads `Name <address> seconds zone`.
fn read_who(text: &str) -> (Who, i64) {
    let (name, rest) = text.split_once('<').unwrap_or((text, ""));
    let (email, when) = rest.rsplit_once('>').unwrap_or((rest, ""));
    let seconds = when.split_whitespace().next().and_then(|word| word.parse().ok());
    let who = Who {
        name: name.trim().to_owned(),
        email: email.to_owned(),
    };
    (who, seconds.unwrap_or(0))
}

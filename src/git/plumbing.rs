//! The way inside through the `git` program, for repositories that libgit2 cannot open: SHA-256, reftable, whatever comes.
//!
//! Objects are read through one `git cat-file --batch` that lives as long as the repository is open.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::{Arc, Mutex};

use super::answers;
use super::names::Oid;
use super::objects::{Nature, Raw};
use super::program::Git;
use super::unwritable;
use crate::error::{Error, Kind};

/// A repository as the `git` program sees it.
pub(super) struct Plumbing {
    git: Git,
    common: Arc<PathBuf>,
    reader: Mutex<Option<Reader>>,
}

/// A running `git cat-file --batch`. It ends when its input is closed.
struct Reader {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.requests.take();
        // It may be fetching a promised object for nobody.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Plumbing {
    /// Asks git for the repository of its directory; none if git knows no repository there.
    pub(super) fn open(git: &Git) -> Result<Option<Plumbing>, Error> {
        let answer = git.run(&["rev-parse", "--path-format=absolute", "--git-common-dir"], None, &[])?;
        if answer.stderr.contains("dubious ownership") {
            return Err(super::answers::unsafe_repository(&answer.stderr));
        }
        Ok(answer.is_success().then(|| Plumbing {
            git: git.clone(),
            common: Arc::new(PathBuf::from(answer.text())),
            reader: Mutex::new(None),
        }))
    }

    pub(super) fn sibling(&self) -> Plumbing {
        Plumbing {
            git: self.git.clone(),
            common: Arc::clone(&self.common),
            reader: Mutex::new(None),
        }
    }

    pub(super) fn git(&self) -> &Git {
        &self.git
    }

    /// How many bytes an id has.
    pub(super) fn id_length(&self) -> usize {
        match self.git.config("extensions.objectformat").as_deref() {
            Some("sha256") => 32,
            _ => 20,
        }
    }

    pub(super) fn common_directory(&self) -> PathBuf {
        (*self.common).clone()
    }

    /// Reads an object; none if it is not here. A promised one is fetched by git.
    pub(super) fn raw(&self, id: &Oid) -> Result<Option<Raw>, Error> {
        let broken = |cause: &std::io::Error| Error::files(id.to_string(), "cannot read the object", cause);
        let mut reader = self.reader.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let running = match &mut *reader {
            Some(running) => running,
            none => none.insert(self.start()?),
        };
        let result = ask(running, id);
        if result.is_err() {
            // Out of step with it: the next question starts another.
            *reader = None;
        }
        result.map_err(|cause| broken(&cause))
    }

    fn start(&self) -> Result<Reader, Error> {
        let mut child = self
            .git
            .spawn(&["cat-file", "--batch"], &[("GIT_NO_REPLACE_OBJECTS", "1")])?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(requests), Some(answers)) => Ok(Reader {
                child,
                requests: Some(requests),
                answers: BufReader::new(answers),
            }),
            _ => Err(Error::bug("a child was started without pipes")),
        }
    }

    /// Writes an object and returns its id.
    pub(super) fn write(&self, nature: Nature, bytes: &[u8]) -> Result<Oid, Error> {
        let args = ["hash-object", "-w", "-t", nature.word(), "--no-filters", "--stdin"];
        let written = self.git.run(&args, Some(bytes), &[])?;
        if let Some(error) = unwritable::here(self.git.directory(), &written.stderr) {
            return Err(error);
        }
        let written = written.or_fail("git cannot write an object")?;
        Oid::parse(&written.text()).ok_or_else(|| Error::bug("`git hash-object` returned no id"))
    }

    /// What `git rev-parse` makes of an expression; none if there is no such thing.
    pub(super) fn rev_parse(&self, expression: &str) -> Result<Option<Oid>, Error> {
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", expression];
        Ok(Oid::parse(&self.git.run(&args, None, &[])?.text()))
    }

    /// Where a symbolic reference leads.
    pub(super) fn symbolic(&self, name: &str) -> Option<String> {
        let answer = self.git.run(&["symbolic-ref", "--quiet", name], None, &[]).ok()?;
        answer.is_success().then(|| answer.text())
    }

    /// The names of all references below the directories.
    pub(super) fn references(&self, below: &[&str]) -> Vec<String> {
        let mut args = vec!["for-each-ref", "--format=%(refname)"];
        args.extend(below);
        let listed = self.git.run(&args, None, &[]);
        listed.map_or_else(
            |_| Vec::new(),
            |it| {
                let lines = it.stdout.split(|byte| *byte == b'\n');
                lines
                    .filter(|line| !line.is_empty())
                    .filter_map(|line| String::from_utf8(line.to_vec()).ok())
                    .collect()
            },
        )
    }

    pub(super) fn tracked(&self) -> Vec<String> {
        let Ok(listed) = self.git.run(&["ls-files", "--stage", "-z"], None, &[]) else {
            return Vec::new();
        };
        listed
            .stdout
            .split(|byte| *byte == 0)
            .filter(|line| line.starts_with(b"100"))
            .filter_map(|line| line.splitn(2, |byte| *byte == b'\t').nth(1))
            .filter_map(|path| String::from_utf8(path.to_vec()).ok())
            .collect()
    }
}

/// One question and its answer: `ID TYPE SIZE`, the bytes, a line break; or `ID missing`.
fn ask(running: &mut Reader, id: &Oid) -> std::io::Result<Option<Raw>> {
    use std::io::{Error, ErrorKind};
    let ended = || Error::new(ErrorKind::UnexpectedEof, "`git cat-file` has ended");
    let requests = running.requests.as_mut().ok_or_else(ended)?;
    requests.write_all(format!("{id}\n").as_bytes())?;
    requests.flush()?;
    let mut line = String::new();
    if running.answers.read_line(&mut line)? == 0 {
        return Err(ended());
    }
    let mut words = line.split_whitespace().skip(1);
    let (nature, size) = match (words.next(), words.next()) {
        (Some("missing"), _) => return Ok(None),
        (Some(nature), Some(size)) => (nature, size),
        _ => return Err(Error::new(ErrorKind::InvalidData, line)),
    };
    let size: u64 = size.parse().map_err(|_| Error::from(ErrorKind::InvalidData))?;
    let mut bytes = Vec::new();
    (&mut running.answers).take(size + 1).read_to_end(&mut bytes)?;
    if bytes.pop() != Some(b'\n') {
        return Err(ended());
    }
    Ok(Nature::of_word(nature).map(|nature| Raw {
        nature,
        bytes: Arc::new(bytes),
    }))
}

/// What git says about a reference that cannot be moved as expected.
pub(super) fn failed_to_move(reference: &str, said: &str) -> Error {
    let error = Error::new(
        Kind::Files,
        "reference-locked",
        format!("the reference `{reference}` cannot be moved"),
    )
    .because(super::program::said(said));
    match answers::lock_file(said) {
        // Who may not make the lock has no lock in the way.
        Some(lock) if !unwritable::is_said(said) => error.hint(answers::without_owner(lock)),
        _ => error,
    }
}

//! What is said of a repository that cannot be written to, and whose fault it is. Nothing here talks to anybody.
//!
//! The wordings are those of git under `LC_ALL=C` and of libgit2; each has its test in `tests/unwritable.rs`. A wording that is
//! not known says nothing of files: what is lost then is a better sentence.

use std::path::Path;

use super::program::said;
use crate::error::{Error, Hint, Kind};

/// What keeps files from being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// Their owner, or their mode.
    Permission,
    /// The file system was mounted like that.
    ReadOnly,
    /// No room is left.
    Full,
    /// Git has not said it.
    Unknown,
}

/// How git and libgit2 say that they were about to write, without the first letter.
const WRITING: &[&str] = &[
    "nable to create",
    "nable to write",
    "ailed to create",
    "ailed to write",
    "write error",
];

/// What the system answers, and what it means. Source: `man 3 strerror`.
const ANSWERS: &[(&str, Why)] = &[
    ("Permission denied", Why::Permission),
    ("Operation not permitted", Why::Permission),
    ("Read-only file system", Why::ReadOnly),
    ("No space left on device", Why::Full),
    ("Disk quota exceeded", Why::Full),
];

/// What git says without the system's answer.
const WITHOUT_ANSWER: &[(&str, Why)] = &[
    ("insufficient permission for adding an object", Why::Permission),
    ("unable to create temporary object directory", Why::Unknown),
    ("unable to create directory for ", Why::Unknown),
];

fn why<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Why> {
    let in_line = |line: &str| {
        let find = |known: &[(&str, Why)]| known.iter().find(|(text, _)| line.contains(text)).map(|(_, why)| *why);
        let is_writing = WRITING.iter().any(|text| line.contains(text));
        find(ANSWERS).filter(|_| is_writing).or_else(|| find(WITHOUT_ANSWER))
    };
    lines.filter_map(in_line).next()
}

/// Tells whether a text says that something could not be written, here or there.
pub(super) fn is_said(text: &str) -> bool {
    why(text.lines()).is_some()
}

/// Returns that the repository in `directory` cannot be written to, if the text says so; what a remote has said of its own is
/// left out.
pub(super) fn here(directory: &Path, text: &str) -> Option<Error> {
    let why = why(text.lines().filter(|line| !line.starts_with("remote: ")))?;
    let shown = directory.display();
    let error = Error::new(
        Kind::Files,
        "repository-unwritable",
        match why {
            Why::Permission => format!("this user may not write to the repository `{shown}`"),
            Why::ReadOnly => format!("nothing can be written to the file system of the repository `{shown}`"),
            Why::Full => format!("there is no room left for the repository `{shown}`"),
            Why::Unknown => format!("git cannot write to the repository `{shown}`"),
        },
    )
    .because(said(text));
    Some(match why {
        Why::Permission | Why::Unknown => error.hint(Hint::Say(
            "whoever runs this must be able to write to objects and references there, as for `git commit`".into(),
        )),
        Why::ReadOnly | Why::Full => error,
    })
}

/// What can be done about the repository of a checkout.
pub(super) fn from_elsewhere() -> Hint {
    Hint::Flag("--repo URL".into(), "works in a copy in the user's own cache".into())
}

/// Returns that a remote cannot write to its files, if its text says so.
pub(super) fn at_remote(text: &str) -> Option<Error> {
    let why = why(text.lines())?;
    let kind = match why {
        Why::Permission => Kind::Access,
        Why::ReadOnly | Why::Full | Why::Unknown => Kind::Remote,
    };
    let what = match why {
        Why::Permission => "whoever receives the push at the remote may not write to its files",
        Why::ReadOnly => "nothing can be written to the file system of the remote",
        Why::Full => "there is no room left at the remote",
        Why::Unknown => "the remote cannot write to its files",
    };
    let error = Error::new(kind, "remote-unwritable", what).because(said(text));
    Some(match why {
        Why::Permission | Why::Unknown => error.hint(Hint::Say(
            "see who may write to `objects` and `refs` at the remote; where several users push to it, `git init --shared` there".into(),
        )),
        Why::ReadOnly | Why::Full => error,
    })
}

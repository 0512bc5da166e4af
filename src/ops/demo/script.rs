//! What a walk through one strategy is made of, and the shop that it happens in.

use std::path::Path;

use super::{FILES, Sandbox, fresh};
use crate::change::apply;
use crate::change::set::{ChangeSet, FileChange};
use crate::error::Error;
use crate::git::program::Git;
use crate::git::sandbox;

/// A walk through one strategy: what is hard about it first, then what rakops does there.
pub(crate) struct Script {
    /// What the strategy is, in a few lines.
    pub(crate) opening: &'static str,
    /// Files of the shop besides the usual ones, by path.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// The branches that environments have besides `main`.
    pub(crate) branches: &'static [&'static str],
    pub(crate) scenes: &'static [Scene],
    /// What to try next, as lines that can be typed in the shop; without `rakops`.
    pub(crate) next: &'static [&'static str],
}

/// Something that happens, with a sentence before it.
pub(crate) struct Scene {
    pub(crate) why: &'static str,
    /// Who does it.
    pub(crate) who: &'static str,
    pub(crate) acts: &'static [Act],
}

/// One thing that somebody does.
pub(crate) enum Act {
    /// Changes one place of a file. `from` stands there once.
    Edit {
        path: &'static str,
        from: &'static str,
        to: &'static str,
    },
    /// Runs git with these words.
    Git(&'static [&'static str]),
    /// Runs `rakops` with these words, which ends with this code.
    Rakops(&'static [&'static str], u8),
}

/// Builds the shop of a script below `parent`, with its branches and a bare remote that has them all.
///
/// # Errors
/// [`crate::error::Kind::Files`] if nothing can be written there; as running git.
pub(crate) fn build(parent: &Path, script: &Script, git: &Git) -> Result<Sandbox, Error> {
    let sandbox = fresh(parent, FILES.iter().chain(script.files))?;
    let shop = git.at(&sandbox.shop);
    run(&shop, &["init", "--quiet", "--initial-branch=main"])?;
    run(&shop, &["add", "."])?;
    run(&shop, &["commit", "--quiet", "-m", "A small shop"])?;
    for branch in script.branches {
        run(&shop, &["branch", branch])?;
    }
    sandbox::publish(git, &sandbox.shop, &sandbox.remote)?;
    Ok(sandbox)
}

/// Runs git, and returns what it printed.
///
/// # Errors
/// As running git; where it fails.
pub(crate) fn run(git: &Git, words: &[&str]) -> Result<String, Error> {
    let finished = git.run(words, None, &[])?.or_fail("a step of the walk has failed")?;
    Ok(String::from_utf8_lossy(&finished.stdout).into_owned())
}

/// Puts `to` in the place of `from` in a file below `root`.
///
/// # Errors
/// [`crate::error::Kind::Bug`] if `from` does not stand there; [`crate::error::Kind::Files`] if the file cannot be written.
pub(crate) fn edit(root: &Path, path: &str, (from, to): (&str, &str)) -> Result<(), Error> {
    let before = std::fs::read(root.join(path)).map_err(|cause| Error::files(path, "cannot read", &cause))?;
    let text = String::from_utf8_lossy(&before).into_owned();
    if text.matches(from).count() != 1 {
        return Err(Error::bug(format!("`{from}` does not stand in `{path}` once")));
    }
    let change = FileChange::Replace {
        path: path.to_owned(),
        after: text.replacen(from, to, 1).into_bytes(),
        before,
    };
    let change_set = ChangeSet {
        files: vec![change],
        ..ChangeSet::default()
    };
    apply::apply(root, &change_set)
}

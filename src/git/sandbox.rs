//! A repository of our own making, for `rakops demo`.

use std::path::Path;

use super::program::Git;
use crate::error::{Error, Kind};

fn failed(cause: &git2::Error) -> Error {
    Error::new(Kind::Files, "sandbox", "the sandbox repository cannot be made").because(cause.message())
}

/// Makes a repository of the files in `root`, on the branch `main`, and commits them all.
///
/// # Errors
/// [`Kind::Files`] if git cannot write there.
pub(crate) fn commit_everything(root: &Path, message: &str) -> Result<(), Error> {
    git2::Repository::init_opts(root, git2::RepositoryInitOptions::new().initial_head("main"))
        .map_err(|cause| failed(&cause))?;
    commit_all(root, message)
}

/// Commits everything that differs from the last commit.
///
/// # Errors
/// [`Kind::Files`] if git cannot write there.
pub(crate) fn commit_all(root: &Path, message: &str) -> Result<(), Error> {
    let make = || -> Result<(), git2::Error> {
        let repository = git2::Repository::open(root)?;
        let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        let mut index = repository.index()?;
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None)?;
        index.write()?;
        let tree = repository.find_tree(index.write_tree()?)?;
        let author = git2::Signature::now("rakops demo", "demo@example.com")?;
        repository.commit(Some("HEAD"), &author, &author, message, &tree, &parents)?;
        Ok(())
    };
    make().map_err(|cause| failed(&cause))
}

/// Returns what `git diff` would print: the changes of the work tree against the index.
///
/// # Errors
/// [`Kind::Files`] if the repository cannot be read.
pub(crate) fn work_tree_diff(root: &Path) -> Result<String, Error> {
    let read = || -> Result<String, git2::Error> {
        let repository = git2::Repository::open(root)?;
        let diff = repository.diff_index_to_workdir(None, None)?;
        let mut text = Vec::new();
        diff.print(git2::DiffFormat::Patch, |_, _, line| {
            if matches!(line.origin(), '+' | '-' | ' ') {
                text.push(line.origin() as u8);
            }
            text.extend_from_slice(line.content());
            true
        })?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    };
    read().map_err(|cause| failed(&cause))
}

/// Makes a bare repository of the one in `root`, which gets it as its remote `origin`.
///
/// # Errors
/// As running git.
pub(crate) fn publish(git: &Git, root: &Path, bare: &Path) -> Result<(), Error> {
    let (from, to) = (root.display().to_string(), bare.display().to_string());
    let run = |git: Git, words: &[&str]| {
        git.run(words, None, &[])?
            .or_fail("the remote of the sandbox cannot be made")
            .map(|_| ())
    };
    run(git.at(root), &["clone", "--quiet", "--bare", &from, &to])?;
    run(git.at(bare), &["remote", "remove", "origin"])?;
    // As forges have it: whoever wants one directory need not fetch the others.
    run(git.at(bare), &["config", "uploadpack.allowFilter", "true"])?;
    run(git.at(root), &["remote", "add", "origin", &to])?;
    run(git.at(root), &["fetch", "--quiet", "origin"])?;
    run(git.at(root), &["remote", "set-head", "origin", "main"])?;
    run(
        git.at(root),
        &["branch", "--quiet", "--set-upstream-to=origin/main", "main"],
    )
}

/// Returns the messages of the last `count` commits of the branch `main`, newest first.
///
/// # Errors
/// [`Kind::Files`] if the repository cannot be read.
pub(crate) fn messages(repository: &Path, count: usize) -> Result<Vec<String>, Error> {
    let read = || -> Result<Vec<String>, git2::Error> {
        let repository = git2::Repository::open(repository)?;
        let mut walk = repository.revwalk()?;
        walk.push_ref("refs/heads/main")?;
        let message = |id| Ok(repository.find_commit(id?)?.message().unwrap_or_default().to_owned());
        walk.take(count).map(message).collect()
    };
    read().map_err(|cause| failed(&cause))
}

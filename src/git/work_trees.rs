//! Work trees that have a branch checked out: who they are, whether they are clean, and bringing them along.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::forward::{Forward, NO_HOOKS, NO_MONITOR, by_looking, forward};
use super::names::{BranchName, Oid};
use super::open::{Inside, Repository};
use super::program::Git;
use crate::error::{Error, Hint, Kind};

/// How many paths of a work tree that is not clean are named.
const NAMED: usize = 10;

/// Whether files that git tracks differ from the commit that is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Clean {
    /// They do not.
    Yes,
    /// They do; with the first of them.
    No(Vec<String>),
}

/// A branch that moves forward in a work tree.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The branch.
    pub(crate) branch: BranchName,
    /// Where it is.
    pub(crate) from: Oid,
    /// Where it goes; `from` stands before it.
    pub(crate) to: Oid,
}

impl Repository {
    /// Holds the repository for a commit into a work tree, so that runs beside each other do not take each other's half
    /// written files for somebody's work. It is a lock on the directory of the repository: nothing is left behind, and it
    /// ends with the value and with the process. None where the system has no such lock, or after ten seconds.
    pub(crate) fn hold(&self) -> Option<File> {
        const PATIENCE: Duration = Duration::from_secs(10);
        let directory = File::open(self.common_directory()).ok()?;
        let began = Instant::now();
        loop {
            match directory.try_lock() {
                Ok(()) => return Some(directory),
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(_) => return None,
            }
        }
    }

    /// Returns every work tree that has the branch checked out, linked ones too; one with a detached head has none.
    ///
    /// # Errors
    /// What git says, where it has to be asked.
    pub(crate) fn work_trees_on(&self, branch: &BranchName) -> Result<Vec<PathBuf>, Error> {
        match &self.inside {
            Inside::Library(inner) => Ok(by_files(inner, branch)),
            Inside::Program(plumbing) => {
                let listed = plumbing
                    .git()
                    .run(&["worktree", "list", "--porcelain", "-z"], None, &[])?
                    .or_fail("git cannot list the work trees")?;
                Ok(by_list(&listed.stdout, branch))
            }
        }
    }

    /// Tells whether a rebase of the branch is under way in a work tree: its head is detached then, and the branch moves at its
    /// end. What cannot be told is no rebase.
    pub(crate) fn is_rebased(&self, branch: &BranchName) -> bool {
        let Inside::Library(inner) = &self.inside else {
            return false;
        };
        let linked = std::fs::read_dir(inner.commondir().join("worktrees"))
            .into_iter()
            .flatten();
        let linked = linked.flatten().map(|entry| entry.path());
        let mut notes = std::iter::once(inner.commondir().to_path_buf())
            .chain(linked)
            .flat_map(|directory| ["rebase-merge", "rebase-apply"].map(|kind| directory.join(kind).join("head-name")));
        notes.any(|note| std::fs::read_to_string(note).is_ok_and(|name| name.trim_end() == branch.reference()))
    }

    /// Tells whether a work tree is clean. Files that git does not track do not count.
    ///
    /// # Errors
    /// [`Kind::Files`] with what git said.
    pub(crate) fn is_clean(&self, git: &Git, work_tree: &Path) -> Result<Clean, Error> {
        let mut paths = self.differing(&git.at(work_tree), work_tree)?;
        paths.truncate(NAMED);
        Ok(if paths.is_empty() { Clean::Yes } else { Clean::No(paths) })
    }

    /// The paths of tracked files that differ from the last commit, in the index or in the work tree.
    pub(super) fn differing(&self, git: &Git, work_tree: &Path) -> Result<Vec<String>, Error> {
        let args = [
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=no",
            "--no-renames",
            "--ignore-submodules=dirty",
        ];
        let status = by_looking(git, &args)?;
        let status = status.or_fail(&format!("git cannot tell the state of `{}`", work_tree.display()))?;
        let lines = status.stdout.split(|byte| *byte == 0);
        Ok(lines
            .filter_map(|line| line.get(3..))
            .map(|path| String::from_utf8_lossy(path).into_owned())
            .collect())
    }

    /// Moves a branch that is checked out in `work_tree` forward, together with the index and the files. No hook is run; all
    /// of it happens, or nothing.
    ///
    /// # Errors
    /// [`Kind::Refused`] `not-fast-forwarded` with git's text, if the branch is not where it is expected, or a file stands in
    /// the way.
    pub(crate) fn fast_forward(&self, git: &Git, work_tree: &Path, step: &Step) -> Result<(), Error> {
        let git = git.at(work_tree);
        let refused = || {
            Error::new(
                Kind::Refused,
                "not-fast-forwarded",
                format!("the files in `{}` were not brought along", work_tree.display()),
            )
            .hint(Hint::Say(format!("git -C {} status", work_tree.display())))
        };
        let here = Repository::open_with(work_tree, &git)?;
        if here.checked_out().as_deref() != Some(step.branch.as_str()) || here.tip("HEAD")? != Some(step.from.clone()) {
            return Err(refused().because(format!("`{}` has been moved by somebody else", step.branch)));
        }
        match forward(&here, &git, (work_tree, step))? {
            Forward::Done => return Ok(()),
            Forward::LeftToGit => {}
            Forward::Failed(why) => return Err(refused().because(why)),
        }
        let args = [
            "-c",
            NO_HOOKS,
            "-c",
            NO_MONITOR,
            "merge",
            "--ff-only",
            "--quiet",
            "--no-stat",
            "--no-autostash",
            // What git ignores may be somebody's own.
            "--no-overwrite-ignore",
            "--no-verify-signatures",
            step.to.as_str(),
        ];
        let reason = ("GIT_REFLOG_ACTION".to_owned(), "rakops".to_owned());
        let merged = git.run(&args, None, &[reason])?;
        if merged.is_success() {
            return Ok(());
        }
        // Files and index come first, and the branch may be locked then: they go back, unless somebody has changed them since.
        if here.tip("HEAD")? == Some(step.from.clone()) {
            let back = ["read-tree", "-m", "-u", step.to.as_str(), step.from.as_str()];
            let _ = by_looking(&git, &back);
        }
        Err(refused().because(super::program::said(&merged.stderr)))
    }
}

/// Reads `HEAD` of the repository and of each work tree linked to it. Source: `git help gitrepository-layout`.
fn by_files(inner: &git2::Repository, branch: &BranchName) -> Vec<PathBuf> {
    let wanted = format!("ref: {}", branch.reference());
    let is_on =
        |directory: &Path| std::fs::read_to_string(directory.join("HEAD")).is_ok_and(|head| head.trim_end() == wanted);
    let common = inner.commondir();
    let mut found = Vec::new();
    // One whose files lie apart from it is known as theirs only to whoever comes from there.
    let main = match inner.is_worktree() {
        true => git2::Repository::open(common)
            .ok()
            .and_then(|main| main.workdir().map(Path::to_path_buf)),
        false => inner.workdir().map(Path::to_path_buf),
    };
    if let Some(main) = main
        && is_on(common)
    {
        found.push(main);
    }
    let linked = std::fs::read_dir(common.join("worktrees")).into_iter().flatten();
    let mut linked: Vec<PathBuf> = linked
        .flatten()
        .map(|entry| entry.path())
        .filter(|directory| is_on(directory))
        .filter_map(|directory| {
            let link = std::fs::read_to_string(directory.join("gitdir")).ok()?;
            let link = directory.join(link.trim_end());
            link.parent().map(Path::to_path_buf)
        })
        // One whose directory was removed by hand has nothing to bring along.
        .filter(|work_tree| work_tree.is_dir())
        .collect();
    linked.sort();
    found.append(&mut linked);
    found
}

/// Reads `git worktree list --porcelain -z`: attributes end with NUL, work trees with one more.
fn by_list(listed: &[u8], branch: &BranchName) -> Vec<PathBuf> {
    let wanted = format!("branch {}", branch.reference());
    let text = String::from_utf8_lossy(listed);
    let mut found = Vec::new();
    for item in text.split("\0\0") {
        let path = item.split('\0').find_map(|line| line.strip_prefix("worktree "));
        if let Some(path) = path
            && item.split('\0').any(|line| line == wanted)
            && Path::new(path).is_dir()
        {
            found.push(PathBuf::from(path));
        }
    }
    found
}

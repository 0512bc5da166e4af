//! Repositories made and read with the `git` executable, so that the library rakops uses has another judge.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Sandbox;

/// How a run of git ended that was allowed to fail.
pub(crate) struct Attempt {
    pub(crate) succeeded: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A bare repository that others push to.
pub(crate) struct Remote<'a> {
    sandbox: &'a Sandbox,
    path: PathBuf,
}

impl Sandbox {
    /// Makes the work directory a repository on branch `main`, with nothing in it yet.
    pub(crate) fn repository(&self) -> &Sandbox {
        self.git(["init", "--quiet", "--initial-branch=main"]);
        self
    }

    /// Runs git in the work directory; returns stdout. A failure of git fails the test.
    #[track_caller]
    pub(crate) fn git<A: AsRef<str>>(&self, args: impl IntoIterator<Item = A>) -> String {
        self.git_in(&self.dir(), args)
    }

    /// Runs git in another directory.
    #[track_caller]
    pub(crate) fn git_in<A: AsRef<str>>(&self, dir: &Path, args: impl IntoIterator<Item = A>) -> String {
        let args: Vec<String> = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        let attempt = self.try_git_in(dir, &args);
        assert!(attempt.succeeded, "git {}: {}", args.join(" "), attempt.stderr);
        attempt.stdout
    }

    /// Runs git in another directory, where it may fail.
    pub(crate) fn try_git_in<A: AsRef<str>>(&self, dir: &Path, args: impl IntoIterator<Item = A>) -> Attempt {
        let output = Command::new("git")
            .args(args.into_iter().map(|arg| arg.as_ref().to_owned()))
            .current_dir(dir)
            .env_clear()
            .envs(self.env())
            .stdin(Stdio::null())
            .output()
            .expect("the tests need git");
        Attempt {
            succeeded: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Commits everything in the work directory, a minute after the commit before; returns the id.
    #[track_caller]
    pub(crate) fn commit_all(&self, message: &str) -> String {
        self.advance(60);
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Makes a bare repository, adds it as `origin` and pushes every branch there.
    #[track_caller]
    pub(crate) fn remote(&self) -> Remote<'_> {
        let path = self.root().join("remote.git");
        let shown = path.to_string_lossy().into_owned();
        self.git(["init", "--quiet", "--bare", "--initial-branch=main", &shown]);
        self.git(["remote", "add", "origin", &shown]);
        self.git(["push", "--quiet", "--all", "--set-upstream", "origin"]);
        self.git(["remote", "set-head", "origin", "--auto"]);
        Remote { sandbox: self, path }
    }

    /// What stands in the index and the work directory and not in the last commit; empty when clean.
    #[track_caller]
    pub(crate) fn status(&self) -> String {
        self.git(["status", "--porcelain=v1", "--untracked-files=all"])
    }

    /// The contents of `main:path` or any other object name.
    #[track_caller]
    pub(crate) fn show(&self, object: &str) -> String {
        self.git(["show", object])
    }

    /// Every commit of every branch with its parents, as text.
    pub(crate) fn log_graph(&self) -> String {
        self.log_graph_of(&self.dir())
    }

    pub(super) fn log_graph_of(&self, repository: &Path) -> String {
        let output = Command::new("git")
            .args(["log", "--graph", "--all", "--oneline", "--decorate"])
            .current_dir(repository)
            .env_clear()
            .envs(self.env())
            .output();
        output.map_or_else(
            |why| why.to_string(),
            |out| String::from_utf8_lossy(&out.stdout).into_owned(),
        )
    }

    /// Repositories directly below the sandbox's root.
    pub(super) fn repositories(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.root()).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.join(".git").exists() || path.join("HEAD").exists())
            .collect();
        found.sort();
        found
    }

    /// Has git check every object of every repository.
    #[track_caller]
    pub(crate) fn fsck(&self) {
        for repository in self.repositories() {
            self.git_in(&repository, ["fsck", "--strict", "--no-dangling", "--no-progress"]);
        }
    }

    pub(super) fn write_git_config(&self) {
        let config = "[user]\n\tname = Sandy Box\n\temail = sandy@example.com\n[init]\n\tdefaultBranch = main\n\
                      [advice]\n\tdetachedHead = false\n[core]\n\tautocrlf = false\n[protocol \"file\"]\n\tallow = always\n";
        fs::write(self.root().join("home/gitconfig"), config).unwrap();
        // The library looks for the file at home, whatever the variable says.
        fs::write(self.root().join("home/.gitconfig"), config).unwrap();
    }
}

impl Remote<'_> {
    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its address as a URL.
    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.path.display())
    }

    /// Runs git in it.
    #[track_caller]
    pub(crate) fn git<A: AsRef<str>>(&self, args: impl IntoIterator<Item = A>) -> String {
        self.sandbox.git_in(&self.path, args)
    }

    /// The contents of `main:path` on the remote.
    #[track_caller]
    pub(crate) fn show(&self, object: &str) -> String {
        self.git(["show", object])
    }

    /// Another clone, beside the work directory; returns where it is.
    #[track_caller]
    pub(crate) fn clone_as(&self, name: &str) -> PathBuf {
        let path = self.sandbox.root().join(name);
        let (from, to) = (self.path.to_string_lossy(), path.to_string_lossy());
        self.sandbox
            .git_in(self.sandbox.root(), ["clone", "--quiet", &from, &to]);
        path
    }
}

#[test]
fn commits_have_the_same_ids_on_every_run() {
    let commit = || {
        let sandbox = Sandbox::new();
        sandbox.repository().file("a.yaml", "a: 1\n");
        sandbox.commit_all("first")
    };
    assert_eq!(commit(), commit());
}

#[test]
fn a_remote_has_what_was_pushed_and_can_be_cloned() {
    let sandbox = Sandbox::new();
    sandbox.repository().file("a.yaml", "a: 1\n");
    sandbox.commit_all("first");
    let remote = sandbox.remote();
    assert_eq!(remote.show("main:a.yaml"), "a: 1\n");
    assert!(remote.url().starts_with("file:///") && remote.path().is_dir());
    let clone = remote.clone_as("other");
    assert_eq!(fs::read_to_string(clone.join("a.yaml")).unwrap(), "a: 1\n");
    assert_eq!(sandbox.status(), "");
    assert_eq!(sandbox.show("main:a.yaml"), "a: 1\n");
    assert!(sandbox.log_graph().contains("first"));
}

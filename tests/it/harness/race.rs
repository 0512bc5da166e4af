//! Many writers, one branch: how many land, and is anything lost or there twice?
//!
//! ```text
//! let race = Race::new(8, Layout::OneFile);
//! let outcome = race.run(&race.file_url(), |writer| race.bump(writer));
//! outcome.expect_all(&race);
//! ```

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::Sandbox;

/// Where the versions stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Each image in a file of its own.
    OwnFiles,
    /// All of them in one list, one line below the other.
    OneFile,
}

/// A repository `remote.git` with an image for each writer, `acme/app-1` and so on at 1.0.0, in environment `dev`.
pub(crate) struct Race {
    pub(crate) sandbox: Sandbox,
    pub(crate) writers: usize,
}

/// What came of it.
pub(crate) struct Outcome {
    /// How each writer ended, and what it said.
    pub(crate) ends: Vec<(i32, String)>,
    pub(crate) took: Duration,
}

impl Race {
    pub(crate) fn new(writers: usize, layout: Layout) -> Race {
        let sandbox = Sandbox::new();
        sandbox.repository();
        let mut list = String::from("resources:\n");
        let mut images = String::from("images:\n");
        for number in 1..=writers {
            let text = format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{number}\nspec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: acme/app-{number}:1.0.0   # by a robot\n"
            );
            sandbox.file(&format!("overlays/dev/app-{number}.yaml"), text);
            list.push_str(&format!("- app-{number}.yaml\n"));
            images.push_str(&format!("- name: acme/app-{number}\n  newTag: 1.0.0\n"));
        }
        if layout == Layout::OneFile {
            list.push_str(&images);
        }
        sandbox.file("overlays/dev/kustomization.yaml", list);
        // With one environment alone, that one would be guarded as production is.
        sandbox.file("overlays/prd/kustomization.yaml", "resources: []\n");
        sandbox.commit_all("everything at 1.0.0");
        sandbox.remote();
        Race { sandbox, writers }
    }

    /// Its repository as a `file://` address.
    pub(crate) fn file_url(&self) -> String {
        format!("file://{}", self.remote().display())
    }

    /// The repository that all push to.
    pub(crate) fn remote(&self) -> PathBuf {
        self.sandbox.root().join("remote.git")
    }

    /// A clone for each writer, as jobs of a pipeline have one.
    pub(crate) fn clones(&self, url: &str) {
        for writer in 1..=self.writers {
            let path = self.clone_of(writer);
            if path.exists() {
                let words = ["remote", "set-url", "origin", url];
                self.sandbox.git_in(&path, words);
            } else {
                let words = ["clone", "--quiet", url, &path.to_string_lossy()];
                self.sandbox.git_in(self.sandbox.root(), words);
            }
        }
    }

    /// The clone of a writer.
    pub(crate) fn clone_of(&self, writer: usize) -> PathBuf {
        self.sandbox.root().join(format!("clone-{writer}"))
    }

    /// A process in the environment of the sandbox.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.sandbox.env())
            .current_dir(self.sandbox.root());
        command
    }

    /// Bumps the writer's image to 1.1.0 from its own clone.
    pub(crate) fn bump(&self, writer: usize) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_rakops"));
        let assignment = format!("acme/app-{writer}=1.1.0");
        command.arg("-C").arg(self.clone_of(writer));
        command.args(["bump", &assignment, "--env", "dev", "--onto", "main", "--push"]);
        command
    }

    /// The same without a clone: all of them share what rakops keeps of the repository.
    pub(crate) fn bump_by_address(&self, writer: usize, url: &str) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_rakops"));
        let assignment = format!("acme/app-{writer}=1.1.0");
        command.args([
            "bump",
            &assignment,
            "--env",
            "dev",
            "--repo",
            url,
            "--onto",
            "main",
            "--push",
        ]);
        command
    }

    /// Starts all at the same time and waits for the last.
    pub(crate) fn run(&self, writer: impl Fn(usize) -> Command) -> Outcome {
        self.run_in_order(1..=self.writers, writer)
    }

    /// Starts all at the same time, in this order, and waits for the last.
    pub(crate) fn run_in_order(
        &self,
        order: impl IntoIterator<Item = usize>,
        writer: impl Fn(usize) -> Command,
    ) -> Outcome {
        let start = Instant::now();
        let children: Vec<Child> = order
            .into_iter()
            .map(|number| {
                let mut command = writer(number);
                command
                    .stdin(Stdio::null())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped());
                command.spawn().unwrap()
            })
            .collect();
        let threads: Vec<_> = children
            .into_iter()
            .map(|child| thread::spawn(move || child.wait_with_output().unwrap()))
            .collect();
        let ends = threads.into_iter().map(|thread| {
            let output = thread.join().unwrap();
            let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
            said.push_str(&String::from_utf8_lossy(&output.stderr));
            (output.status.code().unwrap_or(-1), said)
        });
        let ends = ends.collect();
        Outcome {
            ends,
            took: start.elapsed(),
        }
    }

    /// How many commits `main` of the remote has on top of the first.
    pub(crate) fn commits(&self) -> usize {
        let count = self.sandbox.git_in(&self.remote(), ["rev-list", "--count", "main"]);
        count.trim().parse::<usize>().unwrap() - 1
    }

    /// How many images stand at 1.1.0 on `main` of the remote.
    pub(crate) fn landed(&self) -> usize {
        let remote = self.remote();
        let words = ["grep", "--count", "-E", "1\\.1\\.0( |$)", "main", "--", "overlays/dev"];
        let found = self.sandbox.try_git_in(&remote, words).stdout;
        let counts = found
            .lines()
            .filter_map(|line| line.rsplit_once(':')?.1.parse::<usize>().ok());
        counts.sum()
    }
}

impl Outcome {
    /// How many say that they landed.
    pub(crate) fn claimed(&self) -> usize {
        self.ends.iter().filter(|(code, _)| *code == 0).count()
    }

    /// What those said that did not succeed, at most three of them.
    pub(crate) fn complaints(&self) -> String {
        let failed = self.ends.iter().filter(|(code, _)| *code != 0);
        failed
            .take(3)
            .map(|(code, said)| format!("status {code}: {said}\n"))
            .collect()
    }

    /// Fails the test unless every writer landed, once.
    #[track_caller]
    pub(crate) fn expect_all(&self, race: &Race) {
        let wanted = race.writers;
        assert_eq!(self.claimed(), wanted, "claimed\n{}", self.complaints());
        assert_eq!(race.landed(), wanted, "images on the branch");
        assert_eq!(race.commits(), wanted, "commits on the branch");
    }
}

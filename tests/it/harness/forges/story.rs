//! A history on `main` whose every commit is known: how it came there, and what the forge keeps about it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::shelf::{Pull, Shelf};
use super::{Bench, Fake, Speaks};
use crate::harness::Sandbox;

/// How a branch becomes part of `main`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// With a commit that has two parents.
    Merge,
    /// As one commit.
    Squash,
    /// Each of its commits anew.
    Rebase,
    /// By nobody's leave.
    Push,
}

/// How many days a year has.
pub(super) fn length(year: u64) -> u64 {
    months(year).iter().sum()
}

/// How many days each month of a year has.
pub(super) fn months(year: u64) -> [u64; 12] {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let february = 28 + u64::from(is_leap);
    [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

/// A moment as forges write it. `seconds` since 1970.
pub(crate) fn moment(seconds: u64) -> String {
    let (mut year, mut days, of_day) = (1970, seconds / 86_400, seconds % 86_400);
    while days >= length(year) {
        days -= length(year);
        year += 1;
    }
    let mut month = 1;
    for long in months(year) {
        if days < long {
            break;
        }
        days -= long;
        month += 1;
    }
    let (hours, minutes, seconds) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!(
        "{year:04}-{month:02}-{:02}T{hours:02}:{minutes:02}:{seconds:02}Z",
        days + 1
    )
}

impl Sandbox {
    /// Has `git fast-import` do what it is told, and checks `main` out. The ids of marks are in `.git/marks` then.
    pub(crate) fn import(&self, stream: &str) {
        let mut child = Command::new("git")
            .args(["fast-import", "--quiet", "--force", "--export-marks=.git/marks"])
            .current_dir(self.dir())
            .env_clear()
            .envs(self.env())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        self.git(["reset", "--quiet", "--hard", "main"]);
    }
}

impl Bench {
    /// The time of the sandbox, as forges write it.
    pub(crate) fn time(&self) -> String {
        moment(self.sandbox.now())
    }

    /// A branch from `main` with one commit for each version that production gets in turn, pushed; returns its commits.
    pub(crate) fn topic(&self, name: &str, versions: &[&str]) -> Vec<String> {
        let sandbox = &self.sandbox;
        sandbox.git(["switch", "--quiet", "--create", name, "main"]);
        let commits = versions.iter().map(|version| {
            let text = format!("resources: [../../base]\nimages:\n- name: ghcr.io/acme/api\n  newTag: {version}\n");
            sandbox.file("overlays/prd/kustomization.yaml", text);
            sandbox.commit_all(&format!("prd: api {version}"))
        });
        let commits = commits.collect();
        sandbox.git(["push", "--quiet", "--force", "origin", name]);
        sandbox.git(["switch", "--quiet", "main"]);
        commits
    }

    /// Brings a branch to `main`, pushed; returns the commits that `main` got, oldest first.
    pub(crate) fn land(&self, name: &str, way: Way) -> Vec<String> {
        let sandbox = &self.sandbox;
        sandbox.advance(60);
        let before = sandbox.git(["rev-parse", "main"]).trim().to_owned();
        match way {
            Way::Merge => drop(sandbox.git([
                "merge",
                "--quiet",
                "--no-ff",
                "-X",
                "theirs",
                "-m",
                &format!("Merge {name}"),
                name,
            ])),
            Way::Squash => {
                sandbox.git(["merge", "--quiet", "--squash", "-X", "theirs", name]);
                sandbox.git(["commit", "--quiet", "-m", &format!("{name} in one")]);
            }
            Way::Rebase | Way::Push => drop(sandbox.git(["cherry-pick", "-X", "theirs", &format!("main..{name}")])),
        }
        sandbox.git(["push", "--quiet", "origin", "main"]);
        let range = format!("{before}..main");
        let listed = sandbox.git(["rev-list", "--first-parent", "--reverse", &range]);
        listed.lines().map(str::to_owned).collect()
    }

    /// The forge gets to know a request whose branch was landed.
    pub(crate) fn know(&self, pull: Pull, landed: &[String]) {
        self.forge.shelf().record(pull.brought(landed));
    }

    /// Commits to `main` what `git fast-import` is told, and pushes it.
    pub(crate) fn import(&self, stream: &str) {
        self.sandbox.import(stream);
        self.sandbox.git(["push", "--quiet", "origin", "main"]);
    }

    /// A forge in front of the remote of a sandbox.
    pub(crate) fn around(sandbox: Sandbox, speaks: impl Speaks + 'static) -> Bench {
        let shelf = Shelf::new(sandbox.root().join("remote.git"), sandbox.env());
        let forge = Fake::start(speaks, shelf);
        Bench { sandbox, forge }
    }

    /// The rows of the audit of production, by commit.
    pub(crate) fn audited(&self, words: &[&str]) -> Value {
        let common = ["audit", "prd", "--since", "2000-01-01", "-o", "json"];
        let output = self.rakops(common.iter().chain(words).copied()).run();
        assert!(output.code == 0 || output.code == 1, "{}", output.all());
        output.json()
    }
}

/// One row of an audit, in one line: the number of the request, whether it was approved, and what is missing.
pub(crate) fn line(document: &Value, commit: &str) -> String {
    let rows = document["rows"].as_array().unwrap();
    let found: Vec<&Value> = rows.iter().filter(|row| row["commit"] == commit).collect();
    let [row] = found.as_slice() else {
        panic!("{} rows of {commit}: {document}", found.len());
    };
    let gaps: Vec<&str> = row["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    format!(
        "{} {} {}",
        row["pull_request"]["number"],
        row["approved"].as_str().unwrap(),
        gaps.join(",")
    )
    .trim_end()
    .to_owned()
}

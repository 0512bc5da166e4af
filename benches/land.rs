//! Landing in large repositories, as ratios within one run: `cargo bench --bench land`.
//!
//! `benches/make_large.sh` makes repositories of 10,000 and of 100,000 files in two shapes. A change of one file onto a branch
//! that is not checked out stands beside the ways by hand, checkout or work tree, edit, commit, back; `--repo URL` stands beside what
//! git itself needs for the same bytes, a fetch of depth 1 without blobs and one of the 50 blobs, over HTTP on the loopback.
//!
//! A bar that is missed is printed as `MISSED` and fails nothing: machines that run this are noisy.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints figures"
)]

/// The server is that of the tests.
#[expect(dead_code, reason = "the tests need more of it")]
#[path = "../tests/it/harness"]
mod harness {
    pub(crate) mod http_git;
    pub(crate) mod server;
}

#[expect(dead_code, unused_imports, reason = "shared by all benchmarks")]
mod measure;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use harness::http_git::GitHttp;

use measure::{Bar, Effort, Growth, Row, Table, Times, ratio, shown, time};

const ROUNDS: usize = 5;
const HOW: &str = "One file is changed on a branch that is not checked out, in a repository with a work tree of all its files: the whole process of rakops, three \
    times a round, beside what one does by hand with git. `--repo URL` is a dry run on a repository that is not there yet, or is in the cache, \
    over HTTP on the loopback, beside what git needs for the same bytes. Medians.";

fn main() {
    let place = std::env::temp_dir().join("rakops-bench-land");
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).unwrap();
    fs::write(
        place.join("gitconfig"),
        "[user]\n\tname = Bench\n\temail = bench@example.invalid\n",
    )
    .unwrap();
    let table = Table::begin("land", "A commit onto another branch, and `--repo URL`", HOW);
    let bench = Bench {
        place,
        table,
        rounds: Effort::asked().rounds(ROUNDS),
    };
    let mut quick = Vec::new();
    for (files, shape) in [(10_000, "leaves"), (100_000, "leaves"), (100_000, "wide")] {
        let remote = bench.place.join("remote.git");
        let made = Command::new("benches/make_large.sh")
            .arg(&remote)
            .args([&files.to_string(), shape])
            .status();
        assert!(made.unwrap().success(), "benches/make_large.sh failed");
        quick.push(bench.commit(files, shape));
        if files == 100_000 {
            bench.fetch(files, shape);
        }
    }
    for (work, pick) in [
        ("commit onto another branch", Sides::rakops as fn(&Sides) -> Duration),
        ("by checkout and back", Sides::checkout),
    ] {
        bench.table.growth(&Growth {
            of: "files of the repository (10,000 -> 100,000)",
            work,
            times: (pick(&quick[0]), pick(&quick[1])),
            bar: work.starts_with("commit").then_some(1.5),
        });
    }
    fs::remove_dir_all(&bench.place).unwrap();
}

/// What is changed.
const FILE: &str = "overlays/dev/app-7.yaml";

struct Bench {
    place: PathBuf,
    table: Table,
    rounds: usize,
}

/// Medians of the ways to commit one file.
struct Sides {
    rakops: Duration,
    checkout: Duration,
}

impl Sides {
    fn rakops(&self) -> Duration {
        self.rakops
    }

    fn checkout(&self) -> Duration {
        self.checkout
    }
}

impl Bench {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("HOME", &self.place)
            .env("GIT_CONFIG_GLOBAL", self.place.join("gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("RAKOPS_OFFLINE", "1")
            .env("XDG_CACHE_HOME", self.place.join("cache"))
            .env("XDG_CONFIG_HOME", self.place.join("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn git(&self, directory: &Path, words: &[&str]) {
        let mut command = self.command("git");
        command.arg("-C").arg(directory).args(words).stderr(Stdio::inherit());
        assert!(command.status().unwrap().success(), "git {}", words.join(" "));
    }

    /// One file of `other`, from `main`.
    fn commit(&self, files: usize, shape: &str) -> Sides {
        let tree = self.place.join("tree");
        let _ = fs::remove_dir_all(&tree);
        let remote = self.place.join("remote.git");
        let words = [
            "clone",
            "--quiet",
            "--local",
            &remote.to_string_lossy(),
            &tree.to_string_lossy(),
        ];
        self.git(&self.place, &words);
        self.git(&tree, &["branch", "--quiet", "other", "origin/other"]);
        let path = "spec.template.spec.containers[0].image";
        let (mut rakops, mut checkout, mut work_tree) = (Times::default(), Times::default(), Times::default());
        for round in 0..self.rounds {
            for number in 0..3 {
                let value = format!("{path}=acme/app-7:1.{round}.{number}");
                let mut command = self.command(env!("CARGO_BIN_EXE_rakops"));
                command.arg("-C").arg(&tree);
                command.args(["yaml", "set", FILE, &value, "--onto", "other", "--commit"]);
                rakops.push(measure::run(&mut command, &[0]));
            }
            checkout.push(time(|| {
                self.git(&tree, &["checkout", "--quiet", "other"]);
                self.edit_and_commit(&tree, &format!("2.{round}.0"));
                self.git(&tree, &["checkout", "--quiet", "main"]);
            }));
            // It writes every file: once is enough where time is short.
            if round == 0 || Effort::asked() == Effort::Full {
                work_tree.push(time(|| {
                    self.git(&tree, &["worktree", "add", "--quiet", "../beside", "other"]);
                    let beside = self.place.join("beside");
                    self.edit_and_commit(&beside, &format!("3.{round}.0"));
                    self.git(&tree, &["worktree", "remove", "../beside"]);
                }));
            }
        }
        fs::remove_dir_all(&tree).unwrap();
        let sides = Sides {
            rakops: rakops.median(),
            checkout: checkout.median(),
        };
        let times = ratio(sides.checkout, sides.rakops);
        self.table.row(&Row {
            work: &format!("`yaml set --onto other --commit`, {files} files, {shape}"),
            measured: &format!("time, median of {}", self.rounds * 3),
            rakops: shown(sides.rakops),
            peers: format!(
                "checkout, edit, commit, checkout back {}; worktree add, edit, commit, worktree remove {}",
                shown(sides.checkout),
                shown(work_tree.median())
            ),
            ratio: format!("1/{times:.0} of checkout"),
            bar: Bar::of("≤ 10 ms", || sides.rakops <= Duration::from_millis(10)),
        });
        sides
    }

    /// The way by hand.
    fn edit_and_commit(&self, tree: &Path, version: &str) {
        let text = fs::read_to_string(tree.join(FILE)).unwrap();
        let (before, rest) = text.split_once("acme/app-7:").unwrap();
        let edited = format!("{before}acme/app-7:{version} {}", rest.split_once(' ').unwrap().1);
        fs::write(tree.join(FILE), edited).unwrap();
        self.git(tree, &["commit", "--quiet", "--all", "--message", "by hand"]);
    }

    /// `--repo URL --env dev`, cold and warm.
    fn fetch(&self, files: usize, shape: &str) {
        let server = GitHttp::serve(&self.place);
        let url = server.url("remote.git");
        let (mut bare, mut cold, mut warm) = (Times::default(), Times::default(), Times::default());
        let (mut trips_of_git, mut trips) = (0, 0);
        for round in 0..self.rounds {
            server.forget();
            bare.push(time(|| self.bare_fetch(&url)));
            trips_of_git = server.requests().len();
            let _ = fs::remove_dir_all(self.place.join("cache"));
            server.forget();
            cold.push(self.bump(&url, &format!("1.1.{round}")));
            trips = server.requests().len();
            for number in 0..2 {
                warm.push(self.bump(&url, &format!("1.2.{round}{number}")));
            }
        }
        let (bare, cold, warm) = (bare.median(), cold.median(), warm.median());
        let times = ratio(cold, bare);
        self.table.row(&Row {
            work: &format!("`bump --repo URL --env dev -n`, nothing in the cache, {files} files, {shape}"),
            measured: &format!("time, median of {}", self.rounds),
            rakops: format!("{} in {trips} requests", shown(cold)),
            peers: format!(
                "fetch of the tip without blobs, and of 50 blobs {} in {trips_of_git} requests",
                shown(bare)
            ),
            ratio: format!("{times:.2} x"),
            bar: Bar::of("≤ 1.5 x", || times <= 1.5),
        });
        self.table.row(&Row {
            work: &format!("`bump --repo URL --env dev -n`, from the cache, {files} files, {shape}"),
            measured: &format!("time, median of {}", self.rounds * 2),
            rakops: shown(warm),
            peers: String::new(),
            ratio: String::new(),
            bar: Bar::of("≤ 300 ms", || warm < Duration::from_millis(300)),
        });
    }

    fn bump(&self, url: &str, version: &str) -> Duration {
        let mut command = self.command(env!("CARGO_BIN_EXE_rakops"));
        let assignment = format!("acme/app-7={version}");
        measure::run(
            command.args(["bump", &assignment, "--env", "dev", "--repo", url, "--dry-run"]),
            &[0],
        )
    }

    /// What git needs for the same bytes.
    fn bare_fetch(&self, url: &str) {
        let clone = self.place.join("bare.git");
        let _ = fs::remove_dir_all(&clone);
        self.git(&self.place, &["init", "--quiet", "--bare", "bare.git"]);
        self.git(&clone, &["remote", "add", "origin", url]);
        self.git(&clone, &["config", "remote.origin.promisor", "true"]);
        self.git(&clone, &["config", "remote.origin.partialclonefilter", "blob:none"]);
        let wanted = "+refs/heads/main:refs/remotes/origin/main";
        self.git(
            &clone,
            &[
                "fetch",
                "--quiet",
                "--depth=1",
                "--no-tags",
                "--filter=blob:none",
                "origin",
                wanted,
            ],
        );
        let mut list = self.command("git");
        list.arg("-C")
            .arg(&clone)
            .args(["ls-tree", "origin/main", "overlays/dev/"]);
        let listed = list.stdout(Stdio::piped()).output().unwrap().stdout;
        let listed = String::from_utf8(listed).unwrap();
        let mut ids: Vec<&str> = listed
            .lines()
            .filter_map(|line| line.split_whitespace().nth(2))
            .collect();
        assert_eq!(ids.len(), 50);
        ids.push("");
        let mut fetch = self.command("git");
        fetch
            .arg("-C")
            .arg(&clone)
            .args(["-c", "fetch.negotiationAlgorithm=noop"]);
        fetch.args([
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--filter=blob:none",
            "--stdin",
            "origin",
        ]);
        let mut child = fetch.stdin(Stdio::piped()).spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(ids.join("\n").as_bytes())
            .unwrap();
        assert!(child.wait().unwrap().success(), "the blobs cannot be fetched");
    }
}

//! Landing in large repositories, as ratios within one run: `cargo bench --bench land`.
//!
//! `benches/make_large.sh` makes repositories of 20,000 and of 100,000 files in two shapes. A change of one file onto a branch
//! that is not checked out stands beside the way by hand, checkout, edit, commit, checkout back; `--repo URL` stands beside what
//! git itself needs for the same bytes, a fetch of depth 1 without blobs and one of the 50 blobs, over HTTP on the loopback.
//!
//! A budget that is missed is printed as `MISSED` and fails nothing: machines that run this are noisy.
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

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness::http_git::GitHttp;

const ROUNDS: usize = 5;

fn main() {
    let place = std::env::temp_dir().join("rakops-bench-land");
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).unwrap();
    fs::write(
        place.join("gitconfig"),
        "[user]\n\tname = Bench\n\temail = bench@example.invalid\n",
    )
    .unwrap();
    let bench = Bench { place };
    if !bench.knows("yaml set", "--onto") {
        println!("land: skipped, `rakops yaml set` has no --onto");
        return;
    }
    let mut quick = Vec::new();
    for (files, shape) in [(20_000, "leaves"), (100_000, "leaves"), (100_000, "wide")] {
        let remote = bench.place.join("remote.git");
        let made = Command::new("benches/make_large.sh")
            .arg(&remote)
            .args([&files.to_string(), shape])
            .status();
        assert!(made.unwrap().success(), "benches/make_large.sh failed");
        quick.push(bench.commit(files, shape));
        if files == 100_000 && bench.knows("bump", "--repo") {
            bench.fetch(files, shape);
        }
    }
    let growth = quick[1].as_secs_f64() / quick[0].as_secs_f64();
    let verdict = verdict(growth <= 1.5);
    println!("land: five times the files, {growth:.2} x the time of a commit (bar 1.5, {verdict})");
    fs::remove_dir_all(&bench.place).unwrap();
}

struct Bench {
    place: PathBuf,
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

    fn knows(&self, words: &str, flag: &str) -> bool {
        let help = Command::new(env!("CARGO_BIN_EXE_rakops"))
            .args(words.split(' '))
            .arg("--help")
            .output();
        String::from_utf8_lossy(&help.unwrap().stdout).contains(flag)
    }

    /// One file of `other`, from `main`.
    fn commit(&self, files: usize, shape: &str) -> Duration {
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
        let file = "overlays/dev/app-7.yaml";
        let path = "spec.template.spec.containers[0].image";
        let (mut rakops, mut by_hand) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            for number in 0..3 {
                let value = format!("{path}=acme/app-7:1.{round}.{number}");
                let mut command = self.command(env!("CARGO_BIN_EXE_rakops"));
                command.arg("-C").arg(&tree);
                rakops.push(time(
                    command.args(["yaml", "set", file, &value, "--onto", "other", "--commit"]),
                ));
            }
            let start = Instant::now();
            self.git(&tree, &["checkout", "--quiet", "other"]);
            let text = fs::read_to_string(tree.join(file)).unwrap();
            let (before, rest) = text.split_once("acme/app-7:").unwrap();
            let edited = format!("{before}acme/app-7:2.{round}.0 {}", rest.split_once(' ').unwrap().1);
            fs::write(tree.join(file), edited).unwrap();
            self.git(&tree, &["commit", "--quiet", "--all", "--message", "by hand"]);
            self.git(&tree, &["checkout", "--quiet", "main"]);
            by_hand.push(start.elapsed());
        }
        fs::remove_dir_all(&tree).unwrap();
        let (rakops, by_hand) = (median(&mut rakops), median(&mut by_hand));
        let part = by_hand.as_secs_f64() / rakops.as_secs_f64();
        let is_met = part >= 20.0 && rakops < Duration::from_millis(20);
        println!(
            "land: {files} files, {shape}: commit of one file onto another branch {:.1} ms, by hand {:.0} ms: {part:.0} times faster (bars 20 ms and 20 times, {})",
            ms(rakops),
            ms(by_hand),
            verdict(is_met)
        );
        rakops
    }

    /// `--repo URL --env dev`, cold and warm.
    fn fetch(&self, files: usize, shape: &str) {
        let server = GitHttp::serve(&self.place);
        let url = server.url("remote.git");
        let (mut bare, mut cold, mut warm) = (Vec::new(), Vec::new(), Vec::new());
        let (mut trips_of_git, mut trips) = (0, 0);
        for round in 0..ROUNDS {
            server.forget();
            bare.push(self.bare_fetch(&url));
            trips_of_git = server.requests().len();
            let _ = fs::remove_dir_all(self.place.join("cache"));
            server.forget();
            cold.push(self.bump(&url, &format!("1.1.{round}")));
            trips = server.requests().len();
            for number in 0..2 {
                warm.push(self.bump(&url, &format!("1.2.{round}{number}")));
            }
        }
        let (bare, cold, warm) = (median(&mut bare), median(&mut cold), median(&mut warm));
        let times = cold.as_secs_f64() / bare.as_secs_f64();
        println!(
            "land: {files} files, {shape}: --repo cold {:.0} ms in {trips} requests, git alone {:.0} ms in {trips_of_git}: {times:.2} x (bar 1.5, {})",
            ms(cold),
            ms(bare),
            verdict(times <= 1.5)
        );
        println!(
            "land: {files} files, {shape}: --repo warm {:.0} ms (bar 300 ms, {})",
            ms(warm),
            verdict(warm < Duration::from_millis(300))
        );
    }

    fn bump(&self, url: &str, version: &str) -> Duration {
        let mut command = self.command(env!("CARGO_BIN_EXE_rakops"));
        let assignment = format!("acme/app-7={version}");
        time(command.args(["bump", &assignment, "--env", "dev", "--repo", url, "--dry-run"]))
    }

    /// What git needs for the same bytes.
    fn bare_fetch(&self, url: &str) -> Duration {
        let clone = self.place.join("bare.git");
        let _ = fs::remove_dir_all(&clone);
        let start = Instant::now();
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
        start.elapsed()
    }
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let status = command.status().unwrap();
    let took = start.elapsed();
    assert!(status.success(), "{command:?}");
    took
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

//! How long it takes to start, and to answer a TAB: `cargo bench --bench start`. The floor is `git --version` in the same run.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints figures"
)]

#[expect(dead_code, unused_imports, reason = "shared by all benchmarks")]
mod measure;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use measure::{Bar, Effort, Row, Table, Times, ratio, run, shown};

const ROUNDS: usize = 101;
const HOW: &str = "From start to exit of a process, by `fork` and `exec` without a shell, all sides in turn; medians. A TAB is what the completion \
    script of bash runs for `rakops bump app19`: in a repository of one image, and in one of 2,000.";

/// What is started: its name, its words, and the line of a TAB.
struct Start<'a> {
    work: &'a str,
    words: &'a [&'a str],
    tree: &'a Path,
}

fn main() {
    let table = Table::begin("start", "Starting, and TAB", HOW);
    let place = std::env::temp_dir().join(format!("rakops-bench-start-{}", std::process::id()));
    let small = repository(&place.join("small"), 1);
    let large = repository(&place.join("large"), 2_000);
    let starts = [
        Start {
            work: "`--version`",
            words: &["--version"],
            tree: &small,
        },
        Start {
            work: "`completions bash`",
            words: &["completions", "bash"],
            tree: &small,
        },
        Start {
            work: "a TAB, 1 image",
            words: &["--", "rakops bump app1"],
            tree: &small,
        },
        Start {
            work: "a TAB, 2,000 images",
            words: &["--", "rakops bump app19"],
            tree: &large,
        },
        Start {
            work: "`images app1`, one small file",
            words: &["images", "app1"],
            tree: &small,
        },
        Start {
            work: "`bump app1=2 -n`, one small file",
            words: &["bump", "app1=2", "-n"],
            tree: &small,
        },
    ];
    let rounds = Effort::asked().rounds(ROUNDS);
    let mut git = Times::default();
    let mut times = vec![Times::default(); starts.len()];
    for _ in 0..rounds {
        git.push(run(Command::new("git").arg("--version"), &[0]));
        for (start, times) in starts.iter().zip(&mut times) {
            times.push(run(&mut rakops(&place, start), &[0]));
        }
    }
    let git = git.median();
    for (start, times) in starts.iter().zip(&times) {
        let took = times.median();
        let times = ratio(took, git);
        table.row(&Row {
            work: start.work,
            measured: &format!("time, median of {rounds}"),
            rakops: shown(took),
            peers: format!("`git --version` {}", shown(git)),
            ratio: format!("{times:.2} x"),
            bar: match start.work.contains("small file") {
                true => Bar::of("≤ 5 ms", || took <= Duration::from_millis(5)),
                false => Bar::of("≤ 2 x", || times <= 2.0),
            },
        });
    }
    fs::remove_dir_all(&place).unwrap();
}

fn rakops(home: &Path, start: &Start<'_>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
    command
        .args(start.words)
        .current_dir(start.tree)
        .env("RAKOPS_OFFLINE", "1")
        .env("HOME", home);
    command.env("XDG_CACHE_HOME", home.join("cache"));
    if start.words.first() == Some(&"--") {
        command.env("RAKOPS_COMPLETE", "bash");
    }
    command
}

/// An environment of so many images, in one kustomization.
fn repository(into: &Path, images: usize) -> PathBuf {
    let overlay = into.join("overlays/dev");
    fs::create_dir_all(&overlay).unwrap();
    run(Command::new("git").args(["init", "--quiet"]).arg(into), &[0]);
    let entries: String = (1..=images)
        .map(|n| format!("- {{name: ghcr.io/acme/app{n}, newTag: 1.{n}.0}}\n"))
        .collect();
    fs::write(overlay.join("kustomization.yaml"), format!("images:\n{entries}")).unwrap();
    into.to_owned()
}

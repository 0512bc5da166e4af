//! Whole-process speed over a large repository, as ratios within one run: `cargo bench --bench scan`.
//!
//! The tree is made by `benches/make_tree.sh` from numbered copies of the folder that `RAKOPS_CORPUS` names
//! (`../shared/corpus` if it is there); `rg` must be installed. Each figure is a median of interleaved rounds.
//!
//! The budget of a command is 1.5 × `rg -l -F --hidden -g '!.git' NAME` on the same files, plus the time that parsing the files
//! that mention the name, and all kustomizations, takes at 1.5 × the speed of yaml-rust2's bare events in this run.
//!
//! A budget that is missed is printed as `MISSED`, and `.ci/run` repeats it in its summary; it fails nothing, because the
//! machines that run this are noisy and a figure of one run proves little.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints figures"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use yaml_rust2::parser::{Event, Parser};

const ROUNDS: usize = 7;

fn main() {
    let corpus = std::env::var_os("RAKOPS_CORPUS").map_or_else(|| PathBuf::from("../shared/corpus"), PathBuf::from);
    small_file();
    if !corpus.is_dir() {
        println!("scan: skipped, RAKOPS_CORPUS names no folder of manifests");
        return;
    }
    if Command::new("rg")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        println!("scan: skipped, `rg` is not installed");
        return;
    }
    let tree = std::env::temp_dir().join("rakops-bench-tree");
    let made = Command::new("benches/make_tree.sh")
        .arg(&corpus)
        .arg(&tree)
        .status()
        .unwrap();
    assert!(made.success(), "benches/make_tree.sh failed");
    let files = count(&tree, &["--files", "--hidden", "-g", "!.git"]);
    println!("scan: {files} files");
    // A rare name and a common one.
    for name in ["suggestion-goptuna", "podinfo", "app"] {
        ratio(&tree, name, files);
    }
    std::fs::remove_dir_all(&tree).unwrap();
}

/// How many lines `rg` prints.
fn count(tree: &Path, args: &[&str]) -> usize {
    let output = Command::new("rg").args(args).current_dir(tree).output().unwrap();
    output.stdout.iter().filter(|byte| **byte == b'\n').count()
}

fn ratio(tree: &Path, name: &str, files: usize) {
    let listed = Command::new("rg")
        .args(["-l", "-F", "--hidden", "-g", "!.git", name])
        .current_dir(tree)
        .output()
        .unwrap()
        .stdout;
    let listed = String::from_utf8(listed).unwrap();
    let matching: Vec<PathBuf> = listed.lines().map(|line| tree.join(line)).collect();
    if matching.is_empty() {
        println!("scan: `{name}` is in no file, skipped");
        return;
    }
    let kustomizations = Command::new("rg")
        .args([
            "--files",
            "--hidden",
            "-g",
            "!.git",
            "-g",
            "kustomization.yaml",
            "-g",
            "kustomization.yml",
            "-g",
            "Kustomization",
        ])
        .current_dir(tree)
        .output()
        .unwrap()
        .stdout;
    let kustomizations: Vec<PathBuf> = String::from_utf8(kustomizations)
        .unwrap()
        .lines()
        .map(|line| tree.join(line))
        .collect();
    let size = |paths: &[PathBuf]| {
        paths
            .iter()
            .map(|path| std::fs::metadata(path).unwrap().len())
            .sum::<u64>()
    };
    let bytes = size(&matching)
        + size(
            &kustomizations
                .into_iter()
                .filter(|it| !matching.contains(it))
                .collect::<Vec<_>>(),
        );

    let mut rg = Vec::new();
    let mut images = Vec::new();
    let mut bump = Vec::new();
    let mut bare = Vec::new();
    let assignment = format!("{name}=v999.0.0");
    for _ in 0..ROUNDS {
        rg.push(time(
            Command::new("rg")
                .args(["-l", "-F", "--hidden", "-g", "!.git", name])
                .current_dir(tree),
        ));
        images.push(time(rakops(tree).args(["images", name])));
        bump.push(time(rakops(tree).args([
            "bump",
            &assignment,
            "--all",
            "--drop-digest",
            "--dry-run",
        ])));
        bare.push(bare_speed(&matching));
    }
    let (rg, images, bump) = (median(&mut rg), median(&mut images), median(&mut bump));
    bare.sort_by(f64::total_cmp);
    let speed = bare[bare.len() / 2];
    let budget = 1.5 * rg.as_secs_f64() + bytes as f64 / (1.5 * speed);
    let share = 100.0 * matching.len() as f64 / files as f64;
    println!(
        "scan: `{name}` in {share:.1} % of the files; rg {:.0} ms, bare events {:.1} MB/s, budget {:.0} ms",
        ms(rg),
        speed / 1e6,
        budget * 1e3
    );
    for (what, took) in [("images", images), ("bump --dry-run", bump)] {
        let part = took.as_secs_f64() / budget;
        let verdict = if part <= 1.0 { "met" } else { "MISSED" };
        println!(
            "scan:   rakops {what}: {:.0} ms = {part:.2} x budget ({verdict})",
            ms(took)
        );
    }
}

fn rakops(tree: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
    command.env("RAKOPS_OFFLINE", "1");
    command.arg("-C").arg(tree);
    command
}

/// Bytes a second of yaml-rust2's bare events on files that it can read, of a sample of up to 20 MB.
fn bare_speed(paths: &[PathBuf]) -> f64 {
    let mut texts = Vec::new();
    let mut total = 0;
    for path in paths {
        if let Ok(text) = std::fs::read_to_string(path)
            && parse(&text)
        {
            total += text.len();
            texts.push(text);
        }
        if total > 20_000_000 {
            break;
        }
    }
    let start = Instant::now();
    for text in &texts {
        parse(text);
    }
    total as f64 / start.elapsed().as_secs_f64()
}

fn parse(text: &str) -> bool {
    let mut parser = Parser::new_from_str(text);
    loop {
        match parser.next_token() {
            Ok((Event::StreamEnd, _)) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

/// From start to exit, on a repository of one small file.
fn small_file() {
    let directory = std::env::temp_dir().join("rakops-bench-small");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(
        directory.join("app.yaml"),
        "kind: Pod\nspec:\n  containers:\n  - name: a\n    image: acme/app:1\n",
    )
    .unwrap();
    let mut images = Vec::new();
    let mut bump = Vec::new();
    for _ in 0..41 {
        images.push(time(rakops(&directory).args(["images", "app"])));
        bump.push(time(rakops(&directory).args(["bump", "app=2", "-n"])));
    }
    for (what, took) in [("images", median(&mut images)), ("bump -n", median(&mut bump))] {
        let verdict = if took < Duration::from_millis(5) {
            "met"
        } else {
            "MISSED"
        };
        println!(
            "start: rakops {what} on one small file, start to exit: {:.2} ms (bar 5 ms, {verdict})",
            ms(took)
        );
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

fn time(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    command.status().unwrap();
    start.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

//! Whole-process speed over a large repository, beside ripgrep: `cargo bench --bench scan`.
//!
//! The tree is made by `benches/make_tree.sh` from ten numbered copies of the folder that `RAKOPS_CORPUS` names (`../shared/corpus` if it is
//! there), or without one by `benches/make_manifests.sh`; `rg` must be installed.
//!
//! The bar of a command is 1.2 × `rg -l -F --hidden LAST_SEGMENT` on the same files, plus the time that parsing the files that hold
//! the name, and all kustomizations, takes at 1.5 × the speed of yaml-rust2's bare events in this run.
//!
//! A bar that is missed is printed as `MISSED`, and `.ci/run` repeats it in its summary; it fails nothing, because the
//! machines that run this are noisy and a figure of one run proves little.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints figures"
)]

#[expect(dead_code, unused_imports, reason = "shared by all benchmarks")]
mod measure;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use measure::{Bar, Effort, Growth, Row, Table, Times, events, ratio, run, shown, starts, time};

const ROUNDS: usize = 10;
/// Left out by hand: rakops does not look there either, and so the bar is the harder one.
const NOT_GIT: [&str; 2] = ["-g", "!.git"];
const HOW: &str = "Whole processes, the files in the page cache, all sides in turn; medians. `rg` is `rg -l -F --hidden -g '!.git' NAME`. The bar is \
    1.2 × `rg` + (bytes of the files that hold the name, and of all kustomizations) ÷ (1.5 × the speed of yaml-rust2's bare events \
    over those files in this run); the ratio is to that bar.";

/// Where manifests come from, and two names in them.
struct Source {
    corpus: Option<PathBuf>,
    rare: &'static str,
    common: &'static str,
}

/// What was measured for one name.
struct Measured {
    rg: Duration,
    images: Duration,
    bump: Duration,
    budget: Duration,
    share: f64,
}

fn main() {
    let table = Table::begin("scan", "Looking for an image in a large repository", HOW);
    if !starts("rg", "--version") {
        table.left_out("`images`, `bump --dry-run`", "`rg` is not installed");
        return;
    }
    let corpus = std::env::var_os("RAKOPS_CORPUS").map_or_else(|| PathBuf::from("../shared/corpus"), PathBuf::from);
    let source = match corpus.is_dir() {
        true => Source {
            corpus: Some(corpus),
            rare: "suggestion-goptuna",
            common: "app",
        },
        false => Source {
            corpus: None,
            rare: "ledger",
            common: "platform",
        },
    };
    let tree = std::env::temp_dir().join(format!("rakops-bench-tree-{}", std::process::id()));
    let mut small = Vec::new();
    for copies in [1, 10] {
        make(&source, &tree, copies);
        let files = list(&tree, &["--files", "-g", "*.yaml", "-g", "*.yml"]).len();
        for (place, name) in [source.rare, source.common].into_iter().enumerate() {
            let found = measure(&tree, name, files);
            if copies == 1 {
                small.push(found);
                continue;
            }
            let work = format!("`{name}`, in {:.1} % of {files} YAML files", found.share);
            tell(&table, &work, &found);
            for (what, from, to) in [
                ("rakops images", small[place].images, found.images),
                ("rg", small[place].rg, found.rg),
            ] {
                let of = format!("files ({} -> {files})", files / 10);
                table.growth(&Growth {
                    of: &of,
                    work: &format!("{what} {name}"),
                    times: (from, to),
                    bar: None,
                });
            }
        }
    }
    std::fs::remove_dir_all(&tree).unwrap();
}

/// Makes the tree: so many copies of the corpus, or so many times 4,000 files.
fn make(source: &Source, tree: &Path, copies: usize) {
    let made = match &source.corpus {
        Some(corpus) => Command::new("benches/make_tree.sh")
            .arg(corpus)
            .arg(tree)
            .arg(copies.to_string())
            .status(),
        None => Command::new("benches/make_manifests.sh")
            .arg(tree)
            .arg((copies * 4_000).to_string())
            .status(),
    };
    assert!(made.unwrap().success(), "the tree cannot be made");
}

fn tell(table: &Table, work: &str, found: &Measured) {
    for (what, took) in [("images NAME", found.images), ("bump NAME=TAG --dry-run", found.bump)] {
        let part = ratio(took, found.budget);
        table.row(&Row {
            work: &format!("`{what}`: {work}"),
            measured: &format!("time, median of {}", Effort::asked().rounds(ROUNDS)),
            rakops: shown(took),
            peers: format!("rg {}", shown(found.rg)),
            ratio: format!("{:.2} x rg, {part:.2} x the bar", ratio(took, found.rg)),
            bar: Bar::of(format!("{} (see above)", shown(found.budget)), || part <= 1.0),
        });
    }
}

/// The files that `rg` prints.
fn list(tree: &Path, words: &[&str]) -> Vec<PathBuf> {
    let mut command = Command::new("rg");
    let output = command
        .arg("--hidden")
        .args(NOT_GIT)
        .args(words)
        .current_dir(tree)
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    listed.lines().map(|line| tree.join(line)).collect()
}

fn measure(tree: &Path, name: &str, files: usize) -> Measured {
    let matching = list(tree, &["-l", "-F", name]);
    assert!(!matching.is_empty(), "`{name}` is in no file");
    let kustomizations = ["kustomization.yaml", "kustomization.yml", "Kustomization"].map(|name| ["-g", name]);
    let mut words = vec!["--files"];
    words.extend(kustomizations.as_flattened());
    let parsed: HashSet<PathBuf> = matching.iter().cloned().chain(list(tree, &words)).collect();
    let bytes: u64 = parsed.iter().map(|path| std::fs::metadata(path).unwrap().len()).sum();

    let (mut rg, mut images, mut bump, mut bare) =
        (Times::default(), Times::default(), Times::default(), Times::default());
    let sample = sample(&matching);
    let assignment = format!("{name}=v999.0.0");
    for _ in 0..Effort::asked().rounds(ROUNDS) {
        let mut command = Command::new("rg");
        rg.push(run(
            command
                .args(["-l", "-F", "--hidden"])
                .args(NOT_GIT)
                .arg(name)
                .current_dir(tree),
            &[0],
        ));
        images.push(run(rakops(tree).args(["images", name]), &[0]));
        let words = ["bump", &assignment, "--all", "--drop-digest", "--dry-run"];
        bump.push(run(rakops(tree).args(words), &[0]));
        bare.push(time(|| sample.iter().for_each(|text| assert!(events(text).is_some()))));
    }
    let sampled: usize = sample.iter().map(String::len).sum();
    let speed = sampled as f64 / bare.median().as_secs_f64();
    let budget = 1.2 * rg.median().as_secs_f64() + bytes as f64 / (1.5 * speed);
    Measured {
        rg: rg.median(),
        images: images.median(),
        bump: bump.median(),
        budget: Duration::from_secs_f64(budget),
        share: 100.0 * matching.len() as f64 / files as f64,
    }
}

fn rakops(tree: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
    command.env("RAKOPS_OFFLINE", "1").arg("-C").arg(tree);
    command
}

/// Files that the parser can read, about 20 MB of them.
fn sample(paths: &[PathBuf]) -> Vec<String> {
    let mut texts = Vec::new();
    let mut total = 0;
    for path in paths {
        if let Ok(text) = std::fs::read_to_string(path)
            && events(&text).is_some()
        {
            total += text.len();
            texts.push(text);
        }
        if total > 20_000_000 {
            break;
        }
    }
    texts
}

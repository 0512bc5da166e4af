//! Speed and memory of the YAML editor, as ratios to a bare run of the parser's events over the same bytes in the same run.
//!
//! `cargo bench --bench editor`. The bundle of about 20 MB is joined from the YAML files of `RAKOPS_CORPUS`, or of `../shared/corpus` where
//! that is present; without either it is made up. Rounds are interleaved and the medians are compared, so that a noisy machine is
//! noisy to all sides. Memory is the peak of a child process (`VmHWM` of `/proc/self/status`) that reads, edits and proves the bundle.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark says what it measured"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads its own environment and starts itself"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rakops::yaml::{AliasPolicy, Edit, Limits, NodeId, NodeKind, Op, Text, Tree, parse};
use yaml_rust2::parser::{Event, Parser};

const ROUNDS: usize = 7;
const BUNDLE: usize = 20_000_000;

fn main() {
    let bundle = bundle();
    if std::env::var_os("RAKOPS_BENCH_CHILD").is_some() {
        let (sites, len) = edit(bundle.into_bytes());
        println!("{sites} {len} {}", peak().unwrap_or(0));
        return;
    }
    let size = bundle.len();
    println!("bundle: {:.2} MB, {} lines", mb(size), bundle.lines().count());

    let (mut bare, mut tree, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    let (mut sites, mut count) = (0, 0);
    for _ in 0..ROUNDS {
        bare.push(time(|| count += events(&bundle)));
        let bytes = bundle.clone().into_bytes();
        // what is freed afterwards is not part of reading
        let mut read = None;
        tree.push(time(|| read = parse(bytes, Limits::default()).ok()));
        assert!(read.is_some());
        let bytes = bundle.clone().into_bytes();
        whole.push(time(|| sites = edit(bytes).0));
    }
    let (bare, tree, whole) = (median(bare), median(tree), median(whole));
    let speed = |time: Duration| mb(size) / time.as_secs_f64();
    println!("bare events: {:.0} MB/s, {} events", speed(bare), count / ROUNDS);
    println!(
        "span tree:   {:.0} MB/s, {:.2} x the speed of the bare events (at least 0.75)",
        speed(tree),
        ratio(bare, tree)
    );
    println!(
        "edit:        {sites} sites, parse + plan + apply + proof in {:.2} x the time of one bare parse (at most 2.5)",
        ratio(whole, bare)
    );
    memory(size);
    small_file(&bundle);
}

/// The same ratio for one file of ordinary size, read many times.
fn small_file(bundle: &str) {
    let end = bundle
        .match_indices("\n---\n")
        .map(|(at, _)| at + 1)
        .find(|&at| at > 4_000)
        .unwrap_or(4_000);
    let text = bundle.get(..end).unwrap_or(bundle);
    let (mut bare, mut tree, mut count) = (Vec::new(), Vec::new(), 0);
    for _ in 0..200 {
        bare.push(time(|| count += events(text)));
        let bytes = text.as_bytes().to_vec();
        // what is freed afterwards is not part of reading
        let mut read = None;
        tree.push(time(|| read = parse(bytes, Limits::default()).ok()));
        assert!(read.is_some());
    }
    println!(
        "small file:  {} bytes, {} events, span tree at {:.2} x the speed of the bare events",
        text.len(),
        count / 200,
        ratio(median(bare), median(tree))
    );
}

/// Reads the bundle, sets every image to another tag, proves the result. Returns sites and length of the output.
fn edit(bytes: Vec<u8>) -> (usize, usize) {
    let tree = parse(bytes, Limits::default()).unwrap();
    let edits: Vec<Edit> = images(&tree).into_iter().filter_map(|at| plan(&tree, at)).collect();
    let sites = edits.len();
    let verified = match tree.apply(edits) {
        Ok(v) => v,
        Err(_) => return (sites, 0),
    };
    (sites, verified.bytes().len())
}

/// Every scalar that states a version: `image: NAME:TAG`, and a tag of its own.
fn images(tree: &Tree) -> Vec<NodeId> {
    let entries = tree
        .nodes()
        .filter(|&it| tree.kind(it) == NodeKind::Map)
        .flat_map(|map| tree.entries(map));
    let states = |key: &str, value: &str| match key {
        "image" => value.contains(':'),
        "tag" | "newTag" | "imageTag" | "image_tag" => !value.is_empty(),
        _ => false,
    };
    entries
        .filter(|&(key, value)| tree.is_scalar(value) && states(tree.text(key), tree.text(value)))
        .map(|(_, value)| value)
        .collect()
}

fn plan(tree: &Tree, at: NodeId) -> Option<Edit> {
    let text = match tree.text(at).rsplit_once(':') {
        Some((repository, _)) => format!("{repository}:v0.0.0-bench"),
        None => "v0.0.0-bench".to_owned(),
    };
    tree.plan(Op::Set {
        at,
        to: Text::Str(&text),
        alias: AliasPolicy::Refuse,
    })
    .ok()
}

fn events(text: &str) -> usize {
    let mut parser = Parser::new_from_str(text);
    let mut count = 0;
    while parser.next_token().unwrap().0 != Event::StreamEnd {
        count += 1;
    }
    count
}

fn memory(size: usize) {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .env("RAKOPS_BENCH_CHILD", "1")
        .output()
        .unwrap();
    let text = String::from_utf8(child.stdout).unwrap();
    let peak: usize = text
        .split_whitespace()
        .last()
        .and_then(|it| it.parse().ok())
        .unwrap_or(0);
    match peak {
        0 => println!("memory:      not measured, /proc/self/status has no VmHWM here"),
        peak => println!(
            "memory:      peak {:.0} MB, {:.2} x the file (below 6)",
            mb(peak),
            peak as f64 / size as f64
        ),
    }
}

/// Peak resident memory of this process, in bytes.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<usize>()
        .ok()
        .map(|kb| kb * 1024)
}

/// Joins real files to one stream of documents, as often as it takes.
fn bundle() -> String {
    let root = std::env::var_os("RAKOPS_CORPUS").map_or_else(|| PathBuf::from("../shared/corpus"), PathBuf::from);
    let mut files = Vec::new();
    gather(&root, &mut files);
    files.sort();
    let mut parts: Vec<String> = files.iter().filter_map(|path| document(path)).collect();
    if parts.is_empty() {
        parts = made_up();
    }
    let mut text = String::with_capacity(BUNDLE + 2_000_000);
    while text.len() < BUNDLE {
        for part in &parts {
            if text.len() >= BUNDLE {
                break;
            }
            text.push_str("---\n");
            text.push_str(part);
        }
    }
    text.shrink_to_fit();
    text
}

fn document(path: &Path) -> Option<String> {
    let mut text = std::fs::read_to_string(path).ok()?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    // a directive may stand only behind `...`, and a file that does not parse has no place in a bundle
    let fits = !text.lines().any(|line| line.starts_with('%')) && !text.contains(['\0', '\u{feff}']);
    (fits && parse(text.clone().into_bytes(), Limits::default()).is_ok() && joins(&text)).then_some(text)
}

fn joins(text: &str) -> bool {
    parse(format!("a: 1\n---\n{text}---\nb: 1\n").into_bytes(), Limits::default()).is_ok()
}

fn gather(at: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => gather(&path, found),
            Ok(kind) if kind.is_file() && path.extension().is_some_and(|it| it == "yaml" || it == "yml") => {
                found.push(path)
            }
            _ => {}
        }
    }
}

fn made_up() -> Vec<String> {
    (0..500)
        .map(|n| {
            let env: String = (0..40).map(|it| format!("        - name: SETTING_{it}\n          value: \"{}\"\n", it * n)).collect();
            format!(
                "# service {n}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: svc-{n}\n  labels: {{app: svc-{n}, tier: web}}\nspec:\n  replicas: {n}\n  template:\n    spec:\n      containers:\n      - name: app\n        image: registry.example/team/svc-{n}:v1.{n}.0 # the app\n        env:\n{env}        script: |\n          #!/bin/sh\n          exec app --number {n}\n"
            )
        })
        .collect()
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

fn mb(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

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

#[expect(dead_code, unused_imports, reason = "shared by all benchmarks")]
mod measure;

use std::path::{Path, PathBuf};
use std::time::Duration;

use measure::{Bar, Effort, Row, Table, Times, events, ratio, time};
use rakops::yaml::{AliasPolicy, Edit, Limits, NodeId, NodeKind, Op, Text, Tree, parse};

const ROUNDS: usize = 7;
const HOW: &str = "In this process, on one thread unless said otherwise, all sides in turn over the same bytes; medians. A span tree is what `rakops` reads a file \
    into: all nodes with their places, values and anchors. Memory is the peak (`VmHWM`) of a child process, as a multiple of the file.";
const BUNDLE: usize = 20_000_000;

fn main() {
    if let Some(what) = std::env::var_os("RAKOPS_BENCH_CHILD") {
        child(what.to_str().unwrap_or_default());
        return;
    }
    let bundle = bundle();
    let table = Table::begin("editor", "Reading and editing YAML", HOW);
    let end = bundle
        .match_indices("\n---\n")
        .map(|(at, _)| at + 1)
        .find(|&at| at > 4_000)
        .unwrap_or(4_000);
    let rounds = Effort::asked().rounds(ROUNDS);
    reading(&table, ("a bundle", &bundle), rounds);
    reading(
        &table,
        ("a small file", bundle.get(..end).unwrap_or(&bundle)),
        rounds * 30,
    );
    editing(&table, &bundle, rounds);
    memory(&table, &bundle);
}

/// Speed of reading, beside the bare events.
fn reading(table: &Table, (name, text): (&str, &str), rounds: usize) {
    let (mut bare, mut tree) = (Times::default(), Times::default());
    for _ in 0..rounds {
        bare.push(time(|| assert!(events(text).is_some())));
        let bytes = text.as_bytes().to_vec();
        // what is freed afterwards is not part of reading
        let mut read = None;
        tree.push(time(|| read = parse(bytes, Limits::default()).ok()));
        assert!(read.is_some());
    }
    let part = ratio(bare.median(), tree.median());
    let speed = |time: Duration| format!("{:.1} MB/s", mb(text.len()) / time.as_secs_f64());
    table.row(&Row {
        work: &format!("parse + span tree, {name} of {} kB", text.len() / 1000),
        measured: &format!("speed, median of {rounds}"),
        rakops: speed(tree.median()),
        peers: format!("yaml-rust2's bare events {}", speed(bare.median())),
        ratio: format!("{part:.2} x"),
        bar: Bar::of("≥ 0.85 x", || part >= 0.85),
    });
}

/// Every image of the bundle, and one of them.
fn editing(table: &Table, bundle: &str, rounds: usize) {
    for (name, most) in [("all images", usize::MAX), ("one image", 1)] {
        let (mut bare, mut whole, mut sites) = (Times::default(), Times::default(), 0);
        for _ in 0..rounds {
            bare.push(time(|| assert!(events(bundle).is_some())));
            let bytes = bundle.as_bytes().to_vec();
            whole.push(time(|| sites = edit(bytes, most)));
        }
        let times = ratio(whole.median(), bare.median());
        table.row(&Row {
            work: &format!("edit {name} of the bundle ({sites}): parse, plan, splice, proof"),
            measured: &format!("time, median of {rounds}; the proof on up to 4 threads"),
            rakops: measure::shown(whole.median()),
            peers: format!("one bare parse {}", measure::shown(bare.median())),
            ratio: format!("{times:.2} x"),
            bar: Bar::of("≤ 2.5 x", || times <= 2.5),
        });
    }
}

/// Reads the bundle, sets so many images to another tag, proves the result. Returns how many those were.
fn edit(bytes: Vec<u8>, most: usize) -> usize {
    let tree = parse(bytes, Limits::default()).unwrap();
    let edits: Vec<Edit> = images(&tree)
        .into_iter()
        .filter_map(|at| plan(&tree, at))
        .take(most)
        .collect();
    let sites = edits.len();
    assert!(tree.apply(edits).is_ok());
    sites
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

/// What a child does whose memory is measured, with the file that its argument names; it prints its peak, in bytes.
fn child(what: &str) {
    let bytes = std::fs::read(std::env::args_os().next_back().unwrap()).unwrap();
    match what {
        "read" => assert!(parse(bytes, Limits::default()).is_ok()),
        _ => assert!(edit(bytes, usize::MAX) > 0),
    }
    println!("{}", peak().unwrap_or(0));
}

fn memory(table: &Table, bundle: &str) {
    let file = std::env::temp_dir().join(format!("rakops-bench-bundle-{}.yaml", std::process::id()));
    std::fs::write(&file, bundle).unwrap();
    for (what, work, bar) in [
        ("read", "parse + span tree", Some(4.0)),
        ("edit", "edit all images of the bundle", None),
    ] {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .env("RAKOPS_BENCH_CHILD", what)
            .arg(&file)
            .output()
            .unwrap();
        let said = String::from_utf8(child.stdout).unwrap();
        let peak: usize = said.trim().parse().unwrap_or(0);
        if peak == 0 {
            table.left_out(&format!("memory: {work}"), "/proc/self/status has no VmHWM here");
            continue;
        }
        let times = peak as f64 / bundle.len() as f64;
        table.row(&Row {
            work: &format!("memory: {work}"),
            measured: "peak of a process, the file in memory included",
            rakops: format!("{:.1} MB", mb(peak)),
            peers: format!("the file {:.1} MB", mb(bundle.len())),
            ratio: format!("{times:.2} x"),
            bar: bar.map_or(Bar::None, |most| Bar::of(format!("≤ {most} x"), || times <= most)),
        });
    }
    std::fs::remove_file(&file).unwrap();
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

fn mb(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

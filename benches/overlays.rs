//! One image in 1,000 overlays, beside tools that edit kustomizations and YAML: `cargo bench --bench overlays`.
//!
//! Each tool has a copy of the tree of its own, and sets another tag each time. A tool that takes one file a process is run once for each
//! file, by this program, without a shell.
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
use std::time::{Duration, Instant};

use measure::{Bar, Effort, Growth, Peers, Row, Table, Times, ratio, run, shown};

const ROUNDS: usize = 7;
const OVERLAYS: usize = 1_000;
const IMAGE: &str = "ghcr.io/acme/api";
const HOW: &str = "The tag of one image, which stands in the kustomization of each overlay, written in place; whole processes, medians. Tools that edit one file \
    a process are started once for each file; `yq -i` writes all of its files into the first, so its way to many in one process is `-s filename`.";

/// An overlay's kustomization, as people write it.
const OVERLAY: &str = "# The overlay of NAME.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization

resources:
  - ../../base

images:
  # bumped by the pipeline
  - name: ghcr.io/acme/api
    newTag: 1.4.1 # see the runbook
  - name: ghcr.io/acme/proxy
    newTag: 2.0.0
";

fn main() {
    let table = Table::begin("overlays", "One image in 1,000 overlays", HOW);
    let place = std::env::temp_dir().join(format!("rakops-bench-overlays-{}", std::process::id()));
    let effort = Effort::asked();
    let rounds = effort.rounds(ROUNDS);
    let tenth = bump(&place.join("tenth"), (OVERLAYS / 10, rounds));
    let whole = bump(&place.join("whole"), (OVERLAYS, rounds));

    let peers = Peers::find();
    // One process for each file takes long; in CI a part of them says as much.
    let singles = match effort {
        Effort::Full => OVERLAYS,
        Effort::Few => OVERLAYS / 10,
    };
    let kustomize = peers.kustomize.as_ref().map(|program| {
        each(&place.join("kustomize"), singles, |file, tag| {
            let mut command = Command::new(program);
            command
                .args(["edit", "set", "image", &format!("{IMAGE}={IMAGE}:{tag}")])
                .current_dir(file.parent().unwrap());
            command
        })
    });
    let yq = peers.yq.as_ref().map(|program| {
        each(&place.join("yq"), singles, |file, tag| {
            let mut command = Command::new(program);
            command.args(["-i", &expression(tag)]).arg(file);
            command
        })
    });
    let per = whole / u32::try_from(OVERLAYS).unwrap();
    let measured = format!("time for all, median of {rounds}");
    for (name, took, bar) in [("kustomize edit set image", kustomize, 50.0), ("yq -i", yq, 20.0)] {
        let work = format!("`bump {IMAGE}=TAG --all`, beside `{name}`");
        let Some(took) = took else {
            table.left_out(&work, "the peer is not there (`benches/peers/install.sh`)");
            continue;
        };
        let times = ratio(took, per);
        table.row(&Row {
            work: &work,
            measured: &format!("{measured}; of the peer the mean of {singles} processes"),
            rakops: format!("{}, {:.0} µs an overlay", shown(whole), per.as_secs_f64() * 1e6),
            peers: format!("{name} {} an overlay", shown(took)),
            ratio: format!("1/{times:.0}"),
            bar: Bar::of(format!("≤ 1/{bar:.0}"), || times >= bar),
        });
    }
    for (name, took) in at_once(&peers, &place) {
        table.row(&Row {
            work: &format!("`bump {IMAGE}=TAG --all`, beside {name} with all files in one process"),
            measured: &measured,
            rakops: shown(whole),
            peers: took.map_or_else(|| "not there".to_owned(), |took| format!("{name} {}", shown(took))),
            ratio: took.map_or_else(String::new, |took| format!("1/{:.1}", ratio(took, whole))),
            bar: Bar::None,
        });
    }
    let floor = replace_all(&place.join("floor"), rounds);
    table.row(&Row {
        work: &format!("`bump {IMAGE}=TAG --all`, beside the file system alone"),
        measured: &format!(
            "{measured}; of the peer a new file for each, written and renamed, without any flush, by one thread"
        ),
        rakops: shown(whole),
        peers: format!(
            "{}, {:.0} µs an overlay",
            shown(floor),
            floor.as_secs_f64() * 1e6 / OVERLAYS as f64
        ),
        ratio: format!("{:.1} x", ratio(whole, floor)),
        bar: Bar::None,
    });
    table.growth(&Growth {
        of: "overlays (100 -> 1,000)",
        work: "bump --all",
        times: (tenth, whole),
        bar: None,
    });
    fs::remove_dir_all(&place).unwrap();
}

/// Makes a tree with so many overlays; returns their kustomizations.
fn make(into: &Path, overlays: usize) -> Vec<PathBuf> {
    let base = into.join("base");
    fs::create_dir_all(&base).unwrap();
    run(Command::new("git").args(["init", "--quiet"]).arg(into), &[0]);
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: api}\nspec:\n  containers:\n  - name: api\n    image: ghcr.io/acme/api\n";
    fs::write(base.join("pod.yaml"), pod).unwrap();
    fs::write(base.join("kustomization.yaml"), "resources: [pod.yaml]\n").unwrap();
    let overlay = |n: usize| {
        let file = into.join(format!("overlays/env-{n:04}/kustomization.yaml"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, OVERLAY.replace("NAME", &format!("env-{n:04}"))).unwrap();
        file
    };
    (0..overlays).map(overlay).collect()
}

/// Whether a file states the tag: a tool that does nothing is quick.
fn check(files: &[PathBuf], tag: &str) {
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        assert!(
            text.contains(&format!("newTag: {tag}")) || text.contains(&format!("newTag: \"{tag}\"")),
            "{text}"
        );
    }
}

/// The bump by rakops.
fn bump(tree: &Path, (overlays, rounds): (usize, usize)) -> Duration {
    let files = make(tree, overlays);
    let mut times = Times::default();
    for round in 0..rounds {
        let tag = format!("1.5.{round}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
        command
            .env("RAKOPS_OFFLINE", "1")
            .args(["bump", &format!("{IMAGE}={tag}"), "--all"])
            .current_dir(tree);
        times.push(run(&mut command, &[0]));
        check(&files, &tag);
    }
    times.median()
}

/// What the file system takes for the files alone, whoever edits them: nothing is read, and nothing flushed.
fn replace_all(tree: &Path, rounds: usize) -> Duration {
    let files = make(tree, OVERLAYS);
    let mut times = Times::default();
    for round in 0..rounds {
        let text = OVERLAY.replace("1.4.1", &format!("1.5.{round}"));
        let began = Instant::now();
        for file in &files {
            let fresh = file.with_file_name(".fresh.tmp");
            fs::write(&fresh, &text).unwrap();
            fs::rename(&fresh, file).unwrap();
        }
        times.push(began.elapsed());
    }
    times.median()
}

/// One process for each file; returns the mean of them.
fn each(tree: &Path, overlays: usize, command: impl Fn(&Path, &str) -> Command) -> Duration {
    let files = make(tree, overlays);
    let took: Duration = files.iter().map(|file| run(&mut command(file, "1.5.0"), &[0])).sum();
    check(&files, "1.5.0");
    took / u32::try_from(files.len()).unwrap()
}

/// Tools that take all files in one process.
fn at_once(peers: &Peers, place: &Path) -> Vec<(&'static str, Option<Duration>)> {
    let all = |name: &str, command: &dyn Fn(&str) -> Command| {
        let files = make(&place.join(name), OVERLAYS);
        let mut times = Times::default();
        for round in 0..3 {
            let tag = format!("1.5.{round}");
            times.push(run(command(&tag).args(&files), &[0]));
            check(&files, &tag);
        }
        times.median()
    };
    let yq = peers.yq.as_ref().map(|program| {
        all("yq-all", &|tag| {
            let mut command = Command::new(program);
            command.args(["-s", "filename", &expression(tag)]);
            command
        })
    });
    let sed = all("sed", &|tag| {
        let mut command = Command::new("sed");
        command.args([
            "-i",
            "-E",
            &format!("/name: ghcr.io\\/acme\\/api$/,/newTag:/s/(newTag: )[^ ]*/\\1{tag}/"),
        ]);
        command
    });
    let npm = peers.npm_yaml.as_ref().map(|(node, modules)| {
        all("npm", &|tag| {
            let mut command = Command::new(node);
            command
                .args(["benches/peers/set_images.cjs", IMAGE, tag])
                .env("NODE_PATH", modules.join("node_modules"));
            command
        })
    });
    let ruamel = peers.ruamel.as_ref().map(|python| {
        all("ruamel", &|tag| {
            let mut command = Command::new(python);
            command.args(["benches/peers/set_images.py", IMAGE, tag]);
            command
        })
    });
    vec![
        ("yq", yq),
        ("npm yaml", npm),
        ("ruamel.yaml", ruamel),
        ("sed", Some(sed)),
    ]
}

fn expression(tag: &str) -> String {
    format!("(.images[] | select(.name == \"{IMAGE}\")).newTag = \"{tag}\"")
}

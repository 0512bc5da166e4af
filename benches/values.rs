//! One tag in a large values file, beside tools that edit YAML: `cargo bench --bench values`.
//!
//! 20,000 services in 2.1 MB. Each tool edits a copy of its own, another tag each time.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints figures"
)]

#[expect(dead_code, unused_imports, reason = "shared by all benchmarks")]
mod measure;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use measure::{Bar, Effort, Growth, Peers, Row, Table, Times, events, ratio, run, shown, time};

const ROUNDS: usize = 10;
/// Tools that need seconds or minutes for one edit.
const FEW: usize = 3;
const SERVICES: usize = 20_000;
const HOW: &str = "One tag of one service, written in place. Whole processes, in turn; medians. The bare parse is yaml-rust2 pulling all events of the same \
    bytes, without a process. `sed` knows no YAML and is the floor.";

/// A file to edit, the service, and its next tag.
struct Edit<'a> {
    file: &'a Path,
    service: &'a str,
    tag: String,
}

fn main() {
    let table = Table::begin("values", "One tag in a values file of 20,000 services", HOW);
    let place = std::env::temp_dir().join(format!("rakops-bench-values-{}", std::process::id()));
    fs::create_dir_all(&place).unwrap();
    run(Command::new("git").args(["init", "--quiet"]).arg(&place), &[0]);
    let tenth = figures(&table, &place, SERVICES / 10);
    let whole = figures(&table, &place, SERVICES);
    for (work, times) in [("yaml set", (tenth.0, whole.0)), ("bump", (tenth.1, whole.1))] {
        table.growth(&Growth {
            of: "services in a file (2,000 -> 20,000)",
            work,
            times,
            bar: None,
        });
    }
    fs::remove_dir_all(&place).unwrap();
}

/// Measures a file; the rows are those of the large one. Returns the times of `yaml set` and of `bump`.
fn figures(table: &Table, place: &Path, services: usize) -> (Duration, Duration) {
    let text = values(services);
    let service = format!("svc-{:05}", services * 3 / 5);
    let copy = |name: &str| {
        // A repository of its own, so that nothing but this file is looked at.
        let directory = place.join(format!("{name}-{services}"));
        fs::create_dir_all(&directory).unwrap();
        run(Command::new("git").args(["init", "--quiet"]).arg(&directory), &[0]);
        fs::write(directory.join("values.yaml"), &text).unwrap();
        directory.join("values.yaml")
    };
    let (ours, bumped, seds) = (copy("set"), copy("bump"), copy("sed"));
    let (mut set, mut bump, mut sed, mut bare) =
        (Times::default(), Times::default(), Times::default(), Times::default());
    let rounds = Effort::asked().rounds(ROUNDS);
    for round in 0..rounds {
        bare.push(time(|| assert!(events(&text).is_some())));
        let edit = |file| Edit {
            file,
            service: &service,
            tag: format!("2.0.{round}"),
        };
        set.push(checked(&mut set_by_rakops(&edit(&ours)), &edit(&ours)));
        bump.push(checked(&mut bump_by_rakops(&edit(&bumped)), &edit(&bumped)));
        sed.push(checked(&mut edit_by_sed(&edit(&seds)), &edit(&seds)));
    }
    let (set, bump, sed, bare) = (set.median(), bump.median(), sed.median(), bare.median());
    if services < SERVICES {
        return (set, bump);
    }
    let slow = slow_peers(|name| copy(name), &service);
    let yq = slow.iter().find(|(name, _)| *name == "yq").and_then(|(_, took)| *took);
    let mut peers = format!("bare parse {}, sed {}", shown(bare), shown(sed));
    for (name, took) in &slow {
        let said = took.map_or_else(|| "not measured".to_owned(), shown);
        write!(peers, ", {name} {said}").unwrap();
    }
    for (work, took) in [
        ("yaml set FILE services.NAME.image.tag=TAG", set),
        ("bump NAME=TAG --all", bump),
    ] {
        let parse = ratio(took, bare);
        let beside = yq.map(|yq| ratio(yq, took));
        let ratio = match beside {
            Some(times) => format!("1/{times:.0} of yq, {parse:.2} x the bare parse"),
            None => format!("{parse:.2} x the bare parse"),
        };
        table.row(&Row {
            work: &format!("`{work}`, {:.1} MB", text.len() as f64 / 1e6),
            measured: &format!("time, median of {rounds}; of {FEW} for yq and slower ones"),
            rakops: shown(took),
            peers: peers.clone(),
            ratio,
            bar: match beside {
                Some(times) => Bar::of("≤ 1/20 of yq and ≤ 2.5 x the bare parse", || {
                    parse <= 2.5 && times >= 20.0
                }),
                None => Bar::of(
                    "≤ 2.5 x the bare parse; not compared with yq, which is not there",
                    || parse <= 2.5,
                ),
            },
        });
    }
    (set, bump)
}

/// Runs an edit and looks whether it was made: a tool that does nothing is quick.
fn checked(command: &mut Command, edit: &Edit<'_>) -> Duration {
    let took = run(command, &[0]);
    let text = fs::read_to_string(edit.file).unwrap();
    let (_, behind) = text.split_once(&format!("{}:", edit.service)).unwrap();
    let tag = behind
        .lines()
        .find_map(|line| line.trim().strip_prefix("tag: "))
        .unwrap();
    let written = tag.split(" #").next().unwrap_or(tag).trim();
    assert_eq!(written.trim_matches(['"', '\'']), edit.tag, "{command:?}");
    took
}

fn set_by_rakops(edit: &Edit<'_>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
    command.env("RAKOPS_OFFLINE", "1").args(["yaml", "set"]).arg(edit.file);
    command.arg(format!("services.{}.image.tag={}", edit.service, edit.tag));
    command.current_dir(edit.file.parent().unwrap());
    command
}

fn bump_by_rakops(edit: &Edit<'_>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
    command
        .env("RAKOPS_OFFLINE", "1")
        .args(["bump", &format!("{}={}", edit.service, edit.tag), "--all"]);
    command.current_dir(edit.file.parent().unwrap());
    command
}

fn edit_by_sed(edit: &Edit<'_>) -> Command {
    let mut command = Command::new("sed");
    command.args(["-i", "-E"]).arg(format!(
        "/^  {}:$/,/tag:/s/(tag: ).*/\\1\"{}\"/",
        edit.service, edit.tag
    ));
    command.arg(edit.file);
    command
}

/// Those that take long, a few times each; `None` where one is not there, or takes minutes and time is short.
fn slow_peers(copy: impl Fn(&str) -> PathBuf, service: &str) -> Vec<(&'static str, Option<Duration>)> {
    let peers = Peers::find();
    let measured = |name: &str, rounds: usize, command: &dyn Fn(&Edit<'_>) -> Command| {
        let file = copy(name);
        let mut times = Times::default();
        for round in 0..rounds {
            let edit = Edit {
                file: &file,
                service,
                tag: format!("3.0.{round}"),
            };
            times.push(checked(&mut command(&edit), &edit));
        }
        times.median()
    };
    let yq = peers.yq.as_ref().map(|yq| {
        measured("yq", FEW, &|edit| {
            let mut command = Command::new(yq);
            command
                .arg("-i")
                .arg(format!(".services.{}.image.tag = \"{}\"", edit.service, edit.tag))
                .arg(edit.file);
            command
        })
    });
    let npm = peers.npm_yaml.as_ref().map(|(node, place)| {
        measured("npm", FEW, &|edit| {
            let mut command = Command::new(node);
            command
                .arg("benches/peers/set_tag.cjs")
                .env("NODE_PATH", place.join("node_modules"));
            command.arg(edit.service).arg(&edit.tag).arg(edit.file);
            command
        })
    });
    let ruamel = peers
        .ruamel
        .as_ref()
        .filter(|_| Effort::asked() == Effort::Full)
        .map(|python| {
            measured("ruamel", 1, &|edit| {
                let mut command = Command::new(python);
                command
                    .arg("benches/peers/set_tag.py")
                    .arg(edit.service)
                    .arg(&edit.tag)
                    .arg(edit.file);
                command
            })
        });
    vec![("yq", yq), ("npm yaml", npm), ("ruamel.yaml (once)", ruamel)]
}

fn values(services: usize) -> String {
    let mut text = "# versions of everything\nservices:\n".to_owned();
    for n in 0..services {
        write!(
            text,
            "  svc-{n:05}:\n    image:\n      repository: ghcr.io/acme/svc-{n:05}\n      tag: \"1.{}.{}\"  # by CI\n",
            n % 10,
            n % 7
        )
        .unwrap();
        text.push_str("    replicas: 2\n");
    }
    text
}

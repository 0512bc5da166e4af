//! `rakops check` of many images: `cargo bench --bench check`.
//!
//! A repository with 2,000 distinct images, half of them in pod specs and half in entries of kustomizations, is checked against a
//! registry on the loopback that this program is itself: once it answers everybody, once it wants a token for each repository. A
//! time is the median of whole processes; memory is the peak of the process (`VmHWM` of `/proc/PID/status`).
//!
//! A bar that is missed is printed as `MISSED` and fails nothing: machines that run this are noisy.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints figures"
)]

#[expect(dead_code, unused_imports, reason = "shared by all benchmarks")]
mod measure;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use measure::{Bar, Effort, Row, Table, Times, shown};

const HOW: &str = "2,000 distinct images in a repository are asked for at a registry on the loopback, which this program is itself: once it answers everybody, \
    once it wants a token for each repository. Whole processes; memory is the peak (`VmHWM`) of the process.";
const ROUNDS: usize = 5;
const MANY: usize = 2_000;
const FEW: usize = 200;
const BAR: Duration = Duration::from_secs(3);

fn main() {
    let table = Table::begin("check", "`check` at a registry", HOW);
    let place = std::env::temp_dir().join(format!("rakops-bench-check-{}", std::process::id()));
    fs::create_dir_all(&place).unwrap();
    for (name, door) in [("for everybody", Door::Open), ("with tokens", Door::Bearer)] {
        let registry = Registry::start(door);
        let many = repository(&place.join(format!("many {name}")), (&registry.host, MANY));
        let few = repository(&place.join(format!("few {name}")), (&registry.host, FEW));
        let mut times = Times::default();
        let (mut high, mut low) = (0, 0);
        let rounds = Effort::asked().rounds(ROUNDS);
        for _ in 0..rounds {
            let before = registry.asked.load(Ordering::Relaxed);
            let (took, peak) = check(&place, &many, MANY);
            let asked = registry.asked.load(Ordering::Relaxed) - before;
            assert!(asked >= MANY, "{asked} requests");
            times.push(took);
            high = high.max(peak);
            low = low.max(check(&place, &few, FEW).1);
        }
        table.row(&Row {
            work: &format!("`check` of {MANY} images, a registry {name}"),
            measured: &format!("time, 16 connections, median of {rounds}"),
            rakops: shown(times.median()),
            peers: String::new(),
            ratio: String::new(),
            bar: Bar::of("≤ 3 s", || times.median() < BAR),
        });
        if low == 0 {
            table.left_out(
                &format!("peak memory of `check`, a registry {name}"),
                "/proc has no VmHWM here",
            );
            continue;
        }
        table.row(&Row {
            work: &format!("peak memory of `check`, a registry {name}"),
            measured: &format!("{MANY} images beside {FEW}"),
            rakops: format!("{:.1} MB", megabytes(high)),
            peers: format!("{FEW} images {:.1} MB", megabytes(low)),
            ratio: format!("{:.2} x", megabytes(high) / megabytes(low)),
            bar: Bar::None,
        });
    }
    fs::remove_dir_all(&place).unwrap();
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}

/// Writes a repository with so many images: pods by themselves, and pods that a kustomization pins.
fn repository(into: &Path, (host, count): (&str, usize)) -> PathBuf {
    let pod = |image: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\nspec:\n  template:\n    spec:\n      containers:\n        \
             - name: app\n          image: {image}\n          resources:\n            limits: {{cpu: 500m, memory: 256Mi}}\n"
        )
    };
    for number in 0..count {
        let directory = into.join(format!("apps/{:02}/{number:04}", number % 50));
        fs::create_dir_all(&directory).unwrap();
        let image = format!("{host}/team{}/app{number:04}", number % 20);
        let text = match number % 2 {
            0 => pod(&format!("{image}:1.4.2")),
            _ => pod("app:0.0.0"),
        };
        fs::write(directory.join("deployment.yaml"), text).unwrap();
        let mut kustomization = "resources:\n  - deployment.yaml\n".to_owned();
        if number % 2 == 1 {
            kustomization.push_str(&format!(
                "images:\n  - name: app\n    newName: {image}\n    newTag: 1.4.2\n"
            ));
        }
        fs::write(directory.join("kustomization.yaml"), kustomization).unwrap();
    }
    into.to_owned()
}

/// Runs one check; returns how long it took, and the peak of its memory in kB, or 0.
fn check(home: &Path, tree: &Path, count: usize) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_rakops"))
        .args(["check", "-o", "json"])
        .env_clear()
        .env("HOME", home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir(tree)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(high_water(&status));
        thread::sleep(Duration::from_millis(2));
    }
    let took = start.elapsed();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains(&format!("\"images\": {count}")), "{said}");
    (took, peak)
}

fn high_water(status: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok())
        .unwrap_or(0)
}

/// Whom the registry lets in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    Bearer,
}

/// A registry that has every image.
struct Registry {
    host: String,
    asked: Arc<AtomicUsize>,
}

impl Registry {
    fn start(door: Door) -> Registry {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(AtomicUsize::new(0));
        let (count, shown) = (Arc::clone(&asked), host.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (count, shown) = (Arc::clone(&count), shown.clone());
                thread::spawn(move || serve(&stream, (door, &shown), &count));
            }
        });
        Registry { host, asked }
    }
}

/// Answers one connection until the other side ends it. `None` if that is what happened.
fn serve(stream: &TcpStream, (door, host): (Door, &str), asked: &AtomicUsize) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    let mut line = String::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let request = line.clone();
        let mut is_let_in = door == Door::Open;
        loop {
            line.clear();
            reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
            if line == "\r\n" {
                break;
            }
            is_let_in |= line.to_ascii_lowercase().starts_with("authorization: bearer t");
        }
        asked.fetch_add(1, Ordering::Relaxed);
        let path = request.split(' ').nth(1).unwrap_or_default();
        let answer = match (path.starts_with("/token"), is_let_in) {
            (true, _) => {
                let body = "{\"token\":\"t\",\"expires_in\":300}";
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
            }
            (false, false) => {
                let repository = path
                    .trim_start_matches("/v2/")
                    .split("/manifests/")
                    .next()
                    .unwrap_or_default();
                format!(
                    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"http://{host}/token\",service=\"{host}\",\
                     scope=\"repository:{repository}:pull\"\r\nContent-Length: 0\r\n\r\n"
                )
            }
            (false, true) => format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.index.v1+json\r\nDocker-Content-Digest: sha256:{}\r\n\
                 Content-Length: 0\r\n\r\n",
                "0123456789abcdef".repeat(4)
            ),
        };
        writer.write_all(answer.as_bytes()).ok()?;
    }
}

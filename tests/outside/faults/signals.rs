//! SIGINT and SIGTERM at every call that changes state, and at random moments while the machine is busy.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::harm::{Ended, Way, harm};
use super::judge::Ends;
use super::moments;
use super::scenarios::Scenario;
use super::tracer::{Harm, Scope};
use crate::everywhere::Dice;

const WAYS: [Way; 1] = [Way {
    what: "a signal comes",
    scope: Scope::All,
    harm: |number| if number % 2 == 0 { Harm::Term } else { Harm::Int },
    expect: ended_by_signal,
}];

/// How a program ends that was told to: by its own exit code, by the signal itself, or because it was done.
const CODES: [i32; 3] = [0, 130, 143];

/// How many random moments there are for each scenario by default.
const RANDOM: usize = 4;

/// What no end may take, on a machine that is busy: a hang, and no measure of speed.
const NEVER: Duration = Duration::from_secs(20);

fn ended_by_signal(ended: &Ended<'_>) -> Result<(), String> {
    if !CODES.contains(&ended.run.code) {
        return Err(format!("a signal does not end it like this: {}", ended.run.code));
    }
    nothing_of_ours(&ended.seen.strays)
}

fn nothing_of_ours(strays: &std::collections::BTreeSet<String>) -> Result<(), String> {
    match strays.iter().find(|name| !name.ends_with(".lock")) {
        Some(stray) => Err(format!("`{stray}` is left when it has ended")),
        None => Ok(()),
    }
}

/// At chosen calls.
pub(super) fn at_calls(scenario: &Scenario) {
    for way in &WAYS {
        harm(scenario, way);
    }
}

/// At random moments, while another core is kept busy.
pub(super) fn at_random(scenario: &Scenario) {
    let (name, make) = scenario;
    let ground = make(name);
    let ends = Ends::of(&ground);
    let began = Instant::now();
    let (code, said) = ground.run();
    assert_eq!(code, 0, "{said}");
    let whole = began.elapsed();
    let busy = Busy::start();
    let seed = moments::seed();
    let mut dice = Dice::new(seed);
    let mut ended_by = [0; 2];
    let mut slowest = Duration::ZERO;
    for run in 0..moments::wanted(RANDOM) {
        ground.restore();
        // A little beyond its end, since the machine is busy.
        let after = whole.mul_f64(dice.below(1200) as f64 / 1000.0);
        let mut child = ground
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(after);
        let signal = ["-TERM", "-INT"][run % 2];
        let told = Instant::now();
        let _ = Command::new("kill").args([signal, &child.id().to_string()]).status();
        let code = wait(&mut child, told).unwrap_or_else(|| panic!("{name}: RAKOPS_SEED={seed}: it does not end"));
        slowest = slowest.max(told.elapsed());
        ended_by[usize::from(code != 0)] += 1;
        let about = format!("{name}: {signal} after {after:?}, ended with {code}, RAKOPS_SEED={seed}");
        assert!(CODES.contains(&code), "{about}");
        assert_eq!(processes_of(&ground), Vec::<String>::new(), "{about}: these go on");
        let outcome = ends
            .judge(&ground)
            .and_then(|seen| nothing_of_ours(&seen.strays))
            .and_then(|()| ends.finish(&ground).map(|_| ()));
        outcome.unwrap_or_else(|why| panic!("{about}: {why}"));
    }
    drop(busy);
    println!(
        "faults: {name}: signals under load: {} ended by them, {} were done before, the slowest end took {} ms",
        ended_by[1],
        ended_by[0],
        slowest.as_millis()
    );
}

/// The exit code; 128 + number for a signal that nobody handled.
fn wait(child: &mut Child, since: Instant) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    while since.elapsed() < NEVER {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().or_else(|| status.signal().map(|it| 128 + it));
        }
        thread::sleep(Duration::from_millis(2));
    }
    let _ = child.kill();
    None
}

/// Programs that still run in the environment of a sandbox. The loopback forge is this process, and the git that it asks a child of it:
/// what rakops has left behind is nobody's child here.
fn processes_of(ground: &super::ground::Ground) -> Vec<String> {
    let home = format!("HOME={}", ground.sandbox.root().join("home").display());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|it| it == home.as_bytes()) {
            let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            // One that has ended and waits to be seen has no words.
            if !words.is_empty() && parent_of(&entry.path()) != Some(std::process::id()) {
                found.push(String::from_utf8_lossy(&words).replace('\0', " "));
            }
        }
    }
    found
}

/// Keeps two cores busy until it is dropped.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn start() -> Busy {
        let over = Arc::new(AtomicBool::new(false));
        for _ in 0..2 {
            let over = Arc::clone(&over);
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop()
                }
            });
        }
        Busy(over)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The fourth field of `stat`; the second may hold blanks, and ends with the last bracket. Source: `man 5 proc`.
fn parent_of(process: &Path) -> Option<u32> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

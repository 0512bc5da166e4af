//! Many writers of one branch, and somebody who pushes it back to older commits by force while they write.
//!
//! What is lost then was lost by that push and by nobody else: the remote's own log of the branch is the witness.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::everywhere::Dice;
use crate::harness::race::{Layout, Race};

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[(
    "hostile::whatever_is_lost_was_lost_by_the_one_who_forced_a_push",
    nothing_else_is_lost,
)];

/// Who forces; a log of references tells who has moved one.
const NAME: &str = "Hostile";

/// One line of the log of a branch.
struct Moved {
    old: String,
    new: String,
    by_force: bool,
}

fn writers() -> usize {
    let given = std::env::var("RAKOPS_WRITERS").ok();
    given.and_then(|it| it.parse().ok()).unwrap_or(16)
}

fn nothing_else_is_lost() {
    let race = Race::new(writers(), Layout::OwnFiles);
    let remote = race.remote();
    race.sandbox
        .git_in(&remote, ["config", "core.logAllRefUpdates", "always"]);
    race.clones(&race.file_url());
    let seed = std::env::var("RAKOPS_SEED").ok().and_then(|it| it.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("hostile: RAKOPS_SEED={seed}");
    let over = AtomicBool::new(false);
    // Not the sandbox itself, which belongs to one thread.
    let git = |words: &[&str]| {
        let mut command = race.command("git");
        command
            .arg("-C")
            .arg(race.clone_of(1))
            .args(words)
            .env("GIT_COMMITTER_NAME", NAME);
        command
    };
    let fetch = git(&["fetch", "--quiet", "--force", "origin", "main:refs/hostile/main"]);
    let push = git(&["push", "--quiet", "--force"]);
    let outcome = thread::scope(|scope| {
        let (remote, over, commands) = (remote.clone(), &over, (again(&fetch), again(&push)));
        scope.spawn(move || force(&remote, commands, (over, seed)));
        let outcome = race.run(|writer| race.bump(writer));
        over.store(true, Ordering::SeqCst);
        outcome
    });
    let log = log_of(&race);
    let is_in = |commit: &str, tip: &str| {
        let words = ["merge-base", "--is-ancestor", commit, tip];
        race.sandbox.try_git_in(&remote, words).succeeded
    };
    let forced: Vec<&Moved> = log.iter().filter(|moved| moved.by_force).collect();
    for moved in log.iter().filter(|moved| !moved.by_force) {
        assert!(
            is_in(&moved.old, &moved.new),
            "RAKOPS_SEED={seed}: rakops has taken {} away by {}",
            moved.old,
            moved.new
        );
    }
    // Every writer that says so has landed; where its commit is gone, one of the forced pushes had it before and not after.
    let mut gone = 0;
    for (at, (code, said)) in outcome.ends.iter().enumerate() {
        assert!(
            [0, 7].contains(code),
            "RAKOPS_SEED={seed}: writer {}: {code}: {said}",
            at + 1
        );
        if *code != 0 {
            continue;
        }
        let file = format!("overlays/dev/app-{}.yaml", at + 1);
        let has = |tip: &str| {
            let shown = race.sandbox.git_in(&remote, ["show", &format!("{tip}:{file}")]);
            shown.contains(":1.1.0 ")
        };
        assert!(
            log.iter().any(|moved| !moved.by_force && has(&moved.new)),
            "RAKOPS_SEED={seed}: writer {} says that it has landed: {said}",
            at + 1
        );
        if !has("main") {
            gone += 1;
            assert!(
                forced.iter().any(|moved| has(&moved.old) && !has(&moved.new)),
                "RAKOPS_SEED={seed}: nobody has forced what writer {} landed away",
                at + 1
            );
        }
    }
    println!(
        "race: rakops, file://, beside {} forced pushes: {} writers, claimed {}, taken away by force {gone}, {:.1} s",
        forced.len(),
        race.writers,
        outcome.claimed(),
        outcome.took.as_secs_f64()
    );
    assert!(!forced.is_empty(), "RAKOPS_SEED={seed}: nothing was forced");
}

/// The same command once more, each time.
fn again(command: &Command) -> impl Fn() -> Command + Send + use<> {
    let program = command.get_program().to_owned();
    let words: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let environment: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    move || {
        let mut command = Command::new(&program);
        command.args(&words).env_clear().envs(environment.clone());
        command
    }
}

/// Pushes the branch back to one of its older commits at random moments, until it is over.
fn force(
    remote: &std::path::Path,
    (fetch, push): (impl Fn() -> Command, impl Fn() -> Command),
    (over, seed): (&AtomicBool, u64),
) {
    let mut dice = Dice::new(seed);
    while !over.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(50 + dice.below(400) as u64));
        let _ = fetch().output();
        let back = format!("refs/hostile/main~{}", 1 + dice.below(3));
        // Where it has no commit so far back, the push fails, and the next one comes.
        let _ = push().arg(remote).arg(format!("{back}:refs/heads/main")).output();
    }
}

/// How the branch was moved at the remote, oldest first.
fn log_of(race: &Race) -> Vec<Moved> {
    let text = std::fs::read_to_string(race.remote().join("logs/refs/heads/main")).unwrap();
    text.lines()
        .map(|line| {
            let (facts, _) = line.split_once('\t').unwrap_or((line, ""));
            let mut words = facts.split(' ');
            Moved {
                old: words.next().unwrap().to_owned(),
                new: words.next().unwrap().to_owned(),
                by_force: words.next() == Some(NAME),
            }
        })
        .filter(|moved| !moved.old.starts_with("0000000"))
        .collect()
}

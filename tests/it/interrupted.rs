//! Signals: how a command ends, and how soon.
#![cfg(unix)]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::Sandbox;
use crate::harness::http_git::{Fault, GitHttp};

/// What is waited for a program that does not end by itself: `PATIENCE` in `src/git/child.rs`.
const PATIENCE: Duration = Duration::from_secs(2);

fn start(sandbox: &Sandbox, words: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_rakops"))
        .args(words)
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn nobody_is_waited_for_who_has_ended() {
    // On a busy machine one end may take long by chance, and three do not.
    let mut ends = (0..3).map(|_| {
        let sandbox = Sandbox::new();
        sandbox.shop_with_remote();
        let server = GitHttp::serve(sandbox.root());
        sandbox.git(["remote", "set-url", "origin", &server.url("remote.git")]);
        for _ in 0..40 {
            server.fault(Fault::Slow(Duration::from_secs(20)));
        }
        let mut child = start(&sandbox, &["bump", "api=1.4.2", "--env", "dev", "--push"]);
        while server.requests().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        signal(&child, "-TERM");
        let began = Instant::now();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        began.elapsed()
    });
    assert!(ends.any(|took| took < PATIENCE));
}

#[test]
fn a_hook_that_ignores_the_signal_does_not_outlive_the_command() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let file = sandbox.root().join("number");
    let script = format!(
        "(trap '' TERM; exec sleep 60) & echo $! > '{0}.new'; mv '{0}.new' '{0}'; wait",
        file.display()
    );
    sandbox.hook(&sandbox.path(".git"), "pre-push", &script);
    let mut child = start(&sandbox, &["bump", "api=1.4.2", "--env", "dev", "--push"]);
    while !file.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let number = fs::read_to_string(&file).unwrap();
    assert!(is_running(number.trim()));
    signal(&child, "-TERM");
    let began = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(began.elapsed() < PATIENCE * 5, "{:?}", began.elapsed());
    // The one that is killed last may need a moment.
    let until = Instant::now() + PATIENCE;
    while is_running(number.trim()) {
        assert!(Instant::now() < until, "{number} goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(sandbox.remote_commits("main"), 1);
}

/// Whether a process runs. One that has ended, and that nobody has waited for, does not.
fn is_running(number: &str) -> bool {
    let is_there = Command::new("kill")
        .args(["-0", number])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success();
    // What stands behind the name, which may hold anything. Source: `man 5 proc`.
    let state = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    let is_zombie = state.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z"));
    is_there && !is_zombie
}

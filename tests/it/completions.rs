//! Completion in real shells, on a terminal, each with a deadline.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rexpect::session::{PtySession, spawn_command};

use crate::harness::Sandbox;

/// How long a shell may take to show anything, in milliseconds.
const DEADLINE: u64 = 20_000;

const CONFIG: &str = "environments:
  - {name: dev, path: overlays/dev}
  - {name: stg, path: overlays/stg}
  - {name: prd, path: overlays/prd}
images:
  - {name: registry.example.com:5000/shop/api}
  - {name: ghcr.io/acme/frontend, alias: site}
";

/// What is typed up to TAB, and what must stand there afterwards.
const CASES: &[(&str, &str)] = &[
    ("rakops ima", "rakops images"),
    (
        "rakops bump registry.example.com:5",
        "registry.example.com:5000/shop/api=",
    ),
    ("rakops images --env=st", "--env=stg"),
    ("rakops images --env dev,s", "dev,stg"),
    ("rakops bump si", "rakops bump site="),
    ("rakops -C ../elsewhere images --env o", "--env only-here"),
];

fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository().file("rakops.yaml", CONFIG);
    sandbox.file(
        "../elsewhere/rakops.yaml",
        "environments: [{name: only-here, path: x}]\n",
    );
    sandbox
}

/// Starts a shell in the sandbox with the program on its path; `None`, with a line that says so, where there is none.
fn shell(sandbox: &Sandbox, program: &str, args: &[&str]) -> Option<PtySession> {
    if Command::new(program).arg("--version").output().is_err() {
        println!("SKIPPED: completion in {program} is not tried: no {program}");
        return None;
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_rakops")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env());
    command.env("PATH", path).env("TERM", "dumb").env("PS1", "$ ");
    Some(spawn_command(command, Some(DEADLINE)).unwrap())
}

/// Types each case on a line of its own and looks at what TAB makes of it.
fn try_all(mut session: PtySession, setup: &str) {
    session.send_line(&format!("{setup}; echo rea''dy")).unwrap();
    session.exp_string("ready").unwrap();
    for (typed, expected) in CASES {
        session.send(typed).unwrap();
        session.flush().unwrap();
        session.exp_string(typed).unwrap();
        // The rest of the word comes after the echo; what was typed already is not shown again by every shell.
        let rest = expected
            .rsplit_once(typed.rsplit(' ').next().unwrap())
            .map_or(*expected, |(_, rest)| rest);
        session.send("\t").unwrap();
        session.flush().unwrap();
        if let Err(why) = session.exp_string(rest) {
            panic!("`{typed}` and TAB do not give `{expected}`: {why}");
        }
        session.send_control('u').unwrap();
        session.send_line("echo rea''dy").unwrap();
        session.exp_string("ready").unwrap();
    }
    session.send_line("exit").unwrap();
}

#[test]
fn bash_completes_values_with_colons_and_equal_signs() {
    let sandbox = repository();
    let session = shell(&sandbox, "bash", &["--norc", "--noprofile", "-i"]).expect("the tests need bash");
    try_all(
        session,
        "stty echo cols 200; bind 'set enable-bracketed-paste off'; source <(rakops completions bash)",
    );
}

#[test]
fn zsh_completes_values_with_colons_and_equal_signs() {
    let sandbox = repository();
    if let Some(session) = shell(&sandbox, "zsh", &["-f", "-i"]) {
        try_all(
            session,
            "autoload -U compinit; compinit -u; source <(rakops completions zsh)",
        );
    }
}

#[test]
fn fish_completes_values_with_colons_and_equal_signs() {
    let sandbox = repository();
    if let Some(session) = shell(&sandbox, "fish", &["--no-config", "-i"]) {
        try_all(session, "rakops completions fish | source");
    }
}

/// Asks as a script does, and returns the candidates.
fn candidates(sandbox: &Sandbox, line: &str) -> Vec<String> {
    let output = sandbox
        .rakops(["--", line])
        .env("RAKOPS_COMPLETE", "bash")
        .run()
        .expect(0);
    assert_eq!(output.stderr, "");
    output.stdout().lines().map(str::to_owned).collect()
}

#[test]
fn environments_come_in_promotion_order_and_once() {
    let sandbox = repository();
    assert_eq!(candidates(&sandbox, "rakops images --env "), ["dev", "stg", "prd"]);
    assert_eq!(candidates(&sandbox, "rakops images --env dev --env "), ["stg", "prd"]);
}

#[test]
fn flags_are_offered_once_their_dash_is_typed() {
    let sandbox = repository();
    let values = candidates(&sandbox, "rakops images ");
    assert!(
        values.contains(&"site".to_owned()) && !values.iter().any(|value| value.starts_with('-')),
        "{values:?}"
    );
    assert!(candidates(&sandbox, "rakops images --e").contains(&"--env".to_owned()));
}

#[test]
fn a_broken_configuration_is_no_noise_at_the_prompt() {
    let sandbox = Sandbox::new();
    sandbox.file("rakops.yaml", "environments: [{{{\n");
    assert_eq!(candidates(&sandbox, "rakops images --env "), Vec::<String>::new());
}

#[test]
fn tab_answers_at_once_with_two_thousand_images() {
    let sandbox = repository();
    let entries: String = (0..2000)
        .map(|n| format!("  - {{name: ghcr.io/acme/app{n}, newTag: 1.{n}.0}}\n"))
        .collect();
    sandbox.file("overlays/dev/kustomization.yaml", format!("images:\n{entries}"));
    // Other tests run beside this one; the quietest of three rounds is the one that was measured.
    let medians = (0..3).map(|_| median_milliseconds(&sandbox));
    let median = medians.fold(f64::INFINITY, f64::min);
    // Without optimisation everything takes longer; the bar is for what people run.
    let bar = if cfg!(debug_assertions) { 500.0 } else { 20.0 };
    println!("figure: completion with 2,000 images: median {median:.1} ms (bar {bar} ms)");
    assert!(median < bar, "{median:.1} ms");
}

fn median_milliseconds(sandbox: &Sandbox) -> f64 {
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let begin = Instant::now();
            assert_eq!(candidates(sandbox, "rakops bump app1999"), ["app1999="]);
            begin.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

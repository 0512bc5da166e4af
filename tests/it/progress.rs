//! What is shown while something takes long, and what stays.

use std::process::Command;
use std::time::Duration;

use rexpect::session::{PtySession, spawn_command};

use crate::harness::Sandbox;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::{Bench, TOKEN};
use crate::harness::server::{Server, route};
use crate::harness::tty::CTRL_C;

/// In milliseconds.
const DEADLINE: u64 = 20_000;

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
}

/// A server whose build metadata comes after a while.
fn server(pause: Duration) -> Server {
    let answer = route("GET", "/build.json", 200).body("{\"ghcr.io/acme/api\": \"1.5.0\"}");
    Server::start(vec![answer.after(pause)])
}

fn on_a_terminal(sandbox: &Sandbox, args: &[&str]) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
    command
        .args(args)
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env())
        .env("TERM", "xterm")
        .env("NO_COLOR", "1");
    spawn_command(command, Some(DEADLINE)).unwrap()
}

/// What stands on the lines of a terminal in the end: each line as it was written last.
fn lines_in_the_end(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        let last = lines.last_mut().unwrap();
        if let Some(escape) = rest.strip_prefix("\x1b[") {
            let end = escape.find(|c: char| c.is_ascii_alphabetic()).unwrap();
            match &escape[..=end] {
                "2K" | "K" | "0K" => last.clear(),
                _ => {}
            }
            taken = 2 + end + 1;
        } else if c == '\n' {
            lines.push(String::new());
        } else if c == '\r' && !rest.starts_with("\r\n") {
            last.clear();
        } else if c != '\r' {
            last.push(c);
        }
        rest = &rest[taken..];
    }
    lines
}

#[test]
fn what_takes_long_is_shown_and_gone_in_the_end_but_for_a_line() {
    let (sandbox, server) = (shop(), server(Duration::from_millis(1200)));
    let url = server.url("/build.json");
    let mut session = on_a_terminal(&sandbox, &["bump", "--from-file", &url, "--env", "stg"]);
    session.exp_string("reading build metadata").unwrap();
    let text = session.exp_eof().unwrap();
    let lines = lines_in_the_end(&text);
    assert!(lines.contains(&"found 1 image".to_owned()), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("reading build")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("1.4.1 -> 1.5.0")), "{lines:#?}");
}

#[test]
fn what_is_done_at_once_shows_nothing() {
    let (sandbox, server) = (shop(), server(Duration::ZERO));
    let url = server.url("/build.json");
    let text = on_a_terminal(&sandbox, &["bump", "--from-file", &url, "--env", "stg", "-q"])
        .exp_eof()
        .unwrap();
    assert!(!text.contains("reading"), "{text}");
}

#[test]
fn lines_are_not_lost_while_a_bar_is_drawn() {
    let (sandbox, server) = (shop(), server(Duration::from_millis(900)));
    let url = server.url("/build.json");
    let text = on_a_terminal(&sandbox, &["bump", "--from-file", &url, "--env", "stg", "-vv"])
        .exp_eof()
        .unwrap();
    let lines = lines_in_the_end(&text);
    let answered = lines.iter().filter(|line| line.contains("/build.json")).count();
    assert!(answered >= 1, "{lines:#?}");
    assert!(lines.contains(&"found 1 image".to_owned()), "{lines:#?}");
}

#[test]
fn in_ci_each_step_is_one_line_in_the_past_tense_and_never_on_stdout() {
    let sandbox = shop();
    let server = Server::start(vec![
        route("GET", "/build.json", 200).body("{\"ghcr.io/acme/api\": \"1.5.0\"}"),
    ]);
    let url = server.url("/build.json");
    let words = ["bump", "--from-file", &url, "--env", "stg", "-n"];
    let plain = sandbox.rakops(words).run().expect(0);
    assert!(!plain.stderr.contains("found 1 image"), "{}", plain.all());
    let in_ci = sandbox.rakops(words).env("CI", "true").run().expect(0);
    let said = |line: &str| in_ci.stderr.lines().filter(|it| *it == line).count();
    assert_eq!(said("found 1 image"), 1, "{}", in_ci.all());
    assert!(in_ci.stderr.contains("\nread "), "{}", in_ci.all());
    assert!(!in_ci.stderr.contains("reading"), "{}", in_ci.all());
    assert_eq!(in_ci.stdout(), plain.stdout());
    let quiet = sandbox.rakops(words.iter().chain(&["-q"])).env("CI", "true").run();
    assert_eq!(quiet.expect(0).stderr, "");
}

#[test]
fn no_count_is_said_of_nothing() {
    let sandbox = Sandbox::new();
    sandbox.branches("trunk");
    for words in [
        &["diff", "stg", "prd"][..],
        &["status"],
        &["drift"],
        &["impact"],
        &["images"],
        &["check"],
        &["overlay", "list"],
        &["audit", "prd", "--since", "30d", "--no-forge"],
        &["promote", "stg", "prd", "-n"],
    ] {
        let output = sandbox.rakops(words.iter().copied()).env("CI", "1").run();
        assert!(
            !output.stderr.lines().any(|line| line.contains(" 0 ")),
            "{}",
            output.all()
        );
    }
}

#[test]
fn a_step_that_tells_much_is_a_group_in_the_log_of_actions() {
    let sandbox = shop();
    let words = ["images"];
    let quiet = sandbox.rakops(words).env("GITHUB_ACTIONS", "true").run().expect(0);
    assert!(!quiet.stderr.contains("::group::"), "{}", quiet.all());
    let output = sandbox
        .rakops(words)
        .env("GITHUB_ACTIONS", "true")
        .env("RUNNER_DEBUG", "1")
        .run()
        .expect(0);
    let groups: Vec<&str> = output
        .stderr
        .lines()
        .filter(|line| line.starts_with("::group::") || *line == "::endgroup::")
        .collect();
    assert!(groups.len() >= 2, "{}", output.all());
    for pair in groups.chunks(2) {
        assert!(
            pair[0].starts_with("::group::") && pair[1] == "::endgroup::",
            "{groups:?}"
        );
    }
}

#[test]
fn no_bar_is_drawn_over_a_question() {
    let bench = Bench::new(GitHub);
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    bench.sandbox.git(["switch", "--quiet", "main"]);
    let address = format!("http://{}", bench.forge.address);
    let variables = [
        ("RAKOPS_FORGE_URL", address.as_str()),
        ("RAKOPS_FORGE_KIND", bench.speaks().kind()),
        ("RAKOPS_FORGE_REPOSITORY", bench.speaks().repository()),
        (bench.speaks().variable(), TOKEN),
    ];
    for command in ["wait", "status", "merge", "close"] {
        let mut terminal = bench.sandbox.terminal_with(&["pr", command], &variables);
        terminal.sees("which pull request?").sees("app");
        // Longer than it takes until a bar is drawn.
        std::thread::sleep(Duration::from_millis(600));
        let ended = terminal.press(CTRL_C).ends(130);
        let (_, behind) = ended.text.split_once("which pull request?").unwrap();
        assert!(
            !behind.contains("waiting") && !behind.contains("asking"),
            "{}",
            ended.text
        );
    }
}

#[test]
fn ctrl_c_takes_the_bar_away() {
    let (sandbox, server) = (shop(), server(Duration::from_secs(10)));
    let url = server.url("/build.json");
    let mut terminal = sandbox.terminal(&["bump", "--from-file", &url, "--env", "stg"]);
    terminal.sees("reading build metadata").press(CTRL_C);
    let ended = terminal.ends(130);
    let lines = lines_in_the_end(&ended.text);
    assert!(!lines.iter().any(|line| line.contains("reading build")), "{lines:#?}");
}

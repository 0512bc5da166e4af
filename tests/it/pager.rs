//! Long results on a terminal, page by page.

use std::process::Command;

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use crate::harness::Sandbox;

/// In milliseconds.
const DEADLINE: u64 = 20_000;
const DIFF: [&str; 4] = ["diff", "dev", "prd", "--local"];

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
}

/// What a terminal shows of a command with these variables, and its exit code.
fn shown(sandbox: &Sandbox, args: &[&str], variables: &[(&str, &str)]) -> (String, i32) {
    let mut session = started(sandbox, args, variables);
    let text = session.exp_eof().unwrap();
    (text.replace("\r\n", "\n"), code(&session))
}

fn started(sandbox: &Sandbox, args: &[&str], variables: &[(&str, &str)]) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
    command
        .args(args)
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env());
    command
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .envs(variables.iter().copied());
    spawn_command(command, Some(DEADLINE)).unwrap()
}

fn code(session: &PtySession) -> i32 {
    match session.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => code,
        other => panic!("{other:?}"),
    }
}

/// A pager that marks each line it shows.
const MARKING: &str = "sed 's/^/paged: /'";

#[test]
fn a_long_result_goes_through_the_pager_that_weighs_most() {
    let sandbox = shop();
    for variables in [
        &[("RAKOPS_PAGER", MARKING), ("GIT_PAGER", "false"), ("PAGER", "false")][..],
        &[("GIT_PAGER", MARKING), ("PAGER", "false")],
        &[("PAGER", MARKING)],
    ] {
        let (text, code) = shown(&sandbox, &DIFF, variables);
        assert!(text.contains("\npaged: WHAT"), "{text}");
        assert_eq!(code, 1, "what a pager ends with is not what rakops ends with");
    }
    sandbox.file("../home/.config/rakops/config.yaml", format!("pager: \"{MARKING}\"\n"));
    assert!(
        shown(&sandbox, &DIFF, &[("PAGER", "false")])
            .0
            .contains("\npaged: WHAT")
    );
    let audit = ["audit", "prd", "--since", "2020-01-01", "--no-forge"];
    assert!(shown(&sandbox, &audit, &[]).0.contains("paged: AT"));
}

#[test]
fn there_are_ways_to_have_no_pager() {
    let sandbox = shop();
    let plain = shown(&sandbox, &DIFF, &[("RAKOPS_PAGER", "cat")]).0;
    assert!(plain.contains("\nWHAT"), "{plain}");
    for variables in [
        &[("RAKOPS_PAGER", "")][..],
        &[("TERM", "dumb"), ("RAKOPS_PAGER", MARKING)],
        &[("RAKOPS_PAGER", "no-such-pager --fast")],
    ] {
        assert_eq!(shown(&sandbox, &DIFF, variables).0, plain, "{variables:?}");
    }
    let without = [&DIFF[..], &["--no-pager"]].concat();
    assert_eq!(shown(&sandbox, &without, &[("RAKOPS_PAGER", MARKING)]).0, plain);
    // Other commands, and other readers, get no pager.
    let status = shown(&sandbox, &["status", "--local"], &[("RAKOPS_PAGER", MARKING)]).0;
    assert!(!status.contains("paged: "), "{status}");
    let piped = sandbox.rakops(DIFF).env("RAKOPS_PAGER", MARKING).run().expect(1);
    assert!(!piped.stdout().contains("paged: "), "{}", piped.all());
}

#[test]
fn a_pager_that_is_left_early_is_no_failure() {
    let sandbox = shop();
    let (text, code) = shown(&sandbox, &DIFF, &[("RAKOPS_PAGER", "true")]);
    assert!(!text.contains("error"), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn ctrl_c_belongs_to_the_pager() {
    let sandbox = shop();
    let patient =
        "sh -c 'trap \"echo interrupted\" INT; read line; echo ready; while read line; do :; done; sleep 1; echo left'";
    let mut session = started(&sandbox, &DIFF, &[("RAKOPS_PAGER", patient)]);
    session.exp_string("ready").unwrap();
    session.send("\x03").unwrap();
    session.flush().unwrap();
    session.exp_string("left").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 1);
}

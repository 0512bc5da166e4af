//! Prompts on a real terminal, each with a deadline.

use std::process::Command;

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use crate::harness::Sandbox;
use crate::harness::registry::Registry;
use crate::harness::stock::Stock;
use crate::harness::train::{config, file, overlay};

/// In milliseconds.
const DEADLINE: u64 = 20_000;
const DOWN: &str = "\x1b[B";

fn on_a_terminal(sandbox: &Sandbox, args: &[&str]) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
    command
        .args(args)
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env());
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    spawn_command(command, Some(DEADLINE)).unwrap()
}

fn press(session: &mut PtySession, keys: &str) {
    session.send(keys).unwrap();
    session.flush().unwrap();
}

fn code(session: &PtySession) -> i32 {
    match session.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bump_that_would_reach_several_environments_asks_which() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let mut session = on_a_terminal(&sandbox, &["bump", "api=1.5.0"]);
    session.exp_string("would reach 3 environments").unwrap();
    session.exp_string("prd").unwrap();
    // The second one: nothing is ticked beforehand.
    press(&mut session, DOWN);
    press(&mut session, " ");
    press(&mut session, "\r");
    session.exp_string("overlays/stg/kustomization.yaml").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 0);
    assert_eq!(sandbox.status(), " M overlays/stg/kustomization.yaml\n");
}

#[test]
fn cancelling_changes_nothing_and_shows_the_cursor_again() {
    for key in ["\x1b", "\x03"] {
        let sandbox = Sandbox::new();
        sandbox.shop();
        let mut session = on_a_terminal(&sandbox, &["bump", "api=1.5.0"]);
        session.exp_string("\x1b[?25l").unwrap();
        session.exp_string("prd").unwrap();
        press(&mut session, key);
        session.exp_string("\x1b[?25h").unwrap();
        session.exp_string("cancelled, nothing was changed").unwrap();
        session.exp_eof().unwrap();
        assert_eq!(code(&session), 130, "{key:?}");
        assert_eq!(sandbox.status(), "");
    }
}

#[test]
fn no_input_closes_the_gate_on_a_terminal() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    for args in [&["bump", "api=1.5.0", "--no-input"][..], &["bump", "--no-input"][..]] {
        let mut session = on_a_terminal(&sandbox, args);
        session.exp_string("error").unwrap();
        session.exp_eof().unwrap();
        assert!([2, 3].contains(&code(&session)));
    }
}

#[test]
fn a_lower_version_is_asked_about_and_no_is_the_default() {
    for (key, code_expected, status) in [("y", 0, " M overlays/stg/kustomization.yaml\n"), ("\r", 130, "")] {
        let sandbox = Sandbox::new();
        sandbox.shop();
        let mut session = on_a_terminal(&sandbox, &["bump", "api=1.0.0", "--env", "stg", "--yes"]);
        session.exp_string("do it all the same?").unwrap();
        press(&mut session, key);
        session.exp_eof().unwrap();
        assert_eq!(code(&session), code_expected, "{key:?}");
        assert_eq!(sandbox.status(), status);
    }
}

#[test]
fn init_asks_before_it_writes_unless_yes() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let mut session = on_a_terminal(&sandbox, &["init"]);
    session.exp_string("write rakops.yaml?").unwrap();
    press(&mut session, "n");
    session.exp_string("cancelled").unwrap();
    session.exp_eof().unwrap();
    assert_eq!((code(&session), sandbox.status()), (130, String::new()));
    let mut session = on_a_terminal(&sandbox, &["init", "-y"]);
    session.exp_string("wrote rakops.yaml").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 0);
}

#[test]
fn init_asks_what_an_ambiguous_layout_means() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.git(["branch", "develop"]);
    let mut session = on_a_terminal(&sandbox, &["init", "-y"]);
    session.exp_string("how do environments relate to branches?").unwrap();
    press(&mut session, DOWN);
    press(&mut session, "\r");
    session.exp_string("wrote rakops.yaml").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 0);
    assert!(sandbox.read("rakops.yaml").contains("strategy: chain\n"));
}

#[test]
fn a_trial_without_a_branch_asks_which() {
    let sandbox = Sandbox::new();
    sandbox.shop_on_argo();
    let mut session = on_a_terminal(&sandbox, &["track", "dev", "-n"]);
    session.exp_string("which branch?").unwrap();
    session.exp_string("feature/base").unwrap();
    press(&mut session, "\r");
    session.exp_string("targetRevision: feature/base").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 0);
}

#[test]
fn a_promotion_is_shown_and_lands_when_it_is_agreed_to() {
    for (key, code_expected, version) in [("y", 0, "1.1.0"), ("\r", 130, "1.0.0")] {
        let sandbox = Sandbox::new();
        sandbox.branches("chain");
        sandbox.put(("develop", "bump dev"), &[(&file("dev"), &overlay("1.1.0"))]);
        let mut session = on_a_terminal(&sandbox, &["promote", "dev", "stg", "--push"]);
        session.exp_string("rides along").unwrap();
        session.exp_string("promote dev to stg?").unwrap();
        press(&mut session, key);
        session.exp_eof().unwrap();
        assert_eq!(code(&session), code_expected);
        assert_eq!(
            sandbox.there("staging:overlays/stg/kustomization.yaml"),
            overlay(version)
        );
    }
}

#[test]
fn a_protected_environment_is_reached_by_a_push_when_its_name_is_typed() {
    for (typed, code_expected, version) in [("prd\r", 0, "1.1.0"), ("yes\r", 130, "1.0.0")] {
        let sandbox = Sandbox::new();
        sandbox.branches("chain");
        let config = config("chain").replace(", protected: false", "");
        sandbox.put(("main", "protect"), &[("rakops.yaml", &config)]);
        sandbox.put(("staging", "bump stg"), &[(&file("stg"), &overlay("1.1.0"))]);
        let mut session = on_a_terminal(&sandbox, &["promote", "stg", "prd", "--push", "-y"]);
        session.exp_string("type `prd` to land without one").unwrap();
        press(&mut session, typed);
        session.exp_eof().unwrap();
        assert_eq!(code(&session), code_expected);
        assert_eq!(sandbox.there("main:overlays/prd/kustomization.yaml"), overlay(version));
    }
}

#[test]
fn overlay_set_asks_for_what_was_not_typed_shows_the_diff_and_tells_the_command() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let mut session = on_a_terminal(&sandbox, &["overlay", "set"]);
    session.exp_string("which environment?").unwrap();
    press(&mut session, "\r");
    session.exp_string("which object?").unwrap();
    press(&mut session, "\r");
    session.exp_string("which field?").unwrap();
    // The last entry stands above the first: a field that is not there yet.
    press(&mut session, "\x1b[A");
    press(&mut session, "\r");
    session.exp_string("the path of the field?").unwrap();
    press(&mut session, "metadata.annotations.team\r");
    session
        .exp_string("new value of metadata.annotations.team (not set)?")
        .unwrap();
    press(&mut session, "shop\r");
    session.exp_string("+    team: shop").unwrap();
    session.exp_string("make this change?").unwrap();
    press(&mut session, "y");
    session
        .exp_string("the same without questions: rakops overlay set dev")
        .unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 0);
    assert!(sandbox.status().contains("overlays/dev/"));
}

#[test]
fn overlay_set_that_is_not_meant_after_all_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let words = ["overlay", "set", "dev", "Deployment/api"];
    let mut session = on_a_terminal(&sandbox, &words);
    session.exp_string("which field?").unwrap();
    press(&mut session, "\x1b");
    session.exp_string("cancelled").unwrap();
    session.exp_eof().unwrap();
    assert_eq!((code(&session), sandbox.status()), (130, String::new()));
}

#[test]
fn a_bump_without_words_chooses_images_and_versions_that_the_registry_has() {
    let stock = Stock::new(&["1.4.0", "latest", "1.4.1", "1.5.0"]);
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
        command.args(args).current_dir(stock.sandbox.dir()).env_clear();
        command.envs(stock.sandbox.env()).env("RAKOPS_OFFLINE", "");
        command.env("TERM", "xterm").env("NO_COLOR", "1");
        spawn_command(command, Some(DEADLINE)).unwrap()
    };
    let mut session = run(&["bump", "--env", "dev"]);
    session.exp_string("which images?").unwrap();
    session.exp_string("1.4.1 (dev)").unwrap();
    press(&mut session, " ");
    press(&mut session, "\r");
    session.exp_string("which version of").unwrap();
    session.exp_string("1.5.0").unwrap();
    session.exp_string("1.4.1 (dev)").unwrap();
    session.exp_string("another...").unwrap();
    // The newest is under the cursor.
    press(&mut session, "\r");
    session.exp_string("+  newTag: 1.5.0").unwrap();
    session.exp_string("make this change?").unwrap();
    press(&mut session, "y");
    let line = format!(
        "the same without questions: rakops bump {}=1.5.0 --env dev",
        stock.image
    );
    session.exp_string(&line).unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 0);
    assert_eq!(stock.pinned("dev"), "newTag: 1.5.0");
}

#[test]
fn what_runs_is_marked_without_environments_too_and_where_the_policy_leaves_it_out() {
    let registry = Registry::start();
    for tag in ["1.4.1", "1.5.0", "1.5.1"] {
        registry.image("acme/api", tag);
    }
    let image = format!("{}/acme/api", registry.host());
    let sandbox = Sandbox::new();
    sandbox.repository();
    let pod = format!("kind: Pod\nspec:\n  containers:\n  - {{name: a, image: \"{image}:1.4.1\"}}\n");
    sandbox.file("pod.yaml", pod);
    let config = format!("images:\n- name: {image}\n  policy: semver:~1.5\n");
    sandbox.file("rakops.yaml", config);
    sandbox.commit_all("what runs");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
    command.arg("bump").current_dir(sandbox.dir()).env_clear();
    command.envs(sandbox.env()).env("RAKOPS_OFFLINE", "");
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let mut session = spawn_command(command, Some(DEADLINE)).unwrap();
    session.exp_string("which images?").unwrap();
    press(&mut session, " ");
    press(&mut session, "\r");
    session.exp_string("which version of").unwrap();
    session.exp_string("1.5.1").unwrap();
    session.exp_string("1.5.0").unwrap();
    session.exp_string("1.4.1 (in use)").unwrap();
    session.exp_string("another...").unwrap();
    press(&mut session, "\r");
    session.exp_string("+  - {name: a").unwrap();
    session.exp_string("make this change?").unwrap();
    press(&mut session, "n");
    session.exp_eof().unwrap();
    assert_eq!((code(&session), sandbox.status()), (130, String::new()));
}

#[test]
fn where_the_registry_cannot_be_asked_the_version_is_typed() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let mut session = on_a_terminal(&sandbox, &["bump", "--env", "stg"]);
    session.exp_string("which images?").unwrap();
    press(&mut session, " ");
    press(&mut session, "\r");
    session.exp_string("are not known").unwrap();
    session.exp_string("which version of").unwrap();
    press(&mut session, "1.5.0\r");
    session.exp_string("make this change?").unwrap();
    press(&mut session, "n");
    session.exp_string("cancelled, nothing was changed").unwrap();
    session.exp_eof().unwrap();
    assert_eq!((code(&session), sandbox.status()), (130, String::new()));
}

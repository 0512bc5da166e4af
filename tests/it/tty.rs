//! Prompts on a real terminal: the gate, leaving, `init`, `track`, `overlay set`. Beside it: `tty_bump.rs`, `tty_promote.rs`,
//! `tty_rules.rs`, and `tty_missing.rs` for every word that a command lacks.

use crate::harness::Sandbox;
use crate::harness::tty::{CTRL_C, DOWN, ENTER, ESC, UP};

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
}

#[test]
fn every_kind_of_prompt_can_be_left_and_leaves_nothing_behind() {
    let sandbox = shop();
    let kinds: [(&[&str], &str, &[&str]); 4] = [
        // one of several, some of several, a line, yes or no
        (&["overlay", "get"], "which environment?", &[ESC, CTRL_C, "q"]),
        (&["bump", "api=1.5.0"], "in which ones?", &[ESC, CTRL_C, "q"]),
        (
            &["overlay", "replicas", "stg", "Deployment/api"],
            "how many replicas?",
            &[ESC, CTRL_C, ENTER, "5\x1b"],
        ),
        (
            &["bump", "api=1.0.0", "--env", "stg"],
            "do it all the same?",
            &[ESC, CTRL_C, "q", "n", ENTER],
        ),
    ];
    for (args, question, ways) in kinds {
        for keys in ways {
            sandbox.terminal(args).sees(question).press(keys).is_cancelled();
            assert_eq!(sandbox.status(), "", "{args:?} {keys:?}");
        }
    }
}

#[test]
fn a_long_list_is_filtered_by_what_is_typed_and_can_be_left() {
    let sandbox = shop();
    for n in 0..12 {
        sandbox.file(&format!("values/file{n}.yaml"), "a: 1\n");
    }
    for keys in [ESC, CTRL_C] {
        let mut terminal = sandbox.terminal(&["yaml", "get"]);
        terminal.sees("which file? (type to filter)").press(keys).is_cancelled();
    }
    let mut terminal = sandbox.terminal(&["yaml", "get"]);
    terminal
        .sees("which file? (type to filter)")
        .press("file11")
        .sees("file11|");
    terminal.press(ENTER).sees("which field?").press(ENTER);
    assert_eq!(terminal.ends(0).same, "rakops yaml get values/file11.yaml a");
}

#[test]
fn no_input_closes_the_gate_on_a_terminal() {
    let sandbox = shop();
    let lines: [(&[&str], i32); 5] = [
        (&["bump", "api=1.5.0", "--no-input"], 3),
        (&["bump", "--no-input"], 3),
        (&["promote", "--no-input"], 3),
        (&["overlay", "get", "--no-input"], 2),
        (&["--no-input", "ci", "init"], 2),
    ];
    for (args, code) in lines {
        assert!(sandbox.terminal(args).ends(code).text.contains("error"), "{args:?}");
    }
    let ci = [("CI", "true")];
    let ended = sandbox.terminal_with(&["overlay", "get"], &ci).ends(2);
    assert!(ended.text.contains("<ENV>"), "{}", ended.text);
}

#[test]
fn init_asks_before_it_writes_unless_yes() {
    let sandbox = shop();
    sandbox
        .terminal(&["init"])
        .sees("write rakops.yaml?")
        .press("n")
        .is_cancelled();
    assert_eq!(sandbox.status(), "");
    let ended = sandbox.terminal(&["init", "-y"]).ends(0);
    assert!(ended.text.contains("wrote rakops.yaml"), "{}", ended.text);
    assert_eq!(ended.same, "", "nothing was asked");
}

#[test]
fn init_asks_what_an_ambiguous_layout_means() {
    let sandbox = shop();
    sandbox.git(["branch", "develop"]);
    let mut terminal = sandbox.terminal(&["init", "-y"]);
    terminal
        .sees("how do environments relate to branches?")
        .press(DOWN)
        .press(ENTER);
    assert_eq!(terminal.ends(0).same, "rakops init -y --strategy chain");
    assert!(sandbox.read("rakops.yaml").contains("strategy: chain\n"));
}

#[test]
fn a_trial_without_words_asks_for_environment_and_branch() {
    let sandbox = Sandbox::new();
    sandbox.shop_on_argo();
    let mut terminal = sandbox.terminal(&["track", "-n"]);
    terminal.sees("which environment?").sees("dev").press(ENTER);
    terminal.sees("which branch?").sees("feature/base").press(ENTER);
    let ended = terminal.ends(0);
    assert!(ended.text.contains("targetRevision: feature/base"), "{}", ended.text);
    assert_eq!(ended.same, "rakops track -n dev feature/base");
}

#[test]
fn overlay_set_asks_for_what_was_not_typed_shows_the_diff_and_tells_the_command() {
    let sandbox = shop();
    let mut terminal = sandbox.terminal(&["overlay", "set", "--string"]);
    terminal.sees("which environment?").press(ENTER);
    terminal.sees("which object?").press(ENTER);
    // The last entry stands above the first: a field that is not there yet.
    terminal.sees("which field?").press(UP).press(ENTER);
    terminal
        .sees("the path of the field?")
        .press("metadata.annotations.team\r");
    terminal
        .sees("new value of metadata.annotations.team (not set)?")
        .press("shop\r");
    terminal.sees("+    team: shop").sees("make this change?").press("y");
    assert_eq!(
        terminal.ends(0).same,
        "rakops overlay set --string dev Deployment/api metadata.annotations.team=shop"
    );
    assert!(sandbox.status().contains("overlays/dev/"));
}

#[test]
fn overlay_set_that_is_not_meant_after_all_changes_nothing() {
    let sandbox = shop();
    let mut terminal = sandbox.terminal(&["overlay", "set", "dev", "Deployment/api"]);
    terminal.sees("which field?").press(ESC).is_cancelled();
    assert_eq!(sandbox.status(), "");
}

//! What a command needs and nobody typed: on a terminal it is asked for, and without one it is named.

use crate::harness::Sandbox;
use crate::harness::advice;
use crate::harness::tty::{DOWN, ENTER};

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
}

/// What is typed; each question with the keys that answer it; how it ends; and the line that says the same.
type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], i32, &'c str);

const CASES: &[Case<'_>] = &[
    (
        "diff",
        &[("compare which environment?", "\x1b[B\r"), ("with which one?", ENTER)],
        1,
        "diff stg prd",
    ),
    ("rollback -n", &[("which environment?", ENTER)], 5, "rollback -n dev"),
    ("tags", &[("which image?", ENTER)], 3, "tags ghcr.io/acme/api"),
    (
        "audit --no-forge",
        &[("since when, such as 2026-10-01 or 30d?", "30d\r")],
        0,
        "audit --no-forge --since 30d",
    ),
    (
        "overlay get stg",
        &[("which object?", ENTER)],
        0,
        "overlay get stg Deployment/api",
    ),
    (
        "overlay unset -n",
        &[
            ("which environment?", "\x1b[B\r"),
            ("which object?", ENTER),
            ("which field?", ENTER),
        ],
        0,
        "overlay unset -n stg Deployment/api spec.replicas",
    ),
    (
        "overlay env-var stg -n",
        &[("which object?", ENTER), ("which variable, as KEY=VALUE?", "LOG=a b\r")],
        0,
        "overlay env-var stg -n Deployment/api 'LOG=a b'",
    ),
    (
        "overlay resources stg Deployment/api -n",
        &[
            ("limits or requests?", ENTER),
            ("how much, such as memory=1Gi?", "cpu=1\r"),
        ],
        0,
        "overlay resources stg Deployment/api -n --limits cpu=1",
    ),
    (
        "overlay add stg -n",
        &[
            ("which field of the kustomization?", ENTER),
            ("which one?", "../../base/web.yaml\r"),
        ],
        0,
        "overlay add stg -n resource ../../base/web.yaml",
    ),
    (
        "overlay fix -n",
        &[("which environment?", ENTER)],
        0,
        "overlay fix -n dev",
    ),
    (
        "overlay new -n",
        &[
            ("what is the new environment called?", "uat\r"),
            ("which environment is it made from?", "\x1b[B\r"),
        ],
        0,
        "overlay new -n uat --from stg",
    ),
    (
        "yaml set -n",
        &[
            ("which file?", ENTER),
            ("which field?", "\x1b[B\x1b[B\r"),
            ("new value of metadata.name (now api)?", "web\r"),
        ],
        0,
        "yaml set -n base/api.yaml metadata.name=web",
    ),
    (
        "yaml unset base/api.yaml -n",
        &[("which field?", ENTER)],
        0,
        "yaml unset base/api.yaml -n apiVersion",
    ),
    (
        "pr comment 7 -n",
        &[
            ("which key tells the comment from others?", "plan\r"),
            ("what does the comment say?", "it's fine\r"),
        ],
        0,
        r"pr comment 7 -n --key plan --body 'it'\''s fine'",
    ),
    (
        "ci init --forge github -n",
        &[("what does the repository hold?", "\x1b[B\r")],
        0,
        "ci init --forge github -n --kind manifests",
    ),
    ("completions", &[("which shell?", ENTER)], 0, "completions bash"),
];

#[test]
fn every_word_that_a_command_lacks_is_asked_for() {
    let sandbox = shop();
    for (line, questions, code, same) in CASES {
        let args: Vec<&str> = line.split(' ').collect();
        let mut terminal = sandbox.terminal(&args);
        for (question, keys) in *questions {
            terminal.sees(question).press(keys);
        }
        assert_eq!(terminal.ends(*code).same, format!("rakops {same}"));
        assert_eq!(sandbox.status(), "", "{line}");
    }
}

#[test]
fn a_word_that_cannot_be_read_is_asked_for_again() {
    let sandbox = shop();
    let mut terminal = sandbox.terminal(&["overlay", "replicas", "stg", "Deployment/api", "-n"]);
    terminal.sees("how many replicas?").press("three\r");
    terminal
        .sees("invalid value 'three'")
        .sees("how many replicas?")
        .press("3\r");
    assert_eq!(terminal.ends(0).same, "rakops overlay replicas stg Deployment/api -n 3");
}

#[test]
fn a_value_of_a_secret_does_not_stay_on_the_screen() {
    let sandbox = shop();
    sandbox.file(
        "base/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: old}\n",
    );
    sandbox.file(
        "base/kustomization.yaml",
        "resources:\n- api.yaml\n- web.yaml\n- secret.yaml\n",
    );
    sandbox.commit_all("a secret");
    let mut terminal = sandbox.terminal(&["overlay", "set", "dev", "Secret/db", "-n"]);
    terminal
        .sees("which field?")
        .sees("stringData.password  (hidden)")
        .press(DOWN)
        .press(DOWN)
        .press(DOWN)
        .press(ENTER);
    terminal.sees("new value of stringData.password").press("fresh\r");
    let same = terminal.ends(0).same;
    assert_eq!(same, "rakops overlay set dev Secret/db -n stringData.password=VALUE");
}

#[test]
fn without_a_terminal_what_is_missing_is_named() {
    let sandbox = shop();
    let named = |command: &clap::Command| -> Vec<String> {
        let args = command.get_arguments().filter(|arg| arg.is_required_set());
        args.map(ToString::to_string).collect()
    };
    let mut tried = 0;
    let mut root = advice::command();
    root.build();
    let mut open: Vec<(Vec<String>, &clap::Command)> = vec![(Vec::new(), &root)];
    while let Some((words, command)) = open.pop() {
        for below in command.get_subcommands() {
            let words = [words.clone(), vec![below.get_name().to_owned()]].concat();
            open.push((words, below));
        }
        let missing = named(command);
        if missing.is_empty() {
            continue;
        }
        tried += 1;
        let output = sandbox.rakops(&words).run().expect(2);
        assert!(
            missing.iter().all(|name| output.stderr.contains(name)),
            "{missing:?}\n{}",
            output.all()
        );
        // What is needed does not look optional.
        let help = sandbox
            .rakops(words.iter().map(String::as_str).chain(["-h"]))
            .run()
            .expect(0);
        assert!(
            missing.iter().all(|name| help.stdout().contains(name)),
            "{}",
            help.all()
        );
    }
    assert!(tried > 15, "{tried}");
}

#[test]
fn where_no_environment_is_known_none_is_asked_for() {
    for in_git in [false, true] {
        let sandbox = Sandbox::new();
        if in_git {
            sandbox.repository();
        }
        sandbox.file("notes.yaml", "hello: world\n");
        for line in ["promote", "rollback", "diff", "track", "overlay get"] {
            let args: Vec<&str> = line.split(' ').collect();
            let ended = sandbox.terminal(&args).ends(2);
            assert!(
                ended.text.contains("no environments are known here") && ended.text.contains("rakops init"),
                "{line}\n{}",
                ended.text
            );
        }
    }
}

#[test]
fn names_keep_their_capitals_in_a_list() {
    let sandbox = Sandbox::new();
    let mut terminal = sandbox.terminal(&["completions"]);
    terminal
        .sees("GNU bash")
        .sees("Z shell")
        .sees("PowerShell")
        .press(ENTER);
    assert_eq!(terminal.ends(0).same, "rakops completions bash");
}

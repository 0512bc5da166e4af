//! How every command behaves at the edge: no terminal, no colour, machine output, switches in the environment.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::Sandbox;
use crate::harness::advice;
use crate::harness::server::{Server, route};

/// A shop with three environments, small enough to know by heart.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
}

/// One run of every command that needs no network; `demo` is tried on its own.
pub(crate) const EVERY: &[&[&str]] = &[
    &[],
    &["bump"],
    &["bump", "api=1.5.0"],
    &["bump", "api=1.5.0", "--env", "stg", "-n"],
    &["bump", "nothing=1"],
    &["promote"],
    &["promote", "stg"],
    &["promote", "stg", "prd"],
    &["promote", "stg", "prd", "-n"],
    &["promote", "stg", "nothing", "-n"],
    &["promote", "prd", "stg", "--through", "dev"],
    &["rollback", "prd", "-n"],
    &["rollback", "nothing", "-n"],
    &["diff", "stg", "prd"],
    &["diff", "stg", "nothing", "--local"],
    &["status"],
    &["status", "nothing"],
    &["audit", "prd", "--since", "30d", "--no-forge"],
    &["audit", "nothing", "--since", "30d"],
    &["drift", "--all"],
    &["drift", "nothing"],
    &["images"],
    &["images", "nothing"],
    &["impact"],
    &["impact", "nothing"],
    &["check"],
    &["check", "nothing"],
    &["tags", "api"],
    &["tags", "nothing"],
    &["track"],
    &["track", "--list"],
    &["track", "dev", "feature/x"],
    &["overlay", "list"],
    &["overlay", "list", "nothing"],
    &["overlay", "get", "stg", "Deployment/api"],
    &["overlay", "get", "stg", "Deployment/nothing"],
    &["overlay", "set"],
    &["overlay", "set", "stg", "Deployment/api", "spec.replicas=3", "-n"],
    &["overlay", "set", "stg", "namespace", "shop", "-n"],
    &["overlay", "unset", "stg", "Deployment/api", "spec.replicas", "-n"],
    &["overlay", "add", "stg", "label", "team:shop", "-n"],
    &["overlay", "remove", "stg", "label", "nothing", "-n"],
    &["overlay", "fix", "stg", "-n"],
    &["overlay", "env-var", "stg", "Deployment/api", "A=1", "-n"],
    &["overlay", "replicas", "stg", "Deployment/api", "3", "-n"],
    &[
        "overlay",
        "resources",
        "stg",
        "Deployment/api",
        "--limits",
        "cpu=1",
        "-n",
    ],
    &["overlay", "new", "uat", "--from", "stg", "-n"],
    &["yaml", "get", "base/api.yaml", "metadata.name"],
    &["yaml", "get", "base/api.yaml", "metadata.nothing"],
    &["yaml", "get", "-", "a"],
    &["yaml", "set", "base/api.yaml", "metadata.name=b", "-n"],
    &["yaml", "set", "base/api.yaml", "metadata.name=api", "-n"],
    &["yaml", "set", "base/nothing.yaml", "a=b", "-n"],
    &["yaml", "unset", "base/api.yaml", "metadata", "-n"],
    &["yaml", "unset", "base/api.yaml", "metadata.nothing", "-n"],
    &["pr", "create"],
    &["terraform", "summary"],
    &["terraform", "gate", "--root", "."],
    &["terraform", "comment"],
    &["terraform", "comment", "--step", "plan=failure", "-n"],
    &["pr", "list"],
    &["pr", "status", "1"],
    &["pr", "wait", "1"],
    &["pr", "close", "1"],
    &["pr", "merge", "1"],
    &["pr", "comment", "1", "--key", "plan", "--body", "x"],
    &["ci", "init", "--kind", "manifests", "--forge", "github", "-n"],
    &["ci", "init", "--kind", "app"],
    &["init", "-n"],
    &["init", "-n", "-C", "nowhere"],
    &["config", "show"],
    &["config", "show", "--config", "nothing.yaml"],
    &["config", "check"],
    &["config", "check", "--config", "nothing.yaml"],
    &["config", "schema"],
    &["completions", "bash"],
    &["help", "bump"],
    &["help", "environment"],
];

/// Which of the commands a line of the list runs.
fn name_of(args: &[&str]) -> Option<String> {
    let line = args.join(" ");
    advice::commands()
        .into_iter()
        .find(|name| line == *name || line.starts_with(&format!("{name} ")))
}

#[test]
fn every_command_is_tried_here() {
    for command in advice::commands().into_iter().filter(|command| command != "demo") {
        let tried = EVERY.iter().any(|args| name_of(args).as_ref() == Some(&command));
        assert!(tried, "`{command}` is missing in the list above");
    }
}

#[test]
fn without_a_terminal_every_command_ends_soon() {
    let sandbox = shop();
    for args in EVERY {
        let output = sandbox.rakops(*args).within(Duration::from_secs(5)).run();
        assert!([0, 1, 2, 3, 5].contains(&output.code), "{}", output.all());
    }
}

#[test]
fn with_stdin_and_stderr_closed_every_command_ends_soon() {
    let sandbox = shop();
    let limit = Duration::from_secs(5);
    for args in EVERY {
        let output = sandbox.rakops(*args).closed().within(limit).run();
        assert!([0, 1, 2, 3, 5].contains(&output.code), "{}", output.all());
        assert_eq!(output.stderr, "");
    }
    for command in advice::commands().into_iter().filter(|command| command != "demo") {
        let output = sandbox.rakops(command.split(' ')).closed().within(limit).run();
        assert!((0..=6).contains(&output.code), "{}", output.all());
    }
}

#[test]
fn nothing_is_coloured_where_no_colour_is_wanted() {
    let sandbox = shop();
    for args in EVERY {
        for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "xterm-256color")] {
            let output = sandbox.rakops(*args).env(name, value).run();
            let escapes = output.bytes.contains(&0x1b) || output.stderr.contains('\u{1b}');
            assert!(!escapes, "{name}={value}\n{}", output.all());
        }
    }
    let coloured = sandbox
        .rakops(["images", "nothing", "--color", "always"])
        .run()
        .expect(5);
    assert!(coloured.stderr.contains('\u{1b}'), "{}", coloured.all());
}

#[test]
fn a_diff_in_a_log_of_actions_can_be_applied_and_its_talk_is_coloured() {
    let sandbox = shop();
    let bump = ["bump", "api=1.5.0", "--env", "stg", "-n"];
    let output = sandbox.rakops(bump).env("GITHUB_ACTIONS", "true").run().expect(0);
    sandbox.file("p.diff", &output.bytes);
    sandbox.git(["apply", "p.diff"]);
    assert!(
        sandbox
            .read("overlays/stg/kustomization.yaml")
            .contains("newTag: 1.5.0")
    );
    for args in EVERY {
        let output = sandbox.rakops(*args).env("GITHUB_ACTIONS", "true").run();
        assert!(!output.bytes.contains(&0x1b), "{}", output.all());
    }
    let output = sandbox
        .rakops(["images", "nothing"])
        .env("GITHUB_ACTIONS", "true")
        .run();
    assert!(output.stderr.contains('\u{1b}'), "{}", output.all());
}

#[test]
fn json_is_one_document_also_on_failure() {
    let sandbox = shop();
    for args in EVERY {
        // A schema, a script and help are documents of their own.
        let own = [Some(&"completions"), Some(&"help"), None].contains(&args.first()) || args.get(1) == Some(&"schema");
        if own {
            continue;
        }
        let output = sandbox.rakops(args.iter().copied().chain(["-o", "json"])).run();
        let document = output.json();
        assert_eq!(document["schema"], "rakops/v1", "{}", output.all());
        assert_eq!(
            document["command"].as_str().map(str::to_owned),
            name_of(args),
            "{}",
            output.all()
        );
        assert!(document["warnings"].is_array(), "{}", output.all());
        if output.code > 1 {
            assert_eq!(document["error"]["exit_code"], output.code, "{}", output.all());
            // What was read may be said before.
            let is_said = output.stderr.lines().any(|line| line.starts_with("error"));
            assert!(is_said, "{}", output.all());
        }
    }
}

#[test]
fn words_that_clap_refuses_are_json_too_and_name_the_command() {
    let sandbox = Sandbox::new();
    for command in advice::commands() {
        let words = ["-C", ".", "-o", "json"].into_iter().chain(command.split(' '));
        let output = sandbox.rakops(words.chain(["--quite"])).run().expect(2);
        let document = output.json();
        assert_eq!(document["command"], command.as_str(), "{}", output.all());
        assert_eq!(document["error"]["exit_code"], 2);
        assert_eq!(
            document["error"]["help"],
            "a similar argument exists: '--quiet'",
            "{}",
            output.all()
        );
    }
    let output = sandbox.rakops(["-ojson", "yaml"]).run().expect(2).json();
    assert_eq!(output["error"]["message"], "`yaml` needs a command");
    let output = sandbox.rakops(["nonsense", "-ojson"]).run().expect(2).json();
    assert_eq!(output["command"], "rakops");
}

#[test]
fn a_bad_file_of_the_users_own_is_told_as_json_too() {
    let sandbox = shop();
    sandbox.file("../home/.config/rakops/config.yaml", "colour: never\n");
    let output = sandbox.rakops(["config", "show", "-o", "json"]).run().expect(2);
    assert_eq!(output.json()["command"], "config show");
    assert!(output.stderr.starts_with("error[config]"), "{}", output.all());
    sandbox.file("../home/.config/rakops/config.yaml", "output: jsno\n");
    let _ = sandbox.rakops(["images"]).run().expect(2);
}

#[test]
fn what_prints_a_document_of_its_own_prints_it_whatever_the_form() {
    let sandbox = shop();
    let documents: [&[&str]; 5] = [
        &[],
        &["config", "schema"],
        &["completions", "bash"],
        &["help"],
        &["help", "exit-codes"],
    ];
    for args in documents {
        let text = sandbox.rakops(args.iter().copied()).run().expect(0);
        let json = sandbox.rakops(args.iter().copied().chain(["-o", "json"])).run();
        assert_eq!(text.bytes, json.bytes, "{}", json.all());
    }
    for args in [["yaml", "set", "-", "a=2"], ["yaml", "unset", "-", "b"]] {
        let words = args.into_iter().chain(["-o", "json"]);
        let output = sandbox.rakops(words).stdin("a: 1\nb: 2\n").run().expect(0);
        assert!(output.stdout().starts_with("a: "), "{}", output.all());
    }
}

#[test]
fn switches_in_the_environment_take_any_usual_word() {
    let sandbox = shop();
    let mut tried = BTreeSet::new();
    for (command, variable) in switches() {
        let is_meant = |args: &&&[&str]| command.is_empty() || name_of(args).as_deref() == Some(command.as_str());
        let args = EVERY.iter().find(is_meant).unwrap();
        for value in ["1", "true", "yes", "0", "false"] {
            let output = sandbox.rakops(args.iter().copied()).env(&variable, value).run();
            assert!(
                !output.stderr.contains("invalid value"),
                "{variable}={value}\n{}",
                output.all()
            );
        }
        tried.insert(variable);
    }
    let known = ["RAKOPS_NO_INPUT", "RAKOPS_OFFLINE", "RAKOPS_YES"];
    assert_eq!(tried.iter().map(String::as_str).collect::<Vec<_>>(), known);
}

/// Every flag without a value that a variable stands for, with the words of the command that it belongs to.
fn switches() -> Vec<(String, String)> {
    fn gather(command: &clap::Command, words: &str, found: &mut Vec<(String, String)>) {
        for arg in command.get_arguments().filter(|arg| !arg.get_action().takes_values()) {
            if let Some(variable) = arg.get_env() {
                found.push((words.to_owned(), variable.to_string_lossy().into_owned()));
            }
        }
        for below in command.get_subcommands() {
            gather(below, format!("{words} {}", below.get_name()).trim(), found);
        }
    }
    let mut found = Vec::new();
    gather(&advice::command(), "", &mut found);
    found
}

#[test]
fn quiet_silences_talk_and_neither_data_nor_errors() {
    let sandbox = shop();
    let loud = sandbox
        .rakops(["bump", "api=1.5.0", "--env", "stg", "-n"])
        .run()
        .expect(0);
    let quiet = sandbox
        .rakops(["bump", "api=1.5.0", "--env", "stg", "-n", "-q"])
        .run()
        .expect(0);
    assert!(loud.stderr.contains("would update"), "{}", loud.all());
    assert_eq!(quiet.stderr, "");
    assert_eq!(quiet.stdout(), loud.stdout());
    let failed = sandbox.rakops(["images", "nothing", "-q"]).run().expect(5);
    assert!(failed.stderr.starts_with("error[image-not-found]"), "{}", failed.all());
}

#[test]
fn a_reader_that_goes_away_is_a_success() {
    let sandbox = shop();
    let mut child = Command::new(env!("CARGO_BIN_EXE_rakops"))
        .args(["config", "schema"])
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn build_metadata_comes_from_a_url() {
    let sandbox = shop();
    let server = Server::start(vec![
        route("GET", "/build.json", 302).header("Location", "{server}/real.json?token=hunter2"),
        route("GET", "/real.json?token=hunter2", 200).body("{\"ghcr.io/acme/api\": \"1.5.0\"}"),
        route("GET", "/secret.json?token=hunter2", 403).after(Duration::from_millis(10)),
    ]);
    let url = server.url("/build.json");
    let output = sandbox
        .rakops(["bump", "--from-file", &url, "--env", "stg", "-n"])
        .run()
        .expect(0);
    assert!(output.stderr.contains("1.4.1 -> 1.5.0"), "{}", output.all());
    let url = server
        .url("/secret.json?token=hunter2")
        .replace("http://", "http://me:hunter2@");
    let output = sandbox
        .rakops(["bump", "--from-file", &url, "--env", "stg"])
        .run()
        .expect(4);
    assert!(!output.stderr.contains("hunter2"), "{}", output.all());
    let asked = server.requests();
    assert!(
        asked[0]
            .header("user-agent")
            .is_some_and(|agent| agent.starts_with("rakops/"))
    );
    assert!(asked.iter().all(|request| request.body.is_empty()));
}

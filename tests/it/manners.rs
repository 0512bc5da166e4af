//! How every command behaves at the edge: no terminal, no colour, machine output, switches in the environment.

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
const EVERY: &[&[&str]] = &[
    &[],
    &["bump"],
    &["bump", "api=1.5.0"],
    &["bump", "api=1.5.0", "--env", "stg", "-n"],
    &["bump", "nothing=1"],
    &["images"],
    &["images", "nothing"],
    &["yaml", "get", "base/api.yaml", "metadata.name"],
    &["yaml", "get", "-", "a"],
    &["yaml", "set", "base/api.yaml", "metadata.name=b", "-n"],
    &["yaml", "unset", "base/api.yaml", "metadata", "-n"],
    &["init", "-n"],
    &["config", "show"],
    &["config", "check"],
    &["config", "schema"],
    &["completions", "bash"],
];

#[test]
fn every_command_is_tried_here() {
    let mut root = advice::command();
    root.build();
    for command in root.get_subcommands().filter(|command| command.get_name() != "demo") {
        let tried = |name: &str| EVERY.iter().any(|args| args.first() == Some(&name));
        assert!(
            tried(command.get_name()),
            "`{}` is missing in the list above",
            command.get_name()
        );
    }
}

#[test]
fn without_a_terminal_every_command_ends_soon() {
    let sandbox = shop();
    for args in EVERY {
        let output = sandbox.rakops(*args).within(Duration::from_secs(5)).run();
        assert!([0, 2, 3, 5].contains(&output.code), "{}", output.all());
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
fn json_is_one_document_also_on_failure() {
    let sandbox = shop();
    for args in EVERY {
        // A schema and a script are documents of their own.
        let own = [Some(&"completions"), None].contains(&args.first()) || args.get(1) == Some(&"schema");
        if own {
            continue;
        }
        let output = sandbox.rakops(args.iter().copied().chain(["-o", "json"])).run();
        let document = output.json();
        assert_eq!(document["schema"], "rakops/v1", "{}", output.all());
        assert!(document["command"].is_string(), "{}", output.all());
        assert!(document["warnings"].is_array(), "{}", output.all());
        if output.code > 1 {
            assert_eq!(document["error"]["exit_code"], output.code, "{}", output.all());
            assert!(output.stderr.starts_with("error"), "{}", output.all());
        }
    }
}

#[test]
fn words_that_clap_refuses_are_json_too() {
    let sandbox = Sandbox::new();
    let output = sandbox
        .rakops(["images", "--no-such-flag", "-o", "json"])
        .run()
        .expect(2);
    assert_eq!(output.json()["error"]["exit_code"], 2);
}

#[test]
fn switches_in_the_environment_take_any_usual_word() {
    let sandbox = shop();
    for name in ["RAKOPS_NO_INPUT", "RAKOPS_YES"] {
        for value in ["1", "true", "yes", "0", "false"] {
            let _ = sandbox.rakops(["images"]).env(name, value).run().expect(0);
        }
    }
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
fn a_full_disk_is_an_error() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        return println!("SKIPPED: there is no /dev/full");
    };
    let sandbox = shop();
    let output = Command::new(env!("CARGO_BIN_EXE_rakops"))
        .args(["config", "schema"])
        .current_dir(sandbox.dir())
        .env_clear()
        .envs(sandbox.env())
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(6));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error[file-system]: cannot write to stdout"));
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

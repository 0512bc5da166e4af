//! What is told to who looks for a fault.

use crate::harness::Sandbox;
use crate::harness::server::{Server, route};

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox
}

#[test]
fn nothing_is_told_unless_somebody_looks_for_a_fault() {
    let sandbox = shop();
    for words in [&["status"][..], &["status", "-v"]] {
        let output = sandbox.rakops(words.iter().copied()).run().expect(0);
        assert!(!output.stderr.contains("debug:"), "{}", output.all());
    }
}

#[test]
fn two_v_tell_every_run_of_git_and_how_long_it_took() {
    let sandbox = shop();
    let output = sandbox.rakops(["status", "-vv"]).run().expect(0);
    let told = output.stderr.lines().find(|line| line.contains(" git::program: git "));
    let told = told.unwrap_or_else(|| panic!("{}", output.all()));
    assert!(
        told.starts_with("debug: ") && told.contains("-> status ") && told.ends_with(" ms"),
        "{told}"
    );
    assert_eq!(output.stdout(), sandbox.rakops(["status"]).run().expect(0).stdout());
}

#[test]
fn requests_are_told_without_what_says_who_asks() {
    let sandbox = shop();
    let server = Server::start(vec![
        route("GET", "/build.json?token=hunter2", 200).body("{\"ghcr.io/acme/api\": \"1.5.0\"}"),
    ]);
    let url = server
        .url("/build.json?token=hunter2")
        .replace("http://", "http://me:hunter2@");
    let bump = ["bump", "--from-file", &url, "--env", "stg", "-n"];
    let output = sandbox
        .rakops(bump)
        .env("RAKOPS_LOG", "rakops::http=debug")
        .run()
        .expect(0);
    assert!(output.stderr.contains("http: Get http://127.0.0.1"), "{}", output.all());
    assert!(output.stderr.contains("-> 200 in "), "{}", output.all());
    assert!(
        !output.stderr.contains("hunter2") && !output.stdout().contains("hunter2"),
        "{}",
        output.all()
    );
    assert!(!output.stderr.contains("git::program"), "{}", output.all());
}

#[test]
fn the_variable_weighs_more_than_the_flag_and_must_be_words_it_knows() {
    let sandbox = shop();
    let output = sandbox
        .rakops(["status", "-vv"])
        .env("RAKOPS_LOG", "off")
        .run()
        .expect(0);
    assert!(!output.stderr.contains("debug:"), "{}", output.all());
    let output = sandbox
        .rakops(["status"])
        .env("RAKOPS_LOG", "rakops=loud")
        .run()
        .expect(2);
    assert!(
        output.stderr.starts_with("error[usage]: cannot read `RAKOPS_LOG`"),
        "{}",
        output.all()
    );
    let output = sandbox
        .rakops(["status", "-o", "json"])
        .env("RAKOPS_LOG", "rakops=loud")
        .run()
        .expect(2);
    assert_eq!(output.json()["error"]["exit_code"], 2);
}

#[test]
fn a_failure_told_as_a_document_shows_no_password_that_was_typed() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let url = "https://me:hunter2@git.example.com/shop.git";
    for (words, code) in [(["status", "--local", url], 5), (["config", "show", url], 2)] {
        let report = "quality.json";
        let more = ["-o", "json", "--code-quality", report];
        let output = sandbox.rakops(words.iter().chain(&more)).run().expect(code);
        assert!(output.stdout().contains("git.example.com"), "{}", output.all());
        assert!(!output.stdout().contains("hunter2") && !output.stderr.contains("hunter2"));
        let written = std::fs::read_to_string(sandbox.dir().join(report)).unwrap_or_default();
        assert!(!written.contains("hunter2"), "{written}");
    }
}

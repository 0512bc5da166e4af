//! One complaint for each exit code, with everything that is printed.
//!
//! `exit_codes.rs` has a command for every code; here stands what is printed.

use crate::harness::Sandbox;
use crate::harness::golden::assert_golden;
use crate::harness::server::{Server, route};

#[test]
fn usage_and_configuration_are_2() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let output = sandbox.rakops(["bump", "api=1.4 2", "--env", "stg"]).run().expect(2);
    assert_golden(&sandbox, "errors/usage", &output.all());
    sandbox.file("rakops.yaml", "enviroments:\n  - name: dev\n");
    let output = sandbox.rakops(["config", "check"]).run().expect(2);
    assert_golden(&sandbox, "errors/config", &output.all());
}

#[test]
fn refused_is_3_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let before = sandbox.tree();
    let output = sandbox.rakops(["bump", "api=1.5.0"]).run().expect(3);
    assert_golden(&sandbox, "errors/refused", &output.all());
    let output = sandbox.rakops(["bump", "api=1.0.0", "--env", "stg"]).run().expect(3);
    assert_golden(&sandbox, "errors/downgrade", &output.all());
    assert!(before == sandbox.tree());
}

#[test]
fn access_is_4() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let server = Server::start(vec![route("GET", "/build.json", 401)]);
    let output = sandbox
        .rakops(["bump", "--from-file", &server.url("/build.json"), "--all"])
        .run()
        .expect(4);
    assert_golden(&sandbox, "errors/access", &output.all());
}

#[test]
fn not_found_is_5() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let output = sandbox.rakops(["bump", "apu=1.5.0", "--env", "stg"]).run().expect(5);
    assert_golden(&sandbox, "errors/no-image", &output.all());
    let output = sandbox.rakops(["bump", "api=1.5.0", "--env", "stage"]).run().expect(5);
    assert_golden(&sandbox, "errors/no-environment", &output.all());
}

#[test]
fn a_bug_is_70() {
    let sandbox = Sandbox::new();
    // Nobody can make the program go wrong on purpose; a walk through files that git is told to ignore comes close.
    sandbox.file("../home/.config/git/ignore", "overlays/\n");
    let output = sandbox.rakops(["demo", "--into", "."]).run().expect(70);
    assert!(output.stderr.starts_with("error[bug]: step "), "{}", output.all());
    assert!(
        output.stderr.contains("help: this is a bug in rakops"),
        "{}",
        output.all()
    );
}

#[test]
fn the_other_side_is_6() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let server = Server::start(vec![route("GET", "/build.json", 502)]);
    let output = sandbox
        .rakops(["bump", "--from-file", &server.url("/build.json"), "--all"])
        .run()
        .expect(6);
    assert_golden(&sandbox, "errors/remote", &output.all());
}

#[test]
fn a_branch_that_the_remote_has_not_is_named_and_nothing_else_is_claimed() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let _remote = sandbox.remote();
    let remote = sandbox.root().join("remote.git").display().to_string();
    let words = [
        "bump",
        "api=7.0.0",
        "--env",
        "dev",
        "--repo",
        &remote,
        "--push",
        "--onto",
        "nope",
    ];
    let output = sandbox.rakops(words).run().expect(5);
    assert!(
        output.stderr.contains("the remote has no branch `nope`"),
        "{}",
        output.all()
    );
    assert!(!output.stderr.contains("no commit yet"), "{}", output.all());
    // A branch that is only here is no branch of the remote.
    sandbox.git(["switch", "--quiet", "--create", "feature"]);
    let output = sandbox
        .rakops(["bump", "api=7.0.0", "--env", "dev", "--push"])
        .run()
        .expect(5);
    assert!(!output.stderr.contains("found there"), "{}", output.all());
    assert!(output.stderr.contains("--onto BRANCH"), "{}", output.all());
}

//! One complaint for each exit code, with everything that is printed.

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

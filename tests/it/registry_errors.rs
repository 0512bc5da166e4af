//! What goes wrong with a registry: each with its exit code and what to do next, and never with a secret.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::harness::Sandbox;
use crate::harness::cmd::{Cmd, Output};
use crate::harness::registry::{Fault, Guard, Registry};

const LOGIN: &str = "robot:swordfish-swordfish";

fn shop() -> (Registry, String) {
    let registry = Registry::start();
    registry.image("acme/api", "1.4.2");
    registry.index("acme/api", "1.5.0", &["linux/amd64", "linux/arm64/v8"]);
    let image = format!("{}/acme/api", registry.host());
    (registry, image)
}

fn tags<'s>(sandbox: &'s Sandbox, image: &str) -> Cmd<'s> {
    sandbox.rakops(["tags", image, "--details", "-o", "json"]).online()
}

/// Fails the test unless the command ends so, with a hint and without a secret.
#[track_caller]
fn expect(output: Output, (code, name): (i32, &str), says: &str) {
    let output = output.expect(code);
    let document = output.json();
    assert_eq!(document["error"]["code"], name, "{}", output.all());
    let help = document["error"]["help"].as_str();
    assert!(help.is_some_and(|help| !help.is_empty()), "{}", output.all());
    assert!(output.all().contains(says), "`{says}` is not in {}", output.all());
    assert!(!output.all().contains("swordfish"), "{}", output.all());
}

fn log_in(sandbox: &Sandbox, host: &str) {
    let encoded = crate::harness::http_git::base64(LOGIN.as_bytes());
    let config = format!(r#"{{"auths": {{"{host}": {{"auth": "{encoded}"}}}}}}"#);
    sandbox.file("../home/.docker/config.json", config);
}

#[test]
fn hosts_that_do_not_answer_are_told_apart() {
    let sandbox = Sandbox::new();
    let nowhere = tags(&sandbox, "registry.example.invalid/acme/api").within(Duration::from_secs(30));
    expect(
        nowhere.run(),
        (6, "remote"),
        "there is no host `registry.example.invalid`",
    );
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    expect(
        tags(&sandbox, &format!("{free}/acme/api")).run(),
        (6, "remote"),
        "refused",
    );
}

#[test]
fn what_a_registry_refuses_is_told_apart() {
    let sandbox = Sandbox::new();
    let (registry, image) = shop();
    let nothing = format!("{}/acme/nothing", registry.host());
    expect(
        tags(&sandbox, &nothing).run(),
        (5, "repository-missing"),
        "or it is hidden",
    );
    registry.guard(Guard::Basic(LOGIN.into()));
    expect(
        tags(&sandbox, &image).run(),
        (4, "login-needed"),
        "docker login 127.0.0.1:",
    );
    log_in(&sandbox, &registry.host());
    tags(&sandbox, &image).run().expect(0);
    registry.fault("GET /v2/acme/api/tags", Some(2), Fault::status(403, ""));
    expect(tags(&sandbox, &image).run(), (4, "forbidden"), "docker login");
    registry.mend();
    registry.guard(Guard::Basic("robot:swordfish-of-another".into()));
    expect(tags(&sandbox, &image).run(), (4, "login-refused"), "log in again");
}

#[test]
fn answers_that_are_no_answers_are_told_apart() {
    let sandbox = Sandbox::new();
    let (registry, image) = shop();
    let page = || {
        Fault::Answer(
            200,
            vec![("Content-Type".into(), "text/html".into())],
            b"<html>".to_vec(),
        )
    };
    for (path, fault, ends, says) in [
        ("GET /v2/acme/api/tags", page(), (6, "odd-answer"), "it is a web page"),
        (
            "GET /v2/acme/api/tags",
            Fault::status(200, "{"),
            (6, "odd-answer"),
            "as a registry",
        ),
        (
            "GET /v2/acme/api/tags",
            Fault::header(429, "Retry-After", "600"),
            (6, "remote"),
            "which mostly allows more",
        ),
    ] {
        registry.fault(path, None, fault);
        expect(tags(&sandbox, &image).run(), ends, says);
        registry.mend();
    }
    tags(&sandbox, &image).run().expect(0);
}

#[test]
fn who_stutters_is_asked_again() {
    let sandbox = Sandbox::new();
    let (registry, image) = shop();
    for fault in [
        Fault::status(503, ""),
        Fault::Truncated,
        Fault::Closed,
        Fault::header(429, "Retry-After", "1"),
    ] {
        registry.fault("GET /v2/", Some(1), fault);
        let tags = tags(&sandbox, &image).run().expect(0).json();
        assert_eq!(tags["tags"][0]["tag"], "1.5.0");
        assert_eq!(tags["tags"][0]["platforms"][1], "linux/arm64/v8");
    }
}

#[test]
fn a_broken_file_of_logins_is_named_with_its_line() {
    let sandbox = Sandbox::new();
    let (registry, image) = shop();
    registry.guard(Guard::Bearer(Some(LOGIN.into())));
    sandbox.file(
        "../home/.docker/config.json",
        "{\"auths\": {\n  \"x\": \"swordfish-swordfish\"\n}}",
    );
    expect(tags(&sandbox, &image).run(), (2, "docker-config"), "config.json:2:");
    log_in(&sandbox, &registry.host());
    tags(&sandbox, &image).run().expect(0);
}

#[cfg(unix)]
#[test]
fn a_program_that_keeps_logins_has_its_time() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let (registry, image) = shop();
    registry.guard(Guard::Bearer(Some(LOGIN.into())));
    sandbox.file("../home/.docker/config.json", r#"{"credsStore": "shop"}"#);
    let path = format!("{}:/usr/bin:/bin", sandbox.path("bin").display());
    expect(
        tags(&sandbox, &image).env("PATH", path.as_str()).run(),
        (6, "helper"),
        "install `docker-credential-shop`",
    );
    let begin = Instant::now();
    for (script, ends, says) in [
        ("sleep 100 & sleep 100", (6, "helper"), "said nothing within 10 s"),
        ("echo swordfish-swordfish", (6, "helper"), "did not say a login"),
        ("echo the vault is locked; exit 1", (6, "helper"), "the vault is locked"),
        (
            "echo credentials not found in native keychain; exit 1",
            (4, "login-needed"),
            "docker login",
        ),
    ] {
        let program = "bin/docker-credential-shop";
        sandbox.file(program, format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(sandbox.path(program), std::fs::Permissions::from_mode(0o755)).unwrap();
        expect(tags(&sandbox, &image).env("PATH", path.as_str()).run(), ends, says);
    }
    assert!(begin.elapsed() < Duration::from_secs(30));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_program_that_keeps_logins_too() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let (registry, image) = shop();
    registry.guard(Guard::Bearer(Some(LOGIN.into())));
    sandbox.file("../home/.docker/config.json", r#"{"credsStore": "shop"}"#);
    let program = sandbox.path("bin/docker-credential-shop");
    sandbox.file(
        "bin/docker-credential-shop",
        "#!/bin/sh\necho $$ >helper.pid\nkill -INT $PPID\nsleep 100\n",
    );
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", sandbox.path("bin").display());
    tags(&sandbox, &image).env("PATH", path).run().expect(130);
    let helper = sandbox.read("helper.pid");
    let runs = std::process::Command::new("kill").args(["-0", helper.trim()]).output();
    assert!(!runs.unwrap().status.success(), "{helper} still runs");
}

#[test]
fn pages_without_order_are_read_to_the_last_and_put_in_order() {
    let sandbox = Sandbox::new();
    let (registry, image) = shop();
    for number in 0..300 {
        registry.image("acme/api", &format!("1.{}.0", 6 + number * 7 % 300));
    }
    registry.page(50);
    let list = || sandbox.rakops(["tags", &image, "-o", "name", "--limit", "0"]).online();
    let listed = list().run().expect(0);
    let wanted: Vec<String> = (6..306).rev().map(|minor| format!("1.{minor}.0")).collect();
    assert_eq!(listed.stdout(), wanted.join("\n") + "\n1.5.0\n1.4.2\n");
    assert_eq!(registry.asked().len(), 7);
    let elsewhere = "<https://elsewhere.example.com/v2/acme/api/tags/list?last=x>; rel=\"next\"";
    registry.fault("GET /v2/acme/api/tags", None, Fault::With("link", elsewhere.into()));
    expect(tags(&sandbox, &image).run(), (6, "odd-answer"), "somewhere else");
}

#[test]
fn a_manifest_that_is_not_what_its_digest_says_is_refused() {
    let sandbox = Sandbox::new();
    let (registry, image) = shop();
    // Without the header there is nothing to compare with but the body itself; and late is not never.
    registry.fault(
        "GET /v2/acme/api/manifests/1",
        Some(1),
        Fault::Without("docker-content-digest"),
    );
    registry.fault(
        "GET /v2/acme/api/manifests/1",
        Some(1),
        Fault::Late(Duration::from_millis(300)),
    );
    tags(&sandbox, &image).run().expect(0);
    std::fs::remove_dir_all(sandbox.root().join("home/.cache")).unwrap();
    let forged = br#"{"schemaVersion":2,"config":{"digest":"sha256:0"},"layers":[]}"#;
    registry.fault("GET /v2/acme/api/manifests/", None, Fault::Body(forged.to_vec()));
    let said = "gave something else for `sha256:";
    expect(tags(&sandbox, &image).run(), (6, "digest-mismatch"), said);
}

#[test]
fn an_answer_that_is_no_use_is_not_asked_for_again() {
    let sandbox = Sandbox::new();
    let path = "/v2/acme/api/tags/list";
    for (location, requests) in [(path, 6), ("file:///etc/passwd", 1)] {
        let (registry, image) = shop();
        let fault = Fault::header(302, "location", location);
        registry.fault(&format!("GET {path}"), None, fault);
        let output = tags(&sandbox, &image).run().expect(6);
        assert!(
            output.stderr.contains("sends us where we do not go"),
            "{}",
            output.all()
        );
        assert_eq!(registry.asked().len(), requests, "{:?}", registry.asked());
    }
}

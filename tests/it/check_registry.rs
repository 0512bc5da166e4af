//! `rakops check` where registries answer: what is missing, what does not belong together, and who is silent.

use crate::harness::Sandbox;
use crate::harness::cmd::Output;
use crate::harness::registry::{Fault, Guard, Registry};

fn pod(image: &str) -> String {
    format!("kind: Pod\nmetadata: {{name: x}}\nspec:\n  containers:\n  - name: x\n    image: {image}\n")
}

fn with(images: &[String]) -> Sandbox {
    let sandbox = Sandbox::new();
    for (number, image) in images.iter().enumerate() {
        sandbox.file(&format!("{number:02}.yaml"), pod(image));
    }
    sandbox
}

#[track_caller]
fn check(sandbox: &Sandbox, code: i32) -> Output {
    sandbox.rakops(["check"]).online().run().expect(code)
}

#[test]
fn a_version_that_is_not_there_is_told_at_every_site_and_asked_for_once() {
    let registry = Registry::start();
    registry.image("acme/api", "1.4.2");
    let host = registry.host();
    let image = |tag: &str| format!("{host}/acme/api:{tag}");
    let sandbox = with(&[
        image("1.4.2"),
        image("1.4.3"),
        image("1.4.3"),
        format!("{host}/acme/gone:1.0.0"),
    ]);
    let output = check(&sandbox, 1);
    let places: Vec<&str> = output
        .stdout()
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    assert_eq!(
        places,
        ["01.yaml:6:12", "02.yaml:6:12", "03.yaml:6:12"],
        "{}",
        output.all()
    );
    assert_eq!(output.stdout().matches("\terror\tversion-missing\t").count(), 3);
    let said = output.stderr.trim_end().lines().last().unwrap_or_default();
    assert!(
        said.ends_with("looked at 4 sites, asked 1 registry about 3 images: 3 errors found"),
        "{said}"
    );
    let asked = registry.asked();
    assert_eq!(
        asked
            .iter()
            .filter(|one| one.contains("HEAD /v2/acme/api/manifests/1.4.3"))
            .count(),
        1,
        "{asked:?}"
    );
    let _ = sandbox.rakops(["check", "--offline"]).online().run().expect(0);
}

#[test]
fn nothing_found_is_success() {
    let registry = Registry::start();
    registry.image("acme/api", "1.4.2");
    let sandbox = with(&[format!("{}/acme/api:1.4.2", registry.host())]);
    let output = check(&sandbox, 0);
    assert_eq!(output.stdout(), "", "{}", output.all());
    assert!(
        output.stderr.contains("asked 1 registry about 1 image: nothing found"),
        "{}",
        output.all()
    );
}

#[test]
fn a_tag_beside_the_digest_of_something_else_is_told_with_both() {
    let registry = Registry::start();
    let old = registry.image("acme/api", "1.4.1");
    let new = registry.image("acme/api", "1.4.2");
    let moving = registry.image("acme/api", "1.4");
    let image = |version: &str| format!("{}/acme/api:{version}", registry.host());
    let gone = format!("sha256:{}", "ab".repeat(32));
    let sandbox = with(&[
        image(&format!("1.4.2@{old}")),
        image(&format!("1.4.2@{new}")),
        image(&format!("1.4@{old}")),
        image(&format!("1.4.2@{gone}")),
    ]);
    let output = check(&sandbox, 1);
    let lines: Vec<String> = output
        .stdout()
        .lines()
        .map(|line| line.split('\t').take(3).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines,
        [
            "00.yaml:6:12 error digest-mismatch",
            "02.yaml:6:12 warning digest-mismatch",
            "03.yaml:6:12 error version-missing",
            "03.yaml:6:12 error digest-mismatch",
        ],
        "{}",
        output.all()
    );
    for text in [
        &old,
        &new,
        &moving,
        &"it is still in the registry".to_owned(),
        &"not in the registry any more".to_owned(),
    ] {
        assert!(output.stderr.contains(text.as_str()), "{text}\n{}", output.all());
    }
}

#[test]
fn an_image_that_does_not_run_on_a_node_is_told_where_that_is_configured() {
    let registry = Registry::start();
    registry.index("acme/api", "1.4.2", &["linux/amd64", "linux/arm64"]);
    registry.image("acme/web", "2.0.0");
    let image = |image: &str| format!("{}/acme/{image}", registry.host());
    let sandbox = with(&[image("api:1.4.2"), image("web:2.0.0")]);
    let _ = check(&sandbox, 0);
    sandbox.file("rakops.yaml", "check:\n  platforms: [linux/amd64, linux/arm64]\n");
    let output = check(&sandbox, 1);
    assert!(
        output.stdout().starts_with("01.yaml:6:12\terror\tmissing-platform\t"),
        "{}",
        output.all()
    );
    assert!(
        output.stderr.contains("does not run on `linux/arm64`"),
        "{}",
        output.all()
    );
    assert!(
        output.stderr.contains("it is built for linux/amd64"),
        "{}",
        output.all()
    );
}

#[test]
fn a_registry_that_wants_a_login_is_one_warning() {
    let registry = Registry::start();
    registry.image("acme/api", "1.4.2");
    registry.guard(Guard::Basic("user:secret".into()));
    let image = |number: usize| format!("{}/acme/api{number}:1.4.2", registry.host());
    let sandbox = with(&(0..6).map(image).collect::<Vec<_>>());
    let output = check(&sandbox, 0);
    assert_eq!(output.stdout().lines().count(), 1, "{}", output.all());
    assert!(
        output.stdout().starts_with("00.yaml:6:12\twarning\tunverified\t"),
        "{}",
        output.all()
    );
    let words = format!("6 images of `{}` could not be looked up there", registry.host());
    assert!(output.stderr.contains(&words), "{}", output.all());
    assert!(
        output
            .stderr
            .contains("also at 01.yaml:6:12, 02.yaml:6:12, 03.yaml:6:12 and 2 more"),
        "{}",
        output.all()
    );
    sandbox.file("rakops.yaml", "check: {levels: {unverified: error}}\n");
    let _ = check(&sandbox, 1);
}

#[test]
fn a_registry_that_fails_is_not_asked_for_ever() {
    let registry = Registry::start();
    registry.fault("", None, Fault::status(403, "no"));
    let sandbox = with(&[format!("{}/acme/api:1.4.2", registry.host())]);
    let output = sandbox.rakops(["check", "-o", "json"]).online().run().expect(0);
    assert_eq!(output.json()["findings"][0]["code"], "unverified", "{}", output.all());
}

#[test]
fn what_every_overlay_replaces_is_not_asked_about() {
    let registry = Registry::start();
    registry.image("acme/api", "1.4.2");
    let sandbox = Sandbox::new();
    let name = format!("{}/acme/api", registry.host());
    sandbox.file("base/kustomization.yaml", "resources: [pod.yaml]\n");
    sandbox.file("base/pod.yaml", pod("app:0.0.0"));
    sandbox.file(
        "live/kustomization.yaml",
        format!("resources: [../base]\nimages:\n- name: app\n  newName: {name}\n  newTag: 1.4.2\n"),
    );
    let _ = check(&sandbox, 0);
    let asked = registry.asked();
    assert!(
        asked.iter().all(|one| one.contains("/acme/api/manifests/1.4.2")),
        "{asked:?}"
    );
}

#[test]
fn the_registrys_word_stands_for_what_files_alone_can_tell() {
    let registry = Registry::start();
    let digest = registry.image("acme/api", "1.4.1");
    registry.tag("acme/api", "1.4.2", &digest);
    let image = |tag: &str| format!("{}/acme/api:{tag}@{digest}", registry.host());
    let sandbox = with(&[image("1.4.1"), image("1.4.2")]);
    let _ = check(&sandbox, 0);
    let _ = sandbox.rakops(["check"]).run().expect(1);
}

#[test]
fn a_manifest_that_is_not_what_its_digest_says_is_a_finding_and_no_silence() {
    let registry = Registry::start();
    registry.image("acme/api", "1.4.2");
    let sandbox = with(&[format!("{}/acme/api:1.4.2", registry.host())]);
    sandbox.file("rakops.yaml", "check:\n  platforms: [linux/amd64]\n");
    let body = b"{\"schemaVersion\":2}".to_vec();
    registry.fault("GET /v2/acme/api/manifests/", None, Fault::Body(body));
    let output = sandbox.rakops(["check", "-o", "json"]).online().run().expect(1);
    let found = &output.json()["findings"][0];
    assert_eq!(
        (found["code"].as_str(), found["level"].as_str()),
        (Some("digest-mismatch"), Some("error")),
        "{found}"
    );
}

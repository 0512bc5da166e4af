//! Whose word counts: what a change writes into `rakops.yaml` gets nobody's login.

use crate::harness::Sandbox;
use crate::harness::cmd::{Cmd, Output};
use crate::harness::registry::{Guard, Registry};

/// A host that is not this machine; the registry of the test stands for it as a proxy.
const HOST: &str = "registry.test:5000";
const LOGIN: &str = "robot:swordfish-swordfish";

/// A repository with a remote whose default branch says this, and somebody who is logged in at [`HOST`].
fn sandbox(agreed: &str) -> (Sandbox, Registry) {
    let sandbox = Sandbox::new();
    sandbox.repository();
    sandbox.file(
        "overlays/dev/kustomization.yaml",
        format!("images: [{{name: {HOST}/acme/api, newTag: 1.4.1}}]\n"),
    );
    sandbox.file("rakops.yaml", agreed);
    sandbox.commit_all("Begin");
    sandbox.remote();
    sandbox.git(["push", "-q", "origin", "main"]);
    sandbox.git(["remote", "set-head", "origin", "main"]);
    let encoded = crate::harness::http_git::base64(LOGIN.as_bytes());
    let config = format!(r#"{{"auths": {{"{HOST}": {{"auth": "{encoded}"}}}}}}"#);
    sandbox.file("../home/.docker/config.json", config);
    let registry = Registry::start();
    registry.image("acme/api", "1.4.2");
    registry.guard(Guard::Basic(LOGIN.into()));
    (sandbox, registry)
}

fn tags<'s>(sandbox: &'s Sandbox, registry: &Registry, more: &[&str]) -> Cmd<'s> {
    let image = format!("{HOST}/acme/api");
    let words = ["tags", &image, "-o", "name"].into_iter().chain(more.iter().copied());
    let command = sandbox.rakops(words).online();
    // The loopback itself is asked without it.
    let command = command.env("no_proxy", "127.0.0.1");
    command.env("http_proxy", format!("http://{}", registry.host()))
}

fn sent_a_login(registry: &Registry) -> bool {
    let requests = registry.requests();
    assert!(!requests.is_empty(), "nobody was asked");
    requests.iter().any(|request| request.header("authorization").is_some())
}

fn expect_no_secret(output: &Output) {
    assert!(!output.all().contains("swordfish"), "{}", output.all());
}

const INSECURE: &str = "registries:\n- {host: registry.test:5000, insecure: true}\n";

#[test]
fn in_clear_nobody_is_logged_in_unless_the_user_says_so() {
    let (sandbox, registry) = sandbox(INSECURE);
    let output = tags(&sandbox, &registry, &["-v"]).run().expect(4);
    assert!(
        output.stderr.contains("--insecure-registry registry.test:5000"),
        "{}",
        output.stderr
    );
    assert!(!sent_a_login(&registry));
    expect_no_secret(&output);
    let output = tags(&sandbox, &registry, &["--insecure-registry", HOST, "-v"])
        .run()
        .expect(0);
    assert_eq!(output.stdout(), "1.4.2\n");
    assert!(sent_a_login(&registry));
    expect_no_secret(&output);
}

#[test]
fn what_a_change_brings_is_used_and_gets_no_login() {
    let (sandbox, registry) = sandbox("strategy: trunk\n");
    sandbox.file("rakops.yaml", INSECURE);
    let output = tags(&sandbox, &registry, &["--insecure-registry", HOST])
        .run()
        .expect(4);
    assert!(output.stderr.contains("nobody has agreed"), "{}", output.stderr);
    assert!(!sent_a_login(&registry));
    // A commit of the change's own does not make it agreed to.
    sandbox.git(["checkout", "-q", "-b", "feature/registry"]);
    sandbox.commit_all("Speak in clear");
    let _ = tags(&sandbox, &registry, &["--insecure-registry", HOST])
        .run()
        .expect(4);
    assert!(!sent_a_login(&registry));
}

#[test]
fn a_change_in_a_remote_repository_gets_no_login_either() {
    let (sandbox, registry) = sandbox("strategy: trunk\n");
    sandbox.git(["checkout", "-q", "-b", "feature/registry"]);
    sandbox.file("rakops.yaml", INSECURE);
    let pod = format!("kind: Pod\nspec:\n  containers:\n  - {{name: a, image: \"{HOST}/acme/api:1.4.2\"}}\n");
    sandbox.file("pod.yaml", pod);
    sandbox.commit_all("Speak in clear");
    sandbox.git(["push", "-q", "origin", "feature/registry"]);
    let remote = sandbox.git(["remote", "get-url", "origin"]);
    let check = |range: &str| {
        let words = ["check", "--repo", remote.trim(), range, "--insecure-registry", HOST];
        let command = sandbox.rakops(words).online().env("no_proxy", "127.0.0.1");
        command.env("http_proxy", format!("http://{}", registry.host())).run()
    };
    let output = check("main...feature/registry");
    assert!(output.stderr.contains("nobody has agreed"), "{}", output.all());
    assert!(!sent_a_login(&registry), "{}", output.all());
}

#[test]
fn a_file_that_the_user_names_is_the_users_word() {
    let (sandbox, registry) = sandbox("strategy: trunk\n");
    sandbox.file("mine.yaml", INSECURE);
    let output = tags(
        &sandbox,
        &registry,
        &["--config", "mine.yaml", "--insecure-registry", HOST],
    );
    assert_eq!(output.run().expect(0).stdout(), "1.4.2\n");
    assert!(sent_a_login(&registry));
}

#[test]
fn without_a_remote_nobody_else_has_a_say() {
    let (sandbox, registry) = sandbox("strategy: trunk\n");
    sandbox.git(["remote", "remove", "origin"]);
    sandbox.file("rakops.yaml", INSECURE);
    let output = tags(&sandbox, &registry, &["--insecure-registry", HOST]);
    assert_eq!(output.run().expect(0).stdout(), "1.4.2\n");
}

#[test]
fn where_the_default_branch_is_not_known_nothing_is_agreed_to() {
    let (sandbox, registry) = sandbox(INSECURE);
    sandbox.git(["checkout", "-q", "--detach"]);
    for reference in [
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
        "refs/heads/main",
    ] {
        let _ = sandbox.git(["update-ref", "--no-deref", "-d", reference]);
    }
    let _ = tags(&sandbox, &registry, &["--insecure-registry", HOST])
        .run()
        .expect(4);
    assert!(!sent_a_login(&registry));
}

#[test]
fn a_mirror_gets_its_own_login_and_nobody_elses() {
    let mirror = Registry::start();
    mirror.image("hub/acme/api", "1.4.3");
    let text = format!("registries:\n- {{host: {HOST}, mirror: {}/hub}}\n", mirror.host());
    let (sandbox, origin) = sandbox(&text);
    let output = tags(&sandbox, &origin, &[]).run().expect(0);
    assert_eq!(output.stdout(), "1.4.3\n");
    assert!(!sent_a_login(&mirror));
    assert!(origin.requests().is_empty());
}

#[test]
fn a_mirror_that_only_a_change_names_vouches_for_nothing() {
    let mirror = Registry::start();
    mirror.image("hub/acme/api", "1.4.3");
    let (sandbox, origin) = sandbox(INSECURE);
    let text = format!(
        "registries:\n- {{host: {HOST}, insecure: true, mirror: {}/hub}}\n",
        mirror.host()
    );
    sandbox.file("rakops.yaml", text);
    let output = tags(&sandbox, &origin, &["--insecure-registry", HOST]).run().expect(4);
    assert_eq!(
        output
            .stderr
            .matches("the mirror of `registry.test:5000` is not asked")
            .count(),
        1,
        "{}",
        output.stderr
    );
    assert!(mirror.requests().is_empty());
}

/// A change sets a version that is not there, and says something about its registry; what `check` makes of it.
fn check(entry: &str) -> Output {
    let (sandbox, registry) = sandbox("strategy: trunk\n");
    sandbox.git(["checkout", "-q", "-b", "feature/registry"]);
    sandbox.file("rakops.yaml", format!("registries:\n- {entry}\n"));
    sandbox.file(
        "overlays/dev/kustomization.yaml",
        format!("images: [{{name: {HOST}/acme/api, newTag: 9.9.9}}]\n"),
    );
    sandbox.commit_all("Hide what is not there");
    let command = sandbox
        .rakops(["check", "--insecure-registry", HOST, "-o", "json"])
        .online();
    let command = command.env("no_proxy", "127.0.0.1");
    command
        .env("http_proxy", format!("http://{}", registry.host()))
        .run()
        .expect(1)
}

#[test]
fn a_change_cannot_make_check_milder_by_what_it_says_about_registries() {
    let output = check(&format!("{{host: {HOST}, insecure: true}}"));
    let found = &output.json()["findings"][0];
    assert_eq!(
        (found["code"].as_str(), found["level"].as_str()),
        (Some("unverified"), Some("error")),
        "{found}"
    );
    // Who only proposes that nobody logs in is not heard: the registry is asked as ever.
    let output = check(&format!("{{host: {HOST}, auth: anonymous}}"));
    let found = &output.json()["findings"][0];
    assert_eq!(found["code"].as_str(), Some("version-missing"), "{found}");
}

#[test]
fn anonymous_means_that_no_login_is_read() {
    let text = "registries:\n- {host: registry.test:5000, insecure: true, auth: anonymous}\n";
    let (sandbox, registry) = sandbox(text);
    sandbox.file("../home/.docker/config.json", "no json at all");
    let _ = tags(&sandbox, &registry, &["--insecure-registry", HOST])
        .run()
        .expect(4);
    assert!(!sent_a_login(&registry));
}

#[test]
fn a_registry_that_cannot_be_is_a_mistake_of_the_configuration() {
    let sandbox = Sandbox::new();
    for (entry, place, needle) in [
        ("{host: \"https://ghcr.io\"}", "rakops.yaml:2:10", "is not a host"),
        ("{host: ghcr.io/acme}", "rakops.yaml:2:10", "is not a host"),
        (
            "{host: ghcr.io, mirror: \"https://m.example.com\"}",
            "rakops.yaml:2:27",
            "without scheme",
        ),
        (
            "{host: ghcr.io, insecure: true, ca_file: ca.pem}",
            "rakops.yaml:2:44",
            "plain HTTP",
        ),
        ("{host: ghcr.io, auth: docker}", "rakops.yaml:2:25", "docker-config"),
        ("{host: ghcr.io}\n- {host: ghcr.io}", "rakops.yaml:3:10", "twice"),
        ("{host: ghcr.io, ca_file: ca.pem}", "rakops.yaml:2:28", "can be read"),
        (
            "{host: ghcr.io, ca_file: rakops.yaml}",
            "rakops.yaml:2:28",
            "no certificate",
        ),
    ] {
        sandbox.file("rakops.yaml", format!("registries:\n- {entry}\n"));
        let output = sandbox.rakops(["tags", "ghcr.io/acme/api"]).online().run().expect(2);
        assert!(output.stderr.contains(place), "{entry}: {}", output.stderr);
        assert!(output.stderr.contains(needle), "{entry}: {}", output.stderr);
        let _ = sandbox.rakops(["config", "check"]).run().expect(2);
    }
}

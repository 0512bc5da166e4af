//! To whom a token goes: only to the host of the remote in use, or to one that the user named.

use crate::harness::Sandbox;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::{Bench, TOKEN};
use crate::harness::server::{Server, route};

const LIST: &str = "/api/v1/repos/acme/manifests/pulls?state=open&page=1&limit=50";

/// A repository whose remote is on this server.
fn repository(server: &Server) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository().file("app.yaml", "image: app:1.0.0\n");
    sandbox.commit_all("the app");
    sandbox.git(["remote", "add", "origin", &server.url("/acme/manifests.git")]);
    sandbox
}

#[test]
fn the_kind_is_found_out_without_showing_a_token() {
    let server = Server::start(vec![
        route("GET", "/api/v3/meta", 404).body("<html>no such page</html>"),
        route("GET", "/api/v4/version", 404),
        route("GET", "/api/v1/version", 200).body("{\"version\": \"1.22.0\"}"),
        route("GET", "/rest/api/latest/application-properties", 404),
        route("GET", LIST, 200).header("x-total-count", "0").body("[]"),
    ]);
    let sandbox = repository(&server);
    let list = sandbox
        .rakops(["pr", "list", "-v"])
        .env("RAKOPS_GITEA_TOKEN", "a-token-of-mine");
    let output = list.run().expect(0);
    assert!(
        output
            .stderr
            .contains("Gitea, repository acme/manifests, token from RAKOPS_GITEA_TOKEN"),
        "{}",
        output.all()
    );
    for asked in server.requests() {
        let expected = (asked.path == LIST).then_some("token a-token-of-mine");
        assert_eq!(asked.header("authorization"), expected, "{}", asked.path);
    }
}

#[test]
fn a_host_that_answers_as_none_is_asked_about() {
    let server = Server::start(vec![
        route("GET", "/api/v3/meta", 404),
        route("GET", "/api/v4/version", 404),
        route("GET", "/api/v1/version", 404),
        route("GET", "/rest/api/latest/application-properties", 404),
    ]);
    let output = repository(&server).rakops(["pr", "list"]).run().expect(2);
    assert!(
        output
            .stderr
            .contains("set `forge` in rakops.yaml, for example `forge: {kind: gitlab"),
        "{}",
        output.all()
    );
}

#[test]
fn a_variable_that_the_repository_names_goes_to_its_own_host_only() {
    let server = Server::start(vec![route("GET", LIST, 200).header("x-total-count", "0").body("[]")]);
    let sandbox = repository(&server);
    let list = || sandbox.rakops(["pr", "list"]).env("MINE", "a-token-of-mine");
    sandbox.file("rakops.yaml", "forge: {kind: gitea, token_env: MINE}\n");
    let _ = list().run().expect(0);
    assert_eq!(
        server.requests()[0].header("authorization"),
        Some("token a-token-of-mine")
    );

    // Another host than the remote's is refused before anything is sent.
    let elsewhere = server.url("").replace("127.0.0.1", "localhost");
    sandbox.file(
        "rakops.yaml",
        format!("forge: {{kind: gitea, token_env: MINE, url: '{elsewhere}'}}\n"),
    );
    let output = list().run().expect(3);
    assert!(
        output.stderr.starts_with("error[forge-not-trusted]"),
        "{}",
        output.all()
    );
    assert!(output.stderr.contains("RAKOPS_FORGE_URL"), "{}", output.all());
    assert_eq!(server.requests().len(), 1);

    // Named by the user it is taken, but the variable of the repository is not.
    let _ = list().env("RAKOPS_FORGE_URL", &elsewhere).run().expect(0);
    assert_eq!(server.requests()[1].header("authorization"), None);
}

#[test]
fn the_users_own_file_names_the_forge_of_a_host_and_the_variable_with_its_token() {
    let server = Server::start(vec![route("GET", LIST, 200).header("x-total-count", "0").body("[]")]);
    let sandbox = repository(&server);
    let elsewhere = server.url("").replace("127.0.0.1", "localhost");
    let own_file = "../home/.config/rakops/config.yaml";
    let list = || sandbox.rakops(["pr", "list"]).env("WORK", "a-token-for-work");
    // Another address than the remote's is taken from here, and so is the token for it.
    let login = |host: &str| format!("forges: [{{host: {host}, kind: gitea, url: '{elsewhere}', token_env: WORK}}]\n");
    sandbox.file(own_file, login("127.0.0.1"));
    // What the repository says of it does not count.
    sandbox.file("rakops.yaml", "forge: {kind: gitlab, token_env: OTHER}\n");
    let _ = list().run().expect(0);
    let asked = server.requests();
    assert_eq!(asked[0].header("authorization"), Some("token a-token-for-work"));
    assert!(
        asked[0]
            .header("host")
            .is_some_and(|host| host.starts_with("localhost")),
        "{:?}",
        asked[0]
    );

    // A login for another host is not for this one.
    sandbox.file(own_file, login("git.example.com"));
    sandbox.file("rakops.yaml", "forge: {kind: gitea}\n");
    let _ = list().run().expect(0);
    assert_eq!(server.requests()[1].header("authorization"), None);

    // And where the environment names another forge, its token is not sent there.
    sandbox.file(own_file, login("127.0.0.1"));
    let _ = list().env("RAKOPS_FORGE_URL", &elsewhere).run().expect(0);
    assert_eq!(server.requests()[2].header("authorization"), None);
}

#[test]
fn a_path_has_no_forge_and_a_repository_without_remotes_neither() {
    let sandbox = Sandbox::new();
    sandbox.repository().file("app.yaml", "image: app:1.0.0\n");
    sandbox.commit_all("the app");
    let output = sandbox.rakops(["pr", "list"]).run().expect(5);
    assert!(output.stderr.starts_with("error[no-remote]"), "{}", output.all());
    let _remote = sandbox.remote();
    let output = sandbox.rakops(["pr", "list"]).run().expect(2);
    assert!(output.stderr.starts_with("error[no-forge]"), "{}", output.all());
}

#[test]
fn a_repository_that_is_not_here_has_a_forge_too() {
    let bench = Bench::new(GitHub);
    let url = format!("file://{}", bench.sandbox.root().join("remote.git").display());
    let elsewhere = bench.sandbox.root().join("tmp");
    let pr = |words: &[&str]| bench.pr(&[words, &["--repo", &url]].concat()).cwd(&elsewhere);
    let output = pr(&["create", "--head", "feature", "--title", "app"]).run().expect(0);
    assert!(
        output.stderr.contains("opened pull request 1 from feature to main"),
        "{}",
        output.all()
    );
    let output = pr(&["create", "--head", "other"]).run().expect(2);
    assert!(output.stderr.contains("--title TEXT"), "{}", output.all());
    let _ = pr(&["status"]).run().expect(2);
    let _ = pr(&["merge", "feature"]).run().expect(0);
    assert_eq!(bench.show("main:app.yaml"), "image: app:1.1.0");
}

#[test]
fn gh_is_asked_last_and_for_this_host() {
    let bench = Bench::new(GitHub);
    let bin = bench.sandbox.root().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let script = format!("#!/bin/sh\n[ \"$*\" = 'auth token --hostname 127.0.0.1' ] && echo {TOKEN}\n");
    std::fs::write(bin.join("gh"), script).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(bin.join("gh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let list = || bench.pr(&["list", "-v"]).env("PATH", &path);
    let output = list().env("RAKOPS_GITHUB_TOKEN", "").run().expect(0);
    assert!(output.stderr.contains("token from gh auth token"), "{}", output.all());
    assert!(!output.all().contains(TOKEN), "{}", output.all());
    let output = list().run().expect(0);
    assert!(
        output.stderr.contains("token from RAKOPS_GITHUB_TOKEN"),
        "{}",
        output.all()
    );
}

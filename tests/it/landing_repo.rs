//! `--repo URL`: a remote repository without a checkout, kept in a cache that may be cold, warm, shared or broken.

use std::fs;
use std::path::PathBuf;

use crate::harness::Sandbox;
use crate::harness::http_git::{Fault, GitHttp};
use crate::harness::landing::DEV;

/// The shop at a server of smart HTTP; nothing is in the work directory that commands run in.
fn served() -> (Sandbox, GitHttp, String) {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox.git_at_remote(&["config", "uploadpack.allowFilter", "true"]);
    let server = GitHttp::serve(sandbox.root());
    let url = server.url("remote.git");
    fs::create_dir(sandbox.root().join("nowhere")).unwrap();
    (sandbox, server, url)
}

impl Sandbox {
    /// Bumps the API in `dev` of a remote repository, from a directory that is no repository.
    fn bump_at(&self, (version, url): (&str, &str), words: &[&str]) -> crate::harness::cmd::Cmd<'_> {
        let mut all = vec!["--repo", url];
        all.extend(words);
        let nowhere = self.root().join("nowhere");
        let _ = fs::create_dir(&nowhere);
        self.bump(version, &all).cwd(nowhere)
    }

    /// The cached repositories.
    fn caches(&self) -> Vec<PathBuf> {
        let place = self.root().join("home/.cache/rakops/repos");
        let entries = fs::read_dir(place).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths.filter(|path| path.is_dir()).collect()
    }
}

#[test]
fn without_a_way_to_land_it_is_said_which_there_are() {
    let (sandbox, server, url) = served();
    let output = sandbox.bump_at(("1.4.2", &url), &[]).run().expect(2);
    for words in ["--push", "--pr", "no work tree"] {
        assert!(output.stderr.contains(words), "{}", output.all());
    }
    let output = sandbox.bump_at(("1.4.2", &url), &["--commit"]).run().expect(2);
    assert!(output.stderr.contains("--push"), "{}", output.all());
    assert_eq!(server.requests().len(), 0, "nobody is asked before that");
    let output = sandbox
        .bump_at(("1.4.2", "https://me:hidden@h.invalid/x"), &[])
        .run()
        .expect(2);
    assert!(!output.stderr.contains("hidden"), "{}", output.all());
}

#[test]
fn cold_then_warm_and_only_what_is_missing_is_fetched() {
    let (sandbox, server, url) = served();
    let output = sandbox.bump_at(("1.4.2", &url), &["--push"]).run().expect(0);
    assert!(output.stderr.contains("landed on main"), "{}", output.all());
    assert!(!output.stderr.contains("whole trees"), "{}", output.all());
    assert!(server.fetches() <= 5, "{}", server.log());
    server.forget();
    sandbox.bump_at(("1.4.3", &url), &["--push"]).run().expect(0);
    assert!(server.fetches() <= 1, "{}", server.log());
    sandbox.rival("main", DEV);
    sandbox.bump_at(("1.4.4", &url), &["--push"]).run().expect(0);
    assert_eq!(sandbox.remote_commits("main"), 5);
    let text = sandbox.git_at_remote(&["show", &format!("main:{DEV}")]);
    assert!(text.contains("1.4.4") && text.contains("# by somebody else"), "{text}");
    assert_eq!(sandbox.caches().len(), 1);
    sandbox.expect_no_private_references();
}

#[test]
fn a_dry_run_shows_and_pushes_nothing() {
    let (sandbox, server, url) = served();
    let output = sandbox.bump_at(("1.4.2", &url), &["-n"]).run().expect(0);
    assert!(output.stdout().contains("+  newTag: 1.4.2"), "{}", output.all());
    // The last environment is protected, but who only looks may go on to `--pr`.
    let prd = ["bump", "api=1.4.2", "--env", "prd", "-n", "--repo", &url];
    let output = sandbox.rakops(prd).run().expect(0);
    assert!(output.stdout().contains("+  newTag: 1.4.2"), "{}", output.all());
    let pushed = sandbox.rakops([&prd[..], &["--push"]].concat()).run().expect(3);
    assert!(pushed.stderr.starts_with("error[protected]"), "{}", pushed.all());
    assert_eq!(server.pushes(), 0);
}

#[test]
fn a_server_that_sends_whole_trees_only_does_and_it_is_said() {
    let (sandbox, _server, url) = served();
    sandbox.git_at_remote(&["config", "uploadpack.allowFilter", "false"]);
    let output = sandbox.bump_at(("1.4.2", &url), &["--push"]).run().expect(0);
    assert!(
        output.stderr.contains("the server sends whole trees only"),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.remote_commits("main"), 2);
}

#[test]
fn a_cache_that_is_broken_is_made_anew() {
    let (sandbox, _server, url) = served();
    sandbox.bump_at(("1.4.2", &url), &["--push"]).run().expect(0);
    for (turn, broken) in ["HEAD", "objects", "config"].into_iter().enumerate() {
        let path = sandbox.caches().pop().unwrap().join(broken);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
        } else {
            fs::write(&path, "broken").unwrap();
        }
        let version = format!("1.5.{turn}");
        let output = sandbox.bump_at((&version, &url), &["--push"]).run();
        assert_eq!(output.code, 0, "{broken}: {}", output.all());
    }
    assert_eq!(sandbox.remote_commits("main"), 5);
}

#[test]
fn a_pack_of_the_cache_that_is_gone_is_fetched_again() {
    let (sandbox, _server, url) = served();
    sandbox.bump_at(("1.4.2", &url), &["--push"]).run().expect(0);
    let packs = sandbox.caches().pop().unwrap().join("objects/pack");
    for entry in fs::read_dir(packs).unwrap().flatten() {
        fs::remove_file(entry.path()).unwrap();
    }
    let output = sandbox.bump_at(("1.4.3", &url), &["--push"]).run();
    assert_eq!(output.code, 0, "{}", output.all());
    assert_eq!(sandbox.remote_commits("main"), 3);
}

#[test]
fn eight_at_once_share_a_cold_cache() {
    let (sandbox, _server, url) = served();
    let runs = |turn: usize| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rakops"));
        let environment = ["dev", "stg"][turn % 2];
        command
            .args([
                "bump",
                &format!("api=1.5.{turn}"),
                "--env",
                environment,
                "--repo",
                &url,
                "--push",
            ])
            .current_dir(sandbox.root().join("nowhere"))
            .env_clear()
            .envs(sandbox.env())
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let children: Vec<_> = (0..8).map(runs).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    // Of each environment the newest won.
    for (environment, version) in [("dev", "1.5.6"), ("stg", "1.5.7")] {
        let path = format!("main:overlays/{environment}/kustomization.yaml");
        let text = sandbox.git_at_remote(&["show", &path]);
        assert!(text.contains(version), "{text}");
    }
    assert_eq!(sandbox.caches().len(), 1);
}

#[test]
fn a_remote_of_sha_256_is_landed_in() {
    let sandbox = Sandbox::new();
    let work = sandbox.dir();
    sandbox.git_in(
        &work,
        ["init", "--quiet", "--object-format=sha256", "--initial-branch=main"],
    );
    sandbox.file(DEV, "images:\n- name: ghcr.io/acme/api\n  newTag: 1.4.1\n");
    sandbox.file("overlays/prd/kustomization.yaml", "resources: []\n");
    sandbox.commit_all("first");
    let remote = sandbox.remote_path();
    sandbox.git_in(
        sandbox.root(),
        [
            "init",
            "--quiet",
            "--bare",
            "--object-format=sha256",
            "--initial-branch=main",
            &remote.to_string_lossy(),
        ],
    );
    sandbox.git(["push", "--quiet", &remote.to_string_lossy(), "main"]);
    let url = format!("file://{}", remote.display());
    for version in ["1.4.2", "1.4.3"] {
        sandbox.bump_at((version, &url), &["--push"]).run().expect(0);
    }
    assert_eq!(sandbox.remote_tip("main").len(), 64);
    assert_eq!(sandbox.remote_commits("main"), 3);
    // The same through a checkout.
    sandbox.git(["remote", "add", "origin", &url]);
    sandbox.git(["fetch", "--quiet"]);
    sandbox.git(["reset", "--quiet", "--hard", "origin/main"]);
    sandbox.bump("1.4.4", &["--commit"]).run().expect(0);
    sandbox.bump("1.4.5", &["--push", "--onto", "main"]).run().expect(0);
    assert_eq!(sandbox.remote_commits("main"), 4);
}

#[test]
fn a_remote_without_a_commit_and_one_whose_head_names_no_branch_are_told_apart() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let empty = sandbox.root().join("empty.git");
    sandbox.git([
        "init",
        "--quiet",
        "--bare",
        "--initial-branch=trunk",
        &empty.to_string_lossy(),
    ]);
    let url = format!("file://{}", empty.display());
    let output = sandbox.bump_at(("1.4.2", &url), &["--push"]).run().expect(5);
    assert!(
        output.stderr.contains("has no branch yet") && output.stderr.contains("git push"),
        "{}",
        output.all()
    );
    // `HEAD` is left at the name that was the default when the repository was made.
    sandbox.git(["push", "--quiet", &url, "main"]);
    sandbox.bump_at(("1.4.2", &url), &["--push"]).run().expect(0);
    assert!(
        sandbox
            .git_in(&empty, ["show", &format!("main:{DEV}")])
            .contains("1.4.2")
    );
    sandbox.git([
        "push",
        "--quiet",
        &url,
        "main:refs/heads/a",
        "main:refs/heads/b",
        ":refs/heads/main",
    ]);
    let output = sandbox.bump_at(("1.4.3", &url), &["--push"]).run().expect(5);
    assert!(
        output.stderr.contains("`a`") && output.stderr.contains("`b`"),
        "{}",
        output.all()
    );
}

#[test]
fn the_configuration_is_that_of_the_branch_it_lands_on() {
    let (sandbox, _server, url) = served();
    // `release` protects dev; main knows nothing of it, and the work directory says the opposite.
    sandbox.git(["checkout", "--quiet", "release"]);
    let environments =
        "environments:\n- {name: dev, path: overlays/dev, protected: true}\n- {name: prd, path: overlays/prd}\n";
    sandbox.file("rakops.yaml", environments);
    sandbox.commit_all("protect dev");
    sandbox.git(["push", "--quiet", "origin", "release"]);
    let release = ["--push", "--onto", "release"];
    let output = sandbox.bump_at(("1.4.2", &url), &release).run().expect(3);
    assert!(output.stderr.contains("error[protected]"), "{}", output.all());
    sandbox.bump_at(("1.4.2", &url), &["--push"]).run().expect(0);
    sandbox
        .bump_at(
            ("1.4.2", &url),
            &["--push", "--onto", "release", "--allow", "protected"],
        )
        .run()
        .expect(0);
    assert!(
        sandbox
            .git_at_remote(&["show", &format!("release:{DEV}")])
            .contains("1.4.2")
    );
}

#[test]
fn a_base_that_environments_share_stays_and_the_overlay_gets_the_entry() {
    let (sandbox, _server, url) = served();
    let output = sandbox
        .rakops(["bump", "web=2.1.0", "--env", "dev", "--repo", &url, "--push"])
        .cwd(sandbox.root().join("nowhere"))
        .run()
        .expect(0);
    let changed = sandbox.git_at_remote(&["diff", "--name-only", "main^", "main"]);
    assert_eq!(changed.trim(), DEV, "{}", output.all());
    let text = sandbox.git_at_remote(&["show", &format!("main:{DEV}")]);
    assert!(text.contains("ghcr.io/acme/web") && text.contains("2.1.0"), "{text}");
}

#[test]
fn files_paths_and_the_git_daemon_are_remotes_too() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let remote = sandbox.remote_path();
    sandbox
        .bump_at(("1.4.2", &format!("file://{}", remote.display())), &["--push"])
        .run()
        .expect(0);
    sandbox
        .bump_at(("1.4.3", &remote.to_string_lossy()), &["--push"])
        .run()
        .expect(0);
    sandbox.bump_at(("1.4.4", "../remote.git"), &["--push"]).run().expect(0);
    let daemon = crate::harness::daemon::GitDaemon::serve(sandbox.root());
    let url = daemon.url("remote.git");
    sandbox.bump_at(("1.4.5", &url), &["--push"]).run().expect(0);
    sandbox.git(["remote", "set-url", "origin", &url]);
    sandbox.bump("1.4.6", &["--push"]).run().expect(0);
    assert_eq!(sandbox.remote_commits("main"), 6);
    sandbox.expect_no_private_references();
}

#[test]
fn versions_in_helm_values_that_the_configuration_declares_are_landed() {
    let (sandbox, _server, url) = served();
    sandbox.files(&[
        (
            "rakops.yaml",
            "environments:\n- {name: dev, path: charts/dev}\n- {name: prd, path: charts/prd}\nimages:\n- name: ghcr.io/acme/chat\n  sites: ['charts/{env}/settings.yaml:chat.release']\n",
        ),
        ("charts/dev/settings.yaml", "chat:\n  # ours\n  release: 3.0.0\n"),
        ("charts/prd/settings.yaml", "chat:\n  release: 2.9.0\n"),
    ]);
    sandbox.commit_all("chat");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    let words = ["bump", "chat=3.1.0", "--env", "dev", "--repo", &url, "--push"];
    sandbox
        .rakops(words)
        .cwd(sandbox.root().join("nowhere"))
        .run()
        .expect(0);
    let text = sandbox.git_at_remote(&["show", "main:charts/dev/settings.yaml"]);
    assert_eq!(text, "chat:\n  # ours\n  release: 3.1.0\n");
    let changed = sandbox.git_at_remote(&["diff", "--name-only", "main^", "main"]);
    assert_eq!(changed.trim(), "charts/dev/settings.yaml");
}

#[test]
fn a_server_that_fails_for_a_moment_is_asked_again_from_the_first_look_on() {
    let (sandbox, server, url) = served();
    for status in [503, 502] {
        server.fault(Fault::Status(status));
    }
    let output = sandbox.bump_at(("1.4.2", &url), &["--push"]).run().expect(0);
    assert!(output.stderr.contains("trying again"), "{}", output.all());
    drop(server);
    let output = sandbox
        .bump_at(("1.4.3", &url), &["--push", "--retries", "1"])
        .run()
        .expect(6);
    for words in ["given up after 2 attempts", "git ls-remote"] {
        assert!(output.stderr.contains(words), "{}", output.all());
    }
    assert_eq!(output.stderr.matches("trying again").count(), 1, "{}", output.all());
}

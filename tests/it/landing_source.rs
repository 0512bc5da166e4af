//! `--source`: builds finish out of order, and the newest wins, also where each job has only its own commit.

use std::path::{Path, PathBuf};

use crate::harness::Sandbox;
use crate::harness::http_git::{GitHttp, base64};
use crate::harness::landing::DEV;

/// A repository `source.git` of an application with these many commits on `main`, oldest first.
fn source(sandbox: &Sandbox, commits: usize) -> (PathBuf, Vec<String>) {
    let work = sandbox.root().join("app");
    sandbox.git_in(sandbox.root(), ["init", "--quiet", &work.to_string_lossy()]);
    let commit = |number: usize| {
        sandbox.advance(60);
        std::fs::write(work.join("code"), format!("{number}\n")).unwrap();
        sandbox.git_in(&work, ["add", "--all"]);
        sandbox.git_in(&work, ["commit", "--quiet", "--message", &format!("work {number}")]);
        sandbox.git_in(&work, ["rev-parse", "HEAD"]).trim().to_owned()
    };
    let ids = (0..commits).map(commit).collect();
    let bare = sandbox.root().join("source.git");
    let (from, to) = (work.to_string_lossy().into_owned(), bare.to_string_lossy().into_owned());
    sandbox.git_in(sandbox.root(), ["clone", "--quiet", "--bare", &from, &to]);
    sandbox.git_in(&bare, ["config", "uploadpack.allowFilter", "true"]);
    (bare, ids)
}

/// What a CI job checks out: one commit, without the token if there is one.
fn job(sandbox: &Sandbox, (name, url): (&str, &str), (commit, settings): (&str, &[&str])) -> PathBuf {
    let path = sandbox.root().join(name);
    sandbox.git_in(sandbox.root(), ["init", "--quiet", &path.to_string_lossy()]);
    sandbox.git_in(&path, ["remote", "add", "origin", url]);
    let mut words: Vec<&str> = settings.to_vec();
    words.extend(["fetch", "--quiet", "--depth=1", "origin", commit]);
    sandbox.git_in(&path, words);
    sandbox.git_in(&path, ["checkout", "--quiet", "--detach", commit]);
    path
}

/// Tells the remote's version from a job, by a version without an order.
fn deploy(sandbox: &Sandbox, job: &Path, url: &str, commit: &str) -> crate::harness::cmd::Output {
    let remote = format!("file://{}", sandbox.remote_path().display());
    let words = [
        "bump",
        &format!("api=git-{}", &commit[..10]),
        "--env",
        "dev",
        "--repo",
        &remote,
        "--push",
        "--source",
        &format!("{url}@{commit}"),
    ];
    sandbox.rakops(words).cwd(job).run().expect(0)
}

fn present(sandbox: &Sandbox) -> String {
    sandbox.git_at_remote(&["show", &format!("main:{DEV}")])
}

#[test]
fn an_older_build_loses_in_a_checkout_of_one_commit_which_stays_as_it_is() {
    // More than one step of fetching in the second case.
    for commits in [3, 60] {
        let sandbox = Sandbox::new();
        sandbox.shop_with_remote();
        let (bare, ids) = source(&sandbox, commits);
        let url = format!("file://{}", bare.display());
        let (old, new) = (&ids[0], &ids[ids.len() - 1]);
        let newer = job(&sandbox, ("newer", &url), (new, &[]));
        deploy(&sandbox, &newer, &url, new);
        let older = job(&sandbox, ("older", &url), (old, &[]));
        let before = sandbox.print_of(&older);
        let output = deploy(&sandbox, &older, &url, old);
        assert!(
            output
                .stderr
                .contains(&format!("git-{} was built from an older commit", &old[..10])),
            "{}",
            output.all()
        );
        assert_eq!(sandbox.print_of(&older), before);
        assert!(present(&sandbox).contains(&new[..10]));
        // The other way round it lands, without a warning.
        sandbox.git_at_remote(&["update-ref", "refs/heads/main", "main^"]);
        deploy(&sandbox, &older, &url, old);
        let output = deploy(&sandbox, &newer, &url, new);
        assert!(
            present(&sandbox).contains(&new[..10]) && !output.stderr.contains("warning"),
            "{}",
            output.all()
        );
    }
}

#[test]
fn the_history_comes_with_the_credentials_of_the_checkout_and_they_are_kept_nowhere() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let (_, ids) = source(&sandbox, 4);
    let server = GitHttp::serve(sandbox.root());
    let url = server.url("source.git");
    let token = "job-token-0123456789";
    server.require("x-access-token", token);
    let login = base64(format!("x-access-token:{token}").as_bytes());
    let header = format!("AUTHORIZATION: basic {login}");
    // As actions/checkout left it up to version 5, and as it does from version 6 on.
    for layout in ["in the configuration", "in a file beside it"] {
        let name = |what: &str| format!("{what}-{}", layout.len());
        let flag = format!("http.extraheader={header}");
        let make = |what: &str, commit: &str| {
            let path = job(&sandbox, (&name(what), &url), (commit, &["-c", &flag]));
            let key = format!("http.{}/.extraheader", url.trim_end_matches("/source.git"));
            if layout == "in the configuration" {
                sandbox.git_in(&path, ["config", &key, &header]);
            } else {
                let beside = sandbox.root().join("tmp").join(name(what));
                let shown = beside.to_string_lossy().into_owned();
                sandbox.git_in(&path, ["config", "--file", &shown, &key, &header]);
                let condition = format!("includeIf.gitdir:{}/.git.path", path.display());
                sandbox.git_in(&path, ["config", &condition, &shown]);
            }
            path
        };
        let newer = make("newer", &ids[3]);
        deploy(&sandbox, &newer, &url, &ids[3]);
        let older = make("older", &ids[1]);
        let before = sandbox.print_of(&older);
        server.forget();
        let output = deploy(&sandbox, &older, &url, &ids[1]);
        assert!(
            output.stderr.contains("was built from an older commit"),
            "{layout}: {}",
            output.all()
        );
        assert_eq!(sandbox.print_of(&older), before, "{layout}");
        let asked = server.requests();
        assert!(!asked.is_empty());
        for request in &asked {
            let sent = request
                .headers
                .iter()
                .filter(|(name, _)| name == "authorization")
                .count();
            assert_eq!(sent, 1, "{layout}: {}", request.path);
        }
        assert!(
            !output.all().contains(token) && !output.all().contains(&login),
            "{}",
            output.all()
        );
        let kept = sandbox.root().join("home/.cache");
        for secret in [token, login.as_str()] {
            let found = std::process::Command::new("grep")
                .args(["-rlF", secret])
                .arg(&kept)
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&found.stdout), "");
        }
        // The other layout starts from nothing.
        std::fs::remove_dir_all(kept).unwrap();
        let empty = sandbox.git_at_remote(&["rev-list", "--max-parents=0", "main"]);
        sandbox.git_at_remote(&["update-ref", "refs/heads/main", empty.trim()]);
    }
}

#[test]
fn where_nobody_can_tell_the_later_one_lands_with_the_reason() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let (bare, ids) = source(&sandbox, 3);
    let url = format!("file://{}", bare.display());
    let newer = job(&sandbox, ("newer", &url), (&ids[2], &[]));
    deploy(&sandbox, &newer, &url, &ids[2]);
    let older = job(&sandbox, ("older", &url), (&ids[0], &[]));
    std::fs::rename(&bare, sandbox.root().join("moved.git")).unwrap();
    std::fs::remove_dir_all(sandbox.root().join("home/.cache/rakops/histories")).unwrap_or_default();
    let output = deploy(&sandbox, &older, &url, &ids[0]);
    for words in ["warning[order-unknown]", "source.git", "fetch-depth: 0"] {
        assert!(output.stderr.contains(words), "{}", output.all());
    }
    assert!(present(&sandbox).contains(&ids[0][..10]));
}

#[test]
fn abbreviated_ids_are_found_among_the_branches() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let (bare, ids) = source(&sandbox, 5);
    let url = format!("file://{}", bare.display());
    let newer = job(&sandbox, ("newer", &url), (&ids[4], &[]));
    deploy(&sandbox, &newer, &url, &ids[4][..12]);
    let older = job(&sandbox, ("older", &url), (&ids[1], &[]));
    let output = deploy(&sandbox, &older, &url, &ids[1][..12]);
    assert!(
        output.stderr.contains("was built from an older commit"),
        "{}",
        output.all()
    );
}

#[test]
fn a_shallow_checkout_of_the_manifests_is_left_as_it_is_too() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox.git_at_remote(&["config", "uploadpack.allowFilter", "true"]);
    let (bare, ids) = source(&sandbox, 3);
    let url = format!("file://{}", bare.display());
    let newer = job(&sandbox, ("newer", &url), (&ids[2], &[]));
    deploy(&sandbox, &newer, &url, &ids[2]);
    sandbox.rival("main", "notes");
    let remote = format!("file://{}", sandbox.remote_path().display());
    let shallow = sandbox.root().join("shallow");
    sandbox.git_in(
        sandbox.root(),
        ["clone", "--quiet", "--depth=1", &remote, &shallow.to_string_lossy()],
    );
    // The application is a second remote here, so that its history can be had.
    sandbox.git_in(&shallow, ["remote", "add", "app", &url]);
    let before = sandbox.print_of(&shallow);
    let wanted = format!("api=git-{}", &ids[0][..10]);
    let claim = format!("{url}@{}", ids[0]);
    for how in ["--push", "--commit"] {
        let words = ["bump", &wanted, "--env", "dev", how, "--source", &claim];
        let output = sandbox.rakops(words).cwd(&shallow).run().expect(0);
        assert!(
            output.stderr.contains("was built from an older commit"),
            "{how}: {}",
            output.all()
        );
        assert_eq!(sandbox.print_of(&shallow), before, "{how}");
    }
    assert_eq!(sandbox.git_in(&shallow, ["for-each-ref", "refs/rakops"]), "");
}

#[test]
fn an_older_version_is_superseded_in_clear_words_and_set_all_the_same_when_that_is_allowed() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let source = ["--push", "--source", "acme/api@0123456789"];
    let output = sandbox.bump("1.3.0", &source).run().expect(0);
    let line = format!("superseded: ghcr.io/acme/api stays at 1.4.1 in {DEV}: 1.3.0 is an older version\n");
    assert!(output.stderr.contains(&line), "{}", output.all());
    assert_eq!(sandbox.remote_commits("main"), 1);
    let allowed: Vec<&str> = source.into_iter().chain(["--allow", "downgrade"]).collect();
    sandbox.bump("1.3.0", &allowed).run().expect(0);
    assert!(present(&sandbox).contains("1.3.0"));
}

#[test]
fn what_a_newer_source_holds_stays_whatever_is_allowed() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let (bare, ids) = source(&sandbox, 3);
    let url = format!("file://{}", bare.display());
    let newer = job(&sandbox, ("newer", &url), (&ids[2], &[]));
    deploy(&sandbox, &newer, &url, &ids[2]);
    let remote = format!("file://{}", sandbox.remote_path().display());
    let claim = format!("{url}@{}", ids[0]);
    let words = ["--repo", &remote, "--push", "--source", &claim, "--allow", "downgrade"];
    let output = sandbox.bump("git-0000000000", &words).cwd(&newer).run().expect(0);
    assert!(
        output.stderr.contains("was built from an older commit"),
        "{}",
        output.all()
    );
    assert!(present(&sandbox).contains(&ids[2][..10]));
}

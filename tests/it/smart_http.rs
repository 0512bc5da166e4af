//! The harness's own server of smart HTTP, tried with git: what other tests stand on.

use std::process::Command;
use std::time::Duration;

use crate::harness::Sandbox;
use crate::harness::git::Attempt;
use crate::harness::http_git::{Fault, GitHttp, Moment, base64};
use crate::harness::server::Request;

/// A sandbox with a commit that stands in `remote.git`, and a server for it.
fn served() -> (Sandbox, GitHttp) {
    let sandbox = Sandbox::new();
    sandbox.repository().file("a.yaml", "a: 1\n");
    sandbox.commit_all("first");
    sandbox.remote();
    let server = GitHttp::serve(sandbox.root());
    sandbox.git(["remote", "set-url", "origin", &server.url("remote.git")]);
    (sandbox, server)
}

fn push(sandbox: &Sandbox) -> Attempt {
    sandbox.try_git_in(
        &sandbox.dir(),
        ["push", "--porcelain", "origin", "HEAD:refs/heads/main"],
    )
}

#[test]
fn base64_is_padded() {
    let pairs = [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("a:b~", "YTpifg=="),
    ];
    for (text, wanted) in pairs {
        assert_eq!(base64(text.as_bytes()), wanted);
    }
}

#[test]
fn a_push_over_smart_http_arrives_however_large_it_is() {
    let (sandbox, server) = served();
    sandbox.git(["fetch", "origin"]);
    assert!(server.log().contains("version=2"), "{}", server.log());
    server.forget();
    // Larger than `http.postBuffer`, so that git sends chunks.
    let mut state = 1_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    let noise: Vec<u8> = (0..200_000).map(|_| next()).collect();
    sandbox.file("noise", noise);
    sandbox.git(["config", "http.postBuffer", "65536"]);
    sandbox.commit_all("large");
    assert!(push(&sandbox).succeeded);
    let chunked = |request: &Request| request.header("transfer-encoding").is_some();
    assert!(server.requests().iter().any(chunked), "{}", server.log());
    let ids = sandbox.git(["ls-remote", "origin", "refs/heads/main"]);
    assert!(ids.starts_with(sandbox.git(["rev-parse", "HEAD"]).trim()));
    assert_eq!((server.pushes(), server.fetches()), (1, 0), "{}", server.log());
}

#[test]
fn many_wants_are_compressed_and_still_understood() {
    let (sandbox, server) = served();
    for number in 0..40 {
        sandbox.git(["branch", &format!("topic-{number}")]);
        sandbox.git(["commit", "--quiet", "--allow-empty", "--message", &format!("{number}")]);
    }
    sandbox.git(["push", "--quiet", "--all", "origin"]);
    let clone = sandbox.root().join("clone");
    sandbox.git_in(
        sandbox.root(),
        ["clone", "--quiet", &server.url("remote.git"), &clone.to_string_lossy()],
    );
    let zipped = |request: &Request| request.header("content-encoding") == Some("gzip");
    assert!(server.requests().iter().any(zipped), "{}", server.log());
}

#[test]
fn only_who_knows_the_token_comes_in() {
    let (sandbox, server) = served();
    server.require("robot", "tok-1");
    let refused = push(&sandbox);
    assert!(!refused.succeeded && refused.stderr.contains("could not read Username"));
    let header = |login: &str| format!("http.extraheader=AUTHORIZATION: basic {}", base64(login.as_bytes()));
    let good = header("robot:tok-1");
    sandbox.git(["-c", &good, "fetch", "origin"]);
    let twice = sandbox.try_git_in(&sandbox.dir(), ["-c", &good, "-c", &good, "fetch", "origin"]);
    assert!(
        !twice.succeeded && twice.stderr.contains("error: 400"),
        "{}",
        twice.stderr
    );
    server.forbid_pushes();
    let forbidden = sandbox.try_git_in(&sandbox.dir(), ["-c", &good, "push", "origin", "HEAD:refs/heads/main"]);
    assert!(forbidden.stderr.contains("403"), "{}", forbidden.stderr);
}

#[test]
fn a_fault_hits_one_request_and_a_cut_answer_hides_a_push_that_landed() {
    let (sandbox, server) = served();
    server.fault(Fault::Status(503));
    assert!(push(&sandbox).stderr.contains("error: 503"));
    let second = sandbox.commit_all("second");
    server.fault(Fault::CutAnswerOfPush);
    let cut = push(&sandbox);
    assert!(!cut.succeeded, "{}", cut.stdout);
    assert!(
        sandbox
            .git(["ls-remote", "origin", "refs/heads/main"])
            .starts_with(&second)
    );
    server.fault(Fault::Slow(Duration::from_millis(30)));
    assert!(push(&sandbox).stdout.contains("up to date"));
}

#[test]
fn somebody_can_be_quicker_at_two_moments_of_a_push() {
    for (moment, words) in [
        (Moment::Advertisement, "stale info"),
        (Moment::Push, "failed to update ref"),
    ] {
        let (sandbox, server) = served();
        let first = sandbox.git(["rev-parse", "HEAD"]).trim().to_owned();
        let rival = sandbox.git(["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "rival"]);
        sandbox.git([
            "push",
            "--quiet",
            "origin",
            &format!("{}:refs/heads/rival", rival.trim()),
        ]);
        sandbox.commit_all("mine");
        let remote = sandbox.root().join("remote.git");
        server.before(moment, move || {
            let moved = Command::new("git")
                .arg("-C")
                .arg(&remote)
                .args(["update-ref", "refs/heads/main", "refs/heads/rival"])
                .status();
            assert!(moved.unwrap().success());
        });
        let lease = format!("--force-with-lease=refs/heads/main:{first}");
        let lost = sandbox.try_git_in(
            &sandbox.dir(),
            ["push", "--porcelain", &lease, "origin", "HEAD:refs/heads/main"],
        );
        assert!(
            !lost.succeeded && lost.stdout.contains(words),
            "{moment:?}: {}",
            lost.stdout
        );
    }
}

#[test]
fn filters_are_a_matter_of_the_repository() {
    let (sandbox, server) = served();
    for (number, allowed) in ["false", "true"].into_iter().enumerate() {
        let remote = sandbox.root().join("remote.git");
        sandbox.git_in(&remote, ["config", "uploadpack.allowFilter", allowed]);
        let clone = sandbox.root().join(format!("clone-{number}"));
        let (url, path) = (server.url("remote.git"), clone.to_string_lossy().into_owned());
        let said = sandbox.try_git_in(
            sandbox.root(),
            ["clone", "--bare", "--depth=1", "--filter=blob:none", &url, &path],
        );
        assert!(said.succeeded, "{}", said.stderr);
        let warned = said.stderr.contains("filtering not recognized by server");
        assert_eq!(warned, allowed == "false", "{}", said.stderr);
        let missing = sandbox.git_in(&clone, ["rev-list", "--objects", "--missing=print", "HEAD"]);
        assert_eq!(missing.contains("\n?"), allowed == "true", "{missing}");
    }
}

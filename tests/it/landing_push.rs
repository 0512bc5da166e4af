//! `--push`: the remote's branch gets a commit, once, whatever others and the server do in the meantime.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::Sandbox;
use crate::harness::http_git::{Fault, GitHttp, Moment};
use crate::harness::landing::DEV;

/// The shop, with a server of smart HTTP before its remote.
fn served() -> (Sandbox, GitHttp) {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let server = GitHttp::serve(sandbox.root());
    sandbox.git(["remote", "set-url", "origin", &server.url("remote.git")]);
    (sandbox, server)
}

#[test]
fn a_branch_that_is_not_checked_out_is_pushed_and_nothing_here_is_touched() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox.file("base/api.yaml", "# half done\n");
    let (before, tip) = (sandbox.print(), sandbox.remote_tip("release"));
    let output = sandbox.bump("1.4.2", &["--push", "--onto", "release"]).run().expect(0);
    assert!(output.stderr.contains("landed on release"), "{}", output.all());
    assert_eq!(sandbox.print(), before);
    assert_eq!(sandbox.git_at_remote(&["rev-parse", "release^"]).trim(), tip);
    // The branch of that name here is the user's own.
    assert_eq!(sandbox.tip("release"), tip);
    sandbox.expect_no_private_references();
}

#[test]
fn the_checked_out_branch_follows_if_it_is_clean_and_is_left_with_a_word_if_not() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox.bump("1.4.2", &["--push"]).run().expect(0);
    assert_eq!(sandbox.tip("main"), sandbox.remote_tip("main"));
    assert_eq!(sandbox.status(), "");
    sandbox.file("base/api.yaml", "# half done\n");
    let before = sandbox.print();
    let output = sandbox.bump("1.4.3", &["--push"]).run().expect(0);
    assert!(
        output.stderr.contains("`git pull` brings the commit"),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.print(), before);
    assert_eq!(sandbox.remote_commits("main"), 3);
}

#[test]
fn a_branch_that_has_diverged_here_stays_and_the_remotes_gets_the_commit() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox.file("mine", "not pushed\n");
    let mine = sandbox.commit_all("not pushed");
    let rival = sandbox.rival("main", "notes");
    sandbox.bump("1.4.2", &["--push"]).run().expect(0);
    assert_eq!(sandbox.tip("main"), mine);
    assert_eq!(sandbox.git_at_remote(&["rev-parse", "main^"]).trim(), rival);
}

#[test]
fn what_is_pushed_to_is_what_is_read_and_an_address_that_fails_is_said() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let other = sandbox.root().join("other.git").to_string_lossy().into_owned();
    let main = sandbox.remote_path().to_string_lossy().into_owned();
    sandbox.git(["clone", "--quiet", "--bare", &main, &other]);
    sandbox.git(["remote", "set-url", "--push", "origin", &other]);
    for version in ["1.4.2", "1.4.3"] {
        sandbox.bump(version, &["--push"]).run().expect(0);
    }
    let commits = |remote: &str| {
        sandbox
            .git(["-C", remote, "rev-list", "--count", "main"])
            .trim()
            .to_owned()
    };
    assert_eq!((commits(&other).as_str(), commits(&main).as_str()), ("3", "1"));
    let gone = sandbox.root().join("gone.git").to_string_lossy().into_owned();
    sandbox.git(["remote", "set-url", "--add", "--push", "origin", &gone]);
    let output = sandbox.bump("1.4.4", &["--push"]).run().expect(0);
    assert!(
        output.stderr.contains("another address of the remote did not take it"),
        "{}",
        output.all()
    );
    assert_eq!(commits(&other), "4");
}

#[test]
fn a_bare_repository_is_pointed_to_the_flag_that_takes_it() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let bare = sandbox.remote_path().to_string_lossy().into_owned();
    let output = sandbox.bump("1.4.2", &["--push", "-C", &bare]).run().expect(5);
    assert!(output.stderr.contains(&format!("`--repo {bare}`")), "{}", output.all());
    sandbox.bump("1.4.2", &["--push", "--repo", &bare]).run().expect(0);
}

#[test]
fn a_server_that_takes_no_push_options_is_asked_once() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox.git(["config", "push.pushOption", "ci.skip"]);
    sandbox.git_at_remote(&["config", "receive.advertisePushOptions", "false"]);
    let output = sandbox.bump("1.4.2", &["--push"]).run().expect(3);
    assert!(output.stderr.contains("error[no-push-options]"), "{}", output.all());
}

#[test]
fn without_a_remote_or_the_branch_it_is_said_what_there_is() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let output = sandbox.bump("1.4.2", &["--push"]).run().expect(5);
    assert!(output.stderr.contains("git remote add origin URL"), "{}", output.all());
    sandbox.remote();
    let output = sandbox
        .bump("1.4.2", &["--push", "--remote", "upstream"])
        .run()
        .expect(5);
    assert!(
        output.stderr.contains("`upstream`") && output.stderr.contains("`origin`"),
        "{}",
        output.all()
    );
    sandbox.git_at_remote(&["branch", "gone", "main"]);
    sandbox.git(["fetch", "--quiet"]);
    sandbox.git_at_remote(&["branch", "-D", "gone"]);
    let output = sandbox.bump("1.4.2", &["--push", "--onto", "gone"]).run().expect(5);
    assert!(
        output.stderr.contains("the remote has no branch `gone`"),
        "{}",
        output.all()
    );
    sandbox.expect_no_private_references();
}

const CHAIN: &str = "strategy: chain\nenvironments:\n- {name: dev, branch: develop}\n- {name: stg, branch: staging}\n- {name: prd, branch: main, protected: true}\n";

#[test]
fn several_branches_are_one_push_all_or_none() {
    let (sandbox, server) = served();
    sandbox.file("rakops.yaml", CHAIN);
    sandbox.commit_all("chain");
    for branch in ["main", "develop", "staging"] {
        sandbox.git(["push", "--quiet", "origin", &format!("HEAD:refs/heads/{branch}")]);
    }
    server.forget();
    let words = ["bump", "api=1.4.2", "--env", "dev,stg", "--push"];
    let rival = sandbox.rival("staging", "notes");
    let tips = (sandbox.remote_tip("develop"), rival.clone());
    // The server refuses the second branch for good: the first must not have it either.
    sandbox.hook(&sandbox.remote_path(), "update", "test \"$1\" != refs/heads/staging");
    let output = sandbox.rakops(words).run().expect(3);
    assert!(output.stderr.contains("--pr"), "{}", output.all());
    assert_eq!((sandbox.remote_tip("develop"), sandbox.remote_tip("staging")), tips);
    fs::remove_file(sandbox.remote_path().join("hooks/update")).unwrap();
    // Somebody is quicker on one of them: both are planned again.
    server.forget();
    let (remote, root) = (sandbox.remote_path(), sandbox.root().to_owned());
    let quicker = sandbox.git_in(
        &root.join("rival"),
        ["commit-tree", "origin/staging^{tree}", "-p", &rival, "-m", "quicker"],
    );
    let quicker = quicker.trim().to_owned();
    sandbox.git_in(
        &root.join("rival"),
        ["push", "--quiet", "origin", &format!("{quicker}:refs/heads/kept")],
    );
    let moved = quicker.clone();
    server.before(Moment::Push, move || update(&remote, "staging", &moved));
    sandbox.rakops(words).run().expect(0);
    assert_eq!(server.pushes(), 2, "{}", server.log());
    assert_eq!(sandbox.git_at_remote(&["rev-parse", "staging^"]).trim(), quicker);
    assert_eq!(sandbox.git_at_remote(&["rev-parse", "develop^"]).trim(), tips.0);
    sandbox.expect_no_private_references();
}

/// Moves a branch of the remote under the feet of everybody.
fn update(remote: &std::path::Path, branch: &str, to: &str) {
    let moved = Command::new("git")
        .arg("-C")
        .arg(remote)
        .args(["update-ref", &format!("refs/heads/{branch}"), to])
        .status();
    assert!(moved.unwrap().success());
}

#[test]
fn whoever_is_quicker_is_kept_at_either_moment() {
    for moment in [Moment::Advertisement, Moment::Push] {
        let (sandbox, server) = served();
        // The commit is there already, on no branch that matters.
        let clone = sandbox.root().join("rival");
        sandbox.rival("release", DEV);
        let quicker = sandbox.git_in(&clone, ["rev-parse", "HEAD"]).trim().to_owned();
        let (remote, to) = (sandbox.remote_path(), quicker.clone());
        server.before(moment, move || update(&remote, "main", &to));
        let output = sandbox.bump("1.4.2", &["--push"]).run().expect(0);
        assert!(output.stderr.contains("at attempt 2"), "{moment:?}: {}", output.all());
        assert_eq!(sandbox.git_at_remote(&["rev-parse", "main^"]).trim(), quicker);
        let text = sandbox.git_at_remote(&["show", &format!("main:{DEV}")]);
        assert!(text.contains("1.4.2") && text.contains("# by somebody else"), "{text}");
        sandbox.expect_no_private_references();
    }
}

#[test]
fn who_never_wins_gives_up_with_seven_and_leaves_nothing() {
    let (sandbox, server) = served();
    for turn in 0..3 {
        let remote = sandbox.remote_path();
        server.before(Moment::Push, move || {
            let at = |words: &[&str]| {
                let output = Command::new("git")
                    .args(["-c", "user.name=R", "-c", "user.email=r@x", "-C"])
                    .arg(&remote)
                    .args(words)
                    .output()
                    .unwrap();
                String::from_utf8(output.stdout).unwrap().trim().to_owned()
            };
            let next = at(&[
                "commit-tree",
                "main^{tree}",
                "-p",
                "main",
                "-m",
                &format!("quicker {turn}"),
            ]);
            at(&["update-ref", "refs/heads/main", &next]);
        });
    }
    let (before, branches) = (sandbox.print(), sandbox.git(["branch", "--list"]));
    let output = sandbox.bump("1.4.2", &["--push", "--retries", "2"]).run().expect(7);
    for words in [
        "error[race-lost]",
        "3 times",
        "nothing has landed",
        "--retries",
        "--timeout",
    ] {
        assert!(output.stderr.contains(words), "{}", output.all());
    }
    assert_eq!(sandbox.remote_commits("main"), 4);
    assert_eq!((sandbox.print(), sandbox.git(["branch", "--list"])), (before, branches));
    sandbox.expect_no_private_references();
}

#[test]
fn a_push_whose_answer_is_lost_has_landed_once() {
    let (sandbox, server) = served();
    server.fault(Fault::CutAnswerOfPush);
    sandbox.bump("1.4.2", &["--push"]).run().expect(0);
    assert_eq!(sandbox.remote_commits("main"), 2, "{}", server.log());
    // git's own client may have sent it twice: whether the branch has one commit is what counts.
    server.fault(Fault::CutAnswerOfPush);
    let output = sandbox.bump("1.4.3", &["--push", "-o", "json"]).run().expect(0);
    assert_eq!(output.json()["commit"], sandbox.remote_tip("main"), "{}", output.all());
    assert_eq!(sandbox.remote_commits("main"), 3);
    sandbox.expect_no_private_references();
}

#[test]
fn a_server_that_fails_for_a_moment_is_tried_again_and_one_that_is_down_is_named() {
    let (sandbox, server) = served();
    server.fault(Fault::Status(503));
    server.fault(Fault::Status(502));
    let output = sandbox.bump("1.4.2", &["--push"]).run().expect(0);
    assert!(output.stderr.contains("trying again"), "{}", output.all());
    assert_eq!(sandbox.remote_commits("main"), 2);
    drop(server);
    let output = sandbox.bump("1.4.3", &["--push", "--retries", "1"]).run().expect(6);
    for words in ["127.0.0.1", "given up after 2 attempts"] {
        assert!(output.stderr.contains(words), "{}", output.all());
    }
    sandbox.git(["remote", "set-url", "origin", "http://host.invalid/acme/manifests.git"]);
    let output = sandbox.bump("1.4.3", &["--push", "--retries", "1"]).run().expect(6);
    assert!(output.stderr.contains("host.invalid"), "{}", output.all());
    sandbox.expect_no_private_references();
}

#[test]
fn a_proxy_that_does_not_answer_is_named() {
    let (sandbox, _server) = served();
    let bump = sandbox.bump("1.4.2", &["--push", "--retries", "1"]);
    let output = bump.env("http_proxy", "http://127.0.0.1:1").run().expect(6);
    assert!(output.stderr.contains("127.0.0.1"), "{}", output.all());
}

#[test]
fn a_missing_repository_is_not_found() {
    let (sandbox, server) = served();
    sandbox.git(["remote", "set-url", "origin", &server.url("nothing.git")]);
    let output = sandbox.bump("1.4.2", &["--push"]).run().expect(5);
    assert!(output.stderr.contains("nothing.git"), "{}", output.all());
    sandbox.git([
        "remote",
        "set-url",
        "origin",
        &sandbox.root().join("nothing.git").to_string_lossy(),
    ]);
    let output = sandbox.bump("1.4.2", &["--push"]).run().expect(5);
    assert!(output.stderr.contains("nothing.git"), "{}", output.all());
}

#[cfg(unix)]
#[test]
fn a_token_that_is_refused_or_may_not_push_is_a_matter_of_access_and_not_tried_again() {
    let (sandbox, server) = served();
    sandbox.git(["remote", "set-url", "origin", &server.url(sandbox.as_on_a_forge())]);
    let secret = "expired-0123456789";
    server.require("x-access-token", "another");
    let with_token = || {
        let bump = sandbox
            .bump("1.4.2", &["--push", "-v"])
            .env("RAKOPS_GITHUB_TOKEN", secret);
        let bump = bump.env("RAKOPS_FORGE_KIND", "github");
        bump.env("RAKOPS_FORGE_URL", server.url("").trim_end_matches('/'))
    };
    let output = with_token().run().expect(4);
    assert!(
        !output.all().contains(secret) && output.stderr.contains("set a token that is valid"),
        "{}",
        output.all()
    );
    let asked = server.requests().len();
    assert!(asked <= 3, "{}", server.log());
    server.require("x-access-token", secret);
    server.forbid_pushes();
    let output = with_token().run().expect(4);
    assert!(
        !output.all().contains(secret) && output.stderr.contains("403"),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.remote_commits("main"), 1);
    sandbox.expect_no_private_references();
}

#[test]
fn the_users_hook_may_stop_a_push_and_is_passed_over_when_asked() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox.hook(&sandbox.path(".git"), "pre-push", "echo not on fridays >&2; exit 1");
    let output = sandbox.bump("1.4.2", &["--push"]).run().expect(3);
    for words in ["not on fridays", "--no-verify"] {
        assert!(output.stderr.contains(words), "{}", output.all());
    }
    assert_eq!(sandbox.remote_commits("main"), 1);
    sandbox.bump("1.4.2", &["--push", "--no-verify"]).run().expect(0);
    assert_eq!(sandbox.remote_commits("main"), 2);
    sandbox.expect_no_private_references();
}

#[test]
fn the_servers_hooks_and_protected_branches_are_told_with_the_way_out() {
    for (hook, script, words) in [
        ("pre-receive", "echo only on tuesdays >&2; exit 1", "only on tuesdays"),
        ("update", "echo not this branch >&2; exit 1", "not this branch"),
        (
            "pre-receive",
            "echo 'GitLab: You are not allowed to push code to protected branches on this project.' >&2; exit 1",
            "protected branches",
        ),
    ] {
        let sandbox = Sandbox::new();
        sandbox.shop_with_remote();
        sandbox.hook(&sandbox.remote_path(), hook, script);
        let output = sandbox.bump("1.4.2", &["--push"]).run().expect(3);
        assert!(
            output.stderr.contains(words) && output.stderr.contains("--pr"),
            "{}",
            output.all()
        );
        assert_eq!(sandbox.remote_commits("main"), 1);
        sandbox.expect_no_private_references();
    }
}

#[test]
fn a_server_that_denies_rewinding_takes_what_follows() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    for name in ["receive.denyNonFastForwards", "receive.denyDeletes"] {
        sandbox.git_at_remote(&["config", name, "true"]);
    }
    sandbox.rival("main", "notes");
    sandbox.bump("1.4.2", &["--push"]).run().expect(0);
    assert_eq!(sandbox.remote_commits("main"), 3);
}

#[test]
fn a_remote_with_that_branch_checked_out_is_no_place_to_push_to() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let other = sandbox.root().join("other");
    let shown = other.to_string_lossy().into_owned();
    sandbox.git_in(
        sandbox.root(),
        ["clone", "--quiet", &sandbox.dir().to_string_lossy(), &shown],
    );
    sandbox.git(["remote", "add", "origin", &shown]);
    let output = sandbox.bump("1.4.2", &["--push"]).run().expect(3);
    assert!(output.stderr.contains("checked out"), "{}", output.all());
}

#[cfg(unix)]
#[test]
fn a_remote_that_cannot_be_written_is_said_to_be_so() {
    use std::os::unix::fs::PermissionsExt;
    if is_root() {
        println!("SKIPPED: root may write anywhere");
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let objects = sandbox.remote_path().join("objects");
    fs::set_permissions(&objects, fs::Permissions::from_mode(0o555)).unwrap();
    let output = sandbox.bump("1.4.2", &["--push"]).run();
    fs::set_permissions(&objects, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(output.code, 6, "{}", output.all());
}

#[cfg(unix)]
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.starts_with(b"0"))
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_the_end_of_a_job_end_with_130_and_nothing_half_done() {
    let slow = || Fault::Slow(Duration::from_secs(20));
    for (slow, signal) in [(slow(), "-INT"), (Fault::Status(503), "-INT"), (slow(), "-TERM")] {
        let (sandbox, server) = served();
        // Several, so that the pauses between attempts are met as well.
        for _ in 0..40 {
            server.fault(slow.clone());
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_rakops"))
            .args(["bump", "api=1.4.2", "--env", "dev", "--push"])
            .current_dir(sandbox.dir())
            .env_clear()
            .envs(sandbox.env())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while server.requests().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(100));
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.unwrap().success());
        let began = std::time::Instant::now();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(130), "{slow:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!(sandbox.remote_commits("main"), 1);
        sandbox.expect_no_private_references();
        // No lock is left behind.
        sandbox.bump("1.4.2", &["--commit"]).run().expect(0);
    }
}

#[test]
fn environments_are_those_of_the_branch_that_is_landed_on() {
    let (sandbox, _server) = served();
    sandbox.git(["sparse-checkout", "set", "overlays/stg"]);
    sandbox.bump("1.4.2", &["--push"]).run().expect(0);
    sandbox.git(["sparse-checkout", "disable"]);
    sandbox.git(["checkout", "--quiet", "--orphan", "docs"]);
    sandbox.git(["rm", "-r", "--force", "--quiet", "."]);
    sandbox.git(["commit", "--quiet", "--allow-empty", "--message", "docs"]);
    sandbox.bump("1.4.3", &["--push", "--onto", "main"]).run().expect(0);
    assert_eq!(sandbox.remote_commits("main"), 3);
    let unknown = ["bump", "api=1.4.4", "--env", "stage", "--push", "--onto", "main"];
    let output = sandbox.rakops(unknown).run().expect(5);
    assert!(output.stderr.contains("did you mean `stg`?"), "{}", output.all());
}

#[test]
fn without_git_that_is_said_and_nothing_of_remotes() {
    let (sandbox, _server) = served();
    let output = sandbox
        .bump("1.4.2", &["--push"])
        .env("PATH", "/nonexistent")
        .run()
        .expect(6);
    assert!(output.stderr.starts_with("error[git-missing]"), "{}", output.all());
    assert!(output.stderr.contains("2.38"), "{}", output.all());
}

#[test]
fn what_is_for_a_request_is_refused_without_one() {
    let (sandbox, server) = served();
    let flags = [
        &["--title", "T"][..],
        &["--body", "B"],
        &["--label", "deploy"],
        &["--reviewer", "anna"],
        &["--draft"],
        &["--auto-merge"],
        &["--merge-method", "squash"],
        &["--update"],
        &["--wait"],
        &["--strict"],
    ];
    for how in [&["--push"][..], &["--commit"], &["-n"]] {
        for flag in flags {
            let output = sandbox.bump("1.4.2", &[how, flag].concat()).run().expect(2);
            assert!(output.stderr.contains(flag[0]), "{}", output.all());
        }
    }
    assert_eq!(server.pushes(), 0);
}

//! `rakops bump … --pr` where something stands in the way: approvals, tokens, a forge that refuses, somebody who was first.

use std::fs;

use serde_json::json;

use crate::harness::forges::github::GitHub;
use crate::harness::forges::{Bench, Fault, ME, TOKEN};

const BRANCH: &str = "rakops/bump/stg/api";
const PULLS: &str = "/pulls";
const OLD: [&str; 3] = ["api=1.4.2", "--env", "stg"];
const NEW: [&str; 3] = ["api=1.5.0", "--env", "stg"];

fn bench() -> Bench {
    Bench::shop(GitHub)
}

fn answer(status: u16, message: &str) -> Fault {
    Fault::Answer(status, Vec::new(), json!({ "message": message }).to_string())
}

#[test]
fn what_was_approved_is_changed_only_when_told_so() {
    let bench = bench();
    bench.bump(&OLD).run().expect(0);
    let by = |name: &str| (name.to_owned(), "APPROVED");
    bench.forge.shelf().pulls[0].reviews = vec![by("anna"), by(ME)];
    let (writes, tip) = (bench.forge.writes(), bench.tip(BRANCH));
    let output = bench.bump(&NEW).run().expect(3);
    assert!(output.stderr.starts_with("error[request-approved]"), "{}", output.all());
    assert!(output.stderr.contains("--update"), "{}", output.all());
    // A base that has moved is no reason to lose an approval.
    bench.commit(
        "main",
        (
            "overlays/stg/kustomization.yaml",
            "resources: [../../base]\nimages:\n- name: ghcr.io/acme/api\n  newTag: 1.4.1\n",
        ),
    );
    bench.bump(&OLD).run().expect(0);
    assert_eq!((bench.forge.writes(), bench.tip(BRANCH)), (writes, tip));

    bench.bump(&[&NEW[..], &["--update"]].concat()).run().expect(0);
    let shelf = bench.forge.shelf();
    assert_eq!(shelf.pulls[0].reviewers, ["anna"], "whoever opened it is not asked");
    assert_eq!(shelf.notes.len(), 1);
    assert!(
        shelf.notes[0].body.contains("has changed since it was approved"),
        "{:?}",
        shelf.notes
    );
    assert!(shelf.notes[0].body.contains("`1.5.0`"), "{:?}", shelf.notes);
}

#[test]
fn what_merges_by_itself_is_changed_only_when_told_so() {
    let bench = bench();
    bench.bump(&OLD).run().expect(0);
    bench.forge.shelf().pulls[0].checks = Some("pending");
    bench.bump(&[&OLD[..], &["--auto-merge"]].concat()).run().expect(0);
    let tip = bench.tip(BRANCH);
    assert_eq!(bench.forge.shelf().pulls[0].auto_merge.as_deref(), Some(&*tip));
    let output = bench.bump(&NEW).run().expect(3);
    assert!(output.stderr.contains("set to merge by itself"), "{}", output.all());
    assert_eq!(bench.tip(BRANCH), tip);
    let output = bench.bump(&[&NEW[..], &["--update"]].concat()).run().expect(0);
    assert!(
        output.stderr.contains("does not merge by itself any more"),
        "{}",
        output.all()
    );
    assert_eq!(bench.forge.shelf().pulls[0].auto_merge, None);
    bench.bump(&[&NEW[..], &["--auto-merge"]].concat()).run().expect(0);
    let tip = bench.tip(BRANCH);
    assert_eq!(bench.forge.shelf().pulls[0].auto_merge.as_deref(), Some(&*tip));
}

#[test]
fn without_a_token_nothing_is_pushed_and_with_a_wrong_one_nothing_stays() {
    let bench = bench();
    let output = bench.bump(&NEW).env("RAKOPS_GITHUB_TOKEN", "").run().expect(4);
    assert!(output.stderr.starts_with("error[no-token]"), "{}", output.all());
    assert!(bench.forge.shelf().pulls.is_empty());
    assert_eq!(bench.branches(), ["main"]);
    let output = bench
        .bump(&NEW)
        .env("RAKOPS_GITHUB_TOKEN", "a-wrong-one")
        .run()
        .expect(4);
    assert!(output.stderr.starts_with("error[token-refused]"), "{}", output.all());
    assert!(!output.all().contains("a-wrong-one"), "{}", output.all());
    assert_eq!(bench.branches(), ["main"]);
}

#[test]
fn a_forge_that_opens_nothing_leaves_no_branch_behind() {
    let actions = "GitHub Actions is not permitted to create or approve pull requests.";
    for (status, words, code, advice) in [
        (403, actions, 4, "Allow GitHub Actions to create and approve"),
        (422, "something odd", 3, "something odd"),
    ] {
        let bench = bench();
        bench.forge.fault("POST", PULLS, answer(status, words));
        let output = bench.bump(&[&NEW[..], &["-v"]].concat()).run().expect(code);
        for part in [
            advice,
            "--push",
            "/acme/manifests/compare/main...rakops/bump/stg/api?expand=1",
        ] {
            assert!(output.stderr.contains(part), "{part}\n{}", output.all());
        }
        assert!(!output.all().contains(TOKEN), "{}", output.all());
        assert_eq!(bench.branches(), ["main"], "{}", output.all());
    }
    let bench = bench();
    bench.forge.fault("POST", PULLS, answer(502, "bad gateway"));
    bench.forge.fault("POST", PULLS, answer(502, "bad gateway"));
    bench.bump(&NEW).run().expect(6);
    assert_eq!(bench.branches(), ["main"]);
}

#[test]
fn a_branch_that_was_there_before_gets_its_commit_back() {
    let bench = bench();
    bench.bump(&OLD).run().expect(0);
    let tip = bench.tip(BRANCH);
    {
        let mut shelf = bench.forge.shelf();
        shelf.pulls[0].state = "closed";
        shelf.pulls[0].last_head = Some(tip.clone());
    }
    bench.forge.fault("POST", PULLS, answer(403, "no"));
    bench.bump(&NEW).run().expect(4);
    assert_eq!(bench.tip(BRANCH), tip);
}

#[test]
fn an_answer_that_is_lost_opens_no_second_request_and_takes_no_branch_away() {
    let bench = bench();
    bench.forge.fault("POST", PULLS, Fault::DoneAndCut);
    let output = bench.bump(&NEW).run().expect(0);
    assert!(output.stderr.contains("opened pull request 1"), "{}", output.all());
    assert_eq!(bench.forge.shelf().pulls.len(), 1);
    assert_eq!(bench.branches(), ["main", BRANCH]);
}

#[test]
fn who_was_first_on_the_branch_is_built_upon() {
    let bench = bench();
    bench.bump(&OLD).run().expect(0);
    // While git pushes, somebody else does.
    let hook = bench.sandbox.path(".git/hooks/pre-push");
    let bare = bench.sandbox.root().join("remote.git");
    let script = format!(
        "#!/bin/sh\ncd '{}' || exit 1\n[ -e once ] && exit 0\ntouch once\nunset GIT_DIR\n\
         new=$(git commit-tree '{BRANCH}^{{tree}}' -p '{BRANCH}' -m 'somebody was here')\n\
         git update-ref 'refs/heads/{BRANCH}' \"$new\"\n",
        bare.display()
    );
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, script).unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let output = bench.bump(&[&NEW[..], &["-o", "json"]].concat()).run().expect(0);
    assert_eq!(output.json()["landings"][0]["attempts"], 2, "{}", output.all());
    assert!(bench.show(&format!("{BRANCH}^")).contains("somebody was here"));
    assert!(
        bench
            .show(&format!("{BRANCH}:overlays/stg/kustomization.yaml"))
            .contains("1.5.0")
    );
}

#[test]
fn the_token_of_a_job_is_warned_of_and_asks_for_no_auto_merge() {
    let bench = bench();
    let server = format!("http://{}", bench.forge.address);
    let in_a_job = |words: &[&str]| {
        bench
            .bump(words)
            .env("RAKOPS_GITHUB_TOKEN", "")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_REPOSITORY", "acme/manifests")
            .env("GITHUB_SERVER_URL", &server)
            .env("GITHUB_TOKEN", TOKEN)
    };
    let output = in_a_job(&[&NEW[..], &["--auto-merge"]].concat()).run().expect(3);
    assert!(output.stderr.contains("checks-will-not-start"), "{}", output.all());
    assert!(output.stderr.contains("--allow job-token"), "{}", output.all());
    assert_eq!(bench.branches(), ["main"]);
    let output = in_a_job(&[&NEW[..], &["-o", "json"]].concat()).run().expect(0);
    assert_eq!(
        output.json()["warnings"][0]["code"],
        "checks-will-not-start",
        "{}",
        output.all()
    );
    // GitHub masks the token in its log; nobody else sees it.
    let text = output.all();
    let mut shown = text.lines().filter(|line| !line.starts_with("::add-mask::"));
    assert!(!shown.any(|line| line.contains(TOKEN)), "{text}");
    bench.forge.shelf().pulls[0].checks = Some("pending");
    let allowed = [&NEW[..], &["--auto-merge", "--allow", "job-token"]].concat();
    in_a_job(&allowed).run().expect(0);
    assert!(bench.forge.shelf().pulls[0].auto_merge.is_some());
}

#[test]
fn what_the_forge_lacks_is_said_and_is_an_error_only_when_told_so() {
    let bench = bench();
    let words = [&NEW[..], &["--reviewer", "nobody", "--label", "deploy"]].concat();
    let output = bench.bump(&words).run().expect(0);
    assert!(
        output
            .stderr
            .contains("pull request 1 is open without its reviewer nobody"),
        "{}",
        output.all()
    );
    assert!(
        output
            .stderr
            .contains("rakops pr create --head rakops/bump/stg/api --onto main --reviewer nobody"),
        "{}",
        output.all()
    );
    assert_eq!(bench.forge.shelf().pulls[0].labels, ["deploy"]);
    let output = bench.bump(&[&words[..], &["--strict"]].concat()).run().expect(3);
    assert!(
        output.stderr.starts_with("error[request-incomplete]"),
        "{}",
        output.all()
    );
    assert_eq!(bench.branches(), ["main", BRANCH]);
}

#[test]
fn auto_merge_that_is_not_to_be_had_merges_nothing() {
    let bench = bench();
    let before = bench.tip("main");
    let output = bench.bump(&[&NEW[..], &["--auto-merge"]].concat()).run().expect(3);
    assert!(
        output.stderr.starts_with("error[auto-merge-unavailable]"),
        "{}",
        output.all()
    );
    assert_eq!(bench.forge.shelf().pulls[0].state, "open");
    assert_eq!(bench.tip("main"), before);
    // Where the configuration wishes it, it is only said.
    bench.sandbox.file("rakops.yaml", "pull_request: {auto_merge: [stg]}\n");
    bench.sandbox.commit_all("configuration");
    bench.sandbox.git(["push", "--quiet", "origin", "main"]);
    let output = bench.bump(&["web=2.1.0", "--env", "stg"]).run().expect(0);
    assert!(
        output.stderr.contains("warning[auto-merge-unavailable]"),
        "{}",
        output.all()
    );
}

#[test]
fn a_key_that_no_comment_can_have_is_refused_before_anything_is_asked_and_in_a_trial_too() {
    let bench = bench();
    for key in ["", "a b", "a--b", "x-->"] {
        for flags in [&[][..], &["-n"]] {
            let words = ["comment", "1", "--key", key, "--body", "x"];
            let words: Vec<&str> = words.iter().chain(flags).copied().collect();
            let output = bench.pr(&words).run().expect(2);
            assert!(output.stderr.starts_with("error[comment-key]"), "{}", output.all());
        }
    }
    assert!(bench.forge.writes().is_empty());
}

//! `rakops terraform gate`: what may be applied, and every reason why something may not.

use serde_json::Value;

use crate::harness::cmd::Output;
use crate::harness::forges::gitea::Gitea;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::gitlab::GitLab;
use crate::harness::forges::shelf::Pull;
use crate::harness::forges::story::Way;
use crate::harness::forges::{Bench, Speaks, TOKEN};
use crate::harness::plan::assert_secret_free;

/// The root module of these tests.
const ROOT: &str = "overlays/prd";

/// A shop whose paths have owners.
fn owned(speaks: impl Speaks + 'static, owners: &str) -> Bench {
    let bench = Bench::shop(speaks);
    bench.sandbox.file("CODEOWNERS", owners);
    bench.sandbox.commit_all("who owns what");
    bench.sandbox.git(["push", "--quiet", "origin", "main"]);
    bench
}

/// A request of anna's that bob merged, and what is said of it; returns the merged commit, and the head.
fn land(bench: &Bench, way: Way, said: impl Fn(Pull, (&str, &str, &str)) -> Pull) -> (String, String) {
    let own = bench.topic("topic", &["2.0.0", "2.0.1"]);
    finish(bench, (way, own), said)
}

fn finish(
    bench: &Bench,
    (way, own): (Way, Vec<String>),
    said: impl Fn(Pull, (&str, &str, &str)) -> Pull,
) -> (String, String) {
    bench.sandbox.advance(60);
    let before = bench.time();
    let commits = bench.land("topic", way);
    let last = commits.last().unwrap();
    let pull = Pull::merged(57, ("topic", "main"), (&own[1], last))
        .by("anna")
        .at(&bench.time(), "bob")
        .checked("success");
    bench.know(said(pull, (&before, &own[1], &own[0])), &commits);
    (last.clone(), own[1].clone())
}

fn approved(by: &'static str) -> impl Fn(Pull, (&str, &str, &str)) -> Pull {
    move |pull, (before, head, _)| pull.reviewed(by, "APPROVED", (before, head))
}

fn gate(bench: &Bench, words: &[&str], code: i32) -> Output {
    let words = ["terraform", "gate", "--root", ROOT].iter().chain(words).copied();
    bench.rakops(words).run().expect(code)
}

/// The codes of the reasons, of the record.
fn reasons(bench: &Bench, words: &[&str]) -> Vec<String> {
    let _ = std::fs::remove_file(bench.sandbox.path("audit.jsonl"));
    let words = ["--write", "audit.jsonl"].iter().chain(words).copied();
    let output = gate(bench, &words.collect::<Vec<_>>(), 3);
    assert!(output.stderr.contains("error[gate-closed]"), "{}", output.all());
    let record: Value = serde_json::from_str(&bench.sandbox.read("audit.jsonl")).unwrap();
    assert_eq!(record["open"], false);
    let codes = record["reasons"].as_array().unwrap().iter().map(|it| {
        let code = it["code"].as_str().unwrap().to_owned();
        assert!(output.stderr.contains(&format!("{code}: ")), "{}", output.all());
        code
    });
    codes.collect()
}

#[test]
fn what_was_approved_by_an_owner_and_is_as_planned_may_be_applied_on_every_forge() {
    for way in [Way::Merge, Way::Squash, Way::Rebase] {
        let benches = [
            owned(GitHub, "* @carol\n"),
            owned(GitLab, "* @carol\n"),
            owned(Gitea, ".* @carol\n"),
        ];
        for bench in benches {
            let (commit, head) = land(&bench, way, approved("carol"));
            bench.sandbox.file("../tfplan", "PK plain-attribute-marker");
            let words = ["--also", "base", "--plan", "../tfplan", "--write", "../audit.jsonl"];
            let output = gate(&bench, &words, 0);
            assert!(
                output.stdout().contains("approved by carol, a code owner, "),
                "{way:?} {}",
                output.all()
            );
            assert!(
                output
                    .stdout()
                    .contains(&format!("{ROOT} is what was planned at {}", &head[..7])),
                "{}",
                output.all()
            );
            let record = bench.sandbox.read("../audit.jsonl");
            assert_eq!(record.lines().count(), 1);
            assert_secret_free(&record);
            let record: Value = serde_json::from_str(&record).unwrap();
            assert_eq!(record["open"], true);
            assert_eq!(record["commit"], commit.as_str());
            assert_eq!(record["planned_commit"], head.as_str());
            assert_eq!(record["pull_request"]["author"], "anna");
            assert_eq!(record["approvals"][0]["code_owner"], "yes");
            assert_eq!(record["code_owners"], "CODEOWNERS");
            assert_eq!(record["plan"]["sha256"].as_str().unwrap().len(), 64);
            assert_eq!(record["paths"][1]["path"], "base");
            let named = gate(&bench, &[&commit, "-o", "name", "--write", "../audit.jsonl", "-n"], 0);
            assert_eq!(named.stdout(), format!("{commit}\n"));
            assert_eq!(
                bench.sandbox.read("../audit.jsonl").lines().count(),
                1,
                "a dry run writes nothing"
            );
            let document = gate(&bench, &["--pr", "57", "-o", "json"], 0).json();
            assert_eq!(document["command"], "terraform gate");
            assert_eq!(document["commit"], commit.as_str());
        }
    }
}

#[test]
fn each_flaw_of_a_review_is_a_reason() {
    type Said = fn(Pull, (&str, &str, &str)) -> Pull;
    let cases: [(&str, Said); 9] = [
        ("not-approved", |pull, _| pull),
        ("not-approved", |pull, (at, head, _)| {
            pull.reviewed("carol", "COMMENTED", (at, head))
        }),
        ("self-approved", |pull, (at, head, _)| {
            pull.reviewed("anna", "APPROVED", (at, head))
        }),
        ("approved-older-commit", |pull, (at, _, older)| {
            pull.reviewed("carol", "APPROVED", (at, older))
        }),
        ("approved-after-merge", |pull, (_, head, _)| {
            pull.reviewed("carol", "APPROVED", ("2099-01-01T00:00:00Z", head))
        }),
        ("not-approved", |pull, (at, head, _)| {
            pull.reviewed("carol", "DISMISSED", (at, head))
        }),
        ("changes-requested", |pull, (at, head, _)| {
            pull.reviewed("carol", "APPROVED", (at, head))
                .reviewed("dave", "CHANGES_REQUESTED", (at, head))
        }),
        ("not-code-owner", |pull, (at, head, _)| {
            pull.reviewed("dave", "APPROVED", (at, head))
        }),
        ("checks-failed", |pull, (at, head, _)| {
            pull.reviewed("carol", "APPROVED", (at, head)).checked("failure")
        }),
    ];
    for (wanted, said) in cases {
        let bench = owned(GitHub, "* @carol\n");
        let _ = land(&bench, Way::Squash, said);
        let told = reasons(&bench, &[]);
        assert!(told.iter().any(|code| code == wanted), "{wanted}: {told:?}");
        let only_reviews = told.iter().all(|code| code != "plan-again");
        assert!(only_reviews, "{told:?}");
    }
}

#[test]
fn every_changed_path_wants_its_owner_also_those_of_earlier_commits_of_a_rebase() {
    for way in [Way::Merge, Way::Squash, Way::Rebase] {
        let bench = owned(GitHub, "* @carol\n/base/ @erin\n");
        let sandbox = &bench.sandbox;
        sandbox.git(["switch", "--quiet", "--create", "topic", "main"]);
        sandbox.file("base/more.yaml", "a: 1\n");
        let first = sandbox.commit_all("base");
        sandbox.file(&format!("{ROOT}/more.yaml"), "a: 1\n");
        let second = sandbox.commit_all("prd");
        sandbox.git(["push", "--quiet", "origin", "topic"]);
        sandbox.git(["switch", "--quiet", "main"]);
        let _ = finish(&bench, (way, vec![first, second]), approved("carol"));
        assert_eq!(reasons(&bench, &[]), ["not-code-owner"], "{way:?}");
    }
}

#[test]
fn a_team_that_cannot_be_resolved_is_named_and_one_that_can_is_asked() {
    let bench = owned(GitHub, "* @acme/sre\n");
    let _ = land(&bench, Way::Merge, approved("carol"));
    let output = gate(&bench, &[], 3);
    assert!(
        output
            .stderr
            .contains("the members of the team `acme/sre` are not told to this token"),
        "{}",
        output.all()
    );
    bench
        .forge
        .shelf()
        .past
        .teams
        .insert("acme/sre".into(), vec!["Carol".into()]);
    let _ = gate(&bench, &[], 0);
    bench
        .forge
        .shelf()
        .past
        .teams
        .insert("acme/sre".into(), vec!["dave".into()]);
    assert_eq!(reasons(&bench, &[]), ["not-code-owner"]);
}

#[test]
fn the_owners_are_those_of_the_base_and_not_those_that_the_request_brings() {
    let bench = owned(GitHub, "* @carol\n");
    let sandbox = &bench.sandbox;
    sandbox.git(["switch", "--quiet", "--create", "topic", "main"]);
    sandbox.file("CODEOWNERS", "* @mallory\n");
    let first = sandbox.commit_all("mine now");
    sandbox.file(&format!("{ROOT}/more.yaml"), "a: 1\n");
    let second = sandbox.commit_all("prd");
    sandbox.git(["push", "--quiet", "origin", "topic"]);
    sandbox.git(["switch", "--quiet", "main"]);
    let _ = finish(&bench, (Way::Squash, vec![first, second]), approved("mallory"));
    assert_eq!(reasons(&bench, &[]), ["not-code-owner"]);
}

#[test]
fn what_was_not_planned_as_it_is_wants_a_new_plan() {
    let bench = owned(GitHub, "* @carol\n");
    let own = bench.topic("topic", &["2.0.0", "2.0.1"]);
    let sandbox = &bench.sandbox;
    sandbox.file("base/other.yaml", "b: 1\n");
    sandbox.commit_all("meanwhile");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    let base = sandbox.git(["rev-parse", "HEAD"]).trim().to_owned();
    // The merge that a forge checks out for its checks is of the base as it is now.
    let tree = sandbox
        .git(["merge-tree", "--write-tree", &base, &own[1]])
        .trim()
        .to_owned();
    let merge = sandbox
        .git(["commit-tree", &tree, "-p", &base, "-p", &own[1], "-m", "test"])
        .trim()
        .to_owned();
    let (_, head) = finish(&bench, (Way::Squash, own.clone()), approved("carol"));
    let _ = gate(&bench, &[], 0);
    assert_eq!(reasons(&bench, &["--also", "base"]), ["plan-again"]);
    let _ = gate(&bench, &["--also", "base", "--plan-commit", &merge], 0);
    let _ = gate(&bench, &["--plan-commit", &head], 0);
    assert_eq!(
        reasons(&bench, &["--plan-commit", &own[0]]),
        ["plan-of-another-commit", "plan-again"]
    );
    let nothing = "0123456789012345678901234567890123456789";
    assert!(reasons(&bench, &["--plan-commit", nothing]).contains(&"plan-commit-missing".to_owned()));
}

#[test]
fn what_nobody_requested_is_refused_and_so_is_what_cannot_be_told() {
    let bench = owned(GitHub, "* @carol\n");
    let _ = bench.topic("topic", &["2.0.0", "2.0.1"]);
    let _ = bench.land("topic", Way::Push);
    assert_eq!(reasons(&bench, &[]), ["no-pull-request"]);
    bench.forge.shelf().past.closed.insert("associatedPullRequests");
    let told = reasons(&bench, &[]);
    assert!(
        told.iter().all(|code| code == "approval-unknown") && !told.is_empty(),
        "{told:?}"
    );
}

#[test]
fn an_open_request_is_judged_on_its_present_head() {
    let bench = owned(GitHub, "* @carol\n");
    let own = bench.topic("topic", &["2.0.0", "2.0.1"]);
    let created = ["create", "--head", "topic", "--title", "prd"];
    let _ = bench.pr(&created).run().expect(0);
    bench.forge.shelf().pulls[0].checks = Some("success");
    assert_eq!(reasons(&bench, &["--pr", "1"]), ["not-approved", "not-code-owner"]);
    bench.forge.shelf().pulls[0].reviews.push(("carol".into(), "APPROVED"));
    let output = gate(&bench, &["--pr", "1", "-o", "name"], 0);
    assert_eq!(output.stdout(), format!("{}\n", own[1]));
    // The base moves on under the root.
    let _ = bench.commit("main", (&format!("{ROOT}/other.yaml"), "b: 1\n"));
    assert_eq!(reasons(&bench, &["--pr", "1"]), ["plan-again"]);
    bench.forge.shelf().pulls[0].state = "closed";
    assert_eq!(reasons(&bench, &["--pr", "1"]), ["no-merged-commit"]);
}

#[test]
fn words_that_are_wrong_and_a_missing_token_are_told_before_anything_is_asked() {
    let bench = owned(GitHub, "* @carol\n");
    let _ = land(&bench, Way::Squash, approved("carol"));
    let words = ["terraform", "gate", "--root", ROOT];
    let output = bench
        .rakops(words.into_iter())
        .env(bench.speaks().variable(), "")
        .run()
        .expect(4);
    assert!(output.stderr.contains("error[no-token]"), "{}", output.all());
    let _ = gate(&bench, &["--root", "nowhere"], 5);
    let _ = gate(&bench, &["--root", "../elsewhere"], 2);
    let _ = gate(&bench, &["--plan", "missing"], 5);
    let _ = gate(&bench, &["--plan-commit", "abc"], 2);
    let _ = gate(&bench, &["no-such-commit"], 5);
    let _ = gate(&bench, &["--pr", "99"], 5);
    let output = gate(&bench, &["-vv", "--write", "no/such/directory"], 6);
    assert!(!output.all().contains(TOKEN), "{}", output.all());
}

#[test]
fn a_shallow_checkout_of_a_squash_fetches_what_it_lacks() {
    let bench = owned(GitHub, "* @carol\n");
    let _ = land(&bench, Way::Squash, approved("carol"));
    let sandbox = &bench.sandbox;
    let remote = format!("file://{}", sandbox.remote_path().display());
    sandbox.git_in(sandbox.root(), ["clone", "--quiet", "--depth", "1", &remote, "shallow"]);
    let words = ["terraform", "gate", "--root", ROOT];
    let cmd = bench.rakops(words.into_iter()).cwd(sandbox.root().join("shallow"));
    let output = cmd.run().expect(0);
    assert!(
        output.stdout().contains("approved by carol, a code owner"),
        "{}",
        output.all()
    );
}

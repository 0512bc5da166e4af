//! `rakops promote` under chain: FROM's branch, frozen, is merged into TO's.
//!
//! Source: PROMOTION.md, sections 2, 3, 5 and 7. What the plans are in each corner: `src/strategy/tests/`.

use crate::harness::Sandbox;
use crate::harness::cmd::Output;

const CONFIG: &str = "\
strategy: chain
environments:
- {name: dev, branch: develop, path: overlays/dev}
- {name: stg, branch: staging, path: overlays/stg}
- {name: prd, branch: main, path: overlays/prd, protected: false}
";

const API: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      containers:
      - {name: api, image: 'ghcr.io/acme/api:1.4.0'}
";

fn overlay(version: &str) -> String {
    format!("resources:\n- ../../base\nimages:\n- name: ghcr.io/acme/api\n  newTag: {version}   # by hand\n")
}

fn file(environment: &str) -> String {
    format!("overlays/{environment}/kustomization.yaml")
}

/// Three branches at one commit, all at 1.4.1, and a remote that has them.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let pinned = overlay("1.4.1");
    sandbox.files(&[
        ("rakops.yaml", CONFIG),
        ("base/kustomization.yaml", "resources:\n- api.yaml\n"),
        ("base/api.yaml", API),
        ("app.env", "POOL=1\n"),
    ]);
    for environment in ["dev", "stg", "prd"] {
        sandbox.file(&file(environment), &pinned);
    }
    sandbox.commit_all("a shop");
    sandbox.git(["branch", "develop"]);
    sandbox.git(["branch", "staging"]);
    sandbox.remote();
    sandbox
}

/// Commits files on a branch, and pushes it.
fn put(sandbox: &Sandbox, (branch, message): (&str, &str), files: &[(&str, &str)]) -> String {
    let reference = format!("refs/remotes/origin/{branch}");
    sandbox.git(["fetch", "--quiet", "origin"]);
    sandbox.git(["switch", "--quiet", "--force-create", branch, &reference]);
    sandbox.files(files);
    let id = sandbox.commit_all(message);
    sandbox.git(["push", "--quiet", "origin", branch]);
    id
}

#[track_caller]
fn promote(sandbox: &Sandbox, words: &[&str], code: i32) -> Output {
    sandbox.advance(60);
    let all = ["promote"].iter().chain(words).chain(&["--push", "-y"]);
    sandbox.rakops(all).run().expect(code)
}

/// A file of a branch of the remote.
fn at(sandbox: &Sandbox, object: &str) -> String {
    sandbox.git_at_remote(&["show", object])
}

#[test]
fn a_promotion_is_a_merge_commit_with_everything_that_rode_along_and_the_target_runs_it() {
    let sandbox = shop();
    put(&sandbox, ("staging", "Set the pool to 2"), &[("app.env", "POOL=2\n")]);
    let tip = put(&sandbox, ("staging", "bump stg"), &[(&file("stg"), &overlay("1.4.2"))]);
    let before = sandbox.remote_tip("main");
    let output = promote(&sandbox, &["stg", "prd", "-o", "json"], 0).json();
    let titles: Vec<&str> = output["rides_along"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["bump stg", "Set the pool to 2"], "{output}");
    assert_eq!(
        (&output["strategy"], &output["kind"]),
        (&"chain".into(), &"whole".into())
    );
    assert_eq!(output["sites"][0]["to"], "1.4.2");
    let parents = sandbox.git_at_remote(&["rev-list", "--parents", "-1", "main"]);
    assert_eq!(parents.trim(), format!("{} {before} {tip}", sandbox.remote_tip("main")));
    assert_eq!(at(&sandbox, "main:app.env"), "POOL=2\n");
    assert_eq!(at(&sandbox, &format!("main:{}", file("prd"))), overlay("1.4.2"));
    let message = sandbox.git_at_remote(&["log", "-1", "--format=%B", "main"]);
    assert!(
        message.contains(&format!("Rakops-Promoted: stg -> prd {tip}")),
        "{message}"
    );
    let again = promote(&sandbox, &["stg", "prd", "-o", "json"], 0).json();
    assert_eq!(again["changed"], false, "{again}");
    sandbox.fsck();
}

#[test]
fn promotions_that_were_squashed_are_followed_by_clean_ones() {
    let sandbox = shop();
    put(&sandbox, ("staging", "pool"), &[("app.env", "POOL=2\n")]);
    promote(&sandbox, &["stg", "prd"], 0);
    // As a forge does it that squashes: one parent, and the message as a list.
    let message = sandbox.git_at_remote(&["log", "-1", "--format=%B", "main"]);
    let squashed: String = message.lines().map(|line| format!("* {line}\n")).collect();
    let tree = sandbox.git_at_remote(&["rev-parse", "main^{tree}"]);
    let parent = sandbox.git_at_remote(&["rev-parse", "main^"]);
    let words = ["commit-tree", tree.trim(), "-p", parent.trim(), "-m", &squashed];
    let commit = sandbox.git(words);
    sandbox.git([
        "push",
        "--quiet",
        "--force",
        "origin",
        &format!("{}:refs/heads/main", commit.trim()),
    ]);
    // A plain merge would find both sides to have changed it since the fork.
    put(&sandbox, ("staging", "more"), &[("app.env", "POOL=3\n")]);
    let output = promote(&sandbox, &["stg", "prd", "-o", "json"], 0).json();
    assert_eq!(output["rides_along"].as_array().unwrap().len(), 1, "{output}");
    assert_eq!(at(&sandbox, "main:app.env"), "POOL=3\n");
}

#[test]
fn what_was_reverted_on_the_target_comes_back_only_when_it_is_allowed() {
    let sandbox = shop();
    put(&sandbox, ("staging", "pool"), &[("app.env", "POOL=2\n")]);
    promote(&sandbox, &["stg", "prd"], 0);
    sandbox.git(["fetch", "--quiet", "origin"]);
    sandbox.git([
        "switch",
        "--quiet",
        "--force-create",
        "main",
        "refs/remotes/origin/main",
    ]);
    sandbox.advance(60);
    sandbox.git(["revert", "--no-edit", "-m", "1", "HEAD"]);
    sandbox.git(["push", "--quiet", "origin", "main"]);
    put(&sandbox, ("staging", "bump stg"), &[(&file("stg"), &overlay("1.4.2"))]);
    let refused = promote(&sandbox, &["stg", "prd"], 3);
    assert!(
        refused.stderr.contains("error[rolled-back]: this brings back"),
        "{}",
        refused.all()
    );
    assert!(
        refused.stderr.contains("rolled back on 2026-01-01 by Sandy Box"),
        "{}",
        refused.all()
    );
    assert!(refused.stderr.contains("--allow rolled-back"), "{}", refused.all());
    let output = promote(&sandbox, &["stg", "prd", "--allow", "rolled-back", "-o", "json"], 0).json();
    assert_eq!(output["brings_back"].as_array().unwrap().len(), 1, "{output}");
    assert_eq!(at(&sandbox, "main:app.env"), "POOL=2\n");
    assert_eq!(at(&sandbox, &format!("main:{}", file("prd"))), overlay("1.4.2"));
}

#[test]
fn a_conflict_of_versions_is_settled_and_any_other_shows_both_sides() {
    let sandbox = shop();
    put(
        &sandbox,
        ("main", "bump stg on main"),
        &[(&file("stg"), &overlay("1.4.1-x"))],
    );
    put(&sandbox, ("staging", "bump stg"), &[(&file("stg"), &overlay("1.4.2"))]);
    let output = promote(&sandbox, &["stg", "prd", "-o", "json"], 0).json();
    assert_eq!(output["resolved"][0]["rule"], "source-of-environment", "{output}");
    assert_eq!(at(&sandbox, &format!("main:{}", file("stg"))), overlay("1.4.2"));
    put(&sandbox, ("main", "pool on main"), &[("app.env", "POOL=8\n")]);
    put(&sandbox, ("staging", "pool"), &[("app.env", "POOL=9\n")]);
    let refused = promote(&sandbox, &["stg", "prd"], 7);
    let said = &refused.stderr;
    assert!(
        said.contains("error[merge-conflict]: `stg` and `prd` have both changed `app.env`"),
        "{}",
        refused.all()
    );
    assert!(
        said.contains("--> app.env:1") && said.contains("POOL=8") && said.contains("POOL=9"),
        "{}",
        refused.all()
    );
}

#[test]
fn a_hotfix_is_named_with_the_command_that_carries_it_back_and_carried_back_by_it() {
    let sandbox = shop();
    put(
        &sandbox,
        ("main", "Fix the crash"),
        &[("fix.env", "FIX=1\n"), (&file("prd"), &overlay("1.4.1-fix"))],
    );
    put(&sandbox, ("staging", "pool"), &[("app.env", "POOL=2\n")]);
    // The fix would be lost: stg never ran it.
    let refused = promote(&sandbox, &["stg", "prd"], 3);
    assert!(refused.stderr.contains("error[overwrite]"), "{}", refused.all());
    let output = promote(&sandbox, &["stg", "prd", "-n", "--allow", "overwrite,downgrade"], 0);
    assert!(
        output.stderr.contains("`prd` has 1 commit that `stg` lacks"),
        "{}",
        output.all()
    );
    assert!(
        output.stderr.contains("rakops promote prd stg --backport"),
        "{}",
        output.all()
    );
    promote(&sandbox, &["prd", "stg", "--backport"], 0);
    assert_eq!(at(&sandbox, "staging:fix.env"), "FIX=1\n");
    assert_eq!(at(&sandbox, "staging:app.env"), "POOL=2\n");
    assert_eq!(at(&sandbox, &format!("staging:{}", file("stg"))), overlay("1.4.1"));
    let output = promote(
        &sandbox,
        &["stg", "prd", "--allow", "overwrite,downgrade", "-o", "json"],
        0,
    )
    .json();
    assert_eq!(output["only_in_target"].as_array().unwrap().len(), 0, "{output}");
    assert_eq!(at(&sandbox, "main:fix.env"), "FIX=1\n");
}

#[test]
fn an_application_that_follows_staging_does_not_reach_production() {
    let sandbox = shop();
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: api}\nspec:\n  source:\n    repoURL: https://example.com/acme/manifests\n    path: overlays/prd\n    targetRevision: staging\n";
    put(&sandbox, ("staging", "Deliver it"), &[("apps/api.yaml", application)]);
    let refused = promote(&sandbox, &["stg", "prd"], 3);
    assert!(refused.stderr.contains("error[foreign-ref]"), "{}", refused.all());
    assert!(refused.stderr.contains("--> apps/api.yaml:8:21"), "{}", refused.all());
    promote(&sandbox, &["stg", "prd", "--allow", "foreign-ref"], 0);
}

#[test]
fn a_train_carries_one_commit_through_every_environment() {
    let sandbox = shop();
    let tip = put(
        &sandbox,
        ("develop", "pool"),
        &[("app.env", "POOL=2\n"), (&file("dev"), &overlay("1.4.2"))],
    );
    promote(&sandbox, &["dev", "--through", "prd"], 0);
    for (branch, environment) in [("staging", "stg"), ("main", "prd")] {
        assert_eq!(at(&sandbox, &format!("{branch}:app.env")), "POOL=2\n");
        assert_eq!(
            at(&sandbox, &format!("{branch}:{}", file(environment))),
            overlay("1.4.2")
        );
        let contained = sandbox.git_at_remote(&["branch", "--contains", &tip]);
        assert!(contained.contains(branch), "{contained}");
    }
}

#[test]
fn a_checkout_of_one_commit_fetches_what_it_needs() {
    let sandbox = shop();
    put(&sandbox, ("staging", "pool"), &[("app.env", "POOL=2\n")]);
    put(&sandbox, ("main", "own"), &[("own.env", "OWN=1\n")]);
    let url = format!("file://{}", sandbox.remote_path().display());
    let clone = sandbox.root().join("shallow");
    sandbox.git([
        "clone",
        "--quiet",
        "--depth",
        "1",
        "--branch",
        "main",
        &url,
        &clone.to_string_lossy(),
    ]);
    let words = ["promote", "stg", "prd", "--push", "-y"];
    sandbox.advance(60);
    sandbox.rakops(words).cwd(&clone).run().expect(0);
    assert_eq!(at(&sandbox, "main:app.env"), "POOL=2\n");
    assert_eq!(at(&sandbox, "main:own.env"), "OWN=1\n");
}

#[test]
fn a_base_that_others_build_on_is_left_alone_and_the_overlay_gets_an_entry() {
    let sandbox = shop();
    let worker = API
        .replace("name: api", "name: worker")
        .replace("acme/api:1.4.0", "acme/worker:2.0.0");
    let base = [
        ("base/kustomization.yaml", "resources: [api.yaml, worker.yaml]\n"),
        ("base/worker.yaml", &*worker),
    ];
    for branch in ["develop", "staging"] {
        put(&sandbox, (branch, "a worker"), &base);
    }
    let pinned = overlay("1.4.1") + "- name: ghcr.io/acme/worker\n  newTag: 2.1.0\n";
    put(&sandbox, ("develop", "worker 2.1.0"), &[(&file("dev"), &pinned)]);
    promote(&sandbox, &["dev", "stg"], 0);
    assert_eq!(at(&sandbox, "staging:base/worker.yaml"), worker);
    assert_eq!(at(&sandbox, "staging:overlays/stg/kustomization.yaml"), pinned);
}

/// Two settings, far from one another.
fn settings(first: &str, last: &str) -> String {
    format!("FIRST={first}\n{}LAST={last}\n", "# stays\n".repeat(20))
}

fn set(sandbox: &Sandbox, (branch, message): (&str, &str), text: &str) -> String {
    put(sandbox, (branch, message), &[("app.env", text)])
}

/// Reverts a commit on a branch by git's own words.
fn reverted(sandbox: &Sandbox, (branch, commit): (&str, &str)) {
    let reference = format!("refs/remotes/origin/{branch}");
    sandbox.git(["fetch", "--quiet", "origin"]);
    sandbox.git(["switch", "--quiet", "--force-create", branch, &reference]);
    sandbox.advance(60);
    sandbox.git(["revert", "--no-edit", commit]);
    sandbox.git(["push", "--quiet", "origin", branch]);
}

/// Promotes staging, and squashes that: nothing but its trailer says what it has carried.
fn promote_squashed(sandbox: &Sandbox) {
    promote(sandbox, &["stg", "prd", "--allow", "rolled-back"], 0);
    let message = sandbox.git_at_remote(&["log", "-1", "--format=%B", "main"]);
    let tree = sandbox.git_at_remote(&["rev-parse", "main^{tree}"]);
    let squashed = sandbox.git_at_remote(&["commit-tree", tree.trim(), "-p", "main^1", "-m", &message]);
    sandbox.git_at_remote(&["update-ref", "refs/heads/main", squashed.trim()]);
}

/// Why `drift` says that a change waits; nothing if it does not.
fn why_pending(sandbox: &Sandbox, title: &str) -> Vec<String> {
    let said = sandbox.rakops(["drift", "--all", "-o", "json"]).run().json();
    let pending = said["pending"].as_array().unwrap().iter();
    let of = pending.filter(|it| it["title"] == title);
    of.map(|it| it["why"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_revert_of_what_came_after_a_rollback_waits_and_was_not_rolled_back_itself() {
    let sandbox = shop();
    set(&sandbox, ("staging", "Begin"), &settings("1", "1"));
    promote(&sandbox, &["stg", "prd"], 0);
    set(&sandbox, ("staging", "Set the first"), &settings("2", "1"));
    let squash = set(&sandbox, ("main", "Promote stg to prd (#8)"), &settings("2", "1"));
    reverted(&sandbox, ("main", &squash));
    let last = set(&sandbox, ("staging", "Set the last"), &settings("2", "2"));
    promote_squashed(&sandbox);
    reverted(&sandbox, ("staging", &last));
    assert_eq!(why_pending(&sandbox, "Revert \"Set the last\""), ["pending"]);
}

#[test]
fn a_revert_that_was_carried_waits_again_where_the_change_came_again() {
    let sandbox = shop();
    set(&sandbox, ("staging", "Begin"), &settings("1", "1"));
    let first = set(&sandbox, ("staging", "Set the first"), &settings("2", "1"));
    promote_squashed(&sandbox);
    reverted(&sandbox, ("staging", &first));
    promote_squashed(&sandbox);
    assert_eq!(why_pending(&sandbox, "Revert \"Set the first\""), Vec::<String>::new());
    set(&sandbox, ("main", "Set the first"), &settings("2", "1"));
    assert_eq!(
        why_pending(&sandbox, "Revert \"Set the first\""),
        ["rolled-back"],
        "by whoever brought it again"
    );
}

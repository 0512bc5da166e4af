//! `rakops promote` of a base change under trial: the branch goes on from environment to environment, and ends in one commit.
//!
//! Source: PROMOTION.md, section 6, "Base change".

use crate::harness::Sandbox;
use crate::harness::cmd::Output;
use crate::harness::trial::{FEATURE, application};

/// The shop on Argo CD; dev follows the branch of the trial.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop_on_argo();
    track(&sandbox, &["dev", FEATURE]);
    sandbox
}

#[track_caller]
fn track(sandbox: &Sandbox, words: &[&str]) {
    let all = ["track"].iter().chain(words).chain(&["--push", "--allow", "protected"]);
    sandbox.rakops(all).run().expect(0);
}

#[track_caller]
fn promote(sandbox: &Sandbox, words: &[&str], code: i32) -> Output {
    sandbox.advance(60);
    let all = ["promote"]
        .iter()
        .chain(words)
        .chain(&["--push", "--allow", "protected"]);
    sandbox.rakops(all).run().expect(code)
}

fn followed(sandbox: &Sandbox, environment: &str) -> String {
    sandbox.git_at_remote(&["show", &format!("main:argocd/{environment}.yaml")])
}

#[test]
fn the_trial_moves_to_the_next_environment_and_ends_at_the_last_in_one_commit() {
    let sandbox = shop();
    let output = promote(&sandbox, &["dev", "stg", "-o", "json"], 0);
    let said = output.json();
    assert_eq!(
        said["tracks"],
        serde_json::json!([{ "environment": "stg", "from": "main", "to": FEATURE }]),
        "{said}"
    );
    assert_eq!(
        followed(&sandbox, "stg"),
        application("stg").replace("targetRevision: main ", &format!("targetRevision: {FEATURE} "))
    );
    assert_eq!(followed(&sandbox, "prd"), application("prd"));
    let again = promote(&sandbox, &["dev", "stg"], 0);
    assert!(again.stderr.contains("nothing to land"), "{}", again.all());

    let before = sandbox.remote_commits("main");
    let output = promote(&sandbox, &["stg", "prd"], 0);
    assert!(output.stderr.contains("can be deleted"), "{}", output.all());
    for environment in ["dev", "stg", "prd"] {
        assert_eq!(followed(&sandbox, environment), application(environment));
    }
    assert!(sandbox.git_at_remote(&["show", "main:base/api.yaml"]).contains("1.6.0"));
    let parents = sandbox.git_at_remote(&["log", "-1", "--format=%P", "main"]);
    assert_eq!(
        parents.split_whitespace().count(),
        2,
        "a merge and the resets are one commit"
    );
    let line = sandbox.git_at_remote(&["rev-list", "--count", "--first-parent", "main"]);
    assert_eq!(line.trim().parse::<usize>().unwrap(), before + 1);
    assert_eq!(
        sandbox.remote_tip(FEATURE),
        parents.split_whitespace().nth(1).unwrap(),
        "the branch stays"
    );
}

#[test]
fn what_would_get_it_untried_is_refused_by_name() {
    let sandbox = shop();
    let tip = sandbox.remote_tip("main");
    let output = promote(&sandbox, &["dev", "prd", "--allow", "skip"], 3);
    assert!(output.stderr.contains("error[untried]"), "{}", output.all());
    assert!(
        output.stderr.contains(&format!("rakops track stg {FEATURE}")),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.remote_tip("main"), tip);
    promote(&sandbox, &["dev", "prd", "--allow", "skip,untried"], 0);
    assert!(sandbox.git_at_remote(&["show", "main:base/api.yaml"]).contains("1.6.0"));
}

#[test]
fn an_environment_on_another_trial_is_never_pointed_elsewhere() {
    let sandbox = shop();
    sandbox.git(["push", "--quiet", "origin", &format!("{FEATURE}:feature/other")]);
    track(&sandbox, &["stg", "feature/other"]);
    let output = promote(&sandbox, &["dev", "stg"], 3);
    assert!(output.stderr.contains("error[retrack]"), "{}", output.all());
    // The end of one trial leaves the other alone.
    promote(&sandbox, &["dev", "prd", "--allow", "skip,untried"], 0);
    assert!(followed(&sandbox, "stg").contains("feature/other"));
    assert_eq!(followed(&sandbox, "dev"), application("dev"));
}

#[test]
fn a_branch_that_does_not_merge_is_refused_with_the_command_that_helps() {
    let sandbox = shop();
    track(&sandbox, &["stg", FEATURE]);
    sandbox.change_on_main("base/api.yaml", "1.4.0", "1.5.0");
    let output = promote(&sandbox, &["stg", "prd"], 7);
    assert!(output.stderr.contains("error[merge-conflict]"), "{}", output.all());
    assert!(
        output.stderr.contains(&format!("git switch {FEATURE}")),
        "{}",
        output.all()
    );
}

#[test]
fn versions_go_to_an_environment_on_a_trial_only_when_the_branch_is_named() {
    let sandbox = shop();
    let config = "strategy: trunk\nenvironments:\n- {name: dev, track: {file: argocd/dev.yaml, name: shop-dev}}\n- {name: stg}\n- {name: prd}\n";
    sandbox.put(("main", "say what is followed"), &[("rakops.yaml", config)]);
    let output = sandbox
        .rakops(["bump", "api=1.7.0", "--env", "dev", "--push"])
        .run()
        .expect(3);
    assert!(output.stderr.contains("error[on-trial]"), "{}", output.all());
    assert!(output.stderr.contains("--onto"), "{}", output.all());
    sandbox
        .rakops(["bump", "api=1.7.0", "--env", "dev", "--push", "--on", FEATURE])
        .run()
        .expect(0);
    let there = sandbox.git_at_remote(&["show", &format!("{FEATURE}:overlays/dev/kustomization.yaml")]);
    assert!(there.contains("1.7.0"), "{there}");
}

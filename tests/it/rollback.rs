//! `rakops rollback`: by landings, with the settings that came along.

use crate::harness::Sandbox;
use crate::harness::cmd::Output;
use crate::harness::train::{file, overlay};

const PRD: &str = "overlays/prd/kustomization.yaml";

/// A trunk with two directories, production not protected.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file(
        "rakops.yaml",
        "strategy: trunk\nenvironments:\n- {name: stg}\n- {name: prd, protected: false}\n",
    );
    sandbox.file(PRD, overlay("1.0.0"));
    sandbox.file(
        "overlays/prd/app.yaml",
        "kind: ConfigMap\nmetadata: {name: app}\ndata:\n  POOL: '1'\n",
    );
    sandbox.commit_all("two environments");
    sandbox.remote();
    sandbox
}

#[track_caller]
fn rollback(sandbox: &Sandbox, words: &[&str], code: i32) -> Output {
    sandbox.advance(60);
    let all = ["rollback", "prd"].iter().chain(words).chain(&["--push"]);
    sandbox.rakops(all).run().expect(code)
}

fn bump(sandbox: &Sandbox, version: &str) -> String {
    sandbox.put(("main", &format!("api {version}")), &[(PRD, &overlay(version))])
}

#[test]
fn twice_in_a_row_goes_back_twice() {
    let sandbox = shop();
    for version in ["1.1.0", "1.2.0"] {
        bump(&sandbox, version);
    }
    let last = sandbox.remote_tip("main");
    rollback(&sandbox, &[], 0);
    assert_eq!(sandbox.there(&format!("main:{PRD}")), overlay("1.1.0"));
    let message = sandbox.git_at_remote(&["log", "-1", "--format=%B", "main"]);
    assert!(message.contains(&format!("Rakops-Rollback: {last}")), "{message}");
    rollback(&sandbox, &[], 0);
    assert_eq!(sandbox.there(&format!("main:{PRD}")), overlay("1.0.0"));
    let output = rollback(&sandbox, &[], 5);
    assert!(
        output.stderr.contains("error[nothing-to-roll-back]"),
        "{}",
        output.all()
    );
}

#[test]
fn several_steps_and_a_named_state_are_one_commit() {
    let sandbox = shop();
    let first = bump(&sandbox, "1.1.0");
    bump(&sandbox, "1.2.0");
    bump(&sandbox, "1.3.0");
    rollback(&sandbox, &["--steps", "2"], 0);
    assert_eq!(sandbox.there(&format!("main:{PRD}")), overlay("1.1.0"));
    bump(&sandbox, "1.4.0");
    let before = sandbox.remote_commits("main");
    rollback(&sandbox, &["--to", &first], 0);
    assert_eq!(sandbox.there(&format!("main:{PRD}")), overlay("1.1.0"));
    assert_eq!(sandbox.remote_commits("main"), before + 1);
    let output = rollback(&sandbox, &["--to", "nothing"], 5);
    assert!(output.stderr.contains("error[revision-not-found]"), "{}", output.all());
}

#[test]
fn the_settings_of_the_same_landing_go_along_unless_versions_alone_are_asked_for() {
    let settings = "kind: ConfigMap\nmetadata: {name: app}\ndata:\n  POOL: '9'\n";
    for (words, pool) in [(&[][..], "'1'"), (&["--versions-only"][..], "'9'")] {
        let sandbox = shop();
        sandbox.put(
            ("main", "api 1.1.0 and its pool"),
            &[(PRD, &overlay("1.1.0")), ("overlays/prd/app.yaml", settings)],
        );
        rollback(&sandbox, words, 0);
        assert_eq!(sandbox.there(&format!("main:{PRD}")), overlay("1.0.0"));
        assert!(
            sandbox
                .there("main:overlays/prd/app.yaml")
                .contains(&format!("POOL: {pool}"))
        );
    }
}

#[test]
fn what_came_after_stays_and_what_lies_elsewhere_is_named() {
    let sandbox = shop();
    sandbox.put(("main", "api 1.1.0"), &[(PRD, &overlay("1.1.0")), ("docs/x.md", "x\n")]);
    sandbox.put(
        ("main", "a pool"),
        &[(
            "overlays/prd/app.yaml",
            "kind: ConfigMap\nmetadata: {name: app}\ndata:\n  POOL: '7'\n",
        )],
    );
    let output = rollback(&sandbox, &[], 0);
    assert!(output.stderr.contains("`docs/x.md` stays"), "{}", output.all());
    assert!(sandbox.there("main:overlays/prd/app.yaml").contains("'7'"));
    assert_eq!(sandbox.there("main:docs/x.md"), "x\n");
}

#[test]
fn a_version_in_a_shared_file_is_refused_with_the_ways_there_are() {
    let sandbox = shop();
    sandbox.put(("main", "pin nothing"), &[(PRD, "resources: [../../base]\n")]);
    sandbox.put(
        ("main", "web 2.1.0"),
        &[(
            "base/web.yaml",
            &sandbox.read("base/web.yaml").replace("2.0.0", "2.1.0"),
        )],
    );
    let output = rollback(&sandbox, &[], 3);
    assert!(output.stderr.contains("error[shared-file]"), "{}", output.all());
    assert!(
        output.stderr.contains("rakops bump ghcr.io/acme/web=2.0.0 --env prd"),
        "{}",
        output.all()
    );
}

#[test]
fn one_image_goes_back_and_the_others_stay() {
    let sandbox = shop();
    let both = |api: &str, web: &str| format!("{}- name: ghcr.io/acme/web\n  newTag: {web}\n", overlay(api));
    sandbox.put(("main", "pin both"), &[(PRD, &both("1.0.0", "2.0.0"))]);
    sandbox.put(("main", "both"), &[(PRD, &both("1.1.0", "2.1.0"))]);
    rollback(&sandbox, &["api"], 0);
    assert_eq!(sandbox.there(&format!("main:{PRD}")), both("1.0.0", "2.1.0"));
}

#[test]
fn under_branches_the_environments_own_part_goes_back_and_the_merged_rest_is_named() {
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    sandbox.put(
        ("develop", "more"),
        &[(&file("dev"), &overlay("1.1.0")), ("base/more.yaml", "m: 1\n")],
    );
    sandbox.promote(&["dev", "stg"], 0);
    sandbox.advance(60);
    let output = sandbox.rakops(["rollback", "stg", "--push"]).run().expect(0);
    assert!(output.stderr.contains("`base/more.yaml`"), "{}", output.all());
    assert_eq!(
        sandbox.there("staging:overlays/stg/kustomization.yaml"),
        overlay("1.0.0")
    );
    // What was rolled back does not come back by itself.
    let output = sandbox.promote(&["dev", "stg"], 3);
    assert!(output.stderr.contains("error[rolled-back]"), "{}", output.all());
}

#[test]
fn a_dry_run_shows_the_diff_and_a_second_run_finds_its_request() {
    let sandbox = shop();
    bump(&sandbox, "1.1.0");
    let tip = sandbox.remote_tip("main");
    let output = sandbox.rakops(["rollback", "prd", "-n"]).run().expect(0);
    assert!(
        output.stdout().contains("-  newTag: 1.1.0") && output.stdout().contains("+  newTag: 1.0.0"),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.remote_tip("main"), tip);
}

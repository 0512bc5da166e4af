//! The rules of PROMOTION.md, section 7, on a terminal: one question each, no is the default, and `-y` lifts none.

use crate::harness::Sandbox;
use crate::harness::train::file;
use crate::harness::tty::ENTER;

/// Directories of one branch, whose production lies ahead of staging.
fn trunk() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let environments = "- {name: dev}\n- {name: stg}\n- {name: prd, protected: false}\n";
    sandbox.file("rakops.yaml", format!("strategy: trunk\nenvironments:\n{environments}"));
    for (name, version) in [("dev", "1.1.0"), ("stg", "1.1.0"), ("prd", "1.2.0")] {
        sandbox.file(
            &file(name),
            format!("images:\n- name: ghcr.io/acme/api\n  newTag: {version}\n"),
        );
    }
    sandbox.commit_all("a shop");
    sandbox.remote();
    sandbox
}

#[test]
fn a_lower_version_is_asked_about_and_no_is_the_default() {
    for (key, code, status) in [("y", 0, " M overlays/stg/kustomization.yaml\n"), (ENTER, 130, "")] {
        let sandbox = Sandbox::new();
        sandbox.shop();
        let mut terminal = sandbox.terminal(&["bump", "api=1.0.0", "--env", "stg", "--yes"]);
        terminal.sees("[downgrade]").sees("do it all the same?").press(key);
        let ended = terminal.ends(code);
        if code == 0 {
            assert_eq!(ended.same, "rakops bump api=1.0.0 --env stg --yes --allow downgrade");
        }
        assert_eq!(sandbox.status(), status);
    }
}

#[test]
fn rules_of_a_promotion_are_asked_about_one_by_one() {
    let sandbox = trunk();
    let args = ["promote", "dev", "prd", "--push", "-y"];
    let mut terminal = sandbox.terminal(&args);
    terminal.sees("[skip]").sees("do it all the same?").press("y");
    terminal
        .sees("[downgrade]")
        .sees("do it all the same?")
        .press(ENTER)
        .is_cancelled();
    let mut terminal = sandbox.terminal(&args);
    terminal.sees("[skip]").sees("do it all the same?").press("y");
    terminal.sees("[downgrade]").sees("do it all the same?").press("y");
    let same = terminal.ends(0).same;
    assert!(
        same.starts_with("rakops promote dev prd --push -y --allow skip,downgrade"),
        "{same}"
    );
    assert!(sandbox.there("main:overlays/prd/kustomization.yaml").contains("1.1.0"));
}

#[test]
fn another_trial_is_ended_when_it_is_agreed_to() {
    let sandbox = Sandbox::new();
    sandbox.shop_on_argo();
    for name in ["feature/one", "feature/two"] {
        sandbox.git(["push", "--quiet", "origin", &format!("feature/base:refs/heads/{name}")]);
    }
    let _ = sandbox
        .rakops(["track", "dev", "feature/one", "--push"])
        .run()
        .expect(0);
    let mut terminal = sandbox.terminal(&["track", "dev", "feature/two", "-n"]);
    terminal.sees("[retrack]").sees("do it all the same?").press("y");
    assert_eq!(terminal.ends(0).same, "rakops track dev feature/two -n --allow retrack");
}

/// An environment that another one builds on.
fn built_upon() -> Sandbox {
    let sandbox = Sandbox::new();
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  replicas: 3\n";
    sandbox.settings("patches:\n  - path: api.yaml\n", &[("api.yaml", patch)]);
    sandbox.file("overlays/eu/kustomization.yaml", "resources: [../prd]\n");
    sandbox.file("rakops.yaml", "environments:\n- name: prd\n- name: eu\n");
    sandbox.commit_all("eu builds on prd");
    sandbox
}

#[test]
fn what_others_build_on_is_edited_when_it_is_agreed_to() {
    let sandbox = built_upon();
    let args = ["overlay", "set", "prd", "Deployment/api", "spec.replicas=5"];
    let mut terminal = sandbox.terminal(&args);
    terminal
        .sees("[shared]")
        .sees("do it all the same?")
        .press(ENTER)
        .is_cancelled();
    assert_eq!(sandbox.status(), "");
    let mut terminal = sandbox.terminal(&args);
    terminal.sees("do it all the same?").press("y");
    let same = "rakops overlay set prd Deployment/api spec.replicas=5 --allow shared";
    assert_eq!(terminal.ends(0).same, same);
    assert_eq!(sandbox.status(), " M overlays/prd/api.yaml\n");
}

#[test]
fn a_rule_in_a_guided_edit_is_asked_about_once() {
    let sandbox = built_upon();
    let mut terminal = sandbox.terminal(&["overlay", "set", "prd", "Deployment/api"]);
    terminal
        .sees("which field?")
        .sees("spec.replicas")
        .press("\x1b[A")
        .press(ENTER);
    terminal.sees("the path of the field?").press("spec.replicas\r");
    terminal.sees("new value of spec.replicas (now 3)?").press("5\r");
    terminal.sees("[shared]").sees("do it all the same?").press("y");
    terminal.sees("make this change?").press("y");
    let ended = terminal.ends(0);
    assert_eq!(
        ended.same,
        "rakops overlay set prd Deployment/api spec.replicas=5 --allow shared"
    );
    assert_eq!(ended.text.matches("[shared]").count(), 1, "{}", ended.text);
}

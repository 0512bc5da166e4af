//! What `promote` and `rollback` ask on a terminal, and the line that they end with.

use crate::harness::Sandbox;
use crate::harness::train::{config, file, overlay};
use crate::harness::tty::{DOWN, ENTER};

/// Two images, `api` and `web`, at this version.
fn both(version: &str) -> String {
    format!("images:\n- name: ghcr.io/acme/api\n  newTag: {version}\n- name: ghcr.io/acme/web\n  newTag: {version}\n")
}

/// Directories of one branch; production may be pushed to.
fn trunk() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let environments = "- {name: dev}\n- {name: stg}\n- {name: prd, protected: false}\n";
    sandbox.file("rakops.yaml", format!("strategy: trunk\nenvironments:\n{environments}"));
    for (name, version) in [("dev", "1.2.0"), ("stg", "1.1.0"), ("prd", "1.0.0")] {
        sandbox.file(&file(name), both(version));
    }
    sandbox.commit_all("a shop");
    sandbox.remote();
    sandbox
}

#[test]
fn a_promotion_without_words_asks_from_and_to_and_offers_what_comes_next() {
    let sandbox = trunk();
    let mut terminal = sandbox.terminal(&["promote", "-n"]);
    terminal.sees("promote from?").press(DOWN).press(ENTER);
    // What comes after it stands first.
    terminal.sees("promote to?").sees("prd").sees("dev").press(ENTER);
    let ended = terminal.ends(0);
    assert_eq!(ended.same, "rakops promote -n stg prd");
    assert!(
        !ended.text.contains("which versions?"),
        "a look asks nothing\n{}",
        ended.text
    );
}

#[test]
fn a_promotion_is_shown_and_lands_when_it_is_agreed_to() {
    for (key, code, version) in [("y", 0, "1.1.0"), (ENTER, 130, "1.0.0")] {
        let sandbox = Sandbox::new();
        sandbox.branches("chain");
        sandbox.put(("develop", "bump dev"), &[(&file("dev"), &overlay("1.1.0"))]);
        let mut terminal = sandbox.terminal(&["promote", "dev", "stg", "--push"]);
        terminal
            .sees("rides along")
            .sees("would update overlays/stg/kustomization.yaml")
            .sees("1.0.0 -> 1.1.0")
            .sees("promote dev to stg?")
            .press(key);
        assert_eq!(terminal.ends(code).same, "", "a confirmation is no question");
        assert_eq!(
            sandbox.there("staging:overlays/stg/kustomization.yaml"),
            overlay(version)
        );
    }
}

#[test]
fn versions_are_ticked_and_those_that_are_not_stay() {
    let sandbox = trunk();
    let mut terminal = sandbox.terminal(&["promote", "stg", "prd", "--push"]);
    terminal
        .sees("which versions?")
        .sees("[x] api  1.0.0 -> 1.1.0")
        .sees("[x] web  1.0.0 -> 1.1.0");
    terminal.press(" ").press(ENTER);
    terminal.sees("promote stg to prd?").press("y");
    assert_eq!(terminal.ends(0).same, "rakops promote stg prd --push web");
    let prd = both("1.0.0").replacen("web\n  newTag: 1.0.0", "web\n  newTag: 1.1.0", 1);
    assert_eq!(sandbox.there("main:overlays/prd/kustomization.yaml"), prd);
}

#[test]
fn all_versions_are_everything_and_yes_does_not_ask() {
    let sandbox = trunk();
    let mut terminal = sandbox.terminal(&["promote", "stg", "prd", "--push"]);
    terminal
        .sees("which versions?")
        .press(ENTER)
        .sees("promote stg to prd?")
        .press("y");
    assert_eq!(terminal.ends(0).same, "rakops promote stg prd --push --all");
    let sandbox = trunk();
    let ended = sandbox.terminal(&["promote", "stg", "prd", "--push", "-y"]).ends(0);
    assert_eq!(ended.same, "");
    assert_eq!(sandbox.there("main:overlays/prd/kustomization.yaml"), both("1.1.0"));
}

#[test]
fn under_fan_out_changes_are_ticked_oldest_first() {
    let sandbox = Sandbox::new();
    sandbox.branches("fan-out");
    for name in ["one", "three"] {
        sandbox.feature(name, &[(&format!("base/{name}.yaml"), "a: 1\n")]);
        let message = format!("Merge pull request #7{} from acme/{name}\n\nAdd {name}", name.len());
        sandbox.merge(&format!("feature/{name}"), ("staging", &message));
    }
    let mut terminal = sandbox.terminal(&["promote", "stg", "prd", "--push"]);
    terminal
        .sees("which changes?")
        .sees("[x] #73  Add one")
        .sees("[x] #75  Add three");
    terminal.press(DOWN).press(" ").press(ENTER);
    terminal.sees("promote stg to prd?").press("y");
    assert_eq!(terminal.ends(0).same, "rakops promote stg prd --push --change 73");
    assert_eq!(sandbox.there("main:base/one.yaml"), "a: 1\n");
    assert!(
        !sandbox
            .git_at_remote(&["ls-tree", "-r", "--name-only", "main"])
            .contains("three")
    );
}

#[test]
fn a_change_that_builds_on_another_offers_to_take_it_along() {
    let sandbox = Sandbox::new();
    sandbox.branches("fan-out");
    for (name, text) in [("first", "a: 1\nb: 1\n"), ("second", "a: 1\nb: 2\n")] {
        sandbox.put(("staging", &format!("Add {name}")), &[("base/new.yaml", text)]);
    }
    let mut terminal = sandbox.terminal(&["promote", "stg", "prd", "--push"]);
    terminal.sees("which changes?").press(" ").press(ENTER);
    terminal.sees("builds on").sees("take that along?").press("y");
    terminal.sees("promote stg to prd?").press("y");
    let same = terminal.ends(0).same;
    assert!(same.starts_with("rakops promote stg prd --push --change "), "{same}");
    assert!(same.ends_with(" --with-dependencies"), "{same}");
    assert_eq!(sandbox.there("main:base/new.yaml"), "a: 1\nb: 2\n");
}

#[test]
fn a_protected_environment_is_reached_by_a_push_when_its_name_is_typed() {
    for (typed, code, version) in [("prd\r", 0, "1.1.0"), ("yes\r", 130, "1.0.0")] {
        let sandbox = Sandbox::new();
        sandbox.branches("chain");
        let config = config("chain").replace(", protected: false", "");
        sandbox.put(("main", "protect"), &[("rakops.yaml", &config)]);
        sandbox.put(("staging", "bump stg"), &[(&file("stg"), &overlay("1.1.0"))]);
        let mut terminal = sandbox.terminal(&["promote", "stg", "prd", "--push"]);
        terminal.sees("type `prd` to land without one").press(typed);
        if code == 0 {
            terminal.sees("promote stg to prd?").press("y");
        }
        let ended = terminal.ends(code);
        if code == 0 {
            assert_eq!(ended.same, "rakops promote stg prd --push --allow protected");
        }
        assert_eq!(sandbox.there("main:overlays/prd/kustomization.yaml"), overlay(version));
    }
    // -y answers confirmations, and a rule is none.
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    let config = config("chain").replace(", protected: false", "");
    sandbox.put(("main", "protect"), &[("rakops.yaml", &config)]);
    sandbox.put(("staging", "bump stg"), &[(&file("stg"), &overlay("1.1.0"))]);
    let mut terminal = sandbox.terminal(&["promote", "stg", "prd", "--push", "-y"]);
    terminal
        .sees("type `prd` to land without one")
        .press("\x1b")
        .is_cancelled();
}

/// Two landings on production, one image each.
fn history() -> Sandbox {
    let sandbox = trunk();
    for (image, version) in [("api", "1.1.0"), ("web", "1.2.0")] {
        let old = sandbox.read(&file("prd"));
        let new = old.replacen(
            &format!("{image}\n  newTag: 1.0.0"),
            &format!("{image}\n  newTag: {version}"),
            1,
        );
        sandbox.file(&file("prd"), new);
        sandbox.commit_all(&format!("bump {image} to {version}"));
    }
    sandbox.git(["push", "--quiet", "origin", "main"]);
    sandbox
}

#[test]
fn a_rollback_without_a_target_offers_what_ran_before() {
    let sandbox = history();
    let mut terminal = sandbox.terminal(&["rollback", "--push"]);
    terminal.sees("which environment?").press(DOWN).press(DOWN).press(ENTER);
    terminal.sees("go back to before which landing on prd?");
    terminal
        .sees("bump web to 1.2.0  (before: web 1.0.0)")
        .sees("bump api to 1.1.0  (before: api 1.0.0)");
    terminal.press(DOWN).press(ENTER);
    terminal.sees("would update").sees("1.1.0 -> 1.0.0");
    terminal.sees("roll prd back?").press("y");
    assert_eq!(terminal.ends(0).same, "rakops rollback --push prd --steps 2");
    assert_eq!(sandbox.there("main:overlays/prd/kustomization.yaml"), both("1.0.0"));
}

#[test]
fn a_rollback_that_is_a_look_or_agreed_to_takes_one_step() {
    let sandbox = history();
    let ended = sandbox.terminal(&["rollback", "prd", "-n"]).ends(0);
    assert!(
        ended.text.contains("takes back") && ended.same.is_empty(),
        "{}",
        ended.text
    );
    let ended = sandbox.terminal(&["rollback", "prd", "--push", "-y"]).ends(0);
    assert!(ended.same.is_empty(), "{}", ended.text);
    let prd = both("1.0.0").replacen("1.0.0", "1.1.0", 1);
    assert_eq!(sandbox.there("main:overlays/prd/kustomization.yaml"), prd);
}

#[test]
fn a_short_name_that_fits_several_images_asks_which() {
    let sandbox = trunk();
    for (name, version) in [("stg", "1.1.0"), ("prd", "1.0.0")] {
        let other = format!("- name: ghcr.io/other/api\n  newTag: {version}\n");
        sandbox.file(&file(name), both(version) + &other);
    }
    sandbox.commit_all("another api");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    let mut terminal = sandbox.terminal(&["promote", "stg", "prd", "api", "--push", "-y", "--allow", "overwrite"]);
    terminal
        .sees("which one?")
        .sees("ghcr.io/other/api")
        .press(DOWN)
        .press(ENTER);
    assert_eq!(
        terminal.ends(0).same,
        "rakops promote stg prd ghcr.io/other/api --push -y --allow overwrite"
    );
    let prd = sandbox.there("main:overlays/prd/kustomization.yaml");
    assert!(
        prd.ends_with("other/api\n  newTag: 1.1.0\n") && prd.starts_with(&both("1.0.0")),
        "{prd}"
    );
}

//! What `bump` asks on a terminal, and the line that it ends with.

use crate::harness::Sandbox;
use crate::harness::registry::Registry;
use crate::harness::stock::Stock;
use crate::harness::tty::{DOWN, ENTER};

const ONLINE: &[(&str, &str)] = &[("RAKOPS_OFFLINE", "")];

#[test]
fn a_bump_that_would_reach_several_environments_asks_which() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let mut terminal = sandbox.terminal(&["bump", "api=1.5.0"]);
    terminal.sees("would reach 3 environments").sees("prd");
    // The second one: nothing is ticked beforehand.
    terminal.press(DOWN).press(" ").press(ENTER);
    assert_eq!(terminal.ends(0).same, "rakops bump api=1.5.0 --env stg");
    assert_eq!(sandbox.status(), " M overlays/stg/kustomization.yaml\n");
}

#[test]
fn a_short_name_that_fits_several_images_asks_which() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let pod = "kind: Pod\nspec:\n  containers:\n  - {name: a, image: 'ghcr.io/acme/api:1.0'}\n  - {name: b, image: 'ghcr.io/other/api:1.0'}\n";
    sandbox.file("pod.yaml", pod).commit_all("two of one name");
    let mut terminal = sandbox.terminal(&["bump", "api=1.5.0", "--all"]);
    terminal
        .sees("fits 2 images; which one?")
        .sees("ghcr.io/other/api")
        .press(DOWN)
        .press(ENTER);
    assert_eq!(terminal.ends(0).same, "rakops bump ghcr.io/other/api=1.5.0 --all");
    assert!(sandbox.read("pod.yaml").contains("ghcr.io/other/api:1.5.0"));
    let mut terminal = sandbox.terminal(&["tags", "api"]);
    terminal.sees("which one?").press(ENTER);
    // No registry can be asked here; the line is told all the same.
    assert!(terminal.ends(3).same.starts_with("rakops tags ghcr.io/"));
}

#[test]
fn a_bump_without_words_chooses_images_and_versions_that_the_registry_has() {
    let stock = Stock::new(&["1.4.0", "latest", "1.4.1", "1.5.0"]);
    let mut terminal = stock.sandbox.terminal_with(&["bump", "--env", "dev"], ONLINE);
    terminal
        .sees("which images?")
        .sees("1.4.1 (dev)")
        .press(" ")
        .press(ENTER);
    terminal
        .sees("which version of")
        .sees("1.5.0")
        .sees("1.4.1 (dev)")
        .sees("another...");
    // The newest is under the cursor.
    terminal.press(ENTER);
    terminal.sees("+  newTag: 1.5.0").sees("make this change?").press("y");
    let same = format!("rakops bump --env dev {}=1.5.0", stock.image);
    assert_eq!(terminal.ends(0).same, same);
    assert_eq!(stock.pinned("dev"), "newTag: 1.5.0");
}

#[test]
fn a_bump_without_words_that_lands_is_shown_first_and_asks_once() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.remote();
    let run = |keys: &str| {
        let mut terminal = sandbox.terminal(&["bump", "--push"]);
        terminal.sees("which images?").press(" ").press(ENTER);
        terminal.sees("which version of").press("1.5.0\r");
        terminal.sees("in which ones?").press(" ").press(ENTER);
        terminal.sees("+  newTag: 1.5.0").sees("make this change?").press(keys);
        terminal
    };
    run("n").is_cancelled();
    let ended = run("y").ends(0);
    assert_eq!(ended.same, "rakops bump --push ghcr.io/acme/api=1.5.0 --env dev");
    assert!(sandbox.there("main:overlays/dev/kustomization.yaml").contains("1.5.0"));
}

#[test]
fn what_runs_is_marked_without_environments_too_and_where_the_policy_leaves_it_out() {
    let registry = Registry::start();
    for tag in ["1.4.1", "1.5.0", "1.5.1"] {
        registry.image("acme/api", tag);
    }
    let image = format!("{}/acme/api", registry.host());
    let sandbox = Sandbox::new();
    sandbox.repository();
    let pod = format!("kind: Pod\nspec:\n  containers:\n  - {{name: a, image: \"{image}:1.4.1\"}}\n");
    sandbox.file("pod.yaml", pod);
    let config = format!("images:\n- name: {image}\n  policy: semver:~1.5\n");
    sandbox.file("rakops.yaml", config);
    sandbox.commit_all("what runs");
    let mut terminal = sandbox.terminal_with(&["bump"], ONLINE);
    terminal.sees("which images?").press(" ").press(ENTER);
    terminal
        .sees("which version of")
        .sees("1.5.1")
        .sees("1.5.0")
        .sees("1.4.1 (in use)")
        .sees("another...");
    terminal.press(ENTER);
    terminal
        .sees("+  - {name: a")
        .sees("make this change?")
        .press("n")
        .is_cancelled();
    assert_eq!(sandbox.status(), "");
}

#[test]
fn where_the_registry_cannot_be_asked_the_version_is_typed() {
    let sandbox = Sandbox::new();
    sandbox.shop();
    let mut terminal = sandbox.terminal(&["bump", "--env", "stg"]);
    terminal.sees("which images?").press(" ").press(ENTER);
    terminal.sees("are not known").sees("which version of").press("1.5.0\r");
    terminal.sees("make this change?").press("n").is_cancelled();
    assert_eq!(sandbox.status(), "");
}

#[test]
fn a_tag_beside_a_digest_asks_what_becomes_of_the_digest() {
    let sandbox = Sandbox::new();
    sandbox.repository();
    let digest = "a".repeat(64);
    let pod =
        format!("kind: Pod\nspec:\n  containers:\n  - {{name: a, image: 'ghcr.io/acme/api:1.0@sha256:{digest}'}}\n");
    sandbox.file("pod.yaml", pod).commit_all("both");
    let mut terminal = sandbox.terminal(&["bump", "api=1.5.0", "--all"]);
    terminal
        .sees("what then?")
        .sees("take the digest away")
        .press(DOWN)
        .press(ENTER);
    assert_eq!(terminal.ends(0).same, "rakops bump api=1.5.0 --all --drop-digest");
    assert!(sandbox.read("pod.yaml").contains("ghcr.io/acme/api:1.5.0'"));
}

//! `rakops promote` under fan-out: the changes that a branch lacks are carried, each as its own diff.
//!
//! Source: PROMOTION.md, sections 3, 4 and 7.

use crate::harness::Sandbox;
use crate::harness::train::{file, overlay};

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.branches("fan-out");
    sandbox
}

/// A feature that is merged into `staging`, as GitHub does it.
fn in_staging(sandbox: &Sandbox, name: &str, files: &[(&str, &str)]) -> String {
    sandbox.feature(name, files);
    let message = format!("Merge pull request #7{} from acme/{name}\n\nAdd {name}", name.len());
    sandbox.merge(&format!("feature/{name}"), ("staging", &message))
}

#[test]
fn what_was_merged_into_one_branch_and_never_into_the_other_is_carried_one_commit_a_change() {
    let sandbox = shop();
    in_staging(&sandbox, "one", &[("base/one.yaml", "a: 1\n")]);
    in_staging(&sandbox, "three", &[("base/three.yaml", "a: 3\n")]);
    sandbox.feature("both", &[("base/both.yaml", "b: 1\n")]);
    sandbox.merge("feature/both", ("staging", "Merge both"));
    sandbox.merge("feature/both", ("main", "Merge both"));
    sandbox.put(("staging", "bump stg"), &[(&file("stg"), &overlay("1.1.0"))]);
    let output = sandbox.promote(&["stg", "prd", "-o", "json"], 0);
    let said = output.json();
    assert_eq!((&said["strategy"], &said["kind"]), (&"fan-out".into(), &"whole".into()));
    let ids: Vec<&str> = said["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert_eq!(&ids[..2], ["#73", "#75"], "{said}");
    let log = sandbox.git_at_remote(&["log", "--first-parent", "-3", "--format=%an: %s%n%b", "main"]);
    assert_eq!(
        log.trim(),
        format!(
            "{name}: promote stg to prd: api 1.0.0 -> 1.1.0\nRakops-Operation: promote stg -> prd\nRakops-Image: prd ghcr.io/acme/api 1.0.0 -> 1.1.0\n\
             Rakops-Change: {bump}\nRakops-Promoted: stg -> prd {commit}\n\n\
             {name}: Add three\nRakops-Operation: promote stg -> prd\nRakops-Change: #75\n\n\
             {name}: Add one\nRakops-Operation: promote stg -> prd\nRakops-Change: #73",
            name = sandbox.git(["config", "user.name"]).trim(),
            bump = ids[2],
            commit = sandbox.remote_tip("staging"),
        )
    );
    assert_eq!(sandbox.there("main:base/one.yaml"), "a: 1\n");
    assert_eq!(sandbox.there("main:overlays/prd/kustomization.yaml"), overlay("1.1.0"));
    assert_eq!(
        sandbox.there("main:overlays/stg/kustomization.yaml"),
        overlay("1.0.0"),
        "a version change is not replayed"
    );

    let tip = sandbox.remote_tip("main");
    let again = sandbox.promote(&["stg", "prd"], 0);
    assert!(
        again.stderr.contains("prd runs what stg runs already"),
        "{}",
        again.all()
    );
    assert_eq!(sandbox.remote_tip("main"), tip);
}

#[test]
fn squashes_rebases_picks_and_equal_contents_are_there_already() {
    let sandbox = shop();
    for (name, text) in [("squashed", "s: 1\n"), ("picked", "p: 1\n"), ("typed", "t: 1\n")] {
        in_staging(&sandbox, name, &[(&format!("base/{name}.yaml"), text)]);
    }
    sandbox.git(["switch", "--quiet", "--create", "feature/rebased", "origin/main"]);
    for part in ["one", "two"] {
        sandbox.file(&format!("base/rebased-{part}.yaml"), part);
        sandbox.commit_all(&format!("rebased {part}"));
    }
    sandbox.git(["switch", "--quiet", "main"]);
    sandbox.merge("feature/rebased", ("staging", "Merge rebased"));
    // A commit in between, so that nothing below is the same commit.
    sandbox.put(("main", "elsewhere"), &[("README", "x\n")]);
    sandbox.on("main");
    sandbox.git(["merge", "--quiet", "--squash", "feature/squashed"]);
    sandbox.commit_all("Add squashed (#9)");
    sandbox.advance(60);
    sandbox.git(["cherry-pick", "feature/picked"]);
    sandbox.advance(60);
    sandbox.git(["cherry-pick", "main..feature/rebased"]);
    sandbox.file("base/typed.yaml", "t: 1\n");
    sandbox.commit_all("the same, typed again");
    sandbox.back("main");
    let output = sandbox.promote(&["stg", "prd"], 0);
    assert!(
        output.stderr.contains("prd runs what stg runs already"),
        "{}",
        output.all()
    );
}

#[test]
fn a_change_and_its_revert_cancel() {
    let sandbox = shop();
    let merge = in_staging(&sandbox, "one", &[("base/one.yaml", "a: 1\n")]);
    sandbox.on("staging");
    sandbox.advance(60);
    sandbox.git(["revert", "--no-edit", "--mainline", "1", &merge]);
    sandbox.back("staging");
    in_staging(&sandbox, "three", &[("base/three.yaml", "a: 3\n")]);
    let output = sandbox.promote(&["stg", "prd", "-o", "json"], 0);
    let said = output.json();
    assert_eq!(said["changes"].as_array().unwrap().len(), 1, "{said}");
    assert_eq!(said["changes"][0]["title"], "Add three");
}

#[test]
fn commits_of_others_in_a_branch_stay_behind_and_the_plan_says_so() {
    let sandbox = shop();
    sandbox.put(("staging", "of somebody else"), &[("base/other.yaml", "o: 1\n")]);
    sandbox.git(["fetch", "--quiet", "origin"]);
    sandbox.git(["switch", "--quiet", "--create", "feature/cut-late", "origin/staging"]);
    sandbox.file("base/late.yaml", "l: 1\n");
    sandbox.commit_all("Add late");
    sandbox.git(["switch", "--quiet", "main"]);
    let late = sandbox.merge("feature/cut-late", ("staging", "Merge late"));
    let output = sandbox.promote(&["stg", "prd", "--change", &late[..10]], 0);
    assert!(
        output
            .stderr
            .contains("is carried as its own diff: its branch holds 1 commit of others that stay behind"),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.there("main:base/late.yaml"), "l: 1\n");
    let files = sandbox.git_at_remote(&["ls-tree", "-r", "--name-only", "main"]);
    assert!(!files.contains("base/other.yaml"), "{files}");
    let message = sandbox.git_at_remote(&["log", "-1", "--format=%B", "main"]);
    assert!(
        message.contains("Rakops-Change:") && !message.contains("Rakops-Promoted:"),
        "{message}"
    );
}

#[test]
fn a_change_that_builds_on_a_missing_one_names_it() {
    let sandbox = shop();
    in_staging(&sandbox, "one", &[("app.env", "POOL=2\n")]);
    sandbox.git(["fetch", "--quiet", "origin"]);
    sandbox.git(["switch", "--quiet", "--create", "feature/upon", "feature/one"]);
    sandbox.file("app.env", "POOL=2\nTTL=5\n");
    sandbox.commit_all("Add upon");
    sandbox.git(["switch", "--quiet", "main"]);
    sandbox.merge(
        "feature/upon",
        ("staging", "Merge pull request #9 from acme/upon\n\nAdd upon"),
    );
    let before = sandbox.remote_tip("main");
    let output = sandbox.promote(&["stg", "prd", "--change", "9"], 3);
    assert!(output.stderr.contains("`#9` builds on `#73`"), "{}", output.all());
    assert_eq!(sandbox.remote_tip("main"), before);
    sandbox.promote(&["stg", "prd", "--change", "9", "--with-dependencies"], 0);
    assert_eq!(sandbox.there("main:app.env"), "POOL=2\nTTL=5\n");
    assert_eq!(sandbox.remote_commits("main"), 3);
}

#[test]
fn a_change_that_is_not_missing_is_an_error_that_lists_those_that_are() {
    let sandbox = shop();
    in_staging(&sandbox, "one", &[("base/one.yaml", "a: 1\n")]);
    let output = sandbox.promote(&["stg", "prd", "--change", "12"], 5);
    assert!(output.stderr.contains("error[change-not-found]"), "{}", output.all());
    assert!(output.stderr.contains("#73"), "{}", output.all());
}

#[test]
fn the_versions_in_a_mixed_change_are_taken_out_of_its_replay() {
    let sandbox = shop();
    let api = sandbox.read("base/api.yaml");
    // Production's base has another default, on the line beside what the change touches.
    sandbox.put(
        ("main", "another default"),
        &[("base/api.yaml", &api.replace("1.0.0", "1.0.5"))],
    );
    let mixed = api
        .replace("1.0.0", "1.2.0")
        .replace("args: [serve]", "args: [serve, --fast]");
    sandbox.put(("staging", "faster, and 1.2.0"), &[("base/api.yaml", &mixed)]);
    sandbox.promote(&["stg", "prd"], 0);
    let there = sandbox.there("main:base/api.yaml");
    assert_eq!(
        there,
        api.replace("1.0.0", "1.0.5")
            .replace("args: [serve]", "args: [serve, --fast]")
    );
}

#[test]
fn what_was_taken_back_on_the_target_comes_back_only_when_told() {
    let sandbox = shop();
    in_staging(&sandbox, "one", &[("base/one.yaml", "a: 1\n")]);
    let merge = sandbox.merge("feature/one", ("main", "Merge one"));
    sandbox.on("main");
    sandbox.advance(60);
    sandbox.git(["revert", "--no-edit", "--mainline", "1", &merge]);
    sandbox.back("main");
    let output = sandbox.promote(&["stg", "prd"], 3);
    assert!(output.stderr.contains("error[rolled-back]"), "{}", output.all());
    let output = sandbox.promote(&["stg", "prd", "--allow", "rolled-back", "-o", "json"], 0);
    assert_eq!(
        output.json()["brings_back"].as_array().unwrap().len(),
        1,
        "{}",
        output.all()
    );
    assert_eq!(sandbox.there("main:base/one.yaml"), "a: 1\n");
}

#[test]
fn a_conflict_that_is_no_version_is_refused_with_both_sides_and_nothing_lands() {
    let sandbox = shop();
    in_staging(&sandbox, "one", &[("app.env", "POOL=2\n")]);
    sandbox.put(("main", "another pool"), &[("app.env", "POOL=9\n")]);
    let before = sandbox.remote_tip("main");
    let output = sandbox.promote(&["stg", "prd"], 7);
    for part in ["`#73`", "app.env", "POOL=2", "POOL=9"] {
        assert!(output.stderr.contains(part), "{part}\n{}", output.all());
    }
    assert_eq!(sandbox.remote_tip("main"), before);
}

#[test]
fn images_alone_carry_their_versions_and_no_change() {
    let sandbox = shop();
    in_staging(&sandbox, "one", &[("base/one.yaml", "a: 1\n")]);
    sandbox.put(("staging", "bump stg"), &[(&file("stg"), &overlay("1.1.0"))]);
    let output = sandbox.promote(&["stg", "prd", "api", "-o", "json"], 0);
    assert_eq!(output.json()["kind"], "versions");
    assert_eq!(
        sandbox
            .git_at_remote(&["show", "--format=", "--name-only", "main"])
            .trim(),
        file("prd")
    );
    let message = sandbox.git_at_remote(&["log", "-1", "--format=%B", "main"]);
    assert!(!message.contains("Rakops-Promoted"), "{message}");
    // It is no state of FROM: what came before is still missing.
    let output = sandbox.promote(&["stg", "prd", "-o", "json"], 0);
    assert_eq!(output.json()["changes"][0]["id"], "#73", "{}", output.all());
}

#[test]
fn unrelated_histories_are_refused() {
    let sandbox = shop();
    sandbox.git(["switch", "--quiet", "--orphan", "fresh"]);
    sandbox.file("base/one.yaml", "a: 1\n");
    sandbox.commit_all("another beginning");
    sandbox.git(["push", "--quiet", "--force", "origin", "fresh:staging"]);
    sandbox.git(["switch", "--quiet", "main"]);
    let output = sandbox.promote(&["stg", "prd"], 3);
    assert!(output.stderr.contains("error[histories-unrelated]"), "{}", output.all());
}

#[test]
fn a_reference_to_another_environments_branch_does_not_ride_along() {
    let sandbox = shop();
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop}\nspec:\n  source:\n    \
                       repoURL: https://git.example.com/acme/manifests.git\n    path: overlays/prd\n    targetRevision: staging\n";
    in_staging(&sandbox, "app", &[("argocd/shop.yaml", application)]);
    let output = sandbox.promote(&["stg", "prd"], 3);
    assert!(output.stderr.contains("error[foreign-ref]"), "{}", output.all());
    assert!(output.stderr.contains("argocd/shop.yaml:8:"), "{}", output.all());
}

#[test]
fn a_promotion_that_was_squashed_is_not_carried_twice_however_it_is_told() {
    let bodies = [
        "promote stg to prd",
        "promote stg to prd\n\n* Add one\n\n* Rakops-Operation: promote stg -> prd\n* Rakops-Change: #73\n",
    ];
    for body in bodies {
        let sandbox = shop();
        in_staging(&sandbox, "one", &[("base/one.yaml", "a: 1\n")]);
        sandbox.put(("staging", "bump stg"), &[(&file("stg"), &overlay("1.1.0"))]);
        sandbox.git(["push", "--quiet", "origin", "main:kept"]);
        sandbox.promote(&["stg", "prd"], 0);
        // What landed as several commits is one commit in the end.
        sandbox.git(["fetch", "--quiet", "origin"]);
        sandbox.git(["switch", "--quiet", "--force-create", "squashed", "origin/kept"]);
        sandbox.git(["merge", "--quiet", "--squash", "origin/main"]);
        sandbox.commit_all(body);
        sandbox.git(["push", "--quiet", "--force", "origin", "squashed:main"]);
        let output = sandbox.promote(&["stg", "prd"], 0);
        assert!(
            output.stderr.contains("prd runs what stg runs already"),
            "{}",
            output.all()
        );
        sandbox.rakops(["drift", "prd"]).run().expect(0);
    }
}

/// What `drift` finds, as `LIST TITLE`.
fn drift(sandbox: &Sandbox) -> Vec<String> {
    sandbox.advance(60);
    let said = sandbox.rakops(["drift", "--all", "-o", "json"]).run().json();
    let mut found = Vec::new();
    for list in ["omitted", "not_carried_back", "pending"] {
        for finding in said[list].as_array().into_iter().flatten() {
            found.push(format!("{list} {}", finding["title"].as_str().unwrap()));
        }
    }
    found
}

/// Picks a commit onto a branch, and edits a file on the way.
fn picked_and_edited(sandbox: &Sandbox, (commit, branch): (&str, &str), (file, text): (&str, &str)) {
    sandbox.on(branch);
    sandbox.advance(60);
    sandbox.git(["cherry-pick", commit]);
    sandbox.file(file, text);
    sandbox.git(["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    sandbox.back(branch);
}

#[test]
fn a_pick_that_was_edited_on_the_way_is_known_by_its_author_and_date() {
    let sandbox = shop();
    let one = sandbox.put(("staging", "Add one"), &[("base/one.yaml", "a: 1\n")]);
    picked_and_edited(&sandbox, (&one, "main"), ("base/one.yaml", "a: 2\n"));
    let found: Vec<String> = drift(&sandbox)
        .into_iter()
        .filter(|it| !it.starts_with("not_"))
        .collect();
    assert_eq!(found, Vec::<String>::new());
    let output = sandbox.promote(&["stg", "prd"], 0);
    assert!(
        output.stderr.contains("prd runs what stg runs already"),
        "{}",
        output.all()
    );
    assert_eq!(sandbox.there("main:base/one.yaml"), "a: 2\n");
}

#[test]
fn what_one_second_has_written_twice_is_one_change_only_in_the_same_files() {
    let sandbox = shop();
    let write = |branch: &str, file: &str| {
        sandbox.on(branch);
        sandbox.file(file, "a: 1\n");
        sandbox.git(["add", "--all"]);
        sandbox.git(["commit", "--quiet", "--message", "Render"]);
        sandbox.back(branch);
    };
    write("staging", "base/one.yaml");
    write("main", "base/other.yaml");
    sandbox.promote(&["stg", "prd"], 0);
    assert_eq!(sandbox.there("main:base/one.yaml"), "a: 1\n");
}

#[test]
fn a_revert_of_what_the_target_has_is_carried_and_cancels_on_the_way_on() {
    let sandbox = shop();
    let one = sandbox.put(("develop", "Add one"), &[("base/one.yaml", "a: 1\n")]);
    sandbox.promote(&["dev", "stg"], 0);
    sandbox.on("develop");
    sandbox.advance(60);
    sandbox.git(["revert", "--no-edit", &one]);
    sandbox.back("develop");
    sandbox.promote(&["dev", "stg"], 0);
    assert_eq!(sandbox.git_at_remote(&["ls-tree", "staging", "base/one.yaml"]), "");
    let message = sandbox.git_at_remote(&["log", "-2", "--format=%B", "staging"]);
    assert!(message.contains("\nThis reverts commit "), "{message}");
    assert_eq!(drift(&sandbox), Vec::<String>::new(), "both are gone in staging");
}

#[test]
fn a_revert_of_a_part_goes_along_with_the_whole() {
    let sandbox = shop();
    sandbox.put(("develop", "Add one"), &[("base/one.yaml", "a: 1\n")]);
    let two = sandbox.put(("develop", "Add two"), &[("base/two.yaml", "a: 2\n")]);
    sandbox.put(
        ("staging", "Add both (#7)"),
        &[("base/one.yaml", "a: 1\n"), ("base/two.yaml", "a: 2\n")],
    );
    sandbox.on("develop");
    sandbox.advance(60);
    sandbox.git(["revert", "--no-edit", &two]);
    sandbox.back("develop");
    sandbox.promote(&["dev", "stg"], 0);
    sandbox.promote(&["stg", "prd"], 0);
    assert_eq!(sandbox.there("main:base/one.yaml"), "a: 1\n");
    assert_eq!(sandbox.git_at_remote(&["ls-tree", "main", "base/two.yaml"]), "");
    let output = sandbox.promote(&["stg", "prd"], 0);
    assert!(
        output.stderr.contains("prd runs what stg runs already"),
        "{}",
        output.all()
    );
}

#[test]
fn what_production_has_from_staging_is_asked_about_there() {
    let sandbox = shop();
    sandbox.put(("develop", "Add one (#4)"), &[("base/one.yaml", "a: 1\n")]);
    let one = sandbox.put(("staging", "Add one"), &[("base/one.yaml", "a: 1\n")]);
    picked_and_edited(&sandbox, (&one, "main"), ("base/one.yaml", "a: 2\n"));
    assert_eq!(drift(&sandbox), Vec::<String>::new(), "neither forgotten nor a hotfix");
}

#[test]
fn a_commit_of_a_promotion_that_was_taken_back_is_taken_back() {
    let sandbox = shop();
    in_staging(&sandbox, "one", &[("base/one.yaml", "a: 1\n")]);
    in_staging(&sandbox, "three", &[("base/three.yaml", "a: 3\n")]);
    sandbox.promote(&["stg", "prd"], 0);
    // The request was merged, and one of its commits reverted.
    let tip = sandbox.remote_tip("main");
    sandbox.git(["fetch", "--quiet", "origin"]);
    let start = sandbox.git(["rev-list", "--max-parents=0", "origin/main"]);
    sandbox.git([
        "push",
        "--quiet",
        "--force",
        "origin",
        &format!("{}:refs/heads/main", start.trim()),
    ]);
    sandbox.merge(
        &tip,
        ("main", "Merge pull request #9 from acme/rakops/promote/stg-to-prd"),
    );
    let listed = sandbox.git_at_remote(&["log", "--grep=Rakops-Change: #73", "--format=%H", "main"]);
    sandbox.on("main");
    sandbox.advance(60);
    sandbox.git(["revert", "--no-edit", listed.lines().next().unwrap()]);
    sandbox.back("main");
    let of_main: Vec<String> = drift(&sandbox)
        .into_iter()
        .filter(|it| !it.starts_with("not_"))
        .collect();
    assert_eq!(of_main, ["pending Add one"]);
    let output = sandbox.promote(&["stg", "prd"], 3);
    assert!(output.stderr.contains("error[rolled-back]"), "{}", output.all());
}

/// What `drift` says of an environment's lack of a change; none if it names none.
fn said_of(sandbox: &Sandbox, (title, lacks): (&str, &str)) -> Option<&'static str> {
    sandbox.advance(60);
    let said = sandbox.rakops(["drift", "--all", "-o", "json"]).run().json();
    ["omitted", "not_carried_back", "pending"].into_iter().find(|list| {
        let of = |finding: &serde_json::Value| {
            let missing_from = finding["missing_from"].as_array().into_iter().flatten();
            finding["title"] == title && missing_from.into_iter().any(|it| it == lacks)
        };
        said[list].as_array().into_iter().flatten().any(of)
    })
}

/// Two settings, far from one another.
fn settings(first: &str, last: &str) -> String {
    format!("first: {first}\n{}last: {last}\n", "# stays\n".repeat(20))
}

#[test]
fn what_a_squash_without_any_words_took_back_is_not_forgotten_further_on() {
    let sandbox = shop();
    let put = |branch: &str, message: &str, text: String| sandbox.put((branch, message), &[("base/s.yaml", &text)]);
    put("staging", "Begin", settings("1", "1"));
    sandbox.promote(&["stg", "prd"], 0);
    put("staging", "Set the first (#4)", settings("2", "1"));
    put("staging", "Set the last (#5)", settings("2", "2"));
    assert_eq!(said_of(&sandbox, ("Set the first (#4)", "prd")), Some("pending"));
    sandbox.put(
        ("staging", "Promote dev to stg (#9)"),
        &[("base/s.yaml", &settings("1", "2")), ("base/two.yaml", "a: 2\n")],
    );
    assert_eq!(said_of(&sandbox, ("Set the first (#4)", "prd")), None);
    assert_eq!(said_of(&sandbox, ("Set the last (#5)", "prd")), Some("pending"));
}

#[test]
fn a_hotfix_that_came_back_with_others_and_was_changed_since_has_been_carried_back() {
    let sandbox = shop();
    sandbox.put(("main", "Fix prd"), &[("base/one.yaml", "a: 1\n")]);
    assert_eq!(said_of(&sandbox, ("Fix prd", "stg")), Some("not_carried_back"));
    sandbox.put(
        ("staging", "Take all of it"),
        &[("base/one.yaml", "a: 1\n"), ("base/two.yaml", "a: 2\n")],
    );
    sandbox.put(("staging", "Go on"), &[("base/one.yaml", "a: 3\n")]);
    assert_eq!(said_of(&sandbox, ("Fix prd", "stg")), None);
}

#[test]
fn a_revert_of_what_came_again_is_not_carried_however_it_came() {
    for squashed in [false, true] {
        let sandbox = shop();
        let put = |branch: &str, message: &str, text: String| sandbox.put((branch, message), &[("base/s.yaml", &text)]);
        put("staging", "Begin", settings("1", "1"));
        let first = put("staging", "Set the first", settings("2", "1"));
        sandbox.promote(&["stg", "prd"], 0);
        sandbox.on("staging");
        sandbox.advance(60);
        sandbox.git(["revert", "--no-edit", &first]);
        sandbox.back("staging");
        if squashed {
            sandbox.put(
                ("staging", "Promote dev to stg (#9)"),
                &[("base/s.yaml", &settings("2", "1")), ("base/two.yaml", "a: 2\n")],
            );
        } else {
            put("staging", "Set it again", settings("2", "1"));
        }
        let first = if squashed { "2" } else { "3" };
        put("staging", "Go on", settings(first, "2"));
        assert_eq!(said_of(&sandbox, ("Revert \"Set the first\"", "prd")), None);
        sandbox.promote(&["stg", "prd"], 0);
        assert_eq!(sandbox.there("main:base/s.yaml"), settings(first, "2"));
        let messages = sandbox.git_at_remote(&["log", "--format=%B", "main"]);
        assert!(!messages.contains("This reverts commit"), "{messages}");
    }
}

#[test]
fn a_revert_that_cancelled_on_the_way_counts_again_where_the_change_came_by_itself() {
    let sandbox = shop();
    let one = sandbox.put(("staging", "Add one"), &[("base/one.yaml", "a: 1\n")]);
    sandbox.on("staging");
    sandbox.advance(60);
    sandbox.git(["revert", "--no-edit", &one]);
    sandbox.back("staging");
    sandbox.put(("staging", "Add two"), &[("base/two.yaml", "a: 2\n")]);
    sandbox.promote(&["stg", "prd"], 0);
    assert_eq!(sandbox.git_at_remote(&["ls-tree", "main", "base/one.yaml"]), "");
    sandbox.put(("main", "Add one"), &[("base/one.yaml", "a: 1\n")]);
    sandbox.promote(&["stg", "prd"], 0);
    assert_eq!(sandbox.git_at_remote(&["ls-tree", "main", "base/one.yaml"]), "");
}

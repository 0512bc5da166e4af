//! `rakops bump … --pr` against a GitHub that merges in a real repository: one request for one intent.

use crate::harness::forges::github::GitHub;
use crate::harness::forges::{Bench, TOKEN};
use crate::harness::shop::STG;

/// The branch of `bump api --env stg`.
pub(crate) const BRANCH: &str = "rakops/bump/stg/api";
const FILE: &str = "overlays/stg/kustomization.yaml";

fn bench() -> Bench {
    Bench::shop(GitHub)
}

/// A file of the request's branch, as it should be with another version.
fn with(version: &str) -> String {
    STG.replace("1.4.1", version).trim_end().to_owned()
}

#[test]
fn a_request_is_opened_with_everything_that_was_asked_for() {
    let bench = bench();
    bench.sandbox.file(
        "rakops.yaml",
        "environments:\n- {name: stg, path: overlays/stg, reviewers: [anna]}\npull_request:\n  title: 'deploy {image} {to}'\n  labels: [deploy]\n",
    );
    bench.sandbox.commit_all("configuration");
    bench.sandbox.git(["push", "--quiet", "origin", "main"]);
    let before = (
        bench.sandbox.tree(),
        bench.sandbox.git(["for-each-ref", "refs/heads"]),
        bench.tip("main"),
    );
    let words = [
        "api=1.4.2",
        "--env",
        "stg",
        "--label",
        "staging",
        "--reviewer",
        "ben,acme/platform",
        "--draft",
    ];
    let output = bench
        .bump(
            &[
                &words[..],
                &["--body", "Because.", "--source", "acme/api@0123456", "-o", "json"],
            ]
            .concat(),
        )
        .run()
        .expect(0);
    let said = output.json();
    assert_eq!(
        (&said["changed"], &said["branch"]),
        (&true.into(), &BRANCH.into()),
        "{said}"
    );
    let request = &said["pull_request"];
    assert_eq!(
        (&request["number"], &request["created"], &request["base"]),
        (&1.into(), &true.into(), &"main".into()),
        "{said}"
    );
    assert_eq!(said["commit"], bench.tip(BRANCH));
    assert!(!output.all().contains(TOKEN), "{}", output.all());

    let pull = bench.forge.shelf().pulls[0].clone();
    assert_eq!(
        (pull.head.as_str(), pull.base.as_str(), pull.draft),
        (BRANCH, "main", true)
    );
    assert_eq!(pull.title, "deploy api 1.4.2");
    assert_eq!(pull.labels, ["deploy", "staging"]);
    assert_eq!(pull.reviewers, ["anna", "ben", "platform"]);
    for part in [
        "Because.\n\n| environment | image | from | to | file |",
        "| `stg` | `ghcr.io/acme/api` | `1.4.1` | `1.4.2` | `overlays/stg/kustomization.yaml:5` |",
        "rakops bump ghcr.io/acme/api=1.4.1 --env stg --allow downgrade --pr",
        "Rakops-Operation: bump stg",
        "Rakops-Image: stg ghcr.io/acme/api 1.4.1 -> 1.4.2",
        "Rakops-Source: acme/api@0123456",
    ] {
        assert!(pull.body.contains(part), "{part}\n{}", pull.body);
    }
    assert_eq!(bench.show(&format!("{BRANCH}:{FILE}")), with("1.4.2"));
    let message = bench.show(&format!("{BRANCH}^{{commit}}"));
    assert!(
        message.contains("Rakops-Image: stg ghcr.io/acme/api 1.4.1 -> 1.4.2"),
        "{message}"
    );
    // Nothing of it is seen here.
    assert_eq!(
        (
            bench.sandbox.tree(),
            bench.sandbox.git(["for-each-ref", "refs/heads"]),
            bench.tip("main")
        ),
        before
    );
}

#[test]
fn a_body_of_the_configuration_comes_before_the_table_and_the_step_is_told_of_the_request() {
    let bench = bench();
    bench.sandbox.file(
        "rakops.yaml",
        "environments:\n- {name: stg, path: overlays/stg}\npull_request:\n  body: \"Moves {image} on {env}.\\n\\nTo {to}.\"\n",
    );
    bench.sandbox.commit_all("configuration");
    bench.sandbox.git(["push", "--quiet", "origin", "main"]);
    bench.bump(&["api=1.4.2", "--env", "stg"]).run().expect(0);
    let pull = bench.forge.shelf().pulls[0].clone();
    assert!(
        pull.body
            .starts_with("Moves api on stg.\n\nTo 1.4.2.\n\n| environment |"),
        "{}",
        pull.body
    );
    let outputs = bench.sandbox.path("outputs.env");
    let file = outputs.to_string_lossy().into_owned();
    bench.pr(&["merge", "1", "--output-file", &file]).run().expect(0);
    let written = std::fs::read_to_string(outputs).unwrap();
    assert!(
        written.contains("RAKOPS_CHANGED=true\n") && written.contains("RAKOPS_PR_NUMBER=1\n"),
        "{written}"
    );
}

#[test]
fn words_of_the_user_take_the_place_of_the_title_that_is_made() {
    let bench = bench();
    let output = bench
        .bump(&["api=1.4.2", "--env", "stg", "--title", "Ship it"])
        .run()
        .expect(0);
    assert_eq!(bench.forge.shelf().pulls[0].title, "Ship it");
    assert!(output.stdout().contains("/acme/manifests/pull/1\n"), "{}", output.all());
    assert!(
        output.stderr.contains("opened pull request 1: Ship it"),
        "{}",
        output.all()
    );
    let output = bench.bump(&["web=2.1.0", "--env", "stg", "-o", "name"]).run().expect(0);
    assert_eq!(output.stdout(), format!("{FILE}\n"));
    assert_eq!(bench.forge.shelf().pulls[1].title, "bump stg: web 2.0.0 -> 2.1.0");
}

#[test]
fn running_twice_touches_nothing() {
    let bench = bench();
    let words = ["api=1.4.2", "--env", "stg", "--label", "deploy", "--reviewer", "anna"];
    bench.bump(&words).run().expect(0);
    let (writes, tip) = (bench.forge.writes(), bench.tip(BRANCH));
    let output = bench.bump(&[&words[..], &["-o", "json"]].concat()).run().expect(0);
    assert_eq!(bench.forge.writes(), writes);
    assert_eq!(bench.tip(BRANCH), tip);
    let said = output.json();
    assert_eq!(
        (&said["changed"], &said["sites"]),
        (&false.into(), &serde_json::json!([])),
        "{said}"
    );
    assert_eq!(
        (&said["pull_request"]["number"], &said["pull_request"]["created"]),
        (&1.into(), &false.into())
    );
    assert_eq!(said["commit"], tip);
    let output = bench.bump(&words).run().expect(0);
    assert!(
        output.stderr.contains("pull request 1 has this content already"),
        "{}",
        output.all()
    );
    assert!(!output.all().contains("updated"), "{}", output.all());
}

#[test]
fn a_newer_version_updates_the_same_request() {
    let bench = bench();
    bench.bump(&["api=1.4.2", "--env", "stg"]).run().expect(0);
    let output = bench.bump(&["api=1.5.0", "--env", "stg"]).run().expect(0);
    assert!(output.stderr.contains("updated pull request 1"), "{}", output.all());
    let shelf = bench.forge.shelf();
    assert_eq!(shelf.pulls.len(), 1);
    assert_eq!(shelf.pulls[0].title, "bump stg: api 1.4.1 -> 1.5.0");
    assert!(
        shelf.pulls[0]
            .body
            .contains("Rakops-Image: stg ghcr.io/acme/api 1.4.1 -> 1.5.0")
    );
    assert_eq!(shelf.ahead("main", BRANCH), Some(1));
    drop(shelf);
    assert_eq!(bench.show(&format!("{BRANCH}:{FILE}")), with("1.5.0"));
}

#[test]
fn new_words_for_the_same_content_change_words_only() {
    let bench = bench();
    bench.bump(&["api=1.4.2", "--env", "stg"]).run().expect(0);
    let tip = bench.tip(BRANCH);
    let output = bench
        .bump(&["api=1.4.2", "--env", "stg", "--title", "Other", "-o", "json"])
        .run()
        .expect(0);
    assert_eq!(output.json()["changed"], true, "{}", output.all());
    assert_eq!(bench.forge.shelf().pulls[0].title, "Other");
    assert_eq!(bench.tip(BRANCH), tip);
}

#[test]
fn what_others_have_committed_stays_and_the_plan_goes_on_top() {
    let bench = bench();
    bench.bump(&["api=1.4.2", "--env", "stg"]).run().expect(0);
    let theirs = bench.commit(BRANCH, ("notes.md", "a note\n"));
    bench.bump(&["api=1.4.2", "--env", "stg"]).run().expect(0);
    assert_eq!(bench.tip(BRANCH), theirs, "the content is there already");
    bench.bump(&["api=1.5.0", "--env", "stg"]).run().expect(0);
    assert_eq!(
        bench.show(&format!("{BRANCH}^")).lines().next(),
        Some(&*format!("commit {theirs}"))
    );
    assert_eq!(bench.show(&format!("{BRANCH}:notes.md")), "a note");
    assert_eq!(bench.show(&format!("{BRANCH}:{FILE}")), with("1.5.0"));
    let message = bench.show(&format!("{BRANCH}^{{commit}}"));
    assert!(
        message.contains("Rakops-Image: stg ghcr.io/acme/api 1.4.2 -> 1.5.0"),
        "{message}"
    );
    // The request tells what it does to its base, and not what its last commit does.
    let pull = bench.forge.shelf().pulls[0].clone();
    assert_eq!(pull.title, "bump stg: api 1.4.1 -> 1.5.0");
    assert!(pull.body.contains("| `1.4.1` | `1.5.0` |"), "{}", pull.body);
}

#[test]
fn nothing_to_change_asks_for_nothing() {
    let bench = bench();
    let output = bench.bump(&["api=1.4.1", "--env", "stg", "-o", "json"]).run().expect(0);
    let said = output.json();
    assert_eq!(
        (&said["changed"], said["pull_request"].is_null()),
        (&false.into(), true),
        "{said}"
    );
    assert_eq!(bench.forge.writes(), Vec::<String>::new());
    assert_eq!(bench.branches(), ["main"]);
}

#[test]
fn a_base_that_moved_elsewhere_changes_nothing() {
    let bench = bench();
    bench.bump(&["api=1.4.2", "--env", "stg"]).run().expect(0);
    let (writes, tip) = (bench.forge.writes(), bench.tip(BRANCH));
    bench.commit("main", ("elsewhere.md", "x\n"));
    // The same file too, where the two changes merge.
    bench.commit("main", (FILE, &STG.replace("count: 2", "count: 3")));
    bench.bump(&["api=1.4.2", "--env", "stg"]).run().expect(0);
    assert_eq!((bench.forge.writes(), bench.tip(BRANCH)), (writes, tip));
}

#[test]
fn a_base_that_moved_in_the_same_place_gets_the_plan_anew() {
    let bench = bench();
    bench.bump(&["api=1.4.3", "--env", "stg"]).run().expect(0);
    bench.commit("main", (FILE, &STG.replace("1.4.1", "1.4.2")));
    let output = bench.bump(&["api=1.4.3", "--env", "stg"]).run().expect(0);
    assert!(output.stderr.contains("updated pull request 1"), "{}", output.all());
    assert_eq!(bench.forge.shelf().ahead(BRANCH, "main"), Some(0));
    assert_eq!(bench.forge.shelf().ahead("main", BRANCH), Some(1));
    assert_eq!(bench.forge.shelf().pulls[0].title, "bump stg: api 1.4.2 -> 1.4.3");
}

#[test]
fn an_older_build_does_not_take_the_place_of_a_newer_one_in_the_request() {
    let bench = bench();
    bench.sandbox.file(
        "rakops.yaml",
        "images:\n- {name: ghcr.io/acme/api, policy: 'semver:*'}\n",
    );
    bench.sandbox.commit_all("configuration");
    bench.sandbox.git(["push", "--quiet", "origin", "main"]);
    let of = |commit: char| format!("acme/api@{}", commit.to_string().repeat(40));
    bench
        .bump(&["api=1.6.0", "--env", "stg", "--source", &of('b')])
        .run()
        .expect(0);
    let (writes, tip) = (bench.forge.writes(), bench.tip(BRANCH));
    let late = ["api=1.5.0", "--env", "stg", "--source", &of('a'), "-o", "json"];
    let output = bench.bump(&late).run().expect(0);
    let said = output.json();
    assert_eq!(said["changed"], false, "{}", output.all());
    assert_eq!(said["unchanged"][0]["reason"], "superseded", "{}", output.all());
    assert_eq!(said["pull_request"]["number"], 1, "{said}");
    assert_eq!((bench.forge.writes(), bench.tip(BRANCH)), (writes, tip));
}

#[test]
fn a_request_that_was_closed_is_no_obstacle_and_neither_is_its_branch() {
    let bench = bench();
    bench.bump(&["api=1.6.0", "--env", "stg"]).run().expect(0);
    let tip = bench.tip(BRANCH);
    bench.forge.shelf().pulls[0].state = "closed";
    bench.forge.shelf().pulls[0].last_head = Some(tip);
    // What was given up is not what stands there.
    let output = bench.bump(&["api=1.5.0", "--env", "stg"]).run().expect(0);
    assert!(output.stderr.contains("opened pull request 2"), "{}", output.all());
    assert_eq!(bench.show(&format!("{BRANCH}:{FILE}")), with("1.5.0"));
    assert_eq!(bench.forge.shelf().ahead("main", BRANCH), Some(1));
}

#[test]
fn a_request_that_was_merged_is_no_obstacle_and_neither_is_its_branch() {
    let bench = bench();
    for (version, method) in [("1.5.0", "merge"), ("1.6.0", "squash"), ("1.7.0", "merge")] {
        bench.bump(&[&format!("api={version}"), "--env", "stg"]).run().expect(0);
        let last = bench.forge.shelf().pulls.len() - 1;
        assert_eq!(bench.forge.shelf().ahead("main", BRANCH), Some(1), "{version}");
        bench.forge.shelf().merge(last, method).unwrap();
        assert_eq!(bench.show(&format!("main:{FILE}")), with(version));
    }
    assert_eq!(bench.forge.shelf().pulls.len(), 3);
    bench.bump(&["api=1.7.0", "--env", "stg"]).run().expect(0);
    assert_eq!(bench.forge.shelf().pulls.len(), 3);
}

#[test]
fn a_branch_of_somebody_else_is_left_alone() {
    let bench = bench();
    bench
        .sandbox
        .git(["push", "--quiet", "origin", &format!("main:refs/heads/{BRANCH}")]);
    let theirs = bench.commit(BRANCH, ("mine.md", "mine\n"));
    let output = bench.bump(&["api=1.4.2", "--env", "stg"]).run().expect(3);
    assert!(output.stderr.starts_with("error[branch-taken]"), "{}", output.all());
    assert_eq!((bench.tip(BRANCH), bench.forge.writes().len()), (theirs, 0));
}

#[test]
fn environments_with_branches_of_their_own_get_a_request_each() {
    let bench = bench();
    bench.sandbox.git(["branch", "env/stg"]);
    bench.sandbox.git(["branch", "env/dev"]);
    bench.sandbox.git(["push", "--quiet", "origin", "env/stg", "env/dev"]);
    bench.sandbox.file(
        "rakops.yaml",
        "environments:\n- {name: dev, path: overlays/dev, branch: env/dev}\n- {name: stg, path: overlays/stg, branch: env/stg}\n",
    );
    for branch in ["env/stg", "env/dev"] {
        let text = bench.sandbox.read("rakops.yaml");
        bench.commit(branch, ("rakops.yaml", &text));
    }
    bench.sandbox.commit_all("configuration");
    bench.sandbox.git(["push", "--quiet", "origin", "main"]);
    let output = bench
        .bump(&["api=1.5.0", "--env", "dev,stg", "-o", "json"])
        .run()
        .expect(0);
    let said = output.json();
    assert_eq!(said["landings"].as_array().map(Vec::len), Some(2), "{said}");
    let lanes: Vec<(String, String)> = bench
        .forge
        .shelf()
        .pulls
        .iter()
        .map(|pull| (pull.head.clone(), pull.base.clone()))
        .collect();
    let lane = |head: &str, base: &str| (head.to_owned(), base.to_owned());
    assert_eq!(
        lanes,
        [
            lane("rakops/bump/dev/api", "env/dev"),
            lane("rakops/bump/stg/api", "env/stg")
        ]
    );
    let writes = bench.forge.writes();
    bench.bump(&["api=1.5.0", "--env", "dev,stg"]).run().expect(0);
    assert_eq!(bench.forge.writes(), writes);
}

#[test]
fn another_base_makes_another_request() {
    let bench = bench();
    bench
        .sandbox
        .git(["push", "--quiet", "origin", "main:refs/heads/release"]);
    bench.bump(&["api=1.5.0", "--env", "stg"]).run().expect(0);
    let output = bench
        .bump(&["api=1.5.0", "--env", "stg", "--onto", "release"])
        .run()
        .expect(0);
    assert!(output.stderr.contains("opened pull request 2"), "{}", output.all());
    let second = bench.forge.shelf().pulls[1].clone();
    assert_eq!(
        (second.head.as_str(), second.base.as_str()),
        ("rakops/bump/stg/api--release", "release")
    );
}

#[test]
fn without_a_checkout_the_same_request_is_found() {
    let bench = bench();
    let url = format!("file://{}", bench.sandbox.root().join("remote.git").display());
    let words = ["api=1.5.0", "--env", "stg"];
    let elsewhere = bench.sandbox.root().join("tmp");
    bench
        .bump(&[&words[..], &["--repo", &url]].concat())
        .cwd(&elsewhere)
        .run()
        .expect(0);
    let (writes, tip) = (bench.forge.writes(), bench.tip(BRANCH));
    bench
        .bump(&[&words[..], &["--repo", &url]].concat())
        .cwd(&elsewhere)
        .run()
        .expect(0);
    bench.bump(&words).run().expect(0);
    assert_eq!((bench.forge.writes(), bench.tip(BRANCH)), (writes, tip));
    assert_eq!(bench.forge.shelf().pulls.len(), 1);
}

#[test]
fn init_run_again_finds_its_request() {
    let bench = bench();
    let init = || bench.rakops(["init", "--pr", "-o", "json"].into_iter());
    init().run().expect(0);
    assert_eq!(bench.forge.shelf().pulls[0].title, "init: rakops.yaml");
    let writes = bench.forge.writes();
    let output = init().run().expect(0);
    let said = output.json();
    assert_eq!(
        (&said["changed"], &said["files"], &said["pull_request"]["number"]),
        (&false.into(), &serde_json::json!([]), &1.into()),
        "{said}"
    );
    assert_eq!(bench.forge.writes(), writes);
}

#[test]
fn a_value_that_is_set_tells_of_its_request_as_a_version_does() {
    let bench = bench();
    let set = |words: &[&'static str]| {
        let always = ["yaml", "set", FILE, "images[0].newTag=1.4.2", "--pr", "-o", "json"];
        bench.rakops(always.into_iter().chain(words.iter().copied())).run()
    };
    let said = set(&["--reviewer", "nobody"]).expect(0).json();
    assert_eq!(said["warnings"][0]["code"], "not-applied", "{said}");
    let said = set(&["--title", "Other", "--exit-code"]).expect(1).json();
    assert_eq!(
        (&said["changed"], &said["changes"]),
        (&true.into(), &serde_json::json!([])),
        "{said}"
    );
}

#[test]
fn a_draft_that_cannot_be_is_said() {
    let bench = bench();
    let words = ["api=1.4.2", "--env", "stg"];
    bench.bump(&words).run().expect(0);
    let output = bench.bump(&[&words[..], &["--draft"]].concat()).run().expect(0);
    assert!(
        output
            .stderr
            .contains("rakops pr create --head rakops/bump/stg/api --onto main --draft"),
        "{}",
        output.all()
    );
    // What is a draft merges by no means.
    bench
        .bump(&[&words[..], &["--draft", "--auto-merge"]].concat())
        .run()
        .expect(2);
}

//! `rakops overlay … --pr` under fan-out: one change, one branch, and a request to each environment's branch.
//!
//! Source: PROMOTION.md, section 8.

use crate::harness::Sandbox;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::gitlab::GitLab;
use crate::harness::forges::{Bench, TOKEN};
use crate::harness::train::{file, overlay};

/// The environments' branches; the last environment's is the first.
pub(crate) const BRANCHES: [&str; 3] = ["main", "staging", "develop"];
pub(crate) const SET: [&str; 5] = ["overlay", "set", "prd", "Deployment/api", "spec.replicas=5"];

/// Sets the replicas of the API in `prd`; the words say how it lands.
pub(crate) fn set<'w>(value: &'w str, words: &[&'w str]) -> Vec<&'w str> {
    let mut all = vec!["overlay", "set", "prd", "Deployment/api", value];
    all.extend(words);
    all
}

pub(crate) fn run(bench: &Bench, value: &str, words: &[&str]) -> crate::harness::cmd::Output {
    bench.sandbox.advance(60);
    bench.rakops(set(value, words).into_iter()).run()
}

/// The branch that all requests come from.
fn head(bench: &Bench) -> String {
    let found = bench.branches().into_iter().filter(|it| it.starts_with("rakops/"));
    let found: Vec<String> = found.collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// What a text calls the change.
pub(crate) fn changes(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Rakops-Change: "));
    lines.map(str::to_owned).collect()
}

/// The paths that a commit of the remote changes against another.
pub(crate) fn paths(sandbox: &Sandbox, old: &str, new: &str) -> Vec<String> {
    let listed = sandbox.git_at_remote(&["diff", "--name-only", old, new]);
    listed.lines().map(str::to_owned).collect()
}

pub(crate) fn are_of_production(paths: &[String]) -> bool {
    !paths.is_empty() && paths.iter().all(|path| path.starts_with("overlays/prd/"))
}

#[test]
fn under_fan_out_one_branch_is_cut_from_the_last_one_and_each_gets_a_request_from_it() {
    for bench in [
        Bench::with_branches(GitHub, "fan-out"),
        Bench::with_branches(GitLab, "fan-out"),
    ] {
        let before: Vec<String> = BRANCHES.iter().map(|branch| bench.tip(branch)).collect();
        // What only `main` has does not matter to the others as long as a merge of it changes nothing else.
        let output = run(&bench, "spec.replicas=5", &["--pr", "-o", "json"]).expect(0);
        assert!(!output.all().contains(TOKEN), "{}", output.all());
        let head = head(&bench);
        assert!(head.starts_with("rakops/overlay-set/prd/"), "{head}");
        let said = output.json();
        let landings = said["landings"].as_array().unwrap();
        let bases: Vec<&str> = landings.iter().map(|it| it["base"].as_str().unwrap()).collect();
        assert_eq!(bases, BRANCHES, "{said}");
        assert!(landings.iter().all(|it| it["branch"] == head.as_str()), "{said}");
        assert_eq!(said["changes"].as_array().unwrap().len(), 1, "{said}");

        let git = |words: &[&str]| bench.sandbox.git_at_remote(words);
        assert_eq!(git(&["rev-parse", &format!("{head}^")]).trim(), before[0]);
        assert!(are_of_production(&paths(&bench.sandbox, &before[0], &head)));
        let id = changes(&git(&["log", "-1", "--format=%B", &head]));
        assert_eq!(id.len(), 1);
        assert!(id[0].starts_with("overlay-set-prd-"), "{id:?}");
        let pulls = bench.forge.shelf().pulls.clone();
        assert_eq!(pulls.len(), 3);
        for (pull, base) in pulls.iter().zip(BRANCHES) {
            assert_eq!((pull.head.as_str(), pull.base.as_str()), (head.as_str(), base));
            assert_eq!(changes(&pull.body), id);
            for part in ["`main`, `staging`, `develop`", "spec.replicas", "| `5` |"] {
                assert!(pull.body.contains(part), "{part}\n{}", pull.body);
            }
        }
        for (branch, tip) in BRANCHES.iter().zip(&before) {
            assert_eq!(bench.tip(branch), *tip);
        }

        // Again, also from another tip: nothing is written.
        bench.commit("main", ("elsewhere.md", "x\n"));
        let (writes, tip) = (bench.forge.writes(), bench.tip(&head));
        let again = run(&bench, "spec.replicas=5", &["--pr"]).expect(0);
        assert_eq!(bench.forge.writes(), writes, "{}", again.all());
        assert_eq!(bench.tip(&head), tip);
        assert!(again.stderr.contains("has this content already"), "{}", again.all());

        // Another value is the same change, which is not landed yet.
        run(&bench, "spec.replicas=6", &["--pr"]).expect(0);
        assert_eq!(changes(&git(&["log", "-1", "--format=%B", &head])), id);
        let pulls = bench.forge.shelf().pulls.clone();
        assert_eq!(pulls.len(), 3);
        assert!(
            pulls
                .iter()
                .all(|pull| pull.body.contains("| `6` |") && changes(&pull.body) == id)
        );

        for at in 0..3 {
            bench.forge.shelf().merge(at, "merge").unwrap();
        }
        let done = run(&bench, "spec.replicas=6", &["--pr"]).expect(0);
        assert!(done.stderr.contains("nothing to change"), "{}", done.all());
        for (branch, tip) in BRANCHES.iter().zip(&before) {
            let changed = paths(&bench.sandbox, tip, branch);
            let is_ours = |path: &&String| path.as_str() != "elsewhere.md";
            assert!(are_of_production(
                &changed.iter().filter(is_ours).cloned().collect::<Vec<_>>()
            ));
        }
    }
}

#[test]
fn the_same_words_are_another_change_once_the_first_one_has_landed() {
    let bench = Bench::with_branches(GitHub, "fan-out");
    let mut ids = Vec::new();
    for value in ["spec.replicas=5", "spec.replicas=2", "spec.replicas=5"] {
        run(&bench, value, &["--pr"]).expect(0);
        let open = bench.forge.shelf().pulls.len();
        ids.extend(changes(&bench.forge.shelf().pulls[open - 1].body));
        for at in open - 3..open {
            bench.forge.shelf().merge(at, "squash").unwrap();
        }
    }
    assert_eq!(bench.forge.shelf().pulls.len(), 9);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

#[test]
fn what_is_open_already_is_completed_and_keeps_its_name() {
    let bench = Bench::with_branches(GitHub, "fan-out");
    run(&bench, "spec.replicas=5", &["--pr"]).expect(0);
    let id = changes(&bench.forge.shelf().pulls[0].body);
    bench.forge.shelf().merge(0, "squash").unwrap();
    {
        let tip = bench.tip(&head(&bench));
        let mut shelf = bench.forge.shelf();
        shelf.pulls[2].state = "closed";
        shelf.pulls[2].last_head = Some(tip);
    }
    let output = run(&bench, "spec.replicas=5", &["--pr"]).expect(0);
    assert!(output.stderr.contains("opened pull request 4"), "{}", output.all());
    assert!(output.stderr.contains("nothing to land on main"), "{}", output.all());
    let pulls = bench.forge.shelf().pulls.clone();
    assert_eq!((pulls.len(), pulls[3].base.as_str()), (4, "develop"));
    assert_eq!(changes(&pulls[3].body), id);
}

#[test]
fn a_branch_that_differs_there_gets_a_commit_of_its_own() {
    let bench = Bench::with_branches(GitHub, "fan-out");
    // On `develop` the overlay is being rebuilt, and `main` has a commit that `staging` lacks in the same file.
    bench.commit(
        "develop",
        (
            &file("prd"),
            &(overlay("1.0.0") + "replicas:\n- {name: api, count: 3}\n"),
        ),
    );
    let develop = bench.tip("develop");
    let output = run(&bench, "spec.replicas=5", &["--pr"]).expect(0);
    assert!(
        output
            .stderr
            .contains("develop is not as main is where this changes it"),
        "{}",
        output.all()
    );
    let pulls = bench.forge.shelf().pulls.clone();
    let lanes: Vec<(&str, bool)> = pulls
        .iter()
        .map(|pull| (pull.base.as_str(), pull.head.contains("--develop")))
        .collect();
    assert_eq!(lanes, [("main", false), ("staging", false), ("develop", true)]);
    let own = &pulls[2].head;
    assert_eq!(
        bench.sandbox.git_at_remote(&["rev-parse", &format!("{own}^")]).trim(),
        develop
    );
    assert_eq!(paths(&bench.sandbox, "develop", own), [file("prd")]);
    let id = changes(&pulls[0].body);
    assert_eq!(changes(&pulls[2].body), id);
    assert_eq!(
        changes(&bench.sandbox.git_at_remote(&["log", "-1", "--format=%B", own])),
        id
    );
    let writes = bench.forge.writes();
    bench.commit("main", ("elsewhere.md", "x\n"));
    let again = run(&bench, "spec.replicas=5", &["--pr"]).expect(0);
    assert_eq!(bench.forge.writes(), writes, "{}", again.all());
    run(&bench, "spec.replicas=6", &["--pr"]).expect(0);
    let pulls = bench.forge.shelf().pulls.clone();
    assert_eq!(pulls.len(), 3);
    assert!(pulls.iter().all(|pull| changes(&pull.body) == id));
}

#[test]
fn nothing_rides_along_with_a_request() {
    let bench = Bench::with_branches(GitHub, "fan-out");
    // A hotfix that the others do not have yet: a merge of what is cut from `main` would bring it.
    bench.commit("main", ("base/fix.yaml", "f: 1\n"));
    run(&bench, "spec.replicas=5", &["--pr"]).expect(0);
    let pulls = bench.forge.shelf().pulls.clone();
    assert_eq!(pulls.len(), 3);
    for (at, pull) in pulls.iter().enumerate() {
        assert_eq!(pull.head.contains("--"), at > 0, "{}", pull.head);
        let before = bench.tip(&pull.base);
        bench.forge.shelf().merge(at, "merge").unwrap();
        assert!(are_of_production(&paths(&bench.sandbox, &before, &pull.base)));
    }
}

#[test]
fn commits_of_others_on_the_shared_branch_stay_and_an_approval_is_kept() {
    let bench = Bench::with_branches(GitHub, "fan-out");
    run(&bench, "spec.replicas=5", &["--pr"]).expect(0);
    let head = head(&bench);
    bench.forge.shelf().pulls[2]
        .reviews
        .push(("anna".to_owned(), "APPROVED"));
    let tip = bench.tip(&head);
    let output = run(&bench, "spec.replicas=6", &["--pr"]).expect(3);
    assert!(output.stderr.starts_with("error[request-approved]"), "{}", output.all());
    assert_eq!(bench.tip(&head), tip);
    run(&bench, "spec.replicas=6", &["--pr", "--update"]).expect(0);
    assert_ne!(bench.tip(&head), tip);
    let theirs = bench.commit(&head, ("notes.md", "a note\n"));
    let again = run(&bench, "spec.replicas=6", &["--pr"]).expect(0);
    assert_eq!(bench.tip(&head), theirs, "{}", again.all());
}

#[test]
fn a_request_that_cannot_be_opened_is_named_with_those_that_are() {
    use crate::harness::forges::Fault;
    let bench = Bench::with_branches(GitHub, "fan-out");
    let refused = || Fault::Answer(403, Vec::new(), "{\"message\": \"no\"}".into());
    bench.forge.fault("POST", "/pulls", refused());
    run(&bench, "spec.replicas=5", &["--pr"]).expect(4);
    assert_eq!(bench.branches(), ["develop", "main", "staging"]);
    run(&bench, "spec.replicas=5", &["--pr"]).expect(0);
    assert_eq!(bench.forge.shelf().pulls.len(), 3);
}

#[test]
fn a_dry_run_shows_each_difference_once_and_every_branch() {
    let bench = Bench::with_branches(GitHub, "fan-out");
    let before = bench.branches();
    let output = run(&bench, "spec.replicas=5", &["--pr", "-n"]).expect(0);
    assert_eq!(
        output.stdout().matches("+++ b/overlays/prd/kustomization.yaml").count(),
        1
    );
    for branch in BRANCHES {
        assert!(
            output.stderr.contains(&format!("on top of {branch} (")),
            "{}",
            output.all()
        );
    }
    bench.commit(
        "develop",
        (
            &file("prd"),
            &(overlay("1.0.0") + "replicas:\n- {name: api, count: 3}\n"),
        ),
    );
    let output = run(&bench, "spec.replicas=5", &["--pr", "-n"]).expect(0);
    assert!(output.stderr.contains("on main, staging:"), "{}", output.all());
    assert!(output.stderr.contains("on develop:"), "{}", output.all());
    assert_eq!(bench.branches(), before);
    assert!(bench.forge.shelf().pulls.is_empty());
}

#[test]
fn commands_on_the_pages_of_the_strategies_run_as_they_stand() {
    for (strategy, page) in [
        ("fan-out", include_str!("../../docs/reference/strategies/fan-out.md")),
        ("chain", include_str!("../../docs/reference/strategies/chain.md")),
        ("trunk", include_str!("../../docs/reference/strategies/trunk.md")),
    ] {
        let section = page.split("## Changing a setting of one environment").nth(1).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let commands: Vec<&str> = section.lines().filter_map(|it| it.strip_prefix("$ rakops ")).collect();
        assert!(!commands.is_empty(), "{strategy}");
        let bench = Bench::with_branches(GitHub, strategy);
        for command in commands {
            println!("{strategy}: {command}");
            bench.sandbox.advance(60);
            let words = crate::harness::advice::words(command).unwrap();
            bench.rakops(words.iter().map(String::as_str)).run().expect(0);
            // Everybody agrees at once.
            let count = bench.forge.shelf().pulls.len();
            for at in 0..count {
                let is_open = bench.forge.shelf().pulls[at].state == "open";
                assert!(!is_open || bench.forge.shelf().merge(at, "merge").is_some());
            }
        }
        if strategy != "trunk" {
            let output = bench.rakops(["drift"].into_iter()).run().expect(0);
            assert!(output.stderr.contains("nothing was forgotten"), "{}", output.all());
        }
    }
}

#[test]
fn without_a_checkout_and_in_a_shallow_one_it_is_the_same() {
    for place in ["nowhere", "shallow"] {
        let bench = Bench::with_branches(GitHub, "fan-out");
        let url = format!("file://{}", bench.sandbox.remote_path().display());
        let directory = bench.sandbox.root().join(place);
        // Branches that have gone different ways.
        bench.commit("main", ("base/one.yaml", "a: 1\n"));
        for branch in ["staging", "develop"] {
            bench.commit(branch, ("base/one.yaml", "a: 1\n"));
        }
        let mut words = set("spec.replicas=5", &["--pr"]);
        match place {
            "nowhere" => {
                std::fs::create_dir(&directory).unwrap();
                words.extend(["--repo", &url]);
            }
            _ => {
                let to = directory.to_string_lossy().into_owned();
                let clone = ["clone", "--quiet", "--depth", "1", &url, &to];
                bench.sandbox.git_in(bench.sandbox.root(), clone);
            }
        }
        bench.sandbox.advance(60);
        bench
            .rakops(words.iter().copied())
            .cwd(directory.clone())
            .run()
            .expect(0);
        let pulls = bench.forge.shelf().pulls.clone();
        let bases: Vec<&str> = pulls.iter().map(|pull| pull.base.as_str()).collect();
        assert_eq!(bases, BRANCHES, "{place}");
        assert!(pulls.iter().all(|pull| pull.head == pulls[0].head), "{place}");
        let writes = bench.forge.writes();
        bench.rakops(words.iter().copied()).cwd(directory).run().expect(0);
        assert_eq!(bench.forge.writes(), writes, "{place}");
    }
}

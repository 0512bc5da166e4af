//! Where edits of an overlay land: once under trunk, on the first branch under chain, on every branch under fan-out.
//!
//! Source: PROMOTION.md, section 8.

use crate::harness::Sandbox;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::gitlab::GitLab;
use crate::harness::forges::{Bench, TOKEN};
use crate::harness::landing::DEV;
use crate::harness::train::{file, overlay};

/// The environments' branches; the last environment's is the first.
pub(crate) const BRANCHES: [&str; 3] = ["main", "staging", "develop"];
const SET: [&str; 5] = ["overlay", "set", "prd", "Deployment/api", "spec.replicas=5"];

/// Sets the replicas of the API in `prd`; the words say how it lands.
fn set<'w>(value: &'w str, words: &[&'w str]) -> Vec<&'w str> {
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
fn paths(sandbox: &Sandbox, old: &str, new: &str) -> Vec<String> {
    let listed = sandbox.git_at_remote(&["diff", "--name-only", old, new]);
    listed.lines().map(str::to_owned).collect()
}

fn are_of_production(paths: &[String]) -> bool {
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
fn under_fan_out_a_push_lands_on_all_branches_or_on_none() {
    let sandbox = Sandbox::new();
    sandbox.branches("fan-out");
    let before: Vec<String> = BRANCHES.iter().map(|branch| sandbox.remote_tip(branch)).collect();
    // Somebody is first on one of them, once.
    let hook = format!(
        "test -e {once} && exit 0; touch {once}; cd {remote}; new=$(git commit-tree staging^{{tree}} -p staging -m rival); \
         git update-ref refs/heads/staging $new",
        once = sandbox.root().join("once").display(),
        remote = sandbox.remote_path().display()
    );
    sandbox.hook(&sandbox.path(".git"), "pre-push", &hook);
    sandbox.advance(60);
    let output = sandbox.rakops(SET.iter().chain(&["--push"])).run().expect(0);
    assert!(output.stderr.contains("at attempt 2"), "{}", output.all());
    assert_eq!(output.stdout().lines().count(), 1, "{}", output.all());
    let mut ids = Vec::new();
    for (branch, tip) in BRANCHES.iter().zip(&before) {
        assert!(are_of_production(&paths(&sandbox, tip, branch)));
        let ahead = sandbox.git_at_remote(&["rev-list", "--count", &format!("{tip}..{branch}")]);
        assert_eq!(ahead.trim(), if *branch == "staging" { "2" } else { "1" });
        ids.extend(changes(&sandbox.git_at_remote(&["log", "-1", "--format=%B", branch])));
    }
    assert_eq!(ids.len(), 3);
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let output = sandbox.rakops(["drift"]).run().expect(0);
    assert!(output.stderr.contains("nothing was forgotten"), "{}", output.all());

    // Where one of them lacks the overlay, none has it.
    sandbox.on("develop");
    sandbox.git(["rm", "--quiet", "-r", "overlays/prd"]);
    sandbox.commit_all("no production here");
    sandbox.back("develop");
    let tips: Vec<String> = BRANCHES.iter().map(|branch| sandbox.remote_tip(branch)).collect();
    let output = sandbox.rakops(set("spec.replicas=6", &["--push"])).run().expect(5);
    assert!(output.stderr.contains("on the branch `develop`"), "{}", output.all());
    let now: Vec<String> = BRANCHES.iter().map(|branch| sandbox.remote_tip(branch)).collect();
    assert_eq!(now, tips);
}

#[test]
fn under_fan_out_a_commit_lands_on_the_branches_here() {
    let sandbox = Sandbox::new();
    sandbox.branches("fan-out");
    sandbox.advance(60);
    sandbox.rakops(SET.iter().chain(&["--commit"])).run().expect(0);
    let ids: Vec<String> = BRANCHES
        .iter()
        .flat_map(|branch| changes(&sandbox.git(["log", "-1", "--format=%B", branch])))
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let onto = sandbox.rakops(set("spec.replicas=7", &["--commit", "--onto", "develop"]));
    onto.run().expect(0);
    assert_eq!(changes(&sandbox.git(["log", "-1", "--format=%B", "develop"])).len(), 0);
    assert_eq!(
        changes(&sandbox.git(["log", "-1", "--format=%B", "main"])),
        [ids[0].clone()]
    );
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
fn under_chain_it_lands_on_the_first_branch_and_rides() {
    let bench = Bench::with_branches(GitHub, "chain");
    // Production is protected, and is not reached from there.
    let config = bench
        .sandbox
        .read("rakops.yaml")
        .replace("protected: false", "protected: true");
    for branch in BRANCHES {
        bench.commit(branch, ("rakops.yaml", &config));
    }
    bench.sandbox.git(["pull", "--quiet", "origin", "main"]);
    let before: Vec<String> = BRANCHES.iter().map(|branch| bench.tip(branch)).collect();
    let output = run(&bench, "spec.replicas=5", &["--push"]).expect(0);
    assert!(
        output.stderr.contains("next: rakops promote dev --through prd"),
        "{}",
        output.all()
    );
    assert!(are_of_production(&paths(&bench.sandbox, &before[2], "develop")));
    assert_eq!(
        [bench.tip("main"), bench.tip("staging")],
        [before[0].clone(), before[1].clone()]
    );
    let message = bench.sandbox.git_at_remote(&["log", "-1", "--format=%B", "develop"]);
    assert_eq!(changes(&message).len(), 0);

    let output = run(&bench, "spec.replicas=6", &["--pr"]).expect(0);
    let pull = bench.forge.shelf().pulls[0].clone();
    assert_eq!(pull.base, "develop", "{}", output.all());

    // A hotfix reaches it, and the branch of its request is not that of the other.
    let output = run(&bench, "spec.replicas=7", &["--push", "--hotfix"]).expect(3);
    assert!(output.stderr.starts_with("error[protected]"), "{}", output.all());
    let output = run(&bench, "spec.replicas=7", &["--pr", "--hotfix"]).expect(0);
    assert!(
        output.stderr.contains("next: rakops promote prd dev --backport"),
        "{}",
        output.all()
    );
    let hotfix = bench.forge.shelf().pulls[1].clone();
    assert_eq!(
        (hotfix.base.as_str(), hotfix.head),
        ("main", format!("{}--main", pull.head))
    );

    bench.forge.shelf().merge(1, "merge").unwrap();
    let said = bench.rakops(["drift", "-o", "json"].into_iter()).run().expect(1).json();
    assert_eq!(said["not_carried_back"].as_array().unwrap().len(), 1, "{said}");
    let lacks = &said["not_carried_back"][0]["missing_from"];
    assert_eq!(*lacks, serde_json::json!(["dev", "stg"]), "{said}");
}

#[test]
fn under_chain_what_was_set_on_the_first_branch_reaches_the_last() {
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    sandbox.advance(60);
    sandbox.rakops(SET.iter().chain(&["--push"])).run().expect(0);
    sandbox.promote(&["dev", "stg"], 0);
    sandbox.promote(&["stg", "prd"], 0);
    let shown = sandbox.git_at_remote(&["diff", "--name-only", "develop", "main"]);
    assert_eq!(shown, "");
    sandbox.rakops(["drift"]).run().expect(0);
}

#[test]
fn under_trunk_it_lands_once() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    let before = sandbox.remote_tip("main");
    let words = ["overlay", "set", "dev", "Deployment/api", "spec.replicas=5"];
    sandbox.advance(60);
    let output = sandbox.rakops(words.iter().chain(&["--push"])).run().expect(0);
    assert!(output.stderr.contains("landed on main"), "{}", output.all());
    assert!(!output.stderr.contains("next:"), "{}", output.all());
    assert!(
        paths(&sandbox, &before, "main")
            .iter()
            .all(|it| it.starts_with("overlays/dev/"))
    );
    let message = sandbox.git_at_remote(&["log", "-1", "--format=%B", "main"]);
    assert_eq!(changes(&message).len(), 0, "{message}");
    // In the work tree of any branch.
    sandbox.git(["switch", "--quiet", "release"]);
    sandbox.rakops(words).run().expect(0);
    assert!(
        sandbox.status().contains("overlays/dev/"),
        "{}: {DEV}",
        sandbox.status()
    );
}

#[test]
fn an_environment_on_a_trial_is_not_edited_behind_its_back() {
    let sandbox = Sandbox::new();
    sandbox.shop_on_argo();
    sandbox.file(
        "rakops.yaml",
        "strategy: trunk\nenvironments:\n- {name: dev, track: {file: argocd/dev.yaml, name: shop-dev}}\n- {name: stg}\n- {name: prd, protected: false}\n",
    );
    sandbox.commit_all("configuration");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    sandbox
        .rakops(["track", "dev", "feature/base", "--push"])
        .run()
        .expect(0);
    let words = ["overlay", "set", "dev", "Deployment/api", "spec.replicas=5", "--push"];
    let output = sandbox.rakops(words).run().expect(3);
    assert!(output.stderr.starts_with("error[on-trial]"), "{}", output.all());
}

#[test]
fn a_work_tree_is_edited_where_changes_begin_and_on_branches_of_ones_own() {
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    let refused = sandbox.rakops(SET).run().expect(3);
    assert!(refused.stderr.starts_with("error[other-branch]"), "{}", refused.all());
    for part in ["git switch develop", "--commit", "--push", "--pr", "--here", "--hotfix"] {
        assert!(refused.stderr.contains(part), "{part}\n{}", refused.stderr);
    }
    assert_eq!(sandbox.status(), "");
    let of_staging = |output: &crate::harness::cmd::Output| output.stderr.contains("--hotfix");
    sandbox.git(["switch", "--quiet", "staging"]);
    assert!(!of_staging(&sandbox.rakops(SET).run().expect(3)));
    sandbox.rakops(SET.iter().chain(&["--hotfix"])).run().expect(3);
    for (branch, words) in [
        ("develop", &[][..]),
        ("main", &["--hotfix"][..]),
        ("staging", &["--here"][..]),
        ("feature/mine", &[][..]),
        ("--detach", &[][..]),
    ] {
        match branch {
            "feature/mine" => sandbox.git(["switch", "--quiet", "--create", branch]),
            _ => sandbox.git(["switch", "--quiet", branch]),
        };
        let output = sandbox.rakops(SET.iter().chain(words)).run().expect(0);
        assert!(sandbox.status().contains("overlays/prd/"), "{branch}: {}", output.all());
        assert_eq!(
            output.stderr.contains("next: rakops promote prd dev --backport"),
            words == ["--hotfix"],
            "{}",
            output.all()
        );
        sandbox.git(["reset", "--quiet", "--hard"]);
        sandbox.git(["clean", "--quiet", "--force", "-d"]);
    }
    // Under fan-out every environment's branch gets it.
    let sandbox = Sandbox::new();
    sandbox.branches("fan-out");
    sandbox.rakops(SET).run().expect(0);
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

//! Where edits of an overlay land: once under trunk, on the first branch under chain, on every branch under fan-out.
//!
//! Source: PROMOTION.md, section 8.

use crate::harness::Sandbox;
use crate::harness::forges::Bench;
use crate::harness::forges::github::GitHub;
use crate::harness::landing::DEV;
use crate::overlay_landing::{BRANCHES, SET, are_of_production, changes, paths, run, set};

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

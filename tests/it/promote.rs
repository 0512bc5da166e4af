//! `rakops promote`: what is the same under every strategy. Where the plans differ: `strategy_*.rs`.

use std::fs;

use crate::harness::Sandbox;
use crate::harness::forges::Bench;
use crate::harness::forges::github::GitHub;
use crate::harness::train::{config, file, overlay};

fn chain() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.branches("chain");
    sandbox
}

/// The branches of the shop on a forge; production is protected.
fn on_forge() -> Bench {
    let bench = Bench::shop(GitHub);
    let sandbox = &bench.sandbox;
    sandbox.file("rakops.yaml", config("chain").replace(", protected: false", ""));
    for environment in ["dev", "stg", "prd"] {
        sandbox.file(&file(environment), overlay("1.0.0"));
    }
    sandbox.commit_all("three environments");
    for branch in ["develop", "staging"] {
        sandbox.git(["branch", branch]);
    }
    sandbox.git(["push", "--quiet", "origin", "main", "develop", "staging"]);
    sandbox.put(
        ("staging", "bump stg"),
        &[(&file("stg"), &overlay("1.1.0")), ("base/x.yaml", "x: 1\n")],
    );
    bench
}

const BRANCH: &str = "rakops/promote/stg-to-prd/all";

#[test]
fn a_pull_request_is_what_a_promotion_opens_and_a_second_run_finds_it() {
    let bench = on_forge();
    let print = bench.sandbox.print();
    let output = bench
        .rakops(["promote", "stg", "prd", "-o", "json"].into_iter())
        .run()
        .expect(0);
    let said = output.json();
    assert_eq!(
        (&said["branch"], &said["pull_request"]["base"]),
        (&BRANCH.into(), &"main".into()),
        "{said}"
    );
    assert_eq!(said["hops"][0]["pull_request"]["number"], 1, "{said}");
    let pull = bench.forge.shelf().pulls[0].clone();
    assert_eq!(pull.title, "promote stg to prd: api 1.0.0 -> 1.1.0");
    for part in [
        "| `prd` | `ghcr.io/acme/api` | `1.0.0` | `1.1.0` |",
        "**Rides along**",
        "bump stg",
        "rakops rollback prd",
        "Rakops-Promoted: stg -> prd ",
    ] {
        assert!(pull.body.contains(part), "{part}\n{}", pull.body);
    }
    assert_eq!(
        bench.tip("main"),
        bench.sandbox.tip("origin/main"),
        "nothing lands by itself"
    );
    let writes = bench.forge.writes();
    bench.rakops(["promote", "stg", "prd"].into_iter()).run().expect(0);
    assert_eq!(bench.forge.writes(), writes, "a second run touches nothing");
    assert_eq!(bench.forge.shelf().pulls.len(), 1);
    assert_eq!(bench.sandbox.print(), print, "the checkout stays as it is");
}

#[test]
fn what_was_approved_does_not_move_with_the_source() {
    let bench = on_forge();
    bench.rakops(["promote", "stg", "prd"].into_iter()).run().expect(0);
    let tip = bench.tip(BRANCH);
    bench.forge.shelf().pulls[0].reviews = vec![("ben".to_owned(), "APPROVED")];
    bench.sandbox.put(("staging", "more"), &[("base/y.yaml", "y: 1\n")]);
    let output = bench.rakops(["promote", "stg", "prd"].into_iter()).run().expect(3);
    assert!(output.stderr.contains("error[request-approved]"), "{}", output.all());
    assert_eq!(bench.tip(BRANCH), tip);
    bench
        .rakops(["promote", "stg", "prd", "--update"].into_iter())
        .run()
        .expect(0);
    assert_ne!(bench.tip(BRANCH), tip);
}

#[test]
fn a_protected_environment_is_reached_by_pull_request_only() {
    let bench = on_forge();
    let output = bench
        .rakops(["promote", "stg", "prd", "--push"].into_iter())
        .run()
        .expect(3);
    assert!(output.stderr.contains("error[protected]"), "{}", output.all());
    bench
        .rakops(["promote", "stg", "prd", "--push", "--allow", "protected"].into_iter())
        .run()
        .expect(0);
    assert!(bench.show("main:overlays/prd/kustomization.yaml").contains("1.1.0"));
}

#[test]
fn text_from_commits_is_inert_in_the_request() {
    let bench = on_forge();
    bench.sandbox.put(
        ("staging", "thanks @everyone, fixes #1 <img src=x>"),
        &[("base/z.yaml", "z: 1\n")],
    );
    bench.rakops(["promote", "stg", "prd"].into_iter()).run().expect(0);
    let body = bench.forge.shelf().pulls[0].body.clone();
    assert!(body.contains("`thanks @everyone, fixes #1 <img src=x>`"), "{body}");
}

#[test]
fn a_wider_promotion_takes_the_place_of_a_narrower_one_only_when_told() {
    let bench = on_forge();
    bench
        .rakops(["promote", "stg", "prd", "api"].into_iter())
        .run()
        .expect(0);
    let output = bench.rakops(["promote", "stg", "prd"].into_iter()).run().expect(3);
    assert!(output.stderr.contains("error[open-promotion]"), "{}", output.all());
    assert!(output.stderr.contains("--supersede"), "{}", output.all());
    bench
        .rakops(["promote", "stg", "prd", "--supersede"].into_iter())
        .run()
        .expect(0);
    let shelf = bench.forge.shelf();
    assert_eq!(shelf.pulls.len(), 2);
    assert_eq!(shelf.pulls[0].state, "closed");
    assert!(
        shelf
            .notes
            .iter()
            .any(|note| note.body.contains("rakops/promote/stg-to-prd/all")),
        "{:?}",
        shelf.notes
    );
}

#[test]
fn words_that_name_no_promotion_are_refused_before_anything_is_written() {
    let sandbox = chain();
    sandbox.put(("develop", "bump dev"), &[(&file("dev"), &overlay("1.1.0"))]);
    let refs = sandbox.git_at_remote(&["for-each-ref"]);
    for (words, code, part) in [
        (&["stg", "stg"][..], 2, "`stg` is promoted to itself"),
        (&["stage", "prd"], 5, "no environment named `stage`"),
        (&["dev", "prod"], 5, "no environment named `prod`"),
        (&["dev", "stg", "nothing"], 5, "nothing"),
        (&["dev@nothing", "stg"], 5, "no revision `nothing`"),
        (&["dev@soaked", "stg"], 3, "no soak time"),
        (&["dev@", "stg"], 2, "names no state"),
        (&["dev", "prd"], 3, "error[skip]"),
        (&["prd", "dev"], 3, "error[backwards]"),
        (&["prd", "--through", "dev"], 2, "comes after"),
        (&["dev", "stg", "--merge-base", "nothing"], 5, "no revision"),
    ] {
        let output = sandbox.promote(words, code);
        assert!(output.stderr.contains(part), "{words:?}\n{}", output.all());
    }
    let output = sandbox.rakops(["promote", "dev"]).run().expect(3);
    assert!(output.stderr.contains("needs FROM and TO"), "{}", output.all());
    let output = sandbox
        .rakops(["promote", "dev", "stg", "--push", "--title", "x"])
        .run()
        .expect(2);
    assert!(output.stderr.contains("--title"), "{}", output.all());
    assert_eq!(sandbox.git_at_remote(&["for-each-ref"]), refs);
}

#[test]
fn environments_that_are_one_place_are_an_error_of_the_configuration() {
    let sandbox = chain();
    let twice = "strategy: chain\nenvironments:\n- {name: dev, branch: main, path: overlays/dev}\n- {name: stg, branch: main, path: overlays/dev}\n";
    sandbox.file("rakops.yaml", twice);
    let output = sandbox.promote(&["dev", "stg"], 2);
    assert!(output.stderr.contains("error[same-place]"), "{}", output.all());
}

#[test]
fn branches_without_a_strategy_ask_for_one() {
    let sandbox = chain();
    sandbox.file("rakops.yaml", config("chain").replace("strategy: chain\n", ""));
    let output = sandbox.promote(&["dev", "stg"], 2);
    assert!(output.stderr.contains("error[strategy-unknown]"), "{}", output.all());
}

#[test]
fn a_branch_that_is_only_here_names_the_flag_that_reads_it() {
    let sandbox = chain();
    sandbox.git(["push", "--quiet", "origin", "--delete", "develop"]);
    let output = sandbox.promote(&["dev", "stg"], 5);
    assert!(output.stderr.contains("--local"), "{}", output.all());
    sandbox.git(["switch", "--quiet", "develop"]);
    sandbox.file(&file("dev"), overlay("1.1.0"));
    sandbox.commit_all("bump dev");
    sandbox.git(["switch", "--quiet", "main"]);
    let output = sandbox
        .rakops(["promote", "dev", "stg", "--local", "--commit"])
        .run()
        .expect(0);
    assert_eq!(
        sandbox.show("staging:overlays/stg/kustomization.yaml"),
        overlay("1.1.0"),
        "{}",
        output.all()
    );
}

#[test]
fn a_branch_that_only_the_remote_has_and_a_dirty_work_tree_are_no_obstacles() {
    let sandbox = chain();
    sandbox.put(("develop", "bump dev"), &[(&file("dev"), &overlay("1.1.0"))]);
    sandbox.git(["branch", "--delete", "--force", "develop", "staging"]);
    sandbox.file("base/api.yaml", "not: committed\n");
    sandbox.file("scratch", "x\n");
    let print = sandbox.print();
    sandbox.promote(&["dev", "stg"], 0);
    assert_eq!(
        sandbox.there("staging:overlays/stg/kustomization.yaml"),
        overlay("1.1.0")
    );
    assert_eq!(sandbox.print(), print);
    sandbox.expect_no_private_references();
}

#[test]
fn a_shallow_clone_of_one_branch_fetches_what_is_needed() {
    let sandbox = chain();
    sandbox.put(("develop", "one"), &[("base/one.yaml", "a: 1\n")]);
    sandbox.put(("develop", "bump dev"), &[(&file("dev"), &overlay("1.1.0"))]);
    let clone = sandbox.root().join("shallow");
    let url = format!("file://{}", sandbox.remote_path().display());
    sandbox.git_in(
        sandbox.root(),
        [
            "clone",
            "--quiet",
            "--depth",
            "1",
            "--branch",
            "main",
            &url,
            &clone.to_string_lossy(),
        ],
    );
    sandbox.advance(60);
    // What runs where needs no history.
    let output = sandbox
        .rakops(["-C", &clone.to_string_lossy(), "status"])
        .run()
        .expect(0);
    assert!(output.stdout().contains("\t1.1.0\t"), "{}", output.all());
    assert!(clone.join(".git/shallow").exists());
    let output = sandbox
        .rakops(["-C", &clone.to_string_lossy(), "promote", "dev", "stg", "--push"])
        .run()
        .expect(0);
    assert!(output.stderr.contains("this clone is shallow"), "{}", output.all());
    assert_eq!(sandbox.there("staging:base/one.yaml"), "a: 1\n");
    let output = sandbox
        .rakops(["-C", &clone.to_string_lossy(), "drift"])
        .run()
        .expect(0);
    assert!(output.stderr.contains("nothing was forgotten"), "{}", output.all());
}

#[test]
fn a_remote_repository_needs_no_checkout() {
    for strategy in ["chain", "fan-out"] {
        let sandbox = Sandbox::new();
        sandbox.branches(strategy);
        sandbox.put(
            ("develop", "one"),
            &[("base/one.yaml", "a: 1\n"), (&file("dev"), &overlay("1.1.0"))],
        );
        let elsewhere = sandbox.root().join("elsewhere");
        fs::create_dir_all(&elsewhere).unwrap();
        let url = format!("file://{}", sandbox.remote_path().display());
        let at = elsewhere.to_string_lossy().into_owned();
        sandbox.advance(60);
        sandbox
            .rakops(["-C", &at, "--repo", &url, "promote", "dev", "stg", "--push"])
            .run()
            .expect(0);
        assert_eq!(sandbox.there("staging:base/one.yaml"), "a: 1\n");
        assert_eq!(
            sandbox.there("staging:overlays/stg/kustomization.yaml"),
            overlay("1.1.0")
        );
        let output = sandbox.rakops(["-C", &at, "--repo", &url, "status"]).run().expect(0);
        assert!(output.stdout().contains("1.1.0"), "{}", output.all());
    }
}

#[test]
fn a_lost_race_is_planned_again_on_the_new_tip() {
    let sandbox = chain();
    sandbox.put(("develop", "bump dev"), &[(&file("dev"), &overlay("1.1.0"))]);
    // Somebody pushes between the look and the push, once.
    let hook = format!(
        "test -e '{mark}' && exit 0\ntouch '{mark}'\ncd '{rival}' && git -c core.hooksPath=/dev/null push --quiet origin HEAD:staging",
        mark = sandbox.root().join("mark").display(),
        rival = sandbox.root().join("rival").display(),
    );
    sandbox.git_in(
        sandbox.root(),
        [
            "clone",
            "--quiet",
            "--branch",
            "staging",
            &sandbox.remote_path().to_string_lossy(),
            "rival",
        ],
    );
    let rival = sandbox.root().join("rival");
    fs::write(rival.join("rival.txt"), "first\n").unwrap();
    sandbox.git_in(&rival, ["add", "--all"]);
    sandbox.git_in(&rival, ["commit", "--quiet", "--message", "somebody else"]);
    sandbox.hook(&sandbox.dir().join(".git"), "pre-push", &hook);
    sandbox.promote(&["dev", "stg"], 0);
    assert_eq!(sandbox.there("staging:rival.txt"), "first\n");
    assert_eq!(
        sandbox.there("staging:overlays/stg/kustomization.yaml"),
        overlay("1.1.0")
    );
}

#[test]
fn a_train_goes_on_where_it_stands_and_carries_what_it_began_with() {
    let sandbox = chain();
    sandbox.put(("develop", "bump dev"), &[(&file("dev"), &overlay("1.1.0"))]);
    sandbox.promote(&["dev", "stg"], 0);
    sandbox.put(("develop", "bump dev again"), &[(&file("dev"), &overlay("1.2.0"))]);
    sandbox.advance(60);
    let train = ["promote", "dev", "--through", "prd", "--push"];
    let output = sandbox.rakops(train).run().expect(0);
    assert!(output.stderr.contains("goes on with"), "{}", output.all());
    assert_eq!(sandbox.there("main:overlays/prd/kustomization.yaml"), overlay("1.1.0"));
    sandbox.advance(60);
    sandbox.rakops(train).run().expect(0);
    assert_eq!(sandbox.there("main:overlays/prd/kustomization.yaml"), overlay("1.2.0"));
    let tip = sandbox.remote_tip("main");
    let output = sandbox.rakops(train).run().expect(0);
    assert!(output.stderr.contains("prd has it"), "{}", output.all());
    assert_eq!(sandbox.remote_tip("main"), tip);
}

#[test]
fn a_group_on_branches_of_its_own_is_reached_branch_by_branch() {
    let sandbox = chain();
    let config = "strategy: chain\nenvironments:\n- {name: stg, branch: staging}\n- {name: prd-eu, group: prd, branch: main, path: overlays/prd, protected: false}\n\
                  - {name: prd-us, group: prd, branch: us, path: overlays/prd, protected: false}\n";
    sandbox.git(["push", "--quiet", "origin", "main:us"]);
    for branch in ["main", "us", "staging"] {
        sandbox.put((branch, "a group"), &[("rakops.yaml", config)]);
    }
    sandbox.put(("staging", "bump stg"), &[(&file("stg"), &overlay("1.1.0"))]);
    let output = sandbox.promote(&["stg", "prd", "-o", "json"], 0);
    assert_eq!(
        output.json()["landings"].as_array().unwrap().len(),
        2,
        "{}",
        output.all()
    );
    for branch in ["main", "us"] {
        assert_eq!(
            sandbox.there(&format!("{branch}:overlays/prd/kustomization.yaml")),
            overlay("1.1.0")
        );
    }
    let output = sandbox.promote(&["prd", "stg"], 2);
    assert!(output.stderr.contains("error[from-a-group]"), "{}", output.all());
}

#[test]
fn a_stricter_value_here_is_kept_and_a_looser_one_is_not() {
    let sandbox = chain();
    let with = |guard: &str| config("chain") + &format!("guard: {{downgrade: {guard}}}\n");
    sandbox.put(("develop", "lower dev"), &[(&file("dev"), &overlay("0.9.0"))]);
    sandbox.put(("staging", "only warn"), &[("rakops.yaml", &with("warn"))]);
    sandbox.file("rakops.yaml", with("refuse"));
    let output = sandbox.promote(&["dev", "stg"], 3);
    assert!(output.stderr.contains("error[downgrade]"), "{}", output.all());
    // The target's own word counts, whatever is looser here.
    sandbox.git(["restore", "rakops.yaml"]);
    sandbox.put(("staging", "refuse"), &[("rakops.yaml", &with("refuse"))]);
    sandbox.file("rakops.yaml", with("warn"));
    sandbox.promote(&["dev", "stg"], 3);
    sandbox.git(["restore", "rakops.yaml"]);
    sandbox.put(("staging", "only warn again"), &[("rakops.yaml", &with("warn"))]);
    let output = sandbox.promote(&["dev", "stg"], 0);
    assert!(output.stderr.contains("warning[downgrade]"), "{}", output.all());
}

#[test]
fn a_squash_that_kept_its_title_alone_is_understood_by_the_text_of_its_request() {
    let bench = on_forge();
    let sandbox = &bench.sandbox;
    // Both sides have touched it, so that the net effect of the squash does not tell.
    sandbox.put(("main", "only here"), &[("base/here.yaml", "h: 1\n")]);
    bench.rakops(["promote", "stg", "prd"].into_iter()).run().expect(0);
    let carried = sandbox.remote_tip("staging");
    sandbox.on("main");
    sandbox.git(["merge", "--quiet", "--squash", &format!("origin/{BRANCH}")]);
    sandbox.file("base/x.yaml", "x: 1   # edited before it was merged\n");
    sandbox.commit_all("promote stg to prd (#1)");
    sandbox.back("main");
    bench.forge.shelf().pulls[0].state = "merged";
    sandbox.put(("staging", "more"), &[("base/more.yaml", "m: 1\n")]);
    let output = bench
        .rakops(["promote", "stg", "prd", "-n", "-o", "json"].into_iter())
        .run()
        .expect(0);
    let said = output.json();
    assert_eq!(said["merge_base"], carried, "{said}");
    let rides: Vec<&str> = said["rides_along"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["title"].as_str().unwrap())
        .collect();
    assert_eq!(rides, ["more"], "{said}");
}

#[test]
fn at_the_remote_the_default_branch_counts_whatever_is_checked_out() {
    let sandbox = Sandbox::new();
    sandbox.shop_with_remote();
    sandbox.put(
        ("main", "open"),
        &[(
            "rakops.yaml",
            "strategy: trunk\nenvironments:\n- {name: stg}\n- {name: prd, protected: false}\n",
        )],
    );
    let release = sandbox.remote_tip("release");
    sandbox.git(["switch", "--quiet", "--create", "feature/x"]);
    sandbox.git(["push", "--quiet", "origin", "feature/x"]);
    sandbox.promote(&["stg", "prd"], 0);
    assert!(
        sandbox
            .there("main:overlays/prd/kustomization.yaml")
            .contains("newTag: 1.4.1")
    );
    assert_eq!(sandbox.remote_tip("feature/x"), sandbox.tip("feature/x"));
    assert_eq!(sandbox.remote_tip("release"), release);
}

#[test]
fn flags_of_another_strategy_are_refused_by_name() {
    let sandbox = Sandbox::new();
    sandbox.branches("fan-out");
    for (words, part) in [
        (
            &["dev", "stg", "--merge-base", "HEAD"][..],
            "`--merge-base` is for chain",
        ),
        (
            &["dev", "--through", "prd"],
            "`--through` carries one commit from branch to branch",
        ),
    ] {
        let output = sandbox.promote(words, 2);
        assert!(output.stderr.contains(part), "{}", output.all());
    }
    let trunk = Sandbox::new();
    trunk.shop_with_remote();
    let output = trunk
        .rakops(["promote", "stg", "prd", "--change", "7", "--push"])
        .run()
        .expect(2);
    assert!(output.stderr.contains("`--change` is for fan-out"), "{}", output.all());
}

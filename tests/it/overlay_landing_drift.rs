//! The copies of one setting on several branches are one change: what was forgotten is found, and nothing else.
//!
//! Source: PROMOTION.md, sections 4, 8 and 10.

use crate::harness::forges::Bench;
use crate::harness::forges::github::GitHub;
use crate::overlay_landing::{BRANCHES, changes, run};

/// A change with three requests; `develop` may be another than the others, so that it has a commit of its own.
fn requests(is_apart: bool) -> (Bench, String) {
    let bench = Bench::with_branches(GitHub, "fan-out");
    if is_apart {
        let other = crate::harness::train::overlay("1.0.0").replace("by hand", "by somebody");
        bench.commit("develop", ("overlays/prd/kustomization.yaml", &other));
    }
    run(&bench, "spec.replicas=5", &["--pr"]).expect(0);
    let id = changes(&bench.forge.shelf().pulls[0].body)[0].clone();
    (bench, id)
}

fn drift(bench: &Bench, code: i32) -> serde_json::Value {
    bench
        .rakops(["drift", "-o", "json"].into_iter())
        .run()
        .expect(code)
        .json()
}

#[test]
fn after_all_requests_are_merged_nothing_was_forgotten() {
    for method in ["merge", "squash"] {
        let (bench, _) = requests(false);
        for at in 0..3 {
            bench.sandbox.advance(60);
            bench.forge.shelf().merge(at, method).unwrap();
        }
        let said = drift(&bench, 0);
        for list in ["omitted", "not_carried_back", "pending"] {
            assert_eq!(said[list].as_array().unwrap().len(), 0, "{method}: {said}");
        }
        let output = bench
            .rakops(["promote", "dev", "stg", "-n"].into_iter())
            .run()
            .expect(0);
        assert!(
            output.stderr.contains("stg runs what dev runs already"),
            "{}",
            output.all()
        );
    }
}

#[test]
fn a_request_that_is_not_merged_is_one_omission_and_its_repair_carries_it() {
    for method in ["merge", "squash"] {
        for (left_out, lacks) in [(0, "prd"), (1, "stg"), (2, "dev")] {
            let (bench, id) = requests(false);
            for at in (0..3).filter(|at| *at != left_out) {
                bench.sandbox.advance(60);
                bench.forge.shelf().merge(at, method).unwrap();
            }
            // Something newer goes by, so that what merely waits is passed.
            bench.sandbox.advance(20 * 86_400);
            let said = drift(&bench, 1);
            let found: Vec<&serde_json::Value> = ["omitted", "not_carried_back"]
                .iter()
                .flat_map(|list| said[list].as_array().unwrap())
                .collect();
            // What those before and after it have was forgotten on the way on, and never carried back: one line in each list.
            let is_between = lacks == "stg";
            assert_eq!(found.len(), if is_between { 2 } else { 1 }, "{method} {lacks}: {said}");
            for it in &found {
                assert_eq!(it["missing_from"], serde_json::json!([lacks]), "{method}: {said}");
                assert!(method == "squash" || it["id"] == id.as_str(), "{said}");
            }
            let repair = found[0]["repair"].as_str().unwrap().replace('\'', "");
            let words: Vec<&str> = repair.split(' ').skip(1).chain(["--push"]).collect();
            bench.sandbox.advance(60);
            bench.rakops(words.into_iter()).run().expect(0);
            drift(&bench, 0);
            let files: Vec<String> = BRANCHES
                .iter()
                .map(|branch| bench.show(&format!("{branch}:overlays/prd/kustomization.yaml")))
                .collect();
            assert!(files.iter().all(|it| *it == files[0]), "{files:?}");
        }
    }
}

#[test]
fn a_commit_of_a_branchs_own_is_the_same_change() {
    for method in ["merge", "squash"] {
        let (bench, _) = requests(true);
        assert!(bench.forge.shelf().pulls[2].head.ends_with("--develop"));
        for at in 0..3 {
            bench.sandbox.advance(60);
            bench.forge.shelf().merge(at, method).unwrap();
        }
        let said = bench.rakops(["drift", "--all", "-o", "json"].into_iter()).run().json();
        let all: Vec<&serde_json::Value> = ["omitted", "not_carried_back", "pending"]
            .iter()
            .flat_map(|list| said[list].as_array().unwrap())
            .collect();
        assert!(all.is_empty(), "{method}: {said}");
    }
}

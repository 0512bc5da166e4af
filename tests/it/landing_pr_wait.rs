//! `rakops bump … --pr --wait`: until it is merged, by the forge or, where it does not, by this very run.

use std::thread;
use std::time::Duration;

use crate::harness::cmd::Output;
use crate::harness::forges::azure_devops::AzureDevOps;
use crate::harness::forges::bitbucket_cloud::BitbucketCloud;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::gitlab::GitLab;
use crate::harness::forges::shelf::Shelf;
use crate::harness::forges::{Bench, Speaks};

const WORDS: [&str; 5] = ["api=1.5.0", "--env", "stg", "--auto-merge", "-o"];

/// A bench whose requests begin with checks under way.
fn bench(speaks: impl Speaks + 'static) -> Bench {
    let bench = Bench::shop(speaks);
    bench.forge.shelf().begins_with = Some("pending");
    bench
}

/// Runs it, while `meanwhile` happens two seconds after the request was opened.
fn run_while(bench: &Bench, words: &[&str], meanwhile: impl Fn(&mut Shelf) + Sync + Send) -> Output {
    let forge = &bench.forge;
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..200 {
                thread::sleep(Duration::from_millis(50));
                if !forge.shelf().pulls.is_empty() {
                    break;
                }
            }
            thread::sleep(Duration::from_secs(2));
            meanwhile(&mut forge.shelf());
        });
        bench.bump(words).run()
    })
}

fn waiting(format: &str) -> Vec<&str> {
    [&WORDS[..], &[format, "--wait=30s"]].concat()
}

#[test]
fn the_merge_of_the_forge_is_waited_for() {
    let bench = bench(GitHub);
    let output = run_while(&bench, &waiting("json"), |shelf| shelf.checks_end(1, "success")).expect(0);
    assert_eq!(output.json()["changed"], true, "{}", output.all());
    assert!(output.stderr.contains("pull request 1 is merged"), "{}", output.all());
    assert!(bench.show("main:overlays/stg/kustomization.yaml").contains("1.5.0"));
    assert_eq!(bench.forge.count("PUT", "/merge"), 0, "the forge did it");
}

#[test]
fn where_the_forge_does_not_merge_by_itself_the_run_does() {
    let github = bench(GitHub);
    github.forge.shelf().allows_auto_merge = false;
    for bench in [github, bench(BitbucketCloud)] {
        let output = run_while(&bench, &waiting("text"), |shelf| shelf.checks_end(1, "success")).expect(0);
        assert!(
            output.stderr.contains("will not merge it by itself, so this run does"),
            "{}",
            output.all()
        );
        assert_eq!(bench.forge.shelf().pulls[0].state, "merged", "{}", output.all());
        assert!(bench.show("main:overlays/stg/kustomization.yaml").contains("1.5.0"));
    }
}

#[test]
fn only_the_commit_that_was_planned_is_merged_and_never_after_a_failed_check() {
    let bench = bench(GitHub);
    bench.forge.shelf().allows_auto_merge = false;
    let main = bench.tip("main");
    let output = run_while(&bench, &waiting("text"), |shelf| shelf.push_to_head(1)).expect(7);
    assert!(
        output.stderr.starts_with("the forge will not") && output.stderr.contains("error[head-moved]"),
        "{}",
        output.all()
    );
    let failed = self::bench(GitHub);
    failed.forge.shelf().allows_auto_merge = false;
    let output = run_while(&failed, &waiting("text"), |shelf| shelf.checks_end(1, "failure")).expect(3);
    assert!(output.stderr.contains("error[checks-failed]"), "{}", output.all());
    assert_eq!((bench.tip("main"), failed.tip("main")), (main.clone(), main));
}

#[test]
fn a_time_that_runs_out_leaves_the_request_open() {
    let bench = bench(GitHub);
    let words = ["api=1.5.0", "--env", "stg", "--wait=1s"];
    let output = bench.bump(&words).run().expect(3);
    assert!(output.stderr.contains("error[wait-ran-out]"), "{}", output.all());
    assert!(
        output.stderr.contains("--wait=TIME") && output.stderr.contains("/pull/1"),
        "{}",
        output.all()
    );
    assert_eq!(bench.forge.shelf().pulls[0].state, "open");
}

#[test]
fn checks_that_begin_a_moment_later_are_no_reason_to_give_up() {
    for bench in [Bench::shop(GitLab), Bench::shop(AzureDevOps)] {
        let words = &WORDS[..4];
        run_while(&bench, words, |shelf| shelf.pulls[0].checks = Some("pending")).expect(0);
        assert!(bench.forge.shelf().pulls[0].auto_merge.is_some());
    }
}

//! Azure DevOps, against a fake that merges in a real repository.

use crate::harness::forges::azure_devops::AzureDevOps;
use crate::harness::forges::{Bench, flows};

const PULLS: &str = "/pullrequests";
const MERGE: (&str, &str) = ("PATCH", "/pullrequests/1");

fn bench() -> Bench {
    Bench::new(AzureDevOps)
}

#[test]
fn create_twice_opens_one() {
    flows::create_twice_opens_one(&bench());
}

#[test]
fn the_last_commit_gives_the_title() {
    flows::the_last_commit_gives_the_title(&bench());
}

#[test]
fn one_that_appears_meanwhile_is_found() {
    flows::one_that_appears_meanwhile_is_found(&bench(), PULLS);
}

#[test]
fn lost_answers_and_lost_requests_open_one() {
    flows::an_answer_that_is_lost_opens_no_second_one(&bench(), PULLS);
    flows::a_request_that_is_lost_is_sent_again(&bench(), PULLS);
}

#[test]
fn nothing_between_is_no_failure() {
    flows::nothing_between_is_no_failure(&bench());
}

#[test]
fn every_page_is_read() {
    flows::every_page_is_read(&bench());
}

#[test]
fn only_the_expected_head_is_merged() {
    flows::only_the_expected_head_is_merged(&bench());
    flows::a_head_that_moves_meanwhile_is_not_merged(&bench(), MERGE);
    flows::a_merge_whose_answer_is_lost_is_a_merge(&bench(), MERGE);
}

#[test]
fn closing_is_said_and_done_once() {
    flows::closing_is_said_and_done_once(&bench());
}

#[test]
fn one_comment_a_key() {
    flows::one_comment_a_key(&bench());
}

#[test]
fn auto_merge() {
    flows::auto_merge_merges_once_checks_pass(&bench());
    flows::auto_merge_without_anything_to_wait_for_merges_nothing(&bench());
}

#[test]
fn reviews_and_checks_are_waited_for() {
    flows::reviews_and_checks_are_waited_for(&bench(), "approved");
}

#[test]
fn failures_say_what_to_do_and_never_the_token() {
    flows::failures_say_what_to_do_and_never_the_token(&bench(), PULLS);
}

#[test]
fn a_read_is_tried_again() {
    flows::a_read_is_tried_again(&bench(), PULLS);
}

#[test]
fn without_a_token_it_says_where_one_is_looked_for() {
    flows::without_a_token_it_says_where_one_is_looked_for(&bench(), "RAKOPS_AZURE_TOKEN");
}

#[test]
fn a_long_description_is_cut_and_a_cut_list_is_no_difference() {
    let bench = bench();
    let long = "x".repeat(5000);
    let output = bench
        .pr(&["create", "--title", "x", "--body", &long, "--label", "deploy"])
        .run()
        .expect(0);
    assert!(output.stderr.contains("takes 4000 characters"), "{}", output.all());
    let long = "y".repeat(3000);
    let words = ["create", "--title", "x", "--body", &long];
    let _ = bench.pr(&words).run().expect(0);
    let output = bench.pr(&words).run().expect(0);
    assert!(output.stderr.contains("already so"), "{}", output.all());
    assert_eq!(bench.forge.shelf().pulls[0].labels, ["deploy"]);
    let output = bench.pr(&["create", "--reviewer", "anna"]).run().expect(2);
    assert!(output.stderr.contains("no id of an identity"), "{}", output.all());
}

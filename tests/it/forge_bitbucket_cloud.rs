//! Bitbucket Cloud, against a fake that merges in a real repository.

use crate::harness::forges::bitbucket_cloud::BitbucketCloud;
use crate::harness::forges::{Bench, flows};

const PULLS: &str = "/pullrequests";
const MERGE: (&str, &str) = ("GET", "/pullrequests/1/statuses");

fn bench() -> Bench {
    Bench::new(BitbucketCloud)
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
    flows::a_merge_whose_answer_is_lost_is_a_merge(&bench(), ("POST", "/pullrequests/1/merge"));
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
    flows::without_a_token_it_says_where_one_is_looked_for(&bench(), "RAKOPS_BITBUCKET_TOKEN");
}

#[test]
fn default_reviewers_are_asked_and_labels_are_unsupported() {
    let bench = bench();
    let output = bench
        .pr(&["create", "--title", "x", "--label", "deploy", "--reviewer", "anna"])
        .run()
        .expect(0);
    assert!(
        output.stderr.contains("not on this forge: label deploy"),
        "{}",
        output.all()
    );
    assert_eq!(bench.forge.shelf().pulls[0].reviewers, ["ben", "anna"]);
}

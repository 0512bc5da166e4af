//! Gitea, against a fake that merges in a real repository.

use crate::harness::forges::gitea::Gitea;
use crate::harness::forges::{Bench, Fault, flows};

const PULLS: &str = "/pulls";
const MERGE: (&str, &str) = ("POST", "/pulls/1/merge");

fn bench() -> Bench {
    Bench::new(Gitea)
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
    flows::reviews_and_checks_are_waited_for(&bench(), "APPROVED");
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
    flows::without_a_token_it_says_where_one_is_looked_for(&bench(), "RAKOPS_GITEA_TOKEN");
}

#[test]
fn labels_are_found_by_name_also_those_of_the_organisation() {
    let bench = bench();
    bench.forge.shelf().page = 1;
    let words = ["create", "--title", "x", "--label", "staging,of-organisation"];
    let _ = bench.pr(&words).run().expect(0);
    assert_eq!(bench.forge.shelf().pulls[0].labels, ["staging", "of-organisation"]);
    let output = bench.pr(&["create", "--label", "nothing"]).run().expect(5);
    assert!(
        output.stderr.contains("the repository has no label `nothing`"),
        "{}",
        output.all()
    );
}

#[test]
fn a_merge_that_was_planned_for_another_head_is_called_off() {
    let bench = bench();
    let _ = bench.pr(&["create", "--title", "app"]).run().expect(0);
    bench.forge.shelf().pulls[0].checks = Some("pending");
    bench.forge.fault("POST", "/pulls/1/merge", Fault::HeadMoves);
    let output = bench.pr(&["create", "--auto-merge"]).run().expect(3);
    assert!(output.stderr.contains("its head has moved"), "{}", output.all());
    assert_eq!(bench.forge.shelf().pulls[0].auto_merge, None);
}

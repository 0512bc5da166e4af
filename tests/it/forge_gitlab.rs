//! GitLab, against a fake that merges in a real repository.

use crate::harness::forges::gitlab::GitLab;
use crate::harness::forges::{Bench, Fault, TOKEN, flows};

const PULLS: &str = "/merge_requests";
const MERGE: (&str, &str) = ("PUT", "/merge_requests/1/merge");

fn bench() -> Bench {
    Bench::new(GitLab)
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
    flows::without_a_token_it_says_where_one_is_looked_for(&bench(), "RAKOPS_GITLAB_TOKEN");
}

#[test]
fn what_is_not_computed_yet_is_waited_for() {
    let bench = bench();
    let _ = bench.pr(&["create", "--title", "x"]).run().expect(0);
    bench.forge.shelf().computes = 3;
    let _ = bench.pr(&["merge", "1"]).run().expect(0);
    assert_eq!(bench.forge.count("PUT", "/merge"), 1);
}

#[test]
fn labels_are_added_and_reviewers_are_looked_up() {
    let bench = bench();
    let words = [
        "create",
        "--title",
        "x",
        "--label",
        "deploy,new",
        "--reviewer",
        "anna,ben,acme/platform",
    ];
    let output = bench.pr(&words).run().expect(0);
    assert!(
        output.stderr.contains("not on this forge: reviewer acme/platform"),
        "{}",
        output.all()
    );
    let output = bench.pr(&["create", "--reviewer", "nobody"]).run().expect(5);
    assert!(
        output.stderr.contains("no user of GitLab is called `nobody`"),
        "{}",
        output.all()
    );
    let shelf = bench.forge.shelf();
    assert_eq!(
        (&shelf.pulls[0].labels[..], &shelf.pulls[0].reviewers[..]),
        (
            &["deploy".to_owned(), "new".to_owned()][..],
            &["anna".to_owned(), "ben".to_owned()][..]
        )
    );
}

#[test]
fn a_token_that_may_not_merge_is_told_as_such() {
    let bench = bench();
    let _ = bench.pr(&["create", "--title", "x"]).run().expect(0);
    bench
        .forge
        .fault(MERGE.0, MERGE.1, Fault::Answer(401, Vec::new(), "{}".into()));
    let output = bench.pr(&["merge", "1"]).run().expect(4);
    assert!(
        output.stderr.contains("the token may not merge merge request 1"),
        "{}",
        output.all()
    );
}

#[test]
fn the_token_of_a_job_is_the_last_resort_and_is_warned_of() {
    let bench = bench();
    let output = bench
        .pr(&["create", "--title", "x"])
        .env("RAKOPS_GITLAB_TOKEN", "")
        .env("CI_JOB_TOKEN", TOKEN)
        .env("CI_SERVER_HOST", "127.0.0.1")
        .run()
        .expect(4);
    let asked = bench.forge.count("GET", "/merge_requests");
    assert!(asked > 0 && output.stderr.contains("CI_JOB_TOKEN"), "{}", output.all());
}

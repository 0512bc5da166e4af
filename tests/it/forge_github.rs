//! GitHub, against a fake that merges in a real repository.

use serde_json::json;

use crate::harness::forges::github::GitHub;
use crate::harness::forges::{Bench, Fault, TOKEN, flows};

const PULLS: &str = "/pulls";
const MERGE: (&str, &str) = ("PUT", "/pulls/1/merge");

fn bench() -> Bench {
    Bench::new(GitHub)
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
    flows::without_a_token_it_says_where_one_is_looked_for(&bench(), "RAKOPS_GITHUB_TOKEN");
}

#[test]
fn what_is_switched_off_is_named() {
    let bench = bench();
    let words = "GitHub Actions is not permitted to create or approve pull requests.";
    let answer = Fault::Answer(403, Vec::new(), json!({ "message": words }).to_string());
    bench.forge.fault("POST", PULLS, answer);
    let output = bench.pr(&["create", "--title", "x"]).run().expect(4);
    assert!(
        output.stderr.contains("Allow GitHub Actions to create and approve"),
        "{}",
        output.all()
    );
    assert!(
        output
            .stderr
            .contains("/acme/manifests/compare/main...feature?expand=1"),
        "{}",
        output.all()
    );
    bench.forge.shelf().allows_auto_merge = false;
    let output = bench.pr(&["create", "--title", "x", "--auto-merge"]).run().expect(3);
    assert!(output.stderr.contains("\"Allow auto-merge\""), "{}", output.all());
}

#[test]
fn labels_teams_and_an_unknown_reviewer() {
    let bench = bench();
    let words = [
        "create",
        "--title",
        "x",
        "--label",
        "deploy,new",
        "--reviewer",
        "anna,acme/platform,nobody",
    ];
    let output = bench.pr(&words).run().expect(3);
    assert!(
        output.stderr.contains("is open, but without reviewer nobody"),
        "{}",
        output.all()
    );
    let shelf = bench.forge.shelf();
    assert_eq!(shelf.pulls[0].labels, ["deploy", "new"]);
    assert_eq!(shelf.pulls[0].reviewers, ["anna", "platform"]);
}

#[test]
fn the_token_of_a_job_is_warned_of_and_is_for_its_own_server() {
    let bench = bench();
    let server = format!("http://{}", bench.forge.address);
    let in_a_job = |words: &[&str]| {
        bench
            .pr(words)
            .env("RAKOPS_GITHUB_TOKEN", "")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_REPOSITORY", "acme/app")
            .env("GITHUB_TOKEN", TOKEN)
    };
    // Another server's token goes nowhere.
    let _ = in_a_job(&["create", "--title", "x"])
        .env("GITHUB_SERVER_URL", "https://github.com")
        .run()
        .expect(4);
    let own = in_a_job(&["create", "--title", "x"])
        .env("GITHUB_SERVER_URL", &server)
        .run()
        .expect(0);
    assert!(
        own.stderr.contains("checks will not start by themselves"),
        "{}",
        own.all()
    );
    bench
        .forge
        .fault("GET", PULLS, Fault::Answer(404, Vec::new(), "{}".into()));
    let output = in_a_job(&["list"]).env("GITHUB_SERVER_URL", &server).run().expect(5);
    assert!(
        output.stderr.contains("actions/create-github-app-token"),
        "{}",
        output.all()
    );
}

#[test]
fn a_next_page_on_another_host_is_not_asked() {
    let bench = bench();
    let link = ("link".to_owned(), "<http://127.0.0.1:9/next>; rel=\"next\"".to_owned());
    bench
        .forge
        .fault("GET", PULLS, Fault::Answer(200, vec![link], "[]".into()));
    let output = bench.pr(&["list"]).run().expect(6);
    assert!(output.stderr.contains("points to another host"), "{}", output.all());
}

#[test]
fn what_git_knows_is_used_where_nothing_else_is_given() {
    let bench = bench();
    let helper = format!("!f() {{ echo username=me; echo password={TOKEN}; }}; f");
    bench.sandbox.git(["config", "credential.helper", &helper]);
    let output = bench.pr(&["list", "-v"]).env("RAKOPS_GITHUB_TOKEN", "").run().expect(0);
    assert!(output.stderr.contains("token from git credential"), "{}", output.all());
    assert!(!output.all().contains(TOKEN), "{}", output.all());
}

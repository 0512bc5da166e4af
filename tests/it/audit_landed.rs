//! When a change landed on a branch, and by which request, where dates and lists of commits tell another story.

use crate::harness::forges::github::GitHub;
use crate::harness::forges::gitlab::GitLab;
use crate::harness::forges::shelf::Pull;
use crate::harness::forges::story::{Way, line};
use crate::harness::forges::{Bench, Speaks};

/// A commit of a request that somebody pushed before, while the request waited.
fn a_push_ahead_of_its_request_is_a_push(speaks: impl Speaks + 'static) {
    let bench = Bench::shop(speaks);
    let own = bench.topic("topic-51", &["2.51.0", "2.51.1"]);
    bench.sandbox.advance(60);
    bench.sandbox.git(["merge", "--quiet", "--ff-only", &own[0]]);
    bench.sandbox.git(["push", "--quiet", "origin", "main"]);
    bench.sandbox.advance(60);
    let before = bench.time();
    let landed = bench.land("topic-51", Way::Merge);
    let pull = Pull::merged(51, ("topic-51", "main"), (&own[1], &landed[0]))
        .by("anna")
        .at(&bench.time(), "bob")
        .checked("success")
        .reviewed("carol", "APPROVED", (&before, &own[1]));
    bench.know(pull, &[own[0].clone(), landed[0].clone()]);
    let document = bench.audited(&[]);
    assert_eq!(line(&document, &own[0]), "null no no-pull-request", "{document}");
    assert_eq!(line(&document, &landed[0]), "51 yes", "{document}");
}

#[test]
fn what_was_pushed_ahead_of_its_request_was_not_brought_by_it() {
    a_push_ahead_of_its_request_is_a_push(GitHub);
    a_push_ahead_of_its_request_is_a_push(GitLab);
}

#[test]
fn what_was_merged_by_fast_forward_is_listed_by_when_it_landed() {
    let bench = Bench::shop(GitLab);
    let old = bench.topic("topic-51", &["2.51.0"]);
    bench.sandbox.git(["merge", "--quiet", "--ff-only", "topic-51"]);
    let request = |number, (head, at): (&str, &str)| {
        let pull = Pull::merged(number, (&format!("topic-{number}"), "main"), (head, head));
        pull.by("anna").at(at, "bob").checked("success")
    };
    bench.know(request(51, (&old[0], &bench.time())), &old);
    let own = bench.topic("topic-52", &["2.52.0", "2.52.1"]);
    bench.sandbox.advance(40 * 86_400);
    bench.sandbox.git(["merge", "--quiet", "--ff-only", "topic-52"]);
    bench.sandbox.git(["push", "--quiet", "origin", "main"]);
    let now = bench.time();
    let pull = request(52, (&own[1], &now));
    bench.know(pull.reviewed("carol", "APPROVED", (&now, &own[1])), &own);
    let words = ["audit", "prd", "--since", "7d", "-o", "json"];
    let document = bench.rakops(words.into_iter()).run().expect(0).json();
    assert_eq!(document["rows"].as_array().unwrap().len(), 2, "{document}");
    for commit in &own {
        assert_eq!(line(&document, commit), "52 yes", "{document}");
    }
    let words = ["audit", "prd", "--since", "7d", "--until", "1d", "-o", "name"];
    assert_eq!(bench.rakops(words.into_iter()).run().expect(0).stdout(), "");
}

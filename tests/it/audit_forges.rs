//! What `rakops audit` makes of that which forges keep, against fakes with a past.

use serde_json::{Value, json};

use crate::harness::forges::azure_devops::AzureDevOps;
use crate::harness::forges::bitbucket_cloud::BitbucketCloud;
use crate::harness::forges::bitbucket_data_center::BitbucketDataCenter;
use crate::harness::forges::gitea::Gitea;
use crate::harness::forges::github::GitHub;
use crate::harness::forges::gitlab::GitLab;
use crate::harness::forges::past::Forced;
use crate::harness::forges::shelf::Pull;
use crate::harness::forges::story::{Way, line};
use crate::harness::forges::{Bench, Fault, Speaks};

/// A request of anna's that bob merged just now, and the commits that it brought.
struct Landed {
    number: u64,
    commits: Vec<String>,
}

/// Lands a request with the reviews that `said` adds: it is given the time before merging, the head and the commit before
/// the head.
fn land(bench: &Bench, (number, way): (u64, Way), said: impl Fn(Pull, (&str, &str, &str)) -> Pull) -> Landed {
    let name = format!("topic-{number}");
    let versions = [format!("2.{number}.0"), format!("2.{number}.1")];
    let own = bench.topic(&name, &[&versions[0], &versions[1]]);
    bench.sandbox.advance(60);
    let before = bench.time();
    let commits = bench.land(&name, way);
    let pull = Pull::merged(number, (&name, "main"), (&own[1], commits.last().unwrap()))
        .by("anna")
        .at(&bench.time(), "bob")
        .checked("success");
    let pull = said(pull, (&before, &own[1], &own[0]));
    if way != Way::Push {
        bench.know(pull, &commits);
    }
    Landed { number, commits }
}

const NOBODY_KNOWS: &str = "null unknown approval-unknown";

/// What a forge knows of the commits of a rebase, and of those that no request brought.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Knows {
    /// All of them.
    All,
    /// The last commit of each request: of any other it cannot be told where it comes from.
    TheLast,
}

/// Every kind of merge, and every way in which an approval can fail.
fn every_merge_is_judged(speaks: impl Speaks + 'static, knows: Knows) {
    let bench = Bench::shop(speaks);
    let merges = [
        (Way::Merge, "APPROVED", "yes"),
        (Way::Squash, "APPROVED", "yes"),
        (Way::Rebase, "APPROVED", "yes"),
        (Way::Merge, "", "no not-approved"),
        (Way::Squash, "COMMENTED", "no not-approved"),
        (Way::Rebase, "DISMISSED", "no not-approved"),
        (Way::Merge, "CHANGES_REQUESTED", "no not-approved,changes-requested"),
        (Way::Merge, "older", "no approved-older-commit"),
        (Way::Rebase, "late", "no approved-after-merge"),
        (Way::Merge, "own", "no self-approved"),
    ];
    let mut wanted: Vec<(String, String)> = Vec::new();
    for ((way, what, verdict), number) in merges.into_iter().zip(51..) {
        let landed = land(&bench, (number, way), |pull, (before, head, older)| match what {
            "" => pull,
            "older" => pull.reviewed("carol", "APPROVED", (before, older)),
            "late" => pull.reviewed("carol", "APPROVED", ("2099-01-01T00:00:00Z", head)),
            "own" => pull.reviewed("anna", "APPROVED", (before, head)),
            state => pull.reviewed("carol", state, (before, head)),
        });
        let number = landed.number;
        let count = if way == Way::Rebase { 2 } else { 1 };
        assert_eq!(landed.commits.len(), count, "{way:?}");
        let mut commits = landed.commits;
        let last = commits.pop().unwrap();
        let verdict = format!("{number} {verdict}");
        let before = match knows {
            Knows::All => verdict.clone(),
            Knows::TheLast => NOBODY_KNOWS.to_owned(),
        };
        wanted.extend(commits.into_iter().map(|commit| (commit, before.clone())));
        wanted.push((last, verdict));
    }
    let pushed = land(&bench, (90, Way::Push), |pull, _| pull);
    let none = match knows {
        Knows::All => "null no no-pull-request",
        Knows::TheLast => NOBODY_KNOWS,
    };
    wanted.extend(pushed.commits.into_iter().map(|commit| (commit, none.to_owned())));
    let document = bench.audited(&[]);
    for (commit, wanted) in wanted {
        assert_eq!(line(&document, &commit), wanted, "{document}");
    }
}

#[test]
fn github_tells_of_every_merge() {
    every_merge_is_judged(GitHub, Knows::All);
}

#[test]
fn gitlab_tells_of_every_merge() {
    every_merge_is_judged(GitLab, Knows::All);
}

#[test]
fn gitea_tells_of_every_merge() {
    every_merge_is_judged(Gitea, Knows::All);
}

#[test]
fn bitbucket_tells_of_every_merge_commit() {
    every_merge_is_judged(BitbucketCloud, Knows::TheLast);
    every_merge_is_judged(BitbucketDataCenter, Knows::TheLast);
}

#[test]
fn azure_devops_tells_of_every_merge_commit() {
    every_merge_is_judged(AzureDevOps, Knows::TheLast);
}

fn requests_of(bench: &Bench) -> usize {
    bench.forge.count("GET", "/") + bench.forge.count("POST", "/")
}

/// The figure that is promised: 1,000 merges in at most 25 requests.
#[test]
fn a_thousand_merges_take_at_most_25_requests() {
    let bench = Bench::shop(GitHub);
    let text =
        |number: u64| format!("resources: [../../base]\nimages:\n- name: ghcr.io/acme/api\n  newTag: 3.0.{number}\n");
    // By one process: a thousand commits one by one would take minutes.
    let mut stream = String::new();
    for number in 1..=1_000_u64 {
        let (text, words, seconds) = (
            text(number),
            format!("request {number}"),
            bench.sandbox.now() + number * 60,
        );
        let from = if number == 1 { "from refs/heads/main^0\n" } else { "" };
        stream.push_str(&format!(
            "commit refs/heads/main\ncommitter A <a@example.com> {seconds} +0000\ndata {}\n{words}\n{from}M 100644 \
             inline overlays/prd/kustomization.yaml\ndata {}\n{text}\n",
            words.len(),
            text.len()
        ));
    }
    bench.import(&stream);
    bench.sandbox.advance(61_000);
    let listed = bench
        .sandbox
        .git(["rev-list", "--first-parent", "--reverse", "main~1000..main"]);
    for (commit, number) in listed.lines().zip(1..) {
        let pull = Pull::merged(number, ("topic", "main"), (commit, commit))
            .by("anna")
            .at("2026-06-01T00:00:00Z", "bob");
        let pull = pull.reviewed("carol", "APPROVED", ("2026-05-01T00:00:00Z", commit));
        bench.forge.shelf().record(pull);
    }
    let document = bench.audited(&[]);
    let rows = document["rows"].as_array().unwrap();
    let approved = rows.iter().filter(|row| row["approved"] == "yes").count();
    assert_eq!(approved, 1_000);
    let requests = requests_of(&bench);
    assert!(requests <= 25, "{requests} requests");
}

#[test]
fn whatever_has_more_pages_is_read_to_its_end() {
    let bench = Bench::shop(GitHub);
    let landed = land(&bench, (57, Way::Merge), |mut pull, (before, head, _)| {
        for number in 0..7 {
            pull = pull.reviewed(&format!("reader-{number}"), "COMMENTED", (before, head));
        }
        pull.reviewed("carol", "APPROVED", (before, head))
    });
    for number in [3, 4, 5] {
        let open = Pull {
            number,
            state: "open",
            head: "elsewhere".into(),
            base: "main".into(),
            brought: landed.commits.clone(),
            ..Pull::default()
        };
        bench.forge.shelf().pulls.insert(0, open);
    }
    bench.forge.shelf().page = 2;
    let document = bench.audited(&[]);
    assert_eq!(line(&document, &landed.commits[0]), "57 yes", "{document}");
}

#[test]
fn a_part_that_may_not_be_read_is_unknown_and_the_rest_is_told() {
    let bench = Bench::shop(GitHub);
    let good = |pull: Pull, (before, head, _): (&str, &str, &str)| pull.reviewed("carol", "APPROVED", (before, head));
    let landed = land(&bench, (57, Way::Merge), good);
    let other = land(&bench, (58, Way::Merge), good);
    let with = |closed: &[&'static str]| {
        bench.forge.shelf().past.closed = closed.iter().copied().collect();
        bench.audited(&[])
    };
    let commit = &landed.commits[0];
    assert_eq!(line(&with(&["reviews"]), commit), "57 unknown approval-unknown");
    assert_eq!(line(&with(&["statusCheckRollup"]), commit), "57 yes checks-unknown");
    let document = with(&["associatedPullRequests"]);
    assert!(line(&document, commit).ends_with(" approval-unknown"), "{document}");
    assert!(
        document["rows"][0]["unknown"].to_string().contains("not accessible"),
        "{document}"
    );
    let document = with(&["activity", "rules"]);
    assert_eq!(line(&document, commit), "57 yes");
    let limits = document["limits"].to_string();
    assert!(
        limits.contains("rewritten by a force push") && limits.contains("is protected"),
        "{limits}"
    );
    let _ = with(&[]);
    bench.forge.shelf().past.unknown.insert(commit.clone());
    let document = bench.audited(&[]);
    assert!(line(&document, commit).ends_with(" approval-unknown"), "{document}");
    assert_eq!(line(&document, &other.commits[0]), "58 yes");
}

#[test]
fn a_query_that_takes_too_long_is_asked_in_halves() {
    let bench = Bench::shop(GitHub);
    let good = |pull: Pull, (before, head, _): (&str, &str, &str)| pull.reviewed("carol", "APPROVED", (before, head));
    let first = land(&bench, (57, Way::Merge), good);
    let second = land(&bench, (58, Way::Merge), good);
    bench
        .forge
        .fault("POST", "graphql", Fault::Answer(502, Vec::new(), "{}".into()));
    let document = bench.audited(&[]);
    assert_eq!(line(&document, &first.commits[0]), "57 yes");
    assert_eq!(line(&document, &second.commits[0]), "58 yes");
}

#[test]
fn requests_into_other_branches_and_open_ones_bring_nothing() {
    let bench = Bench::shop(GitHub);
    let pushed = land(&bench, (57, Way::Push), |pull, _| pull);
    let commit = &pushed.commits[1];
    bench.know(Pull::merged(3, ("a", "develop"), (commit, commit)), &[]);
    let open = Pull {
        state: "open",
        ..Pull::merged(4, ("b", "main"), (commit, commit))
    };
    bench.know(open, &[]);
    let document = bench.audited(&[]);
    assert!(line(&document, commit).ends_with("no-pull-request"), "{document}");
}

#[test]
fn code_owners_of_the_base_are_asked_and_teams_read() {
    let bench = Bench::shop(GitHub);
    bench.sandbox.file(".github/CODEOWNERS", "/overlays/prd/ @acme/sre\n");
    bench.sandbox.commit_all("owners");
    bench.sandbox.git(["push", "--quiet", "origin", "main"]);
    bench
        .forge
        .shelf()
        .past
        .teams
        .insert("acme/sre".into(), vec!["Carol".into()]);
    let by = |login: &'static str| {
        move |pull: Pull, (before, head, _): (&str, &str, &str)| pull.reviewed(login, "APPROVED", (before, head))
    };
    let yes = land(&bench, (57, Way::Merge), by("carol"));
    let no = land(&bench, (58, Way::Merge), by("dora"));
    let document = bench.audited(&[]);
    assert_eq!(line(&document, &yes.commits[0]), "57 yes");
    assert_eq!(line(&document, &no.commits[0]), "58 yes not-code-owner");
    bench.forge.shelf().past.closed.insert("members");
    let document = bench.audited(&[]);
    assert_eq!(line(&document, &yes.commits[0]), "57 yes owner-unknown");
    assert!(document["limits"].to_string().contains("`acme/sre`"), "{document}");
}

#[test]
fn force_pushes_rules_and_signatures_are_told() {
    let bench = Bench::shop(GitHub);
    let landed = land(&bench, (57, Way::Merge), |pull, (before, head, _)| {
        pull.reviewed("carol", "APPROVED", (before, head))
    });
    let forced = Forced {
        branch: "main".into(),
        at: bench.time(),
        by: "bob".into(),
        before: "a".repeat(40),
        after: "b".repeat(40),
    };
    {
        let mut shelf = bench.forge.shelf();
        let old = Forced {
            at: "1999-01-01T00:00:00Z".into(),
            ..forced.clone()
        };
        shelf.past.forced = vec![old, forced];
        shelf.past.rules = Some((2, true));
        let commit = landed.commits[0].clone();
        shelf.past.signed.insert(commit, (true, "web-flow".into()));
    }
    let document = bench.audited(&[]);
    assert_eq!(document["findings"].as_array().map(Vec::len), Some(1), "{document}");
    assert_eq!(document["findings"][0]["by"], "bob");
    assert_eq!(document["rules"][0]["approvals"], 2);
    assert_eq!(document["rules"][0]["code_owners"], true);
    assert_eq!(document["rules"][0]["dismisses_stale"], Value::Null);
    let row = document["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["commit"] == *landed.commits[0]);
    assert_eq!(row.unwrap()["signature"]["signer"], "web-flow", "{document}");
}

#[test]
fn without_a_token_github_is_not_asked_and_says_what_to_set() {
    let bench = Bench::shop(GitHub);
    land(&bench, (57, Way::Merge), |pull, _| pull);
    let words = ["audit", "prd", "--since", "2000-01-01"];
    let output = bench
        .rakops(words.into_iter())
        .env("RAKOPS_GITHUB_TOKEN", "")
        .run()
        .expect(4);
    assert!(output.stderr.contains("RAKOPS_GITHUB_TOKEN"), "{}", output.all());
    assert_eq!(requests_of(&bench), 0);
    let refused = Fault::Answer(
        200,
        Vec::new(),
        json!({ "data": null, "errors": [
        { "type": "RATE_LIMITED", "message": "API rate limit exceeded" } ] })
        .to_string(),
    );
    bench.forge.fault("POST", "graphql", refused);
    let _ = bench.rakops(words.into_iter()).run().expect(6);
    let hidden = json!({ "data": { "repository": null }, "errors": [
        { "type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve to a Repository" } ] });
    bench
        .forge
        .fault("POST", "graphql", Fault::Answer(200, Vec::new(), hidden.to_string()));
    let output = bench.rakops(words.into_iter()).run().expect(5);
    assert!(output.stderr.contains("Could not resolve"), "{}", output.all());
}

//! What GitHub publishes as the judge of every request that is made to it.
//!
//! `tests/contract/install.sh` installs the judge, `tests/contract/serve.mjs` is it: a stand-in for GitHub that answers with
//! the published examples and notes each request that breaks the published rules. It keeps nothing between requests.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::curl;
use crate::harness::Sandbox;
use crate::harness::cmd::Output;
use crate::harness::forges::story::moment;
use crate::harness::golden::project;

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    let there = Command::new(project().join("tests/contract/install.sh"))
        .arg("--where")
        .output();
    let there = there.map_err(|cause| cause.to_string())?;
    match there.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&there.stderr).trim().to_owned()),
    }
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[
    (
        "contract::a_request_that_breaks_the_published_rules_is_noted",
        a_request_that_breaks_the_published_rules_is_noted,
    ),
    (
        "contract::opening_a_pull_request_with_labels_and_reviewers_follows_the_published_rules",
        opening_a_pull_request_with_labels_and_reviewers_follows_the_published_rules,
    ),
    (
        "contract::auto_merge_follows_the_published_rules",
        auto_merge_follows_the_published_rules,
    ),
    (
        "contract::a_request_that_is_open_already_is_changed_by_the_published_rules",
        a_request_that_is_open_already_is_changed_by_the_published_rules,
    ),
    (
        "contract::an_audit_follows_the_published_rules",
        an_audit_follows_the_published_rules,
    ),
    (
        "contract::every_graphql_document_fits_the_published_schema",
        every_graphql_document_fits_the_published_schema,
    ),
    (
        "contract::findings_fit_the_published_schema_of_sarif",
        findings_fit_the_published_schema_of_sarif,
    ),
];

/// The stand-in, while it runs.
pub(crate) struct Contract {
    child: Child,
    url: String,
}

impl Contract {
    pub(crate) fn start() -> Contract {
        let mut child = Command::new("node")
            .arg(project().join("tests/contract/serve.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("listening ")
            .expect("the stand-in starts")
            .to_owned();
        Contract { child, url }
    }

    /// Its address, for `RAKOPS_FORGE_URL`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Has the next request of this method on a path (a regular expression) answered so, after it was checked.
    pub(crate) fn answer(&self, method: &str, path: &str, (status, body): (u16, Value)) {
        let wanted = json!({"method": method, "path": path, "status": status, "body": body});
        self.call("POST", "/__answer", Some(&wanted));
    }

    /// What was asked, as `METHOD PATH`, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        let word = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let line = |entry: &Value| format!("{} {}", word(entry, "method"), word(entry, "path"));
        self.report().iter().map(line).collect()
    }

    /// Which requests broke the rules, and how.
    pub(crate) fn violations(&self) -> Vec<String> {
        let broken = |entry: &Value| entry["violations"].as_array().is_some_and(|found| !found.is_empty());
        self.report()
            .iter()
            .filter(|entry| broken(entry))
            .map(Value::to_string)
            .collect()
    }

    fn report(&self) -> Vec<Value> {
        let report = self.call("GET", "/__report", None);
        report.as_array().cloned().unwrap_or_default()
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let answer = curl::call(method, &format!("{}{path}", self.url), None, body);
        answer.expect("the stand-in answers").1
    }
}

impl Drop for Contract {
    fn drop(&mut self) {
        // Its end is the end of its stdin: it has to end Prism, too.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn a_request_that_breaks_the_published_rules_is_noted() {
    let contract = Contract::start();
    let path = "/api/v3/repos/acme/shop/pulls";
    contract.call("GET", &format!("{path}?state=opened"), None);
    contract.call("POST", path, Some(&json!({"head": "a", "base": "b", "labels": []})));
    contract.answer("GET", "/repos/.*/pulls", (200, json!([])));
    assert_eq!(contract.call("GET", path, None), json!([]));
    let query = json!({"query": "query Q { viewer { nickname } }"});
    contract.call("POST", "/api/graphql", Some(&query));
    let violations = contract.violations().join("\n");
    for words in [
        "request.query.state",
        "found 'labels'",
        "Cannot query field",
        "no `Authorization: Bearer`",
    ] {
        assert!(violations.contains(words), "{words}\n{violations}");
    }
    assert_eq!(contract.requests().len(), 4, "{violations} {}", contract.url());
}

/// A shop whose remote is a file, and whose forge is the stand-in.
fn shop(contract: &Contract) -> (Sandbox, [(&'static str, String); 4]) {
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.remote();
    let variables = [
        ("RAKOPS_FORGE_KIND", "github".to_owned()),
        ("RAKOPS_FORGE_URL", contract.url().to_owned()),
        ("RAKOPS_FORGE_REPOSITORY", "acme/shop".to_owned()),
        ("RAKOPS_GITHUB_TOKEN", "a-token".to_owned()),
    ];
    (sandbox, variables)
}

fn bump(sandbox: &Sandbox, variables: &[(&'static str, String); 4], more: &[&str]) -> Output {
    let words = ["bump", "ghcr.io/acme/api=1.5.0", "--env", "prd", "--pr"];
    let mut command = sandbox.rakops(words.iter().chain(more));
    for (name, value) in variables {
        command = command.env(name, value);
    }
    command.run()
}

#[track_caller]
fn expect_no_violations(contract: &Contract, asked: &[&str]) {
    let (requests, violations) = (contract.requests(), contract.violations());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    for wanted in asked {
        let found = requests
            .iter()
            .any(|line| line == wanted || line.starts_with(&format!("{wanted}?")));
        assert!(found, "not asked: {wanted}\n{}", requests.join("\n"));
    }
}

const PULLS: &str = "/repos/acme/shop/pulls";

fn opening_a_pull_request_with_labels_and_reviewers_follows_the_published_rules() {
    let contract = Contract::start();
    let (sandbox, variables) = shop(&contract);
    contract.answer("GET", &format!("{PULLS}\\?.*"), (200, json!([])));
    let more = [
        "--label",
        "deploy",
        "--reviewer",
        "someone",
        "--reviewer",
        "acme/owners",
        "--draft",
    ];
    bump(&sandbox, &variables, &more).expect(0);
    expect_no_violations(
        &contract,
        &[
            "GET /repos/acme/shop/pulls",
            "POST /repos/acme/shop/pulls",
            "POST /repos/acme/shop/issues/1347/labels",
            "POST /repos/acme/shop/pulls/1347/requested_reviewers",
        ],
    );
}

/// A pull request of the shop as GitHub describes one, which waits for nothing yet.
fn open_request(head: &str) -> Value {
    json!({
        "number": 7, "node_id": "PR_7", "html_url": "https://github.com/acme/shop/pull/7", "state": "open",
        "title": "a title", "body": "", "draft": false, "merged": false, "merged_at": null, "merge_commit_sha": null,
        "mergeable": true, "auto_merge": null, "user": {"login": "robot"}, "labels": [],
        "head": {"ref": head, "sha": "0123456789012345678901234567890123456789", "label": format!("acme:{head}"),
                 "repo": {"full_name": "acme/shop", "owner": {"login": "acme"}}},
        "base": {"ref": "main", "sha": "0123456789012345678901234567890123456789", "label": "acme:main",
                 "repo": {"full_name": "acme/shop", "owner": {"login": "acme"}}}
    })
}

fn auto_merge_follows_the_published_rules() {
    let contract = Contract::start();
    let (sandbox, variables) = shop(&contract);
    contract.answer("GET", &format!("{PULLS}\\?.*"), (200, json!([])));
    bump(&sandbox, &variables, &[]).expect(0);
    // The same again, now that the id of the head is known.
    let head = "rakops/bump/prd/api";
    let pushed = sandbox.git(["ls-remote", "origin", &format!("refs/heads/{head}")]);
    let mut request = open_request(head);
    request["head"]["sha"] = json!(pushed.split_whitespace().next());
    contract.answer("GET", &format!("{PULLS}\\?.*"), (200, json!([request])));
    for _ in 0..3 {
        contract.answer("GET", &format!("{PULLS}/7"), (200, request.clone()));
    }
    contract.answer("PATCH", &format!("{PULLS}/7"), (200, request));
    contract.answer(
        "GET",
        "/repos/acme/shop",
        (200, json!({"full_name": "acme/shop", "allow_auto_merge": true})),
    );
    bump(&sandbox, &variables, &["--auto-merge"]).expect(0);
    expect_no_violations(&contract, &["POST /api/graphql"]);
}

fn a_request_that_is_open_already_is_changed_by_the_published_rules() {
    let contract = Contract::start();
    let (sandbox, variables) = shop(&contract);
    let request = open_request("rakops/bump/prd/api");
    contract.answer("GET", &format!("{PULLS}\\?.*"), (200, json!([request])));
    for _ in 0..3 {
        contract.answer("GET", &format!("{PULLS}/7"), (200, request.clone()));
    }
    contract.answer("PATCH", &format!("{PULLS}/7"), (200, request));
    bump(&sandbox, &variables, &["--title", "another title", "--update"]).expect(0);
    expect_no_violations(&contract, &["PATCH /repos/acme/shop/pulls/7"]);
}

/// All that is asked: commits, more reviews of a request, force pushes, rules of both kinds, members of a team.
fn an_audit_follows_the_published_rules() {
    let contract = Contract::start();
    let (sandbox, variables) = shop(&contract);
    sandbox.file(".github/CODEOWNERS", "* @acme/sre\n");
    let owners = sandbox.commit_all("owners");
    sandbox.file(
        "overlays/prd/kustomization.yaml",
        "resources: [../../base]\nnamespace: other\n",
    );
    let commit = sandbox.commit_all("production has another namespace");
    sandbox.git(["push", "--quiet", "origin", "main"]);
    let audit = |since: &str| {
        let mut command = sandbox.rakops(["audit", "prd", "--since", since, "-o", "json"]);
        for (name, value) in &variables {
            command = command.env(name, value);
        }
        command.run().expect(0).json()
    };
    // The published example breaks its own schema.
    let forced = json!([{
        "id": 1, "node_id": "x", "before": "6dcb09b5b57875f334f61aebed695e2e4193db5e", "after": commit,
        "ref": "refs/heads/main", "timestamp": "2026-01-01T00:00:00Z", "activity_type": "force_push",
        "actor": {"login": "octocat"},
    }]);
    for _ in 0..2 {
        contract.answer("GET", "/repos/acme/shop/activity.*", (200, forced.clone()));
    }
    // Several commits in one query, answered by their types alone.
    let all = audit("2000-01-01");
    assert!(all["rows"].as_array().is_some_and(|rows| rows.len() > 1), "{all}");
    let review = json!({"state": "APPROVED", "submittedAt": "2026-01-01T00:00:00Z", "author": {"login": "carol"},
                        "commit": {"oid": commit}});
    let request = json!({
        "id": "PR_7", "number": 7, "url": "https://github.com/acme/shop/pull/7", "title": "t", "body": "",
        "baseRefName": "main", "headRefName": "topic", "headRefOid": commit, "baseRepository": null,
        "headRepository": null, "mergedAt": "2026-02-01T00:00:00Z", "mergedBy": {"login": "bob"},
        "author": {"login": "anna"}, "mergeCommit": {"oid": commit}, "commits": {"nodes": []},
        "reviews": {"pageInfo": {"hasNextPage": true, "endCursor": "here"}, "nodes": [review]},
    });
    // Whether the commit before the span landed in it is asked first.
    let before = json!({"oid": owners, "associatedPullRequests": {"pageInfo": null, "nodes": []}});
    contract.answer(
        "POST",
        "/api/graphql",
        (200, json!({"data": {"repository": {"c0": before}}})),
    );
    let told = json!({"oid": commit, "associatedPullRequests": {"pageInfo": null, "nodes": [request]}});
    contract.answer(
        "POST",
        "/api/graphql",
        (200, json!({"data": {"repository": {"c0": told}}})),
    );
    let one = audit(&moment(sandbox.now()));
    assert_eq!(one["rows"][0]["pull_request"]["number"], 7, "{one}");
    expect_no_violations(
        &contract,
        &[
            "POST /api/graphql",
            "GET /repos/acme/shop/activity",
            "GET /repos/acme/shop/rules/branches/main",
            "GET /orgs/acme/teams/sre/members",
        ],
    );
}

fn every_graphql_document_fits_the_published_schema() {
    let checked = Command::new("node")
        .arg(project().join("tests/contract/validate.mjs"))
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

fn findings_fit_the_published_schema_of_sarif() {
    let judge = |file: &std::path::Path| {
        Command::new("node")
            .arg(project().join("tests/contract/sarif.mjs"))
            .arg(file)
            .output()
            .unwrap()
    };
    let sandbox = Sandbox::new();
    sandbox.shop();
    sandbox.file(
        "live/kustomization.yaml",
        "resources: [gone.yaml, ../../out]\nimages:\n- {name: ghcr.io/acme/api, newTag: 1.10}\n",
    );
    sandbox.file(
        "pod.yaml",
        "kind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x, image: acme/x}]}\n",
    );
    let _ = sandbox.rakops(["check", "--write", "out.sarif"]).run().expect(1);
    let log: Value = serde_json::from_str(&sandbox.read("out.sarif")).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(4), "{log}");
    let judged = judge(&sandbox.path("out.sarif"));
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    // A judge that lets everything pass judges nothing.
    sandbox.file(
        "bad.sarif",
        sandbox.read("out.sarif").replace("\"startLine\": ", "\"startLine\": -"),
    );
    assert!(!judge(&sandbox.path("bad.sarif")).status.success());
}

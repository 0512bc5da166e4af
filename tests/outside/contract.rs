//! What GitHub publishes as the judge of every request that is made to it.
//!
//! `tests/contract/install.sh` installs the judge, `tests/contract/serve.mjs` is it: a stand-in for GitHub that answers with
//! the published examples and notes each request that breaks the published rules. It keeps nothing between requests.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::curl;
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
pub(crate) const TESTS: &[(&str, fn())] = &[(
    "contract::a_request_that_breaks_the_published_rules_is_noted",
    a_request_that_breaks_the_published_rules_is_noted,
)];

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

//! What REST has no path for.
//!
//! GraphQL answers 200 to what it refuses, and says so in `errors`.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{Error, Kind};
use crate::forge::api::{Api, Call};
use crate::forge::{Checks, PullRequest, ReviewDecision, Stage};
use crate::git::names::Oid;
use crate::http::{Answer, Verb};
use crate::text::secret::redact;

const STATE: &str = include_str!("state.graphql");
const VIEWER: &str = include_str!("viewer.graphql");
const ENABLE: &str = include_str!("enable_auto_merge.graphql");
const DISABLE: &str = include_str!("disable_auto_merge.graphql");
const ENQUEUE: &str = include_str!("enqueue.graphql");
const TO_DRAFT: &str = include_str!("convert_to_draft.graphql");
const READY: &str = include_str!("mark_ready.graphql");

/// The code of an error that GraphQL answered with words of its own.
pub(super) const REFUSED: &str = "forge-refuses";

#[derive(Deserialize)]
struct Reply<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<Complaint>,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(rename = "type")]
    kind: Option<String>,
    message: String,
    path: Option<Vec<Value>>,
}

/// Where GraphQL is: beside REST, on the same host.
fn address(api: &Api<'_>) -> String {
    let tokens = &api.door.tokens;
    let is_own = tokens.variable("GITHUB_API_URL").map(|url| url.trim_end_matches('/')) == Some(api.base.as_str());
    match tokens.variable("GITHUB_GRAPHQL_URL") {
        Some(url) if is_own => url.to_owned(),
        _ => format!("{}/graphql", api.base.strip_suffix("/v3").unwrap_or(&api.base)),
    }
}

/// What of an answer is missing, and why: the path of names and numbers that GraphQL gives, joined by slashes.
pub(super) struct Lost {
    path: String,
    why: String,
}

impl Lost {
    /// The reason why anything at or below `path` is missing; none if nothing is. What names no place concerns all.
    pub(super) fn why<'l>(lost: &'l [Lost], path: &str) -> Option<&'l str> {
        let is_there = |it: &&Lost| {
            let below = it.path.strip_prefix(path);
            it.path.is_empty() || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        lost.iter().find(is_there).map(|it| it.why.as_str())
    }
}

/// Asks and takes whatever part is answered, with what is missing of it.
pub(super) fn ask_for_parts<T: DeserializeOwned>(
    api: &Api<'_>,
    (document, variables): (&str, Value),
    doing: &str,
) -> Result<(T, Vec<Lost>), Error> {
    let call = Call::new(Verb::Post, address(api), doing).json(json!({ "query": document, "variables": variables }));
    let answer = api.ask(&call)?;
    api.accept(&answer, &call)?;
    let reply: Reply<T> = api.parse(&answer, &call)?;
    let Some(data) = reply.data else {
        return Err(refused(api, &reply.errors, (doing, &answer)));
    };
    let name = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    let lost = reply.errors.iter().map(|complaint| Lost {
        path: complaint
            .path
            .iter()
            .flatten()
            .map(name)
            .collect::<Vec<String>>()
            .join("/"),
        why: redact(&complaint.message).into_owned(),
    });
    Ok((data, lost.collect()))
}

pub(super) fn ask<T: DeserializeOwned>(
    api: &Api<'_>,
    (document, variables): (&str, Value),
    doing: &str,
) -> Result<T, Error> {
    let call = Call::new(Verb::Post, address(api), doing).json(json!({ "query": document, "variables": variables }));
    let answer = api.ask(&call)?;
    api.accept(&answer, &call)?;
    let reply: Reply<T> = api.parse(&answer, &call)?;
    match reply.data {
        Some(data) if reply.errors.is_empty() => Ok(data),
        _ => Err(refused(api, &reply.errors, (doing, &answer))),
    }
}

/// What an answer without all that was asked for means.
fn refused(api: &Api<'_>, errors: &[Complaint], (doing, answer): (&str, &Answer)) -> Error {
    let Some(first) = errors.first() else {
        let what = format!("cannot {doing}: GitHub answers nothing");
        return Error::new(Kind::Remote, "odd-answer", what);
    };
    let (kind, code) = match first.kind.as_deref() {
        Some("NOT_FOUND") => (Kind::NotFound, "not-found"),
        Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => (Kind::Access, "not-permitted"),
        Some("RATE_LIMITED") => (Kind::Remote, "rate-limit"),
        _ => (Kind::Refused, REFUSED),
    };
    let mut error = Error::new(kind, code, format!("cannot {doing}"));
    for complaint in errors {
        error = error.because(redact(&complaint.message));
    }
    for hint in api.forge.advice(api, answer) {
        error = error.hint(hint);
    }
    error
}

/// Whether a merge queue stands before the base.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    None,
    There,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    review_decision: Option<String>,
    is_in_merge_queue: Option<bool>,
    is_merge_queue_enabled: Option<bool>,
    commits: Option<Commits>,
}

#[derive(Deserialize)]
struct Commits {
    nodes: Vec<OneCommit>,
}

#[derive(Deserialize)]
struct OneCommit {
    commit: Commit,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commit {
    oid: String,
    status_check_rollup: Option<Rollup>,
}

#[derive(Deserialize)]
struct Rollup {
    state: String,
}

/// Adds what reviews and checks come to. A token that may not ask leaves them unknown.
pub(super) fn add_state(api: &Api<'_>, pr: &mut PullRequest) -> Queue {
    #[derive(Deserialize)]
    struct Data {
        node: Option<Known>,
    }
    let asked = ask::<Data>(api, (STATE, json!({ "id": pr.handle })), "read the checks and reviews");
    let Some(known) = asked.ok().and_then(|data| data.node) else {
        return Queue::None;
    };
    pr.review = match known.review_decision.as_deref() {
        None => ReviewDecision::None,
        Some("APPROVED") => ReviewDecision::Approved,
        Some("CHANGES_REQUESTED") => ReviewDecision::ChangesRequested,
        Some("REVIEW_REQUIRED") => ReviewDecision::Required,
        Some(_) => ReviewDecision::Unknown,
    };
    let head = pr.head_oid.as_ref().map(Oid::as_str);
    let last = known.commits.and_then(|commits| commits.nodes.into_iter().next_back());
    // Between the two calls the head may have moved.
    if let Some(last) = last.filter(|last| Some(last.commit.oid.as_str()) == head) {
        let rollup = last.commit.status_check_rollup.map(|rollup| rollup.state);
        pr.checks = checks_of(rollup.as_deref());
    }
    if known.is_in_merge_queue == Some(true) {
        pr.auto_merge = Some(true);
    }
    match known.is_merge_queue_enabled {
        Some(true) => Queue::There,
        _ => Queue::None,
    }
}

/// What a rollup of checks means; none if the commit has no checks.
pub(super) fn checks_of(rollup: Option<&str>) -> Checks {
    match rollup {
        None => Checks::None,
        Some("SUCCESS") => Checks::Passed,
        Some("PENDING" | "EXPECTED") => Checks::Pending,
        Some("FAILURE" | "ERROR") => Checks::Failed,
        Some(_) => Checks::Unknown,
    }
}

/// The login that the token speaks for.
pub(super) fn viewer(api: &Api<'_>) -> Result<String, Error> {
    #[derive(Deserialize)]
    struct Data {
        viewer: super::Login,
    }
    Ok(ask::<Data>(api, (VIEWER, json!({})), "find out whose token it is")?
        .viewer
        .login)
}

/// Draft or ready.
pub(super) fn set_stage(api: &Api<'_>, pr: &PullRequest, stage: Stage) -> Result<(), Error> {
    let (document, doing) = match stage {
        Stage::Draft => (TO_DRAFT, "make the pull request a draft"),
        Stage::Ready => (READY, "mark the pull request as ready"),
    };
    ask::<Value>(api, (document, json!({ "id": pr.handle })), doing).map(|_| ())
}

/// Merges as soon as that may be.
pub(super) fn enable_auto_merge(api: &Api<'_>, pr: &PullRequest, (head, method): (&Oid, &str)) -> Result<(), Error> {
    let variables = json!({ "id": pr.handle, "method": method, "head": head.as_str() });
    ask::<Value>(api, (ENABLE, variables), "switch auto-merge on").map(|_| ())
}

/// No longer does.
pub(super) fn disable_auto_merge(api: &Api<'_>, pr: &PullRequest) -> Result<(), Error> {
    ask::<Value>(api, (DISABLE, json!({ "id": pr.handle })), "switch auto-merge off").map(|_| ())
}

/// Puts it into the merge queue.
pub(super) fn enqueue(api: &Api<'_>, pr: &PullRequest, head: &Oid) -> Result<(), Error> {
    let variables = json!({ "id": pr.handle, "head": head.as_str() });
    ask::<Value>(api, (ENQUEUE, variables), "put the pull request into the merge queue").map(|_| ())
}

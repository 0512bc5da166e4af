//! Merging, now and later: what Gitea takes, when it takes it, and what it does not hold to.
//!
//! Source: measured on Gitea 1.26, `tests/gitea/README.md`, "Merging" and "Merging when checks succeed".

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Gitea, WRITE};
use crate::error::Error;
use crate::forge::api::{Api, Call, words_of};
use crate::forge::{AutoMerge, Forge, Method, PullRequest};
use crate::git::names::Oid;
use crate::http::{Answer, Verb, escaped};

/// Gitea looks at a request in the background, and says "try again later" until it has; for a conflict it says so for
/// ever. In milliseconds, four seconds in all.
const LOOKS_AGAIN: &[u64] = &[250, 500, 750, 1_000, 1_500];

/// Sends what merges, now or later, until Gitea has looked at the request.
pub(super) fn send(api: &Api<'_>, number: u64, body: Value) -> Result<(Answer, Call), Error> {
    let path = format!("{}/merge", Gitea::pull(api, number));
    let call = Call::new(Verb::Post, path, format!("merge pull request {number}"));
    let call = call.json(body).needing(WRITE);
    let mut answer = api.ask(&call)?;
    for pause in LOOKS_AGAIN {
        if answer.status != 405 || !words_of(&answer).to_lowercase().contains("try again later") {
            break;
        }
        std::thread::sleep(Duration::from_millis(*pause));
        answer = api.ask(&call)?;
    }
    Ok((answer, call))
}

/// Plans the merge, where a rule of the base has it wait for something: without one Gitea merges within seconds.
pub(super) fn enable(
    forge: &Gitea,
    api: &Api<'_>,
    (pr, head, method): (&PullRequest, &Oid, Option<Method>),
) -> Result<AutoMerge, Error> {
    if !has_rule(api, pr)? {
        return Ok(AutoMerge::Unavailable(format!(
            "no rule of `{}` wants a status or an approval, so Gitea would merge it at once",
            pr.lane.base
        )));
    }
    let style = Gitea::style(api, method)?;
    let body = json!({ "Do": style, "merge_when_checks_succeed": true, "head_commit_id": head.as_str() });
    let (answer, call) = send(api, pr.number, body)?;
    match answer.status {
        200 => return Ok(AutoMerge::MergedNow),
        409 if !words_of(&answer).to_lowercase().contains("already scheduled") => {
            return Ok(AutoMerge::Unavailable(api.said(&answer)));
        }
        409 => {}
        405 => return Ok(AutoMerge::Unavailable(api.said(&answer))),
        _ => api.accept(&answer, &call)?,
    }
    // A merge that is planned is not held to a head.
    if Gitea::plain(api, pr.number)?.head_oid.as_ref() != Some(head) {
        forge.disable_auto_merge(api, pr)?;
        return Ok(AutoMerge::Unavailable("its head has moved".into()));
    }
    Ok(AutoMerge::Enabled)
}

/// Whether a rule of the base wants a status or an approval. `GET /branches/{branch}` tells, and whoever may read may ask.
fn has_rule(api: &Api<'_>, pr: &PullRequest) -> Result<bool, Error> {
    #[derive(Deserialize)]
    struct Branch {
        #[serde(default)]
        required_approvals: i64,
        #[serde(default)]
        enable_status_check: bool,
        status_check_contexts: Option<Vec<String>>,
    }
    let path = format!("{}/branches/{}", Gitea::repo(api), escaped(pr.lane.base.as_str()));
    let call = Call::new(Verb::Get, path, format!("read the rules of `{}`", pr.lane.base));
    let branch: Branch = api.read(&call.needing("read:repository"))?;
    let wants_status = branch.enable_status_check && branch.status_check_contexts.is_some_and(|list| !list.is_empty());
    Ok(branch.required_approvals > 0 || wants_status)
}

/// Whether a merge is planned: no field says so, but the last word on it in the timeline does.
pub(super) fn is_planned(api: &Api<'_>, number: u64) -> Result<bool, Error> {
    #[derive(Deserialize)]
    struct Event {
        #[serde(rename = "type")]
        kind: String,
    }
    let path = format!("{}/timeline", Gitea::issue(api, number));
    let events: Vec<Option<Event>> = Gitea::paged(api, &path, "read the timeline")?;
    let last = events
        .iter()
        .flatten()
        .rev()
        .find_map(|event| match event.kind.as_str() {
            "pull_scheduled_merge" => Some(true),
            "pull_cancel_scheduled_merge" => Some(false),
            _ => None,
        });
    Ok(last.unwrap_or(false))
}

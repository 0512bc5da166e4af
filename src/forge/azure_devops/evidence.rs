//! Who approved what was merged: completed requests are listed, and of each that fits its votes and pushes are read.
//!
//! Votes have no time of their own; the threads that Azure DevOps writes about them do.
//! Source: Azure DevOps REST API 7.1, "Git - Pull Requests", "Pull Request Threads", "Pull Request Iterations". Not tried
//! against the real service.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::words::{Commit, List, Person, Pull};
use super::{AzureDevOps, PAGE, VERSION};
use crate::error::Error;
use crate::forge::api::{Api, Call};
use crate::forge::evidence::timeline::{self, Event, What};
use crate::forge::evidence::{Merged, Told, oldest_first};
use crate::forge::{Checks, PullRequest, ReviewState};
use crate::git::names::{BranchName, Oid};
use crate::http::{Verb, escaped};
use crate::text::time;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thread {
    published_date: Option<String>,
    #[serde(default)]
    properties: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    identities: Option<BTreeMap<String, Person>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Iteration {
    created_date: String,
    source_ref_commit: Option<Commit>,
}

/// Reads all of it, in the order of `commits`.
pub(super) fn read(
    api: &Api<'_>,
    (branch, since): (&BranchName, Option<i64>),
    commits: &[Oid],
) -> Result<Vec<Told>, Error> {
    let target = escaped(&branch.reference());
    let address = |skip: usize| {
        format!(
            "/pullrequests?searchCriteria.status=completed&searchCriteria.targetRefName={target}&$top={PAGE}&$skip={skip}&{VERSION}"
        )
    };
    let mut found: Vec<Pull> = Vec::new();
    let call = Call::new(Verb::Get, address(0), "list the completed pull requests").needing("Code (read)");
    api.turn(call, |answer, call| {
        let page: List<Pull> = api.parse(answer, call)?;
        let is_old = |pull: &Pull| {
            let closed = pull.closed_date.as_deref().and_then(time::read);
            closed.zip(since).is_some_and(|(closed, since)| closed < since)
        };
        // They come by their numbers: a page of old ones alone is taken for the end.
        let is_over = page.value.len() < PAGE || page.value.iter().all(is_old);
        found.extend(page.value);
        Ok((!is_over).then(|| address(found.len())))
    })?;
    let requests: Result<Vec<PullRequest>, Error> = found.into_iter().map(|pull| pull.into_request(api)).collect();
    timeline::told(api, (branch, commits), requests?, &|request| merged(api, request))
}

fn merged(api: &Api<'_>, mut request: PullRequest) -> Result<Merged, Error> {
    let number = request.number;
    let call = |below: &str| {
        Call::new(
            Verb::Get,
            AzureDevOps::one(number, below),
            "read what happened to a pull request",
        )
    };
    let threads: List<Thread> = api.read(&call("/threads").needing("Code (read)"))?;
    let iterations: List<Iteration> = api.read(&call("/iterations").needing("Code (read)"))?;
    let reviewers = AzureDevOps::read(api, number)?.reviewers.into_iter();
    let standing: Vec<String> = reviewers
        .filter(|one| one.vote > 0)
        .map(|one| one.unique_name.unwrap_or(one.id))
        .collect();
    let pushes = iterations.value.into_iter().filter_map(|iteration| {
        let commit = iteration
            .source_ref_commit
            .and_then(|commit| Oid::parse(&commit.commit_id))?;
        Some(Event {
            at: time::read(&iteration.created_date)?,
            what: What::Head(commit),
        })
    });
    let events = pushes.chain(threads.value.into_iter().filter_map(vote)).collect();
    let mut reviews = timeline::reviews(events, None, &standing);
    oldest_first(&mut reviews);
    request.checks = AzureDevOps::checks(api, number).unwrap_or(Checks::Unknown);
    Ok(Merged {
        request,
        reviews,
        unknown: Vec::new(),
    })
}

/// The vote that a thread of the system tells of.
fn vote(thread: Thread) -> Option<Event> {
    let properties = thread.properties?;
    let text = |name: &str| {
        let value = &properties.get(name)?["$value"];
        value
            .as_str()
            .map(str::to_owned)
            .or_else(|| value.as_i64().map(|number| number.to_string()))
    };
    if text("CodeReviewThreadType").as_deref() != Some("VoteUpdate") {
        return None;
    }
    let state = match text("CodeReviewVoteResult")?.parse::<i32>().ok()? {
        5.. => ReviewState::Approved,
        ..=-1 => ReviewState::ChangesRequested,
        // It was taken back.
        _ => ReviewState::Dismissed,
    };
    let by = thread.identities?.remove(&text("CodeReviewVotedByIdentity")?)?.name();
    Some(Event {
        at: time::read(&thread.published_date?)?,
        what: What::Said(by, state),
    })
}

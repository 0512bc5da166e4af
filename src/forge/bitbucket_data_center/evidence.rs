//! Who approved what was merged: merged requests are listed, and of each that fits what happened to it is read.
//!
//! Source: Bitbucket Data Center REST API, "Pull Requests": list, activities. Not tried against the real server.

use serde::Deserialize;

use super::{BitbucketDataCenter, Commit, Person, Pull};
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
struct Activity {
    action: String,
    /// Thousandths of seconds since 1970.
    #[serde(default)]
    created_date: i64,
    user: Option<Person>,
    from_hash: Option<String>,
    previous_from_hash: Option<String>,
    commit: Option<Commit>,
}

/// Reads all of it, in the order of `commits`.
pub(super) fn read(
    api: &Api<'_>,
    (branch, since): (&BranchName, Option<i64>),
    commits: &[Oid],
) -> Result<Vec<Told>, Error> {
    let path = format!(
        "{}?state=MERGED&at={}&direction=INCOMING&order=NEWEST",
        BitbucketDataCenter::pulls(api),
        escaped(&branch.reference())
    );
    let address = |start: u64| format!("{path}&start={start}&limit=50");
    let mut found = Vec::new();
    let call = Call::new(Verb::Get, address(0), "list the merged pull requests").needing("repository read");
    api.turn(call, |answer, call| {
        let page: super::Page<Pull> = api.parse(answer, call)?;
        let is_old = |pull: &Pull| {
            pull.closed_date
                .zip(since)
                .is_some_and(|(closed, since)| closed / 1_000 < since)
        };
        let is_over = page.is_last_page || page.values.last().is_some_and(is_old);
        found.extend(page.values);
        Ok(page.next_page_start.filter(|_| !is_over).map(address))
    })?;
    let requests: Result<Vec<PullRequest>, Error> = found.into_iter().map(Pull::into_request).collect();
    timeline::told(api, (branch, commits), requests?, &|request| merged(api, request))
}

fn merged(api: &Api<'_>, mut request: PullRequest) -> Result<Merged, Error> {
    let path = format!("{}/activities", BitbucketDataCenter::one(api, request.number));
    let happened: Vec<Activity> = BitbucketDataCenter::paged(api, &path, "read what happened to a pull request")?;
    let standing: Vec<String> = BitbucketDataCenter::read(api, request.number)?
        .reviewers
        .into_iter()
        .filter(|one| one.status.as_deref() == Some("APPROVED"))
        .map(|one| one.user.name)
        .collect();
    let mut first = request.head_oid.clone();
    let mut earliest = i64::MAX;
    let mut events = Vec::new();
    for activity in happened {
        let at = activity.created_date / 1_000;
        let by = activity.user.map(|user| user.name).unwrap_or_default();
        let said = |state| Some(What::Said(by.clone(), state));
        let what = match activity.action.as_str() {
            "APPROVED" => said(ReviewState::Approved),
            "UNAPPROVED" => said(ReviewState::Dismissed),
            "REVIEWED" => said(ReviewState::ChangesRequested),
            "RESCOPED" => {
                if activity.created_date < earliest {
                    earliest = activity.created_date;
                    first = activity.previous_from_hash.as_deref().and_then(Oid::parse);
                }
                activity.from_hash.as_deref().and_then(Oid::parse).map(What::Head)
            }
            "MERGED" => {
                request.merged_at = Some(time::moment(at));
                request.merged_by = Some(by);
                let made = activity.commit.and_then(|commit| Oid::parse(&commit.id));
                request.merge_oid = made.or(request.merge_oid);
                None
            }
            _ => None,
        };
        events.extend(what.map(|what| Event { at, what }));
    }
    let mut reviews = timeline::reviews(events, first, &standing);
    oldest_first(&mut reviews);
    let checks = request
        .head_oid
        .as_ref()
        .and_then(|head| BitbucketDataCenter::checks(api, head));
    request.checks = checks.unwrap_or(Checks::Unknown);
    Ok(Merged {
        request,
        reviews,
        unknown: Vec::new(),
    })
}

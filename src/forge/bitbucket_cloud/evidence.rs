//! Who approved what was merged: merged requests are listed, and of each that fits what happened to it is read.
//!
//! Source: Bitbucket Cloud REST API 2.0, "Pullrequests": list, activity. Not tried against the real service.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{BitbucketCloud, Commit, Person, Pull};
use crate::error::Error;
use crate::forge::api::Api;
use crate::forge::evidence::timeline::{self, Event, What};
use crate::forge::evidence::{Merged, Told, oldest_first};
use crate::forge::{Checks, PullRequest, ReviewState};
use crate::git::names::{BranchName, Oid};
use crate::http::escaped;
use crate::text::time;

#[derive(Deserialize)]
struct Activity {
    update: Option<Update>,
    approval: Option<Word>,
    changes_requested: Option<Word>,
}

#[derive(Deserialize)]
struct Update {
    state: Option<String>,
    date: String,
    source: Option<Source>,
    author: Option<Person>,
}

#[derive(Deserialize)]
struct Source {
    commit: Option<Commit>,
}

#[derive(Deserialize)]
struct Word {
    date: String,
    user: Person,
}

/// Reads all of it, in the order of `commits`.
pub(super) fn read(
    api: &Api<'_>,
    (branch, since): (&BranchName, Option<i64>),
    commits: &[Oid],
) -> Result<Vec<Told>, Error> {
    let mut filter = format!("destination.branch.name=\"{branch}\"");
    if let Some(since) = since {
        // What has not changed since then was not merged since then.
        filter.push_str(&format!(" AND updated_on>={}", time::moment(since)));
    }
    let path = format!(
        "{}/pullrequests?state=MERGED&q={}&pagelen=50",
        BitbucketCloud::repo(api),
        escaped(&filter)
    );
    let found: Vec<Pull> = BitbucketCloud::paged(api, path, "list the merged pull requests")?;
    let mut requests = Vec::new();
    for pull in found {
        // Ids are cut there: only those of commits that are asked for are read whole.
        let cut = pull
            .merge_commit
            .as_ref()
            .map(|commit| commit.hash.clone())
            .unwrap_or_default();
        let Some(commit) = commits
            .iter()
            .find(|commit| !cut.is_empty() && commit.as_str().starts_with(&cut))
        else {
            continue;
        };
        let head = BitbucketCloud::whole(api, pull.source.commit.as_ref());
        let mut request = pull.into_request()?;
        request.merge_oid = Some(commit.clone());
        request.head_oid = head;
        requests.push(request);
    }
    timeline::told(api, (branch, commits), requests, &|request| merged(api, request))
}

fn merged(api: &Api<'_>, mut request: PullRequest) -> Result<Merged, Error> {
    let path = format!("{}/activity?pagelen=50", BitbucketCloud::one(api, request.number));
    let happened: Vec<Activity> = BitbucketCloud::paged(api, path, "read what happened to a pull request")?;
    let participants = BitbucketCloud::read(api, request.number)?.participants;
    let standing: Vec<String> = participants
        .into_iter()
        .filter(|one| one.approved)
        .map(|one| one.user.name())
        .collect();
    // When it was merged is not when it was changed last.
    request.merged_at = None;
    let mut events = Vec::new();
    let mut whole: BTreeMap<String, Option<Oid>> = BTreeMap::new();
    for activity in happened {
        for (word, state) in [
            (activity.approval, ReviewState::Approved),
            (activity.changes_requested, ReviewState::ChangesRequested),
        ] {
            if let Some((word, at)) = word.and_then(|word| time::read(&word.date).map(|at| (word, at))) {
                let what = What::Said(word.user.name(), state);
                events.push(Event { at, what });
            }
        }
        let Some((update, at)) = activity.update.and_then(|it| time::read(&it.date).map(|at| (it, at))) else {
            continue;
        };
        if update.state.as_deref() == Some("MERGED") {
            request.merged_at = Some(update.date);
            request.merged_by = update.author.map(Person::name).or(request.merged_by);
        }
        if let Some(commit) = update.source.and_then(|source| source.commit) {
            let id = whole
                .entry(commit.hash.clone())
                .or_insert_with(|| BitbucketCloud::whole(api, Some(&commit)));
            events.extend(id.clone().map(|id| Event {
                at,
                what: What::Head(id),
            }));
        }
    }
    let mut reviews = timeline::reviews(events, None, &standing);
    oldest_first(&mut reviews);
    request.checks = BitbucketCloud::checks(api, request.number).unwrap_or(Checks::Unknown);
    Ok(Merged {
        request,
        reviews,
        unknown: Vec::new(),
    })
}

//! Evidence of forges that keep a list of what happened to a request, and name one commit for what it became.

use std::collections::BTreeMap;

use super::{Merged, Told};
use crate::error::Error;
use crate::forge::{Api, PullRequest, Review, ReviewState};
use crate::git::names::{BranchName, Oid};
use crate::text::time;

/// Something that happened to a request.
pub(in crate::forge) struct Event {
    /// Seconds since 1970.
    pub(in crate::forge) at: i64,
    pub(in crate::forge) what: What,
}

/// What happened.
pub(in crate::forge) enum What {
    /// The head became this commit.
    Head(Oid),
    /// Somebody said something of it.
    Said(String, ReviewState),
}

/// The reviews of a request, each of the head at that moment. `first` is the head before any event; `standing` are those
/// who approve it now: an approval of somebody else was taken back.
pub(in crate::forge) fn reviews(mut events: Vec<Event>, first: Option<Oid>, standing: &[String]) -> Vec<Review> {
    events.sort_by_key(|event| event.at);
    let is_head = |event: &&Event| matches!(event.what, What::Head(_));
    let moves: Vec<i64> = events.iter().filter(is_head).map(|event| event.at).collect();
    let mut head = first;
    let mut found: Vec<Review> = Vec::new();
    for event in events {
        match event.what {
            What::Head(commit) => head = Some(commit),
            What::Said(by, state) => {
                let is_over = state == ReviewState::Approved && !standing.contains(&by);
                found.push(Review {
                    by,
                    state: if is_over { ReviewState::Dismissed } else { state },
                    // Which came first within one second cannot be told.
                    commit: head.clone().filter(|_| !moves.contains(&event.at)),
                    at: time::moment(event.at),
                });
            }
        }
    }
    for by in standing {
        let is_told = |review: &Review| review.by == *by && review.state == ReviewState::Approved;
        if !found.iter().any(is_told) {
            found.push(Review {
                by: by.clone(),
                state: ReviewState::Approved,
                commit: None,
                at: String::new(),
            });
        }
    }
    found
}

/// Tells of commits by a list of merged requests, each of which names the commit that it became. A commit that none of them
/// names may have been pushed, or be one of several that a rebase made: that cannot be told.
///
/// # Errors
/// As `read`, which reads one request whole.
pub(in crate::forge) fn told(
    api: &Api<'_>,
    (branch, commits): (&BranchName, &[Oid]),
    requests: Vec<PullRequest>,
    read: &dyn Fn(PullRequest) -> Result<Merged, Error>,
) -> Result<Vec<Told>, Error> {
    let mut by_commit: BTreeMap<Oid, Vec<PullRequest>> = BTreeMap::new();
    for request in requests.into_iter().filter(|request| request.lane.base == *branch) {
        if let Some(commit) = request.merge_oid.clone() {
            by_commit.entry(commit).or_default().push(request);
        }
    }
    let title = api.forge.title();
    let one = |commit: &Oid| {
        let requests = by_commit.get(commit).cloned().unwrap_or_default();
        if requests.is_empty() {
            let why = format!("{title} names no request that became this commit: it was pushed, or made by a rebase");
            return Ok(Told::unknown(commit, why));
        }
        Ok(Told {
            requests: requests.into_iter().map(read).collect::<Result<Vec<Merged>, Error>>()?,
            ..Told::nothing(commit)
        })
    };
    commits.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{Event, What, reviews};
    use crate::forge::ReviewState;
    use crate::git::names::Oid;

    #[test]
    fn a_review_is_of_the_head_at_that_moment() {
        let id = |digit: &str| Oid::parse(&digit.repeat(40)).unwrap();
        let head = |at, digit| Event {
            at,
            what: What::Head(id(digit)),
        };
        let said = |at, by: &str, state| Event {
            at,
            what: What::Said(by.into(), state),
        };
        let events = vec![
            said(20, "anna", ReviewState::Approved),
            head(10, "a"),
            said(30, "ben", ReviewState::Approved),
            head(25, "b"),
            head(40, "c"),
            said(40, "cleo", ReviewState::ChangesRequested),
        ];
        let standing = ["ben".to_owned(), "dora".to_owned()];
        let found = reviews(events, None, &standing);
        let shown: Vec<(&str, ReviewState, Option<Oid>)> = found
            .iter()
            .map(|it| (it.by.as_str(), it.state, it.commit.clone()))
            .collect();
        assert_eq!(
            shown,
            [
                ("anna", ReviewState::Dismissed, Some(id("a"))),
                ("ben", ReviewState::Approved, Some(id("b"))),
                ("cleo", ReviewState::ChangesRequested, None),
                ("dora", ReviewState::Approved, None),
            ]
        );
    }
}

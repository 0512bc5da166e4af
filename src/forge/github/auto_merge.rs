//! Merging later.
//!
//! **Invariant:** auto-merge that is not to be had never becomes a merge at once, unless the pull request had something to
//! wait for and it has come.

use serde::Deserialize;

use super::{graphql, pull};
use crate::error::{Error, Kind};
use crate::forge::api::{Api, Call};
use crate::forge::{AutoMerge, Checks, Forge, Merge, Method, PullRequest, ReviewDecision};
use crate::git::names::Oid;
use crate::http::Verb;

/// What the settings of the repository allow. A weak token is not shown them, and then all may be allowed.
#[derive(Deserialize)]
pub(super) struct Allowed {
    allow_auto_merge: Option<bool>,
    allow_merge_commit: Option<bool>,
    allow_squash_merge: Option<bool>,
    allow_rebase_merge: Option<bool>,
}

impl Allowed {
    /// The first method that is allowed.
    pub(super) fn method(&self) -> Method {
        match (
            self.allow_merge_commit,
            self.allow_squash_merge,
            self.allow_rebase_merge,
        ) {
            (Some(false), Some(true), _) => Method::Squash,
            (Some(false), _, Some(true)) => Method::Rebase,
            _ => Method::Merge,
        }
    }
}

/// Reads the settings.
pub(super) fn allowed(api: &Api<'_>) -> Result<Allowed, Error> {
    let path = format!("/repos/{}", api.repository);
    api.read(&Call::new(Verb::Get, path, "read the settings of the repository").needing("metadata: read"))
}

/// Switches it on.
pub(super) fn enable(
    api: &Api<'_>,
    pr: &PullRequest,
    (head, method): (&Oid, Option<Method>),
) -> Result<AutoMerge, Error> {
    let allowed = allowed(api)?;
    if allowed.allow_auto_merge == Some(false) {
        return Ok(AutoMerge::Unavailable(format!(
            "`{}` does not allow auto-merge (Settings, General, \"Allow auto-merge\")",
            api.repository
        )));
    }
    let method = method.unwrap_or_else(|| allowed.method());
    let error = match graphql::enable_auto_merge(api, pr, (head, pull::graphql_word(method))) {
        Ok(()) => return Ok(AutoMerge::Enabled),
        Err(error) if error.code == graphql::REFUSED => error,
        Err(error) => return Err(error),
    };
    let words = error.causes.join("; ");
    let mut now = pr.clone();
    if graphql::add_state(api, &mut now) == graphql::Queue::There {
        return match graphql::enqueue(api, pr, head) {
            Ok(()) => Ok(AutoMerge::Enabled),
            Err(error) if error.kind == Kind::Refused => Ok(AutoMerge::Unavailable(error.causes.join("; "))),
            Err(error) => Err(error),
        };
    }
    if !words.to_lowercase().contains("clean status") {
        return Ok(AutoMerge::Unavailable(words));
    }
    if now.checks != Checks::Passed && now.review != ReviewDecision::Approved {
        return Ok(AutoMerge::Unavailable(format!(
            "`{}` has neither a required check nor a required review, so there is nothing to wait for",
            pr.lane.base
        )));
    }
    Ok(match super::GitHub.merge(api, pr, (head, Some(method)))? {
        Merge::Merged { .. } => AutoMerge::MergedNow,
        Merge::HeadMoved => AutoMerge::Unavailable("its head has moved".into()),
        Merge::NotReady(why) | Merge::Refused(why) => AutoMerge::Unavailable(why),
    })
}

//! Merge requests, people, approvals and notes as GitLab writes them.

use serde::Deserialize;

use super::NOT_COMPUTED;
use crate::error::{Error, Kind};
use crate::forge::{Checks, Lane, PullRequest, ReviewDecision, Stage, State};
use crate::git::names::{BranchName, Oid};

#[derive(Deserialize)]
pub(super) struct Request {
    pub(super) iid: u64,
    pub(super) web_url: String,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) source_branch: String,
    pub(super) target_branch: String,
    pub(super) state: String,
    #[serde(default)]
    pub(super) draft: bool,
    pub(super) sha: Option<String>,
    pub(super) merge_commit_sha: Option<String>,
    pub(super) squash_commit_sha: Option<String>,
    pub(super) merged_at: Option<String>,
    pub(super) merge_user: Option<User>,
    pub(super) merged_by: Option<User>,
    #[serde(default)]
    pub(super) merge_when_pipeline_succeeds: bool,
    pub(super) detailed_merge_status: Option<String>,
    #[serde(default)]
    pub(super) has_conflicts: bool,
    pub(super) author: Option<User>,
    #[serde(default)]
    pub(super) labels: Vec<String>,
    pub(super) source_project_id: Option<u64>,
    pub(super) target_project_id: Option<u64>,
    pub(super) head_pipeline: Option<Pipeline>,
    #[serde(default)]
    pub(super) reviewers: Vec<User>,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) username: String,
}

#[derive(Deserialize)]
pub(super) struct Pipeline {
    pub(super) status: String,
}

#[derive(Deserialize)]
pub(super) struct Approvals {
    #[serde(default)]
    pub(super) approvals_left: u64,
    #[serde(default)]
    pub(super) approved_by: Vec<Approver>,
}

#[derive(Deserialize)]
pub(super) struct Approver {
    pub(super) user: User,
    pub(super) approved_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Note {
    pub(super) id: u64,
    pub(super) body: String,
    pub(super) author: User,
    #[serde(default)]
    pub(super) system: bool,
    pub(super) created_at: Option<String>,
}

impl Request {
    pub(super) fn status(&self) -> &str {
        self.detailed_merge_status.as_deref().unwrap_or_default()
    }

    pub(super) fn checks(&self) -> Checks {
        match self.head_pipeline.as_ref().map(|pipeline| pipeline.status.as_str()) {
            None | Some("skipped") => Checks::None,
            Some("success") => Checks::Passed,
            Some("failed" | "canceled" | "canceling") => Checks::Failed,
            Some(_) => Checks::Pending,
        }
    }

    /// In our words.
    ///
    /// # Errors
    /// [`Kind::Remote`] if a branch has a name that git would not take.
    pub(super) fn into_request(self) -> Result<PullRequest, Error> {
        let branch = |name: &str| {
            BranchName::parse(name).map_err(|mut error| {
                error.kind = Kind::Remote;
                error
            })
        };
        let mergeable = match self.status() {
            _ if self.has_conflicts => Some(false),
            "" => None,
            status if NOT_COMPUTED.contains(&status) => None,
            "conflict" | "broken_status" | "need_rebase" => Some(false),
            _ => Some(true),
        };
        let is_foreign = self.source_project_id != self.target_project_id;
        let merge_oid = self.merge_commit_sha.as_deref().or(self.squash_commit_sha.as_deref());
        let state = match self.state.as_str() {
            "merged" => State::Merged,
            "closed" => State::Closed,
            _ => State::Open,
        };
        Ok(PullRequest {
            number: self.iid,
            title: bare(&self.title).to_owned(),
            body: self.description.unwrap_or_default(),
            lane: Lane {
                head: branch(&self.source_branch)?,
                base: branch(&self.target_branch)?,
            },
            head_repository: is_foreign.then(|| self.source_project_id.map(|id| id.to_string()).unwrap_or_default()),
            head_oid: self.sha.as_deref().and_then(Oid::parse),
            stage: if self.draft { Stage::Draft } else { Stage::Ready },
            auto_merge: Some(self.merge_when_pipeline_succeeds),
            review: ReviewDecision::Unknown,
            mergeable,
            checks: Checks::Unknown,
            merge_oid: merge_oid
                .and_then(Oid::parse)
                // A fast-forward makes no commit of its own.
                .or_else(|| self.sha.as_deref().and_then(Oid::parse))
                .filter(|_| state == State::Merged),
            merged_at: self.merged_at,
            merged_by: self.merge_user.or(self.merged_by).map(|user| user.username),
            author: self.author.map(|user| user.username),
            labels: self.labels,
            reviewers: self.reviewers.into_iter().map(|user| user.username).collect(),
            url: self.web_url,
            handle: String::new(),
            state,
        })
    }
}

/// A title without what makes the request a draft.
pub(super) fn bare(title: &str) -> &str {
    ["Draft: ", "[Draft] ", "(Draft) ", "Draft:"]
        .iter()
        .find_map(|lead| title.strip_prefix(lead))
        .unwrap_or(title)
}

pub(super) fn titled(title: &str, stage: Stage) -> String {
    match stage {
        Stage::Draft => format!("Draft: {title}"),
        Stage::Ready => title.to_owned(),
    }
}

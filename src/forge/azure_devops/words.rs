//! Pull requests, people and threads as Azure DevOps writes them.

use serde::Deserialize;
use serde_json::Value;

use super::AzureDevOps;
use crate::error::{Error, Kind};
use crate::forge::api::Api;
use crate::forge::{Checks, Lane, PullRequest, ReviewDecision, Stage, State};
use crate::git::names::{BranchName, Oid};

#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) value: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pull {
    pub(super) pull_request_id: u64,
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) status: String,
    #[serde(default)]
    pub(super) is_draft: bool,
    pub(super) source_ref_name: String,
    pub(super) target_ref_name: String,
    pub(super) last_merge_source_commit: Option<Commit>,
    pub(super) last_merge_commit: Option<Commit>,
    pub(super) merge_status: Option<String>,
    pub(super) auto_complete_set_by: Option<Person>,
    pub(super) closed_date: Option<String>,
    pub(super) closed_by: Option<Person>,
    pub(super) created_by: Option<Person>,
    #[serde(default)]
    pub(super) reviewers: Vec<Reviewer>,
    #[serde(default)]
    pub(super) labels: Vec<Label>,
    pub(super) fork_source: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Commit {
    pub(super) commit_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) unique_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reviewer {
    pub(super) unique_name: Option<String>,
    pub(super) id: String,
    pub(super) vote: i32,
    #[serde(default)]
    pub(super) is_required: bool,
}

#[derive(Deserialize)]
pub(super) struct Label {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Thread {
    pub(super) id: u64,
    pub(super) comments: Vec<Note>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Note {
    pub(super) id: u64,
    pub(super) content: Option<String>,
    pub(super) author: Person,
    #[serde(default)]
    pub(super) is_deleted: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Compared {
    pub(super) ahead_count: u64,
    pub(super) common_commit: Option<String>,
}

impl Person {
    pub(super) fn name(self) -> String {
        self.unique_name.unwrap_or(self.id)
    }
}

impl Pull {
    pub(super) fn head(&self) -> Option<Oid> {
        let commit = self.last_merge_source_commit.as_ref()?;
        Oid::parse(&commit.commit_id)
    }

    /// Votes: 10 and 5 approve, -5 waits for the author, -10 rejects.
    pub(super) fn decision(&self) -> ReviewDecision {
        match () {
            () if self.reviewers.iter().any(|one| one.vote < 0) => ReviewDecision::ChangesRequested,
            () if self.reviewers.iter().any(|one| one.is_required && one.vote <= 0) => ReviewDecision::Required,
            () if self.reviewers.iter().any(|one| one.vote > 0) => ReviewDecision::Approved,
            () => ReviewDecision::None,
        }
    }

    /// In our words.
    ///
    /// # Errors
    /// [`Kind::Remote`] if a branch has a name that git would not take.
    pub(super) fn into_request(self, api: &Api<'_>) -> Result<PullRequest, Error> {
        let branch = |name: &str| {
            BranchName::parse(name).map_err(|mut error| {
                error.kind = Kind::Remote;
                error
            })
        };
        let (head_oid, review) = (self.head(), self.decision());
        let state = match self.status.as_str() {
            "active" => State::Open,
            "completed" => State::Merged,
            _ => State::Closed,
        };
        let merged = state == State::Merged;
        let merge_oid = self.last_merge_commit.filter(|_| merged);
        Ok(PullRequest {
            number: self.pull_request_id,
            url: AzureDevOps::page(api, self.pull_request_id),
            title: self.title,
            body: self.description.unwrap_or_default(),
            lane: Lane {
                head: branch(&self.source_ref_name)?,
                base: branch(&self.target_ref_name)?,
            },
            head_repository: self.fork_source.map(|_| "a fork".to_owned()),
            head_oid,
            state,
            stage: if self.is_draft { Stage::Draft } else { Stage::Ready },
            auto_merge: Some(self.auto_complete_set_by.is_some()),
            review,
            mergeable: match self.merge_status.as_deref() {
                Some("succeeded") => Some(true),
                Some("conflicts") => Some(false),
                _ => None,
            },
            checks: Checks::Unknown,
            merged_at: self.closed_date.filter(|_| merged),
            merge_oid: merge_oid.and_then(|commit| Oid::parse(&commit.commit_id)),
            merged_by: self.closed_by.filter(|_| merged).map(Person::name),
            author: self.created_by.map(Person::name),
            labels: self.labels.into_iter().map(|label| label.name).collect(),
            reviewers: self.reviewers.into_iter().map(|one| one.id).collect(),
            handle: String::new(),
        })
    }
}

//! Pull requests and comments as GitHub writes them.

use serde::Deserialize;

use crate::error::{Error, Kind};
use crate::forge::{Checks, Comment, Lane, Method, PullRequest, ReviewDecision, Stage, State};
use crate::git::names::{BranchName, Oid};

/// A pull request, of a list or alone; a list leaves some fields out.
#[derive(Deserialize)]
pub(super) struct Pull {
    number: u64,
    node_id: String,
    html_url: String,
    title: String,
    body: Option<String>,
    state: String,
    #[serde(default)]
    draft: bool,
    head: End,
    base: End,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
    merged_by: Option<Login>,
    mergeable: Option<bool>,
    auto_merge: Option<serde_json::Value>,
    user: Option<Login>,
    #[serde(default)]
    labels: Vec<Label>,
    #[serde(default)]
    requested_reviewers: Vec<Login>,
    #[serde(default)]
    requested_teams: Vec<Team>,
}

#[derive(Deserialize)]
struct Team {
    slug: String,
}

#[derive(Deserialize)]
struct End {
    #[serde(rename = "ref")]
    branch: String,
    sha: String,
    /// Null when the fork was deleted.
    repo: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

/// Somebody.
#[derive(Deserialize)]
pub(super) struct Login {
    pub(super) login: String,
}

/// A comment on the page of a pull request.
#[derive(Deserialize)]
pub(super) struct Note {
    id: u64,
    body: Option<String>,
    user: Option<Login>,
    pub(super) html_url: String,
}

impl Note {
    pub(super) fn into_comment(self) -> Comment {
        Comment {
            id: self.id.to_string(),
            body: self.body.unwrap_or_default(),
            author: self.user.map(|user| user.login).unwrap_or_default(),
            url: self.html_url,
        }
    }
}

impl Pull {
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
        let is_merged = self.merged_at.is_some();
        let name_of = |end: &End| end.repo.as_ref().map(|repo| repo.full_name.clone());
        let head_repository = match (name_of(&self.head), name_of(&self.base)) {
            (head, base) if head == base => None,
            (head, _) => Some(head.unwrap_or_default()),
        };
        Ok(PullRequest {
            number: self.number,
            url: self.html_url,
            title: self.title,
            body: self.body.unwrap_or_default(),
            lane: Lane {
                head: branch(&self.head.branch)?,
                base: branch(&self.base.branch)?,
            },
            head_repository,
            head_oid: Oid::parse(&self.head.sha),
            state: match self.state.as_str() {
                _ if is_merged => State::Merged,
                "open" => State::Open,
                _ => State::Closed,
            },
            stage: if self.draft { Stage::Draft } else { Stage::Ready },
            auto_merge: Some(self.auto_merge.is_some_and(|value| !value.is_null())),
            review: ReviewDecision::Unknown,
            mergeable: self.mergeable,
            checks: Checks::Unknown,
            merged_at: self.merged_at,
            // Of an open one it is a commit that only tries the merge.
            merge_oid: self
                .merge_commit_sha
                .as_deref()
                .filter(|_| is_merged)
                .and_then(Oid::parse),
            merged_by: self.merged_by.map(|user| user.login),
            author: self.user.map(|user| user.login),
            labels: self.labels.into_iter().map(|label| label.name).collect(),
            reviewers: self
                .requested_reviewers
                .into_iter()
                .map(|user| user.login)
                .chain(self.requested_teams.into_iter().map(|team| team.slug))
                .collect(),
            handle: self.node_id,
        })
    }
}

/// The word of a method in REST.
pub(super) fn rest_word(method: Method) -> &'static str {
    match method {
        Method::Merge => "merge",
        Method::Squash => "squash",
        Method::Rebase => "rebase",
    }
}

/// The word of a method in GraphQL.
pub(super) fn graphql_word(method: Method) -> &'static str {
    match method {
        Method::Merge => "MERGE",
        Method::Squash => "SQUASH",
        Method::Rebase => "REBASE",
    }
}

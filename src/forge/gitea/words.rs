//! Pull requests, labels, reviews and notes as Gitea writes them.

use serde::Deserialize;

use crate::error::{Error, Kind};
use crate::forge::{Checks, Lane, PullRequest, ReviewDecision, Stage, State};
use crate::git::names::{BranchName, Oid};

#[derive(Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) html_url: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) body: String,
    pub(super) state: String,
    pub(super) head: End,
    pub(super) base: End,
    #[serde(default)]
    pub(super) merged: bool,
    pub(super) merged_at: Option<String>,
    pub(super) updated_at: Option<String>,
    pub(super) merge_commit_sha: Option<String>,
    pub(super) merged_by: Option<Login>,
    pub(super) mergeable: Option<bool>,
    pub(super) user: Option<Login>,
    pub(super) labels: Option<Vec<Label>>,
    pub(super) requested_reviewers: Option<Vec<Login>>,
    pub(super) requested_reviewers_teams: Option<Vec<Team>>,
}

#[derive(Deserialize)]
pub(super) struct Team {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct End {
    #[serde(rename = "ref")]
    pub(super) branch: String,
    pub(super) sha: String,
    pub(super) repo: Option<Repository>,
}

#[derive(Deserialize)]
pub(super) struct Repository {
    pub(super) full_name: String,
}

#[derive(Deserialize)]
pub(super) struct Login {
    pub(super) login: String,
}

#[derive(Deserialize)]
pub(super) struct Label {
    pub(super) id: i64,
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Note {
    pub(super) id: u64,
    pub(super) html_url: String,
    pub(super) body: String,
    pub(super) user: Option<Login>,
}

#[derive(Deserialize)]
pub(super) struct Seen {
    pub(super) user: Option<Login>,
    pub(super) state: String,
    pub(super) commit_id: Option<String>,
    pub(super) submitted_at: Option<String>,
    #[serde(default)]
    pub(super) dismissed: bool,
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
        let (title, stage) = match bare(&self.title) {
            Some(rest) => (rest.to_owned(), Stage::Draft),
            None => (self.title, Stage::Ready),
        };
        let name_of = |end: &End| end.repo.as_ref().map(|repo| repo.full_name.clone());
        let head_repository = match (name_of(&self.head), name_of(&self.base)) {
            (head, base) if head == base => None,
            (head, _) => Some(head.unwrap_or_default()),
        };
        Ok(PullRequest {
            number: self.number,
            url: self.html_url,
            title,
            body: self.body,
            lane: Lane {
                head: branch(&self.head.branch)?,
                base: branch(&self.base.branch)?,
            },
            head_repository,
            head_oid: Oid::parse(&self.head.sha),
            state: match self.state.as_str() {
                _ if self.merged => State::Merged,
                "open" => State::Open,
                _ => State::Closed,
            },
            stage,
            auto_merge: None,
            review: ReviewDecision::Unknown,
            mergeable: self.mergeable,
            checks: Checks::Unknown,
            merged_at: self.merged_at,
            merge_oid: self
                .merge_commit_sha
                .as_deref()
                .filter(|_| self.merged)
                .and_then(Oid::parse),
            merged_by: self.merged_by.map(|user| user.login),
            author: self.user.map(|user| user.login),
            labels: self
                .labels
                .unwrap_or_default()
                .into_iter()
                .map(|label| label.name)
                .collect(),
            reviewers: self
                .requested_reviewers
                .unwrap_or_default()
                .into_iter()
                .map(|user| user.login)
                .chain(
                    self.requested_reviewers_teams
                        .unwrap_or_default()
                        .into_iter()
                        .map(|team| team.name),
                )
                .collect(),
            handle: String::new(),
        })
    }
}

/// A title without what makes the request a draft; none if it is no draft.
fn bare(title: &str) -> Option<&str> {
    let rest = ["WIP:", "[WIP]"].iter().find_map(|lead| {
        let (start, rest) = title.split_at_checked(lead.len())?;
        start.eq_ignore_ascii_case(lead).then_some(rest)
    });
    rest.map(str::trim_start)
}

pub(super) fn titled(title: &str, stage: Stage) -> String {
    match stage {
        Stage::Draft => format!("WIP: {title}"),
        Stage::Ready => title.to_owned(),
    }
}

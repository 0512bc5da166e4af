//! Which pull requests brought commits, and who approved them.
//!
//! Merged requests are listed, newest change first, until they are older than what is asked for; each that fits is read
//! with its reviews, its commits and its checks, and each commit with its signature.
//! Source: Gitea 1.26, `routers/api/v1/repo` (pull.go, pull_review.go, commits.go) and `services/convert/pull.go`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::{Login, Pull};
use super::{Gitea, PAGE};
use crate::error::{Error, Kind};
use crate::forge::api::{Api, Call};
use crate::forge::evidence::{Merged, Signature, Told, oldest_first};
use crate::forge::{Checks, Forge, PullRequest};
use crate::git::names::{BranchName, Oid};
use crate::http::{Verb, escaped};
use crate::text::time;

/// A commit as Gitea writes it.
#[derive(Clone, Deserialize)]
struct Commit {
    sha: String,
    commit: Words,
    author: Option<User>,
    committer: Option<User>,
    parents: Option<Vec<Parent>>,
}

#[derive(Clone, Deserialize)]
struct User {
    login: String,
}

#[derive(Clone, Deserialize)]
struct Parent {
    sha: String,
}

#[derive(Clone, Deserialize)]
struct Words {
    message: String,
    author: Option<Claim>,
    verification: Option<Verification>,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
struct Claim {
    email: String,
    date: String,
}

#[derive(Clone, Deserialize)]
struct Verification {
    verified: bool,
    #[serde(default)]
    reason: String,
    signer: Option<Signer>,
}

#[derive(Clone, Deserialize)]
struct Signer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    name: String,
}

impl Commit {
    fn first_parent(&self) -> Option<&str> {
        self.parents.as_ref()?.first().map(|parent| parent.sha.as_str())
    }

    fn is_merge(&self) -> bool {
        self.parents.as_ref().is_some_and(|parents| parents.len() > 1)
    }

    /// The same work, on another parent.
    fn is_copy_of(&self, other: &Commit) -> bool {
        self.sha == other.sha
            || (self.commit.message == other.commit.message && self.commit.author == other.commit.author)
    }
}

/// Reads all of it, in the order of `commits`.
pub(super) fn read(
    api: &Api<'_>,
    (branch, since): (&BranchName, Option<i64>),
    commits: &[Oid],
) -> Result<Vec<Told>, Error> {
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    let mut read: BTreeMap<String, Commit> = BTreeMap::new();
    for commit in commits {
        told.insert(commit.as_str().to_owned(), one(api, commit, &mut read)?);
    }
    for pull in listed(api, branch, (since, commits))? {
        let Some(tip) = pull.merge_commit_sha.clone().filter(|_| pull.merged) else {
            continue;
        };
        if pull.base.branch != branch.as_str() || !told.contains_key(&tip) {
            continue;
        }
        let (merged, brought) = merged(api, pull.into_request()?)?;
        for commit in line(&tip, &brought, &read) {
            if let Some(told) = told.get_mut(&commit) {
                told.requests.push(merged.clone());
            }
        }
    }
    let take = |commit: &Oid| told.remove(commit.as_str()).unwrap_or_else(|| Told::nothing(commit));
    let mut take = take;
    Ok(commits.iter().map(&mut take).collect())
}

/// One commit, with its signature and whose logins its addresses are.
fn one(api: &Api<'_>, commit: &Oid, read: &mut BTreeMap<String, Commit>) -> Result<Told, Error> {
    let path = format!("{}/git/commits/{commit}?stat=false&files=false", Gitea::repo(api));
    let call = Call::new(Verb::Get, path, "read a commit").needing("read:repository");
    let found: Commit = match api.read(&call) {
        Ok(found) => found,
        Err(error) if error.kind == Kind::NotFound => {
            return Ok(Told::unknown(commit, "Gitea does not know this commit"));
        }
        Err(error) => return Err(error),
    };
    let login = |user: &Option<User>| user.as_ref().map(|user| user.login.clone());
    let mut told = Told {
        author: login(&found.author),
        committer: login(&found.committer),
        ..Told::nothing(commit)
    };
    told.signature = found.commit.verification.as_ref().map(|it| signature(it, &found));
    read.insert(commit.as_str().to_owned(), found);
    Ok(told)
}

fn signature(found: &Verification, commit: &Commit) -> Signature {
    if found.reason.contains("not_signed") {
        return Signature::missing();
    }
    let name = |signer: &Signer| match signer.username.as_str() {
        "" => signer.name.clone(),
        login => login.to_owned(),
    };
    let signer = found.signer.as_ref().map(name).filter(|name| !name.is_empty());
    // Where the server signs, its key belongs to nobody who has an account.
    let by_forge =
        found.verified && commit.is_merge() && found.signer.as_ref().is_some_and(|it| it.username.is_empty());
    Signature {
        is_valid: found.verified,
        by_forge,
        state: if found.verified {
            "valid".to_owned()
        } else {
            found.reason.clone()
        },
        signer,
    }
}

/// Lists merged requests into a branch. What has not changed since then was not merged since then; without a time the
/// list is read until every commit has its request.
fn listed(api: &Api<'_>, branch: &BranchName, (since, commits): (Option<i64>, &[Oid])) -> Result<Vec<Pull>, Error> {
    let path = format!(
        "{}/pulls?state=closed&base_branch={}&sort=recentupdate",
        Gitea::repo(api),
        escaped(branch.as_str())
    );
    let address = |page: usize| format!("{path}&page={page}&limit={PAGE}");
    let mut page = 1;
    let mut found: Vec<Pull> = Vec::new();
    let call = Call::new(Verb::Get, address(page), "list the merged pull requests").needing("read:repository");
    api.turn(call, |answer, call| {
        let more: Vec<Pull> = api.parse(answer, call)?;
        let is_old = |pull: &Pull| {
            let changed = pull.updated_at.as_deref().and_then(time::read);
            changed.zip(since).is_some_and(|(changed, since)| changed < since)
        };
        let mut is_over = more.is_empty() || more.last().is_some_and(is_old);
        found.extend(more);
        if since.is_none() {
            let has = |commit: &Oid| {
                found
                    .iter()
                    .any(|pull| pull.merge_commit_sha.as_deref() == Some(commit.as_str()))
            };
            is_over |= commits.iter().all(has);
        }
        page += 1;
        Ok((!is_over).then(|| address(page)))
    })?;
    found.sort_by_key(|pull| pull.number);
    found.dedup_by_key(|pull| pull.number);
    Ok(found)
}

/// A merged request with what was said about it, and its own commits.
fn merged(api: &Api<'_>, mut request: PullRequest) -> Result<(Merged, Vec<Commit>), Error> {
    let mut unknown = Vec::new();
    let path = format!(
        "{}/commits?verification=false&files=false",
        Gitea::pull(api, request.number)
    );
    let brought: Vec<Commit> = match part(Gitea::paged(api, &path, "read the commits of a pull request"))? {
        Ok(brought) => brought,
        Err(why) => {
            unknown.push(format!("its commits could not be read: {why}"));
            Vec::new()
        }
    };
    // Older versions give the head that the branch has today.
    match head(&brought) {
        Some(head) => request.head_oid = Oid::parse(&head.sha),
        None if unknown.is_empty() => {}
        None => request.head_oid = None,
    }
    let mut reviews = match part(Gitea.reviews(api, &request))? {
        Ok(reviews) => reviews,
        Err(why) => {
            unknown.push(format!("its reviews could not be read: {why}"));
            Vec::new()
        }
    };
    oldest_first(&mut reviews);
    let checks = request.head_oid.as_ref().and_then(|head| Gitea::checks(api, head));
    request.checks = checks.unwrap_or(Checks::Unknown);
    let merged = Merged {
        request,
        reviews,
        unknown,
    };
    Ok((merged, brought))
}

/// The commit that no other one follows.
fn head(commits: &[Commit]) -> Option<&Commit> {
    let parents: Vec<&str> = commits
        .iter()
        .flat_map(|commit| commit.parents.iter().flatten())
        .map(|parent| parent.sha.as_str())
        .collect();
    commits.iter().find(|commit| !parents.contains(&commit.sha.as_str()))
}

/// Parts that this token may not read are no failure of the whole.
fn part<T>(answer: Result<T, Error>) -> Result<Result<T, String>, Error> {
    match answer {
        Ok(found) => Ok(Ok(found)),
        Err(error) if matches!(error.kind, Kind::NotFound) || error.code == "not-permitted" => {
            Ok(Err(error.causes.first().cloned().unwrap_or(error.message)))
        }
        Err(error) => Err(error),
    }
}

/// The commits of the branch that a request brought, from its last one back: more than one if it was rebased, or if the
/// branch simply moved on to its head.
fn line(tip: &str, brought: &[Commit], read: &BTreeMap<String, Commit>) -> Vec<String> {
    let mut line = vec![tip.to_owned()];
    let mut own = head(brought);
    let mut here = read.get(tip);
    while let (Some(commit), Some(original)) = (here, own) {
        if commit.is_merge() && commit.sha != original.sha || !commit.is_copy_of(original) {
            break;
        }
        if commit.sha != tip {
            line.push(commit.sha.clone());
        }
        here = commit.first_parent().and_then(|parent| read.get(parent));
        own = original
            .first_parent()
            .and_then(|parent| brought.iter().find(|commit| commit.sha == parent));
    }
    line
}

/// The logins of `organisation/team`; none if the token may not see the team.
pub(super) fn members(api: &Api<'_>, team: &str) -> Result<Option<Vec<String>>, Error> {
    #[derive(Deserialize)]
    struct Team {
        id: u64,
        name: String,
    }
    let Some((organisation, name)) = team.split_once('/') else {
        return Ok(None);
    };
    let path = format!("/orgs/{}/teams", escaped(organisation));
    let Ok(teams) = part(Gitea::paged::<Team>(api, &path, "read the teams"))? else {
        return Ok(None);
    };
    let Some(team) = teams.into_iter().find(|team| team.name.eq_ignore_ascii_case(name)) else {
        return Ok(None);
    };
    let found = part(Gitea::paged::<Login>(
        api,
        &format!("/teams/{}/members", team.id),
        "read who is in a team",
    ))?;
    Ok(found
        .ok()
        .map(|found| found.into_iter().map(|user| user.login).collect()))
}

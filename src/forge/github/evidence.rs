//! Which pull requests brought commits, who approved them, who signed: by GraphQL, fifty commits a query.
//!
//! A whole commit that GitHub does not answer is unknown, and so is every part of one; the others are told all the same.
//! Source: GitHub GraphQL API, objects Commit, PullRequest, PullRequestReview, GitSignature.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::graphql::{self, Lost};
use super::pull::Login;
use crate::error::{Error, Kind};
use crate::forge::api::{Api, NO_ANSWER};
use crate::forge::evidence::{Merged, Signature, Told, oldest_first};
use crate::forge::{Checks, Lane, PullRequest, Review, ReviewDecision, Stage, State};
use crate::git::names::{BranchName, Oid};

const EVIDENCE: &str = include_str!("evidence.graphql");
const REVIEWS: &str = include_str!("reviews.graphql");
/// How many commits one query asks for.
const AT_ONCE: usize = 50;
/// How many pages of one list are read, at most.
const PAGES: usize = 50;
const DOING: &str = "read which pull requests brought the commits";

#[derive(Deserialize)]
struct Data {
    /// By the names that the query gives to the commits; null is what GitHub does not answer.
    repository: Option<BTreeMap<String, Option<Commit>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commit {
    /// None for what is no commit.
    oid: Option<String>,
    author: Option<Actor>,
    committer: Option<Actor>,
    signature: Option<Signed>,
    associated_pull_requests: Option<Page<Brought>>,
}

#[derive(Deserialize)]
struct Actor {
    user: Option<Login>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    is_valid: bool,
    state: String,
    was_signed_by_git_hub: bool,
    signer: Option<Login>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    page_info: Option<More>,
    nodes: Option<Vec<Option<T>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct More {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Where the next page begins.
    fn next(&self) -> Option<String> {
        let more = self.page_info.as_ref().filter(|more| more.has_next_page)?;
        more.end_cursor.clone()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Brought {
    id: String,
    number: u64,
    url: String,
    title: String,
    body: String,
    base_ref_name: String,
    head_ref_name: String,
    head_ref_oid: String,
    base_repository: Option<Repository>,
    head_repository: Option<Repository>,
    merged_at: Option<String>,
    merged_by: Option<Login>,
    author: Option<Login>,
    merge_commit: Option<Id>,
    commits: Option<Page<Last>>,
    reviews: Option<Page<Seen>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    name_with_owner: String,
}

#[derive(Deserialize)]
struct Id {
    oid: String,
}

#[derive(Deserialize)]
struct Last {
    commit: Option<Head>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    oid: String,
    status_check_rollup: Option<Rollup>,
}

#[derive(Deserialize)]
struct Rollup {
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    state: String,
    submitted_at: Option<String>,
    author: Option<Login>,
    commit: Option<Id>,
}

/// Reads all of it, in the order of `commits`.
pub(super) fn read(api: &Api<'_>, branch: &BranchName, commits: &[Oid]) -> Result<Vec<Told>, Error> {
    api.require_token()?;
    let mut told = Vec::with_capacity(commits.len());
    for some in commits.chunks(AT_ONCE) {
        told.extend(read_some(api, branch, some)?);
    }
    Ok(told)
}

/// Reads a few commits with one query, or with two if GitHub has no time for so many at once.
fn read_some(api: &Api<'_>, branch: &BranchName, commits: &[Oid]) -> Result<Vec<Told>, Error> {
    let (mut found, lost) = match ask(api, commits, None) {
        Err(error) if commits.len() > 1 && is_too_much(&error) => {
            let (first, second) = commits.split_at(commits.len() / 2);
            let mut told = read_some(api, branch, first)?;
            told.extend(read_some(api, branch, second)?);
            return Ok(told);
        }
        answer => answer?,
    };
    let one = |(at, commit): (usize, &Oid)| {
        let reading = Reading {
            api,
            branch,
            lost: &lost,
            place: format!("repository/c{at}"),
        };
        reading.tell(commit, found.remove(&format!("c{at}")).flatten())
    };
    commits.iter().enumerate().map(one).collect()
}

/// Whether fewer commits may be answered where these were not.
fn is_too_much(error: &Error) -> bool {
    let words = error
        .causes
        .iter()
        .any(|cause| cause.contains("Something went wrong while executing your query"));
    (error.kind == Kind::Remote && matches!(error.code, NO_ANSWER | "remote")) || words
}

type Answered = (BTreeMap<String, Option<Commit>>, Vec<Lost>);

fn ask(api: &Api<'_>, commits: &[Oid], after: Option<&str>) -> Result<Answered, Error> {
    let (owner, name) = api.repository.split_once('/').unwrap_or(("", &api.repository));
    let mut variables = Map::new();
    variables.insert("owner".into(), json!(owner));
    variables.insert("name".into(), json!(name));
    variables.insert("after".into(), json!(after));
    for (at, commit) in commits.iter().enumerate() {
        variables.insert(format!("c{at}"), json!(commit.as_str()));
    }
    let document = document(commits.len());
    let (data, lost): (Data, _) = graphql::ask_for_parts(api, (&document, Value::Object(variables)), DOING)?;
    match data.repository {
        Some(found) => Ok((found, lost)),
        None => {
            let why = Lost::why(&lost, "repository").unwrap_or("it is not there");
            let error = Error::new(Kind::NotFound, "not-found", format!("cannot {DOING}")).because(why.to_owned());
            Err(error.hint(crate::error::Hint::Say(format!(
                "a token that may not see `{}` gets the same answer: check that it is for this repository",
                api.repository
            ))))
        }
    }
}

/// The query for a number of commits: what is written there for one of them is repeated.
fn document(count: usize) -> String {
    let repeated = |text: &str, between: &str| {
        let each = (0..count).map(|at| text.replace("c0", &format!("c{at}")));
        each.collect::<Vec<String>>().join(between)
    };
    let (parameter, line) = ("$c0: GitObjectID!", "    c0: object(oid: $c0) { ...Told }\n");
    EVIDENCE
        .replace(parameter, &repeated(parameter, ", "))
        .replace(line, &repeated(line, ""))
}

/// One commit while it is read.
struct Reading<'a> {
    api: &'a Api<'a>,
    branch: &'a BranchName,
    lost: &'a [Lost],
    /// Where it stands in the answer.
    place: String,
}

impl Reading<'_> {
    fn why(&self, part: &str) -> Option<&str> {
        Lost::why(self.lost, &format!("{}{part}", self.place))
    }

    fn tell(&self, commit: &Oid, found: Option<Commit>) -> Result<Told, Error> {
        let found = found.filter(|found| found.oid.as_deref() == Some(commit.as_str()));
        let Some(found) = found else {
            let why = self.why("").unwrap_or("GitHub does not know this commit");
            return Ok(Told::unknown(commit, why));
        };
        let login = |actor: Option<Actor>| actor.and_then(|it| it.user).map(|user| user.login);
        let mut told = Told {
            author: login(found.author),
            committer: login(found.committer),
            ..Told::nothing(commit)
        };
        told.signature = match (found.signature, self.why("/signature")) {
            (Some(signed), _) => Some(Signature {
                is_valid: signed.is_valid,
                signer: signed.signer.map(|user| user.login),
                by_forge: signed.was_signed_by_git_hub,
                state: signed.state.to_ascii_lowercase(),
            }),
            (None, None) => Some(Signature::missing()),
            (None, Some(_)) => None,
        };
        self.take(found.associated_pull_requests, &mut told)?;
        Ok(told)
    }

    /// Takes the requests of a page, and of all that follow.
    fn take(&self, page: Option<Page<Brought>>, told: &mut Told) -> Result<(), Error> {
        let Some(page) = page else {
            let why = self.why("/associatedPullRequests").unwrap_or("GitHub does not answer");
            told.unknown.push(format!("its pull requests could not be read: {why}"));
            return Ok(());
        };
        let mut next = page.next();
        self.take_all(page, told)?;
        for _ in 0..PAGES {
            let Some(after) = next.take() else {
                return Ok(());
            };
            let (mut found, lost) = ask(self.api, std::slice::from_ref(&told.commit), Some(&after))?;
            let reading = Reading {
                api: self.api,
                branch: self.branch,
                lost: &lost,
                place: "repository/c0".to_owned(),
            };
            let page = found
                .remove("c0")
                .flatten()
                .and_then(|commit| commit.associated_pull_requests);
            match page {
                Some(page) => {
                    next = page.next();
                    reading.take_all(page, told)?;
                }
                None => told
                    .unknown
                    .push("not all of its pull requests could be read".to_owned()),
            }
        }
        told.unknown.push("it has more pull requests than are read".to_owned());
        Ok(())
    }

    fn take_all(&self, page: Page<Brought>, told: &mut Told) -> Result<(), Error> {
        let Some(nodes) = page.nodes else {
            told.unknown.push("its pull requests could not be read".to_owned());
            return Ok(());
        };
        for (at, node) in nodes.into_iter().enumerate() {
            let place = format!("/associatedPullRequests/nodes/{at}");
            let Some(brought) = node else {
                let why = self.why(&place).unwrap_or("GitHub does not answer");
                told.unknown
                    .push(format!("one of its pull requests could not be read: {why}"));
                continue;
            };
            let here = |repository: &Repository| repository.name_with_owner.eq_ignore_ascii_case(&self.api.repository);
            let is_ours = brought.base_repository.as_ref().is_none_or(here);
            if is_ours && brought.merged_at.is_some() && brought.base_ref_name == self.branch.as_str() {
                told.requests.push(self.merged(brought, &place)?);
            }
        }
        Ok(())
    }

    fn merged(&self, mut brought: Brought, place: &str) -> Result<Merged, Error> {
        let mut unknown = Vec::new();
        let mut reviews = Vec::new();
        match brought.reviews.take() {
            Some(page) => self.reviews(page, (&brought.id, &mut reviews, &mut unknown))?,
            None => {
                let why = self
                    .why(&format!("{place}/reviews"))
                    .unwrap_or("GitHub does not answer");
                unknown.push(format!("its reviews could not be read: {why}"));
            }
        }
        oldest_first(&mut reviews);
        let is_lost = self.why(&format!("{place}/commits"));
        let checks = match (checks(&brought), is_lost) {
            (Checks::Failed, _) => Checks::Failed,
            (_, Some(_)) => Checks::Unknown,
            (known, None) => known,
        };
        Ok(Merged {
            request: request(brought, checks)?,
            reviews,
            unknown,
        })
    }

    /// Takes the reviews of a page, and of all that follow.
    fn reviews(
        &self,
        mut page: Page<Seen>,
        (id, reviews, unknown): (&str, &mut Vec<Review>, &mut Vec<String>),
    ) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Data {
            node: Option<Node>,
        }
        #[derive(Deserialize)]
        struct Node {
            reviews: Option<Page<Seen>>,
        }
        for _ in 0..PAGES {
            let next = page.next();
            let nodes = page.nodes.take();
            if nodes.as_ref().is_none_or(|nodes| nodes.iter().any(Option::is_none)) {
                unknown.push("not all of its reviews could be read".to_owned());
            }
            reviews.extend(nodes.into_iter().flatten().flatten().filter_map(review));
            let Some(after) = next else {
                return Ok(());
            };
            let variables = json!({ "id": id, "after": after });
            let (data, _): (Data, _) = graphql::ask_for_parts(self.api, (REVIEWS, variables), "read more reviews")?;
            let Some(more) = data.node.and_then(|node| node.reviews) else {
                unknown.push("not all of its reviews could be read".to_owned());
                return Ok(());
            };
            page = more;
        }
        unknown.push("it has more reviews than are read".to_owned());
        Ok(())
    }
}

fn review(seen: Seen) -> Option<Review> {
    Some(Review {
        by: seen.author.map(|user| user.login).unwrap_or_default(),
        state: super::review_state(&seen.state)?,
        commit: seen.commit.and_then(|commit| Oid::parse(&commit.oid)),
        at: seen.submitted_at.unwrap_or_default(),
    })
}

/// What the checks of the head come to.
fn checks(brought: &Brought) -> Checks {
    let nodes = brought.commits.as_ref().and_then(|page| page.nodes.as_ref());
    let last = nodes.and_then(|nodes| nodes.last()).and_then(Option::as_ref);
    match last.and_then(|last| last.commit.as_ref()) {
        Some(head) if head.oid == brought.head_ref_oid => match &head.status_check_rollup {
            Some(rollup) => graphql::checks_of(Some(&rollup.state)),
            None => Checks::None,
        },
        _ => Checks::Unknown,
    }
}

fn request(brought: Brought, checks: Checks) -> Result<PullRequest, Error> {
    let branch = |name: &str| {
        BranchName::parse(name).map_err(|mut error| {
            error.kind = Kind::Remote;
            error
        })
    };
    let name_of = |repository: &Option<Repository>| repository.as_ref().map(|it| it.name_with_owner.clone());
    Ok(PullRequest {
        number: brought.number,
        url: brought.url,
        title: brought.title,
        body: brought.body,
        lane: Lane {
            head: branch(&brought.head_ref_name)?,
            base: branch(&brought.base_ref_name)?,
        },
        head_repository: match (name_of(&brought.head_repository), name_of(&brought.base_repository)) {
            (head, base) if head == base => None,
            (head, _) => Some(head.unwrap_or_default()),
        },
        head_oid: Oid::parse(&brought.head_ref_oid),
        state: State::Merged,
        stage: Stage::Ready,
        auto_merge: None,
        review: ReviewDecision::Unknown,
        mergeable: None,
        checks,
        merged_at: brought.merged_at,
        merge_oid: brought.merge_commit.and_then(|commit| Oid::parse(&commit.oid)),
        merged_by: brought.merged_by.map(|user| user.login),
        author: brought.author.map(|user| user.login),
        labels: Vec::new(),
        reviewers: Vec::new(),
        handle: brought.id,
    })
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn the_query_asks_for_each_commit_by_a_name_of_its_own() {
        let text = document(3);
        assert!(
            text.contains("$c0: GitObjectID!, $c1: GitObjectID!, $c2: GitObjectID!) {"),
            "{text}"
        );
        for line in ["c0: object(oid: $c0)", "c1: object(oid: $c1)", "c2: object(oid: $c2)"] {
            assert_eq!(text.matches(line).count(), 1, "{line}\n{text}");
        }
        assert_eq!(document(1), super::EVIDENCE);
    }
}

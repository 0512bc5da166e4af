//! Which merge requests brought commits, and who approved them.
//!
//! Merged requests are listed for the branch; a commit that none of them names is asked for by itself. GitLab does not say
//! which commit an approval was for: it is the head that the request had at that moment, by its list of versions.
//! Source: GitLab REST API v4, "Merge requests" (versions), "Merge request approvals", "Notes", "Commits".

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::GitLab;
use super::words::{Note, Request, User};
use crate::error::{Error, Kind};
use crate::forge::api::{Api, Call};
use crate::forge::evidence::{Merged, Signature, Told, oldest_first};
use crate::forge::{Review, ReviewState};
use crate::git::names::{BranchName, Oid};
use crate::http::{Verb, escaped};
use crate::text::time;

/// Up to so many commits are asked for one by one where no time bounds the list.
const FEW: usize = 10;

/// A state of the head, and when it was pushed.
#[derive(Deserialize)]
struct Version {
    head_commit_sha: String,
    created_at: String,
}

#[derive(Deserialize)]
struct Signed {
    verification_status: Option<String>,
    commit_source: Option<String>,
    gpg_key_user_name: Option<String>,
    key: Option<Key>,
}

#[derive(Deserialize)]
struct Key {
    title: Option<String>,
}

/// Reads all of it, in the order of `commits`.
pub(super) fn read(
    api: &Api<'_>,
    (branch, since): (&BranchName, Option<i64>),
    commits: &[Oid],
) -> Result<Vec<Told>, Error> {
    let mut by_commit: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    if since.is_some() || commits.len() > FEW {
        for request in listed(api, branch, since)? {
            for commit in named(&request) {
                by_commit.entry(commit).or_default().insert(request.iid);
            }
        }
    }
    let mut known: BTreeMap<u64, Merged> = BTreeMap::new();
    let mut told = Vec::with_capacity(commits.len());
    for commit in commits {
        let mut one = Told::nothing(commit);
        let numbers = match by_commit.get(commit.as_str()) {
            Some(numbers) => numbers.clone(),
            None => match part(of_commit(api, branch, commit))? {
                Ok(numbers) => numbers,
                Err(why) => {
                    one.unknown.push(format!("its merge requests could not be read: {why}"));
                    BTreeSet::new()
                }
            },
        };
        for number in numbers {
            let merged = match known.get(&number) {
                Some(merged) => merged.clone(),
                None => merged(api, number)?,
            };
            known.insert(number, merged.clone());
            one.requests.push(merged);
        }
        one.signature = signature(api, commit)?;
        told.push(one);
    }
    Ok(told)
}

/// The commits that a merged request names as its own in the branch. One that was merged by moving the branch on to its
/// head names that.
fn named(request: &Request) -> Vec<String> {
    let made = [&request.merge_commit_sha, &request.squash_commit_sha];
    let mut named: Vec<String> = made.into_iter().flatten().cloned().collect();
    if named.is_empty() {
        named.extend(request.sha.clone());
    }
    named
}

/// Lists merged requests into a branch; what has not changed since then was not merged since then.
fn listed(api: &Api<'_>, branch: &BranchName, since: Option<i64>) -> Result<Vec<Request>, Error> {
    let after = since.map(|since| format!("&updated_after={}", escaped(&time::moment(since))));
    let path = format!(
        "{}?state=merged&target_branch={}{}&order_by=updated_at&sort=desc&per_page=100",
        GitLab::requests(api),
        escaped(branch.as_str()),
        after.unwrap_or_default()
    );
    api.linked(Call::new(Verb::Get, path, "list the merged merge requests").needing("read_api"))
}

/// The numbers of the merged requests into the branch that a commit came with.
fn of_commit(api: &Api<'_>, branch: &BranchName, commit: &Oid) -> Result<BTreeSet<u64>, Error> {
    let path = format!(
        "{}/repository/commits/{commit}/merge_requests?per_page=100",
        GitLab::project(api)
    );
    let call = Call::new(Verb::Get, path, "read which merge request brought a commit").needing("read_api");
    let found: Vec<Request> = api.linked(call)?;
    let fits = |request: &&Request| request.state == "merged" && request.target_branch == branch.as_str();
    Ok(found.iter().filter(fits).map(|request| request.iid).collect())
}

/// A merged request with its reviews.
fn merged(api: &Api<'_>, number: u64) -> Result<Merged, Error> {
    let request = GitLab::read(api, number)?;
    let checks = request.checks();
    let mut request = request.into_request()?;
    request.checks = checks;
    let mut unknown = Vec::new();
    let mut lost = |what: &str, why: String| unknown.push(format!("{what} could not be read: {why}"));
    let approvals = part(GitLab::approvals(api, number))?;
    let path = format!(
        "{}/notes?per_page=100&sort=asc&order_by=created_at",
        GitLab::one(api, number)
    );
    let call = Call::new(Verb::Get, path, "read the notes on a merge request").needing("read_api");
    let events: Vec<Event> = match part(api.linked::<Note>(call))? {
        Ok(notes) => notes.into_iter().filter_map(Event::of).collect(),
        Err(why) => {
            lost("its notes", why);
            Vec::new()
        }
    };
    let mut reviews = match approvals {
        Ok(approvals) => {
            let approved = approvals.approved_by.into_iter();
            let approved: Vec<(String, Option<String>)> =
                approved.map(|it| (it.user.username, it.approved_at)).collect();
            reviews(&approved, &events)
        }
        Err(why) => {
            lost("its approvals", why);
            Vec::new()
        }
    };
    if !reviews.is_empty() {
        match part(versions(api, number))? {
            Ok(versions) => reviews
                .iter_mut()
                .for_each(|review| review.commit = head_at(&versions, &review.at)),
            Err(why) => lost("the versions of its head", why),
        }
    }
    oldest_first(&mut reviews);
    Ok(Merged {
        request,
        reviews,
        unknown,
    })
}

/// What a system note says of a review.
struct Event {
    by: String,
    at: String,
    state: ReviewState,
}

impl Event {
    /// Source: GitLab, `app/services/system_notes/merge_requests_service.rb`.
    fn of(note: Note) -> Option<Event> {
        let words = note.body.as_str();
        let state = match words {
            _ if !note.system => return None,
            "approved this merge request" => ReviewState::Approved,
            "unapproved this merge request" => ReviewState::Dismissed,
            "requested changes" => ReviewState::ChangesRequested,
            _ => return None,
        };
        Some(Event {
            by: note.author.username,
            at: note.created_at.unwrap_or_default(),
            state,
        })
    }
}

/// The list of approvals says whose count; the notes say when, and what else was said.
fn reviews(approved: &[(String, Option<String>)], events: &[Event]) -> Vec<Review> {
    let mut found = Vec::new();
    let review = |by: &str, state: ReviewState, at: String| Review {
        by: by.to_owned(),
        state,
        commit: None,
        at,
    };
    for (by, at) in approved {
        let noted = events
            .iter()
            .rev()
            .find(|event| event.by == *by && event.state == ReviewState::Approved);
        let at = at.clone().or_else(|| noted.map(|event| event.at.clone()));
        found.push(review(by, ReviewState::Approved, at.unwrap_or_default()));
    }
    let counts = |by: &str| approved.iter().any(|(known, _)| known == by);
    for event in events {
        match event.state {
            // It was taken back, or ended when the head moved.
            ReviewState::Approved if !counts(&event.by) => {
                found.push(review(&event.by, ReviewState::Dismissed, event.at.clone()));
            }
            ReviewState::ChangesRequested => {
                found.push(review(&event.by, ReviewState::ChangesRequested, event.at.clone()));
            }
            _ => {}
        }
    }
    found
}

fn versions(api: &Api<'_>, number: u64) -> Result<Vec<Version>, Error> {
    let path = format!("{}/versions?per_page=100", GitLab::one(api, number));
    api.linked(Call::new(Verb::Get, path, "read the versions of a merge request").needing("read_api"))
}

/// The head that a request had at a moment.
fn head_at(versions: &[Version], at: &str) -> Option<Oid> {
    let moment = time::read(at)?;
    let before = versions.iter().filter_map(|version| {
        let made = time::read(&version.created_at)?;
        (made <= moment).then_some((made, version))
    });
    let last = before.max_by_key(|(made, _)| *made)?;
    // Two pushes within one second: which of them was looked at cannot be told.
    let same = versions
        .iter()
        .filter(|version| time::read(&version.created_at) == Some(last.0))
        .count();
    Oid::parse(&last.1.head_commit_sha).filter(|_| same == 1)
}

/// The signature of a commit; none if it cannot be told.
fn signature(api: &Api<'_>, commit: &Oid) -> Result<Option<Signature>, Error> {
    let path = format!("{}/repository/commits/{commit}/signature", GitLab::project(api));
    let call = Call::new(Verb::Get, path, "read the signature of a commit").needing("read_api");
    match part(api.read::<Signed>(&call))? {
        Ok(signed) => {
            let state = signed.verification_status.unwrap_or_default();
            Ok(Some(Signature {
                is_valid: matches!(state.as_str(), "verified" | "verified_system"),
                by_forge: state == "verified_system",
                signer: signed.gpg_key_user_name.or(signed.key.and_then(|key| key.title)),
                state: if state.is_empty() {
                    signed.commit_source.unwrap_or_default()
                } else {
                    state
                },
            }))
        }
        Err(why) if why.contains("Signature Not Found") => Ok(Some(Signature::missing())),
        Err(_) => Ok(None),
    }
}

/// Parts that this token may not read are no failure of the whole.
fn part<T>(answer: Result<T, Error>) -> Result<Result<T, String>, Error> {
    match answer {
        Ok(found) => Ok(Ok(found)),
        Err(error) if error.kind == Kind::NotFound || error.code == "not-permitted" => {
            Ok(Err(error.causes.first().cloned().unwrap_or(error.message)))
        }
        Err(error) => Err(error),
    }
}

/// Who may stand behind a name in a file of code owners: the direct members of a group, or the person of that name.
///
/// Source: GitLab, "Code Owners": only direct members of a group are eligible.
pub(super) fn members(api: &Api<'_>, name: &str) -> Result<Option<Vec<String>>, Error> {
    let path = format!("/groups/{}/members?per_page=100", escaped(name));
    let found = part(api.linked::<User>(Call::new(Verb::Get, path, format!("read who is in `{name}`"))))?;
    if let Ok(found) = found {
        return Ok(Some(found.into_iter().map(|user| user.username).collect()));
    }
    if name.contains('/') {
        return Ok(None);
    }
    Ok(part(GitLab::id_of(api, name))?.ok().map(|_| vec![name.to_owned()]))
}

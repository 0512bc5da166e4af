//! Whether a merged request was approved, by whom, and of what.
//!
//! Approved means: the latest review of a person other than the author approves, was not dismissed since, was sent before
//! merging, and is of the commit that was merged. A comment does not replace an approval.

use std::collections::BTreeMap;

use super::gap::Gap;
use super::owners::{Certainty, Demand, Dialect, Owners};
use crate::forge::{Checks, Merged, Review, ReviewState};
use crate::git::names::Oid;
use crate::text::time;

/// Whether somebody owns a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ownership {
    /// Yes.
    Yes,
    /// No.
    No,
    /// That cannot be told: a team whose members are not known, an address.
    Unknown,
}

/// An answer to a question about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes.
    Yes,
    /// No.
    No,
    /// It cannot be told.
    Unknown,
    /// Nobody asked: no changed path has code owners.
    NotAsked,
}

/// An approval that was given at some time and not taken back, whether or not it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Approval {
    /// Login.
    pub(crate) by: String,
    /// When, as the forge writes it; empty where it does not tell.
    pub(crate) at: String,
    /// The commit that was looked at, where the forge keeps it.
    pub(crate) commit: Option<Oid>,
    /// Whether that is the commit that was merged; none if either is not known.
    pub(crate) is_of_head: Option<bool>,
    /// Whether it came before merging; none if either time is not known.
    pub(crate) is_before_merge: Option<bool>,
    /// Whether the author of the request gave it; none if either is not known any more.
    pub(crate) is_own: Option<bool>,
    /// Whether the person owns one of the changed paths; none where there is no file of code owners.
    pub(crate) code_owner: Option<Ownership>,
}

/// What the approvals of a request come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    /// In order of time.
    pub(crate) approvals: Vec<Approval>,
    /// Whether it was approved before it was merged.
    pub(crate) approved: Verdict,
    /// Whether code owners of every changed path that has some did.
    pub(crate) by_owner: Verdict,
    /// What is missing, each once, in the order of [`Gap`].
    pub(crate) gaps: Vec<Gap>,
}

/// What a request is judged by.
#[derive(Clone, Copy)]
pub(crate) struct Judging<'a> {
    /// The code owners in the base when it was merged.
    pub(crate) owners: Option<&'a Owners>,
    /// The paths that it changed, from the root of the tree.
    pub(crate) paths: &'a [String],
    /// Logins of a team, `acme/sre`; none if they are not known.
    pub(crate) members: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

/// Judges a merged request.
pub(crate) fn judge(merged: &Merged, ground: &Judging<'_>) -> Judged {
    let approvals = approvals(merged, ground);
    let mut gaps = Vec::new();
    let approved = approved(merged, &approvals, &mut gaps);
    if asks_for_changes(merged) {
        gaps.push(Gap::ChangesRequested);
    }
    let by_owner = by_owner(&approvals, ground);
    match by_owner {
        Verdict::No => gaps.push(Gap::NotCodeOwner),
        Verdict::Unknown => gaps.push(Gap::OwnerUnknown),
        Verdict::Yes | Verdict::NotAsked => {}
    }
    match merged.request.checks {
        Checks::Failed | Checks::Pending => gaps.push(Gap::ChecksFailed),
        Checks::Unknown => gaps.push(Gap::ChecksUnknown),
        Checks::None | Checks::Passed => {}
    }
    gaps.sort_unstable();
    gaps.dedup();
    Judged {
        approvals,
        approved,
        by_owner,
        gaps,
    }
}

/// Whether a login is that of another.
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Whether an approval is of the author; an account that is gone has no name any more.
fn is_own(author: Option<&str>, by: &str) -> Option<bool> {
    match author.filter(|author| !author.is_empty()) {
        Some(author) => Some(is_same(author, by)),
        // Whoever opened it is gone: so is whoever has no name, and it may be the same.
        None => Some(false).filter(|_| !by.is_empty()),
    }
}

fn is_before(at: &str, merged: Option<&str>) -> Option<bool> {
    // Forges tell seconds: what happens within the second of merging cannot be told from before.
    Some(time::read(at)? <= time::read(merged?)?)
}

/// The latest review of each person that says yes or no; of those who said so before merging the latest before it. Of
/// reviews without a time the last in the list is the latest.
fn latest(merged: &Merged) -> Vec<&Review> {
    let end = merged.request.merged_at.as_deref();
    let mut reviews: Vec<&Review> = merged.reviews.iter().collect();
    reviews.retain(|review| review.state != ReviewState::Commented);
    reviews.sort_by_key(|review| time::read(&review.at).unwrap_or(i64::MAX));
    let mut of_person: BTreeMap<String, &Review> = BTreeMap::new();
    for review in reviews {
        let is_late = is_before(&review.at, end) == Some(false);
        let person = review.by.to_lowercase();
        if !is_late || !of_person.contains_key(&person) {
            of_person.insert(person, review);
        }
    }
    of_person.into_values().collect()
}

fn approvals(merged: &Merged, ground: &Judging<'_>) -> Vec<Approval> {
    let request = &merged.request;
    let mut found: Vec<Approval> = latest(merged)
        .into_iter()
        .filter(|review| review.state == ReviewState::Approved)
        .map(|review| Approval {
            by: review.by.clone(),
            at: review.at.clone(),
            commit: review.commit.clone(),
            is_of_head: match (&review.commit, &request.head_oid) {
                (Some(commit), Some(head)) => Some(commit == head),
                _ => None,
            },
            is_before_merge: is_before(&review.at, request.merged_at.as_deref()),
            is_own: is_own(request.author.as_deref(), &review.by),
            code_owner: ground.owners.map(|owners| owns_any(&review.by, owners, ground)),
        })
        .collect();
    found.sort_by_key(|approval| time::read(&approval.at).unwrap_or(i64::MAX));
    found
}

/// Whether an approval counts; none if that cannot be told.
fn counts(approval: &Approval) -> Option<bool> {
    match (approval.is_own, approval.is_of_head, approval.is_before_merge) {
        (Some(true), _, _) | (_, Some(false), _) | (_, _, Some(false)) => Some(false),
        (Some(false), Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn approved(merged: &Merged, approvals: &[Approval], gaps: &mut Vec<Gap>) -> Verdict {
    if approvals.iter().any(|approval| counts(approval) == Some(true)) {
        return Verdict::Yes;
    }
    for approval in approvals {
        if approval.is_own == Some(true) {
            gaps.push(Gap::SelfApproved);
            continue;
        }
        if approval.is_of_head == Some(false) {
            gaps.push(Gap::ApprovedOlderCommit);
        }
        if approval.is_before_merge == Some(false) {
            gaps.push(Gap::ApprovedAfterMerge);
        }
    }
    let is_open = approvals.iter().any(|approval| counts(approval).is_none()) || !merged.unknown.is_empty();
    if is_open {
        gaps.push(Gap::ApprovalUnknown);
        return Verdict::Unknown;
    }
    if gaps.is_empty() {
        gaps.push(Gap::NotApproved);
    }
    Verdict::No
}

fn asks_for_changes(merged: &Merged) -> bool {
    let end = merged.request.merged_at.as_deref();
    latest(merged)
        .iter()
        .any(|review| review.state == ReviewState::ChangesRequested && is_before(&review.at, end) != Some(false))
}

fn owns_any(login: &str, owners: &Owners, ground: &Judging<'_>) -> Ownership {
    let mut best = Ownership::No;
    for path in ground.paths {
        for demand in owners.of(path) {
            match (owns(login, &demand, ground), demand.certainty) {
                (Ownership::Yes, Certainty::Sure) => return Ownership::Yes,
                (Ownership::Yes | Ownership::Unknown, _) => best = Ownership::Unknown,
                (Ownership::No, _) => {}
            }
        }
    }
    best
}

fn owns(login: &str, demand: &Demand, ground: &Judging<'_>) -> Ownership {
    let dialect = ground.owners.map(|owners| owners.dialect);
    let mut best = Ownership::No;
    for owner in &demand.owners {
        let one = match owner.strip_prefix('@') {
            // An address: whose it is, no forge tells.
            None => Ownership::Unknown,
            // A role, at GitLab.
            Some(name) if name.starts_with('@') => Ownership::Unknown,
            Some(name) if is_same(name, login) && !login.is_empty() => return Ownership::Yes,
            // At GitLab a name without a slash may be that of a group, too.
            Some(name) if name.contains('/') || dialect == Some(Dialect::GitLab) => match (ground.members)(name) {
                Some(members) if members.iter().any(|member| is_same(member, login)) => return Ownership::Yes,
                Some(_) => Ownership::No,
                None => Ownership::Unknown,
            },
            Some(_) => Ownership::No,
        };
        if one == Ownership::Unknown {
            best = one;
        }
    }
    best
}

fn by_owner(approvals: &[Approval], ground: &Judging<'_>) -> Verdict {
    let mut verdict = Verdict::NotAsked;
    let Some(owners) = ground.owners else {
        return verdict;
    };
    for path in ground.paths {
        for demand in owners.of(path).iter().filter(|demand| demand.approvals > 0) {
            match (fulfilled(approvals, demand, ground), demand.certainty) {
                (Verdict::No, Certainty::Sure) => return Verdict::No,
                (Verdict::No | Verdict::Unknown, _) => verdict = Verdict::Unknown,
                (Verdict::Yes | Verdict::NotAsked, _) if verdict == Verdict::NotAsked => verdict = Verdict::Yes,
                (Verdict::Yes | Verdict::NotAsked, _) => {}
            }
        }
    }
    verdict
}

fn fulfilled(approvals: &[Approval], demand: &Demand, ground: &Judging<'_>) -> Verdict {
    let (mut sure, mut perhaps) = (0, 0);
    for approval in approvals {
        match (counts(approval), owns(&approval.by, demand, ground)) {
            (Some(false), _) | (_, Ownership::No) => {}
            (Some(true), Ownership::Yes) => sure += 1,
            _ => perhaps += 1,
        }
    }
    match demand.approvals {
        wanted if sure >= wanted => Verdict::Yes,
        wanted if sure + perhaps >= wanted => Verdict::Unknown,
        _ => Verdict::No,
    }
}

#[cfg(test)]
mod tests;

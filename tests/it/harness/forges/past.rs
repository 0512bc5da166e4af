//! What happened on a forge before the test began: merged requests with their reviews, signatures, force pushes, teams.
//!
//! ```ignore
//! let request = Pull::merged(57, ("topic", "main"), (&head, &commit))
//!     .by("anna")
//!     .at("2026-11-02T09:00:00Z", "bob")
//!     .reviewed("carol", "APPROVED", ("2026-11-02T08:00:00Z", &head));
//! bench.forge.shelf().record(request);
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::ME;
use super::shelf::{Pull, Shelf};
use super::story::{length, months};

/// When what has no time of its own happened.
pub(crate) const LONG_AGO: &str = "2026-01-01T00:00:00Z";

/// A review.
#[derive(Clone, Debug)]
pub(crate) struct Opinion {
    pub(crate) by: String,
    /// In the words of GitHub: `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, `PENDING`. The others say it their own way.
    pub(crate) state: &'static str,
    pub(crate) at: String,
    pub(crate) commit: String,
}

/// A force push.
#[derive(Clone, Debug)]
pub(crate) struct Forced {
    pub(crate) branch: String,
    pub(crate) at: String,
    pub(crate) by: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// What a forge knows beside requests.
#[derive(Default)]
pub(crate) struct Past {
    /// Commits with a signature: whether it is valid, and whose it is.
    pub(crate) signed: BTreeMap<String, (bool, String)>,
    /// Logins of the authors of commits.
    pub(crate) authors: BTreeMap<String, String>,
    /// Commits that the forge does not know.
    pub(crate) unknown: BTreeSet<String>,
    /// What the token may not read, by the names of GitHub: `reviews`, `statusCheckRollup`, `signature`,
    /// `associatedPullRequests`, `activity`, `rules`, `members`.
    pub(crate) closed: BTreeSet<&'static str>,
    pub(crate) forced: Vec<Forced>,
    /// Logins of teams: `acme/sre`.
    pub(crate) teams: BTreeMap<String, Vec<String>>,
    /// What protects branches: how many approvals, and whether of a code owner.
    pub(crate) rules: Option<(u64, bool)>,
}

impl Pull {
    /// A merged request from a branch to another, whose head became this commit.
    pub(crate) fn merged(number: u64, (head, base): (&str, &str), (oid, commit): (&str, &str)) -> Pull {
        Pull {
            number,
            head: head.to_owned(),
            base: base.to_owned(),
            title: format!("Request {number}"),
            state: "merged",
            last_head: Some(oid.to_owned()),
            merge_oid: Some(commit.to_owned()),
            ..Pull::default()
        }
    }

    /// Opened by somebody.
    pub(crate) fn by(mut self, login: &str) -> Pull {
        self.author = Some(login.to_owned());
        self
    }

    /// Merged then, by somebody.
    pub(crate) fn at(mut self, time: &str, login: &str) -> Pull {
        (self.merged_at, self.merged_by) = (Some(time.to_owned()), Some(login.to_owned()));
        self
    }

    /// With a review of a commit.
    pub(crate) fn reviewed(mut self, by: &str, state: &'static str, (at, commit): (&str, &str)) -> Pull {
        self.opinions.push(Opinion {
            by: by.to_owned(),
            state,
            at: at.to_owned(),
            commit: commit.to_owned(),
        });
        self
    }

    /// Brought these commits as well, as a rebase does.
    pub(crate) fn brought(mut self, commits: &[String]) -> Pull {
        self.brought.extend_from_slice(commits);
        self
    }

    /// With the checks of its head: `pending`, `success` or `failure`.
    pub(crate) fn checked(mut self, how: &'static str) -> Pull {
        self.checks = Some(how);
        self
    }

    /// Whether it brought a commit.
    pub(crate) fn brings(&self, commit: &str) -> bool {
        self.merge_oid.as_deref() == Some(commit) || self.brought.iter().any(|known| known == commit)
    }

    /// Login of who opened it.
    pub(crate) fn author(&self) -> &str {
        self.author.as_deref().unwrap_or(ME)
    }

    /// When it was merged; none if it was not.
    pub(crate) fn merge_time(&self) -> Option<&str> {
        (self.state == "merged").then(|| self.merged_at.as_deref().unwrap_or(LONG_AGO))
    }

    /// Who merged it; none if nobody did.
    pub(crate) fn merger(&self) -> Option<&str> {
        (self.state == "merged").then(|| self.merged_by.as_deref().unwrap_or(ME))
    }
}

impl Shelf {
    /// Has the forge know a request as it is.
    pub(crate) fn record(&mut self, pull: Pull) {
        self.pulls.push(pull);
    }

    /// All reviews of a request: those with a time of their own, and those that are just there.
    pub(crate) fn opinions_on(&self, pull: &Pull) -> Vec<Opinion> {
        let head = self.head_of(pull);
        let plain = pull.reviews.iter().map(|(by, state)| Opinion {
            by: by.clone(),
            state,
            at: LONG_AGO.to_owned(),
            commit: head.clone(),
        });
        plain.chain(pull.opinions.iter().cloned()).collect()
    }

    /// The heads that a request had, and since when: until it was merged an older one, if that was reviewed.
    pub(crate) fn heads_of(&self, pull: &Pull) -> Vec<(String, String)> {
        let head = self.head_of(pull);
        let first = "1999-01-01T00:00:00Z".to_owned();
        match pull.opinions.iter().find(|it| it.commit != head) {
            Some(older) => vec![
                (first, older.commit.clone()),
                (pull.merge_time().unwrap_or(LONG_AGO).to_owned(), head),
            ],
            None => vec![(first, head)],
        }
    }

    /// Those whose approval stands.
    pub(crate) fn standing(&self, pull: &Pull) -> Vec<String> {
        let approved = pull.opinions.iter().filter(|it| it.state == "APPROVED");
        approved.map(|it| it.by.clone()).collect()
    }
}

/// Seconds since 1970 of a moment in UTC.
pub(crate) fn seconds(moment: &str) -> u64 {
    let number = |range: std::ops::Range<usize>| moment[range].parse::<u64>().unwrap();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let before: u64 = (1970..year).map(length).sum();
    let months = months(year);
    let days = before + months.iter().take(usize::try_from(month).unwrap() - 1).sum::<u64>() + day - 1;
    days * 86_400 + number(11..13) * 3_600 + number(14..16) * 60 + number(17..19)
}

//! What is said to and heard from a forge, in no forge's own words.

use crate::error::Error;
use crate::git::names::{BranchName, Oid};

/// From where to where: what makes two pull requests the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lane {
    /// The branch that holds the change.
    pub(crate) head: BranchName,
    /// The branch it is meant for.
    pub(crate) base: BranchName,
}

/// Whether a pull request asks to be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Not yet.
    Draft,
    /// It does.
    Ready,
}

/// How far a pull request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It waits.
    Open,
    /// Its change is in the base.
    Merged,
    /// It was given up.
    Closed,
}

/// What the reviews come to, as the forge counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReviewDecision {
    /// Nobody has to review it, and nobody did.
    None,
    /// Somebody has to, and has not yet.
    Required,
    /// Approved.
    Approved,
    /// Somebody wants something else.
    ChangesRequested,
    /// The forge, or this token, cannot tell.
    Unknown,
}

/// What the checks of the head come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checks {
    /// There are none.
    None,
    /// Some have not ended.
    Pending,
    /// All have ended well.
    Passed,
    /// One has failed.
    Failed,
    /// The forge, or this token, cannot tell.
    Unknown,
}

/// One pull request (a merge request, on some forges) as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PullRequest {
    /// Its number in the repository; the `iid` of GitLab.
    pub(crate) number: u64,
    /// The page of it.
    pub(crate) url: String,
    /// Without the words that make it a draft on some forges.
    pub(crate) title: String,
    /// Empty if there is none.
    pub(crate) body: String,
    /// From where to where.
    pub(crate) lane: Lane,
    /// The repository that the head is in, where it is another one: `someone/manifests`.
    pub(crate) head_repository: Option<String>,
    /// The commit at its head.
    pub(crate) head_oid: Option<Oid>,
    /// How far it is.
    pub(crate) state: State,
    /// Draft or ready.
    pub(crate) stage: Stage,
    /// The forge merges it by itself as soon as it may; none if the forge, or this answer, does not tell.
    pub(crate) auto_merge: Option<bool>,
    /// What the reviews come to.
    pub(crate) review: ReviewDecision,
    /// Whether it merges without a conflict; none while that is not known.
    pub(crate) mergeable: Option<bool>,
    /// What the checks come to.
    pub(crate) checks: Checks,
    /// When it was merged, as the forge writes it (RFC 3339).
    pub(crate) merged_at: Option<String>,
    /// The commit that it became in the base.
    pub(crate) merge_oid: Option<Oid>,
    /// Who merged it.
    pub(crate) merged_by: Option<String>,
    /// Who opened it.
    pub(crate) author: Option<String>,
    /// Labels, by name.
    pub(crate) labels: Vec<String>,
    /// Who is asked for a review, as logins and last names of teams; on some forges also who has given one.
    pub(crate) reviewers: Vec<String>,
    /// What the forge needs to be told to change it: a node id, a version.
    pub(crate) handle: String,
}

/// A pull request to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewRequest {
    /// From where to where.
    pub(crate) lane: Lane,
    /// One line.
    pub(crate) title: String,
    /// Markdown.
    pub(crate) body: String,
    /// Draft or ready.
    pub(crate) stage: Stage,
}

/// What opening a pull request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Created {
    /// It is new.
    New(PullRequest),
    /// There was one already; nothing was changed in it.
    Found(PullRequest),
    /// The head holds nothing that the base does not hold.
    NothingBetween,
}

/// What is to change in a pull request; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Patch {
    /// One line.
    pub(crate) title: Option<String>,
    /// Markdown.
    pub(crate) body: Option<String>,
    /// The branch it is meant for.
    pub(crate) base: Option<BranchName>,
    /// Draft or ready.
    pub(crate) stage: Option<Stage>,
}

impl Patch {
    /// What of it differs from `pr`: only that is sent.
    #[must_use]
    pub(crate) fn against(&self, pr: &PullRequest) -> Patch {
        // Forges store line ends their own way.
        let body_of = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
        Patch {
            title: self.title.clone().filter(|title| *title != pr.title),
            body: self.body.clone().filter(|body| body_of(body) != body_of(&pr.body)),
            base: self.base.clone().filter(|base| *base != pr.lane.base),
            stage: self.stage.filter(|stage| *stage != pr.stage),
        }
    }

    /// Says whether there is nothing to change.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Patch::default()
    }
}

/// What is hung on a pull request beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decoration {
    /// Names of labels.
    pub(crate) labels: Vec<String>,
    /// Logins; `organisation/team` for a team.
    pub(crate) reviewers: Vec<String>,
}

/// What came of a [`Decoration`]. Its entries are named like `label staging` and `reviewer anna`.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// These are there now, or were there already.
    pub(crate) done: Vec<String>,
    /// The forge has no such thing.
    pub(crate) unsupported: Vec<String>,
    /// The forge did not want to.
    pub(crate) failed: Vec<(String, Error)>,
}

/// How a pull request becomes part of the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// With a commit that has two parents.
    Merge,
    /// As one commit.
    Squash,
    /// Commit by commit.
    Rebase,
}

/// What asking the forge to merge later came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AutoMerge {
    /// The forge will merge it.
    Enabled,
    /// There was nothing to wait for but what had come already, and it is merged.
    MergedNow,
    /// It will not, and this is why.
    Unavailable(String),
}

/// What merging came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Merge {
    /// It is merged; the commit, where the forge names it.
    Merged {
        /// The commit in the base.
        commit: Option<Oid>,
    },
    /// The head is not the commit that was meant any more; nothing was merged.
    HeadMoved,
    /// Not now, and later perhaps: checks, reviews, or the forge still computes.
    NotReady(String),
    /// Not like this: a conflict, a rule, a method that is not allowed.
    Refused(String),
}

/// One review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Review {
    /// Login.
    pub(crate) by: String,
    /// What it says.
    pub(crate) state: ReviewState,
    /// The commit that was looked at, where the forge keeps it.
    pub(crate) commit: Option<Oid>,
    /// When, as the forge writes it (RFC 3339); empty where it does not tell.
    pub(crate) at: String,
}

/// What a review says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReviewState {
    /// Yes.
    Approved,
    /// No.
    ChangesRequested,
    /// Neither.
    Commented,
    /// It counted once.
    Dismissed,
}

/// What keeping a comment came to, with the address of the comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Commented {
    /// It is new.
    Made(String),
    /// It says something else now.
    Updated(String),
    /// It said so already; nothing was sent.
    Unchanged(String),
}

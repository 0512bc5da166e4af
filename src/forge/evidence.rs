//! What a forge tells of commits that are in a branch: the pull requests that brought them, who approved them and when,
//! who signed, and what was done to the branch.
//!
//! **Invariant:** what could not be read is said to be unknown. An empty list stands for "there are none" only where
//! nothing is unknown beside it.

pub(super) mod timeline;

use super::request::{PullRequest, Review};
use crate::git::names::Oid;
use crate::text::time;

/// What the forge tells of one commit of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Which commit.
    pub(crate) commit: Oid,
    /// Merged pull requests into that branch that brought it; nearly always none or one. A request that was rebased has
    /// several commits, and each of them has it.
    pub(crate) requests: Vec<Merged>,
    /// The signature, [`Signature::missing`] if there is none; none where the forge does not tell.
    pub(crate) signature: Option<Signature>,
    /// Login of the author, where the forge knows whose address it is.
    pub(crate) author: Option<String>,
    /// Login of the committer.
    pub(crate) committer: Option<String>,
    /// What could not be read of it, in words for people. While this is not empty, no request is no proof of none.
    pub(crate) unknown: Vec<String>,
}

impl Told {
    /// Nothing is told of a commit so far.
    pub(crate) fn nothing(commit: &Oid) -> Told {
        Told {
            commit: commit.clone(),
            requests: Vec::new(),
            signature: None,
            author: None,
            committer: None,
            unknown: Vec::new(),
        }
    }

    /// Nothing can be told of a commit, and this is why.
    pub(crate) fn unknown(commit: &Oid, why: impl Into<String>) -> Told {
        Told {
            unknown: vec![why.into()],
            ..Told::nothing(commit)
        }
    }
}

/// A merged pull request, with all that was said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Merged {
    /// The request, with the checks of the head that was merged.
    pub(crate) request: PullRequest,
    /// Its reviews, oldest first.
    pub(crate) reviews: Vec<Review>,
    /// What could not be read of it, in words for people.
    pub(crate) unknown: Vec<String>,
}

/// The signature of a commit, as the forge judges it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    /// The forge takes it as good, and as the signer's.
    pub(crate) is_valid: bool,
    /// Login or name of the signer.
    pub(crate) signer: Option<String>,
    /// The forge signed it itself, as it does with commits made on its pages: that proves the forge, not the author.
    pub(crate) by_forge: bool,
    /// The forge's own word for it: `valid`, `unknown_key`; `unsigned` if there is none.
    pub(crate) state: String,
}

impl Signature {
    /// The commit is not signed at all.
    pub(crate) fn missing() -> Signature {
        Signature {
            is_valid: false,
            signer: None,
            by_forge: false,
            state: "unsigned".to_owned(),
        }
    }
}

/// Puts reviews in the order in which they were sent; those without a time stay behind those that have one.
pub(super) fn oldest_first(reviews: &mut [Review]) {
    reviews.sort_by_key(|review| time::read(&review.at).unwrap_or(i64::MAX));
}

/// A force push: the branch was taken from one commit to another that does not follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rewrite {
    /// When, as the forge writes it (RFC 3339).
    pub(crate) at: String,
    /// Login of who did it.
    pub(crate) by: Option<String>,
    /// Where the branch was.
    pub(crate) before: Oid,
    /// Where it was taken.
    pub(crate) after: Oid,
}

/// What protects a branch today: no forge tells what did at an earlier time. None: this part cannot be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    /// How many approvals a request needs.
    pub(crate) approvals: Option<u64>,
    /// Whether a code owner has to approve.
    pub(crate) code_owners: Option<bool>,
    /// Whether commits have to be signed.
    pub(crate) signatures: Option<bool>,
    /// Whether an approval ends when the head moves.
    pub(crate) dismisses_stale: Option<bool>,
}

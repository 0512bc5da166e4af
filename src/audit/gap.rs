//! What a change lacks as evidence.

/// What is missing, or speaks against a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Gap {
    /// No merged pull request brought it.
    NoPullRequest,
    /// Nobody but perhaps its author approved it at any time.
    NotApproved,
    /// What was approved is an older commit than what was merged.
    ApprovedOlderCommit,
    /// The approval came when it was merged already.
    ApprovedAfterMerge,
    /// The only approval is the author's own.
    SelfApproved,
    /// Somebody asked for changes, and did not take that back before it was merged.
    ChangesRequested,
    /// No code owner of one of the changed paths approved it.
    NotCodeOwner,
    /// Whether a code owner approved it cannot be told.
    OwnerUnknown,
    /// A check of the merged commit failed, or had not ended.
    ChecksFailed,
    /// What the checks came to cannot be told.
    ChecksUnknown,
    /// It is not signed, or not validly.
    Unsigned,
    /// Whether it was approved, or which request brought it, cannot be told.
    ApprovalUnknown,
}

impl Gap {
    /// Every gap, in the order in which they are shown.
    #[cfg(test)]
    pub(crate) const ALL: &'static [Gap] = &[
        Gap::NoPullRequest,
        Gap::NotApproved,
        Gap::ApprovedOlderCommit,
        Gap::ApprovedAfterMerge,
        Gap::SelfApproved,
        Gap::ChangesRequested,
        Gap::NotCodeOwner,
        Gap::OwnerUnknown,
        Gap::ChecksFailed,
        Gap::ChecksUnknown,
        Gap::Unsigned,
        Gap::ApprovalUnknown,
    ];

    /// The word for scripts.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Gap::NoPullRequest => "no-pull-request",
            Gap::NotApproved => "not-approved",
            Gap::ApprovedOlderCommit => "approved-older-commit",
            Gap::ApprovedAfterMerge => "approved-after-merge",
            Gap::SelfApproved => "self-approved",
            Gap::ChangesRequested => "changes-requested",
            Gap::NotCodeOwner => "not-code-owner",
            Gap::OwnerUnknown => "owner-unknown",
            Gap::ChecksFailed => "checks-failed",
            Gap::ChecksUnknown => "checks-unknown",
            Gap::Unsigned => "unsigned",
            Gap::ApprovalUnknown => "approval-unknown",
        }
    }

    /// The sentence for people, without a full stop.
    pub(crate) fn said(self) -> &'static str {
        match self {
            Gap::NoPullRequest => "pushed without a pull request",
            Gap::NotApproved => "merged without an approval",
            Gap::ApprovedOlderCommit => "approved for an older commit than the one that was merged",
            Gap::ApprovedAfterMerge => "approved only after it was merged",
            Gap::SelfApproved => "approved by its own author only",
            Gap::ChangesRequested => "merged while a reviewer asked for changes",
            Gap::NotCodeOwner => "a changed path has code owners, and none of them approved",
            Gap::OwnerUnknown => "whether a code owner approved cannot be told",
            Gap::ChecksFailed => "merged while a check had failed or not ended",
            Gap::ChecksUnknown => "what the checks came to cannot be told",
            Gap::Unsigned => "without a valid signature",
            Gap::ApprovalUnknown => "whether it was approved cannot be told",
        }
    }
}

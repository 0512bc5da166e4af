//! What a branch, or a directory, should have and has not.

use crate::git::names::Oid;

/// A change, or a version, that one of two environments has and the other lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Omission {
    /// As `--change` takes it; of a version the image's full name.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) author: String,
    /// When it landed where it is, in seconds since 1970.
    pub(crate) at: i64,
    pub(crate) commit: Oid,
    pub(crate) files: Vec<String>,
    pub(crate) certainty: Certainty,
    pub(crate) why: Why,
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    Sure,
    /// Something like it is there: a pick that was edited on the way.
    Likely,
}

/// Why it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It waits for its promotion, and no longer than others do.
    Pending,
    /// A newer change has passed it.
    Passed,
    /// It has waited for longer than `drift.grace`.
    OlderThanGrace,
    /// It was there, and was taken back on purpose.
    RolledBack,
    /// A later environment has it, and this one lacks it: a hotfix that was never carried back.
    Hotfix,
}

impl Why {
    /// As documents name it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Why::Pending => "pending",
            Why::Passed => "passed",
            Why::OlderThanGrace => "older-than-grace",
            Why::RolledBack => "rolled-back",
            Why::Hotfix => "hotfix",
        }
    }
}

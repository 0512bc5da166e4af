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

impl Omission {
    /// The same at a time, in seconds since 1970, where nothing may wait for longer than `grace` seconds.
    pub(crate) fn seen_at(mut self, now: i64, grace: i64) -> Omission {
        if self.why == Why::Pending && now.saturating_sub(self.at) > grace {
            self.why = Why::OlderThanGrace;
        }
        self
    }
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
    /// It waits for its promotion.
    Pending,
    /// A newer change has passed it.
    Passed,
    /// It has waited for longer than `drift.grace`: see [`Omission::seen_at`].
    OlderThanGrace,
    /// It was there, and was taken back on purpose.
    RolledBack,
    /// A later environment has it, and this one lacks it: a hotfix that was never carried back.
    Hotfix,
}

impl Why {
    const ALL: [Why; 5] = [
        Why::Pending,
        Why::Passed,
        Why::OlderThanGrace,
        Why::RolledBack,
        Why::Hotfix,
    ];

    /// The reason of a name as documents have it.
    pub(crate) fn named(name: &str) -> Option<Why> {
        Why::ALL.into_iter().find(|why| why.as_str() == name)
    }

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

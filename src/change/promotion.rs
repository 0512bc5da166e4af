//! What a promotion carries, and what it found on the way: the facts that are shown, and written into commits.

use crate::git::names::Oid;

/// What a promotion carries from one environment to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promotion {
    /// Name of the strategy.
    pub(crate) strategy: &'static str,
    /// Versions, or everything.
    pub(crate) kind: Carried,
    /// The environment that it comes from.
    pub(crate) from: String,
    /// The environments that it goes to, in promotion order.
    pub(crate) to: Vec<String>,
    /// FROM's commit, as it was frozen.
    pub(crate) commit: Oid,
    /// Changes that are carried, or were left out, oldest first (fan-out).
    pub(crate) changes: Vec<Change>,
    /// Settings that came with a version.
    pub(crate) companions: Vec<Companion>,
    /// What was rolled back on TO and comes back.
    pub(crate) brings_back: Vec<BroughtBack>,
    /// Commits that the merge takes along, newest first (chain); of a change that is carried as its own diff, what stays.
    pub(crate) rides_along: Vec<Noted>,
    /// Commits that TO has and FROM lacks, newest first.
    pub(crate) only_in_target: Vec<Noted>,
    /// Conflicts that were settled by meaning.
    pub(crate) resolved: Vec<Resolved>,
    /// Environments that follow another branch afterwards (a base change under trunk).
    pub(crate) tracks: Vec<Tracked>,
    /// The commit that counts as what both sides have (chain).
    pub(crate) merge_base: Option<MergeBase>,
    /// What is left alone and should be known: slots that one environment alone has.
    pub(crate) notes: Vec<String>,
}

impl Promotion {
    /// A promotion that carries nothing yet.
    pub(crate) fn new((strategy, kind): (&'static str, Carried), from: &str, to: &[String], commit: &Oid) -> Promotion {
        Promotion {
            strategy,
            kind,
            from: from.to_owned(),
            to: to.to_vec(),
            commit: commit.clone(),
            changes: Vec::new(),
            companions: Vec::new(),
            brings_back: Vec::new(),
            rides_along: Vec::new(),
            only_in_target: Vec::new(),
            resolved: Vec::new(),
            tracks: Vec::new(),
            merge_base: None,
            notes: Vec::new(),
        }
    }
}

/// How much is carried. Source: PROMOTION.md, section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    /// Versions, and declared settings.
    Versions,
    /// Everything that FROM's branch has.
    Whole,
    /// Everything that FROM's branch has, restricted by `--change`: it is no state of FROM.
    Chosen,
}

impl Carried {
    /// As documents name it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Carried::Versions => "versions",
            Carried::Whole | Carried::Chosen => "whole",
        }
    }
}

/// What was merged into FROM from one branch or one pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Number of the pull request as `#12` where known, else the commit in the earliest environment.
    pub(crate) id: String,
    /// The commit on FROM's branch.
    pub(crate) commit: Oid,
    pub(crate) title: String,
    pub(crate) author: String,
    /// In seconds since 1970.
    pub(crate) time: i64,
    pub(crate) picked: Picked,
}

/// What becomes of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picked {
    /// It is carried in a commit of its own.
    Step,
    /// It changes versions alone, and is part of the last commit.
    Folded,
    /// It was not asked for.
    Left,
}

/// A setting that came with a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Companion {
    /// What `--also-settings` takes: `ConfigMap/app data.DB_POOL`.
    pub(crate) selector: String,
    /// The version it came with: `api 1.4.2`.
    pub(crate) came_with: String,
    /// Whether it goes along.
    pub(crate) goes: Goes,
}

/// Whether a setting goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goes {
    Along,
    /// It stays behind, and is named.
    Not,
}

/// What was rolled back on TO and comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BroughtBack {
    /// What it is: the title of a change, or an image and its version.
    pub(crate) what: String,
    /// Who took it back.
    pub(crate) by: String,
    /// When, in seconds since 1970.
    pub(crate) at: i64,
    /// The commit that took it back.
    pub(crate) commit: Oid,
}

/// A commit, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) commit: Oid,
    pub(crate) title: String,
    pub(crate) author: String,
    /// In seconds since 1970.
    pub(crate) time: i64,
}

/// A conflict that was settled by meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) file: String,
    /// `promoted-version`, `source-of-environment` or `kept`.
    pub(crate) rule: &'static str,
}

/// An environment that follows another branch afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tracked {
    pub(crate) environment: String,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// The commit that counts as what both sides have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MergeBase {
    pub(crate) commit: Oid,
    /// The commit on TO that claims it; none where history itself says so.
    pub(crate) claimed_by: Option<Oid>,
}

//! One change that reached an environment: when, who, what, and what is known of its approval.

use super::approval::Judged;
use super::gap::Gap;
use crate::forge::PullRequest;
use crate::git::first_parent::Signed;
use crate::git::names::Oid;
use crate::git::objects::Who;

/// One change that reached one environment.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) environment: String,
    /// The branch that it is a commit of.
    pub(crate) branch: String,
    pub(crate) commit: Oid,
    /// What stood there before; none for the first commit.
    pub(crate) before: Option<Oid>,
    /// When it reached the branch: as the forge has it, else when it is said to have been committed. Seconds since 1970.
    pub(crate) at: i64,
    /// When it is said to have been committed. Seconds since 1970.
    pub(crate) committed: i64,
    /// The first line of its message.
    pub(crate) title: String,
    /// Who is said to have written it.
    pub(crate) author: Who,
    /// Who is said to have committed it.
    pub(crate) committer: Who,
    /// What its message claims.
    pub(crate) claims: Claims,
    /// The commit that switched the environment to what holds this one, where it came by that.
    pub(crate) through: Option<Oid>,
    pub(crate) what: What,
    /// What git says of its signature.
    pub(crate) signed: Signed,
    pub(crate) evidence: Evidence,
}

/// What a message claims. Whoever writes the commit writes these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// `promote stg -> prd`.
    pub(crate) operation: Option<String>,
    /// `acme/api@4f0c2f1`: what the image was built from.
    pub(crate) source: Option<String>,
    /// Address of the CI run.
    pub(crate) run: Option<String>,
    /// Number of the pull request.
    pub(crate) request: Option<u64>,
}

/// What changed, by meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct What {
    /// Versions that take effect in the environment.
    pub(crate) images: Vec<ImageChange>,
    /// Values in files that reach it.
    pub(crate) settings: Vec<SettingChange>,
    /// Anything else.
    pub(crate) files: Vec<FileChange>,
    /// What the environment follows.
    pub(crate) tracks: Option<TrackChange>,
    /// What could not be told, in words for people.
    pub(crate) unknown: Vec<String>,
}

/// A version that takes effect in an environment, and did not before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ImageChange {
    /// Full name, as it is afterwards, or was if it is gone.
    pub(crate) image: String,
    /// Where: `Deployment/api/main`; empty where that is not known.
    pub(crate) slot: String,
    /// None where it was not there.
    pub(crate) from: Option<String>,
    /// None where it is gone.
    pub(crate) to: Option<String>,
    /// The name before, where it was another.
    pub(crate) renamed_from: Option<String>,
}

/// A value that is another than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SettingChange {
    /// `Deployment/api spec.replicas`.
    pub(crate) selector: String,
    pub(crate) file: String,
    /// None where it was not set; `(hidden)` for a secret.
    pub(crate) from: Option<String>,
    /// None where it is not set any more.
    pub(crate) to: Option<String>,
}

/// A file of which nothing more is understood than that it differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileChange {
    pub(crate) path: String,
    pub(crate) how: FileHow,
    /// First and last line of each stretch that is new or other, from 1; where lines are only gone, the line before them
    /// twice. At most a hundred.
    pub(crate) lines: Vec<(usize, usize)>,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FileHow {
    Added,
    Changed,
    Deleted,
}

impl FileHow {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            FileHow::Added => "added",
            FileHow::Changed => "changed",
            FileHow::Deleted => "deleted",
        }
    }
}

/// An environment that was switched to follow something else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TrackChange {
    pub(crate) from: String,
    pub(crate) to: String,
    /// The object that says it: `Application shop-prd`.
    pub(crate) object: String,
}

/// What is known of a change's approval.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// Whether a forge was asked at all.
    pub(crate) asked: Asked,
    pub(crate) request: Option<PullRequest>,
    pub(crate) judged: Option<Judged>,
    /// The file of code owners in the base when it was merged; none where there is none.
    pub(crate) owners: Option<String>,
    /// Logins, where the forge knows whose addresses these are.
    pub(crate) author: Option<String>,
    pub(crate) committer: Option<String>,
    pub(crate) signature: Option<crate::forge::Signature>,
    /// Each once, in the order in which they are shown.
    pub(crate) gaps: Vec<Gap>,
    /// What could not be read, in words for people.
    pub(crate) unknown: Vec<String>,
}

/// Where evidence comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Git alone: approvals cannot be known.
    #[default]
    Git,
    /// The forge, too.
    Forge,
}

//! What TO has of FROM already: the commit that counts as what both sides have.
//!
//! History says it where FROM's commits were merged; trailers, the request's text and the net effect of a commit say it
//! where a forge has squashed them. What was undone on TO no longer counts.
//!
//! **Invariant:** nothing is asked of a forge: what it says came with the hop. Start reading at [`merge_base`].
//! Source: PROMOTION.md, section 3.

mod history;
mod undo;

pub(crate) use history::{Landing, title_of, to_history};
pub(crate) use undo::reverted_by;

use super::hop::Hop;
use crate::change::promotion::BroughtBack;
use crate::error::{Error, Kind};
use crate::git::names::Oid;

/// What both sides have, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    /// The commit of FROM's history whose tree is the base of a merge.
    pub(crate) commit: Oid,
    /// The commit on TO that claims it; none where history itself says so, or the command line.
    pub(crate) claimed_by: Option<Oid>,
    /// What was undone on TO since, and comes back with a merge on this base.
    pub(crate) undone: Vec<Undone>,
}

/// What was undone on TO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Undone {
    pub(crate) what: BroughtBack,
    /// Paths that the undoing changed: where a merge leaves all of them as TO has them, nothing comes back.
    pub(crate) paths: Vec<String>,
}

/// Finds what both sides of a promotion have.
///
/// # Errors
/// [`Kind::Refused`] `merge-base-unknown` where a commit on TO looks like a promotion and nothing says of which commit, or
/// `histories-unrelated`; `history-shallow` where the answer lies behind the end of a shallow clone.
pub(crate) fn merge_base(hop: &Hop<'_>) -> Result<Base, Error> {
    let found = hop.repository.merge_base(hop.git, hop.from.commit, hop.to.commit)?;
    let commit = hop.ask.merge_base.clone().or(found);
    let commit = commit.ok_or_else(|| Error::new(Kind::Refused, "histories-unrelated", "no common history"))?;
    Ok(Base {
        commit,
        claimed_by: None,
        undone: Vec::new(),
    })
}

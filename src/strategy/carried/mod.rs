//! What TO has of FROM already: the commit that counts as what both sides have.
//!
//! History says it where FROM's commits were merged; trailers, the request's text and the net effect of a commit say it
//! where a forge has squashed them. What was undone on TO no longer counts.
//!
//! **Invariant:** nothing is asked of a forge: what it says came with the hop. Start reading at [`merge_base`].
//! Source: PROMOTION.md, section 3.

mod history;
mod net_effect;
mod source;
mod tell;
mod undo;
mod walk;

pub(crate) use history::{Landing, title_of, to_history};
pub(crate) use undo::reverted_by;

use super::guard::Guard;
use super::hop::Hop;
use crate::change::promotion::BroughtBack;
use crate::config::model::RuleName;
use crate::error::{Error, Kind};
use crate::git::changes::Pair;
use crate::git::names::Oid;
use crate::text::time;

/// What both sides have, and who says so.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    /// The commit of FROM's history whose tree is the base of a merge.
    pub(crate) commit: Oid,
    /// The commit on TO that claims it; none where history itself says so, or the command line.
    pub(crate) claimed_by: Option<Oid>,
    /// What was undone on TO since, oldest first, and comes back with a merge on this base.
    pub(crate) undone: Vec<Undone>,
    /// TO's own line as far as FROM lacks it, newest first.
    pub(crate) landings: Vec<Landing>,
    /// Those of them that carried something from FROM.
    pub(crate) carriers: Vec<Oid>,
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
/// where the histories have nothing in common; `history-shallow` where the answer lies behind the end of a shallow clone.
pub(crate) fn merge_base(hop: &Hop<'_>) -> Result<Base, Error> {
    walk::find(hop)
}

/// Of what was undone on TO, what is there again in `tree`.
///
/// # Errors
/// `Kind::Files` if the trees cannot be compared.
pub(crate) fn comes_back(hop: &Hop<'_>, undone: &[Undone], tree: &Oid) -> Result<Vec<BroughtBack>, Error> {
    if undone.is_empty() {
        return Ok(Vec::new());
    }
    let pair = Pair {
        old: hop.repository.tree_of(hop.to.commit)?,
        new: tree.clone(),
    };
    let changed = hop.repository.changes(hop.git, &pair)?;
    let is_back = |undone: &&Undone| changed.iter().any(|it| undone.paths.contains(&it.path));
    Ok(undone.iter().filter(is_back).map(|it| it.what.clone()).collect())
}

/// Applies the rule that what was rolled back stays so. Returns a warning where the rule only warns.
///
/// # Errors
/// [`Kind::Refused`] `rolled-back`, with what comes back, when it was undone, and by whom.
pub(crate) fn check_brought_back(hop: &Hop<'_>, back: &[BroughtBack]) -> Result<Option<Error>, Error> {
    let Some(first) = back.first() else { return Ok(None) };
    let more = match back.len() {
        1 => String::new(),
        2 => " and one more".to_owned(),
        many => format!(" and {} more", many - 1),
    };
    let message = format!(
        "this brings back `{}`{more}, rolled back on {} by {}",
        first.what,
        time::day(first.at),
        first.by
    );
    let mut broken = Error::new(Kind::Refused, "rolled-back", message);
    for it in back {
        let day = time::day(it.at);
        broken = broken.because(format!(
            "`{}` was taken back by {} on {day} by {}",
            it.what,
            it.commit.short(),
            it.by
        ));
    }
    Guard::of(hop).apply(RuleName::RolledBack, broken)
}

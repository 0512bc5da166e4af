//! What a commit is known by on another branch: what `git cherry-pick -x` names, or who wrote it, when, and its title.
//!
//! Source: PROMOTION.md, section 4, "Missing in TO"; `git help cherry-pick`: author and date are kept.

use crate::git::names::Oid;
use crate::git::objects::Commit;
use crate::strategy::carried;

/// What a commit was before it was picked, rebased, or edited on the way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// Itself, or what `git cherry-pick -x` says it was.
    Commit(Oid),
    /// By whom and when it was written, in seconds since 1970, and its title: git keeps them.
    Written(String, i64, String),
}

/// What `git cherry-pick -x` writes.
const PICKED: &str = "(cherry picked from commit ";

/// Everything that a commit may be known by elsewhere; what it was before, last.
pub(super) fn origins(id: &Oid, commit: &Commit) -> Vec<Origin> {
    let title = carried::title_of(commit).to_owned();
    let mut origins = vec![
        Origin::Commit(id.clone()),
        Origin::Written(commit.author.email.clone(), commit.written, title),
    ];
    let named = commit.message.lines().filter_map(|line| {
        let rest = line.trim().strip_prefix(PICKED)?;
        Oid::parse(rest.trim_end_matches(')'))
    });
    origins.extend(named.map(Origin::Commit));
    origins
}

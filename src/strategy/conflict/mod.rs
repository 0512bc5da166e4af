//! Conflicts of a merge that lie only in versions are settled by meaning; every other is refused whole.
//!
//! A conflict is what git cannot merge by lines. Whether it holds anything but versions is asked of the parsed file with
//! one side of every hunk, and with the other ([`compare`]); the text is then one of the two, byte by byte.
//!
//! Source: PROMOTION.md, section 7, "Conflicts".

mod compare;
mod hunks;
mod rule;
mod tell;

use super::hop::Hop;
use crate::change::promotion::Resolved;
use crate::error::Error;
use crate::git::merge::{Conflict, Merged};
use crate::git::names::Oid;
use crate::manifest::locate::Declared;
use compare::{Reading, differing_sites};
use hunks::{Conflicted, Side};
use rule::Rules;
use tell::Refused;

/// Settles the conflicts of a merge of FROM into TO. Returns the tree without conflicts, and what was settled.
///
/// # Errors
/// [`crate::error::Kind::Conflict`] `merge-conflict`, with files, hunks and both sides, if one holds anything that differs and
/// is no version.
pub(crate) fn settle(hop: &Hop<'_>, merged: Merged) -> Result<(Oid, Vec<Resolved>), Error> {
    if merged.conflicts.is_empty() {
        return Ok((merged.tree, Vec::new()));
    }
    let declared = Declared::of(&hop.loaded.config.images)?;
    let rules = Rules::of(hop)?;
    let (mut files, mut resolved, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for conflict in &merged.conflicts {
        match text_of(hop, (&merged.tree, conflict), &declared)? {
            Ok(conflicted) => {
                let (side, rule) = rules.side(&conflict.path);
                files.push((conflict.path.clone(), conflicted.all(side).into_bytes()));
                resolved.push(Resolved {
                    file: conflict.path.clone(),
                    rule,
                });
            }
            Err(why) => refused.push(why),
        }
    }
    if !refused.is_empty() {
        return Err(tell::error(hop, &refused));
    }
    Ok((hop.repository.tree_with(&merged.tree, &files)?, resolved))
}

/// Takes a conflicted file apart, if versions are all that its sides differ in.
fn text_of(
    hop: &Hop<'_>,
    (tree, conflict): (&Oid, &Conflict),
    declared: &Declared,
) -> Result<Result<Conflicted, Refused>, Error> {
    let path = &conflict.path;
    let refuse = |why: String| Ok(Err(Refused::whole(path, why)));
    let (Some(ours), Some(theirs)) = (&conflict.ours, &conflict.theirs) else {
        return refuse(tell::absent(hop, conflict));
    };
    if !ours.mode.is_file() || !theirs.mode.is_file() {
        return refuse(tell::no_file(hop, conflict));
    }
    if conflict.base.is_none() && ours.mode != theirs.mode {
        return refuse("both have added it, and only one of them as a program".to_owned());
    }
    let Some(entry) = hop.repository.entry(tree, path)? else {
        return refuse(tell::said(conflict));
    };
    let (text, ours) = (hop.repository.blob(&entry.id)?, hop.repository.blob(&ours.id)?);
    let (Ok(text), Ok(ours)) = (String::from_utf8(text), String::from_utf8(ours)) else {
        return refuse("both have changed it, and it is no text".to_owned());
    };
    let Some(conflicted) = Conflicted::read(&text) else {
        return refuse(tell::said(conflict));
    };
    let read = |side: Side| Reading::of(path, &conflicted.all(side), declared);
    let both = match (read(Side::Ours), read(Side::Theirs)) {
        (Ok(ours), Ok(theirs)) => differing_sites(&ours, &theirs),
        _ => None,
    };
    Ok(match both {
        // Without a version in it there is nothing that could be settled by meaning: comments are not.
        None | Some(0) => Err(Refused::hunks(hop, path, conflicted.hunks(&ours))),
        Some(_) => Ok(conflicted),
    })
}

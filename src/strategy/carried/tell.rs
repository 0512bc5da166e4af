//! What calls itself a promotion, and what cannot be a whole one.

use super::history::Landing;
use crate::error::Error;
use crate::git::names::Oid;
use crate::manifest::slot;
use crate::strategy::hop::{Hop, Stand};

/// Tells whether a commit of one parent calls itself a promotion to TO, or a merge of FROM into it.
pub(super) fn looks_like_one(hop: &Hop<'_>, landing: &Landing) -> bool {
    let title = landing.title.to_lowercase();
    let words: Vec<&str> = title
        .split(|c: char| !(c.is_alphanumeric() || "-_./".contains(c)))
        .filter(|word| !word.is_empty())
        .collect();
    let names = |side: &Stand<'_>| -> Vec<String> {
        let of = side.environments.iter();
        of.flat_map(|it| {
            [
                Some(it.name.to_lowercase()),
                it.branch.as_ref().map(|branch| branch.to_lowercase()),
            ]
        })
        .flatten()
        .collect()
    };
    let (from, to) = (names(&hop.from), names(&hop.to));
    let place = |names: &[String]| words.iter().position(|word| names.iter().any(|name| name == word));
    let promotes = words.iter().any(|word| word.starts_with("promot")) && place(&to).is_some();
    let merges = || {
        let (merge, into) = (
            words.iter().position(|word| word.starts_with("merg")),
            words.iter().position(|word| *word == "into"),
        );
        let (from, to) = (place(&from), place(&to));
        matches!((merge, from, into, to), (Some(merge), Some(from), Some(into), Some(to)) if merge < from && from < into && into < to)
    };
    let of_our_branch = || {
        let told = hop.told.get(&landing.commit).map_or("", |told| told.body.as_str());
        let branch = |from: &String, to: &String| format!("rakops/promote/{from}-to-{to}");
        let branches = || from.iter().flat_map(|from| to.iter().map(move |to| branch(from, to)));
        branches().any(|branch| told.contains(&branch) || title.contains(&branch))
    };
    promotes || merges() || of_our_branch()
}

/// Tells whether a commit changes nothing but versions: it carries them, and no commit of FROM's.
pub(super) fn changes_only_versions(hop: &Hop<'_>, landing: &Landing) -> Result<bool, Error> {
    let Some(changed) = &landing.changed else {
        return Ok(false);
    };
    let declared = hop.declared()?;
    for file in changed {
        let (Some(old), Some(new)) = (&file.old, &file.new) else {
            return Ok(false);
        };
        if old.mode != new.mode || !old.mode.is_file() {
            return Ok(false);
        }
        let without =
            |id: &Oid| -> Result<Vec<u8>, Error> { Ok(slot::masked(&file.path, &hop.repository.blob(id)?, &declared)) };
        if without(&old.id)? != without(&new.id)? {
            return Ok(false);
        }
    }
    Ok(true)
}

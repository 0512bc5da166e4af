//! What calls itself a promotion.

use super::history::Landing;
use crate::strategy::hop::Hop;

/// Tells whether a commit of one parent calls itself a promotion to TO, or a merge of FROM into it.
pub(super) fn looks_like_one(hop: &Hop<'_>, landing: &Landing) -> bool {
    let title = landing.title.to_lowercase();
    let words: Vec<&str> = title
        .split(|c: char| !(c.is_alphanumeric() || "-_./".contains(c)))
        .filter(|word| !word.is_empty())
        .collect();
    let names = |side: &crate::strategy::hop::Stand<'_>| -> Vec<String> {
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

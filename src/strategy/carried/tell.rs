//! How the past is told: days, and what looks like a promotion.

use super::history::Landing;
use crate::strategy::hop::Hop;

/// Returns the day of a time in seconds since 1970, in UTC: `2026-11-20`.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
pub(super) fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * shifted + 2) / 5 + 1, (shifted + 2) % 12 + 1);
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

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

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn a_day_is_told_in_utc() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(1_763_632_799), "2025-11-20");
        assert_eq!(day(1_709_164_800), "2024-02-29");
        assert_eq!(day(-1), "1969-12-31");
    }
}

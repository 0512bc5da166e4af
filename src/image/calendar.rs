//! Tags that are dates: `2025.02.03`, `24.04`, `20250203-101500`, `2025-02-03-a1b2c3d`.

use std::cmp::Ordering;

use super::policy::{compare_numbers, natural};

/// A tag read as a date with what follows it.
#[derive(Clone, Debug)]
pub(super) struct CalVer<'t> {
    /// Numbers from the year down: `2025`, `02`, `03`, `101500`.
    numbers: Vec<&'t str>,
    /// What is left once the numbers end: `rc1`, a commit id.
    rest: &'t str,
}

impl<'t> CalVer<'t> {
    /// Reads a tag that starts with a year and a month, apart (`2025.02`, `24.4`) or together (`20250203`);
    /// a `v` may stand in front.
    pub(super) fn parse(tag: &'t str) -> Option<CalVer<'t>> {
        let text = tag.strip_prefix('v').unwrap_or(tag);
        let mut numbers = Vec::new();
        let mut rest = text;
        loop {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let after = &rest[digits..];
            // A commit id may begin with digits: `1a2b3c4` is one word, not the number 1.
            if digits == 0 || after.starts_with(|c: char| c.is_ascii_alphanumeric() && c != 'T' && c != 'Z') {
                break;
            }
            numbers.push(&rest[..digits]);
            rest = after.strip_prefix(['.', '-', '_', 'T']).unwrap_or(after);
            if after.len() == rest.len() {
                break;
            }
        }
        is_date(&numbers).then_some(CalVer { numbers, rest })
    }

    /// A modifier such as `rc1` follows the date.
    pub(super) fn is_prerelease(&self) -> bool {
        let rest = self.rest.to_ascii_lowercase();
        ["alpha", "beta", "rc", "pre", "dev", "snapshot", "nightly"]
            .iter()
            .any(|word| rest.starts_with(word))
    }

    /// By date and number; then a release before nothing, prereleases before it. Two commits of one date have no order.
    pub(super) fn compare(&self, other: &CalVer<'_>) -> Option<Ordering> {
        let (a, b) = (&self.numbers, &other.numbers);
        if let Some(order) = a
            .iter()
            .zip(b)
            .map(|(a, b)| compare_numbers(a, b))
            .find(|order| order.is_ne())
        {
            return Some(order);
        }
        if a.len() != b.len() {
            return Some(a.len().cmp(&b.len()));
        }
        match (self.is_prerelease(), other.is_prerelease()) {
            (true, true) => Some(natural(self.rest, other.rest)),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => (self.rest == other.rest).then_some(Ordering::Equal),
        }
    }
}

fn is_date(numbers: &[&str]) -> bool {
    let value = |s: &str| s.parse::<u32>().unwrap_or(u32::MAX);
    let month = |s: &str| s.len() <= 2 && (1..=12).contains(&value(s));
    match numbers {
        [compact, ..] if matches!(compact.len(), 8 | 12 | 14) => {
            (1970..=2199).contains(&value(&compact[..4]))
                && month(&compact[4..6])
                && (1..=31).contains(&value(&compact[6..8]))
        }
        [year, next, ..] if year.len() == 4 => (1970..=2199).contains(&value(year)) && (month(next) || next.len() == 4),
        [year, next, ..] => year.len() == 2 && value(year) >= 6 && month(next),
        _ => false,
    }
}

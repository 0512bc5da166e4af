//! Splices: byte ranges of the original and what stands there afterwards.

use std::ops::Range;

use crate::text::span::overlap;

/// One replaced range of the original, in bytes, and its new text.
pub(crate) type Splice = (Range<usize>, String);

/// Builds the text that `splices` make of `old`. They must be sorted and must not overlap.
///
/// Returns the offset of the trouble if two of them overlap, or one lies outside of `old` or inside a character.
pub(crate) fn splice(old: &str, splices: &[Splice]) -> Result<String, usize> {
    let grown: usize = splices.iter().map(|(_, new)| new.len()).sum();
    let mut out = String::with_capacity(old.len() + grown);
    let mut done = 0;
    let mut last = 0..0;
    for (range, new) in splices {
        if range.start > range.end || range.start < done || overlap(&last, range) {
            return Err(range.start.min(old.len()));
        }
        out.push_str(old.get(done..range.start).ok_or(done)?);
        out.push_str(new);
        done = range.end;
        last = range.clone();
    }
    out.push_str(old.get(done..).ok_or(done)?);
    Ok(out)
}

/// Returns whether every byte of `old` outside of `splices` stands in `new`, in place and in order.
///
/// Does not share its way of counting with [`splice`]: it walks both texts and never builds one.
pub(crate) fn gaps_are_equal(old: &str, new: &str, splices: &[Splice]) -> bool {
    let (mut left, mut right) = (old.as_bytes(), new.as_bytes());
    let mut done = 0;
    for (range, text) in splices {
        let Some(gap) = range.start.checked_sub(done) else {
            return false;
        };
        if gap > left.len() || gap > right.len() || left[..gap] != right[..gap] {
            return false;
        }
        let (removed, added) = (range.end.saturating_sub(range.start), text.len());
        if !right[gap..].starts_with(text.as_bytes()) || removed > left.len() - gap {
            return false;
        }
        left = &left[gap + removed..];
        right = &right[gap + added..];
        done = range.end;
    }
    left == right
}

#[cfg(test)]
mod tests {
    use super::{gaps_are_equal, splice};

    #[test]
    fn splices_are_applied_in_one_pass() {
        let splices = [(0..1, "A".to_owned()), (2..2, "-".to_owned()), (2..3, "C".to_owned())];
        let new = splice("abcd", &splices).unwrap();
        assert_eq!(new, "Ab-Cd");
        assert!(gaps_are_equal("abcd", &new, &splices));
        assert!(!gaps_are_equal("abcd", "Ab-Ce", &splices));
        assert!(!gaps_are_equal("abcd", "Ab-Cde", &splices));
        assert!(!gaps_are_equal("abcd", "AX-Cd", &splices));
    }

    #[test]
    fn overlapping_splices_are_refused() {
        let x = || "x".to_owned();
        assert_eq!(splice("abcd", &[(0..2, x()), (1..3, x())]), Err(1));
        assert_eq!(splice("abcd", &[(2..3, x()), (0..1, x())]), Err(0));
        assert_eq!(splice("abcd", &[(3..9, x())]), Err(9));
        assert_eq!(splice("é", &[(1..1, x())]), Err(0));
    }
}

//! The part of a branch's line that a time span covers.
//!
//! **Invariant:** dates of commits are claims, so none of them takes a commit out of the middle: from the first that is in the
//! span to the last that is, everything counts.

use crate::git::first_parent::Step;

/// From when to when; seconds since 1970, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) since: i64,
    /// None: until now.
    pub(crate) until: Option<i64>,
}

impl Span {
    /// Tells whether a moment lies in it.
    pub(crate) fn has(&self, at: i64) -> bool {
        at >= self.since && self.until.is_none_or(|until| at <= until)
    }
}

/// Where a span begins and ends in a line, which has the newest first; empty if the end is not behind the beginning.
fn bounds(line: &[Step], span: Span) -> (usize, usize) {
    let is_early = |step: &Step| span.until.is_none_or(|until| step.time <= until);
    let first = line.iter().position(is_early).unwrap_or(line.len());
    let last = line.iter().rposition(|step| step.time >= span.since);
    (first, last.map_or(0, |last| last + 1))
}

/// The steps of a line that stand before all of a span by their dates, newest first, and how many stand in it: one that was merged by
/// fast-forward has the date at which it was written, and may have landed in the span.
pub(super) fn before(line: &[Step], span: Span) -> (&[Step], usize) {
    let (first, end) = bounds(line, span);
    (&line[first.max(end)..], end.saturating_sub(first))
}

/// Cuts the steps of a span out of a line, which has the newest first; what comes back has the oldest first.
pub(super) fn cut(mut line: Vec<Step>, span: Span) -> Vec<Step> {
    let (first, end) = bounds(&line, span);
    line.truncate(end);
    line.drain(..first.min(line.len()));
    line.reverse();
    line
}

#[cfg(test)]
mod tests {
    use super::{Span, before, cut};
    use crate::git::first_parent::Step;
    use crate::git::names::Oid;

    fn step(time: i64) -> Step {
        Step {
            commit: Oid::parse(&"a".repeat(40)).unwrap(),
            before: None,
            time,
        }
    }

    /// The times that remain of a line with these times, oldest first.
    fn times(times: &[i64], since: i64, until: Option<i64>) -> Vec<i64> {
        let line = times.iter().rev().map(|time| step(*time));
        let cut = cut(line.collect(), Span { since, until });
        cut.iter().map(|step| step.time).collect()
    }

    #[test]
    fn a_span_has_both_of_its_ends() {
        assert_eq!(times(&[1, 2, 3, 4, 5], 2, Some(4)), [2, 3, 4]);
        assert_eq!(times(&[1, 2, 3], 2, None), [2, 3]);
        assert!(times(&[1, 2, 3], 4, None).is_empty());
        assert!(times(&[5, 6], 1, Some(4)).is_empty());
        assert!(times(&[], 1, None).is_empty());
    }

    #[test]
    fn what_stands_before_a_span_is_what_may_have_landed_in_it() {
        let left = |times: &[i64], since: i64, until: Option<i64>| {
            let line = times.iter().rev().map(|time| step(*time));
            let line: Vec<Step> = line.collect();
            let (left, inside) = before(&line, Span { since, until });
            (left.iter().map(|step| step.time).collect::<Vec<i64>>(), inside)
        };
        assert_eq!(left(&[1, 2, 3, 4], 3, None), (vec![2, 1], 2));
        assert_eq!(left(&[1, 2], 3, None), (vec![2, 1], 0));
        assert_eq!(left(&[1, 2, 7, 8], 3, Some(5)), (vec![2, 1], 0));
        assert_eq!(left(&[4, 5], 3, None), (Vec::new(), 2));
    }

    #[test]
    fn a_false_date_hides_no_commit_in_the_middle() {
        assert_eq!(times(&[1, 5, 2, 6, 99, 7, 20], 5, Some(8)), [5, 2, 6, 99, 7]);
    }
}

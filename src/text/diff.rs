//! Unified diffs, made from splices: only the lines around them are looked at.

pub(crate) fn unified(_: &str, _: &str, _: &str, _: &[(std::ops::Range<usize>, String)], _: usize) -> String {
    String::new()
}

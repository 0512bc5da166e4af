//! Tables of cases: what reads as what, and which of two versions is newer.

mod names;
mod ordering;
mod policies;
mod references;

/// A digest of 64 characters.
pub(super) fn digest(c: char) -> String {
    format!("sha256:{}", c.to_string().repeat(64))
}

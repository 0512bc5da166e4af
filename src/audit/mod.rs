//! What counts as evidence: who owns a path, and whether a merged request was approved before it was merged.
//!
//! Knows what a forge tells ([`crate::forge::evidence`]) and the text of a file of code owners; asks nobody itself.
//! **Invariant:** what is not known is never taken for a yes. Start with [`judge`].

mod approval;
mod gap;
mod owners;
mod row;

pub(crate) use approval::{Approval, Judged, Judging, Ownership, Verdict, judge};
pub(crate) use gap::Gap;
pub(crate) use owners::{Dialect, Owners};
pub(crate) use row::{
    Asked, Claims, Evidence, FileChange, FileHow, ImageChange, Row, SettingChange, TrackChange, What,
};

//! The rules of the house, as tests: floors, fences, the top level, the list of tests, the pages.
//!
//! Every message names file, line and rule. The reasons stand in `docs/contributing/architecture.md`; a better idea
//! wins when it is written there and here.

mod commands;
mod fences;
mod floors;
mod pages;
mod security;
pub(crate) mod source;
mod top_level;

/// Fails with every complaint at once: one run tells the whole story.
#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

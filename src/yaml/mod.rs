//! The round-trip editor: finds the bytes of a value, replaces them, and proves that nothing else has changed.
//!
//! Knows YAML. **Invariant:** has never heard of Kubernetes, and writes nothing: [`Tree::apply`] returns bytes that have been
//! judged ([`Verified`]), somebody else puts them on disk.
//!
//! The way through: [`parse`] (guards in `scan.rs`; `build.rs` has regular documents read by `regular/`, all others by the parser, with byte ranges
//! from `cursor.rs`) → [`Tree`] → [`Tree::find`] (`path/`) →
//! [`Tree::plan`] (`edit/`, with `scalar/` for quotes) → [`Tree::apply`] → the judge in `proof.rs`. Start reading in `tree.rs`.

mod build;
mod cursor;
mod edit;
mod inner;
mod json;
mod marks;
mod parts;
mod path;
mod place;
mod proof;
mod read;
mod record;
mod refusal;
mod regular;
mod scalar;
mod scan;
mod told;
mod tree;
mod windows;

pub(crate) use build::reads_alike;
pub use edit::{
    AliasPolicy, Change, Edit, EditError, Home, ListIndent, Missing, New, Op, Recast, Shape, Text, Verified, Wanted,
};
pub use inner::Inner;
pub use path::{DocSel, Path, PathError, PathProblem, PathSyntax, Step};
pub use place::Positions;
pub use refusal::{Refusal, Why};
pub use scalar::{is_number, is_string_everywhere, is_typed_alike, write_string};
pub(crate) use told::Telling;
pub use tree::{Document, Limits, NodeId, NodeKind, Tree};

/// Reads a file. Takes the bytes over and copies none of them.
///
/// # Errors
/// A [`Refusal`] if this is not a text that can be read exactly: not UTF-8, a NUL byte, a byte order mark inside, no YAML, nested too deeply,
/// or bytes that cannot be matched with what the parser says.
pub fn parse(src: Vec<u8>, limits: Limits) -> Result<Tree, Refusal> {
    build::build(scan::guard(src)?, limits)
}

/// Returns whether a file that names `needle` could be told so from its raw bytes; costs no parsing.
///
/// A name that is written with escapes or broken over lines is not found.
pub fn may_contain(src: &[u8], needle: &memchr::memmem::Finder<'_>) -> bool {
    needle.find(src).is_some()
}

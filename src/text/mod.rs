//! Bytes as they were found: positions, splices and diffs.
//!
//! Knows lines and offsets. **Invariant:** knows nothing of YAML, files or git. Start reading in `splice.rs`.

pub(crate) mod code;
pub(crate) mod diff;
pub(crate) mod digest;
pub(crate) mod encoding;
pub(crate) mod fit;
pub(crate) mod html;
pub(crate) mod markdown;
pub(crate) mod secret;
pub(crate) mod span;
pub(crate) mod splice;
pub(crate) mod time;

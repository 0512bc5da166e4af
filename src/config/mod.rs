//! `rakops.yaml`: what it says, where it says it, and what is understood with no file at all.
//!
//! Knows the names of strategies, forges and policies, never what they do.
//! **Invariant:** every complaint about the file names line and column.
//! Start reading at [`model::Config`], then [`load`]; [`environments`] is what the rest of the program asks.

pub(crate) mod duration;
pub(crate) mod environments;
pub(crate) mod expected;
pub(crate) mod infer;
pub(crate) mod load;
pub(crate) mod model;
pub(crate) mod node;
pub(crate) mod schema;
pub(crate) mod user;
pub(crate) mod written;

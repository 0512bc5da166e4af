//! How a plan reaches the repository. Today: the work tree.
//!
//! **Invariant:** landing alone lets a plan touch anything, and what it lets through is whole or not at all.

pub(crate) mod back_off;
pub(crate) mod branch_name;
pub(crate) mod work_tree;

//! What git knows of the repository that the command runs in.
//!
//! **Invariant:** `git2` is named here and nowhere else, and so is every start of the `git` program.
//! Start reading at [`open::Repository`].

pub(crate) mod names;
pub(crate) mod open;
pub(crate) mod sandbox;

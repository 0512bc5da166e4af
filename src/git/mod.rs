//! What git knows of the repository that the command runs in, and how commits come into it and leave it.
//!
//! Objects are read and written by libgit2, or by the `git` program where libgit2 cannot open the repository; fetching,
//! pushing and signing are always the program's, because only it knows all credentials, proxies and keys of a user.
//!
//! **Invariant:** `git2` is named here and nowhere else, and so is every start of the `git` program.
//! Start reading at [`open::Repository`].

pub(crate) mod answers;
mod between;
pub(crate) mod cache;
pub(crate) mod changed;
pub(crate) mod changes;
pub(crate) mod child;
pub(crate) mod credentials;
mod damaged;
mod excludes;
mod executable;
pub(crate) mod first_parent;
mod forward;
pub(crate) mod gh;
mod groups;
pub(crate) mod history;
mod identity;
mod lasting;
pub(crate) mod merge;
pub(crate) mod names;
pub(crate) mod objects;
pub(crate) mod open;
mod plumbing;
pub(crate) mod program;
pub(crate) mod refs;
pub(crate) mod remote;
pub(crate) mod runs;
pub(crate) mod sandbox;
mod seen;
pub(crate) mod tree_diff;
mod unwritable;
pub(crate) mod work_trees;
pub(crate) mod write;

#[cfg(test)]
pub(crate) mod tests;

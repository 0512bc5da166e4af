//! Images as values: what they are called, which version they have, and which of two versions is newer.
//!
//! Knows the grammar of references and the words of `bump`; must not know files, YAML or registries.
//! **Invariant:** everything here is pure, and keeps names exactly as they were written.
//! Start reading in `reference.rs`.

mod bump_word;
mod calendar;
mod error;
mod floating;
mod name;
mod policy;
mod reference;
mod version;

#[cfg(test)]
mod tests;

pub(crate) use bump_word::BumpWord;
pub(crate) use floating::{is_fixed, is_floating};
#[cfg(test)]
pub(crate) use name::Fit;
pub(crate) use name::Name;
pub(crate) use policy::{Policy, newest_first};
pub(crate) use reference::{Reference, Repository, scheme_length};
pub(crate) use version::{Version, is_bare_digest, is_digest, is_tag};

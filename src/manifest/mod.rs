//! What the files mean: where versions stand in them, and what they are versions of.
//!
//! Knows the forms that Kubernetes tools give their files; must not know git, forges, registries or the terminal.
//! **Invariant:** nothing here guesses. What is not certainly the version of an image is not a site.
//! Start reading in `site.rs`, then take one entry of `locate/`.

pub(crate) mod locate;
pub(crate) mod site;
pub(crate) mod version_edit;

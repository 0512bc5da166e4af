//! What the files mean: where versions stand in them, what they are versions of, and which environments a file reaches.
//!
//! Knows the forms that Kubernetes tools give their files; must not know git, forges, registries or the terminal.
//! **Invariant:** nothing here guesses. What is not certainly the version of an image is not a site.
//! Start reading in `site.rs`, then take one entry of `locate/`; for what a build reads, `graph.rs`.

pub(crate) mod branch_refs;
pub(crate) mod copy;
pub(crate) mod delivery;
pub(crate) mod fields;
pub(crate) mod graph;
pub(crate) mod image_entry;
pub(crate) mod kustomization;
pub(crate) mod locate;
pub(crate) mod order;
pub(crate) mod overlay;
pub(crate) mod rendered;
pub(crate) mod scan;
pub(crate) mod schema;
pub(crate) mod settings;
pub(crate) mod site;
pub(crate) mod slot;
pub(crate) mod spot;
pub(crate) mod terraform;
pub(crate) mod track;
pub(crate) mod version_edit;

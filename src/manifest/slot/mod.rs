//! Where versions are effective in an environment: slots, and the site that decides each of them.
//!
//! **Invariant:** a build is followed as kustomize follows it; what stands in a file and takes no effect is no slot.
//! Source: PROMOTION.md, section 1.

mod masked;

pub(crate) use masked::masked;

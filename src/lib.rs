//! rakops looks after Kubernetes manifests in git and changes only the bytes it was asked to change.

pub mod error;
mod ui;

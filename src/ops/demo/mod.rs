//! The sandbox of `rakops demo`: a small shop, with the awkward comments that real repositories have.
//!
//! **Invariant:** everything happens in a directory that was made for it.

use std::path::{Path, PathBuf};

use crate::change::apply;
use crate::change::set::{ChangeSet, FileChange};
use crate::error::Error;
use crate::git::sandbox;

const FILES: [(&str, &str); 7] = [
    ("base/api.yaml", include_str!("shop/base/api.yaml")),
    ("base/kustomization.yaml", include_str!("shop/base/kustomization.yaml")),
    ("base/web.yaml", include_str!("shop/base/web.yaml")),
    ("base/worker.yaml", include_str!("shop/base/worker.yaml")),
    (
        "overlays/dev/kustomization.yaml",
        include_str!("shop/overlays/dev/kustomization.yaml"),
    ),
    (
        "overlays/prd/kustomization.yaml",
        include_str!("shop/overlays/prd/kustomization.yaml"),
    ),
    (
        "overlays/stg/kustomization.yaml",
        include_str!("shop/overlays/stg/kustomization.yaml"),
    ),
];

/// Builds the shop in a directory of its own below `parent`, as a repository with one commit, and returns where it is.
///
/// # Errors
/// [`crate::error::Kind::Files`] if nothing can be written there.
pub(crate) fn build(parent: &Path) -> Result<PathBuf, Error> {
    let root = apply::fresh_directory(parent, "rakops-demo-")?;
    let files = FILES
        .iter()
        .map(|(path, text)| FileChange::Create {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    apply::apply(
        &root,
        &ChangeSet {
            files,
            ..ChangeSet::default()
        },
    )?;
    sandbox::commit_everything(&root, "A small shop with three services and three environments")?;
    Ok(root)
}

/// Returns what the commands so far have changed, as `git diff` shows it.
///
/// # Errors
/// [`crate::error::Kind::Files`] if the repository cannot be read.
pub(crate) fn changes(root: &Path) -> Result<String, Error> {
    sandbox::work_tree_diff(root)
}

/// Keeps the changes as a commit, so that the next diff shows only what is new.
///
/// # Errors
/// [`crate::error::Kind::Files`] if git cannot write there.
pub(crate) fn keep(root: &Path, message: &str) -> Result<(), Error> {
    sandbox::commit_all(root, message)
}

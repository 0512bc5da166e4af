//! The sandbox of `rakops demo`: a small shop, with the awkward comments that real repositories have, and a remote for it.
//!
//! **Invariant:** everything happens in a directory that was made for it.

pub(crate) mod chain;
pub(crate) mod fan_out;
pub(crate) mod script;
pub(crate) mod trunk;

use std::path::{Path, PathBuf};

use crate::change::apply;
use crate::change::set::{ChangeSet, FileChange};
use crate::error::Error;
use crate::git::program::Git;
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

/// What was built.
pub(crate) struct Sandbox {
    /// The directory that everything is in.
    pub(crate) home: PathBuf,
    /// The checkout of the shop.
    pub(crate) shop: PathBuf,
    /// The directory of an application's CI; no repository.
    pub(crate) application: PathBuf,
    /// The shop's remote; made by [`publish`].
    pub(crate) remote: PathBuf,
}

/// Builds the shop in a directory of its own below `parent`, as a repository with one commit, and beside it the place where
/// an application is built.
///
/// # Errors
/// [`crate::error::Kind::Files`] if nothing can be written there.
pub(crate) fn build(parent: &Path) -> Result<Sandbox, Error> {
    let sandbox = fresh(parent, FILES.iter())?;
    sandbox::commit_everything(&sandbox.shop, "A small shop with three services and three environments")?;
    Ok(sandbox)
}

/// Writes the files of a shop into a directory of its own below `parent`, and beside it the place where an application is
/// built. The shop is no repository yet.
fn fresh<'a>(parent: &Path, files: impl Iterator<Item = &'a (&'static str, &'static str)>) -> Result<Sandbox, Error> {
    let home = apply::fresh_directory(parent, "rakops-demo-")?;
    let file = |path: String, text: &str| FileChange::Create {
        path,
        text: text.to_owned(),
    };
    let shop = files.map(|(path, text)| file(format!("shop/{path}"), text));
    let application = file("application/Dockerfile".into(), "FROM scratch\nCOPY api /api\n");
    let change_set = ChangeSet {
        files: shop.chain([application]).collect(),
        ..ChangeSet::default()
    };
    apply::apply(&home, &change_set)?;
    Ok(Sandbox {
        shop: home.join("shop"),
        application: home.join("application"),
        remote: home.join("manifests.git"),
        home,
    })
}

/// Gives the shop a remote: a bare repository on disk, as a forge would have it.
///
/// # Errors
/// As running git.
pub(crate) fn publish(git: &Git, sandbox: &Sandbox) -> Result<(), Error> {
    sandbox::publish(git, &sandbox.shop, &sandbox.remote)
}

/// Returns the messages of the last `count` commits that the remote has, newest first.
///
/// # Errors
/// [`crate::error::Kind::Files`] if the repository cannot be read.
pub(crate) fn messages(sandbox: &Sandbox, count: usize) -> Result<Vec<String>, Error> {
    sandbox::messages(&sandbox.remote, count)
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

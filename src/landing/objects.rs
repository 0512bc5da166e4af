//! From a change set to a commit in the object database. No ref moves here.

use super::{Planned, Scene};
use crate::change::set::{ChangeSet, FileChange};
use crate::error::{Error, Kind};
use crate::git::names::Oid;
use crate::git::objects::Commit;
use crate::git::write::NewCommit;

/// Returns the tree that `parent` becomes with the changes.
pub(super) fn tree(scene: &Scene<'_>, parent: &Oid, change_set: &ChangeSet) -> Result<Oid, Error> {
    let files: Vec<(String, Vec<u8>)> = change_set
        .files
        .iter()
        .map(|file| match file {
            FileChange::Edit { path, after, .. } => (path.clone(), after.bytes().to_vec()),
            FileChange::Create { path, text } => (path.clone(), text.clone().into_bytes()),
        })
        .collect();
    scene.repository.write_tree(&commit(scene, parent)?.tree, &files)
}

/// Writes the commit that makes a plan true on top of `parent`.
///
/// # Errors
/// As the repository; a signature that cannot be made is an error, never an unsigned commit.
pub(super) fn write(scene: &Scene<'_>, parent: &Oid, planned: &Planned) -> Result<Oid, Error> {
    let tree = tree(scene, parent, &planned.change_set)?;
    write_of(scene, (parent, tree), &planned.message)
}

/// The same, where the tree is made already.
pub(super) fn write_of(scene: &Scene<'_>, (parent, tree): (&Oid, Oid), message: &str) -> Result<Oid, Error> {
    let who = &scene.authorship;
    scene.repository.write_commit(
        scene.git,
        &NewCommit {
            tree,
            parents: vec![parent.clone()],
            message: message.to_owned(),
            author: who.author.clone(),
            sign: who.sign,
            fallback: who.fallback.clone(),
        },
    )
}

/// Reads a commit that must be here.
pub(super) fn commit(scene: &Scene<'_>, id: &Oid) -> Result<Commit, Error> {
    scene.repository.commit(id)?.ok_or_else(|| {
        Error::new(
            Kind::Files,
            "object-missing",
            format!("the commit `{id}` is not in the repository"),
        )
    })
}

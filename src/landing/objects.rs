//! From a change set to a commit in the object database. No ref moves here.

use super::{Planned, Scene};
use crate::change::set::{ChangeSet, FileChange};
use crate::error::{Error, Kind};
use crate::git::changes::Pair;
use crate::git::names::Oid;
use crate::git::objects::{Commit, Who};
use crate::git::write::NewCommit;

/// Returns the tree that `parent` becomes with the changes.
pub(crate) fn tree(scene: &Scene<'_>, parent: &Oid, change_set: &ChangeSet) -> Result<Oid, Error> {
    let base = match change_set.tree() {
        Some(tree) => tree.clone(),
        None => commit(scene, parent)?.tree,
    };
    if change_set.files.is_empty() {
        return Ok(base);
    }
    let write = |file: &FileChange| (file.path().to_owned(), file.after().map(<[u8]>::to_vec));
    let files: Vec<(String, Option<Vec<u8>>)> = change_set.files.iter().map(write).collect();
    scene.repository.edit_tree(&base, &files)
}

/// What the branch becomes, against what it is: the paths that change, and the difference in git's form. For plans that are
/// more than edits of files; nothing for others.
pub(crate) fn difference(
    scene: &Scene<'_>,
    parent: &Oid,
    change_set: &ChangeSet,
) -> Result<Option<(Vec<String>, String)>, Error> {
    if change_set.tree().is_none() {
        return Ok(None);
    }
    let pair = Pair {
        old: commit(scene, parent)?.tree,
        new: tree(scene, parent, change_set)?,
    };
    let changed = scene.repository.changes(scene.git, &pair)?;
    let paths = changed.into_iter().map(|file| file.path).collect();
    Ok(Some((paths, scene.repository.patch(scene.git, &pair)?)))
}

/// Writes the commits that make a plan true on top of `parent`: one for each step, and one for the edits. Returns the last.
///
/// # Errors
/// As the repository; a signature that cannot be made is an error, never an unsigned commit.
pub(super) fn write(scene: &Scene<'_>, parent: &Oid, planned: &Planned) -> Result<Oid, Error> {
    let change_set = &planned.change_set;
    let mut tip = parent.clone();
    for (step, message) in change_set.steps.iter().zip(&planned.steps) {
        let made = Made {
            tree: step.tree.clone(),
            parents: vec![tip],
            message,
            author: step.author.as_ref(),
        };
        tip = write_one(scene, made)?;
    }
    if change_set.files.is_empty() && change_set.merge.is_none() {
        return Ok(tip);
    }
    let tree = tree(scene, parent, change_set)?;
    let mut parents = vec![tip];
    parents.extend(change_set.merge.as_ref().map(|merge| merge.parent.clone()));
    let message = &planned.message;
    write_one(
        scene,
        Made {
            tree,
            parents,
            message,
            author: None,
        },
    )
}

/// One commit to be made.
struct Made<'a> {
    tree: Oid,
    parents: Vec<Oid>,
    message: &'a str,
    /// Who wrote what it carries over.
    author: Option<&'a Who>,
}

fn write_one(scene: &Scene<'_>, made: Made<'_>) -> Result<Oid, Error> {
    let who = &scene.authorship;
    scene.repository.write_commit(
        scene.git,
        &NewCommit {
            tree: made.tree,
            parents: made.parents,
            message: made.message.to_owned(),
            author: made.author.or(who.author.as_ref()).cloned(),
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

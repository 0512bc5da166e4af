//! Where an overlay does not pin an image yet: an entry is added to its `images:`, in the style of the file.

use crate::error::{Error, Kind};
use crate::image::{Repository, Version};
use crate::yaml::{Edit, New, NodeKind, Op, Text, Tree};

/// An entry of `images:` that an overlay gets.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// What the overlay's resources call the image.
    pub(crate) name: Repository,
    pub(crate) version: Version,
    pub(crate) rename: Option<Repository>,
    /// What the overlay runs today.
    pub(crate) from: Version,
}

/// Plans entries, in their order: behind those that are there, or in a list of its own. Returns the line and the column
/// that they are shown at, too.
///
/// # Errors
/// What the editor will not do, such as a list that is an alias.
pub(crate) fn plan_entries(tree: &Tree, file: &str, entries: &[Entry]) -> Result<(Vec<Edit>, u32, u32), Error> {
    let refused = |refusal: crate::yaml::Refusal| refusal.into_error(file);
    let empty = || {
        Error::new(
            Kind::Refused,
            "not-a-kustomization",
            format!("`{file}` holds no mapping to add `images:` to"),
        )
    };
    let root = tree
        .documents()
        .first()
        .and_then(|document| document.root())
        .ok_or_else(empty)?;
    if tree.kind(root) != NodeKind::Map {
        return Err(empty());
    }
    let items: Vec<New<'_>> = entries.iter().map(item).collect();
    let images = tree.get(root, "images");
    let (line, column) = tree.pos(images.unwrap_or(root));
    let ops: Vec<Op<'_>> = match images {
        Some(seq) => items
            .into_iter()
            .map(|value| Op::InsertItem {
                seq,
                value,
                after: None,
            })
            .collect(),
        None => vec![Op::InsertKey {
            map: root,
            key: "images",
            value: New::Seq(items),
            after: None,
        }],
    };
    let edits: Result<Vec<Edit>, _> = ops.into_iter().map(|op| tree.plan(op)).collect();
    Ok((edits.map_err(refused)?, line, column))
}

fn item(entry: &Entry) -> New<'_> {
    let mut keys: Vec<(&str, New<'_>)> = vec![("name", New::Text(Text::Str(entry.name.as_str())))];
    if let Some(rename) = &entry.rename {
        keys.push(("newName", New::Text(Text::Str(rename.as_str()))));
    }
    if let Some(tag) = &entry.version.tag {
        keys.push(("newTag", New::Text(Text::Str(tag))));
    }
    if let Some(digest) = &entry.version.digest {
        keys.push(("digest", New::Text(Text::Str(digest))));
    }
    New::Map(keys)
}

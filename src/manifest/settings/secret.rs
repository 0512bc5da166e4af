//! What tells that a value is one of a Secret's: such a value is never shown, only that it differs.
//!
//! **Invariant:** where it cannot be told whether a Secret is meant, as in a patch whose target says no kind, one is.

use crate::manifest::kustomization::Aim;
use crate::yaml::{NodeId, NodeKind, Tree};

/// Kinds whose values are secrets, a plugin's file among them.
const KINDS: [&str; 3] = ["Secret", "SecretList", "SecretGenerator"];
/// Where a Secret has its values, as JSON patches write it.
const PLACES: [&str; 2] = ["data", "stringData"];

/// Tells whether all of a mapping is to be hidden: a Secret, with a name or without one and wherever it stands, or an operation
/// of a JSON patch on values as a Secret has them.
pub(super) fn is_whole(tree: &Tree, map: NodeId) -> bool {
    let Some(kind) = text(tree, map, "kind") else {
        let is_operation = tree.get(map, "op").is_some() && tree.get(map, "value").is_some();
        return is_operation && text(tree, map, "path").is_some_and(touches);
    };
    // What only refers to a Secret has neither.
    let is_object = ["metadata", "data", "stringData"]
        .iter()
        .any(|key| tree.get(map, key).is_some());
    is_object && KINDS.contains(&kind)
}

/// Tells whether an operation of a JSON patch with this path, in an item of `patches`, may set values of a Secret.
pub(super) fn is_operation(tree: &Tree, item: NodeId, path: &str) -> bool {
    let target = tree.get(item, "target").map(|it| tree.resolve(it));
    let kind = target.and_then(|target| text(tree, target, "kind"));
    let aim = Aim {
        kind: kind.unwrap_or_default().to_owned(),
        name: String::new(),
    };
    aim.fits("Secret", "") && (aim.kind == "Secret" || touches(path))
}

/// Tells whether a patch that stands in a text, and is not looked into, may be one of a Secret.
pub(super) fn is_patch(tree: &Tree, item: NodeId) -> bool {
    let (text, is_aimed) = match tree.kind(item) {
        NodeKind::Map => (text(tree, item, "patch"), is_operation(tree, item, "")),
        _ => (tree.is_scalar(item).then(|| tree.text(item)), false),
    };
    text.is_some_and(|text| is_aimed || ["Secret", "stringData", "/data"].iter().any(|word| text.contains(word)))
}

/// Whether a path of a JSON patch is the whole object, or leads to where a Secret has its values.
fn touches(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    first.is_empty() || PLACES.contains(&first)
}

fn text<'t>(tree: &'t Tree, map: NodeId, key: &str) -> Option<&'t str> {
    if tree.kind(map) != NodeKind::Map {
        return None;
    }
    let value = tree.resolve(tree.get(map, key)?);
    tree.is_scalar(value).then(|| tree.text(value))
}

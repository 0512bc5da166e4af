//! Where the overlay says something about a field.

use super::json_ops::{self, Hit};
use super::patch::Doc;
use super::way::{Turn, Way, step_down, take};
use super::{Ask, Draft};
use crate::error::{Error, Hint, Kind, Place};
use crate::manifest::rendered::{Data, LayerKind, Object, Origin, PatchPlace};
use crate::yaml::{NodeId, NodeKind, Tree};

/// A place that sets a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Index into the object's layers.
    pub(super) layer: usize,
    pub(super) spot: Spot,
    pub(super) file: String,
    /// From 1.
    pub(super) line: u32,
    /// In characters, from 1.
    pub(super) column: u32,
}

/// How it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// In a document of a file: the object itself.
    Manifest { file: String, document: u32 },
    /// In a strategic merge patch.
    Merge(PatchPlace),
    /// By an operation of a JSON patch, from 0.
    Op { place: PatchPlace, op: usize },
    /// By an entry of `replicas:`.
    Count { item: usize },
    /// By a generator.
    Generator,
}

/// The layers of an object that this overlay lays, with their index.
pub(super) fn own_layers<'o>(
    ask: &'o Ask<'_>,
    object: &'o Object,
) -> impl DoubleEndedIterator<Item = (usize, &'o LayerKind)> {
    let is_own = |kind: &LayerKind, kustomization: &str| match kind {
        LayerKind::Manifest { file, .. } => (ask.owns)(file),
        LayerKind::Merge(place) | LayerKind::Json(place) => (ask.owns)(&place.file) && (ask.owns)(kustomization),
        LayerKind::Replicas { .. } | LayerKind::Generator { .. } | LayerKind::Field { .. } => (ask.owns)(kustomization),
    };
    let layers = object.layers.iter().enumerate();
    layers
        .filter(move |(_, layer)| is_own(&layer.kind, &layer.kustomization))
        .map(|(at, layer)| (at, &layer.kind))
}

/// Finds every place of the overlay that sets the field.
///
/// # Errors
/// [`Kind::Refused`] `patch-deletes` where a patch takes the field, or what is around it, away; as reading the patches.
pub(super) fn find(draft: &Draft<'_>, (ask, object): (&Ask<'_>, &Object), way: &Way) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    for (layer, kind) in own_layers(ask, object) {
        let one = match kind {
            LayerKind::Manifest { file, document } => {
                let doc = Doc::of_object(draft, (file, *document), object)?;
                let spot = Spot::Manifest {
                    file: file.clone(),
                    document: *document,
                };
                in_document(&doc, way)?.map(|node| (spot, doc.place(node)))
            }
            LayerKind::Merge(place) => {
                let doc = Doc::of_patch(draft, place)?;
                in_document(&doc, way)?.map(|node| (Spot::Merge(place.clone()), doc.place(node)))
            }
            LayerKind::Json(place) => {
                let doc = Doc::of_patch(draft, place)?;
                let before = object.layers[layer].before.as_ref().unwrap_or(&object.root);
                let hit = json_ops::find(&doc, (before, way))?;
                hit.map(|Hit { op, node, .. }| {
                    let spot = Spot::Op {
                        place: place.clone(),
                        op,
                    };
                    (spot, doc.place(node))
                })
            }
            LayerKind::Replicas { item } => {
                let is_it = way.keys().is_some_and(|keys| keys == ["spec", "replicas"]);
                let at = Place::file(&object.layers[layer].kustomization);
                is_it.then_some((Spot::Count { item: *item }, at))
            }
            LayerKind::Generator { .. } => {
                let value = way.value(&object.root).filter(|value| value.layer == layer);
                value.map(|value| (Spot::Generator, Place::at(&*value.file, value.line, value.column)))
            }
            LayerKind::Field { .. } => None,
        };
        found.extend(one.map(|(spot, at)| Found {
            layer,
            spot,
            file: at.file,
            line: at.line,
            column: at.column,
        }));
    }
    // A value of an entry of `replicas:` has its own place.
    for one in &mut found {
        let value = way.value(&object.root).filter(|value| value.layer == one.layer);
        if let (Spot::Count { .. }, Some(value)) = (&one.spot, value) {
            (one.line, one.column) = (value.line, value.column);
        }
    }
    Ok(found)
}

/// The node that sets the field in a document.
fn in_document(doc: &Doc, way: &Way) -> Result<Option<NodeId>, Error> {
    let Some(root) = doc.root() else { return Ok(None) };
    let tree = doc.tree();
    let nodes = way.nodes(tree, root);
    for node in &nodes {
        if let Some(marker) = deleting(tree, *node) {
            return Err(deletes(doc, marker, way));
        }
    }
    let is_whole = nodes.len() == way.turns.len() + 1;
    let Some(&last) = nodes.last() else { return Ok(None) };
    // `resources: null` takes away what is below it.
    if !is_whole && nodes.len() > 1 && tree.kind(last) == NodeKind::Plain && tree.is_null(last) {
        return Err(deletes(doc, last, way));
    }
    Ok(is_whole.then_some(last))
}

/// The `$patch: delete` of a mapping.
fn deleting(tree: &Tree, node: NodeId) -> Option<NodeId> {
    if tree.kind(node) != NodeKind::Map {
        return None;
    }
    let marker = tree.get(node, "$patch")?;
    (tree.text(marker) == "delete").then_some(marker)
}

fn deletes(doc: &Doc, node: NodeId, way: &Way) -> Error {
    let message = format!("a patch takes away what `{}` lies in", way.shown);
    Error::new(Kind::Refused, "patch-deletes", message)
        .at(doc.place(node))
        .hint(Hint::Say(format!("take that out of `{}` first", doc.file)))
}

/// Refuses a field that the overlay sets more than once: which of them is meant nobody can tell.
///
/// # Errors
/// [`Kind::Refused`] `set-twice`, naming all of them.
pub(super) fn only<'f>(found: &'f [Found], way: &Way) -> Result<Option<&'f Found>, Error> {
    let [first, rest @ ..] = found else { return Ok(None) };
    if rest.is_empty() {
        return Ok(Some(first));
    }
    let message = format!("the overlay sets `{}` in {} places", way.shown, found.len());
    let error = Error::new(Kind::Refused, "set-twice", message).at(Place::at(&first.file, first.line, first.column));
    let error = rest.iter().fold(error, |error, one| {
        error.because(format!("also at {}:{}:{}", one.file, one.line, one.column))
    });
    Err(error.hint(Hint::Say("leave one of them, and run the command again".into())))
}

/// Tells whether the object is the overlay's own, not one of a base.
pub(super) fn own_manifest(ask: &Ask<'_>, object: &Object) -> Option<(String, u32)> {
    match &object.origin {
        Origin::Manifest { file, document } if (ask.owns)(file) => Some((file.clone(), *document)),
        _ => None,
    }
}

/// The list that is replaced as a whole and that the way leads into: its value, and whether the overlay's own document sets it.
pub(super) fn no_merge_key((object, way): (&Object, &Way), turns: usize) -> Error {
    let list = way.turns[..turns].iter().try_fold(&object.root, take);
    let fields = way.path_to(turns);
    let message = format!("the items of `{fields}` have no merge key: an overlay replaces the list as a whole");
    let error = Error::new(Kind::Refused, "no-merge-key", message);
    let error = match list {
        Some(list) => error.at(super::way::at(list)),
        None => error,
    };
    let count = list.map_or(0, |list| match &list.data {
        Data::Seq(items) => items.len(),
        _ => 0,
    });
    error
        .because(format!(
            "it has {count} items, and what is set here would be all that is left of them"
        ))
        .hint(Hint::Say(format!("give the whole list: --json '{fields}=[…]'")))
}

/// Tells whether a turn leads somewhere in a document.
pub(super) fn leads(tree: &Tree, node: NodeId, turn: &Turn) -> bool {
    step_down(tree, node, turn).is_some()
}

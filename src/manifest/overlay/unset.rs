//! Takes an overlay's own value away, and what says nothing without it.

use super::fresh_patch::times_named;
use super::json_ops::Hit;
use super::patch::{Doc, entry_path};
use super::places::{self, Found, Spot, no_merge_key};
use super::set::{Change, before, count_path, is_secret};
use super::typing;
use super::way::{Turn, Way, take};
use super::{Ask, Changed, Draft, find, generator, json_ops};
use crate::error::{Error, Hint, Kind};
use crate::manifest::rendered::{LayerKind, Object, PatchPlace, Value};
use crate::yaml::{DocSel, NodeId, NodeKind, Op, Path, Tree};

/// Plans to take the overlay's value of a field away; nothing if it has none.
///
/// # Errors
/// As [`super::plan`].
pub(super) fn plan(
    draft: &mut Draft<'_>,
    (ask, object): (&Ask<'_>, &Object),
    path: &Path,
) -> Result<Option<Change>, Error> {
    let way = Way::trace(object, path)?;
    way.refuse_identity(object)?;
    let found = places::find(draft, (ask, object), &way)?;
    let Some(one) = places::only(&found, &way)? else {
        return made_by_field((ask, object), &way).map_or(Ok(None), Err);
    };
    remove(draft, object, &way, one)?;
    let told = Changed {
        file: one.file.clone(),
        line: one.line,
        column: one.column,
        object: find::word(object),
        path: way.shown.clone(),
        from: way.value(&object.root).map(typing::shown),
        // Known when it is rendered again.
        to: None,
        is_secret: is_secret(object, &way),
    };
    Ok(Some(Change { told, way, leaf: None }))
}

fn remove(draft: &mut Draft<'_>, object: &Object, way: &Way, found: &Found) -> Result<(), Error> {
    let kustomization = object.layers[found.layer].kustomization.clone();
    match &found.spot {
        Spot::Manifest { file, document } => {
            let doc = Doc::of_object(draft, (file, *document), object)?;
            let nodes = way.nodes(doc.tree(), doc.top()?);
            match nodes.last() {
                Some(_) => take_away(draft, &doc, emptied(doc.tree(), &nodes, way)),
                None => Err(Error::bug("a field that is not there any more")),
            }
        }
        // The patch has the list as a whole: without a part of it the rest would stand there all the same.
        Spot::Merge(_) if way.atomic().is_some() => Err(no_merge_key((object, way), way.atomic().unwrap_or_default())),
        Spot::Merge(place) => {
            let doc = Doc::of_patch(draft, place)?;
            let top = doc.top()?;
            let nodes = way.nodes(doc.tree(), top);
            let beneath = before(object, found.layer);
            match outermost(doc.tree(), &nodes, (way, beneath)) {
                // Nothing is left but what the patch is for.
                None => forget(draft, &doc, (place, &kustomization)),
                Some(node) => take_away(draft, &doc, node),
            }
        }
        Spot::Op { place, op } => {
            let doc = Doc::of_patch(draft, place)?;
            let tree = doc.tree();
            let beneath = before(object, found.layer);
            let hit = json_ops::find(&doc, (beneath, way))?.ok_or_else(|| Error::bug("an operation that is gone"))?;
            let operation = tree.items(doc.top()?).nth(*op);
            let operations = tree.items(doc.top()?).count();
            match operation.filter(|it| says_nothing_else(tree, *it, (&hit, way, beneath))) {
                Some(_) if operations == 1 => forget(draft, &doc, (place, &kustomization)),
                Some(operation) => take_away(draft, &doc, operation),
                None => take_away(draft, &doc, hit.node),
            }
        }
        Spot::Count { item } => remove_entry(draft, &kustomization, &count_path(*item)),
        Spot::Generator => generator::unset(draft, object, way, found),
    }
}

fn take_away(draft: &mut Draft<'_>, doc: &Doc, node: NodeId) -> Result<(), Error> {
    let edit = doc.tree().plan(Op::Remove { child: node });
    let edit = edit.map_err(|refusal| doc.refused(refusal))?;
    doc.edit(draft, vec![edit])
}

/// Tells whether an operation is there for the field only: its value is the field, or makes what lies around it and is not there
/// otherwise.
fn says_nothing_else(tree: &Tree, operation: NodeId, (hit, way, beneath): (&Hit, &Way, &Value)) -> bool {
    // Of an item, what tells it from others says nothing.
    let is_alone = |(up, node): (usize, NodeId)| {
        let names: &[(String, String)] = match way.turns.len().checked_sub(up + 2).map(|at| &way.turns[at]) {
            Some(Turn::Item(names)) => names,
            _ => &[],
        };
        let is_name = |key: NodeId| names.iter().any(|(name, _)| name == tree.text(key));
        match tree.kind(node) {
            NodeKind::Map => tree.entries(node).filter(|(key, _)| !is_name(*key)).count() == 1,
            NodeKind::Seq => tree.items(node).count() == 1,
            _ => false,
        }
    };
    let around: Vec<NodeId> = std::iter::successors(tree.parent(hit.node), |node| tree.parent(*node))
        .take_while(|node| *node != operation)
        .collect();
    let mut made = way.turns[..hit.turns].iter();
    around.is_empty() || (made.try_fold(beneath, take).is_none() && around.into_iter().enumerate().all(is_alone))
}

/// Mappings and lists that mean nothing where they are empty.
const BAGS: [&str; 11] = [
    "annotations",
    "binaryData",
    "data",
    "env",
    "labels",
    "limits",
    "nodeSelector",
    "requests",
    "resources",
    "securityContext",
    "stringData",
];

/// The outermost node of the way in a manifest that means nothing without the last one.
fn emptied(tree: &Tree, nodes: &[NodeId], way: &Way) -> NodeId {
    let last = nodes.len() - 1;
    let mut gone = nodes[last];
    for at in (1..last).rev() {
        let (above, turn) = (nodes[at], &way.turns[at - 1]);
        let is_bag = match turn {
            Turn::Key(key) => BAGS.contains(&key.as_str()),
            // A variable without a value.
            Turn::Item(_) => way.fields(at).last() == Some(&"env"),
            Turn::Position(_) | Turn::End => false,
        };
        let names: &[(String, String)] = match turn {
            Turn::Item(names) => names,
            _ => &[],
        };
        let is_left = match tree.kind(above) {
            NodeKind::Map => tree
                .entries(above)
                .any(|(key, value)| value != gone && !names.iter().any(|(name, _)| name == tree.text(key))),
            NodeKind::Seq => tree.items(above).any(|item| item != gone),
            _ => true,
        };
        if !is_bag || is_left {
            return gone;
        }
        gone = above;
    }
    gone
}

/// A field that the overlay's kustomization gives every object is not taken back from one of them.
fn made_by_field((ask, object): (&Ask<'_>, &Object), way: &Way) -> Option<Error> {
    let value = way.value(&object.root)?;
    let layer = object.layers.get(value.layer)?;
    let LayerKind::Field { name } = &layer.kind else {
        return None;
    };
    if !(ask.owns)(&layer.kustomization) {
        return None;
    }
    let message = format!(
        "`{}` is made by `{name}:` of the kustomization, for all objects",
        way.shown
    );
    let error = Error::new(Kind::Refused, "made-by-field", message).at(super::way::at(value));
    Some(match *name {
        "images" => error.hint(Hint::Say("`rakops bump --env ENV IMAGE=VERSION` sets a version".into())),
        _ => error.hint(Hint::Say("`rakops overlay remove ENV WHAT` takes it away".into())),
    })
}

/// The outermost node of the way that says nothing without its last one; none if the whole patch says nothing then.
///
/// Of an item that something beneath has as well, its name stays while others follow: they keep their places.
fn outermost(tree: &Tree, nodes: &[NodeId], (way, beneath): (&Way, &Value)) -> Option<NodeId> {
    let mut gone = *nodes.last()?;
    for (turns, &above) in nodes.iter().enumerate().rev().skip(1) {
        let is_left = match tree.kind(above) {
            NodeKind::Map => {
                let names: Vec<&str> = match turns.checked_sub(1).map(|at| &way.turns[at]) {
                    Some(Turn::Item(names)) => names.iter().map(|(key, _)| key.as_str()).collect(),
                    Some(Turn::Key(key)) if turns == 1 && key == "metadata" => vec!["name", "namespace"],
                    Some(_) => Vec::new(),
                    None => vec!["apiVersion", "kind", "metadata"],
                };
                let others = tree.entries(above).filter(|(_, value)| *value != gone);
                others.into_iter().any(|(key, value)| match tree.text(key) {
                    "metadata" if turns == 0 => says_more(tree, value),
                    key => !names.contains(&key),
                })
            }
            // Items with nothing but their names stand there for the order only.
            NodeKind::Seq => {
                let Some(Turn::Item(names)) = way.turns.get(turns) else {
                    return Some(gone);
                };
                let only_named = |item: NodeId| {
                    tree.kind(item) == NodeKind::Map
                        && tree
                            .entries(item)
                            .all(|(key, _)| names.iter().any(|(name, _)| name == tree.text(key)))
                };
                let items: Vec<NodeId> = tree.items(above).collect();
                let at = items.iter().position(|item| *item == gone).unwrap_or_default();
                let is_beneath = way.turns[..=turns].iter().try_fold(beneath, take).is_some();
                let others_follow = items[at + 1..].iter().any(|item| !only_named(*item));
                // The child on the way below the item is what said something.
                if let (true, true, Some(inside)) = (is_beneath, others_follow, nodes.get(turns + 2)) {
                    return Some(*inside);
                }
                items.iter().any(|item| *item != gone && !only_named(*item))
            }
            _ => true,
        };
        if is_left {
            // The patch needs its name: of `metadata` goes what lies in it.
            let is_metadata = turns == 0 && tree.key_of(gone).is_some_and(|key| tree.text(key) == "metadata");
            return match is_metadata {
                true => nodes.get(2).copied(),
                false => Some(gone),
            };
        }
        gone = above;
    }
    None
}

/// Tells whether the `metadata` of a patch says more than whose it is.
fn says_more(tree: &Tree, metadata: NodeId) -> bool {
    tree.kind(metadata) == NodeKind::Map
        && tree
            .entries(metadata)
            .any(|(key, _)| !matches!(tree.text(key), "name" | "namespace"))
}

/// Takes a whole patch away: its file, or its document, and its entry in the kustomization.
fn forget(draft: &mut Draft<'_>, doc: &Doc, (place, kustomization): (&PatchPlace, &str)) -> Result<(), Error> {
    if !place.is_inline && doc.documents() > 1 {
        let text = doc.without_document();
        draft.write(&doc.file, text.into_bytes());
        return Ok(());
    }
    remove_entry(draft, kustomization, &entry_path(place))?;
    let rest = draft.sources().tree(kustomization)?;
    if !place.is_inline && times_named(&rest, (kustomization, &doc.file)) == 0 {
        draft.delete(&doc.file);
    }
    Ok(())
}

/// Takes an item of a list of a kustomization away; with the last one, the list.
fn remove_entry(draft: &mut Draft<'_>, file: &str, path: &Path) -> Result<(), Error> {
    let tree = draft.sources().tree(file)?;
    let item = Path::from(path.steps()[..2].to_vec());
    let node = tree.find(DocSel::Only, &item).map_err(|error| error.into_error(file))?;
    let list = tree.parent(node).unwrap_or(node);
    let child = match tree.items(list).count() {
        1 => list,
        _ => node,
    };
    let edit = tree
        .plan(Op::Remove { child })
        .map_err(|refusal| refusal.into_error(file))?;
    draft.edit(file, &tree, vec![edit])
}

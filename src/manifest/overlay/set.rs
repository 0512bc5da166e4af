//! Sets a field: where the overlay says it already, else where it says other things about the object.

use super::patch::Doc;
use super::places::{self, Found, Spot};
use super::typing::{self, Leaf};
use super::way::Way;
use super::{Ask, Changed, Draft, To, add, find, generator, json_ops, sense};
use crate::error::Error;
use crate::manifest::rendered::{Object, Value};
use crate::yaml::{AliasPolicy, DocSel, NodeId, NodeKind, Op, Path, Step, Tree};

/// A change, and what is needed to prove it.
pub(super) struct Change {
    pub(super) told: Changed,
    pub(super) way: Way,
    /// What the field is to say; none: what the base says.
    pub(super) leaf: Option<Leaf>,
}

/// Plans to set a field; nothing if it says so already.
///
/// # Errors
/// As [`super::plan`].
pub(super) fn plan(
    draft: &mut Draft<'_>,
    (ask, object): (&Ask<'_>, &Object),
    (path, to): (&Path, &To),
    warnings: &mut Vec<Error>,
) -> Result<Option<Change>, Error> {
    let way = Way::trace(object, path)?;
    way.refuse_identity(object)?;
    // What a patch takes away is told as that, not as something that nobody has.
    let found = places::find(draft, (ask, object), &way)?;
    way.refuse_new_container(object)?;
    let leaf = typing::leaf((object, &way), to)?;
    let present = way.value(&object.root);
    let is_null = leaf == Leaf::Bare("null".to_owned());
    if present.map_or(is_null, |value| leaf.says(value)) {
        return Ok(None);
    }
    warnings.extend(sense::complaints(object, (&way, &leaf)));
    let (file, line, column) = match places::only(&found, &way)? {
        Some(one) => {
            edit(draft, (ask, object), (&way, &leaf), one)?;
            (one.file.clone(), one.line, one.column)
        }
        None => (add::plan(draft, (ask, object), (&way, &leaf))?, 0, 0),
    };
    let told = Changed {
        file,
        line,
        column,
        object: find::word(object),
        path: way.shown.clone(),
        from: present.map(typing::shown),
        to: Some(leaf.shown()),
        is_secret: is_secret(object, &way),
    };
    Ok(Some(Change {
        told,
        way,
        leaf: Some(leaf),
    }))
}

/// Tells whether the field is one of a Secret's own values.
pub(super) fn is_secret(object: &Object, way: &Way) -> bool {
    let fields = way.fields(way.turns.len());
    // kubectl keeps there what it has applied, values and all.
    let is_copy = fields.last() == Some(&"kubectl.kubernetes.io/last-applied-configuration");
    object.id.kind == "Secret" && (matches!(fields.first(), Some(&("data" | "stringData"))) || is_copy)
}

fn edit(
    draft: &mut Draft<'_>,
    (ask, object): (&Ask<'_>, &Object),
    (way, leaf): (&Way, &Leaf),
    found: &Found,
) -> Result<(), Error> {
    match &found.spot {
        Spot::Manifest { file, document } => {
            let doc = Doc::of_object(draft, (file, *document), object)?;
            in_document(draft, &doc, (way, leaf))
        }
        Spot::Merge(place) => {
            let doc = Doc::of_patch(draft, place)?;
            in_document(draft, &doc, (way, leaf))
        }
        Spot::Op { place, .. } => {
            let doc = Doc::of_patch(draft, place)?;
            let before = before(object, found.layer);
            match json_ops::find(&doc, (before, way))? {
                Some(hit) => replace(draft, &doc, (hit.node, leaf)),
                None => Err(Error::bug("an operation that is not there any more")),
            }
        }
        Spot::Count { item } => {
            let file = &object.layers[found.layer].kustomization;
            let tree = draft.sources().tree(file)?;
            let path = count_path(*item);
            let at = tree.find(DocSel::Only, &path).map_err(|error| error.into_error(file))?;
            let edit = set_scalar(&tree, at, leaf).map_err(|refusal| refusal.into_error(file))?;
            draft.edit(file, &tree, vec![edit])
        }
        Spot::Generator => generator::set(draft, (ask, object), (way, leaf), found),
    }
}

/// The object that a layer is laid over.
pub(super) fn before(object: &Object, layer: usize) -> &Value {
    object.layers[layer].before.as_ref().unwrap_or(&object.root)
}

/// `replicas[2].count`.
pub(super) fn count_path(item: usize) -> Path {
    Path::default()
        .join(Step::Key("replicas".to_owned()))
        .join(Step::Index(item as u32))
        .join(Step::Key("count".to_owned()))
}

fn in_document(draft: &mut Draft<'_>, doc: &Doc, (way, leaf): (&Way, &Leaf)) -> Result<(), Error> {
    let nodes = way.nodes(doc.tree(), doc.top()?);
    match nodes.last() {
        Some(node) => replace(draft, doc, (*node, leaf)),
        None => Err(Error::bug("a field that is not there any more")),
    }
}

/// Gives a node another value.
fn replace(draft: &mut Draft<'_>, doc: &Doc, (node, leaf): (NodeId, &Leaf)) -> Result<(), Error> {
    let tree = doc.tree();
    let is_collection = matches!(tree.kind(node), NodeKind::Map | NodeKind::Seq);
    if !is_collection && leaf.as_text().is_some() {
        let edit = set_scalar(tree, node, leaf).map_err(|refusal| doc.refused(refusal))?;
        return doc.edit(draft, vec![edit]);
    }
    // The editor sets scalars. Anything else goes, and the new value is put where it stood.
    let (Some(parent), key) = (
        tree.parent(node),
        tree.key_of(node).map(|key| tree.text(key).to_owned()),
    ) else {
        return Err(Error::bug("a field with nothing around it"));
    };
    let path = tree.path_of(parent);
    let position = siblings(tree, parent).position(|it| it == node).unwrap_or(0);
    let remove = tree
        .plan(Op::Remove { child: node })
        .map_err(|refusal| doc.refused(refusal))?;
    doc.edit(draft, vec![remove])?;
    let doc = doc.again(draft)?;
    let tree = doc.tree();
    let document = doc.selector();
    let parent = tree
        .find(document, &path)
        .map_err(|error| error.into_error(&doc.file))?;
    let after = position.checked_sub(1).and_then(|at| siblings(tree, parent).nth(at));
    let value = leaf.as_new();
    let op = match &key {
        Some(key) => Op::InsertKey {
            map: parent,
            key,
            value,
            after,
        },
        None => Op::InsertItem {
            seq: parent,
            value,
            after,
        },
    };
    let edit = tree.plan(op).map_err(|refusal| doc.refused(refusal))?;
    doc.edit(draft, vec![edit])
}

fn siblings(tree: &Tree, parent: NodeId) -> Box<dyn Iterator<Item = NodeId> + '_> {
    match tree.kind(parent) {
        NodeKind::Map => Box::new(tree.entries(parent).map(|(_, value)| value)),
        _ => Box::new(tree.items(parent)),
    }
}

fn set_scalar(tree: &Tree, at: NodeId, leaf: &Leaf) -> Result<crate::yaml::Edit, crate::yaml::Refusal> {
    let to = leaf.as_text().unwrap_or(crate::yaml::Text::Str(""));
    tree.plan(Op::Set {
        at,
        to,
        alias: AliasPolicy::Refuse,
    })
}

//! Says something about a field that the overlay does not speak of yet.

use super::patch::{Doc, entry_path};
use super::places::{no_merge_key, own_layers, own_manifest};
use super::set::before;
use super::typing::Leaf;
use super::way::{Turn, Way, identity, is_item, take};
use super::{Ask, Draft, fresh_patch, generator, json_ops};
use crate::error::{Error, Kind};
use crate::manifest::rendered::{Id, LayerKind, Object, PatchPlace, Value};
use crate::yaml::{DocSel, Edit, New, NodeId, NodeKind, Op, Path, Step, Text, Tree};

/// Adds the field to the place that fits best, and returns the file.
///
/// # Errors
/// As [`super::plan`].
pub(super) fn plan(
    draft: &mut Draft<'_>,
    (ask, object): (&Ask<'_>, &Object),
    (way, leaf): (&Way, &Leaf),
) -> Result<String, Error> {
    if let Some((file, document)) = own_manifest(ask, object) {
        let doc = Doc::of_object(draft, (&file, document), object)?;
        let growth = Growth::of((object, &object.root), (way, leaf), Order::AsItComes);
        return growth.add_to(draft, &doc);
    }
    if let Some(key) = generator::key_of(object, way) {
        return generator::add(draft, (ask, object), (&key, leaf));
    }
    // A list that is not there yet can be begun.
    if let Some(turns) = way.atomic()
        && way.turns[..turns].iter().try_fold(&object.root, take).is_some()
    {
        return Err(no_merge_key((object, way), turns));
    }
    if let Some(file) = add_count(draft, (ask, object), (way, leaf))? {
        return Ok(file);
    }
    if let Some((layer, place)) = own_patch((draft, ask), object) {
        let doc = Doc::of_patch(draft, &place)?;
        let growth = Growth::of((object, before(object, layer)), (way, leaf), Order::AsRendered);
        return growth.add_to(draft, &doc);
    }
    if let Some(place) = own_json((draft, ask), object) {
        return add_operation(draft, object, (way, leaf), &place);
    }
    fresh_patch::make(draft, (ask, object), (way, leaf))
}

/// The last strategic merge patch of the overlay that is for this object alone.
fn own_patch((draft, ask): (&Draft<'_>, &Ask<'_>), object: &Object) -> Option<(usize, PatchPlace)> {
    own_layers(ask, object).rev().find_map(|(layer, kind)| match kind {
        LayerKind::Merge(place) if is_for_one(draft, (object, layer), place) => Some((layer, place.clone())),
        _ => None,
    })
}

/// The last JSON patch of the overlay that is for this object alone.
fn own_json((draft, ask): (&Draft<'_>, &Ask<'_>), object: &Object) -> Option<PatchPlace> {
    own_layers(ask, object).rev().find_map(|(layer, kind)| match kind {
        LayerKind::Json(place) if is_for_one(draft, (object, layer), place) => Some(place.clone()),
        _ => None,
    })
}

/// Tells whether a patch is for one object: it fits no other, and its file is named once.
fn is_for_one(draft: &Draft<'_>, (object, layer): (&Object, usize), place: &PatchPlace) -> bool {
    let kustomization = &object.layers[layer].kustomization;
    let times = || {
        draft
            .sources()
            .tree(kustomization)
            .map(|tree| fresh_patch::times_named(&tree, (kustomization, &place.file)))
    };
    let names_it = || {
        let tree = draft.sources().tree(kustomization).ok()?;
        let entry = tree.find(DocSel::Only, &entry_path(place)).ok()?;
        let target = (tree.kind(entry) == NodeKind::Map)
            .then(|| tree.get(entry, "target"))
            .flatten();
        Some(target.is_none_or(|target| {
            let name = tree.get(target, "name").map(|name| tree.text(tree.resolve(name)));
            // A pattern is for what comes later, too.
            name.is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)))
        }))
    };
    place.fits == 1 && names_it() == Some(true) && (place.is_inline || times().is_ok_and(|times| times == 1))
}

/// Adds an entry to `replicas:`, where the overlay has that list: then it says there how many of each there are.
fn add_count(
    draft: &mut Draft<'_>,
    (ask, object): (&Ask<'_>, &Object),
    (way, leaf): (&Way, &Leaf),
) -> Result<Option<String>, Error> {
    let kinds = ["Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"];
    let is_count = way.keys().is_some_and(|keys| keys == ["spec", "replicas"]);
    let Some(file) = fresh_patch::kustomization_of(draft, ask.directory) else {
        return Ok(None);
    };
    if !is_count || !kinds.contains(&object.id.kind.as_str()) {
        return Ok(None);
    }
    let tree = draft.sources().tree(&file)?;
    let path = Path::default().join(Step::Key("replicas".to_owned()));
    let Ok(seq) = tree.find(DocSel::Only, &path) else {
        return Ok(None);
    };
    let name = fresh_patch::name_below(object);
    let value = New::Map(vec![("name", New::Text(Text::Str(&name))), ("count", leaf.as_new())]);
    let edit = tree
        .plan(Op::InsertItem {
            seq,
            value,
            after: None,
        })
        .map_err(|refusal| refusal.into_error(&file))?;
    draft.edit(&file, &tree, vec![edit])?;
    Ok(Some(file))
}

fn add_operation(
    draft: &mut Draft<'_>,
    object: &Object,
    (way, leaf): (&Way, &Leaf),
    place: &PatchPlace,
) -> Result<String, Error> {
    let growth = Growth::of((object, &object.root), (way, leaf), Order::AsItComes);
    let Some(operation) = json_ops::operation((&object.root, way), &|turns| growth.made(turns)) else {
        return Err(Error::bug("a field that no pointer leads to"));
    };
    let doc = Doc::of_patch(draft, place)?;
    let edit = doc.tree().plan(Op::InsertItem {
        seq: doc.top()?,
        value: operation.as_new(),
        after: None,
    });
    let edit = edit.map_err(|refusal| doc.refused(refusal))?;
    doc.edit(draft, vec![edit])?;
    Ok(doc.file)
}

/// Whether the items of lists keep the order that they are rendered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// In a patch: kustomize puts the items of a patch before all others, so those that come first are named in it, too.
    AsRendered,
    /// In a manifest, or in the value of an operation.
    AsItComes,
}

/// Tells whether a document names an item already, by what tells it from others.
type Has<'h> = dyn Fn(&[(String, String)]) -> bool + 'h;

/// What has to be added to a document so that the field is in it.
pub(super) struct Growth<'g> {
    id: &'g Id,
    /// What the document is laid over.
    beneath: &'g Value,
    way: &'g Way,
    leaf: &'g Leaf,
    order: Order,
}

impl<'g> Growth<'g> {
    pub(super) fn of(
        (object, beneath): (&'g Object, &'g Value),
        (way, leaf): (&'g Way, &'g Leaf),
        order: Order,
    ) -> Growth<'g> {
        Growth {
            id: &object.id,
            beneath,
            way,
            leaf,
            order,
        }
    }

    /// The value at the end of some turns, as far as it has to be made: `{resources: {limits: {memory: 1Gi}}}`.
    pub(super) fn nested(&self, turns: usize) -> Leaf {
        let Some(turn) = self.way.turns.get(turns) else {
            return self.leaf.clone();
        };
        match turn {
            Turn::Key(key) => Leaf::Map(vec![(key.clone(), self.nested(turns + 1))]),
            Turn::Item(_) => {
                let mut items = self.before_it(turns, &|_| false);
                items.push(self.item(turns));
                Leaf::Seq(items)
            }
            Turn::Position(_) | Turn::End => Leaf::Seq(vec![self.nested(turns + 1)]),
        }
    }

    /// The value at the end of some turns, of which all but the last lead to what is there: an item that is new has its names.
    fn made(&self, turns: usize) -> Leaf {
        let last = turns.checked_sub(1);
        let is_new_item = last.is_some_and(|at| {
            let there = self.way.turns[..turns].iter().try_fold(self.beneath, take);
            matches!(self.way.turns[at], Turn::Item(_)) && there.is_none()
        });
        match last {
            Some(at) if is_new_item => self.item(at),
            _ => self.nested(turns),
        }
    }

    /// The item that a turn leads to, with what tells it from others.
    fn item(&self, turns: usize) -> Leaf {
        let Some(Turn::Item(names)) = self.way.turns.get(turns) else {
            return self.nested(turns + 1);
        };
        let mut entries = named(names);
        if let Leaf::Map(inner) = self.nested(turns + 1) {
            let more = inner
                .into_iter()
                .filter(|(key, _)| !names.iter().any(|(name, _)| name == key));
            entries.extend(more);
        }
        Leaf::Map(entries)
    }

    /// The items that have to be named before the one that a turn leads to, so that it stays behind them. `has` tells which of
    /// them the document names already.
    fn before_it(&self, turns: usize, has: &Has<'_>) -> Vec<Leaf> {
        if self.order == Order::AsItComes {
            return Vec::new();
        }
        let list = self.way.turns[..turns].iter().try_fold(self.beneath, take);
        let (Some(list), Some(Turn::Item(names))) = (list, self.way.turns.get(turns)) else {
            return Vec::new();
        };
        let items = list.items();
        let fields = self.way.fields(turns);
        let end = match items.iter().position(|item| is_item(item, names)) {
            Some(at) => at,
            // A variable of the container may name those before it: `$(HOST)`.
            None if self.leaf.shown().contains("$(") => items.len(),
            None => 0,
        };
        let others = items[..end].iter().map(|item| identity(self.id, &fields, item));
        others
            .filter(|names| !names.is_empty() && !has(names))
            .map(|names| Leaf::Map(named(&names)))
            .collect()
    }

    /// Adds what is missing to a document, and returns its file.
    ///
    /// # Errors
    /// What the editor will not do; [`Kind::Refused`] where the document has something else on the way.
    pub(super) fn add_to(&self, draft: &mut Draft<'_>, doc: &Doc) -> Result<String, Error> {
        let tree = doc.tree();
        let nodes = self.way.nodes(tree, doc.top()?);
        let turns = nodes.len() - 1;
        let at = nodes[turns];
        let plan = |op: Op<'_>| tree.plan(op).map_err(|refusal| doc.refused(refusal));
        let edits: Vec<Edit> = match &self.way.turns[turns] {
            Turn::Key(key) => {
                let leaf = self.nested(turns + 1);
                let value = leaf.as_new();
                vec![plan(Op::InsertKey {
                    map: at,
                    key,
                    value,
                    after: None,
                })?]
            }
            Turn::Item(_) => {
                let has = |names: &[(String, String)]| names_item(tree, at, names);
                let mut items = self.before_it(turns, &has);
                items.push(self.item(turns));
                let insert = |item: &Leaf| {
                    plan(Op::InsertItem {
                        seq: at,
                        value: item.as_new(),
                        after: None,
                    })
                };
                items.iter().map(insert).collect::<Result<_, _>>()?
            }
            Turn::Position(_) | Turn::End => {
                let is_list = matches!(tree.kind(at), NodeKind::Seq) || tree.is_null(at);
                if !is_list {
                    let message = format!("`{}` leads into a list, and there is none", self.way.shown);
                    return Err(Error::new(Kind::Refused, "path-does-not-fit", message).at(doc.place(at)));
                }
                let leaf = self.nested(turns + 1);
                vec![plan(Op::InsertItem {
                    seq: at,
                    value: leaf.as_new(),
                    after: None,
                })?]
            }
        };
        doc.edit(draft, edits)?;
        Ok(doc.file.clone())
    }
}

fn names_item(tree: &Tree, seq: NodeId, names: &[(String, String)]) -> bool {
    super::places::leads(tree, seq, &Turn::Item(names.to_vec()))
}

/// What tells an item from others, as it is written.
fn named(names: &[(String, String)]) -> Vec<(String, Leaf)> {
    // Of all merge keys, ports alone are numbers.
    let leaf = |key: &str, text: &String| match key {
        "containerPort" | "port" | "nodePort" => Leaf::Bare(text.clone()),
        _ => Leaf::Text(text.clone()),
    };
    names.iter().map(|(key, text)| (key.clone(), leaf(key, text))).collect()
}

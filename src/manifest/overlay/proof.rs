//! The proof of a change: rendered again, the field says what was asked for, and nothing else has become different.

use super::set::Change;
use super::typing::{Leaf, shown};
use super::way::{Turn, Way, at, identity, is_item, place_of};
use super::{Ask, Draft, find};
use crate::error::{Error, Hint, Kind};
use crate::manifest::rendered::{Data, LayerKind, Object, Rendering, Typed, Value, render};

/// Renders the draft and compares; returns what the field says then.
///
/// # Errors
/// [`Kind::Refused`] `overwritten` if something laid over it later says otherwise; `reaches-more` if other objects or fields
/// would become different.
pub(super) fn prove(
    (draft, ask): (&Draft<'_>, &Ask<'_>),
    (before, object): (&Rendering, &Object),
    change: &Change,
) -> Result<Option<String>, Error> {
    let after = render(draft.sources(), ask.directory)?;
    let changed = find(&after, ask)?;
    let says = change.way.value(&changed.root);
    let is_so = match &change.leaf {
        // Null takes a field away.
        Some(Leaf::Bare(text)) if text == "null" && says.is_none() => true,
        Some(leaf) => match says {
            Some(value) if is_said(object, leaf, value) => true,
            Some(value) if is_merged(leaf, value) => return Err(merged(change, value)),
            _ => false,
        },
        // What the overlay builds on may be the environment's own, and be edited as well.
        None => match (says, changed.inherited.as_ref().and_then(|root| change.way.value(root))) {
            (Some(says), Some(below)) if is_same(says, below) => true,
            // A component, or another layer that is not the environment's own, says something of its own.
            (Some(says), _) => !(ask.owns)(&says.file),
            (None, below) => below.is_none(),
        },
    };
    if !is_so {
        return Err(overwritten((changed, says), change));
    }
    let others = |rendering: &Rendering, own: &Object| -> Vec<(String, Value)> {
        let others = rendering.objects.iter().filter(|it| it.id != own.id);
        others.map(|it| (find::word(it), it.root.clone())).collect()
    };
    let (old, new) = (others(before, object), others(&after, changed));
    if let Some(name) = first_difference(&old, &new) {
        return Err(reaches_more(change, &format!("`{name}` would become different, too")));
    }
    let strip = |root: &Value, other: &Value| strip(object, root, (&change.way, 0), Some(other));
    let (old, new) = (strip(&object.root, &changed.root), strip(&changed.root, &object.root));
    match is_same(&old, &new) {
        true => Ok(says.map(shown)),
        false => Err(reaches_more(
            change,
            &format!("other fields of `{}` would become different, too", change.told.object),
        )),
    }
}

/// Tells whether a field says what was asked for; of an item of a list, what tells it from others comes with it.
fn is_said(object: &Object, leaf: &Leaf, value: &Value) -> bool {
    // Generated data are texts, whatever was typed.
    let is_generated = object
        .layers
        .get(value.layer)
        .is_some_and(|layer| matches!(layer.kind, LayerKind::Generator { .. }));
    match (leaf, &value.data) {
        (Leaf::Bare(text), Data::Scalar { text: there, .. }) if is_generated => text == there,
        (leaf, _) => leaf.says(value),
    }
}

/// Tells whether a mapping or a list says what was asked for and more: kustomize has merged it with what it is laid over.
fn is_merged(leaf: &Leaf, value: &Value) -> bool {
    match (leaf, &value.data) {
        (Leaf::Map(entries), Data::Map(_)) => entries.iter().all(|(key, leaf)| {
            value
                .get(key)
                .is_some_and(|value| leaf.says(value) || is_merged(leaf, value))
        }),
        (Leaf::Seq(items), Data::Seq(there)) => items
            .iter()
            .all(|leaf| there.iter().any(|value| leaf.says(value) || is_merged(leaf, value))),
        _ => false,
    }
}

fn merged(change: &Change, value: &Value) -> Error {
    let path = &change.told.path;
    let message =
        format!("kustomize merges `{path}` with what the base says: more than was asked for would stand there");
    let error = Error::new(Kind::Refused, "merged", message);
    let error = match change.told.is_secret {
        true => error,
        false => error.because(format!("it would say {}", shown(value))),
    };
    error
        .hint(Hint::Say(format!("set what it holds one by one: {path}.KEY=VALUE")))
        .hint(Hint::Say(
            "and take what is too much away by null: --json PATH=null".into(),
        ))
}

fn first_difference(old: &[(String, Value)], new: &[(String, Value)]) -> Option<String> {
    if old.len() != new.len() {
        return Some("the number of objects".to_owned());
    }
    let pairs = old.iter().zip(new);
    pairs
        .into_iter()
        .find(|((name, value), (other, changed))| name != other || !is_same(value, changed))
        .map(|((name, _), _)| name.clone())
}

/// Compares what two values say; the order of keys means nothing.
fn is_same(a: &Value, b: &Value) -> bool {
    match (&a.data, &b.data) {
        (Data::Map(left), Data::Map(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, value)| b.get(key).is_some_and(|other| is_same(value, other)))
        }
        (Data::Seq(left), Data::Seq(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(a, b)| is_same(a, b))
        }
        (left, right) => left == right,
    }
}

/// The value without the field at the end of the way, and without what is around it only because of the field: what `other`
/// lacks and says nothing else.
fn strip(object: &Object, value: &Value, (way, turns): (&Way, usize), other: Option<&Value>) -> Value {
    let mut copy = value.clone();
    let Some(turn) = way.turns.get(turns) else {
        copy.data = nothing();
        return copy;
    };
    let is_end = turns + 1 == way.turns.len();
    match (&mut copy.data, turn) {
        (Data::Map(entries), Turn::Key(key)) => {
            let there = other.and_then(|other| other.get(key));
            entries.retain_mut(|(name, inner)| {
                if name != key {
                    return true;
                }
                if is_end {
                    return false;
                }
                *inner = strip(object, inner, (way, turns + 1), there);
                there.is_some() || !says_nothing(inner)
            });
        }
        (Data::Seq(items), Turn::Item(names)) => {
            let there = other.and_then(|other| other.items().iter().find(|item| is_item(item, names)));
            let fields = way.fields(turns);
            items.retain_mut(|inner| {
                if !is_item(inner, names) {
                    return true;
                }
                if is_end {
                    return false;
                }
                *inner = strip(object, inner, (way, turns + 1), there);
                let named = identity(&object.id, &fields, inner).len().max(names.len());
                let is_named_only = matches!(&inner.data, Data::Map(entries) if entries.len() <= named);
                there.is_some() || !is_named_only
            });
        }
        (Data::Seq(items), Turn::Position(place)) => {
            let there = other.and_then(|other| other.items().get(*place));
            match items.get_mut(*place) {
                Some(item) if is_end => item.data = nothing(),
                Some(item) => *item = strip(object, item, (way, turns + 1), there),
                None => {}
            }
        }
        (Data::Seq(items), Turn::End) => {
            let known = other.map_or(0, |other| other.items().len());
            items.truncate(known.min(items.len()));
        }
        _ => {}
    }
    copy
}

fn nothing() -> Data {
    Data::Scalar {
        text: String::new(),
        typed: Typed::Null,
    }
}

fn says_nothing(value: &Value) -> bool {
    match &value.data {
        Data::Map(entries) => entries.is_empty(),
        Data::Seq(items) => items.is_empty(),
        Data::Scalar { typed, .. } => *typed == Typed::Null,
    }
}

/// The field would say something else than what was asked for.
fn overwritten((object, says): (&Object, Option<&Value>), change: &Change) -> Error {
    let path = &change.told.path;
    if change.leaf.is_none() {
        let message = format!("`{path}` would not be what the base says");
        return Error::new(Kind::Refused, "overwritten", message)
            .because("what sets it stands for more than this field".to_owned())
            .because(format!("the edit would be in `{}`", change.told.file));
    }
    let Some(value) = says else {
        let message = format!("`{path}` would still not be set");
        return Error::new(Kind::Refused, "overwritten", message).because(format!(
            "what is laid over `{}` later takes it away",
            change.told.object
        ));
    };
    let message = format!("`{path}` is overwritten later");
    let error = Error::new(Kind::Refused, "overwritten", message)
        .at(at(value))
        .because(format!("{} has the last word", place_of(value)));
    let field = object.layers.get(value.layer).map(|layer| &layer.kind);
    match field {
        Some(LayerKind::Field { name: "images" }) => error.hint(Hint::Say(
            "the version of an image is set by `rakops bump --env ENV IMAGE=VERSION`".into(),
        )),
        Some(LayerKind::Field { name }) => {
            error.hint(Hint::Say(format!("it is made by `{name}:` of the kustomization")))
        }
        _ => error.hint(Hint::Say("change it there".into())),
    }
}

fn reaches_more(change: &Change, why: &str) -> Error {
    let message = format!("`{}` cannot be changed alone", change.told.path);
    Error::new(Kind::Refused, "reaches-more", message)
        .because(why.to_owned())
        .because(format!("the edit would be in `{}`", change.told.file))
        .hint(Hint::Say(
            "give that object a patch of its own, or edit the file by hand".into(),
        ))
}

//! A strategic merge patch laid over an object.
//!
//! Follows kustomize step by step, with what is odd in it: items of a patch stand first in merged lists, a patch takes out every
//! key that stands without a value, and of items with the same key the last one stays.
//!
//! Source: kustomize 5.5, `kyaml/yaml/merge2/merge2.go`, `kyaml/yaml/walk`, `ElementSetter` in `kyaml/yaml/fns.go`.

mod list;

use list::{set_item, walk_list};

use super::schema::{List, Schema};
use super::value::{Data, Value};

/// A patch that cannot be laid over an object.
#[derive(Debug)]
pub(super) struct Misfit {
    /// What of the patch does not fit.
    pub(super) at: Value,
    pub(super) message: String,
}

/// What is left of a value.
struct Left {
    value: Value,
    /// It is the value that was there, perhaps changed.
    is_old: bool,
    /// A null that was there before stays.
    is_kept: bool,
}

impl Left {
    fn old(value: Value) -> Option<Left> {
        Some(Left {
            value,
            is_old: true,
            is_kept: false,
        })
    }

    fn new(value: Value) -> Option<Left> {
        Some(Left {
            value,
            is_old: false,
            is_kept: false,
        })
    }
}

/// Lays a patch over an object. None if the patch deletes it.
///
/// # Errors
/// [`Misfit`] where the patch has a mapping, a list or a scalar and the object something else, or an unknown `$patch`.
pub(super) fn merge(object: Value, patch: Value) -> Result<Option<Value>, Misfit> {
    let left = walk(Schema::default(), Some(object), Some(patch))?;
    Ok(left.map(|it| it.value))
}

fn is_absent(value: Option<&Value>) -> bool {
    value.is_none_or(Value::is_null)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Map,
    Seq,
    Scalar,
}

fn shape(value: &Value) -> Shape {
    match value.data {
        Data::Map(_) => Shape::Map,
        Data::Seq(_) => Shape::Seq,
        Data::Scalar { .. } => Shape::Scalar,
    }
}

fn walk(schema: Schema, old: Option<Value>, new: Option<Value>) -> Result<Option<Left>, Misfit> {
    let schema = match schema.is_unknown() {
        true => [&old, &new]
            .into_iter()
            .flatten()
            .find_map(schema_of)
            .unwrap_or_default(),
        false => schema,
    };
    let shapes = |value: &Option<Value>| value.as_ref().filter(|it| !it.is_null()).map(shape);
    match (shapes(&old), shapes(&new)) {
        (Some(was), Some(is)) if was != is => {
            let name = |shape| match shape {
                Shape::Map => "a mapping",
                Shape::Seq => "a list",
                Shape::Scalar => "a scalar",
            };
            let message = format!("the patch has {} where the object has {}", name(is), name(was));
            let at = new.or(old);
            Err(at.map_or_else(unknown, |at| Misfit { at, message }))
        }
        (Some(Shape::Map), _) | (None, Some(Shape::Map) | None) => walk_map(schema, old, new),
        (Some(Shape::Seq), _) | (None, Some(Shape::Seq)) => match schema.list {
            List::Replaced => Ok(choose(old, new)),
            List::Keyed(keys) => walk_list(schema, keys, (old, new)),
            List::Values => walk_list(schema, &[""], (old, new)),
        },
        (Some(Shape::Scalar), _) | (None, Some(Shape::Scalar)) => Ok(choose(old, new)),
    }
}

/// Cannot happen: one of two values that differ is there.
fn unknown() -> Misfit {
    Misfit {
        at: Value {
            data: Data::Map(Vec::new()),
            layer: 0,
            file: "".into(),
            line: 0,
            column: 0,
        },
        message: "the patch does not fit".to_owned(),
    }
}

fn choose(old: Option<Value>, new: Option<Value>) -> Option<Left> {
    match new {
        Some(new) => Left::new(new),
        None => old.and_then(Left::old),
    }
}

/// The schema of a mapping that says itself what it is.
fn schema_of(value: &Value) -> Option<Schema> {
    let api = value.get("apiVersion")?.text()?;
    let (group, version) = api.split_once('/').unwrap_or(("", api));
    Some(Schema::of(group, version, value.get("kind")?.text()?))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

fn directive(value: &Value) -> Result<Directive, Misfit> {
    match value.word() {
        "delete" => Ok(Directive::Delete),
        "replace" => Ok(Directive::Replace),
        "merge" => Ok(Directive::Merge),
        other => Err(Misfit {
            at: value.clone(),
            message: format!("`$patch: {other}` is none of `delete`, `merge` and `replace`"),
        }),
    }
}

/// Takes `$patch` out of a mapping.
fn directive_of_map(patch: &mut Value) -> Result<Directive, Misfit> {
    match patch.take("$patch") {
        Some(value) => directive(&value),
        None => Ok(Directive::Merge),
    }
}

/// Takes the item `$patch: …` out of a list.
fn directive_of_list(patch: &mut Value) -> Result<Directive, Misfit> {
    let Data::Seq(items) = &mut patch.data else {
        return Ok(Directive::Merge);
    };
    let found = items.iter().find(|item| item.get("$patch").is_some());
    let Some(value) = found
        .filter(|item| item.entries().len() == 1)
        .and_then(|item| item.get("$patch"))
    else {
        return Ok(Directive::Merge);
    };
    let told = directive(value)?;
    let word = value.word().to_owned();
    set_item(items, None, (&["$patch"], &[word]));
    Ok(told)
}

fn walk_map(schema: Schema, old: Option<Value>, mut new: Option<Value>) -> Result<Option<Left>, Misfit> {
    if is_absent(old.as_ref()) {
        let Some(mut new) = new else {
            let kept = old.filter(|it| it.text().is_some_and(|text| !text.is_empty()));
            return Ok(kept.map(|value| Left {
                value,
                is_old: true,
                is_kept: true,
            }));
        };
        if directive_of_map(&mut new)? == Directive::Delete {
            return Ok(None);
        }
        return Ok(Left::new(with_itself(schema, new)?).filter(|it| !it.value.is_null()));
    }
    let Some(mut old) = old else {
        return Ok(None);
    };
    if let Some(patch) = &mut new {
        if patch.is_null() {
            return Ok(None);
        }
        match directive_of_map(patch)? {
            Directive::Delete => return Ok(None),
            Directive::Replace => {
                let patch = with_itself(schema, patch.clone())?;
                return Ok(Left::new(patch));
            }
            Directive::Merge => {}
        }
    }
    let names = names(&old, new.as_ref());
    for name in names {
        let was = old.get(&name).cloned();
        let is = new.as_mut().and_then(|it| it.take(&name));
        put(&mut old, &name, walk(schema.field(&name), was, is)?);
    }
    Ok(Left::old(old))
}

/// A mapping merged with itself, which takes nulls and directives out of it.
fn with_itself(schema: Schema, mut value: Value) -> Result<Value, Misfit> {
    for name in names(&value, None) {
        let field = value.get(&name).cloned();
        put(&mut value, &name, walk(schema.field(&name), field.clone(), field)?);
    }
    Ok(value)
}

fn names(old: &Value, new: Option<&Value>) -> Vec<String> {
    let all = old.entries().iter().chain(new.map_or(&[][..], Value::entries));
    let mut names: Vec<String> = all.map(|(name, _)| name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn put(map: &mut Value, name: &str, left: Option<Left>) {
    match left {
        Some(left) if left.is_kept || !left.value.is_null() => map.set(name, left.value),
        _ => {
            map.take(name);
        }
    }
}

#[cfg(test)]
mod tests;

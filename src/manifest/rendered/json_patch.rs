//! JSON 6902 operations.
//!
//! Source: RFC 6902, and where it leaves a choice `github.com/evanphx/json-patch` 4.12, which kustomize 5.5 uses.

use super::value::{Data, Typed, Value};

/// An operation that fails.
#[derive(Debug)]
pub(super) struct Failure {
    /// The operation.
    pub(super) at: Value,
    pub(super) message: String,
}

/// Applies a list of operations.
///
/// # Errors
/// [`Failure`] names the operation that cannot be done.
pub(super) fn apply(root: &mut Value, operations: &Value) -> Result<(), Failure> {
    for operation in operations.items() {
        one(root, operation).map_err(|message| Failure {
            at: operation.clone(),
            message,
        })?;
    }
    Ok(())
}

fn one(root: &mut Value, operation: &Value) -> Result<(), String> {
    let name = operation.get("op").map_or("", Value::word);
    let path = pointer(operation, "path")?;
    let value = || operation.get("value").cloned().unwrap_or_else(|| null(operation));
    match name {
        "add" => add(root, &path, value()),
        "replace" => replace(root, &path, value()),
        "remove" => take(root, &path).map(|_| ()),
        "move" => {
            let value = take(root, &pointer(operation, "from")?)?;
            add(root, &path, value)
        }
        "copy" => {
            let from = pointer(operation, "from")?;
            let found = look(root, &from).cloned();
            let is_key = parent(root, &from).is_ok_and(|(it, _)| it.is_map());
            // a key that is not there is copied as null, which is how the library does it
            let value = found.or_else(|| is_key.then(|| null(operation)));
            add(root, &path, value.ok_or_else(|| nothing(&from))?)
        }
        "test" => test(root, &path, &value()),
        other => Err(format!("there is no operation `{other}`")),
    }
}

fn null(like: &Value) -> Value {
    like.with(Data::Scalar {
        text: "null".to_owned(),
        typed: Typed::Null,
    })
}

fn pointer(operation: &Value, key: &str) -> Result<Vec<String>, String> {
    let text = operation
        .get(key)
        .map(Value::word)
        .ok_or_else(|| format!("the operation has no `{key}`"))?;
    let steps = text.split('/').skip(1);
    Ok(steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

fn nothing(path: &[String]) -> String {
    format!("there is nothing at `/{}`", path.join("/"))
}

fn index(step: &str, length: usize) -> Option<usize> {
    match step.strip_prefix('-') {
        Some(back) => length.checked_sub(back.parse().ok()?),
        None => step.parse().ok(),
    }
}

fn look<'v>(root: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(root, |value, step| match &value.data {
        Data::Map(_) => value.get(step),
        Data::Seq(items) => items.get(index(step, items.len())?),
        Data::Scalar { .. } => None,
    })
}

/// The collection that the last step leads into.
fn parent<'v, 'p>(root: &'v mut Value, path: &'p [String]) -> Result<(&'v mut Value, &'p str), String> {
    let Some((last, before)) = path.split_last() else {
        return Err("the whole object cannot be changed at once".to_owned());
    };
    let found = before.iter().try_fold(root, |value, step| {
        let at = match &value.data {
            Data::Map(_) => return value.get_mut(step),
            Data::Seq(items) => index(step, items.len())?,
            Data::Scalar { .. } => return None,
        };
        match &mut value.data {
            Data::Seq(items) => items.get_mut(at),
            _ => None,
        }
    });
    Ok((found.ok_or_else(|| nothing(before))?, last))
}

fn add(root: &mut Value, path: &[String], value: Value) -> Result<(), String> {
    let (parent, last) = parent(root, path)?;
    match &mut parent.data {
        Data::Map(_) => parent.set(last, value),
        Data::Seq(items) if last == "-" => items.push(value),
        Data::Seq(items) => {
            let at = index(last, items.len() + 1).filter(|at| *at <= items.len());
            items.insert(at.ok_or_else(|| nothing(path))?, value);
        }
        Data::Scalar { .. } => return Err(nothing(path)),
    }
    Ok(())
}

/// A key that is not there is set all the same, which is how the library does it; an item has to be there.
fn replace(root: &mut Value, path: &[String], value: Value) -> Result<(), String> {
    let (parent, last) = parent(root, path)?;
    match &mut parent.data {
        Data::Map(_) => parent.set(last, value),
        Data::Seq(items) => {
            let slot = index(last, items.len()).and_then(|at| items.get_mut(at));
            *slot.ok_or_else(|| nothing(path))? = value;
        }
        Data::Scalar { .. } => return Err(nothing(path)),
    }
    Ok(())
}

fn take(root: &mut Value, path: &[String]) -> Result<Value, String> {
    let (parent, last) = parent(root, path)?;
    let taken = match &mut parent.data {
        Data::Map(_) => parent.take(last),
        Data::Seq(items) => index(last, items.len())
            .filter(|at| *at < items.len())
            .map(|at| items.remove(at)),
        Data::Scalar { .. } => None,
    };
    taken.ok_or_else(|| nothing(path))
}

fn test(root: &Value, path: &[String], expected: &Value) -> Result<(), String> {
    let found = look(root, path);
    let fits = match found {
        Some(found) => is_same(found, expected),
        None => expected.is_null(),
    };
    match fits {
        true => Ok(()),
        false => Err(format!("the test of `/{}` fails", path.join("/"))),
    }
}

/// Compares as JSON: the order of keys does not matter.
fn is_same(one: &Value, other: &Value) -> bool {
    match (&one.data, &other.data) {
        (Data::Map(a), Data::Map(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, value)| other.get(key).is_some_and(|it| is_same(value, it)))
        }
        (Data::Seq(a), Data::Seq(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Data::Scalar { typed: Typed::Null, .. }, Data::Scalar { typed: Typed::Null, .. }) => true,
        (Data::Scalar { text: a, typed: t }, Data::Scalar { text: b, typed: u }) => {
            let same = || {
                a.parse::<f64>()
                    .ok()
                    .zip(b.parse::<f64>().ok())
                    .is_some_and(|(a, b)| a == b)
            };
            t == u && (a == b || (*t == Typed::Number && same()))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;

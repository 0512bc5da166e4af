//! Paths as kustomize's configuration has them: through lists without saying so, and made where they are missing.
//!
//! Source: kustomize 5.5, `api/filters/fieldspec/fieldspec.go`.

use super::Id;
use super::value::{Data, Typed, Value};

/// Which objects are meant; an empty text means any.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kinds {
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) kind: &'static str,
}

impl Kinds {
    pub(super) fn fits(&self, id: &Id) -> bool {
        (self.group.is_empty() || self.group == id.group)
            && (self.version.is_empty() || self.version == id.version)
            && (self.kind.is_empty() || self.kind == id.kind)
    }
}

/// What to do where the path ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Nothing.
    Pass,
    /// Make mappings, and one at the end.
    MakeMap,
    /// Make mappings, and an empty text at the end.
    MakeText,
}

/// Splits a path at `/`; `\/` is a slash within a name.
pub(super) fn steps(path: &str) -> Vec<String> {
    let marked = path.replace(r"\/", "\0");
    marked
        .split('/')
        .filter(|it| !it.is_empty())
        .map(|it| it.replace('\0', "/"))
        .collect()
}

/// Calls `act` with every value at the path. What is made bears the place of `like`.
pub(super) fn visit(
    value: &mut Value,
    path: &[String],
    (missing, like): (Missing, &Value),
    act: &mut dyn FnMut(&mut Value),
) {
    let Some((first, rest)) = path.split_first() else {
        act(value);
        return;
    };
    match &mut value.data {
        Data::Scalar { .. } => {}
        Data::Seq(items) => items
            .iter_mut()
            .for_each(|item| visit(item, path, (missing, like), act)),
        Data::Map(_) => {
            let name = first.strip_suffix("[]").unwrap_or(first);
            let is_made = missing != Missing::Pass && name == first;
            let made = match (missing, rest.is_empty()) {
                (Missing::MakeText, true) => Data::Scalar {
                    text: String::new(),
                    typed: Typed::Text,
                },
                _ => Data::Map(Vec::new()),
            };
            let there = value.get(name);
            if is_made && there.is_none_or(Value::is_null) {
                value.set(name, like.with(made));
            }
            if let Some(next) = value.get_mut(name) {
                visit(next, rest, (missing, like), act);
            }
        }
    }
}

//! The operations of a JSON patch, read as what they say about a field.
//!
//! Source: RFC 6902, and RFC 6901 for the pointers.

use super::patch::Doc;
use super::typing::Leaf;
use super::way::{Turn, Way, step_down, take};
use crate::error::{Error, Hint, Kind};
use crate::manifest::rendered::Value;
use crate::yaml::{NodeId, NodeKind, Tree};

/// An operation that says something about a field.
pub(super) struct Hit {
    /// Its place in the list, from 0.
    pub(super) op: usize,
    /// The value that the field gets.
    pub(super) node: NodeId,
    /// How many turns of the way the pointer of the operation takes; its value goes on from there.
    pub(super) turns: usize,
}

/// Finds the operation that sets the field, the last if there are several. `before` is the object that the patch is laid over.
///
/// # Errors
/// [`Kind::Refused`] `patch-deletes` for an operation that takes away what the field lies in.
pub(super) fn find(doc: &Doc, (before, way): (&Value, &Way)) -> Result<Option<Hit>, Error> {
    let Some(root) = doc.root() else { return Ok(None) };
    let tree = doc.tree();
    if tree.kind(root) != NodeKind::Seq {
        return Ok(None);
    }
    let mut hit = None;
    for (at, op) in tree.items(root).enumerate() {
        let text = |key: &str| tree.get(op, key).map(|node| tree.text(tree.resolve(node)).to_owned());
        let (Some(verb), Some(path)) = (text("op"), text("path")) else {
            continue;
        };
        let Some((turns, is_appended)) = prefix(&path, (before, way)) else {
            continue;
        };
        match (verb.as_str(), tree.get(op, "value")) {
            ("remove", _) => {
                let message = format!("a patch takes away what `{}` lies in", way.shown);
                return Err(Error::new(Kind::Refused, "patch-deletes", message)
                    .at(doc.place(op))
                    .hint(Hint::Say(format!("take that out of `{}` first", doc.file))));
            }
            ("add" | "replace", Some(value)) => {
                let fits = !is_appended || is_that_item(tree, value, &way.turns[turns - 1]);
                let rest = way.turns[turns..]
                    .iter()
                    .try_fold(value, |node, turn| step_down(tree, node, turn));
                if let (true, Some(node)) = (fits, rest) {
                    hit = Some(Hit { op: at, node, turns });
                }
            }
            _ => {}
        }
    }
    Ok(hit)
}

fn is_that_item(tree: &Tree, value: NodeId, turn: &Turn) -> bool {
    let Turn::Item(identity) = turn else { return false };
    tree.kind(value) == NodeKind::Map
        && identity
            .iter()
            .all(|(key, text)| tree.get(value, key).is_some_and(|node| tree.text(node) == text))
}

/// How many turns of the way a pointer takes, if it leads to the field or to what it lies in; and whether its last step
/// makes an item (`-`, or a place that the list does not have).
fn prefix(pointer: &str, (before, way): (&Value, &Way)) -> Option<(usize, bool)> {
    let mut here = Some(before);
    let mut turns = 0;
    let mut is_appended = false;
    for part in pointer.strip_prefix('/')?.split('/') {
        if is_appended {
            return None;
        }
        let part = part.replace("~1", "/").replace("~0", "~");
        let turn = way.turns.get(turns)?;
        match turn {
            Turn::Key(key) if *key == part => {}
            Turn::Item(_) | Turn::Position(_) => {
                let items = here.map(Value::items).unwrap_or_default();
                let meant = here.and_then(|value| take(value, turn));
                match (part.parse::<usize>(), meant) {
                    (Ok(at), Some(meant)) if items.get(at).is_some_and(|item| std::ptr::eq(item, meant)) => {}
                    (_, None) if matches!(turn, Turn::Item(_)) => is_appended = true,
                    _ => return None,
                }
            }
            _ => return None,
        }
        here = here.and_then(|value| take(value, turn));
        turns += 1;
    }
    Some((turns, is_appended))
}

/// The pointer that leads to a field of an object, as far as it is there; and how many turns that is. One more key may follow.
pub(super) fn pointer(root: &Value, way: &Way) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut here = root;
    for (done, turn) in way.turns.iter().enumerate() {
        let next = take(here, turn);
        match turn {
            Turn::Key(key) => {
                text.push('/');
                text.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Turn::Item(_) | Turn::Position(_) => match next {
                Some(next) => {
                    let at = here.items().iter().position(|item| std::ptr::eq(item, next))?;
                    text.push_str(&format!("/{at}"));
                }
                None => text.push_str("/-"),
            },
            Turn::End => text.push_str("/-"),
        }
        match next {
            Some(next) => here = next,
            None => return Some((text, done + 1)),
        }
    }
    Some((text, way.turns.len()))
}

/// An operation that gives a field a value.
pub(super) fn operation((root, way): (&Value, &Way), value: &dyn Fn(usize) -> Leaf) -> Option<Leaf> {
    let (path, turns) = pointer(root, way)?;
    let verb = match way.value(root) {
        Some(_) => "replace",
        None => "add",
    };
    Some(Leaf::Map(vec![
        ("op".to_owned(), Leaf::Text(verb.to_owned())),
        ("path".to_owned(), Leaf::Text(path)),
        ("value".to_owned(), value(turns)),
    ]))
}

//! What kustomize renders, as data, with the hashes of generated names taken off.

use std::path::Path;
use std::process::Command;

use rakops::yaml::{Limits, NodeId, NodeKind, Path as FieldPath, Step, Tree, is_number, parse};
use serde_json::{Map, Value};

/// One build.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Build {
    /// As it was printed, but for the hashes.
    pub(super) text: String,
    pub(super) objects: Vec<Value>,
}

impl Build {
    /// Has a directory rendered; the error is what was said.
    pub(super) fn of(words: &[&str], directory: &Path) -> Result<Build, String> {
        let mut command = Command::new("timeout");
        command.arg("30").args(words).arg(directory);
        let output = command.output().map_err(|cause| cause.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let text = String::from_utf8(output.stdout).map_err(|cause| cause.to_string())?;
        let mut plain = text.clone();
        for object in objects(&text)? {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            if let Some(without) = without_hash(&object, name) {
                plain = plain.replace(name, without);
            }
        }
        let objects = objects(&plain)?;
        Ok(Build { text: plain, objects })
    }

    /// What is typed for an object, if that means it and no other.
    pub(super) fn word(&self, at: usize) -> Option<String> {
        let words: Vec<String> = self.objects.iter().map(|it| word(it, "")).collect();
        if words.iter().filter(|it| **it == words[at]).count() == 1 {
            return Some(words[at].clone());
        }
        let namespace = self.objects[at]["metadata"]["namespace"].as_str()?;
        Some(word(&self.objects[at], &format!("{namespace}/")))
    }
}

fn word(object: &Value, namespace: &str) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!(
        "{}/{namespace}{}",
        text(&object["kind"]),
        text(&object["metadata"]["name"])
    )
}

/// The name of a generated object without its hash.
fn without_hash<'n>(object: &Value, name: &'n str) -> Option<&'n str> {
    let (rest, hash) = name.rsplit_once('-')?;
    let is_data = matches!(object["kind"].as_str(), Some("ConfigMap" | "Secret"));
    let is_hash = hash.len() == 10 && hash.chars().all(|c| "2456789bcdfghkmt".contains(c));
    (is_data && is_hash).then_some(rest)
}

fn objects(text: &str) -> Result<Vec<Value>, String> {
    let tree = parse(text.as_bytes().to_vec(), Limits::default()).map_err(|refusal| format!("{refusal:?}"))?;
    let roots = tree.documents().iter().filter_map(|document| document.root());
    Ok(roots.map(|root| value(&tree, root)).collect())
}

fn value(tree: &Tree, node: NodeId) -> Value {
    match tree.kind(node) {
        NodeKind::Map => {
            let entries = tree.entries(node);
            Value::Object(
                entries
                    .map(|(key, inner)| (tree.text(key).to_owned(), value(tree, inner)))
                    .collect(),
            )
        }
        NodeKind::Seq => Value::Array(tree.items(node).map(|item| value(tree, item)).collect()),
        NodeKind::Empty => Value::Null,
        NodeKind::Plain => match tree.text(node) {
            "null" | "~" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text if is_number(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
            text => Value::String(text.to_owned()),
        },
        _ => Value::String(tree.text(node).to_owned()),
    }
}

/// The value that a path leads to.
pub(super) fn get<'v>(root: &'v Value, path: &FieldPath) -> Option<&'v Value> {
    path.steps().iter().try_fold(root, |here, step| match step {
        Step::Key(key) => here.get(key),
        Step::Index(at) => here.get(*at as usize),
        Step::Where { key, is } => item_at(here, (key, is)).and_then(|at| here.get(at)),
        Step::End => None,
    })
}

/// The place of the item that a step names.
fn item_at(list: &Value, (key, is): (&str, &str)) -> Option<usize> {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    list.as_array()?
        .iter()
        .position(|item| item.get(key).is_some_and(|it| shown(it) == is))
}

/// Takes the field out, with the collections that hold nothing but it and were not there in `other`; and the items of lists that
/// hold nothing but their names then.
pub(super) fn without(root: &Value, path: &FieldPath, other: &Value) -> Value {
    let mut copy = root.clone();
    take_out(&mut copy, path.steps(), Some(other));
    copy
}

/// Returns whether nothing is left that anybody asked for.
fn take_out(here: &mut Value, steps: &[Step], other: Option<&Value>) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return true;
    };
    match (step, here) {
        (Step::Key(key), Value::Object(entries)) => {
            let there = other.and_then(|it| it.get(key));
            let is_gone = entries
                .get_mut(key)
                .is_some_and(|inner| take_out(inner, rest, there) && (rest.is_empty() || there.is_none()));
            if is_gone {
                entries.remove(key);
            }
            entries.is_empty()
        }
        (Step::Where { key, is }, list @ Value::Array(_)) => {
            let there = other.and_then(|it| it.get(item_at(it, (key, is))?));
            let Some(at) = item_at(list, (key, is)) else {
                return false;
            };
            let Value::Array(items) = list else { return false };
            take_out(&mut items[at], rest, there);
            let is_named_only = items[at].as_object().is_some_and(|it| it.len() <= 1);
            if there.is_none() && is_named_only {
                items.remove(at);
            }
            items.is_empty()
        }
        (Step::Index(at), Value::Array(items)) => {
            let at = *at as usize;
            match (items.get_mut(at), rest.is_empty()) {
                (Some(item), true) => *item = Value::Null,
                (Some(item), false) => {
                    take_out(item, rest, other.and_then(|it| it.get(at)));
                }
                (None, _) => {}
            }
            false
        }
        _ => false,
    }
}

/// Every scalar of an object with its path, but those that say whose it is.
pub(super) fn scalars(object: &Value) -> Vec<(FieldPath, Value)> {
    let mut found = Vec::new();
    gather(object, &FieldPath::default(), &mut found);
    let is_name = |path: &FieldPath| {
        let path = path.to_string();
        ["apiVersion", "kind", "metadata.name", "metadata.namespace"].contains(&path.as_str())
    };
    found.retain(|(path, _)| !is_name(path));
    found
}

fn gather(here: &Value, path: &FieldPath, found: &mut Vec<(FieldPath, Value)>) {
    match here {
        Value::Object(entries) => {
            let key = |key: &String| path.join(Step::Key(key.clone()));
            entries
                .iter()
                .for_each(|(name, inner)| gather(inner, &key(name), found));
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                gather(item, &path.join(step_to(items, at)), found);
            }
        }
        _ => found.push((path.clone(), here.clone())),
    }
}

/// How a person names an item: by its name, if no other has it.
pub(super) fn step_to(items: &[Value], at: usize) -> Step {
    for key in ["name", "mountPath", "containerPort", "port"] {
        let Some(is) = items[at].get(key) else { continue };
        if items.iter().filter(|item| item.get(key) == Some(is)).count() == 1
            && items.iter().all(|it| it.get(key).is_some())
        {
            return Step::Where {
                key: key.to_owned(),
                is: is.as_str().map_or_else(|| is.to_string(), str::to_owned),
            };
        }
    }
    Step::Index(u32::try_from(at).unwrap())
}

/// The entries of a mapping; none for anything else.
pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

//! `configMapGenerator` and `secretGenerator`.
//!
//! Source: kustomize 5.5, `api/internal/generators`, `api/kv/kv.go`, `kyaml/yaml/datamap.go`, `AbsorbAll` in
//! `api/resmap/reswrangler.go`.

use std::rc::Rc;

use super::build::{Build, Kustomization, append, fault};
use super::item::Item;
use super::value::{Data, Typed, Value};
use super::{BlindWhy, Origin};
use crate::error::{Error, Kind};
use crate::manifest::kustomization::join;
use crate::text::code;

/// A key of the data, and what it holds.
struct Pair {
    key: String,
    held: Held,
    /// Where it stands; bears the file, line and column of the text.
    at: Value,
}

enum Held {
    Text(String),
    /// No UTF-8.
    Bytes(Vec<u8>),
}

/// Makes what the generators of a kustomization make.
pub(super) fn run(build: &mut Build<'_>, it: &Kustomization, items: &mut Vec<Item>) -> Result<(), Error> {
    for list in ["configMapGenerator", "secretGenerator"] {
        for (number, entry) in it.list(list) {
            let Some(item) = make(build, it, (list, number), entry)? else {
                continue;
            };
            absorb(build, (item, entry), items)?;
        }
    }
    Ok(())
}

fn make(
    build: &mut Build<'_>,
    it: &Kustomization,
    (list, number): (&'static str, usize),
    entry: &Value,
) -> Result<Option<Item>, Error> {
    let name = entry.get("name").filter(|it| !it.word().is_empty());
    let Some(name) = name else {
        let message = format!("this entry of `{list}` has no `name`");
        return Err(fault(Kind::Refused, "generator", (message, entry)));
    };
    let is_secret = list == "secretGenerator";
    let map = || entry.with(Data::Map(Vec::new()));
    let mut root = map();
    root.set("apiVersion", entry.saying("v1"));
    root.set("kind", entry.saying(if is_secret { "Secret" } else { "ConfigMap" }));
    let mut metadata = map();
    metadata.set("name", name.saying(name.word()));
    if let Some(namespace) = entry.get("namespace").filter(|it| !it.word().is_empty()) {
        metadata.set("namespace", namespace.saying(namespace.word()));
    }
    for field in ["labels", "annotations"] {
        let told = option_map(it, entry, field);
        if !told.entries().is_empty() {
            metadata.set(field, told);
        }
    }
    root.set("metadata", metadata);
    if is_secret {
        let given = entry.get("type").filter(|it| !it.word().is_empty());
        root.set(
            "type",
            given.map_or_else(|| entry.saying("Opaque"), |it| it.saying(it.word())),
        );
        root.set("data", map());
    }
    for pair in pairs(build, it, entry)? {
        put(&mut root, is_secret, pair)?;
    }
    if let Some(value) = option(it, entry, "immutable") {
        root.set(
            "immutable",
            value.with(Data::Scalar {
                text: "true".to_owned(),
                typed: Typed::Boolean,
            }),
        );
    }
    let origin = Origin::Generator {
        file: it.file.as_ref().to_owned(),
        list,
        item: number,
    };
    let mut item = Item::new(root, origin, &it.file);
    item.is_annotated = true;
    item.is_hashed = option(it, entry, "disableNameSuffixHash").is_none();
    Ok(Some(item))
}

/// The option that says yes: that of the entry, or that of all generators.
fn option<'k>(it: &'k Kustomization, entry: &'k Value, name: &str) -> Option<&'k Value> {
    let own = entry.get("options").and_then(|it| it.get(name));
    let all = it.root.get("generatorOptions").and_then(|it| it.get(name));
    [own, all].into_iter().flatten().find(|it| it.is_true())
}

/// Labels or annotations: those of the entry, and those of all generators that it does not say otherwise.
fn option_map(it: &Kustomization, entry: &Value, field: &str) -> Value {
    let own = entry.get("options").and_then(|it| it.get(field));
    let all = it.root.get("generatorOptions").and_then(|it| it.get(field));
    let mut told = own.or(all).unwrap_or(entry).with(Data::Map(Vec::new()));
    for (key, value) in [all, own].into_iter().flatten().flat_map(Value::entries) {
        told.set(key, value.saying(value.word()));
    }
    told
}

fn put(root: &mut Value, is_secret: bool, pair: Pair) -> Result<(), Error> {
    let (field, text) = match pair.held {
        Held::Text(text) => ("data", text),
        Held::Bytes(bytes) if is_secret => ("data", base64(&bytes)),
        Held::Bytes(bytes) => ("binaryData", base64(&bytes)),
    };
    if root.get(field).is_none() {
        let map = root.with(Data::Map(Vec::new()));
        root.set(field, map);
    }
    let Some(data) = root.get_mut(field) else {
        return Ok(());
    };
    if data.get(&pair.key).is_some() {
        let message = format!("the key `{}` stands twice in this generator", pair.key);
        return Err(fault(Kind::Refused, "generator", (message, &pair.at)));
    }
    data.set(&pair.key, pair.at.saying(text));
    Ok(())
}

/// The data: first of `envs`, then of `literals`, then of `files`.
fn pairs(build: &mut Build<'_>, it: &Kustomization, entry: &Value) -> Result<Vec<Pair>, Error> {
    let mut found = Vec::new();
    let list = |key| entry.get(key).map_or(&[][..], Value::items);
    for named in list("envs")
        .iter()
        .chain(entry.get("env").filter(|it| !it.word().is_empty()))
    {
        if let Some((path, bytes)) = read(build, it, (named.word(), named))? {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            lines(&path.into(), &text, named, &mut found);
        }
    }
    for literal in list("literals") {
        let Some((key, value)) = literal.word().split_once('=').filter(|(key, _)| !key.is_empty()) else {
            let message = format!("`{}` is not of the form KEY=VALUE", literal.word());
            return Err(fault(Kind::Refused, "generator", (message, literal)));
        };
        found.push(Pair {
            key: key.to_owned(),
            held: Held::Text(without_quotes(value).to_owned()),
            at: literal.clone(),
        });
    }
    for named in list("files") {
        let text = named.word();
        let (key, path) = text
            .split_once('=')
            .unwrap_or_else(|| (text.rsplit('/').next().unwrap_or(text), text));
        let Some((path, bytes)) = read(build, it, (path, named))? else {
            continue;
        };
        let mut at = named.clone();
        (at.file, at.line, at.column) = (path.into(), 1, 1);
        found.push(Pair {
            key: key.to_owned(),
            held: String::from_utf8(bytes).map_or_else(|bad| Held::Bytes(bad.into_bytes()), Held::Text),
            at,
        });
    }
    Ok(found)
}

/// Reads a file of data; none, and a note, if it is not there.
fn read(
    build: &mut Build<'_>,
    it: &Kustomization,
    (name, named): (&str, &Value),
) -> Result<Option<(String, Vec<u8>)>, Error> {
    let Some(path) = join(&it.directory, name).filter(|path| build.sources.has_file(path)) else {
        let why = if name.contains("://") {
            BlindWhy::Remote
        } else {
            BlindWhy::Missing
        };
        build.pass_over(why, named);
        return Ok(None);
    };
    let bytes = build.sources.read(&path)?;
    Ok(Some((path, bytes)))
}

/// The lines of an env file.
fn lines(file: &Rc<str>, text: &str, named: &Value, found: &mut Vec<Pair>) {
    for (number, whole) in (1..).zip(text.lines()) {
        let line = if number == 1 {
            whole.trim_start_matches('\u{feff}')
        } else {
            whole
        };
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        let mut at = named.clone();
        at.file = Rc::clone(file);
        at.line = number;
        at.column = (whole.chars().count() - value.chars().count() + 1) as u32;
        found.push(Pair {
            key: key.to_owned(),
            held: Held::Text(value.to_owned()),
            at,
        });
    }
}

/// Takes the quotes off that surround a text.
fn without_quotes(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote).and_then(|it| it.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// Adds what was made, or lays it over what has its name.
fn absorb(build: &Build<'_>, (made, entry): (Item, &Value), items: &mut Vec<Item>) -> Result<(), Error> {
    let id = made.id();
    let behavior = entry.get("behavior").map_or("", Value::word);
    let mut fitting = items
        .iter_mut()
        .filter(|item| item.ids().iter().any(|it| it.is_same(&id)));
    let (old, other) = (fitting.next(), fitting.next());
    let refuse = |message: String| fault(Kind::Refused, "generator", (message, entry));
    match (old, other, behavior) {
        (Some(_), Some(_), _) => Err(refuse(format!("several objects are called `{}/{}`", id.kind, id.name))),
        (Some(old), None, "merge" | "replace") => {
            lay(old, made, behavior);
            Ok(())
        }
        (Some(_), None, _) => {
            let message = format!(
                "`{}/{}` is there already, and this entry has no `behavior: merge`",
                id.kind, id.name
            );
            Err(refuse(message))
        }
        (None, _, "merge" | "replace") if build.blind.is_empty() => {
            Err(refuse(format!("there is no `{}/{}` to {behavior}", id.kind, id.name)))
        }
        // what is not seen may have it
        (None, _, "merge" | "replace") => Ok(()),
        (None, _, _) => append(items, made),
    }
}

/// Labels, annotations, and for `merge` data stay where the new ones do not say otherwise; name and namespace stay; all else is
/// that of the new one.
fn lay(old: &mut Item, made: Item, behavior: &str) {
    let layer = old.layers.len();
    let was = std::mem::replace(&mut old.root, made.root.in_layer(layer));
    let root = &mut old.root;
    if let (Some(metadata), Some(before)) = (root.get_mut("metadata"), was.get("metadata")) {
        for key in ["name", "namespace"] {
            match before.get(key) {
                Some(value) => metadata.set(key, value.clone()),
                None => {
                    metadata.take(key);
                }
            }
        }
        for key in ["labels", "annotations"] {
            unite(metadata, before, key);
        }
    }
    if behavior == "merge" {
        for key in ["data", "binaryData"] {
            unite(root, &was, key);
        }
    }
    old.layers.extend(made.layers);
    old.is_annotated = true;
    old.is_hashed = made.is_hashed;
}

/// Adds the entries that a mapping had before.
fn unite(root: &mut Value, before: &Value, key: &str) {
    let Some(was) = before.get(key).filter(|it| !it.entries().is_empty()) else {
        return;
    };
    let mut all = was.clone();
    for (name, value) in root.get(key).map_or(&[][..], Value::entries) {
        all.set(name, value.clone());
    }
    root.set(key, all);
}

/// Base64 as kustomize breaks it into lines.
pub(super) fn base64(bytes: &[u8]) -> String {
    const WIDTH: usize = 70;
    let text = code::base64(bytes);
    if text.len() <= WIDTH {
        return text;
    }
    let lines: Vec<&str> = (0..text.len())
        .step_by(WIDTH)
        .filter_map(|at| text.get(at..text.len().min(at + WIDTH)))
        .collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::{base64, without_quotes};

    #[test]
    fn bytes_are_written_in_base64() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"f"), "Zg==");
        assert_eq!(base64(b"fo"), "Zm8=");
        assert_eq!(base64(b"foo"), "Zm9v");
        assert_eq!(base64(&[0xff, 0xfe, 0xfd, 0x00]), "//79AA==");
    }

    #[test]
    fn quotes_around_a_literal_are_taken_off_if_both_are_there() {
        assert_eq!(without_quotes("\"a b\""), "a b");
        assert_eq!(without_quotes("'a'"), "a");
        assert_eq!(without_quotes("'a\""), "'a\"");
        assert_eq!(without_quotes("'"), "'");
    }
}

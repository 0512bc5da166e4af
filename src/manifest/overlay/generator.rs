//! Values of generated ConfigMaps and Secrets: literals of a generator, and lines of its `.env` files.

use super::fresh_patch::{kustomization_of, name_below};
use super::places::{Found, own_layers};
use super::typing::Leaf;
use super::way::{Turn, Way};
use super::{Ask, Draft};
use crate::error::{Error, Hint, Kind, Place};
use crate::manifest::kustomization::{directory_of, join};
use crate::manifest::rendered::{LayerKind, Object, Origin};
use crate::manifest::settings::with_line;
use crate::yaml::{AliasPolicy, DocSel, Edit, New, NodeId, NodeKind, Op, Path, Step, Text, Tree};

/// The key of a generated object's data that the way leads to; none if it leads elsewhere, or nothing generates the object.
pub(super) fn key_of(object: &Object, way: &Way) -> Option<String> {
    let Origin::Generator { .. } = &object.origin else {
        return None;
    };
    match way.turns.as_slice() {
        [Turn::Key(data), Turn::Key(key)] if data == "data" => Some(key.clone()),
        _ => None,
    }
}

/// Gives a key another value, where a generator of the overlay has it.
///
/// # Errors
/// [`Kind::Refused`] `whole-file` for a key whose value is a file; what the editor will not do.
pub(super) fn set(
    draft: &mut Draft<'_>,
    (_, object): (&Ask<'_>, &Object),
    (way, leaf): (&Way, &Leaf),
    found: &Found,
) -> Result<(), Error> {
    let key = key_of(object, way).ok_or_else(|| not_a_key(way))?;
    let text = text_of(leaf, &way.shown)?;
    let entry = Entry::open(draft, (object, found))?;
    if entry.file != found.file {
        return entry.set_line(draft, (&key, Some(text)), found);
    }
    let at = entry.literal(&key)?;
    let old = entry.tree.text(entry.tree.resolve(at));
    let quote = old.split_once('=').and_then(|(_, value)| quote_of(value));
    let literal = match quote {
        Some(quote) => format!("{key}={quote}{text}{quote}"),
        None => literal(&key, text),
    };
    let to = Text::Str(&literal);
    let edit = entry.tree.plan(Op::Set {
        at,
        to,
        alias: AliasPolicy::Refuse,
    });
    let edit = edit.map_err(|refusal| refusal.into_error(&entry.file))?;
    draft.edit(&entry.file, &entry.tree, vec![edit])
}

fn not_a_key(way: &Way) -> Error {
    let message = format!("`{}` is made by a generator, key by key", way.shown);
    Error::new(Kind::Refused, "path-does-not-fit", message).hint(Hint::Say("name one key: data.KEY=VALUE".into()))
}

/// Takes a key away, where a generator of the overlay has it; with an entry that says nothing then, the entry.
///
/// # Errors
/// As [`set`].
pub(super) fn unset(draft: &mut Draft<'_>, object: &Object, way: &Way, found: &Found) -> Result<(), Error> {
    let key = key_of(object, way).ok_or_else(|| not_a_key(way))?;
    let entry = Entry::open(draft, (object, found))?;
    if entry.file != found.file {
        return entry.set_line(draft, (&key, None), found);
    }
    let tree = &entry.tree;
    let at = entry.literal(&key)?;
    let count = |name: &str| {
        let list = tree.get(entry.node, name);
        list.map_or(0, |list| tree.items(list).count())
    };
    let is_merge = tree
        .get(entry.node, "behavior")
        .is_some_and(|node| tree.text(node) == "merge");
    let is_last = count("literals") == 1;
    let says_nothing =
        is_merge && is_last && count("files") + count("envs") == 0 && tree.get(entry.node, "env").is_none();
    let child = match (says_nothing, is_last) {
        (true, _) => {
            let list = tree.parent(entry.node).unwrap_or(entry.node);
            match tree.items(list).count() {
                1 => list,
                _ => entry.node,
            }
        }
        (false, true) => tree.parent(at).unwrap_or(at),
        (false, false) => at,
    };
    let edit = tree.plan(Op::Remove { child });
    let edit = edit.map_err(|refusal| refusal.into_error(&entry.file))?;
    draft.edit(&entry.file, &entry.tree, vec![edit])
}

/// Adds a key: to the overlay's own entry for the object, or to one that is laid over the base's.
///
/// # Errors
/// What the editor will not do.
pub(super) fn add(
    draft: &mut Draft<'_>,
    (ask, object): (&Ask<'_>, &Object),
    (key, leaf): (&str, &Leaf),
) -> Result<String, Error> {
    let literal = literal(key, text_of(leaf, key)?);
    let own = own_layers(ask, object).rev().find_map(|(layer, kind)| match kind {
        LayerKind::Generator { list, item } => Some((layer, *list, *item)),
        _ => None,
    });
    if let Some((layer, list, item)) = own {
        let file = object.layers[layer].kustomization.clone();
        let tree = draft.sources().tree(&file)?;
        let path = entry_path(list, item)
            .join(Step::Key("literals".to_owned()))
            .join(Step::End);
        let edit = tree
            .plan_set_path(
                (DocSel::Only, &path),
                crate::yaml::Wanted::As(Text::Str(&literal)),
                crate::yaml::Missing::CreateParents,
            )
            .map_err(|error| error.into_error(&file))?;
        draft.edit(&file, &tree, vec![edit])?;
        return Ok(file);
    }
    let list = match &object.origin {
        Origin::Generator { list, .. } => *list,
        Origin::Manifest { .. } => "configMapGenerator",
    };
    let file =
        kustomization_of(draft, ask.directory).ok_or_else(|| Error::bug("an overlay without a kustomization"))?;
    let tree = draft.sources().tree(&file)?;
    let name = name_below(object);
    let namespace = object.inherited.as_ref().and_then(|root| {
        let namespace = root.get("metadata")?.get("namespace")?.text()?;
        Some(namespace.to_owned())
    });
    let mut entries = vec![
        ("name", New::Text(Text::Str(&name))),
        ("behavior", New::Text(Text::Str("merge"))),
    ];
    if let Some(namespace) = &namespace {
        entries.insert(1, ("namespace", New::Text(Text::Str(namespace))));
    }
    entries.push(("literals", New::Seq(vec![New::Text(Text::Str(&literal))])));
    let edit = add_item(&tree, (&file, list), New::Map(entries))?;
    draft.edit(&file, &tree, vec![edit])?;
    Ok(file)
}

/// Plans to add an item to a list of a kustomization, which is made if it is not there.
///
/// # Errors
/// What the editor will not do.
pub(super) fn add_item(tree: &Tree, (file, list): (&str, &str), value: New<'_>) -> Result<Edit, Error> {
    let root = tree.documents().first().and_then(|document| document.root());
    let root = root.filter(|root| tree.kind(*root) == NodeKind::Map).ok_or_else(|| {
        let message = format!("`{file}` holds no mapping to add `{list}:` to");
        Error::new(Kind::Refused, "not-a-kustomization", message).at(Place::file(file))
    })?;
    let op = match tree.get(root, list) {
        Some(seq) => Op::InsertItem {
            seq,
            value,
            after: None,
        },
        None => Op::InsertKey {
            map: root,
            key: list,
            value: New::Seq(vec![value]),
            after: None,
        },
    };
    tree.plan(op).map_err(|refusal| refusal.into_error(file))
}

/// An entry of a generator list.
struct Entry {
    /// The kustomization.
    file: String,
    tree: Tree,
    node: NodeId,
}

impl Entry {
    fn open(draft: &Draft<'_>, (object, found): (&Object, &Found)) -> Result<Entry, Error> {
        let layer = &object.layers[found.layer];
        let LayerKind::Generator { list, item } = &layer.kind else {
            return Err(Error::bug("a generated value of no generator"));
        };
        let file = layer.kustomization.clone();
        let tree = draft.sources().tree(&file)?;
        let node = tree
            .find(DocSel::Only, &entry_path(list, *item))
            .map_err(|error| error.into_error(&file))?;
        Ok(Entry { file, tree, node })
    }

    /// The literal of a key; the last if there are several.
    fn literal(&self, key: &str) -> Result<NodeId, Error> {
        let list = self
            .tree
            .get(self.node, "literals")
            .filter(|list| self.tree.kind(*list) == NodeKind::Seq);
        let items: Vec<NodeId> = list.map(|list| self.tree.items(list).collect()).unwrap_or_default();
        let is_it = |item: &&NodeId| {
            let text = self.tree.text(self.tree.resolve(**item));
            text.split_once('=').is_some_and(|(name, _)| name == key)
        };
        let found = items.iter().rev().find(is_it).copied();
        found.ok_or_else(|| Error::bug("a literal that is not there any more"))
    }

    /// Sets or takes away a line of an `.env` file.
    fn set_line(&self, draft: &mut Draft<'_>, (key, value): (&str, Option<&str>), found: &Found) -> Result<(), Error> {
        let file = &found.file;
        if self.reads_whole(file) {
            let message = format!("the value of `{key}` is the whole file `{file}`");
            return Err(Error::new(Kind::Refused, "whole-file", message)
                .at(Place::file(file))
                .hint(Hint::Say(format!("edit `{file}` itself"))));
        }
        if value.is_some_and(|value| value.contains(['\n', '\r'])) {
            let message = format!("a line of `{file}` cannot hold a value of several lines");
            return Err(Error::new(Kind::Refused, "value-type", message).at(Place::file(file)));
        }
        let bytes = draft.sources().read(file)?;
        draft.write(file, with_line(&bytes, key, value));
        Ok(())
    }

    /// Tells whether a file is named by `files:`, not by `envs:`.
    fn reads_whole(&self, file: &str) -> bool {
        let Some(list) = self.tree.get(self.node, "files") else {
            return false;
        };
        let directory = directory_of(&self.file);
        self.tree.items(list).any(|item| {
            let text = self.tree.text(self.tree.resolve(item));
            let path = text.split_once('=').map_or(text, |(_, path)| path);
            join(directory, path).as_deref() == Some(file)
        })
    }
}

fn entry_path(list: &str, item: usize) -> Path {
    Path::default()
        .join(Step::Key(list.to_owned()))
        .join(Step::Index(item as u32))
}

/// The quotes that a value stands between.
fn quote_of(value: &str) -> Option<char> {
    ['"', '\'']
        .into_iter()
        .find(|quote| value.len() > 1 && value.starts_with(*quote) && value.ends_with(*quote))
}

/// Source: kustomize 5.5, `kv.go`: of a value between quotes they are taken off, so a second pair keeps them.
fn literal(key: &str, value: &str) -> String {
    match quote_of(value) {
        Some('"') => format!("{key}='{value}'"),
        Some(_) => format!("{key}=\"{value}\""),
        None => format!("{key}={value}"),
    }
}

fn text_of<'l>(leaf: &'l Leaf, shown: &str) -> Result<&'l str, Error> {
    match leaf {
        Leaf::Text(text) | Leaf::Bare(text) => Ok(text),
        Leaf::Map(_) | Leaf::Seq(_) => {
            let message = format!("`{shown}` is a text of a generator, not a list or a mapping");
            Err(Error::new(Kind::Refused, "value-type", message))
        }
    }
}

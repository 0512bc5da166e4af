//! Reads the settings of one file.

use std::collections::HashSet;

use super::{Form, Key, Setting, Written, secret};
use crate::manifest::kustomization::{Kustomization, is_kustomization};
use crate::manifest::locate::{self, Declared};
use crate::manifest::site::{Part, Spot};
use crate::yaml::{self, Inner, NodeId, NodeKind, Path, Step, Tree, is_string_everywhere};

/// How a file of an environment is looked at.
pub(crate) struct Frame<'f> {
    /// Path relative to the root.
    pub(crate) file: &'f str,
    /// The app that it belongs to.
    pub(crate) app: &'f str,
    /// The file as selectors call it.
    pub(crate) name: &'f str,
    /// Takes the names of environments out of a text.
    pub(crate) blank: &'f dyn Fn(&str) -> String,
    pub(crate) declared: &'f Declared,
}

/// Returns the settings of a file, in file order; none of a file that holds neither YAML nor lines of `KEY=VALUE`.
pub(crate) fn read(frame: &Frame<'_>, bytes: &[u8]) -> Vec<Setting> {
    let name = frame.file.rsplit('/').next().unwrap_or(frame.file);
    let is_yaml = is_kustomization(frame.file) || [".yaml", ".yml", ".json"].iter().any(|it| name.ends_with(it));
    if is_yaml {
        return match yaml::parse(bytes.to_vec(), yaml::Limits::default()) {
            Ok(tree) => read_tree(frame, &tree),
            Err(_) => Vec::new(),
        };
    }
    match name.ends_with(".env") || name.ends_with(".properties") || name == "env" {
        true => read_lines(frame, bytes),
        false => Vec::new(),
    }
}

fn read_lines(frame: &Frame<'_>, bytes: &[u8]) -> Vec<Setting> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut settings = Vec::new();
    for (line, of) in (1..).zip(text.lines()) {
        let Some((key, value)) = of.split_once('=').filter(|_| !of.trim_start().starts_with('#')) else {
            continue;
        };
        let key = key.trim();
        settings.push(Setting {
            file: frame.file.to_owned(),
            raw: frame.key(frame.name, key.to_owned()),
            key: frame.key(&(frame.blank)(frame.name), key.to_owned()),
            value: value.trim_end_matches('\r').to_owned(),
            line,
            column: 1,
            is_secret: false,
            form: Form::Line { key: key.to_owned() },
        });
    }
    settings
}

impl Frame<'_> {
    fn key(&self, what: &str, path: String) -> Key {
        Key {
            app: self.app.to_owned(),
            what: what.to_owned(),
            path,
        }
    }
}

fn read_tree(frame: &Frame<'_>, tree: &Tree) -> Vec<Setting> {
    let sites = locate::sites(frame.file, tree, frame.declared);
    let versions = sites
        .iter()
        .flat_map(|site| &site.parts)
        .filter_map(Part::spot)
        .collect();
    let mut reader = Reader {
        frame,
        tree,
        versions,
        settings: Vec::new(),
    };
    let is_build = is_kustomization(frame.file) && Kustomization::of(frame.file, tree).is_some();
    for (document, of) in (1..).zip(tree.documents()) {
        let Some(root) = of.root() else { continue };
        match is_build {
            true => reader.kustomization(document, root),
            false => {
                let what = object(tree, root).unwrap_or_else(|| frame.name.to_owned());
                reader.walk(&Place::of(document, what), root, &Path::default());
            }
        }
    }
    reader.settings
}

/// `ConfigMap/app`; none if the document says of itself no such thing.
pub(super) fn object(tree: &Tree, root: NodeId) -> Option<String> {
    let text = |map: NodeId, key: &str| {
        let node = tree.resolve(tree.get(map, key)?);
        tree.is_scalar(node).then(|| tree.text(node).to_owned())
    };
    if tree.kind(root) != NodeKind::Map {
        return None;
    }
    let metadata = tree.resolve(tree.get(root, "metadata")?);
    let name = (tree.kind(metadata) == NodeKind::Map)
        .then(|| text(metadata, "name"))
        .flatten()?;
    Some(format!("{}/{name}", text(root, "kind")?))
}

/// Where the reader is.
struct Place {
    document: u32,
    what: String,
    block: Option<NodeId>,
    /// What stands before the paths of the nodes.
    prefix: String,
    is_secret: bool,
}

impl Place {
    fn of(document: u32, what: String) -> Place {
        Place {
            document,
            is_secret: what.starts_with("Secret/"),
            what,
            block: None,
            prefix: String::new(),
        }
    }

    /// The same, of something whose values are secrets.
    fn secret(&self) -> Place {
        Place {
            what: self.what.clone(),
            prefix: self.prefix.clone(),
            is_secret: true,
            ..*self
        }
    }
}

struct Reader<'r> {
    frame: &'r Frame<'r>,
    tree: &'r Tree,
    versions: HashSet<Spot>,
    settings: Vec<Setting>,
}

impl Reader<'_> {
    /// Everything below a node of the file itself.
    fn walk(&mut self, place: &Place, node: NodeId, path: &Path) {
        let tree = self.tree;
        self.walk_in((place, tree, None), node, path);
    }

    fn walk_in(&mut self, at: (&Place, &Tree, Option<&Inner>), node: NodeId, path: &Path) {
        let (place, tree, inner) = at;
        match tree.kind(node) {
            NodeKind::Map if !place.is_secret && secret::is_whole(tree, node) => {
                self.walk_in((&place.secret(), tree, inner), node, path);
            }
            NodeKind::Map => {
                let is_object = path.steps().is_empty() && place.what.contains('/') && object(tree, node).is_some();
                for (key, value) in tree.entries(node).collect::<Vec<_>>() {
                    let key = tree.text(key);
                    if is_object && matches!(key, "apiVersion" | "kind" | "status") {
                        continue;
                    }
                    let is_name = key == "name"
                        && matches!(path.steps(), [Step::Key(first)] if first == "metadata")
                        && place.what.contains('/');
                    if !is_name {
                        self.walk_in(at, value, &path.join(Step::Key(key.to_owned())));
                    }
                }
            }
            NodeKind::Seq => {
                for (index, item) in (0..).zip(tree.items(node).collect::<Vec<_>>()) {
                    let resolved = tree.resolve(item);
                    if tree.is_scalar(resolved) && place.block.is_none() {
                        self.item(place, (item, path));
                    } else {
                        self.walk_in(at, item, &path.join(step(tree, resolved, index)));
                    }
                }
            }
            // An alias says what stands elsewhere.
            NodeKind::Alias => {}
            _ => self.leaf(at, node, path),
        }
    }

    fn leaf(&mut self, (place, tree, inner): (&Place, &Tree, Option<&Inner>), node: NodeId, path: &Path) {
        let spot = Spot {
            block: place.block,
            node,
        };
        if self.versions.contains(&spot) {
            return;
        }
        let text = tree.text(node).to_owned();
        let written = match tree.kind(node) {
            NodeKind::Plain | NodeKind::Empty if !is_string_everywhere(&text) => Written::Bare,
            _ => Written::Text,
        };
        let form = match place.block {
            Some(block) => Form::Inline { block, node, written },
            None => Form::Value {
                document: place.document,
                path: path.clone(),
                written,
            },
        };
        let (line, column) = inner.map_or_else(|| tree.pos(node), |inner| inner.pos(self.tree, node));
        let shown = match (place.prefix.is_empty(), path.steps().is_empty()) {
            (true, _) => path.to_string(),
            (false, true) => place.prefix.clone(),
            (false, false) => format!("{}.{path}", place.prefix),
        };
        self.push(place, shown, (text, (line, column), form));
    }

    fn item(&mut self, place: &Place, (node, list): (NodeId, &Path)) {
        let spot = Spot { block: None, node };
        let text = self.tree.text(self.tree.resolve(node)).to_owned();
        if self.versions.contains(&spot) || self.tree.kind(node) == NodeKind::Alias {
            return;
        }
        let form = Form::Item {
            document: place.document,
            list: list.clone(),
            node,
        };
        // Equal items are equal settings: what they are called says what they are.
        let value = (self.frame.blank)(&text);
        let shown = format!("{list}[{value}]");
        let at = self.tree.pos(node);
        self.push(place, shown, (value, at, form));
    }

    fn push(&mut self, place: &Place, path: String, (value, (line, column), form): (String, (u32, u32), Form)) {
        self.settings.push(Setting {
            file: self.frame.file.to_owned(),
            raw: self.frame.key(&place.what, path.clone()),
            key: self.frame.key(&(self.frame.blank)(&place.what), path),
            value,
            line,
            column,
            is_secret: place.is_secret,
            form,
        });
    }

    /// A kustomization: generators and inline patches are settings of the objects that they are for.
    fn kustomization(&mut self, document: u32, root: NodeId) {
        let tree = self.tree;
        let own = Place::of(document, self.frame.name.to_owned());
        for (key, value) in tree.entries(root).collect::<Vec<_>>() {
            let name = tree.text(key);
            let path = Path::default().join(Step::Key(name.to_owned()));
            match name {
                "apiVersion" | "kind" | "images" | "imageTags" => {}
                "configMapGenerator" => self.generators(&own, (value, name, "ConfigMap")),
                "secretGenerator" => self.generators(&own, (value, name, "Secret")),
                "patches" | "patchesJson6902" | "patchesStrategicMerge" => self.patches(&own, value, &path),
                _ => self.walk(&own, value, &path),
            }
        }
    }

    fn generators(&mut self, own: &Place, (list, key, kind): (NodeId, &str, &str)) {
        let tree = self.tree;
        if tree.kind(list) != NodeKind::Seq {
            return;
        }
        for (index, item) in (0..).zip(tree.items(list).collect::<Vec<_>>()) {
            if tree.kind(item) != NodeKind::Map {
                continue;
            }
            let Some(name) = tree.get(item, "name").map(|it| tree.text(tree.resolve(it)).to_owned()) else {
                continue;
            };
            let made = Place::of(own.document, format!("{kind}/{name}"));
            let path = Path::default()
                .join(Step::Key(key.to_owned()))
                .join(step(tree, item, index));
            for (field, value) in tree.entries(item).collect::<Vec<_>>() {
                match tree.text(field) {
                    "name" => {}
                    "literals" if tree.kind(value) == NodeKind::Seq => {
                        for literal in tree.items(value).collect::<Vec<_>>() {
                            self.literal((&made, key, &name), literal);
                        }
                    }
                    field => {
                        let path = path.join(Step::Key(field.to_owned()));
                        self.walk(&Place::of(own.document, own.what.clone()), value, &path);
                    }
                }
            }
        }
    }

    fn literal(&mut self, (place, list, name): (&Place, &str, &str), node: NodeId) {
        if self.tree.kind(node) == NodeKind::Alias {
            return;
        }
        let Some((key, value)) = self.tree.text(node).split_once('=') else {
            return;
        };
        let form = Form::Literal {
            list: list.to_owned(),
            name: name.to_owned(),
            key: key.to_owned(),
            node,
        };
        let at = self.tree.pos(node);
        self.push(place, format!("data.{key}"), (value.to_owned(), at, form));
    }

    fn patches(&mut self, own: &Place, list: NodeId, path: &Path) {
        let tree = self.tree;
        if tree.kind(list) != NodeKind::Seq {
            return;
        }
        for (index, item) in (0..).zip(tree.items(list).collect::<Vec<_>>()) {
            let block = match tree.kind(item) {
                NodeKind::Map => tree.get(item, "patch"),
                NodeKind::Literal => Some(item),
                _ => None,
            };
            let inner = block.and_then(|block| Some((block, tree.inner(block).ok()?)));
            let hidden = secret::is_patch(tree, item).then(|| own.secret());
            let own = hidden.as_ref().filter(|_| inner.is_none()).unwrap_or(own);
            match inner {
                Some((block, inner)) => self.inline(own, (item, block, &inner)),
                None if tree.is_scalar(item) => self.item(own, (item, path)),
                None => self.walk(own, item, &path.join(step(tree, item, index))),
            }
        }
    }

    fn inline(&mut self, own: &Place, (item, block, inner): (NodeId, NodeId, &Inner)) {
        let patch = inner.tree();
        for document in patch.documents() {
            let Some(root) = document.root() else { continue };
            let place = |what: String, prefix: String| Place {
                block: Some(block),
                prefix,
                ..Place::of(own.document, what)
            };
            if patch.kind(root) == NodeKind::Seq {
                let what = aimed_at(self.tree, item).unwrap_or_else(|| own.what.clone());
                for op in patch.items(root).collect::<Vec<_>>() {
                    let text = |key| patch.get(op, key).map(|it| patch.text(patch.resolve(it)));
                    let (Some(path), Some(value)) = (text("path"), patch.get(op, "value")) else {
                        continue;
                    };
                    let prefix = path.trim_start_matches('/').replace('/', ".").replace("~1", "/");
                    let mut place = place(what.clone(), prefix);
                    place.is_secret |= secret::is_operation(self.tree, item, path);
                    self.walk_in((&place, patch, Some(inner)), value, &Path::default());
                }
            } else if let Some(what) = object(patch, root) {
                let place = place(what, String::new());
                self.walk_in((&place, patch, Some(inner)), root, &Path::default());
            }
        }
    }
}

/// The object that the `target` beside an inline patch names.
fn aimed_at(tree: &Tree, item: NodeId) -> Option<String> {
    let target = tree.resolve(tree.get(item, "target")?);
    let text = |key| Some(tree.text(tree.resolve(tree.get(target, key)?)));
    Some(format!("{}/{}", text("kind")?, text("name")?))
}

/// The step to an item: by its name, or by the path that a patch has, where it has one.
fn step(tree: &Tree, item: NodeId, index: u32) -> Step {
    if tree.kind(item) == NodeKind::Map {
        for key in ["name", "path"] {
            if let Some(value) = tree.get(item, key).map(|it| tree.resolve(it))
                && tree.is_scalar(value)
                && !tree.text(value).is_empty()
            {
                return Step::Where {
                    key: key.to_owned(),
                    is: tree.text(value).to_owned(),
                };
            }
        }
    }
    Step::Index(index)
}

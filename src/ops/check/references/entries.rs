//! Every entry of a kustomization that names a file or a directory, with its place.

use crate::manifest::kustomization::is_remote;
use crate::yaml::{NodeId, NodeKind, Tree};

/// What has to stand where an entry leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    File,
    /// A file, or a directory with a kustomization.
    Resource,
    /// A directory with a kustomization.
    Directory,
}

/// An entry that names something of this repository.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The field that it stands in.
    pub(super) field: &'static str,
    pub(super) text: String,
    pub(super) what: What,
    /// From 1.
    pub(super) line: u32,
    /// In characters, from 1.
    pub(super) column: u32,
    /// In characters.
    pub(super) width: usize,
}

/// Fields that are lists of names.
const LISTS: [(&str, What); 9] = [
    ("resources", What::Resource),
    ("bases", What::Directory),
    ("components", What::Directory),
    ("generators", What::Resource),
    ("transformers", What::Resource),
    ("validators", What::Resource),
    ("patchesStrategicMerge", What::File),
    ("configurations", What::File),
    ("crds", What::File),
];

/// Fields that are lists of mappings, and the keys of those that name a file.
const MAPPINGS: [(&str, &str); 6] = [
    ("patches", "path"),
    ("patchesJson6902", "path"),
    ("replacements", "path"),
    ("helmCharts", "valuesFile"),
    ("helmCharts", "additionalValuesFiles"),
    ("helmChartInflationGenerator", "values"),
];

/// Generators of config maps and secrets, and the keys that name files.
const GENERATORS: [&str; 2] = ["configMapGenerator", "secretGenerator"];

/// Every entry that names something of this repository, in the order of the fields above.
pub(super) fn entries(tree: &Tree) -> Vec<Entry> {
    let mut reader = Reader { tree, all: Vec::new() };
    if let Some(root) = tree.documents().iter().find_map(|document| document.root()) {
        reader.read(root);
    }
    reader.all.sort_by_key(|entry| (entry.line, entry.column));
    reader.all
}

struct Reader<'t> {
    tree: &'t Tree,
    all: Vec<Entry>,
}

impl Reader<'_> {
    fn read(&mut self, root: NodeId) {
        for (field, what) in LISTS {
            for item in self.items(root, field) {
                self.name(item, field, what);
            }
        }
        // `patches` was a list of files once.
        for item in self.items(root, "patches") {
            self.name(item, "patches", What::File);
        }
        for (field, key) in MAPPINGS {
            for item in self.items(root, field) {
                match self.get(item, key) {
                    Some(list) if self.tree.kind(list) == NodeKind::Seq => {
                        for item in self.items(item, key) {
                            self.name(item, field, What::File);
                        }
                    }
                    Some(value) => self.name(value, field, What::File),
                    None => {}
                }
            }
        }
        for field in GENERATORS {
            for item in self.items(root, field) {
                for key in ["files", "envs"] {
                    for file in self.items(item, key) {
                        self.keyed(file, field);
                    }
                }
                if let Some(file) = self.get(item, "env") {
                    self.name(file, field, What::File);
                }
            }
        }
        if let Some(path) = self.get(root, "openapi").and_then(|openapi| self.get(openapi, "path")) {
            self.name(path, "openapi", What::File);
        }
    }

    /// `key=path` names the key in the ConfigMap.
    fn keyed(&mut self, node: NodeId, field: &'static str) {
        let text = self.tree.text(node);
        let path = text.split_once('=').map_or(text, |(_, path)| path).to_owned();
        self.add(node, path, (field, What::File));
    }

    fn name(&mut self, node: NodeId, field: &'static str, what: What) {
        if self.tree.is_scalar(node) {
            self.add(node, self.tree.text(node).to_owned(), (field, what));
        }
    }

    fn add(&mut self, node: NodeId, text: String, (field, what): (&'static str, What)) {
        // An inline patch stands where a path could; what is filled in later is not known yet.
        let is_path = !text.is_empty() && !text.contains('\n') && !text.contains("{{") && !text.contains("${");
        if !is_path || is_remote(&text) || self.tree.kind(node) == NodeKind::Literal {
            return;
        }
        let (line, column) = self.tree.pos(node);
        let source = &self.tree.source()[self.tree.span(node)];
        self.all.push(Entry {
            field,
            text,
            what,
            line,
            column,
            width: source.lines().next().unwrap_or_default().chars().count().max(1),
        });
    }

    fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        let map = self.tree.resolve(map);
        (self.tree.kind(map) == NodeKind::Map)
            .then(|| self.tree.get(map, key))
            .flatten()
            .map(|value| self.tree.resolve(value))
    }

    fn items(&self, map: NodeId, key: &str) -> Vec<NodeId> {
        match self.get(map, key) {
            Some(list) if self.tree.kind(list) == NodeKind::Seq => {
                self.tree.items(list).map(|item| self.tree.resolve(item)).collect()
            }
            _ => Vec::new(),
        }
    }
}

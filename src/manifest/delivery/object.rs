//! Reads delivering objects out of a parsed file.
//!
//! Sources: Argo CD `pkg/apis/application/v1alpha1/types.go`; Flux source-controller `api/v1/gitrepository_types.go`,
//! kustomize-controller `api/v1/kustomization_types.go`, helm-controller `api/v2/helmrelease_types.go`.

use super::template::{self, Element};
use super::{Delivery, Depth, Form, Revision, Source, Written};
use crate::manifest::kustomization::join;
use crate::manifest::site::ObjectName;
use crate::yaml::{NodeId, NodeKind, Tree};

/// All delivering objects of a file, those in lists of objects, too.
pub(super) fn objects(file: &str, tree: &Tree) -> Vec<Delivery> {
    let reader = Reader { file, tree };
    let mut found = Vec::new();
    for root in tree.documents().iter().filter_map(|document| document.root()) {
        reader.object(root, &mut found);
    }
    found
}

pub(super) struct Reader<'t> {
    file: &'t str,
    pub(super) tree: &'t Tree,
}

impl Reader<'_> {
    fn object(&self, root: NodeId, found: &mut Vec<Delivery>) {
        let root = self.tree.resolve(root);
        let (api, kind) = (self.word(root, "apiVersion"), self.word(root, "kind"));
        let (Some(api), Some(kind)) = (api, kind) else { return };
        if kind == "List" {
            for item in self.items(root, "items") {
                self.object(item, found);
            }
            return;
        }
        let group = api.split('/').next().unwrap_or_default();
        let form = match (group, kind) {
            ("argoproj.io", "Application") => Form::Application,
            ("argoproj.io", "ApplicationSet") => Form::ApplicationSet,
            ("source.toolkit.fluxcd.io", "GitRepository") => Form::GitRepository,
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => Form::Kustomization,
            ("helm.toolkit.fluxcd.io", "HelmRelease") => Form::HelmRelease,
            _ => return,
        };
        let metadata = self.child(root, "metadata");
        let of = |key| {
            metadata
                .and_then(|metadata| self.word(metadata, key))
                .unwrap_or_default()
        };
        let object = ObjectName {
            kind: kind.to_owned(),
            name: of("name").to_owned(),
            namespace: of("namespace").to_owned(),
        };
        let Some(spec) = self.child(root, "spec") else { return };
        let sources = match form {
            Form::Application => self.argo(spec, &[Element::new()]),
            Form::ApplicationSet => self.set(spec),
            Form::GitRepository => vec![self.git_repository(spec)],
            Form::Kustomization => vec![self.flux(spec, &object)],
            Form::HelmRelease => self.helm_release(spec, &object),
        };
        let named = metadata
            .and_then(|metadata| self.child(metadata, "name"))
            .unwrap_or(root);
        let (line, column) = self.tree.pos(named);
        found.push(Delivery {
            file: self.file.to_owned(),
            object,
            form,
            line,
            column,
            sources,
        });
    }

    /// `spec.source` and `spec.sources` of an Application, once for each element.
    pub(super) fn argo(&self, spec: NodeId, elements: &[Element]) -> Vec<Source> {
        let mut maps: Vec<NodeId> = self.items(spec, "sources").collect();
        if maps.is_empty() {
            maps.extend(self.child(spec, "source"));
        }
        maps.retain(|map| self.tree.kind(*map) == NodeKind::Map);
        // `ref` names a source that lends its files to the others; paths begin at its root.
        let lenders: Vec<&str> = maps.iter().filter_map(|map| self.word(*map, "ref")).collect();
        let mut found = Vec::new();
        for element in elements {
            let of_one: Vec<Source> = maps.iter().map(|map| self.argo_source(*map, element)).collect();
            let lent: Vec<String> = maps
                .iter()
                .flat_map(|map| self.value_files(*map))
                .filter_map(|file| {
                    let (lender, path) = file.strip_prefix('$')?.split_once('/')?;
                    lenders.contains(&lender).then(|| template::fill(path, element))
                })
                .collect();
            for (map, mut source) in maps.iter().zip(of_one) {
                if self.word(*map, "ref").is_some() {
                    source.values.extend(lent.iter().filter_map(|path| join("", path)));
                }
                found.push(source);
            }
        }
        found
    }

    fn argo_source(&self, map: NodeId, element: &Element) -> Source {
        let is_chart = self.word(map, "chart").is_some();
        let lends_only = self.word(map, "ref").is_some() && self.word(map, "path").is_none();
        let path = match is_chart || lends_only {
            true => None,
            false => join("", &template::fill(self.word(map, "path").unwrap_or_default(), element)),
        };
        let values = self
            .value_files(map)
            .filter(|file| !file.starts_with('$') && !file.contains("://"));
        let values = values.filter_map(|file| {
            let file = template::fill(file, element);
            match file.strip_prefix('/') {
                Some(from_root) => join("", from_root),
                None => join(path.as_deref()?, &file),
            }
        });
        let values: Vec<String> = values.collect();
        let recurses = self
            .child(map, "directory")
            .and_then(|directory| self.word(directory, "recurse"));
        let mut source = self.source(
            map,
            Written {
                map,
                key: "targetRevision",
                value: self.tree.get(map, "targetRevision"),
                after: self.tree.get(map, "path").or_else(|| self.tree.get(map, "repoURL")),
                around: None,
            },
        );
        source.repository = self.word(map, "repoURL").map(|url| template::fill(url, element));
        source.depth = if recurses == Some("true") {
            Depth::Deep
        } else {
            Depth::Flat
        };
        source.path = path;
        source.values = values;
        source.names = element.iter().map(|(_, value)| value.clone()).collect();
        source
    }

    fn value_files(&self, map: NodeId) -> impl Iterator<Item = &str> {
        let helm = self.child(map, "helm");
        let files: Vec<NodeId> = helm
            .map(|helm| self.items(helm, "valueFiles").collect())
            .unwrap_or_default();
        files
            .into_iter()
            .filter(|file| self.tree.is_scalar(*file))
            .map(|file| self.tree.text(file))
    }

    /// Source: Flux, "GitRepository", `.spec.ref`: commit before name, name before semver, semver before tag, tag before
    /// branch.
    fn git_repository(&self, spec: NodeId) -> Source {
        let reference = self.child(spec, "ref");
        let is_map = |node: &NodeId| self.tree.kind(*node) == NodeKind::Map;
        let mut written = Written {
            map: spec,
            key: "branch",
            value: None,
            after: self.tree.get(spec, "url"),
            around: Some("ref"),
        };
        let mut fixed = None;
        if let Some(reference) = reference {
            written = Written {
                map: reference,
                after: None,
                around: None,
                ..written
            };
        }
        if let Some(reference) = reference.filter(is_map) {
            written.value = self.tree.get(reference, "branch");
            let first = ["commit", "name", "semver", "tag"]
                .into_iter()
                .find_map(|key| Some((key, self.tree.get(reference, key)?)));
            let text = |node: NodeId| self.tree.text(self.tree.resolve(node)).to_owned();
            fixed = match first {
                Some(("name", node)) if text(node).starts_with("refs/heads/") => {
                    written.key = "name";
                    written.value = Some(node);
                    None
                }
                Some(("commit", node)) => Some((node, Revision::Fixed("a commit", text(node)))),
                Some(("semver", node)) => Some((node, Revision::Fixed("a range of versions", text(node)))),
                Some((_, node)) => Some((node, Revision::Fixed("a tag", text(node)))),
                None => None,
            };
        }
        let mut source = self.source(spec, written);
        if let Some((node, revision)) = fixed {
            source.revision = revision;
            (source.line, source.column) = self.tree.pos(node);
        }
        source.repository = self.word(spec, "url").map(str::to_owned);
        source
    }

    fn flux(&self, spec: NodeId, object: &ObjectName) -> Source {
        let mut source = self.named_source(spec, object);
        source.path = join("", self.word(spec, "path").unwrap_or_default());
        source
    }

    /// `spec.chart.spec`: a chart in a repository, and value files beside it, from the repository's root.
    fn helm_release(&self, spec: NodeId, object: &ObjectName) -> Vec<Source> {
        let chart = self.child(spec, "chart").and_then(|chart| self.child(chart, "spec"));
        let Some(chart) = chart else { return Vec::new() };
        let mut source = self.named_source(chart, object);
        if source.from.as_ref().is_none_or(|from| from.kind != "GitRepository") {
            return Vec::new();
        }
        source.path = join("", self.word(chart, "chart").unwrap_or_default());
        let files = self
            .items(chart, "valuesFiles")
            .filter(|file| self.tree.is_scalar(*file));
        source.values = files.filter_map(|file| join("", self.tree.text(file))).collect();
        vec![source]
    }

    /// What names its repository through `sourceRef`.
    fn named_source(&self, map: NodeId, object: &ObjectName) -> Source {
        let mut source = Source {
            repository: None,
            from: None,
            path: None,
            depth: Depth::Deep,
            values: Vec::new(),
            names: Vec::new(),
            revision: Revision::Default,
            line: 0,
            column: 0,
            is_own: false,
            written: None,
        };
        let named = self.child(map, "sourceRef");
        (source.line, source.column) = self.tree.pos(named.unwrap_or(map));
        source.from = named.map(|named| {
            let of = |key| self.word(named, key).unwrap_or_default().to_owned();
            ObjectName {
                kind: of("kind"),
                name: of("name"),
                namespace: self.word(named, "namespace").unwrap_or(&object.namespace).to_owned(),
            }
        });
        source.from = source.from.filter(|from| !from.name.is_empty());
        source
    }

    pub(super) fn source(&self, map: NodeId, written: Written) -> Source {
        let text = written.value.map(|value| self.tree.text(self.tree.resolve(value)));
        let (line, column) = self.tree.pos(written.value.unwrap_or(map));
        Source {
            repository: None,
            from: None,
            path: None,
            depth: Depth::Deep,
            values: Vec::new(),
            names: Vec::new(),
            revision: Revision::of(text.unwrap_or_default()),
            line,
            column,
            is_own: false,
            written: Some(written),
        }
    }

    /// The value of a key, aliases and merge keys followed.
    pub(super) fn child(&self, map: NodeId, key: &str) -> Option<NodeId> {
        if self.tree.kind(map) != NodeKind::Map {
            return None;
        }
        let found = self.tree.get(map, key).or_else(|| self.tree.inherited(map, key))?;
        Some(self.tree.resolve(found))
    }

    pub(super) fn word(&self, map: NodeId, key: &str) -> Option<&str> {
        let node = self.child(map, key).filter(|node| self.tree.is_scalar(*node))?;
        Some(self.tree.text(node)).filter(|text| !text.is_empty())
    }

    pub(super) fn items(&self, map: NodeId, key: &str) -> impl Iterator<Item = NodeId> {
        let list = self
            .child(map, key)
            .filter(|list| self.tree.kind(*list) == NodeKind::Seq);
        let items = list.map(|list| self.tree.items(list).map(|item| self.tree.resolve(item)).collect());
        Vec::into_iter(items.unwrap_or_default())
    }
}

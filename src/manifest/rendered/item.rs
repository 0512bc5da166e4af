//! An object on its way through a build, and what it was called on the way.
//!
//! Source: kustomize 5.5, `api/resource/resource.go`, `kyaml/resid/resid.go`.

use std::collections::BTreeSet;

use super::kinds;
use super::value::{Data, Value};
use super::{Id, Layer, LayerKind, Object, Origin};

/// Namespace of objects that have none.
const NOT_A_NAMESPACE: &str = "_non_namespaceable_";

/// An object that is being built.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) root: Value,
    pub(super) origin: Origin,
    pub(super) layers: Vec<Layer>,
    pub(super) inherited: Option<Value>,
    /// What it was called before, oldest first; as kustomize keeps it, with repetitions.
    pub(super) formerly: Vec<Id>,
    pub(super) prefixes: Vec<String>,
    pub(super) suffixes: Vec<String>,
    /// kustomize keeps notes in the annotations of this object while it builds.
    pub(super) is_annotated: bool,
    /// kustomize puts a hash behind its name in the end.
    pub(super) is_hashed: bool,
}

/// Reads what an object is called.
pub(super) fn id_of(root: &Value) -> Id {
    let api = root.get("apiVersion").map_or("", Value::word);
    let (group, version) = api.split_once('/').unwrap_or(("", api));
    let metadata = |key| {
        let value = root.get("metadata").and_then(|it| it.get(key));
        value.map_or("", Value::word).to_owned()
    };
    Id {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: root.get("kind").map_or("", Value::word).to_owned(),
        namespace: metadata("namespace"),
        name: metadata("name"),
    }
}

impl Id {
    pub(super) fn is_cluster_scoped(&self) -> bool {
        kinds::is_cluster_scoped(&self.group, &self.version, &self.kind)
    }

    /// The namespace that two objects are compared by: saying none is saying `default`.
    pub(super) fn effective_namespace(&self) -> &str {
        match self.namespace.as_str() {
            _ if self.is_cluster_scoped() => NOT_A_NAMESPACE,
            "" => "default",
            other => other,
        }
    }

    /// Tells whether both call the same object.
    pub(super) fn is_same(&self, other: &Id) -> bool {
        self.name == other.name
            && self.kind == other.kind
            && self.version == other.version
            && self.group == other.group
            && self.effective_namespace() == other.effective_namespace()
    }
}

impl Item {
    /// An object with its first layer, that `kustomization` reads or makes.
    pub(super) fn new(root: Value, origin: Origin, kustomization: &str) -> Item {
        let kind = match &origin {
            Origin::Manifest { file, document } => LayerKind::Manifest {
                file: file.clone(),
                document: *document,
            },
            Origin::Generator { list, item, .. } => LayerKind::Generator { list, item: *item },
        };
        Item {
            root,
            origin,
            layers: vec![Layer {
                kind,
                kustomization: kustomization.to_owned(),
                before: None,
            }],
            inherited: None,
            formerly: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            is_annotated: false,
            is_hashed: false,
        }
    }

    pub(super) fn id(&self) -> Id {
        id_of(&self.root)
    }

    /// What it was called first.
    pub(super) fn first_id(&self) -> Id {
        self.former_ids().into_iter().next().unwrap_or_else(|| self.id())
    }

    /// What it was called before, in the API that it has now: patches change that of all names.
    pub(super) fn former_ids(&self) -> Vec<Id> {
        let now = self.id();
        let with_api = |id: &Id| Id {
            group: now.group.clone(),
            version: now.version.clone(),
            ..id.clone()
        };
        self.formerly.iter().map(with_api).collect()
    }

    /// All that it was and is called.
    pub(super) fn ids(&self) -> Vec<Id> {
        let mut ids = self.former_ids();
        ids.push(self.id());
        ids
    }

    /// Remembers what it is called now.
    pub(super) fn remember(&mut self) {
        let id = self.id();
        self.is_annotated = true;
        self.formerly.push(Id {
            namespace: id.effective_namespace().to_owned(),
            ..id
        });
    }

    /// Lets a field of a kustomization write values: `write` gets the object and the number of the layer they are in.
    pub(super) fn write(&mut self, (name, kustomization): (&'static str, &str), write: impl FnOnce(&mut Value, usize)) {
        self.write_as(LayerKind::Field { name }, kustomization, write);
    }

    pub(super) fn write_as(&mut self, kind: LayerKind, kustomization: &str, write: impl FnOnce(&mut Value, usize)) {
        let layer = self.layers.len();
        write(&mut self.root, layer);
        if uses(&self.root, layer) {
            self.layers.push(Layer {
                kind,
                kustomization: kustomization.to_owned(),
                before: None,
            });
        }
    }

    pub(super) fn labels(&self, field: &str) -> &[(String, Value)] {
        let metadata = self.root.get("metadata");
        metadata.and_then(|it| it.get(field)).map_or(&[], Value::entries)
    }

    /// Ends the build of this object.
    pub(super) fn finish(mut self) -> Object {
        let is_nothing = |it: &Value| it.is_null() || matches!(&it.data, Data::Map(entries) if entries.is_empty());
        // kustomize keeps notes in the annotations of every object, and takes away what is empty with them
        if let Some(metadata) = self.root.get_mut("metadata")
            && metadata.get("annotations").is_some_and(is_nothing)
        {
            metadata.take("annotations");
        }
        let id = self.id();
        let mut seen = BTreeSet::from([id.clone()]);
        let mut formerly = Vec::new();
        for mut former in self.former_ids() {
            if former.namespace == NOT_A_NAMESPACE || former.namespace == "default" {
                former.namespace.clear();
            }
            if seen.insert(former.clone()) {
                formerly.push(former);
            }
        }
        Object {
            id,
            formerly,
            root: self.root,
            origin: self.origin,
            layers: self.layers,
            inherited: self.inherited,
        }
    }
}

/// Tells whether a layer has written something in a value.
fn uses(value: &Value, layer: usize) -> bool {
    value.layer == layer
        || match &value.data {
            Data::Scalar { .. } => false,
            Data::Map(entries) => entries.iter().any(|(_, value)| uses(value, layer)),
            Data::Seq(items) => items.iter().any(|item| uses(item, layer)),
        }
}

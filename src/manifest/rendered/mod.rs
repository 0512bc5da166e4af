//! What a kustomization is rendered to, and the place that each value comes from.
//!
//! Follows a build as kustomize does it: resources and bases, components, generators, patches, names, namespace, replicas.
//! **Invariant:** a rendering is right or says what it does not know ([`Rendering::blind`]); it never guesses. `kubectl
//! kustomize` is the judge in `tests/outside`.
//! Start reading at [`render`].
//!
//! Source: kustomize 5.5, `api/internal/target/kusttarget.go` and `kyaml/yaml/merge2`.

mod build;
mod fields;
mod find;
mod generate;
mod item;
mod json_patch;
mod kinds;
mod labels;
mod merge;
mod named;
mod patches;
mod read;
mod references;
mod schema;
mod select;
mod source;
#[cfg(test)]
mod tests;
mod transform;
mod typed;
mod unfollowed;
mod value;

pub(crate) use build::render;
pub(crate) use schema::merge_keys;
pub(crate) use source::Sources;
pub(crate) use value::{Data, Typed, Value};

/// What a kustomization is rendered to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rendering {
    /// In the order of the build.
    pub(crate) objects: Vec<Object>,
    /// What was passed over, and may add or change objects: remote bases, Helm charts, plugins, files that are no YAML.
    pub(crate) blind: Vec<Blind>,
    /// The fields that `replacements` of the build write, which are not written here. As they are told: names and paths are
    /// those of kustomize, and a `select` may fit several objects.
    pub(crate) copies: Vec<CopiedField>,
    /// Objects that patches have taken away.
    pub(crate) gone: Vec<Gone>,
}

/// An object that a patch takes away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gone {
    /// As it was called when it went.
    pub(crate) id: Id,
    /// The file that holds the patch.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
}

/// A field that a replacement writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopiedField {
    /// The file that holds the replacement.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    /// Kind of the objects that are written; empty for any.
    pub(crate) kind: String,
    /// Their name; empty for any.
    pub(crate) name: String,
    /// A path of kustomize, such as `spec.template.spec.containers.[name=api].image`.
    pub(crate) path: String,
}

/// Something of a build that is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blind {
    /// The kustomization, or the file, that it stands in.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    pub(crate) why: BlindWhy,
    /// What stands there: the address of a base, the name of a chart.
    pub(crate) text: String,
}

/// Why something is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlindWhy {
    /// A base or resource of another repository.
    Remote,
    /// `helmCharts`, `generators`, `transformers`, `validators`: programs that write or rewrite objects.
    Program,
    /// A file that is not there.
    Missing,
    /// A file that cannot be read as YAML, as templates are.
    Unreadable,
    /// `replacements` or `vars`: they copy values from object to object.
    Copies,
}

/// An object of a rendering.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// As it is in the end.
    pub(crate) id: Id,
    /// What it was called on the way, first name first, without the last one; patches may use any of them.
    pub(crate) formerly: Vec<Id>,
    /// What it says in the end. `data` of a Secret is what the file says, in base64; but what `secretGenerator` puts there is
    /// decoded: such values have a layer of the kind [`LayerKind::Generator`]. Bytes that are no text stay in base64.
    pub(crate) root: Value,
    /// Where it stands: its manifest, or its generator.
    pub(crate) origin: Origin,
    /// What was laid over it, in order of effect. `layers[0]` is its manifest or generator. Values name their layer by index.
    pub(crate) layers: Vec<Layer>,
    /// As it came from the bases into the kustomization that was asked for; none if that made it itself.
    pub(crate) inherited: Option<Value>,
}

/// What an object is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    /// `apps` of `apps/v1`; empty for the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    /// Empty where none is said.
    pub(crate) namespace: String,
    /// Without the hash that kustomize puts behind the names of generated objects.
    pub(crate) name: String,
}

/// Where an object comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A document of a file.
    Manifest {
        file: String,
        /// From 1.
        document: u32,
    },
    /// An entry of `configMapGenerator` or `secretGenerator`; if several were merged, the first one.
    Generator {
        /// The kustomization.
        file: String,
        /// `configMapGenerator`.
        list: &'static str,
        /// Position in the list, from 0.
        item: usize,
    },
}

/// Something that writes values of one object.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) kind: LayerKind,
    /// The kustomization that lays it.
    pub(crate) kustomization: String,
    /// The object as it was before, for patches of the kustomization that was asked for; else none.
    pub(crate) before: Option<Value>,
}

/// What writes values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LayerKind {
    /// The object's own manifest.
    Manifest { file: String, document: u32 },
    /// A strategic merge patch.
    Merge(PatchPlace),
    /// A list of JSON 6902 operations.
    Json(PatchPlace),
    /// An entry of `replicas:`.
    Replicas { item: usize },
    /// An entry of `configMapGenerator` or `secretGenerator`.
    Generator { list: &'static str, item: usize },
    /// `namespace`, `namePrefix`, `nameSuffix`, `images`, `labels`, `commonLabels`, `commonAnnotations`, `replacements`: the
    /// field of the kustomization that writes it. `nameReference` where the name of another object was followed, which stands
    /// where that name does.
    Field { name: &'static str },
}

/// Where a patch is written, and where a kustomization names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatchPlace {
    /// The file that holds the patch; the kustomization itself for inline patches.
    pub(crate) file: String,
    /// Document of the file or of the inline text, from 1.
    pub(crate) document: u32,
    /// The list that names it: `patches`, `patchesStrategicMerge`, `patchesJson6902`.
    pub(crate) list: &'static str,
    /// Position in that list, from 0.
    pub(crate) item: usize,
    pub(crate) is_inline: bool,
    /// How many objects of the rendering it is laid over: a patch with a pattern for a target may have several.
    pub(crate) fits: usize,
}

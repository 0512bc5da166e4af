//! The fields of a kustomization, edited as `kustomize edit` does, but byte for byte: comments, blank lines, order and quotes stay.
//!
//! Knows what each field holds and what kustomize makes of it; the editor in `yaml` knows how it is written. **Invariant:** a
//! plan holds what was asked for and nothing else: no `apiVersion` is added, nothing is sorted.
//! Start reading at [`plan`], then take one of `lists.rs`, `images.rs`, `generators.rs`.
//!
//! Source: kustomize 5.5, `kustomize/commands/edit`.

mod fix;
mod generators;
mod glob;
mod images;
mod labels;
mod lists;
mod open;
mod patches;
mod replicas;
mod scalars;
mod sources;
mod words;

use crate::error::Error;
use crate::manifest::rendered::Sources;
use crate::yaml::{Tree, Verified};

pub(crate) use fix::fix;

/// A field of a kustomization that can be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// `resources`: words are paths, patterns or addresses.
    Resource,
    /// `components`: words are directories.
    Component,
    /// `patches`: see [`PatchWords`].
    Patch,
    /// `configMapGenerator`: the word is a name, or names with commas to remove; see [`GeneratorWords`].
    ConfigMap,
    /// `secretGenerator`: as [`Field::ConfigMap`].
    Secret,
    /// `labels` and `commonLabels`: words are `KEY:VALUE` or `KEY=VALUE`, or keys to remove; commas separate several.
    Label,
    /// `commonAnnotations`: as [`Field::Label`], without commas in what is added.
    Annotation,
    /// `generators`: words are paths or patterns.
    Generator,
    /// `transformers`: words are paths or patterns.
    Transformer,
    /// `configurations`: words are paths or patterns.
    Configuration,
    /// `buildMetadata`: words are options; commas separate several.
    BuildMetadata,
    /// `namespace`: one word.
    Namespace,
    /// `namePrefix`: one word.
    NamePrefix,
    /// `nameSuffix`: one word.
    NameSuffix,
    /// `images`: words as for `kustomize edit set image`, or names to remove.
    Image,
    /// `replicas`: words are `NAME=COUNT`, or names to remove.
    Replicas,
}

/// What is done to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Add,
    Remove,
    Set,
}

/// An edit of one field, as it is typed.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) verb: Verb,
    pub(crate) field: Field,
    /// What they are, the field says.
    pub(crate) words: Vec<String>,
    pub(crate) options: Options,
}

/// What can be said besides the words. Fields that mean nothing to the request are left alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// `--force`: labels and annotations that are there are overwritten.
    pub(crate) force: bool,
    /// `--ignore-non-existence`: what is to be removed may be missing.
    pub(crate) ignore_missing: bool,
    /// `--unseen`: resources are added without a look at them; patterns stay as they are.
    pub(crate) unseen: bool,
    /// `--without-selector`: the label is not added to selectors.
    pub(crate) without_selector: bool,
    /// `--include-templates`: with `without_selector`, the label is added to templates.
    pub(crate) include_templates: bool,
    pub(crate) patch: PatchWords,
    pub(crate) generator: GeneratorWords,
}

/// A patch; nothing is said by the empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PatchWords {
    /// `--path`: the file, seen from the kustomization's directory.
    pub(crate) path: String,
    /// `--patch`: the text of the patch itself.
    pub(crate) patch: String,
    /// The target, each key of it: `--group`, `--version`, `--kind`, `--name`, `--namespace`, `--label-selector`,
    /// `--annotation-selector`.
    pub(crate) target: Target,
}

/// Which objects a patch is for; nothing is said by the empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) label_selector: String,
    pub(crate) annotation_selector: String,
}

/// A ConfigMap or Secret; nothing is said by the empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GeneratorWords {
    /// `--from-literal`: `KEY=VALUE`.
    pub(crate) literals: Vec<String>,
    /// `--from-file`: `[KEY=]PATH`; paths may be patterns, seen from the kustomization's directory.
    pub(crate) files: Vec<String>,
    /// `--from-env-file`.
    pub(crate) env_file: String,
    /// `--behavior`: `create`, `merge` or `replace`.
    pub(crate) behavior: String,
    /// `--disable-name-suffix-hash`.
    pub(crate) disable_hash: bool,
    /// `--type` of a Secret.
    pub(crate) kind: String,
    /// `--namespace`: which entry is meant; `default` and none are the same.
    pub(crate) namespace: String,
    /// `--new-namespace`.
    pub(crate) new_namespace: String,
}

/// What an edit comes to.
#[derive(Default)]
pub(crate) struct Planned {
    /// None: nothing is to do.
    pub(crate) edited: Option<Edited>,
    /// What changes, in the order of the words.
    pub(crate) values: Vec<ValueChange>,
    /// What should be known: what was there already, what is not there to be removed, what is lost.
    pub(crate) warnings: Vec<Error>,
}

/// The kustomization as it becomes.
pub(crate) enum Edited {
    /// Bytes of it change.
    Proven {
        before: Box<Tree>,
        /// What the editor has proven.
        after: Verified,
    },
    /// It held no value before, at most comments, which stay.
    Begun { before: Vec<u8>, after: Vec<u8> },
}

#[cfg(test)]
impl Edited {
    /// The whole new content.
    pub(crate) fn after(&self) -> &[u8] {
        match self {
            Edited::Proven { after, .. } => after.bytes(),
            Edited::Begun { after, .. } => after,
        }
    }
}

/// One value that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValueChange {
    /// From 1; 0 where there was nothing.
    pub(crate) line: u32,
    /// In characters, from 1; 0 where there was nothing.
    pub(crate) column: u32,
    /// Where it stands in the kustomization: `images[name=api].newTag`; of an item that is added or removed, the list.
    pub(crate) path: String,
    /// None where there was none.
    pub(crate) from: Option<String>,
    /// None where it is gone.
    pub(crate) to: Option<String>,
}

/// Plans an edit of the kustomization in `file`; paths of the request are seen from its directory.
///
/// # Errors
/// `Kind::Usage` for words that cannot be understood, `Kind::NotFound` for what is not there, `Kind::Refused` for what the
/// editor cannot do exactly: aliases, templates, keys that stand twice.
pub(crate) fn plan<'s>(sources: &'s Sources<'s>, file: &'s str, request: &Request) -> Result<Planned, Error> {
    let mut open = open::Open::of(sources, file)?;
    match request.field {
        Field::Resource
        | Field::Component
        | Field::Generator
        | Field::Transformer
        | Field::Configuration
        | Field::BuildMetadata => lists::plan(&mut open, request)?,
        Field::Patch => patches::plan(&mut open, request)?,
        Field::ConfigMap | Field::Secret => generators::plan(&mut open, request)?,
        Field::Label | Field::Annotation => labels::plan(&mut open, request)?,
        Field::Namespace | Field::NamePrefix | Field::NameSuffix => scalars::plan(&mut open, request)?,
        Field::Image => images::plan(&mut open, request)?,
        Field::Replicas => replicas::plan(&mut open, request)?,
    }
    open.planned()
}

#[cfg(test)]
mod tests;

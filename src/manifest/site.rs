//! A site: one place in a file that states the version of an image, and every scalar that must be written to change it.

use std::ops::Range;

use crate::image::{Repository, Version};
use crate::yaml::NodeId;

/// One place in a file that states the version of an image.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// What is pulled; in a kustomize entry its `newName` if there is one, else its `name`.
    pub(crate) image: Repository,
    /// Other names the site answers to: a kustomize entry's `name` beside its `newName`.
    pub(crate) also: Vec<Repository>,
    /// Tag and digest as written; an empty tag is none. Both none: the image is written with no version.
    pub(crate) version: Version,
    /// Every scalar that states a part of the version or of the name, in file order.
    pub(crate) parts: Vec<Part>,
    /// What is shown as line and column: the version's own scalar if it has one, else the reference.
    pub(crate) at: Spot,
    /// Where the version is effective.
    pub(crate) slot: Slot,
    /// Name of the locator that found it, such as `pod-spec`.
    pub(crate) locator: &'static str,
    /// The tool that rewrites the site by itself, if there is one.
    pub(crate) owner: Option<Owner>,
    /// What the kustomize graph needs to know about it.
    pub(crate) origin: Origin,
}

/// Where a version is effective, whatever environment it is in: object, container and key path. The app is the graph's matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Slot {
    /// The Kubernetes object, where the document is one.
    pub(crate) object: Option<ObjectName>,
    /// The container's name, where the version is that of a container.
    pub(crate) container: Option<String>,
    /// Keys from the document's root, list items by their `name` where they have one: `spec.template.spec.containers`.
    pub(crate) path: String,
}

/// The name of a Kubernetes object; empty parts are absent ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ObjectName {
    /// `Deployment`.
    pub(crate) kind: String,
    /// `metadata.name`.
    pub(crate) name: String,
    /// `metadata.namespace`.
    pub(crate) namespace: String,
}

/// A tool that rewrites a site by itself, and the text by which it was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// `flux`, `argocd-image-updater` or `kpt`.
    pub(crate) tool: &'static str,
    /// The marker as written, without the comment sign.
    pub(crate) marker: String,
}

/// What a site is to the kustomize graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An image of a pod, which a kustomize entry may replace.
    PodSpec,
    /// An entry of a kustomization's `images:`, by the name it looks for.
    KustomizeEntry {
        /// The entry's `name`.
        name: Repository,
    },
    /// Anything else.
    Other,
}

/// A node of the file, or of YAML held in one of its literal blocks.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Spot {
    /// The literal block of the file, when `node` is a node of the YAML inside it.
    pub(crate) block: Option<NodeId>,
    /// The node.
    pub(crate) node: NodeId,
}

/// A scalar that states a part of a version or of a name. Ranges are bytes of the scalar's decoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// `repository[:tag][@digest]`.
    Reference {
        /// The scalar.
        at: Spot,
        /// Where in its text.
        range: Range<usize>,
    },
    /// The name alone: `repository:`, `newName:`, `name:`.
    Repository {
        /// The scalar.
        at: Spot,
        /// Where in its text.
        range: Range<usize>,
    },
    /// The tag alone: the whole text, or a part of it as in `?ref=TAG`.
    Tag {
        /// The scalar.
        at: Spot,
        /// Where in its text.
        range: Range<usize>,
    },
    /// `tag@sha256:…` in a scalar of its own.
    TagAndDigest {
        /// The scalar.
        at: Spot,
        /// Where in its text.
        range: Range<usize>,
    },
    /// The digest alone.
    Digest {
        /// The scalar.
        at: Spot,
        /// Written without `sha256:`.
        bare: bool,
    },
    /// No such key yet: `newTag` beside a kustomize entry's `name`.
    AbsentTag {
        /// The mapping that gets the key.
        map: Spot,
        /// The key.
        key: &'static str,
        /// The key is written after this value; at the end if `None`.
        after: Option<NodeId>,
    },
}

impl Part {
    /// The scalar that is written; `None` for a key that is not there yet.
    pub(crate) fn spot(&self) -> Option<Spot> {
        match self {
            Part::Reference { at, .. }
            | Part::Repository { at, .. }
            | Part::Tag { at, .. }
            | Part::TagAndDigest { at, .. }
            | Part::Digest { at, .. } => Some(*at),
            Part::AbsentTag { .. } => None,
        }
    }
}

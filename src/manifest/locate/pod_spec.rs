//! Containers, wherever they are nested and whatever the kind: pods, their templates, Argo Workflows, Tekton, Knative.

use super::found::{key_around, name_of, reference_site, slot};
use super::{Document, Head, Locator, Mapping};
use crate::manifest::site::{Origin, Site};
use crate::yaml::NodeKind;

pub(super) struct PodSpec;

/// Lists of containers. The first two are those in which kustomize replaces images.
const LISTS: [&str; 6] = [
    "containers",
    "initContainers",
    "ephemeralContainers",
    "sidecars",
    "steps",
    "initcontainers",
];

/// Keys that hold one container.
///
/// Source: Argo Workflows, `Template`; Tekton, `stepTemplate`.
const SINGLE: [&str; 4] = ["container", "script", "stepTemplate", "mainContainer"];

/// No container of Kubernetes has these keys: beside an image without a version they state the rest of it, for a chart to put together.
const STATED_APART: [&str; 6] = ["registry", "repository", "tag", "version", "digest", "sha"];

impl Locator for PodSpec {
    fn name(&self) -> &'static str {
        "pod-spec"
    }

    fn claims(&self, _head: &Head<'_>) -> bool {
        true
    }

    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        if let Some(image) = mapping.get("image") {
            found.extend(container(document, mapping, image));
        }
        // An image volume: `volumes: [{name, image: {reference}}]`.
        if let Some(reference) = mapping.get("reference")
            && document
                .tree
                .key_of(mapping.node)
                .is_some_and(|key| document.tree.text(key) == "image")
        {
            found.extend(reference_site(document, reference, self.name()));
        }
    }
}

fn container(document: &Document<'_>, mapping: &Mapping<'_>, image: crate::yaml::NodeId) -> Option<Site> {
    let tree = document.tree;
    let parent = tree.parent(mapping.node)?;
    let is_item = tree.kind(parent) == NodeKind::Seq;
    let key = key_around(document, mapping.node)?;
    if !(is_item && LISTS.contains(&key) || !is_item && SINGLE.contains(&key)) {
        return None;
    }
    // A step of another kind of pipeline has images too, but only a container goes without a version.
    let mut site = reference_site(document, image, PodSpec.name())?;
    let is_stated_apart = || STATED_APART.iter().any(|key| mapping.get(key).is_some());
    if site.version.is_none() && is_stated_apart() {
        return None;
    }
    site.slot = slot(document, if is_item { parent } else { mapping.node });
    site.slot.container = name_of(document, mapping.node).map(str::to_owned);
    if is_item && matches!(key, "containers" | "initContainers") {
        site.origin = Origin::PodSpec;
    }
    Some(site)
}

//! OpenShift: `from: {kind: DockerImage, name: …}` of image streams, builds and triggers.

use super::found::reference_site;
use super::{Document, Head, Locator, Mapping};
use crate::manifest::site::Site;

pub(super) struct OpenShift;

impl Locator for OpenShift {
    fn name(&self) -> &'static str {
        "openshift"
    }

    fn claims(&self, _head: &Head<'_>) -> bool {
        true
    }

    /// An `ImageStreamTag` names a tag of a stream in the cluster, and no image of a registry.
    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        let Some(kind) = mapping.get("kind") else { return };
        if document.word(kind) == Some("DockerImage")
            && let Some(name) = mapping.get("name")
        {
            found.extend(reference_site(document, name, self.name()).filter(|site| !site.version.is_none()));
        }
    }
}

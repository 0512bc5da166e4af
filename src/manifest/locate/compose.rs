//! Compose files: `services.*.image`.

use super::found::reference_site;
use super::{Document, Head, Locator, Mapping};
use crate::manifest::site::Site;
use crate::yaml::NodeKind;

pub(super) struct Compose;

impl Locator for Compose {
    fn name(&self) -> &'static str {
        "compose"
    }

    /// `compose.yaml`, `docker-compose.prod.yml`; a document with an `apiVersion` is something else.
    ///
    /// Source: Compose specification, "The Compose file".
    fn claims(&self, head: &Head<'_>) -> bool {
        let name = head.file_name();
        head.api_version.is_empty() && (name.starts_with("compose") || name.starts_with("docker-compose"))
    }

    /// A service that is built here may have an image without a version: that is the name of what is built.
    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        let tree = document.tree;
        if mapping.node != document.root {
            return;
        }
        let Some(services) = mapping.get("services").filter(|&n| tree.kind(n) == NodeKind::Map) else {
            return;
        };
        for (_, service) in tree.entries(services).filter(|(_, v)| tree.kind(*v) == NodeKind::Map) {
            let Some(image) = tree.get(service, "image") else {
                continue;
            };
            let is_built = tree.get(service, "build").is_some();
            found.extend(
                reference_site(document, image, self.name()).filter(|site| !is_built || !site.version.is_none()),
            );
        }
    }
}

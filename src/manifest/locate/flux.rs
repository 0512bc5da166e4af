//! Flux: `images` of a Kustomization and of post-renderers, and the `ref` of an OCIRepository.
//!
//! `values` of a HelmRelease need no code here: the walk reaches them.

use super::found::{read_digest, read_repository, read_tag, slot};
use super::kustomize_images::entries;
use super::{Document, Head, Locator, Mapping};
use crate::image::Version;
use crate::manifest::site::{Origin, Part, Site};
use crate::yaml::NodeKind;

pub(super) struct Flux;

impl Locator for Flux {
    fn name(&self) -> &'static str {
        "flux"
    }

    fn claims(&self, _head: &Head<'_>) -> bool {
        true
    }

    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        if document.head.kind == "Kustomization"
            && document.head.group() == "kustomize.toolkit.fluxcd.io"
            && let Some(images) = mapping.get("images")
            && document
                .tree
                .key_of(mapping.node)
                .is_some_and(|key| document.tree.text(key) == "spec")
        {
            entries(document, images, self.name(), found);
        }
        // A post-renderer; Argo CD's list of the same name holds texts, which are no entries.
        if let Some(images) = mapping.get("images")
            && document
                .tree
                .key_of(mapping.node)
                .is_some_and(|key| document.tree.text(key) == "kustomize")
        {
            entries(document, images, self.name(), found);
        }
        found.extend(oci_repository(document, mapping));
    }
}

/// `url: oci://…` beside `ref: {tag: …}`; a `semver` range there is a policy and not a version.
fn oci_repository(document: &Document<'_>, mapping: &Mapping<'_>) -> Option<Site> {
    let url = mapping.get("url")?;
    let reference = mapping.get("ref").filter(|&n| document.tree.kind(n) == NodeKind::Map)?;
    let text = document.word(url).filter(|text| text.starts_with("oci://"))?;
    let image = read_repository(text.trim_end_matches('/'))?;
    let key = |key| document.tree.get(reference, key);
    if key("semver").is_some() {
        return None;
    }
    let range = "oci://".len()..text.len();
    let mut parts = vec![Part::Repository {
        at: document.spot(url),
        range,
    }];
    let mut version = Version::default();
    let mut at = None;
    if let Some(node) = key("digest") {
        let (digest, part) = read_digest(document, node, false)?;
        version.digest = digest;
        at = part.spot();
        parts.push(part);
    }
    if let Some(node) = key("tag") {
        let (tag, part) = read_tag(document, node)?;
        version = Version {
            digest: tag.digest.or(version.digest),
            tag: tag.tag,
        };
        at = part.spot();
        parts.push(part);
    }
    parts.sort_by_key(Part::spot);
    let slot = slot(document, reference);
    let locator = Flux.name();
    Some(Site {
        image,
        also: Vec::new(),
        version,
        parts,
        at: at?,
        slot,
        locator,
        owner: None,
        origin: Origin::Other,
    })
}

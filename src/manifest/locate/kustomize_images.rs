//! `images:` of a kustomization or component: `name`, `newName`, `newTag`, `digest`.

use super::found::{read_digest, read_tag, slot};
use super::{Document, Head, Locator, Mapping};
use crate::image::{Repository, Version};
use crate::manifest::site::{Origin, Part, Site};
use crate::yaml::{NodeId, NodeKind};

pub(super) struct KustomizeImages;

/// The names under which kustomize itself looks for a kustomization.
///
/// Source: kustomize, `api/konfig/general.go`, `RecognizedKustomizationFileNames`.
const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The lists whose strings may name a remote resource with `?ref=`.
const RESOURCES: [&str; 6] = ["resources", "bases", "components", "crds", "generators", "transformers"];

/// What kustomize takes for a kustomization: by its name, or by saying so (a component, or a file built by another name).
pub(super) fn is_kustomization(head: &Head<'_>) -> bool {
    match (head.group(), head.kind) {
        ("kustomize.config.k8s.io", "Kustomization" | "Component") => true,
        ("", "" | "Kustomization" | "Component") if head.api_version.is_empty() => {
            FILE_NAMES.contains(&head.file_name())
        }
        _ => false,
    }
}

impl Locator for KustomizeImages {
    fn name(&self) -> &'static str {
        "kustomize-images"
    }

    fn claims(&self, head: &Head<'_>) -> bool {
        is_kustomization(head)
    }

    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        if mapping.node != document.root {
            return;
        }
        let start = found.len();
        // `imageTags` is what the list was called before kustomize 2.
        for key in ["images", "imageTags"] {
            if let Some(list) = mapping.get(key) {
                entries(document, list, self.name(), found);
            }
        }
        for key in RESOURCES {
            if let Some(list) = mapping.get(key).filter(|&n| document.tree.kind(n) == NodeKind::Seq) {
                for item in document.tree.items(list) {
                    tie_ref(document, item, &mut found[start..]);
                }
            }
        }
        // The `?ref=` of a resource above `images:` comes first in the file.
        for site in &mut found[start..] {
            site.parts.sort_by_key(|part| part.spot());
        }
    }
}

/// Reads a list of entries; Flux and Argo CD have the same lists elsewhere.
pub(super) fn entries(document: &Document<'_>, list: NodeId, locator: &'static str, found: &mut Vec<Site>) {
    if document.tree.kind(list) != NodeKind::Seq {
        return;
    }
    found.extend(
        document
            .tree
            .items(list)
            .filter_map(|item| entry(document, item, locator)),
    );
}

fn entry(document: &Document<'_>, item: NodeId, locator: &'static str) -> Option<Site> {
    let tree = document.tree;
    if tree.kind(item) != NodeKind::Map {
        return None;
    }
    let name_node = tree.get(item, "name")?;
    let name = Repository::parse_entry_name(document.word(name_node)?).ok()?;
    let new_name_node = tree
        .get(item, "newName")
        .filter(|&n| document.word(n).is_some_and(|text| !text.is_empty()));
    let new_name = match new_name_node {
        // A placeholder there makes the entry's image unknown; its own name is still what people call it.
        Some(node) => Repository::parse_entry_name(document.word(node)?).ok(),
        None => None,
    };
    let mut parts = Vec::new();
    if let (Some(node), Some(_)) = (new_name_node, &new_name) {
        let range = 0..document.text(node)?.len();
        parts.push(Part::Repository {
            at: document.spot(node),
            range,
        });
    }
    let mut version = Version::default();
    let mut at = document.spot(name_node);
    let tag = tree
        .get(item, "newTag")
        .or_else(|| tree.get(item, "newDigest").and(None));
    let digest = ["digest", "newDigest"].into_iter().find_map(|key| tree.get(item, key));
    if let Some(node) = digest {
        let (text, part) = read_digest(document, node, false)?;
        version.digest = text;
        at = document.spot(node);
        parts.push(part);
    }
    match tag {
        Some(node) => {
            let (tag, part) = read_tag(document, node)?;
            version.digest = tag.digest.or(version.digest);
            version.tag = tag.tag;
            at = document.spot(node);
            parts.push(part);
        }
        None if version.digest.is_none() => {
            let after = Some(new_name_node.unwrap_or(name_node));
            parts.push(Part::AbsentTag {
                map: document.spot(item),
                key: "newTag",
                after,
            });
        }
        None => {}
    }
    parts.sort_by_key(|part| part.spot().map_or((true, None), |spot| (false, Some(spot))));
    let mut slot = slot(document, item);
    if locator == KustomizeImages.name() {
        slot.object = None;
    }
    let (image, also) = match new_name {
        Some(new_name) => (new_name, vec![name.clone()]),
        None => (name.clone(), Vec::new()),
    };
    Some(Site {
        image,
        also,
        version,
        parts,
        at,
        slot,
        locator,
        owner: None,
        origin: Origin::KustomizeEntry { name },
    })
}

/// A remote resource at `?ref=TAG` moves with the entry whose tag is the same.
///
/// Where several images share the tag, only one that the address itself names may take the resource along.
fn tie_ref(document: &Document<'_>, item: NodeId, sites: &mut [Site]) {
    let Some(text) = document.word(item) else { return };
    let Some(start) = ["?ref=", "&ref="]
        .iter()
        .find_map(|mark| text.find(mark).map(|at| at + mark.len()))
    else {
        return;
    };
    let end = text[start..].find('&').map_or(text.len(), |at| start + at);
    let same: Vec<usize> = (0..sites.len())
        .filter(|&i| sites[i].version.tag.as_deref() == Some(&text[start..end]))
        .collect();
    let several = same.iter().any(|&i| !sites[i].image.same_as(&sites[same[0]].image));
    for i in same {
        let named = text[..start]
            .split(['/', '?', '.'])
            .any(|word| word == sites[i].image.short_name());
        if !several || named {
            sites[i].parts.push(Part::Tag {
                at: document.spot(item),
                range: start..end,
            });
        }
    }
}

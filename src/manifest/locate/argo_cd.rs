//! Argo CD: `kustomize.images` and `helm.parameters` of Applications, ApplicationSets and `.argocd-source*.yaml`.
//!
//! `helm.valuesObject` and `helm.values` need no code here: the walk and the literal blocks reach them.

use super::found::{key_around, read_reference, site_of, slot};
use super::helm_values::{Word, Words};
use super::{Document, Head, Locator, Mapping};
use crate::image::Repository;
use crate::manifest::site::Site;
use crate::yaml::{NodeId, NodeKind};

pub(super) struct ArgoCd;

impl Locator for ArgoCd {
    fn name(&self) -> &'static str {
        "argo-cd"
    }

    /// Applications also stand in Helm values and lists, so the shape decides and not the kind.
    fn claims(&self, head: &Head<'_>) -> bool {
        head.kind != "Kustomization"
    }

    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        for &(key, value) in mapping.entries {
            match (key, document.tree.kind(value)) {
                ("images", NodeKind::Seq) if key_around(document, mapping.node) == Some("kustomize") => {
                    found.extend(
                        document
                            .tree
                            .items(value)
                            .filter_map(|item| kustomize_image(document, item)),
                    );
                }
                (_, NodeKind::Seq) if key.ends_with("arameters") => parameters(document, value, self.name(), found),
                _ => {}
            }
        }
    }
}

/// `[name=]repository[:tag][@digest]`, as `argocd app set --kustomize-image` writes it.
fn kustomize_image(document: &Document<'_>, item: NodeId) -> Option<Site> {
    let text = document.word(item)?;
    let (name, start) = match text.split_once('=') {
        Some((name, _)) => (Some(Repository::parse_entry_name(name).ok()?), name.len() + 1),
        None => (None, 0),
    };
    let (range, reference) = read_reference(&text[start..])?;
    let mut site = site_of(document, item, (start + range.start..start + range.end, reference));
    site.also.extend(name.filter(|name| !name.same_as(&site.image)));
    // The list has no names of its own: the image is what tells its items apart.
    let list = site.slot.path.rfind('[').unwrap_or(site.slot.path.len());
    site.slot.path.truncate(list);
    site.slot
        .path
        .push_str(&format!("[name={}]", site.also.first().unwrap_or(&site.image)));
    site.locator = ArgoCd.name();
    Some(site)
}

/// `- {name: image.repository, value: r}` beside `- {name: image.tag, value: v1}`.
fn parameters(document: &Document<'_>, list: NodeId, locator: &'static str, found: &mut Vec<Site>) {
    let tree = document.tree;
    let pair = |item| {
        let name = tree.get(item, "name").and_then(|n| document.word(n))?;
        Some((name, tree.get(item, "value")?))
    };
    let rows: Vec<(&str, NodeId)> = tree
        .items(list)
        .filter(|&item| tree.kind(item) == NodeKind::Map)
        .filter_map(pair)
        .collect();
    let words: Vec<Word<'_>> = rows.iter().filter_map(|&(name, value)| Word::of(name, value)).collect();
    for group in Words::of_parameters(words).groups() {
        if let Some(mut site) = group.site(document, locator) {
            let stem = site
                .slot
                .path
                .rsplit_once("].")
                .map_or(String::new(), |(_, stem)| stem.to_owned());
            site.slot.path = format!("{}[name={stem}]", slot(document, list).path);
            found.push(site);
        }
    }
}

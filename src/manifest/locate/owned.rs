//! Whose a site is: tools that rewrite versions by themselves leave marks.
//!
//! `# renovate:` is no such mark: Renovate proposes, and what it finds is as good as what a person wrote.

use crate::image::Repository;
use crate::manifest::site::{Owner, Part, Site};
use crate::yaml::{NodeId, NodeKind, Tree};

/// The annotation in which an Application lists the images that Image Updater keeps.
const IMAGE_LIST: &str = "argocd-image-updater.argoproj.io/image-list";

/// Sets the owner of the sites of a file.
pub(super) fn mark(tree: &Tree, sites: &mut [Site]) {
    if let Some(marks) = Marks::of(tree) {
        for site in sites
            .iter_mut()
            .filter(|site| site.at.block.is_none() && site.owner.is_none())
        {
            site.owner = marks.owner(tree, site);
        }
    }
    if holds(tree, IMAGE_LIST) {
        for site in sites.iter_mut().filter(|site| site.owner.is_none()) {
            site.owner = kept_by_image_updater(tree, site);
        }
    }
}

/// Sets the owner of the sites inside one literal block.
pub(super) fn mark_inner(inner: &Tree, sites: &mut [Site]) {
    if let Some(marks) = Marks::of(inner) {
        for site in sites.iter_mut().filter(|site| site.owner.is_none()) {
            site.owner = marks.owner(inner, site);
        }
    }
}

/// The comments that stand in a source at all; most sources have none.
struct Marks(Vec<(&'static str, &'static str)>);

/// What a comment holds, and the tool that reads it.
///
/// Source: Flux, "Image automation: mark fields"; kpt, `apply-setters` and its predecessor's `$openapi`.
const MARKS: [(&str, &str); 4] = [
    ("\"$imagepolicy\"", "flux"),
    ("kpt-set:", "kpt"),
    ("\"$kpt-set\"", "kpt"),
    ("\"$openapi\"", "kpt"),
];

impl Marks {
    fn of(tree: &Tree) -> Option<Marks> {
        let there: Vec<_> = MARKS.into_iter().filter(|(mark, _)| holds(tree, mark)).collect();
        (!there.is_empty()).then_some(Marks(there))
    }

    fn owner(&self, tree: &Tree, site: &Site) -> Option<Owner> {
        site.parts.iter().filter_map(Part::spot).find_map(|spot| {
            let comment = tree.trailing_comment(spot.node)?;
            let (_, tool) = self.0.iter().find(|(mark, _)| comment.contains(mark))?;
            let marker = comment.trim_start_matches('#').trim().to_owned();
            Some(Owner { tool, marker })
        })
    }
}

fn holds(tree: &Tree, word: &str) -> bool {
    memchr::memmem::find(tree.source().as_bytes(), word.as_bytes()).is_some()
}

/// Looks at the objects around a site for an annotation that lists its image.
fn kept_by_image_updater(tree: &Tree, site: &Site) -> Option<Owner> {
    let map = |node: Option<NodeId>| node.filter(|&n| tree.kind(n) == NodeKind::Map);
    let mut here = Some(site.at.block.unwrap_or(site.at.node));
    while let Some(node) = here {
        here = tree.parent(node);
        let metadata = map(Some(node)).and_then(|node| map(tree.get(node, "metadata")));
        let annotations = metadata.and_then(|metadata| map(tree.get(metadata, "annotations")));
        let Some(list) = annotations.and_then(|annotations| tree.get(annotations, IMAGE_LIST)) else {
            continue;
        };
        let text = tree.text(tree.resolve(list));
        if listed(text).any(|image| image.same_as(&site.image) || site.also.iter().any(|name| image.same_as(name))) {
            let marker = format!("{IMAGE_LIST}: {text}");
            return Some(Owner {
                tool: "argocd-image-updater",
                marker,
            });
        }
    }
    None
}

/// The repositories of a list such as `web=ghcr.io/acme/web:^1, redis`.
///
/// Source: Argo CD Image Updater, "Specifying container images to update".
fn listed(text: &str) -> impl Iterator<Item = Repository> {
    text.split(',').filter_map(|item| {
        let item = item.trim();
        let image = item.split_once('=').map_or(item, |(_, image)| image);
        let last = image.rfind('/').map_or(0, |at| at + 1);
        let end = image[last..].find([':', '@']).map_or(image.len(), |at| last + at);
        Repository::parse(&image[..end]).ok()
    })
}

//! `# rakops: IMAGE[:tag|:digest|:name]` behind a value: this value is the version of that image, whatever its key.

use super::declared::{site_at, token};
use super::found::{read_digest, read_tag, slot};
use super::{Document, Head, Locator, Mapping};
use crate::image::{Repository, Version};
use crate::manifest::site::{Origin, Part, Site};
use crate::yaml::{NodeId, NodeKind};

pub(super) struct Marker;

const MARK: &str = "rakops:";

/// What the marked value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The whole version, or a reference.
    Whole,
    Tag,
    Digest,
    Name,
}

/// A marked value: of which image, what it is, and where it stands.
type Marked = (Repository, Meaning, NodeId);

impl Locator for Marker {
    fn name(&self) -> &'static str {
        "marker"
    }

    fn claims(&self, _head: &Head<'_>) -> bool {
        true
    }

    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        if !document.has_markers {
            return;
        }
        let tree = document.tree;
        let mut marked: Vec<Marked> = Vec::new();
        for &(_, value) in mapping.entries {
            match tree.kind(value) {
                NodeKind::Seq => {
                    for item in tree.items(value) {
                        let of_item: Vec<_> = read(document, item).into_iter().collect();
                        found.extend(site(document, &of_item));
                    }
                }
                NodeKind::Map => {}
                _ => marked.extend(read(document, value)),
            }
        }
        // In a mapping on one line the comment stands behind all its values: it means the last.
        if tree.is_flow(mapping.node) {
            marked.drain(..marked.len().saturating_sub(1));
        }
        while let Some((image, ..)) = marked.first().cloned() {
            let (same, rest): (Vec<_>, Vec<_>) = marked.into_iter().partition(|(other, ..)| other.same_as(&image));
            found.extend(apart(same).iter().filter_map(|of_one| site(document, of_one)));
            marked = rest;
        }
    }
}

/// Reads the marker behind a scalar.
fn read(document: &Document<'_>, node: NodeId) -> Option<Marked> {
    if matches!(document.tree.kind(node), NodeKind::Map | NodeKind::Seq) {
        return None;
    }
    let comment = document.tree.trailing_comment(node)?;
    let words = comment.trim_start_matches('#').trim_start().strip_prefix(MARK)?;
    let mut words = words.split_whitespace();
    // More than one word is a sentence about rakops.
    let (Some(word), None) = (words.next(), words.next()) else {
        return None;
    };
    let (name, meaning) = match word.rsplit_once(':') {
        Some((name, "tag")) => (name, Meaning::Tag),
        Some((name, "digest")) => (name, Meaning::Digest),
        Some((name, "name")) => (name, Meaning::Name),
        _ => (word, Meaning::Whole),
    };
    Some((Repository::parse(name).ok()?, meaning, node))
}

/// Sorts the marked values of one image by site: a second tag is that of a second site, and a digest belongs to the first tag
/// that has none yet. A whole version stands alone.
fn apart(marked: Vec<Marked>) -> Vec<Vec<Marked>> {
    let mut sites: Vec<Vec<Marked>> = Vec::new();
    for one in marked {
        let has_place = |site: &&mut Vec<Marked>| {
            one.1 != Meaning::Whole
                && site
                    .iter()
                    .all(|(_, other, _)| *other != one.1 && *other != Meaning::Whole)
        };
        match sites.iter_mut().find(has_place) {
            Some(site) => site.push(one),
            None => sites.push(vec![one]),
        }
    }
    sites
}

/// One site from the marked values of one mapping; a name alone states no version.
fn site(document: &Document<'_>, marked: &[Marked]) -> Option<Site> {
    let (image, ..) = marked.first()?;
    let mut version = Version::default();
    let mut parts = Vec::new();
    let mut at = None;
    for (image, meaning, node) in marked {
        match meaning {
            Meaning::Whole => {
                let site = site_at(document, *node, image)?;
                return Some(Site {
                    locator: Marker.name(),
                    ..site
                });
            }
            Meaning::Tag => {
                let (tag, part) = read_tag(document, *node)?;
                version = Version {
                    digest: tag.digest.or(version.digest),
                    tag: tag.tag,
                };
                at = Some(*node);
                parts.push(part);
            }
            Meaning::Digest => {
                let (digest, part) = read_digest(document, *node, false)?;
                version.digest = digest;
                at = at.or(Some(*node));
                parts.push(part);
            }
            Meaning::Name => {
                let text = document.text(*node)?;
                let range = token(text, image).map_or(0..text.len(), |(range, _)| range);
                parts.push(Part::Repository {
                    at: document.spot(*node),
                    range,
                });
            }
        }
    }
    let at = at?;
    parts.sort_by_key(Part::spot);
    Some(Site {
        image: image.clone(),
        also: Vec::new(),
        version,
        parts,
        at: document.spot(at),
        slot: slot(document, at),
        locator: Marker.name(),
        owner: None,
        origin: Origin::Other,
    })
}

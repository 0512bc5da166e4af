//! A tag that stands twice: `image: ghcr.io/acme/api:1.4.1` with `tag: 1.4.1` beside it. Both move, or the object contradicts itself.

use std::collections::{HashMap, HashSet};

use super::keys::{self, Role};
use crate::manifest::site::{Part, Site, Spot};
use crate::yaml::{NodeId, NodeKind, Tree};

/// Adds to the sites of one tree the keys that repeat the tag of their reference.
///
/// A key repeats it if it stands in the same mapping, says tag or version of the same image (`fooImage` and `fooTag`), and has
/// exactly that text. Where two references could be meant, or another site has the key, none gets it.
pub(super) fn tie(tree: &Tree, sites: &mut [Site]) {
    let mut words = Words::default();
    let mut by_sibling: HashMap<NodeId, Vec<usize>> = HashMap::new();
    for (number, site) in sites.iter().enumerate() {
        for sibling in words.repeating(tree, site) {
            by_sibling.entry(sibling).or_default().push(number);
        }
    }
    if by_sibling.is_empty() {
        return;
    }
    for site in sites.iter() {
        for part in site.parts.iter().filter_map(Part::spot) {
            by_sibling.remove(&part.node);
        }
    }
    for (sibling, numbers) in by_sibling {
        // Several locators may have found the same reference; one of them is kept later, and all must have the key.
        let references: Vec<Spot> = numbers.iter().filter_map(|&it| Some(sites.get(it)?.at)).collect();
        if references.windows(2).any(|two| two[0] != two[1]) {
            continue;
        }
        for number in numbers {
            let Some(site) = sites.get_mut(number) else { continue };
            let at = Spot {
                block: site.at.block,
                node: sibling,
            };
            site.parts.push(Part::Tag {
                at,
                range: 0..tree.text(sibling).len(),
            });
            site.parts.sort_by_key(Part::spot);
        }
    }
}

/// The keys that say tag or version, by mapping and by the image that they speak of; a mapping is read once for all its sites.
#[derive(Default)]
struct Words {
    read: HashSet<NodeId>,
    by_stem: HashMap<(NodeId, String), Vec<NodeId>>,
}

impl Words {
    /// The keys that repeat the tag of a site whose only scalar is a reference.
    fn repeating(&mut self, tree: &Tree, site: &Site) -> Vec<NodeId> {
        let ([Part::Reference { at, .. }], Some(tag)) = (site.parts.as_slice(), &site.version.tag) else {
            return Vec::new();
        };
        let Some(own) = tree.key_of(at.node).and_then(|key| keys::read(tree.text(key))) else {
            return Vec::new();
        };
        let Some(mapping) = tree
            .parent(at.node)
            .filter(|_| matches!(own.role, Role::Image | Role::Repository))
        else {
            return Vec::new();
        };
        if self.read.insert(mapping) {
            self.read(tree, mapping);
        }
        let same_stem = self.by_stem.get(&(mapping, own.stem.to_ascii_lowercase()));
        let values = same_stem.into_iter().flatten().copied();
        values.filter(|&value| tree.text(value) == tag).collect()
    }

    fn read(&mut self, tree: &Tree, mapping: NodeId) {
        for (key, value) in tree.entries(mapping).filter(|&(key, _)| tree.text(key) != "apiVersion") {
            if matches!(tree.kind(value), NodeKind::Plain | NodeKind::Single | NodeKind::Double)
                && let Some(key) = keys::read(tree.text(key))
                && matches!(key.role, Role::Tag | Role::Version)
            {
                let stem = key.stem.to_ascii_lowercase();
                self.by_stem.entry((mapping, stem)).or_default().push(value);
            }
        }
    }
}

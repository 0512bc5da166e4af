//! What is looked up again and again while edits are planned, gathered once per file.

use std::collections::HashMap;

use super::tree::{NodeId, NodeKind, Tree};

/// Template marks, aliases, and keys that stand more than once.
#[derive(Debug)]
pub(super) struct Marks {
    /// Offsets of `{{`.
    braces: Vec<u32>,
    /// Aliases by the number of their anchor.
    aliases: HashMap<u32, Vec<NodeId>>,
    /// In large mappings, keys that stand there more than once: all of the same text, by each of them.
    twins: HashMap<NodeId, Vec<NodeId>>,
}

impl Marks {
    pub(super) fn of(tree: &Tree) -> Marks {
        let braces = memchr::memmem::find_iter(tree.source().as_bytes(), "{{")
            .map(|at| at as u32)
            .collect();
        let mut aliases: HashMap<u32, Vec<NodeId>> = HashMap::new();
        let mut twins = HashMap::new();
        let mut keys: HashMap<&str, Vec<NodeId>> = HashMap::new();
        for id in tree.nodes() {
            match tree.kind(id) {
                NodeKind::Alias => aliases.entry(tree.node(id).anchor).or_default().push(id),
                NodeKind::Map if tree.node(id).skip - id.0 > LARGE => gather_twins(tree, id, (&mut keys, &mut twins)),
                _ => {}
            }
        }
        Marks { braces, aliases, twins }
    }

    /// Whether `{{` stands in these bytes.
    pub(super) fn brace_in(&self, start: usize, end: usize) -> bool {
        let first = self.braces.partition_point(|&at| (at as usize) < start);
        self.braces.get(first).is_some_and(|&at| (at as usize) < end)
    }

    pub(super) fn aliases_of(&self, anchor: u32) -> &[NodeId] {
        self.aliases.get(&anchor).map_or(&[], Vec::as_slice)
    }

    /// All keys of the same mapping with the same text as `key`, itself included; nothing if it stands alone.
    fn twins_of(&self, key: NodeId) -> &[NodeId] {
        self.twins.get(&key).map_or(&[], Vec::as_slice)
    }
}

/// Mappings with more nodes below them than this are looked through once; in smaller ones keys are compared when asked for.
pub(super) const LARGE: u32 = 256;

type Gather<'m, 't> = (
    &'m mut HashMap<&'t str, Vec<NodeId>>,
    &'m mut HashMap<NodeId, Vec<NodeId>>,
);

fn gather_twins<'t>(tree: &'t Tree, map: NodeId, (keys, twins): Gather<'_, 't>) {
    keys.clear();
    for (key, _) in tree.entries(map).filter(|&(key, _)| tree.is_scalar(key)) {
        keys.entry(tree.text(key)).or_default().push(key);
    }
    for same in keys.values().filter(|same| same.len() > 1) {
        for &key in same {
            twins.insert(key, same.clone());
        }
    }
}

impl Tree {
    /// Returns the keys that stand more than once together with `key`, itself included; nothing if it stands alone.
    pub(super) fn twins_of(&self, key: NodeId) -> Vec<NodeId> {
        let Some(map) = self.parent(key) else { return Vec::new() };
        if self.node(map).skip - map.0 > LARGE {
            return self.marks().twins_of(key).to_vec();
        }
        let text = self.text(key);
        let alike = |&(it, _): &(NodeId, NodeId)| self.is_scalar(it) && self.text(it) == text;
        let found: Vec<NodeId> = self.entries(map).filter(alike).map(|(it, _)| it).collect();
        if found.len() > 1 && self.is_scalar(key) {
            found
        } else {
            Vec::new()
        }
    }
}

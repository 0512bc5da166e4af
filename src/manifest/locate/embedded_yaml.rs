//! Literal blocks that hold YAML: data of ConfigMaps, Argo CD's `helm.values`, inline patches.

use std::cell::RefCell;

use super::near::Near;
use super::{Document, Head, Locator, Mapping, head_of, walk};
use crate::manifest::site::Site;
use crate::yaml::{NodeId, NodeKind};

pub(super) struct EmbeddedYaml;

/// Copies that a server writes; nobody edits them.
const COPIES: [&str; 2] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "pv.kubernetes.io/last-applied-configuration",
];

impl Locator for EmbeddedYaml {
    fn name(&self) -> &'static str {
        "embedded-yaml"
    }

    fn claims(&self, _head: &Head<'_>) -> bool {
        true
    }

    /// One level deep: a block inside a block is left alone.
    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        if document.block.is_some() {
            return;
        }
        let tree = document.tree;
        for &(key, value) in mapping.entries {
            match tree.kind(value) {
                NodeKind::Literal if !COPIES.contains(&key) && !key.ends_with(".md") => inside(document, value, found),
                NodeKind::Seq => {
                    for item in tree.items(value).filter(|&item| tree.kind(item) == NodeKind::Literal) {
                        inside(document, item, found);
                    }
                }
                _ => {}
            }
        }
    }
}

fn inside(document: &Document<'_>, block: NodeId, found: &mut Vec<Site>) {
    let text = document.tree.text(block);
    if !may_hold(text) {
        return;
    }
    let Ok(inner) = document.tree.inner(block) else { return };
    let tree = inner.tree();
    let start = found.len();
    for part in tree.documents() {
        let Some(root) = part
            .root()
            .filter(|&root| matches!(tree.kind(root), NodeKind::Map | NodeKind::Seq))
        else {
            continue;
        };
        // The block is no file: what the file is called says nothing about it.
        let head = head_of("", tree, root);
        let has_markers = document.has_markers;
        let declared = document.declared;
        walk(
            &Document {
                head,
                tree,
                root,
                block: Some(block),
                outer: Some(document),
                declared,
                has_markers,
                near: &Near::anywhere(),
                objects: &RefCell::default(),
            },
            found,
        );
    }
    super::repeated::tie(tree, &mut found[start..]);
    super::owned::mark_inner(tree, &mut found[start..]);
    for site in &mut found[start..] {
        site.locator = EmbeddedYaml.name();
    }
}

/// Most blocks are scripts and prose. Only one that says image or tag, or holds a word such as `host/name:tag`, is worth
/// being read as YAML.
fn may_hold(text: &str) -> bool {
    const WORDS: [&str; 6] = ["mage", "IMAGE", "tag", "Tag", "TAG", "rakops:"];
    let is_reference = |at: usize| {
        let continues = text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
        let before = text[..at]
            .bytes()
            .rev()
            .take(256)
            .take_while(|b| !b.is_ascii_whitespace());
        continues && before.into_iter().any(|b| b == b'/')
    };
    text.contains(':')
        && !text.starts_with("#!")
        && (WORDS.iter().any(|word| text.contains(word)) || text.match_indices(':').any(|(at, _)| is_reference(at)))
}

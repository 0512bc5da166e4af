//! From nodes to a [`Site`]: reading references and versions, and saying where they are effective.

use std::ops::Range;

use super::{Document, Mapping};
use crate::image::{Reference, Repository, Version, is_bare_digest, is_digest, is_tag, scheme_length};
use crate::manifest::site::{ObjectName, Origin, Part, Site, Slot};
use crate::yaml::{NodeId, NodeKind};

/// Names of files, which the grammar of references would let through.
const FILES: [&str; 16] = [
    ".png", ".jpg", ".jpeg", ".svg", ".gif", ".ico", ".webp", ".iso", ".img", ".qcow2", ".vmdk", ".tar", ".gz", ".xz",
    ".html", ".yaml",
];

/// Reads a text as one reference, and says which bytes of it the reference is (all but an `oci://`).
pub(super) fn read_reference(text: &str) -> Option<(Range<usize>, Reference)> {
    let start = scheme_length(text);
    let reference = Reference::parse(&text[start..]).ok()?;
    let name = reference.repository.as_str();
    if FILES.iter().any(|ending| name.ends_with(ending)) {
        return None;
    }
    Some((start..text.len(), reference))
}

/// Reads a text as a repository; `None` if it carries a version, or is a placeholder.
pub(super) fn read_repository(text: &str) -> Option<Repository> {
    let (_, reference) = read_reference(text)?;
    reference.version.is_none().then_some(reference.repository)
}

/// Joins a registry and a path as charts do; an empty registry, or one that is there already, changes nothing.
pub(super) fn join(registry: &str, path: &str) -> Option<Repository> {
    let registry = registry.trim_end_matches('/');
    let path = &path[scheme_length(path)..];
    let is_there = path.strip_prefix(registry).is_some_and(|rest| rest.starts_with('/'));
    if registry.is_empty() || is_there {
        return read_repository(path);
    }
    read_repository(&format!("{registry}/{path}"))
}

/// The scalar of a tag, which may carry a digest or be empty.
pub(super) fn read_tag(document: &Document<'_>, node: NodeId) -> Option<(Version, Part)> {
    let text = document.word(node)?;
    let at = document.spot(node);
    let range = 0..document.text(node)?.len();
    if text.is_empty() || is_tag(text) {
        return Some((Version::of_tag(text), Part::Tag { at, range }));
    }
    let (tag, digest) = text.split_once('@')?;
    if !is_tag(tag) || !is_digest(digest) {
        return None;
    }
    let version = Version {
        tag: Some(tag.to_owned()),
        digest: Some(digest.to_owned()),
    };
    Some((version, Part::TagAndDigest { at, range }))
}

/// The scalar of a digest, which may be empty; `None` for what is neither, such as a placeholder.
pub(super) fn read_digest(document: &Document<'_>, node: NodeId, is_bare: bool) -> Option<(Option<String>, Part)> {
    let text = document.word(node)?;
    let at = document.spot(node);
    if text.is_empty() {
        return Some((None, Part::Digest { at, bare: is_bare }));
    }
    if is_digest(text) {
        return Some((Some(text.to_owned()), Part::Digest { at, bare: false }));
    }
    is_bare_digest(text).then(|| (Some(format!("sha256:{text}")), Part::Digest { at, bare: true }))
}

/// A site whose scalar is, as a whole, a reference with or without a version.
pub(super) fn reference_site(document: &Document<'_>, node: NodeId, locator: &'static str) -> Option<Site> {
    let held = read_reference(document.word(node)?)?;
    Some(Site {
        locator,
        ..site_of(document, node, held)
    })
}

/// The same, but only if the reference has a version.
pub(super) fn versioned_site(document: &Document<'_>, node: NodeId, locator: &'static str) -> Option<Site> {
    let text = document.word(node)?;
    // Most scalars are not references; the look for a colon or an at sign behind the last slash is cheap.
    let tail = text.rfind('/').map_or(text, |at| &text[at..]);
    if !tail.contains([':', '@']) {
        return None;
    }
    reference_site(document, node, locator).filter(|site| !site.version.is_none())
}

/// A site whose scalar holds a reference in a part of its text.
pub(super) fn site_of(document: &Document<'_>, node: NodeId, held: (Range<usize>, Reference)) -> Site {
    let (range, reference) = held;
    let at = document.spot(node);
    Site {
        image: reference.repository,
        also: Vec::new(),
        version: reference.version,
        parts: vec![Part::Reference { at, range }],
        at,
        slot: slot(document, node),
        locator: "",
        owner: None,
        origin: Origin::Other,
    }
}

/// The slot of a node: its object, and the keys from the object down to it.
pub(super) fn slot(document: &Document<'_>, node: NodeId) -> Slot {
    let (object, top) = object_around(document, node);
    let mut path = path_between(document, top, node);
    let mut object = object;
    if let (Some(outer), Some(block)) = (document.outer, document.block) {
        let (outer_object, outer_top) = object_around(outer, block);
        // A patch of an object in a block has the slot that the object itself has.
        if object.is_none() {
            path = format!("{}|{path}", path_between(outer, outer_top, block));
            object = outer_object;
        }
    }
    Slot {
        object,
        container: None,
        path,
    }
}

/// The nearest object that holds `node`, and its mapping; without one, the root.
fn object_around(document: &Document<'_>, node: NodeId) -> (Option<ObjectName>, NodeId) {
    let objects = document.objects.borrow();
    let around = std::iter::successors(Some(node), |&here| document.tree.parent(here));
    let nearest = around
        .into_iter()
        .find_map(|here| Some((objects.get(&here)?.clone(), here)));
    nearest.map_or((None, document.root), |(object, here)| (Some(object), here))
}

/// Reads the name of an object: a mapping with `kind` and `metadata`.
pub(super) fn object_name(document: &Document<'_>, mapping: &Mapping<'_>) -> Option<ObjectName> {
    let tree = document.tree;
    let kind = document.word(mapping.get("kind")?)?;
    let metadata = mapping.get("metadata").filter(|&n| tree.kind(n) == NodeKind::Map)?;
    let text = |key| {
        tree.get(metadata, key)
            .and_then(|n| document.word(n))
            .unwrap_or_default()
            .to_owned()
    };
    Some(ObjectName {
        kind: kind.to_owned(),
        name: text("name"),
        namespace: text("namespace"),
    })
}

/// Keys and items from `top` down to `node`; items by their `name`, else by their number.
fn path_between(document: &Document<'_>, top: NodeId, node: NodeId) -> String {
    let tree = document.tree;
    let mut steps = Vec::new();
    let mut here = node;
    while here != top {
        let Some(parent) = tree.parent(here) else { break };
        match tree.kind(parent) {
            NodeKind::Seq => steps.push(item_step(document, parent, here)),
            _ => {
                let key = tree.key_of(here).map_or("", |key| tree.text(key));
                steps.push(if key.contains(['.', '[', ']']) {
                    format!("[\"{key}\"]")
                } else {
                    key.to_owned()
                });
            }
        }
        here = parent;
    }
    let mut path = String::new();
    for step in steps.iter().rev() {
        if !path.is_empty() && !step.starts_with('[') {
            path.push('.');
        }
        path.push_str(step);
    }
    path
}

/// Beyond this many items without names a list has no slots of its own: counting them for each would take for ever.
const COUNTED: usize = 200;

fn item_step(document: &Document<'_>, list: NodeId, item: NodeId) -> String {
    let tree = document.tree;
    if let Some(name) = name_of(document, item) {
        return format!("[name={name}]");
    }
    match tree.items(list).take(COUNTED).position(|other| other == item) {
        Some(index) => format!("[{index}]"),
        None => "[]".to_owned(),
    }
}

/// The object that an inline patch is for: the `target` beside the block.
pub(super) fn patch_target(document: &Document<'_>) -> Option<ObjectName> {
    let (outer, block) = (document.outer?, document.block?);
    let target = outer.tree.get(outer.tree.parent(block)?, "target")?;
    let text = |key| {
        outer
            .tree
            .get(target, key)
            .and_then(|n| outer.word(n))
            .unwrap_or_default()
            .to_owned()
    };
    let object = ObjectName {
        kind: text("kind"),
        name: text("name"),
        namespace: text("namespace"),
    };
    (!object.kind.is_empty() && !object.name.is_empty()).then_some(object)
}

/// The `name` of a mapping.
pub(super) fn name_of<'a>(document: &Document<'a>, mapping: NodeId) -> Option<&'a str> {
    if document.tree.kind(mapping) != NodeKind::Map {
        return None;
    }
    document
        .word(document.tree.get(mapping, "name")?)
        .filter(|name| !name.is_empty())
}

/// Asks whether a mapping says something about an object, or shows what one could look like, and pulls nothing: `labels`,
/// `example`, and the `annotations` of a rule of Prometheus.
///
/// A label of Kubernetes cannot hold a reference; those of rules and of Docker can.
pub(super) fn is_description(document: &Document<'_>, mapping: NodeId) -> bool {
    let tree = document.tree;
    match tree.key_of(mapping).map(|key| tree.text(key)) {
        Some("labels" | "matchLabels" | "example" | "examples") => true,
        Some("annotations") => tree
            .parent(mapping)
            .is_some_and(|rule| tree.get(rule, "expr").is_some() || tree.get(rule, "alert").is_some()),
        _ => false,
    }
}

/// The key under which a node stands; for an item of a list, the key of the list.
pub(super) fn key_around<'a>(document: &Document<'a>, node: NodeId) -> Option<&'a str> {
    let tree = document.tree;
    let mut here = node;
    loop {
        let parent = tree.parent(here)?;
        if tree.kind(parent) == NodeKind::Map {
            return tree.key_of(here).map(|key| tree.text(key));
        }
        here = parent;
    }
}

//! The shelf of locators: each finds the sites of one form.
//!
//! A locator sees one document and never the file system. The walk here visits every mapping of a document once and shows it
//! to the locators that claim the document, so that a locator asks only "is this mapping one of mine?".
//! **Invariant:** a locator never guesses. A placeholder, a template or a version range is no site.
//! Start reading at [`LOCATORS`], then take the shortest entry, `flux.rs`.

mod argo_cd;
mod compose;
mod declared;
mod embedded_yaml;
mod flux;
mod found;
mod helm_values;
mod keys;
mod kustomize_images;
mod marker;
mod near;
mod openshift;
mod owned;
mod pairs;
mod patches;
mod pod_spec;
mod references;
mod repeated;
mod terraform;

#[cfg(test)]
mod tests;

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};

pub(crate) use declared::Declared;
pub(crate) use near::{Sought, finds_alike};

use near::Near;

use crate::manifest::site::{ObjectName, Part, Site, Spot};
use crate::yaml::{NodeId, NodeKind, Tree};

/// Every locator, in the order of priority: where two find the same bytes, the earlier names the site.
pub(crate) static LOCATORS: &[&dyn Locator] = &[
    &marker::Marker,
    &declared::DeclaredSites,
    &kustomize_images::KustomizeImages,
    &argo_cd::ArgoCd,
    &flux::Flux,
    &openshift::OpenShift,
    &compose::Compose,
    &terraform::Terraform,
    &pod_spec::PodSpec,
    &helm_values::HelmValues,
    &pairs::Pairs,
    &patches::Patches,
    &references::References,
    &embedded_yaml::EmbeddedYaml,
];

/// The locators that look at files in another language than YAML.
const FOREIGN: [&str; 3] = ["marker", "declared", "terraform"];

/// Finds the sites of one form. Sees one parsed document, never the file system.
pub(crate) trait Locator: Sync {
    /// `helm-values`: the name in output, of the page and, with underscores, of the file and the fixtures.
    fn name(&self) -> &'static str;

    /// Asks whether the document can hold such sites, by its head alone.
    fn claims(&self, head: &Head<'_>) -> bool;

    /// Adds the sites that `mapping` states itself; what lies deeper is shown in a visit of its own.
    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>);
}

/// What a document says about itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head<'a> {
    /// Path in the repository, with `/`.
    pub(crate) file: &'a str,
    /// `apiVersion`; empty when absent.
    pub(crate) api_version: &'a str,
    /// `kind`; empty when absent.
    pub(crate) kind: &'a str,
}

impl<'a> Head<'a> {
    /// The last segment of the path.
    pub(crate) fn file_name(&self) -> &'a str {
        self.file.rsplit('/').next().unwrap_or(self.file)
    }

    /// The part of `apiVersion` before `/`; empty for core objects.
    pub(crate) fn group(&self) -> &'a str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

/// One document, or the YAML inside one literal block of it.
#[derive(Clone, Copy)]
pub(crate) struct Document<'a> {
    /// What it says about itself; inside a block, what the YAML there says.
    pub(crate) head: Head<'a>,
    /// The nodes.
    pub(crate) tree: &'a Tree,
    /// The topmost node.
    pub(crate) root: NodeId,
    /// The literal block whose inner tree `tree` is.
    pub(crate) block: Option<NodeId>,
    /// The document that holds that block.
    pub(crate) outer: Option<&'a Document<'a>>,
    /// The sites from config.
    pub(crate) declared: &'a Declared,
    /// A `rakops:` stands somewhere in the file.
    pub(crate) has_markers: bool,
    /// Where its sites can be.
    near: &'a Near,
    /// The objects on the way so far; the walk comes from the top, so those around a node are there.
    objects: &'a RefCell<HashMap<NodeId, ObjectName>>,
}

impl<'a> Document<'a> {
    /// A node of this document, as the file's reader has to address it.
    pub(crate) fn spot(&self, node: NodeId) -> Spot {
        Spot {
            block: self.block,
            node,
        }
    }

    /// The text of a scalar, also of one that an alias means; `None` for collections.
    pub(crate) fn text(&self, node: NodeId) -> Option<&'a str> {
        let node = self.tree.resolve(node);
        self.tree.is_scalar(node).then(|| self.tree.text(node))
    }

    /// The text of a scalar on one line, as an image, a tag or a name must be.
    pub(crate) fn word(&self, node: NodeId) -> Option<&'a str> {
        let resolved = self.tree.resolve(node);
        match self.tree.kind(resolved) {
            NodeKind::Literal | NodeKind::Seq | NodeKind::Map | NodeKind::Alias => None,
            NodeKind::Plain if matches!(self.tree.text(resolved), "~" | "null" | "Null" | "NULL") => Some(""),
            _ => Some(self.tree.text(resolved)),
        }
    }
}

/// One mapping with its keys read.
pub(crate) struct Mapping<'a> {
    /// The mapping itself.
    pub(crate) node: NodeId,
    /// Keys that are scalars, with their values, in file order.
    pub(crate) entries: &'a [(&'a str, NodeId)],
    /// Where earlier locators have found sites in this mapping, and how far the list of sites has been read for that.
    seen: RefCell<(usize, HashSet<NodeId>)>,
    /// The keys taken apart, once for all locators.
    words: OnceCell<Option<helm_values::Words<'a>>>,
}

impl<'a> Mapping<'a> {
    fn new(node: NodeId, entries: &'a [(&'a str, NodeId)], before: usize) -> Mapping<'a> {
        Mapping {
            node,
            entries,
            seen: RefCell::new((before, HashSet::new())),
            words: OnceCell::new(),
        }
    }

    /// Asks whether an earlier locator has found a site at `node` in this very mapping: the later need not look.
    fn is_found(&self, found: &[Site], node: NodeId) -> bool {
        let (read, nodes) = &mut *self.seen.borrow_mut();
        nodes.extend(found.iter().skip(*read).map(|site| site.at.node));
        *read = found.len();
        nodes.contains(&node)
    }

    /// The keys that can name an image or its version; `None` if there is no such image here.
    fn words(&self) -> Option<&helm_values::Words<'a>> {
        self.words
            .get_or_init(|| helm_values::Words::of_mapping(self.entries))
            .as_ref()
    }

    /// The value of `key`; of the last one where it stands twice.
    pub(crate) fn get(&self, key: &str) -> Option<NodeId> {
        self.entries
            .iter()
            .rev()
            .find(|(k, _)| *k == key)
            .map(|(_, value)| *value)
    }
}

/// Returns all sites of a file, in file order.
///
/// Two locators that find the same bytes have found one site, and the earlier one names it.
pub(crate) fn sites(file: &str, tree: &Tree, declared: &Declared) -> Vec<Site> {
    let mentions = &[];
    sites_of(file, tree, Sought { declared, mentions })
}

/// Returns all sites of the images that are sought, in file order, and of others those that happen to be seen on the way, among them
/// whatever may share a scalar with them.
pub(crate) fn sites_of(file: &str, tree: &Tree, sought: Sought<'_>) -> Vec<Site> {
    let near = &Near::of(file, tree, sought);
    let has_markers = memchr::memmem::find(tree.source().as_bytes(), b"rakops:").is_some();
    let mut found = Vec::new();
    for document in tree.documents() {
        let Some(root) = document.root() else { continue };
        let head = head_of(file, tree, root);
        walk(
            &Document {
                head,
                tree,
                root,
                block: None,
                outer: None,
                declared: sought.declared,
                has_markers,
                near,
                objects: &RefCell::default(),
            },
            &mut found,
        );
    }
    if memchr::memmem::find(tree.source().as_bytes(), b"{{").is_some() {
        found.retain(|site| !has_template(tree, site));
    }
    tie_outer(tree, &mut found);
    owned::mark(tree, &mut found);
    let mut found = in_order(found);
    if tree.is_foreign() {
        // Nodes stand as they are addressed there, not as they are written.
        found.sort_by_key(|site| tree.span(site.at.node).start);
    }
    found
}

/// Sites of blocks have been tied with the nodes of their own tree.
fn tie_outer(tree: &Tree, found: &mut Vec<Site>) {
    let (mut outer, inner): (Vec<Site>, Vec<Site>) = found.drain(..).partition(|site| site.at.block.is_none());
    repeated::tie(tree, &mut outer);
    found.extend(outer);
    found.extend(inner);
}

/// Reads what a document says about itself.
fn head_of<'a>(file: &'a str, tree: &'a Tree, root: NodeId) -> Head<'a> {
    let text = |key| {
        tree.get(root, key)
            .filter(|&n| tree.is_scalar(n))
            .map_or("", |n| tree.text(n))
    };
    if tree.kind(root) != NodeKind::Map {
        return Head {
            file,
            ..Head::default()
        };
    }
    Head {
        file,
        api_version: text("apiVersion"),
        kind: text("kind"),
    }
}

/// A template is never edited by meaning: a line that holds one states no version that can be relied on.
fn has_template(tree: &Tree, site: &Site) -> bool {
    let outer = |spot: Spot| spot.block.is_none() && tree.line_has_template(spot.node);
    site.parts.iter().filter_map(Part::spot).any(outer)
}

/// Visits every mapping of a document that a site can be in once, from the top, without recursion.
fn walk(document: &Document<'_>, found: &mut Vec<Site>) {
    let speaks = |locator: &&dyn Locator| !document.tree.is_foreign() || FOREIGN.contains(&locator.name());
    let claimed = LOCATORS.iter().copied().filter(speaks);
    let claimed: Vec<&dyn Locator> = claimed.filter(|l| l.claims(&document.head)).collect();
    let tree = document.tree;
    let mut open = vec![document.root];
    let mut entries: Vec<(&str, NodeId)> = Vec::new();
    let mut children = Vec::new();
    while let Some(node) = open.pop() {
        children.clear();
        match tree.kind(node) {
            NodeKind::Map => {
                entries.clear();
                for (key, value) in tree.entries(node) {
                    if tree.is_scalar(key) {
                        entries.push((tree.text(key), value));
                    }
                    let is_collection = matches!(tree.kind(value), NodeKind::Map | NodeKind::Seq);
                    if is_collection && document.near.may_be_in(tree.span(key).start..tree.span(value).end) {
                        children.push(value);
                    }
                }
                let mapping = Mapping::new(node, &entries, found.len());
                if is_schema(document, &mapping) {
                    continue;
                }
                if let Some(object) = found::object_name(document, &mapping) {
                    document.objects.borrow_mut().insert(node, object);
                }
                for locator in &claimed {
                    locator.locate(document, &mapping, found);
                }
                let is_object = mapping.get("apiVersion").is_some() && mapping.get("kind").is_some();
                if is_object && let Some(state) = mapping.get("status") {
                    children.retain(|child| *child != state);
                }
            }
            NodeKind::Seq => {
                let collections = tree
                    .items(node)
                    .filter(|&n| matches!(tree.kind(n), NodeKind::Map | NodeKind::Seq));
                children.extend(collections.filter(|&n| document.near.may_be_in(tree.span(n))));
            }
            _ => continue,
        }
        open.extend(children.iter().rev());
    }
}

/// A definition of a kind describes images, and states none: its large schemas are passed over.
fn is_schema(document: &Document<'_>, mapping: &Mapping<'_>) -> bool {
    let kind = mapping.entries.iter().find(|(key, _)| *key == "kind");
    kind.is_some_and(|(_, value)| document.text(*value) == Some("CustomResourceDefinition"))
}

/// File order, and one site for the same bytes. The sort is stable: of two at one place the earlier locator's stays first.
fn in_order(mut found: Vec<Site>) -> Vec<Site> {
    let priority = |site: &Site| LOCATORS.iter().position(|l| l.name() == site.locator);
    found.sort_by_key(|site| (site.at.block.unwrap_or(site.at.node), site.at.node, priority(site)));
    let mut taken: HashSet<Spot> = HashSet::new();
    let mut kept: Vec<Site> = Vec::with_capacity(found.len());
    let mut by_priority: Vec<usize> = (0..found.len()).collect();
    by_priority.sort_by_key(|&i| (priority(&found[i]), i));
    let mut keep = vec![false; found.len()];
    for i in by_priority {
        let spots: Vec<Spot> = found[i]
            .parts
            .iter()
            .filter(|p| is_version_of_its_own(p))
            .filter_map(Part::spot)
            .collect();
        if spots.iter().any(|spot| taken.contains(spot)) {
            continue;
        }
        taken.extend(spots);
        keep[i] = true;
    }
    for (site, keep) in found.into_iter().zip(keep) {
        if keep {
            kept.push(site);
        }
    }
    kept
}

/// Two kustomize entries may share a `?ref=`, and two maps a name; the scalars of a version belong to one site only.
fn is_version_of_its_own(part: &Part) -> bool {
    match part {
        Part::Tag { range, .. } => range.start == 0,
        Part::Reference { .. } | Part::TagAndDigest { .. } | Part::Digest { .. } => true,
        Part::Repository { .. } | Part::AbsentTag { .. } => false,
    }
}

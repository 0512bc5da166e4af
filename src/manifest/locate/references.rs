//! Scalars that hold a full reference, `host/name:tag`: in `args`, `env`, parameters, lists, or as the value of any key.

use super::found::{is_description, read_reference, site_of};
use super::helm_values::states_versions;
use super::keys;
use super::{Document, Head, Locator, Mapping};
use crate::image::Reference;
use crate::manifest::site::Site;
use crate::yaml::{NodeId, NodeKind};

pub(super) struct References;

/// Hosts of code, whose `host/path:word` are no images.
const FORGES: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.org", "codeberg.org"];

impl Locator for References {
    fn name(&self) -> &'static str {
        "references"
    }

    fn claims(&self, head: &Head<'_>) -> bool {
        states_versions(head)
    }

    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        let tree = document.tree;
        for &(key, value) in mapping.entries {
            match tree.kind(value) {
                NodeKind::Map => {}
                NodeKind::Seq => {
                    let items = tree.items(value).filter(|&item| may_hold(document, item));
                    let is_arguments = matches!(key, "args" | "command" | "extraArgs" | "additionalArguments");
                    for item in items {
                        let clue = if is_arguments { Clue::Flag } else { clue_of(key) };
                        found.extend(held(document, item, clue).or_else(|| setting(document, item)));
                    }
                }
                _ if !may_hold(document, value) || mapping.is_found(found, value) => {}
                _ if is_description(document, mapping.node) => {}
                // `{name: FOO_IMAGE, value: …}` of `env`, and Tekton's `{name: IMAGE, default: …}`.
                _ if matches!(key, "value" | "default") => {
                    let name = mapping.get("name").and_then(|n| document.word(n)).unwrap_or_default();
                    found.extend(held(document, value, clue_of(name)));
                }
                // A machine's image is a disk.
                _ if tree.key_of(mapping.node).is_some_and(|key| tree.text(key) == "machine") => {
                    found.extend(held(document, value, Clue::None));
                }
                _ => found.extend(held(document, value, clue_of(key))),
            }
        }
    }
}

/// Most scalars hold no reference, which the look for a colon or an at sign behind the last slash tells at once.
fn may_hold(document: &Document<'_>, node: NodeId) -> bool {
    let Some(text) = document.word(node) else { return false };
    let tail = text.rfind('/').map_or(text, |at| &text[at..]);
    text.len() > 2 && tail.bytes().any(|b| b == b':' || b == b'@')
}

/// What stands beside a scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clue {
    /// Nothing: only a reference with a host is one.
    None,
    /// A name that ends in `image`: a reference with a tag is enough.
    Image,
    /// A name of places, such as `s3Path`: only what says `docker://` or has a digest is one.
    Place,
    /// An argument, which may begin with `--flag=`.
    Flag,
}

fn clue_of(key: &str) -> Clue {
    match () {
        () if keys::says_image(key) => Clue::Image,
        () if keys::says_place(key) => Clue::Place,
        () => Clue::None,
    }
}

/// The reference that a scalar holds, if it certainly is one.
fn held(document: &Document<'_>, node: NodeId, clue: Clue) -> Option<Site> {
    let text = document.word(node)?;
    let (start, clue) = match (clue, text.split_once('=')) {
        (Clue::Flag, Some((flag, _))) if flag.starts_with('-') => (flag.len() + 1, clue_of(flag)),
        (Clue::Flag, _) => (0, Clue::None),
        _ => (0, clue),
    };
    let rest = &text[start..];
    if rest.starts_with("oci://") {
        return None;
    }
    let (range, reference) = read_reference(rest)?;
    let is_sure = clue == Clue::Image
        || range.start > 0
        || (clue != Clue::Place || is_pinned(&reference)) && has_registry(&reference);
    if reference.version.is_none() || !is_sure {
        return None;
    }
    let mut site = site_of(document, node, (start + range.start..start + range.end, reference));
    site.locator = References.name();
    Some(site)
}

/// `FOO_IMAGE=name:tag`: an item of a compose file's `environment`, of a generator's `literals`.
fn setting(document: &Document<'_>, node: NodeId) -> Option<Site> {
    let text = document.word(node)?;
    let (name, value) = text.split_once('=')?;
    let is_name =
        !name.starts_with(|c: char| c.is_ascii_digit()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let (range, reference) = read_reference(value)?;
    let clue = clue_of(name);
    let is_sure = clue == Clue::Image
        || (clue != Clue::Place || is_pinned(&reference)) && range.start == 0 && has_registry(&reference);
    if name.is_empty() || !is_name || reference.version.is_none() || !is_sure {
        return None;
    }
    let start = name.len() + 1;
    let mut site = site_of(document, node, (start + range.start..start + range.end, reference));
    site.locator = References.name();
    Some(site)
}

/// Nothing but an image is written with a digest.
fn is_pinned(reference: &Reference) -> bool {
    reference.version.digest.is_some()
}

/// What stands before the first slash can be the host of a registry.
fn has_registry(reference: &Reference) -> bool {
    let Some(host) = reference.repository.registry() else {
        return false;
    };
    let name = host.split(':').next().unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_domain = name.contains('.') && last.len() > 1 && last.bytes().all(|b| b.is_ascii_alphabetic());
    (is_domain || host.len() > name.len()) && !FORGES.contains(&name)
}

//! JSON6902 patches: `{op: replace, path: /spec/…/image, value: …}`, in files and in blocks.

use super::found::{patch_target, versioned_site};
use super::keys;
use super::{Document, Head, Locator, Mapping};
use crate::manifest::site::Site;

pub(super) struct Patches;

impl Locator for Patches {
    fn name(&self) -> &'static str {
        "patches"
    }

    fn claims(&self, _head: &Head<'_>) -> bool {
        true
    }

    /// A `test` states what is expected of the base, and so does not set a version; it moves with it all the same,
    /// or the patch would no longer apply.
    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        let (Some(op), Some(path), Some(value)) = (mapping.get("op"), mapping.get("path"), mapping.get("value")) else {
            return;
        };
        if !matches!(document.word(op), Some("add" | "replace" | "test")) {
            return;
        }
        let Some(path) = document.word(path) else { return };
        if !path
            .rsplit('/')
            .next()
            .is_some_and(|key| keys::says_image(&unescaped(key)))
        {
            return;
        }
        if let Some(mut site) = versioned_site(document, value, self.name()) {
            site.slot.path = patched_path(path);
            site.slot.object = patch_target(document).or(site.slot.object);
            found.push(site);
        }
    }
}

/// `/spec/containers/0/image` as a path of slots: `spec.containers[0].image`.
fn patched_path(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        let step = unescaped(step);
        if step.bytes().all(|b| b.is_ascii_digit()) || step == "-" {
            path.push_str(&format!("[{step}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&step);
        }
    }
    path
}

/// A step of a pointer as the key that it means.
///
/// Source: RFC 6901, section 4.
fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

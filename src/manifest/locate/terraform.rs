//! Images in files of Terraform and OpenTofu: `image = "repo:tag"`, pairs of repository and tag, objects inside of `jsonencode`.

use super::found::versioned_site;
use super::{Document, Head, Locator, Mapping};
use crate::manifest::site::Site;
use crate::manifest::terraform::is_terraform;
use crate::yaml::NodeId;

pub(super) struct Terraform;

impl Locator for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn claims(&self, head: &Head<'_>) -> bool {
        is_terraform(head.file)
    }

    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        if let Some(words) = mapping.words() {
            for group in words.groups() {
                found.extend(group.site(document, self.name()));
            }
        }
        let named = mapping.entries.iter().filter(|(key, _)| says_image(key));
        let default = mapping.entries.iter().filter(|(key, _)| *key == "default");
        let default = default.filter(|_| is_variable_of_image(document, mapping.node));
        for (_, value) in named.chain(default) {
            // A disk image of a machine has no version behind a colon, so one without a version is left alone.
            if !mapping.is_found(found, *value) {
                found.extend(versioned_site(document, *value, self.name()));
            }
        }
    }
}

/// `image`, `container_image`, `image_uri`.
fn says_image(key: &str) -> bool {
    key.to_ascii_lowercase().split(['_', '-']).any(|word| word == "image")
}

/// `variable "api_image" { default = … }`.
fn is_variable_of_image(document: &Document<'_>, mapping: NodeId) -> bool {
    let tree = document.tree;
    let key = |node| tree.key_of(node).map(|key| tree.text(key));
    let block = tree.parent(mapping).and_then(key);
    block == Some("variable") && key(mapping).is_some_and(says_image)
}

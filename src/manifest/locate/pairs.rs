//! An image and its version in two keys: `image` and `version`, `foo_image` and `foo_image_version`, `imageName` and `imageTag`.

use super::helm_values::states_versions;
use super::{Document, Head, Locator, Mapping};
use crate::manifest::site::Site;

pub(super) struct Pairs;

impl Locator for Pairs {
    fn name(&self) -> &'static str {
        "pairs"
    }

    fn claims(&self, head: &Head<'_>) -> bool {
        states_versions(head)
    }

    /// Everything that is not a mapping with a repository key of its own: those are Helm's.
    fn locate(&self, document: &Document<'_>, mapping: &Mapping<'_>, found: &mut Vec<Site>) {
        let Some(words) = mapping.words() else { return };
        for group in words.groups().filter(|group| !group.has_repository_key()) {
            found.extend(group.site(document, self.name()));
        }
    }
}

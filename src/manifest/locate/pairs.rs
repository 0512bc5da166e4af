//! An image and its version in two keys: `image` and `version`, `foo_image` and `foo_image_version`, `imageName` and `imageTag`.

use super::helm_values::{Group, Word, states_versions};
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
        let words = Word::of_mapping(mapping);
        if words.is_empty() {
            return;
        }
        for group in Group::all(&words).filter(Group::has_image_key) {
            found.extend(group.site(document, self.name()));
        }
    }
}

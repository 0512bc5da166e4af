//! A file as it would be if no version stood in it: two files that differ in versions alone look the same then.

use crate::image::{Repository, Version};
use crate::manifest::locate::{self, Declared};
use crate::manifest::site::{Origin, Site};
use crate::manifest::terraform;
use crate::manifest::version_edit::{OldDigest, VersionEdit, Wanted};
use crate::yaml::{self, AliasPolicy, NodeId, NodeKind, Op, Tree};

/// Stands where a version stood.
const MASK: &str = "masked-by-rakops";

/// Returns the bytes of a file with the version of every site replaced by a fixed text.
///
/// An entry of `images:` that says nothing but a version is left out: adding one is a change of a version, too. A file
/// that cannot be parsed, and a site that cannot be edited, stay as they are.
pub(crate) fn masked(path: &str, bytes: &[u8], declared: &Declared) -> Vec<u8> {
    let Ok(tree) = terraform::parse(path, bytes.to_vec()) else {
        return bytes.to_vec();
    };
    let sites = locate::sites(path, &tree, declared);
    if sites.is_empty() {
        return bytes.to_vec();
    }
    let Some(text) = without_versions(&tree, &sites) else {
        return bytes.to_vec();
    };
    without_entries(path, text, declared)
}

fn without_versions(tree: &Tree, sites: &[Site]) -> Option<Vec<u8>> {
    let version = Version::of_tag(MASK);
    let wanted = Wanted {
        version: &version,
        rename: None,
        digest: OldDigest::Drop,
    };
    let apply = |sites: &[&Site]| {
        let mut edit = VersionEdit::new(tree);
        for site in sites {
            edit.add(site, wanted).ok()?;
        }
        let edits = edit.edits(AliasPolicy::Definition).ok()?;
        tree.apply(edits).ok()
    };
    let all: Vec<&Site> = sites.iter().collect();
    if let Some(verified) = apply(&all) {
        return Some(verified.into_bytes());
    }
    // One of them cannot be edited: the others are masked all the same.
    let able: Vec<&Site> = all.into_iter().filter(|site| apply(&[site]).is_some()).collect();
    apply(&able).map(yaml::Verified::into_bytes)
}

/// Takes away the entries of a kustomization that say nothing but a version.
fn without_entries(path: &str, text: Vec<u8>, declared: &Declared) -> Vec<u8> {
    let Ok(tree) = terraform::parse(path, text) else {
        return Vec::new();
    };
    let sites = locate::sites(path, &tree, declared);
    let plain: Vec<NodeId> = sites.iter().filter_map(|site| plain_entry(&tree, site)).collect();
    let Some(list) = plain.first().and_then(|item| tree.parent(*item)) else {
        return tree.source().as_bytes().to_vec();
    };
    let gone = match tree.items(list).count() == plain.len() {
        true => vec![list],
        false => plain,
    };
    let edits: Result<Vec<_>, _> = gone.into_iter().map(|child| tree.plan(Op::Remove { child })).collect();
    match edits.and_then(|edits| tree.apply(edits)) {
        Ok(verified) => verified.into_bytes(),
        Err(_) => tree.source().as_bytes().to_vec(),
    }
}

/// The entry of a kustomization's own list that a site is, if it has a name and a version and nothing else.
fn plain_entry(tree: &Tree, site: &Site) -> Option<NodeId> {
    let Origin::KustomizeEntry { name } = &site.origin else {
        return None;
    };
    let is_own = site.locator == "kustomize-images" && site.at.block.is_none();
    let item = tree.parent(site.at.node).filter(|_| is_own && is_named(name, site))?;
    let is_plain = tree.kind(item) == NodeKind::Map
        && tree
            .entries(item)
            .all(|(key, _)| matches!(tree.text(key), "name" | "newTag" | "digest"));
    is_plain.then_some(item)
}

fn is_named(name: &Repository, site: &Site) -> bool {
    site.image == *name
}

#[cfg(test)]
mod tests {
    use super::masked;
    use crate::manifest::locate::Declared;

    fn of(path: &str, text: &str) -> String {
        String::from_utf8(masked(path, text.as_bytes(), &Declared::default())).unwrap()
    }

    #[test]
    fn files_that_differ_in_versions_alone_look_the_same() {
        let pod = |image: &str| of("pod.yaml", &format!("containers:\n- name: a\n  image: {image}\n"));
        assert_eq!(pod("acme/api:1"), pod("acme/api:2"));
        let digest = format!("acme/api:2@sha256:{}", "ab".repeat(32));
        assert_eq!(pod("acme/api:1"), pod(&digest));
        assert_ne!(pod("acme/api:1"), pod("acme/web:1"));
    }

    #[test]
    fn an_entry_that_pins_and_nothing_else_is_a_version_from_its_first_letter_on() {
        let path = "overlays/prd/kustomization.yaml";
        let bare = of(path, "resources: [../../base]\n");
        let one = of(path, "resources: [../../base]\nimages:\n- name: api\n  newTag: '1'\n");
        assert_eq!(one, bare);
        let two = "resources: [../../base]\nimages:\n- name: api\n  newName: acme/api\n- name: web\n  newTag: '1'\n";
        assert!(of(path, two).contains("newName: acme/api"));
        assert!(!of(path, two).contains("web"));
    }

    #[test]
    fn what_cannot_be_parsed_stays_as_it_is() {
        assert_eq!(of("a.yaml", "a: [\n"), "a: [\n");
    }
}

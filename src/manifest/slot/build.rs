//! Follows the build of a kustomization from its resources upwards: resources, then components, patches and `images:`,
//! each level on top of what the levels below have made.
//!
//! Source: kustomize 5.5, order of the built-in transformers; `api/filters/imagetag`.

use std::collections::BTreeSet;

use super::survey::{SeenFile, SiteAt, Survey};
use crate::image::{Repository, Version};
use crate::manifest::kustomization::{Aim, Kustomization, Patch};
use crate::manifest::site::{Origin, Site};
use crate::yaml::{NodeKind, Tree};

/// An image as a level of the build sees it.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) kind: String,
    /// The object's name as its own file has it, before prefixes and suffixes.
    pub(crate) name: String,
    /// The same with those of the levels below, for patches that name the object so.
    full_name: String,
    pub(crate) namespace: String,
    pub(crate) container: Option<String>,
    /// Path of the value in the object; list items by their name where they have one.
    pub(crate) path: String,
    /// The same with a number for the container, as JSON patches name it.
    pointer: Option<String>,
    /// What the image is, whatever overlays call it: the name in its resource.
    pub(crate) identity: Repository,
    /// What is pulled, as far as the build has been followed.
    pub(crate) image: Repository,
    pub(crate) version: Version,
    /// The site that decides the version.
    pub(crate) at: SiteAt,
    /// Sites that others were laid over, innermost first.
    pub(crate) beneath: Vec<SiteAt>,
    /// The entry furthest out that matches it and states no version.
    pub(crate) unpinned: Option<SiteAt>,
    /// Whether `images:` can change it.
    pub(crate) can_be_pinned: bool,
    /// An entry of `images:` that matched no pod spec: of a chart, or of a remote base.
    pub(crate) is_entry: bool,
}

/// Follows builds, and keeps in mind which files they read.
pub(super) struct Follow<'s> {
    survey: &'s Survey,
    /// Files whose sites a build lays one over the other.
    pub(super) used: BTreeSet<String>,
}

impl<'s> Follow<'s> {
    pub(super) fn new(survey: &'s Survey) -> Follow<'s> {
        Follow {
            survey,
            used: BTreeSet::new(),
        }
    }

    /// What a build of `directory` makes of all images.
    pub(super) fn build(&mut self, directory: &str) -> Vec<Item> {
        self.build_in(directory, &mut BTreeSet::new())
    }

    /// `open` are the directories that are being built.
    fn build_in(&mut self, directory: &str, open: &mut BTreeSet<String>) -> Vec<Item> {
        let mut items = Vec::new();
        self.lay(directory, open, &mut items);
        items
    }

    /// Adds to `items` what the kustomization of `directory` builds, and lays over all of them what it says: for a
    /// component these are the items of the kustomization that it is a part of.
    fn lay(&mut self, directory: &str, open: &mut BTreeSet<String>, items: &mut Vec<Item>) {
        let survey = self.survey;
        let Some(kustomization) = survey.graph.at(directory) else {
            return;
        };
        if !open.insert(directory.to_owned()) {
            return;
        }
        for path in &kustomization.builds {
            if survey.graph.at(path).is_some() {
                items.extend(self.build_in(path, open));
            } else {
                items.extend(self.sites(path, None));
            }
        }
        for path in &kustomization.components {
            self.lay(path, open, items);
        }
        for file in &kustomization.patches {
            let aim = aim_of(kustomization, |patch| *patch == Patch::File(file.clone()));
            for patch in self.sites(file, None) {
                lay_over(items, patch, aim);
            }
        }
        for patch in self.sites(&kustomization.file, Some(Inline::Patches)) {
            let block = survey.at(patch.at).1.at.block;
            let aim = aim_of(kustomization, |patch| {
                block.is_some_and(|block| *patch == Patch::Inline(block))
            });
            lay_over(items, patch, aim);
        }
        for entry in self.sites(&kustomization.file, Some(Inline::Entries)) {
            if let Origin::KustomizeEntry { name } = &survey.at(entry.at).1.origin {
                transform(items, name, entry);
            }
        }
        for item in items.iter_mut() {
            item.full_name = format!(
                "{}{}{}",
                kustomization.name_prefix, item.full_name, kustomization.name_suffix
            );
        }
        open.remove(directory);
    }

    fn sites(&mut self, file: &str, inline: Option<Inline>) -> Vec<Item> {
        let Some(position) = self.survey.position(file) else {
            return Vec::new();
        };
        self.used.insert(file.to_owned());
        let seen = &self.survey.files[position];
        let wanted = |site: &Site| match inline {
            None => true,
            Some(Inline::Entries) => is_own_entry(site),
            Some(Inline::Patches) => !is_own_entry(site),
        };
        let sites = seen.sites.iter().enumerate().filter(|(_, site)| wanted(site));
        sites
            .map(|(site, of)| {
                let at = SiteAt { file: position, site };
                item(seen, of, at)
            })
            .collect()
    }
}

/// Which sites of a kustomization are meant.
#[derive(Clone, Copy)]
enum Inline {
    Patches,
    Entries,
}

/// An entry of the kustomization's own `images:`, not one of an Application in it.
fn is_own_entry(site: &Site) -> bool {
    matches!(site.origin, Origin::KustomizeEntry { .. }) && site.locator == "kustomize-images"
}

fn aim_of(kustomization: &Kustomization, is_it: impl Fn(&Patch) -> bool) -> Option<&Aim> {
    kustomization
        .aims
        .iter()
        .find(|(patch, _)| is_it(patch))
        .map(|(_, aim)| aim)
}

/// A site as what a build begins with.
pub(super) fn item(seen: &SeenFile, site: &Site, at: SiteAt) -> Item {
    let object = site.slot.object.clone().unwrap_or_default();
    let is_entry = is_own_entry(site);
    let identity = match &site.origin {
        Origin::KustomizeEntry { name } => name.clone(),
        _ => site.image.clone(),
    };
    Item {
        kind: object.kind,
        full_name: object.name.clone(),
        name: object.name,
        namespace: object.namespace,
        container: site.slot.container.clone(),
        path: site.slot.path.clone(),
        pointer: seen.pointers.get(at.site).cloned().flatten(),
        identity,
        image: site.image.clone(),
        version: site.version.clone(),
        at,
        beneath: Vec::new(),
        unpinned: None,
        can_be_pinned: is_entry || (site.origin == Origin::PodSpec && site.at.block.is_none()),
        is_entry,
    }
}

/// `spec.template.spec.containers[0].image`, of a container in the file itself.
pub(super) fn pointer(tree: &Tree, site: &Site) -> Option<String> {
    if site.origin != Origin::PodSpec || site.at.block.is_some() {
        return None;
    }
    let container = tree.parent(site.at.node)?;
    let list = tree.parent(container).filter(|&it| tree.kind(it) == NodeKind::Seq)?;
    let index = tree.items(list).position(|item| item == container)?;
    Some(format!("{}[{index}].image", site.slot.path))
}

/// A patch takes the place of what it names; one that names nothing there adds something.
fn lay_over(items: &mut Vec<Item>, patch: Item, aim: Option<&Aim>) {
    let is_object = |item: &Item| match aim {
        Some(aim) if !aim.kind.is_empty() || !aim.name.is_empty() => {
            aim.fits(&item.kind, &item.name) || aim.fits(&item.kind, &item.full_name)
        }
        _ => item.kind == patch.kind && (item.name == patch.name || item.full_name == patch.name),
    };
    let is_place = |item: &Item| match &patch.container {
        Some(_) => item.container == patch.container,
        None => item.pointer.as_ref() == Some(&patch.path) || (item.container.is_none() && item.path == patch.path),
    };
    let mut is_laid = false;
    for item in items.iter_mut().filter(|item| is_object(item) && is_place(item)) {
        is_laid = true;
        item.beneath.push(item.at);
        item.at = patch.at;
        item.identity = patch.identity.clone();
        item.image = patch.image.clone();
        // A strategic merge patch replaces the whole reference, with or without a version.
        item.version = patch.version.clone();
        item.unpinned = None;
    }
    if !is_laid {
        items.push(patch);
    }
}

/// An entry renames and pins what it matches.
fn transform(items: &mut Vec<Item>, name: &Repository, entry: Item) {
    let mut is_matched = false;
    // kustomize compares names letter by letter: `nginx` does not find `docker.io/library/nginx`.
    let finds = |item: &Item| item.image.as_str() == name.as_str() && item.can_be_pinned;
    for item in items.iter_mut().filter(|item| finds(item)) {
        is_matched = true;
        item.image = entry.image.clone();
        if entry.version.is_none() {
            // An entry with no version leaves the tag as it is.
            item.unpinned = Some(entry.at);
        } else {
            item.beneath.push(item.at);
            item.at = entry.at;
            item.version = entry.version.clone();
            item.unpinned = None;
        }
    }
    if !is_matched {
        items.push(entry);
    }
}

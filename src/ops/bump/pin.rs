//! Where an overlay does not pin an image yet: an entry is added to its `images:`, in the style of the file.
//!
//! The build of a kustomization is followed from its resources upwards, as kustomize does it: resources, then patches,
//! then `images:`, each level on top of what the levels below have made.
//!
//! Source: kustomize 5.5, order of the built-in transformers.

use std::collections::BTreeSet;

use super::select::Word;
use super::targets::{Resolved, Scoped, Targets};
use super::{FileSites, Shared};
use crate::error::{Error, Hint, Kind};
use crate::image::{Repository, Version};
use crate::manifest::image_entry::Entry;
use crate::manifest::scan::lies_below;
use crate::manifest::site::{Origin, Site, Slot};

/// What is known of a word before its entries are looked for.
pub(super) struct Build<'b> {
    pub(super) files: &'b [FileSites],
    pub(super) word: &'b Word<'b>,
    pub(super) targets: &'b Targets,
}

/// An image as a level of the build sees it.
#[derive(Clone)]
struct Item {
    /// What it is called there.
    name: Repository,
    slot: Slot,
    /// What it runs, as far as it has been followed.
    version: Version,
    /// It will run what is asked for: an edit sees to it, or it does already.
    covered: bool,
    /// The site that its version comes from: indexes of a file and of a site in it.
    source: (usize, usize),
    /// Whether kustomize's `images:` can change it: an image of a container, or an entry further down.
    is_replaceable: bool,
}

/// What builds of the named environments lack.
#[derive(Default)]
pub(super) struct Pins {
    /// Entries to add, each with the kustomization it goes into.
    pub(super) added: Vec<(String, Entry)>,
    /// How many images run what is asked for already, or will.
    pub(super) covered: usize,
    /// Sites that some build reads and every build lays another version over: to set them too would say nothing.
    pub(super) overridden: BTreeSet<(usize, usize)>,
    /// Sites in shared files that no entry can change.
    pub(super) stuck: BTreeSet<(usize, usize)>,
}

/// Returns the entries to add.
///
/// # Errors
/// [`Kind::Refused`] if the overlay itself is read by an environment that was not named.
pub(super) fn entries(build: &Build<'_>, scope: &Scoped<'_>) -> Result<Pins, Error> {
    let word = build.word;
    let Resolved::Environments {
        names,
        shared: Shared::Keep,
    } = scope.scope
    else {
        return Ok(Pins::default());
    };
    let mut follow = Follow {
        known: build,
        scope,
        overridden: BTreeSet::new(),
    };
    let mut pins = Pins::default();
    let mut effective = BTreeSet::new();
    for environment in names {
        for top in scope.reach.tops(scope.graph, environment) {
            let Some(kustomization) = scope.graph.at(&top) else {
                continue;
            };
            if !lies_below(scope.below, &kustomization.file) {
                continue;
            }
            for item in follow.build(&top, &mut BTreeSet::new()) {
                let is_known =
                    |(file, entry): &(String, Entry)| *file == kustomization.file && entry.name.same_as(&item.name);
                effective.insert(item.source);
                if item.covered {
                    pins.covered += 1;
                    continue;
                }
                if !item.is_replaceable {
                    pins.stuck.insert(item.source);
                    continue;
                }
                if pins.added.iter().any(is_known) {
                    continue;
                }
                if !scope.may_edit(&kustomization.file) {
                    let reached = scope.reach.of(&kustomization.file).join(", ");
                    return Err(Error::new(
                        Kind::Refused,
                        "shared-file",
                        format!(
                            "`{}` would have to set `{}`, and reaches {reached}",
                            kustomization.file, item.name
                        ),
                    )
                    .hint(Hint::Flag(
                        "--base".into(),
                        "edits shared files, for all environments they reach".into(),
                    )));
                }
                let entry = Entry {
                    name: item.name,
                    version: word.version.clone(),
                    rename: word.rename.cloned(),
                    from: item.version,
                };
                pins.added.push((kustomization.file.clone(), entry));
            }
        }
    }
    pins.overridden = follow.overridden.difference(&effective).copied().collect();
    Ok(pins)
}

/// Follows builds, asking which of the images in them are seen to.
struct Follow<'f> {
    known: &'f Build<'f>,
    scope: &'f Scoped<'f>,
    /// Sites that something was laid over.
    overridden: BTreeSet<(usize, usize)>,
}

impl<'f> Follow<'f> {
    /// The selected sites of a file, each with what a build makes of it at first.
    fn sites(&self, file: &str) -> Vec<(&'f Site, Item)> {
        let of_file = |edited: bool, places: &'f [(usize, usize)]| {
            let here = places.iter().filter(|(index, _)| self.known.files[*index].file == file);
            here.map(|&(index, at)| {
                let site = &self.known.files[index].sites[at];
                (site, self.item(site, (index, at), edited))
            })
            .collect::<Vec<_>>()
        };
        [
            of_file(true, &self.known.targets.edit),
            of_file(false, &self.known.targets.shared),
        ]
        .concat()
    }

    fn item(&self, site: &Site, source: (usize, usize), edited: bool) -> Item {
        let is_entry = matches!(site.origin, Origin::KustomizeEntry { .. });
        Item {
            source,
            is_replaceable: is_entry || (site.origin == Origin::PodSpec && site.at.block.is_none()),
            name: site.image.clone(),
            slot: site.slot.clone(),
            version: site.version.clone(),
            covered: edited || !self.known.word.differs_from(site),
        }
    }

    /// What a build of `directory` makes of the selected image. `open` are the directories that are being built.
    fn build(&mut self, directory: &str, open: &mut BTreeSet<String>) -> Vec<Item> {
        let mut items = Vec::new();
        self.lay(directory, open, &mut items);
        items
    }

    /// Adds to `items` what the kustomization of `directory` builds, and lays over all of them what it says: for a
    /// component these are the items of the kustomization that it is a part of.
    fn lay(&mut self, directory: &str, open: &mut BTreeSet<String>, items: &mut Vec<Item>) {
        let Some(kustomization) = self.scope.graph.at(directory) else {
            return;
        };
        if !open.insert(directory.to_owned()) {
            return;
        }
        for path in &kustomization.builds {
            if self.scope.graph.at(path).is_some() {
                items.extend(self.build(path, open));
            } else {
                items.extend(self.sites(path).into_iter().map(|(_, item)| item));
            }
        }
        for path in &kustomization.components {
            self.lay(path, open, items);
        }
        let mut patches: Vec<&str> = kustomization.patches.iter().map(String::as_str).collect();
        patches.push(&kustomization.file);
        for file in patches {
            for (site, item) in self.sites(file) {
                if !matches!(site.origin, Origin::KustomizeEntry { .. }) {
                    self.lay_over(items, item);
                }
            }
        }
        for (site, item) in self.sites(&kustomization.file) {
            if let Origin::KustomizeEntry { name } = &site.origin {
                self.transform(items, name, item);
            }
        }
        open.remove(directory);
    }

    /// A patch takes the place of the container it names; one that names none adds nothing that must be pinned.
    fn lay_over(&mut self, items: &mut Vec<Item>, patch: Item) {
        let object = |slot: &Slot| {
            slot.object
                .as_ref()
                .map(|object| (object.kind.clone(), object.name.clone()))
        };
        let same = |item: &Item| match &patch.slot.container {
            Some(_) => item.slot.container == patch.slot.container && object(&item.slot) == object(&patch.slot),
            // A JSON6902 patch names the object and not the container: the one that runs the image is meant.
            None => {
                patch.slot.object.is_some()
                    && object(&item.slot) == object(&patch.slot)
                    && item.name.same_as(&patch.name)
            }
        };
        match items.iter_mut().find(|item| same(item)) {
            Some(item) => {
                self.overridden.insert(item.source);
                let is_replaceable = item.is_replaceable;
                *item = patch;
                item.is_replaceable = is_replaceable;
            }
            None => items.push(patch),
        }
    }

    /// An entry renames and pins what it matches.
    fn transform(&mut self, items: &mut Vec<Item>, name: &Repository, entry: Item) {
        let mut matched = false;
        // kustomize compares names letter by letter: `nginx` does not find `docker.io/library/nginx`.
        let finds = |item: &Item| item.name.as_str() == name.as_str() && item.is_replaceable;
        for item in items.iter_mut().filter(|item| finds(item)) {
            matched = true;
            item.name = entry.name.clone();
            // An entry with no version leaves the tag as it is.
            if !entry.version.is_none() || entry.covered {
                self.overridden.insert(item.source);
                item.version = entry.version.clone();
                item.covered = entry.covered;
                item.source = entry.source;
            }
        }
        // The resource it matches may mention the image by a name that was not looked for.
        if !matched {
            items.push(entry);
        }
    }
}

//! Where versions are effective in an environment: slots, and the site that decides each of them.
//!
//! **Invariant:** a build is followed as kustomize follows it; what stands in a file and takes no effect is no slot.
//! Source: PROMOTION.md, section 1.

mod build;
mod effect;
mod masked;
mod naming;
mod survey;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use build::{Follow, Item};
pub(crate) use effect::{Effect, tops};
pub(crate) use masked::masked;
pub(crate) use naming::{Naming, Roots, SlotName};
pub(crate) use survey::{SiteAt, Survey};

use crate::config::environments::{Environment, Environments};
use crate::image::{Repository, Version};
use crate::manifest::graph::Reach;
use crate::manifest::kustomization::{directory_of, in_directory};

/// One place in an environment where a version is effective.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// The same in every environment.
    pub(crate) name: SlotName,
    /// With the names of environments left in; two slots that are the same but for those are told apart by it.
    pub(crate) raw: SlotName,
    /// What the image is, whatever the environment calls it: in a kustomization the name that entries look for.
    pub(crate) identity: Repository,
    /// What is pulled.
    pub(crate) image: Repository,
    pub(crate) version: Version,
    /// The site that decides.
    pub(crate) at: SiteAt,
    /// Sites that it was laid over, innermost first.
    pub(crate) beneath: Vec<SiteAt>,
    /// The entry furthest out that matches it and states no version.
    pub(crate) unpinned: Option<SiteAt>,
    /// The kustomization whose `images:` an entry can be added to.
    pub(crate) top: Option<String>,
}

/// One tree, as the environments on one branch see it.
pub(crate) struct Scene<'s> {
    pub(crate) survey: &'s Survey,
    pub(crate) reach: Reach<'s>,
    /// What the directories of environments on other branches reach here: a base that they build on is theirs, too, as soon
    /// as it is merged.
    elsewhere: Reach<'s>,
    pub(crate) naming: Naming,
}

impl<'s> Scene<'s> {
    /// `branch` is that of the tree, where environments have branches of their own.
    pub(crate) fn of(survey: &'s Survey, environments: &Environments, branch: Option<&str>) -> Scene<'s> {
        let is_here = |it: &&Environment| it.branch.is_none() || it.branch.as_deref() == branch;
        let here: Vec<&Environment> = environments.list.iter().filter(is_here).collect();
        let is_another_place = |it: &&Environment| !here.iter().any(|one| one.paths == it.paths);
        let others: Vec<&Environment> = environments.list.iter().filter(is_another_place).collect();
        Scene {
            survey,
            elsewhere: Reach::new(&survey.graph, &others),
            reach: Reach::new(&survey.graph, &here),
            naming: Naming::of(environments),
        }
    }

    /// Returns the slots of an environment: those of its builds, then those of its other files.
    pub(crate) fn slots(&self, environment: &Environment) -> Vec<Slot> {
        let roots = Roots::of(&self.naming, environment);
        let mut follow = Follow::new(self.survey);
        let mut slots = Vec::new();
        for top in self.reach.tops(&self.survey.graph, &environment.name) {
            let Some(kustomization) = self.survey.graph.at(&top) else {
                continue;
            };
            let app = roots.app(&top);
            for item in follow.build(&top) {
                slots.push(self.slot(item, (&app, ""), Some(&kustomization.file)));
            }
        }
        for (file, seen) in self.survey.files.iter().enumerate() {
            if follow.used.contains(&seen.file) || !self.reach.is_own(&environment.name, &seen.file) {
                continue;
            }
            let (app, inside) = inside(&roots, &seen.file);
            for (site, of) in seen.sites.iter().enumerate() {
                let item = build::item(seen, of, SiteAt { file, site });
                slots.push(self.slot(item, (&app, &inside), None));
            }
        }
        tell_apart(&mut slots);
        slots
    }

    /// The app that a file of an environment belongs to, and the file as it is called inside.
    pub(crate) fn inside(&self, environment: &Environment, file: &str) -> (String, String) {
        inside(&Roots::of(&self.naming, environment), file)
    }

    fn slot(&self, item: Item, (app, file): (&str, &str), top: Option<&str>) -> Slot {
        let object = match (item.kind.is_empty(), item.is_entry) {
            (true, _) | (_, true) => String::new(),
            (false, false) => format!("{}/{}", item.kind, item.name),
        };
        let place = match (item.is_entry, &item.container) {
            (true, _) => format!("images[{}]", item.identity),
            (false, Some(container)) => container.clone(),
            (false, None) => item.path,
        };
        let raw = SlotName {
            app: app.to_owned(),
            file: file.to_owned(),
            object,
            place,
        };
        Slot {
            name: SlotName {
                app: raw.app.clone(),
                file: self.naming.blank(&raw.file),
                object: self.naming.blank(&raw.object),
                place: raw.place.clone(),
            },
            raw: SlotName {
                // Tells objects of one name in two namespaces apart, should there be such.
                object: match item.namespace.is_empty() {
                    true => raw.object.clone(),
                    false => format!("{}.{}", raw.object, self.naming.blank(&item.namespace)),
                },
                ..raw
            },
            identity: item.identity,
            image: item.image,
            version: item.version,
            at: item.at,
            beneath: item.beneath,
            unpinned: item.unpinned,
            top: top.filter(|_| item.can_be_pinned).map(str::to_owned),
        }
    }

    /// Tells whether a file is effective in some environment besides those of these names.
    pub(crate) fn is_shared_beyond(&self, file: &str, names: &[String]) -> bool {
        self.reach
            .of(file)
            .iter()
            .any(|name| !names.iter().any(|it| it == name))
            || (!self.reach.is_inside(file) && !self.elsewhere.of(file).is_empty())
    }
}

fn inside(roots: &Roots<'_>, file: &str) -> (String, String) {
    let (app, below) = roots.split(directory_of(file));
    let name = file.rsplit('/').next().unwrap_or_default();
    (app, in_directory(below, name))
}

/// Slots of one environment whose names are the same get the longer ones, and then numbers.
fn tell_apart(slots: &mut [Slot]) {
    let mut seen: HashMap<SlotName, usize> = HashMap::new();
    for slot in slots.iter() {
        *seen.entry(slot.name.clone()).or_default() += 1;
    }
    for slot in slots.iter_mut() {
        if seen.get(&slot.name).is_some_and(|count| *count > 1) {
            slot.name = slot.raw.clone();
        }
    }
    let mut numbers: HashMap<SlotName, usize> = HashMap::new();
    for slot in slots.iter_mut() {
        let number = numbers.entry(slot.name.clone()).or_default();
        *number += 1;
        if *number > 1 {
            slot.name.place = format!("{}#{number}", slot.name.place);
            slot.raw.clone_from(&slot.name);
        }
    }
}

/// Finds for each slot of one environment the slot of another that is the same.
pub(crate) struct Pairing<'s> {
    by_raw: HashMap<&'s SlotName, usize>,
    by_name: HashMap<&'s SlotName, usize>,
}

impl<'s> Pairing<'s> {
    /// `slots` are those to be found.
    pub(crate) fn of(slots: &'s [Slot]) -> Pairing<'s> {
        Pairing {
            by_raw: slots.iter().enumerate().map(|(at, slot)| (&slot.raw, at)).collect(),
            by_name: slots.iter().enumerate().map(|(at, slot)| (&slot.name, at)).collect(),
        }
    }

    /// The number of the slot that is the same as `slot` of another environment.
    pub(crate) fn same_as(&self, slot: &Slot) -> Option<usize> {
        let found = self.by_raw.get(&slot.raw).or_else(|| self.by_name.get(&slot.name));
        found.copied()
    }
}

//! What takes effect anywhere: the versions that the builds of a tree come to, and the sites that decide them.
//!
//! **Invariant:** a version that every build replaces is none of them; one that some build leaves as it is, is.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{self, Follow, Item};
use super::survey::{SiteAt, Survey};
use crate::config::environments::{Environment, Environments};
use crate::image::{Repository, Version};
use crate::manifest::graph::{Graph, Reach};
use crate::manifest::site::Origin;

/// A directory that is built for itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Top {
    pub(crate) directory: String,
    /// The environments that get its build, by their number in some list.
    pub(crate) environments: Vec<usize>,
}

/// The directories that environments build, each with those of `present` that get its build, by their number there.
pub(crate) fn tops(graph: &Graph, environments: &Environments, present: &[&Environment]) -> Vec<Top> {
    let all: Vec<&Environment> = environments.list.iter().collect();
    let everywhere = Reach::new(graph, &all);
    let mut tops: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for environment in all {
        for directory in everywhere.tops(graph, &environment.name) {
            let top = tops.entry(directory).or_default();
            top.extend(present.iter().position(|it| it.name == environment.name));
        }
    }
    let tops = tops.into_iter();
    tops.map(|(directory, environments)| Top {
        directory,
        environments,
    })
    .collect()
}

/// A version that takes effect somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    /// The site that decides.
    pub(crate) at: SiteAt,
    /// What is pulled.
    pub(crate) image: Repository,
    pub(crate) version: Version,
    /// Whether it is surely the name of a repository: an entry of `images:` that matches nothing here has a word that has to fit
    /// something elsewhere.
    pub(crate) is_certain: bool,
    /// The environments whose builds come to it; none for a file that is in no build, and for builds of nobody.
    pub(crate) environments: BTreeSet<usize>,
    /// Whether it comes out of a build.
    pub(crate) is_built: bool,
}

impl Survey {
    /// What takes effect in the builds of `tops`, and of every other directory that nobody builds on; then what stands in files of no
    /// build. Sorted by site.
    pub(crate) fn effects(&self, tops: &[Top]) -> Vec<Effect> {
        let mut gathered = Gathered::default();
        let mut follow = Follow::new(self);
        let mut built: BTreeSet<String> = BTreeSet::new();
        let named: BTreeSet<&str> = tops.iter().map(|top| top.directory.as_str()).collect();
        let others = roots(&self.graph).into_iter().filter(|it| !named.contains(it));
        let others = others.map(|directory| Top {
            directory: directory.to_owned(),
            environments: Vec::new(),
        });
        for top in tops.iter().cloned().chain(others) {
            self.take(&top, &mut follow, &mut gathered);
            built.extend(self.graph.reads(&top.directory));
        }
        // What only builds itself, in a ring, is built by nobody else.
        for directory in self.graph.directories() {
            if self.graph.at(directory).is_some_and(|it| !built.contains(&it.file)) {
                let top = Top {
                    directory: directory.to_owned(),
                    environments: Vec::new(),
                };
                self.take(&top, &mut follow, &mut gathered);
                built.extend(self.graph.reads(directory));
            }
        }
        for (file, seen) in self.files.iter().enumerate() {
            if follow.used.contains(&seen.file) {
                continue;
            }
            for (site, of) in seen.sites.iter().enumerate() {
                let item = build::item(seen, of, SiteAt { file, site });
                let is_entry = matches!(of.origin, Origin::KustomizeEntry { .. });
                if !(is_entry && of.version.is_none()) {
                    gathered.add(item, !is_entry || is_full(&of.image), None);
                }
            }
        }
        gathered.by_site.into_values().collect()
    }

    fn take(&self, top: &Top, follow: &mut Follow<'_>, gathered: &mut Gathered) {
        let items = follow.build(&top.directory);
        let is_open = items.iter().any(|item| item.is_entry) && self.is_open(&top.directory);
        for item in items {
            if item.is_entry && (item.version.is_none() || !is_open) {
                continue;
            }
            let is_certain = !item.is_entry || is_full(&item.image);
            gathered.add(item, is_certain, Some(&top.environments));
        }
    }

    /// Tells whether a build of a directory has objects that are not here, which an entry may be for.
    fn is_open(&self, directory: &str) -> bool {
        if self.graph.at(directory).is_some_and(|it| it.is_component) {
            return true;
        }
        let mut open = vec![directory.to_owned()];
        let mut seen: BTreeSet<String> = BTreeSet::new();
        while let Some(directory) = open.pop() {
            let Some(kustomization) = self.graph.at(&directory) else {
                continue;
            };
            // One that names nothing is used by something that does.
            let names_nothing = kustomization.builds.is_empty() && kustomization.components.is_empty();
            if kustomization.is_open || names_nothing {
                return true;
            }
            if seen.insert(directory) {
                open.extend(kustomization.builds.iter().chain(&kustomization.components).cloned());
            }
        }
        false
    }
}

/// An entry that has more than one word has a name to pull.
fn is_full(image: &Repository) -> bool {
    image.as_str().contains('/')
}

/// The directories that no other builds on.
fn roots(graph: &Graph) -> Vec<&str> {
    let built: BTreeSet<&str> = graph
        .directories()
        .filter_map(|directory| graph.at(directory))
        .flat_map(|it| it.builds.iter().chain(&it.components))
        .map(String::as_str)
        .collect();
    graph.directories().filter(|it| !built.contains(it)).collect()
}

#[derive(Default)]
struct Gathered {
    by_site: BTreeMap<(SiteAt, String, Version), Effect>,
}

impl Gathered {
    fn add(&mut self, item: Item, is_certain: bool, environments: Option<&Vec<usize>>) {
        let key = (item.at, item.image.as_str().to_owned(), item.version.clone());
        let effect = self.by_site.entry(key).or_insert_with(|| Effect {
            at: item.at,
            image: item.image,
            version: item.version,
            is_certain,
            environments: BTreeSet::new(),
            is_built: environments.is_some(),
        });
        effect.is_certain |= is_certain;
        effect.environments.extend(environments.into_iter().flatten());
    }
}

//! Which files a build reads, and so which environments a file reaches.
//!
//! **Invariant:** the kustomize graph decides, not the name of a directory: a base may be called `production`.

mod deliver;
mod places;
#[cfg(test)]
mod tests;
mod way;

pub(crate) use deliver::{matches, takes};
pub(crate) use places::Place;
use places::{Places, globs};

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use globset::GlobSet;

use super::kustomization::{Kustomization, directory_of};
use crate::config::environments::Environment;
use crate::config::infer::{step_in_path, step_of_name};

/// All kustomizations of a repository, by directory.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    by_directory: BTreeMap<String, Kustomization>,
    /// Directories whose kustomization is there and cannot be read.
    unread: Vec<String>,
    /// What generators of Secrets read; found when it is first asked for.
    secrets: OnceLock<HashSet<String>>,
}

impl Graph {
    pub(crate) fn new(kustomizations: Vec<Kustomization>) -> Graph {
        let by_directory = kustomizations
            .into_iter()
            .map(|it| (it.directory().to_owned(), it))
            .collect();
        Graph {
            by_directory,
            ..Graph::default()
        }
    }

    /// The same, knowing of directories whose kustomization cannot be read: nothing is known of them but that they are there.
    pub(crate) fn knowing_of(mut self, unread: Vec<String>) -> Graph {
        self.unread = unread;
        self
    }

    /// Directories whose kustomization is there and cannot be read.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &str> {
        self.unread.iter().map(String::as_str)
    }

    /// The same with some kustomizations added or replaced.
    pub(crate) fn with(&self, kustomizations: Vec<Kustomization>) -> Graph {
        let mut by_directory = self.by_directory.clone();
        by_directory.extend(kustomizations.into_iter().map(|it| (it.directory().to_owned(), it)));
        Graph {
            by_directory,
            unread: self.unread.clone(),
            secrets: OnceLock::new(),
        }
    }

    /// The kustomization of a directory.
    pub(crate) fn at(&self, directory: &str) -> Option<&Kustomization> {
        self.by_directory.get(directory)
    }

    /// Whether a generator of Secrets reads the file: what stands in it is not told.
    pub(crate) fn is_secret(&self, file: &str) -> bool {
        let all = || self.by_directory.values().flat_map(|it| &it.secrets);
        self.secrets.get_or_init(|| all().cloned().collect()).contains(file)
    }

    /// The directories that hold a kustomization, sorted.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &str> {
        self.by_directory.keys().map(String::as_str)
    }

    /// Every file that a build of `directory` reads, the kustomizations among them.
    pub(crate) fn reads(&self, directory: &str) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        self.close(directory, &mut files);
        files
    }

    /// Adds to `files` every file that a build of `directory` reads, the kustomizations among them.
    fn close(&self, directory: &str, files: &mut BTreeSet<String>) {
        let mut open = vec![directory.to_owned()];
        while let Some(directory) = open.pop() {
            let Some(kustomization) = self.at(&directory) else {
                continue;
            };
            if !files.insert(kustomization.file.clone()) {
                continue;
            }
            for path in kustomization.builds.iter().chain(&kustomization.components) {
                if self.by_directory.contains_key(path) {
                    open.push(path.clone());
                } else {
                    files.insert(path.clone());
                }
            }
            files.extend(kustomization.patches.iter().chain(&kustomization.reads).cloned());
        }
    }
}

impl Graph {
    /// Builds that no other builds on, that lie in no environment's directory and read nothing of one.
    ///
    /// A build that reads an environment's overlay, as `clusters/prd` may, is that environment by another name.
    fn unnamed_builds(&self, owned: &BTreeSet<&str>) -> Vec<(String, BTreeSet<String>)> {
        let built: HashSet<&str> = self
            .by_directory
            .values()
            .flat_map(|kustomization| kustomization.builds.iter().chain(&kustomization.components))
            .map(String::as_str)
            .collect();
        self.directories()
            .filter(|directory| !built.contains(directory) && !owned.contains(directory))
            .filter_map(|directory| {
                let mut files = BTreeSet::new();
                self.close(directory, &mut files);
                let is_named = files.iter().any(|file| owned.contains(directory_of(file)));
                (!is_named).then(|| (directory.to_owned(), files))
            })
            .collect()
    }
}

/// Somewhere that a file is effective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    /// The name of an environment, the directory of a build that belongs to none, or the file itself.
    pub(crate) name: String,
    /// The step of the ladder of usual names that the name stands on.
    pub(crate) step: Option<usize>,
    /// Whether it is the name of an environment.
    pub(crate) is_environment: bool,
}

/// Which environments each file reaches.
pub(crate) struct Reach<'g> {
    graph: &'g Graph,
    names: Vec<String>,
    /// What the builds of an environment read, by environment.
    closures: Vec<BTreeSet<String>>,
    places: Places,
    /// Files that the configuration names for an environment, by environment.
    declared: Vec<GlobSet>,
    /// Builds that belong to no environment and build on none: their directory, and what they read.
    unnamed: OnceLock<Vec<(String, BTreeSet<String>)>>,
    /// Directories with a kustomization that belong to an environment.
    owned: BTreeSet<&'g str>,
    /// What Argo CD and Flux bring, by environment; nothing before [`Reach::deliver`].
    brought: Vec<Vec<Arc<deliver::Brought>>>,
}

impl<'g> Reach<'g> {
    /// Works out the reach of every file. `environments` are those whose files lie in this tree.
    pub(crate) fn new(graph: &'g Graph, environments: &[&Environment]) -> Reach<'g> {
        let places = Places::of(environments);
        let mut closures = vec![BTreeSet::new(); environments.len()];
        let mut owned = BTreeSet::new();
        for directory in graph.directories() {
            for index in places.owners(directory).iter().copied() {
                graph.close(directory, &mut closures[index]);
                owned.insert(directory);
            }
        }
        Reach {
            graph,
            unnamed: OnceLock::new(),
            owned,
            brought: Vec::new(),
            names: environments.iter().map(|it| it.name.clone()).collect(),
            closures,
            places,
            declared: environments
                .iter()
                .map(|environment| globs(&environment.files))
                .collect(),
        }
    }

    /// Returns the environments that `file` reaches, in promotion order: by a build, or by lying in their directory.
    pub(crate) fn of(&self, file: &str) -> Vec<&str> {
        let inside = self.places.owners(directory_of(file));
        // A file in an environment's own directory is that environment's, whatever pattern it fits.
        let declared = |index: usize| inside.is_empty() && self.declared[index].is_match(file);
        (0..self.names.len())
            .filter(|index| {
                let brought = self.brought.get(*index);
                inside.contains(index)
                    || self.closures[*index].contains(file)
                    || declared(*index)
                    || brought.is_some_and(|all| {
                        all.iter()
                            .any(|it| it.names(file) || (inside.is_empty() && it.spans(file)))
                    })
            })
            .map(|index| self.names[index].as_str())
            .collect()
    }

    /// Returns everywhere that `file` is effective, as far as it can be told: environments, then builds that belong to
    /// none, as in `clusters/production`; where there is neither, the file itself if its path names a usual environment.
    pub(crate) fn labels(&self, file: &str) -> Vec<Label> {
        let named = self.of(file);
        let mut labels: Vec<Label> = named
            .iter()
            .map(|name| Label {
                name: (*name).to_owned(),
                step: step_of_name(name),
                is_environment: true,
            })
            .collect();
        let unnamed = self.unnamed.get_or_init(|| self.graph.unnamed_builds(&self.owned));
        for (directory, _) in unnamed.iter().filter(|(_, files)| files.contains(file)) {
            let step = step_in_path(directory);
            if step.is_some() || !named.is_empty() {
                labels.push(Label {
                    name: directory.clone(),
                    step,
                    is_environment: false,
                });
            }
        }
        if labels.is_empty()
            && let Some(step) = step_in_path(file)
        {
            labels.push(Label {
                name: file.to_owned(),
                step: Some(step),
                is_environment: false,
            });
        }
        labels
    }

    /// Tells whether `file` lies in the directories of this environment, or is declared for it.
    pub(crate) fn is_own(&self, environment: &str, file: &str) -> bool {
        let Some(index) = self.names.iter().position(|name| name == environment) else {
            return false;
        };
        let inside = self.places.owners(directory_of(file));
        inside.contains(&index) || (inside.is_empty() && self.declared[index].is_match(file))
    }

    /// Tells whether a build of this environment reads `file`.
    pub(crate) fn is_built(&self, environment: &str, file: &str) -> bool {
        let index = self.names.iter().position(|name| name == environment);
        index.is_some_and(|index| self.closures[index].contains(file))
    }

    /// Tells whether `file` lies in the directory of an environment.
    pub(crate) fn is_inside(&self, file: &str) -> bool {
        !self.places.owners(directory_of(file)).is_empty()
    }

    /// Tells whether the configuration names `file` for an environment.
    pub(crate) fn is_declared(&self, file: &str) -> bool {
        self.declared.iter().any(|globs| globs.is_match(file))
    }

    /// Returns the directories of `graph` that belong to an environment and that no other of its own builds on:
    /// those whose build is what its cluster gets.
    pub(crate) fn tops(&self, graph: &Graph, environment: &str) -> Vec<String> {
        let Some(index) = self.names.iter().position(|name| name == environment) else {
            return Vec::new();
        };
        let mine: Vec<&str> = graph
            .directories()
            .filter(|directory| self.places.owners(directory).contains(&index))
            .collect();
        let built: HashMap<&str, ()> = mine
            .iter()
            .filter_map(|directory| graph.at(directory))
            .flat_map(|kustomization| kustomization.builds.iter().chain(&kustomization.components))
            .map(|path| (path.as_str(), ()))
            .collect();
        mine.into_iter()
            .filter(|directory| !built.contains_key(directory))
            .map(str::to_owned)
            .collect()
    }
}

#[cfg(test)]
mod builds {
    use super::{Graph, Reach};
    use crate::config::environments::Environment;
    use crate::manifest::kustomization::Kustomization;

    fn kustomization(directory: &str, builds: &[&str]) -> Kustomization {
        Kustomization {
            file: format!("{directory}/kustomization.yaml"),
            builds: builds.iter().map(|it| (*it).to_owned()).collect(),
            ..Kustomization::default()
        }
    }

    fn environment(name: &str, path: &str) -> Environment {
        Environment {
            name: name.into(),
            branch: None,
            paths: vec![path.into()],
            files: Vec::new(),
            group: None,
            protected: false,
        }
    }

    #[test]
    fn a_base_reaches_every_overlay_that_builds_on_it() {
        let graph = Graph::new(vec![
            kustomization("base", &["base/api.yaml"]),
            kustomization("overlays/stg", &["base"]),
            kustomization("overlays/prd", &["overlays/stg"]),
        ]);
        let (stg, prd) = (environment("stg", "overlays/stg"), environment("prd", "overlays/prd"));
        let reach = Reach::new(&graph, &[&stg, &prd]);
        assert_eq!(reach.of("base/api.yaml"), ["stg", "prd"]);
        assert_eq!(reach.of("overlays/stg/kustomization.yaml"), ["stg", "prd"]);
        assert_eq!(reach.of("overlays/prd/kustomization.yaml"), ["prd"]);
        assert_eq!(reach.of("elsewhere.yaml"), Vec::<&str>::new());
        assert_eq!(reach.tops(&graph, "stg"), ["overlays/stg"]);
    }

    #[test]
    fn a_file_belongs_to_the_deepest_environment_that_holds_it() {
        let graph = Graph::default();
        let (prd, eu) = (
            environment("prd", "overlays/prd"),
            environment("prd-eu", "overlays/prd/eu"),
        );
        let reach = Reach::new(&graph, &[&prd, &eu]);
        assert_eq!(reach.of("overlays/prd/eu/x.yaml"), ["prd-eu"]);
        assert_eq!(reach.of("overlays/prd/us/x.yaml"), ["prd"]);
    }

    #[test]
    fn a_ring_of_kustomizations_ends() {
        let graph = Graph::new(vec![kustomization("a", &["b"]), kustomization("b", &["a"])]);
        let dev = environment("dev", "a");
        assert_eq!(Reach::new(&graph, &[&dev]).of("b/kustomization.yaml"), ["dev"]);
    }
}

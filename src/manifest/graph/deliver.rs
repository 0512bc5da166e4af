//! What Argo CD and Flux bring to an environment besides the builds of its own directories: charts, value files, and the
//! objects themselves.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use super::{Graph, Reach, owners};
use crate::config::model::Config;
use crate::manifest::delivery::{Deliveries, Delivery, Depth, Form, Source};
use crate::manifest::kustomization::directory_of;

/// What one object brings to one environment.
#[derive(Debug)]
pub(super) struct Brought {
    /// The file that the object stands in.
    pub(super) by: String,
    files: BTreeSet<String>,
    areas: Vec<Area>,
}

/// A directory, as far as an object takes it.
#[derive(Debug)]
enum Area {
    /// Its own files.
    Flat(String),
    /// Everything below it.
    Deep(String),
    /// A chart: everything below it but the value files that somebody names.
    Chart(String, BTreeSet<String>),
}

impl Area {
    fn has(&self, file: &str) -> bool {
        let below = |directory: &str| match directory {
            "" => true,
            directory => file.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/')),
        };
        match self {
            Area::Flat(directory) => directory_of(file) == directory,
            Area::Deep(directory) => below(directory),
            Area::Chart(directory, named) => below(directory) && !named.contains(file) && !is_variant(directory, file),
        }
    }
}

/// Tells whether a file of a chart is one of several sets of values: `values-prd.yaml` is read only where it is named.
fn is_variant(chart: &str, file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let is_values = name.starts_with("values") && matches!(name.rsplit_once('.'), Some((_, "yaml" | "yml")));
    directory_of(file) == chart && is_values && name != "values.yaml"
}

impl Brought {
    /// Whether it names the file, or builds with it.
    pub(super) fn names(&self, file: &str) -> bool {
        self.files.contains(file)
    }

    /// Whether the file lies somewhere below what it takes.
    pub(super) fn spans(&self, file: &str) -> bool {
        self.areas.iter().any(|area| area.has(file))
    }

    pub(super) fn has(&self, file: &str) -> bool {
        self.names(file) || self.spans(file)
    }
}

/// Tells whether an object takes a file with a source: by a build, as a part of a chart, or from its directory.
pub(crate) fn takes((graph, deliveries): (&Graph, &Deliveries), source: &Source, file: &str) -> bool {
    if !source.is_own {
        return false;
    }
    if source.values.iter().any(|path| fits(path, file)) {
        return true;
    }
    let Some(path) = &source.path else { return false };
    if path.contains('*') {
        return pattern(&format!("{path}/**")).is_some_and(|glob| glob.is_match(file));
    }
    let (files, area) = contents((graph, deliveries), source, path);
    files.contains(file) || area.is_some_and(|area| area.has(file))
}

/// What stands at a directory: what its build reads, or the directory itself.
fn contents(
    (graph, deliveries): (&Graph, &Deliveries),
    source: &Source,
    path: &str,
) -> (BTreeSet<String>, Option<Area>) {
    let mut files = BTreeSet::new();
    if graph.at(path).is_some() {
        graph.close(path, &mut files);
        return (files, None);
    }
    let area = match (deliveries.charts.contains(path), source.depth) {
        (true, _) => {
            let all = deliveries
                .list
                .iter()
                .flat_map(|it| &it.sources)
                .flat_map(|it| &it.values);
            let named = all.filter(|file| !source.values.contains(file)).cloned();
            Area::Chart(
                path.to_owned(),
                named.filter(|file| !file.ends_with("/values.yaml")).collect(),
            )
        }
        (false, Depth::Deep) => Area::Deep(path.to_owned()),
        (false, Depth::Flat) => Area::Flat(path.to_owned()),
    };
    (files, Some(area))
}

fn pattern(text: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(text).literal_separator(true).build().ok()?;
    Some(glob.compile_matcher())
}

/// Tells whether a path fits a pattern; `*` ends at a `/`, and `**` does not.
pub(crate) fn matches(glob: &str, path: &str) -> bool {
    pattern(glob).is_some_and(|glob| glob.is_match(path))
}

fn fits(path: &str, file: &str) -> bool {
    path == file || (path.contains('*') && pattern(path).is_some_and(|glob| glob.is_match(file)))
}

impl Reach<'_> {
    /// Adds what Argo CD and Flux bring to the environments. An object is an environment's if the configuration says so
    /// (`track`), if it takes the environment's directory or a value file of its own, if it is made for its name, or if it
    /// is itself brought there.
    pub(crate) fn deliver(&mut self, deliveries: &Deliveries, config: &Config) {
        self.brought = (0..self.names.len()).map(|_| Vec::new()).collect();
        let groups: Vec<(&Delivery, Vec<&Source>)> = deliveries.list.iter().flat_map(groups).collect();
        let mut has: BTreeSet<(usize, usize)> = BTreeSet::new();
        loop {
            let mut is_new = false;
            for (at, (delivery, sources)) in groups.iter().enumerate() {
                for environment in 0..self.names.len() {
                    let is_its_own = !has.contains(&(environment, at))
                        && (self.is_for(environment, (delivery, sources), config)
                            || self.is_reached(environment, &delivery.file));
                    if is_its_own {
                        has.insert((environment, at));
                        is_new = true;
                        let brought = self.brings(deliveries, delivery, sources);
                        self.brought[environment].push(brought);
                    }
                }
            }
            if !is_new {
                break;
            }
        }
        self.add_parents(deliveries, &groups);
    }

    /// What brings the object of an environment reaches that environment by its own file, and not with all it brings.
    fn add_parents(&mut self, deliveries: &Deliveries, groups: &[(&Delivery, Vec<&Source>)]) {
        for environment in 0..self.names.len() {
            let mut open: Vec<String> = self.brought[environment].iter().map(|it| it.by.clone()).collect();
            let mut seen: BTreeSet<String> = open.iter().cloned().collect();
            while let Some(file) = open.pop() {
                for (delivery, sources) in groups {
                    let brings = sources
                        .iter()
                        .any(|source| takes((self.graph, deliveries), source, &file));
                    if brings && seen.insert(delivery.file.clone()) {
                        open.push(delivery.file.clone());
                        self.brought[environment].push(Brought {
                            by: file.clone(),
                            files: BTreeSet::from([delivery.file.clone()]),
                            areas: Vec::new(),
                        });
                    }
                }
            }
        }
    }

    fn is_reached(&self, environment: usize, file: &str) -> bool {
        self.closures[environment].contains(file)
            || owners(&self.places, directory_of(file)).contains(&environment)
            || self.brought[environment].iter().any(|it| it.has(file))
    }

    /// Whether an object says itself that it is for an environment.
    fn is_for(&self, environment: usize, (delivery, sources): (&Delivery, &[&Source]), config: &Config) -> bool {
        let name = &self.names[environment];
        let entry = config.environments.iter().find(|entry| entry.name == *name);
        let tracked = entry.and_then(|entry| entry.track.as_ref());
        if tracked.is_some_and(|track| track.file == delivery.file && track.name == delivery.object.name) {
            return true;
        }
        // A source says where something is, and not for whom.
        if delivery.form == Form::GitRepository {
            return false;
        }
        sources.iter().filter(|source| source.is_own).any(|source| {
            source.names.contains(name)
                || source
                    .path
                    .as_ref()
                    .is_some_and(|path| self.places[environment].is_at(path, self, environment))
                || source.values.iter().any(|file| self.is_its_values(environment, file))
        })
    }

    /// Whether a value file is an environment's alone: it lies in its directory, the configuration names it for it, or its
    /// own path does: `values-prd.yaml`.
    fn is_its_values(&self, environment: usize, file: &str) -> bool {
        let inside = owners(&self.places, directory_of(file));
        if !inside.is_empty() {
            return inside.contains(&environment);
        }
        let declared: Vec<usize> = (0..self.names.len())
            .filter(|index| self.declared[*index].is_match(file))
            .collect();
        if let [only] = declared.as_slice() {
            return *only == environment;
        }
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let names = |name: &str| {
            stem.split('/').any(|part| {
                let rest = part.strip_suffix(name);
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['-', '_', '.']))
            })
        };
        let named = (0..self.names.len()).filter(|index| names(&self.names[*index]));
        named.max_by_key(|index| self.names[*index].len()) == Some(environment)
    }

    fn brings(&self, deliveries: &Deliveries, delivery: &Delivery, sources: &[&Source]) -> Brought {
        let mut brought = Brought {
            by: delivery.file.clone(),
            files: BTreeSet::from([delivery.file.clone()]),
            areas: Vec::new(),
        };
        for source in sources {
            if let Some(followed) = deliveries.follows(delivery, source).filter(|_| source.is_own) {
                brought.files.insert(followed.file.clone());
            }
            if !source.is_own {
                continue;
            }
            brought
                .files
                .extend(source.values.iter().filter(|path| !path.contains('*')).cloned());
            let path = source.path.as_ref();
            if let Some(path) = path.filter(|path| !path.is_empty() && !path.contains('*')) {
                let (files, area) = contents((self.graph, deliveries), source, path);
                brought.files.extend(files);
                brought.areas.extend(area);
            }
        }
        brought
    }
}

/// The sources that belong together: all of an object, or of an ApplicationSet those of one element.
fn groups(delivery: &Delivery) -> Vec<(&Delivery, Vec<&Source>)> {
    let mut groups: Vec<(&Delivery, Vec<&Source>)> = Vec::new();
    for source in &delivery.sources {
        match groups.iter_mut().find(|(_, of)| of[0].names == source.names) {
            Some((_, group)) => group.push(source),
            None => groups.push((delivery, vec![source])),
        }
    }
    groups
}

impl super::Place {
    /// Whether a directory, or a pattern of one, is an environment's own.
    fn is_at(&self, path: &str, reach: &Reach<'_>, environment: usize) -> bool {
        if !path.contains('*') {
            return owners(&reach.places, path).contains(&environment);
        }
        pattern(path).is_some_and(|glob| self.plain.iter().any(|own| glob.is_match(own)))
    }
}

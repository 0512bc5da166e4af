//! What Argo CD and Flux bring to an environment besides the builds of its own directories: charts, value files, and the
//! objects themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};

use super::{Graph, Reach};
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
    Chart(String, Arc<BTreeSet<String>>),
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
    let named = Arc::new(named_values(deliveries));
    let (files, area) = contents((graph, deliveries), source, (path, &named));
    files.contains(file) || area.is_some_and(|area| area.has(file))
}

/// The value files that some object names: a chart by itself does not read them.
fn named_values(deliveries: &Deliveries) -> BTreeSet<String> {
    let all = deliveries
        .list
        .iter()
        .flat_map(|it| &it.sources)
        .flat_map(|it| &it.values);
    all.filter(|file| !file.ends_with("/values.yaml")).cloned().collect()
}

/// What stands at a directory: what its build reads, or the directory itself.
fn contents(
    (graph, deliveries): (&Graph, &Deliveries),
    source: &Source,
    (path, named): (&str, &Arc<BTreeSet<String>>),
) -> (BTreeSet<String>, Option<Area>) {
    let mut files = BTreeSet::new();
    if graph.at(path).is_some() {
        graph.close(path, &mut files);
        return (files, None);
    }
    let area = match (deliveries.charts.contains(path), source.depth) {
        (true, _) => Area::Chart(path.to_owned(), Arc::clone(named)),
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

/// Objects, as far as they belong together, and what each brings.
struct Groups<'d> {
    list: Vec<(&'d Delivery, Vec<&'d Source>)>,
    brought: Vec<Arc<Brought>>,
    /// The groups of each file that holds some.
    of_file: BTreeMap<&'d str, Vec<usize>>,
    /// The files with objects that each group brings.
    objects: Vec<Vec<&'d str>>,
}

impl<'d> Groups<'d> {
    fn new(graph: &Graph, deliveries: &'d Deliveries) -> Groups<'d> {
        let list: Vec<(&Delivery, Vec<&Source>)> = deliveries.list.iter().flat_map(groups).collect();
        let named = Arc::new(named_values(deliveries));
        let brings = |(delivery, sources): &(&Delivery, Vec<&Source>)| {
            Arc::new(brings((graph, deliveries), (delivery, sources), &named))
        };
        let brought: Vec<Arc<Brought>> = list.iter().map(brings).collect();
        let mut of_file: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, (delivery, _)) in list.iter().enumerate() {
            of_file.entry(&delivery.file).or_default().push(at);
        }
        let objects = brought.iter().map(|brought| brought.among(&of_file)).collect();
        Groups {
            list,
            brought,
            of_file,
            objects,
        }
    }
}

impl Brought {
    /// The files of a list that it brings; of a large list only the part that can be meant is looked at.
    fn among<'d>(&self, files: &BTreeMap<&'d str, Vec<usize>>) -> Vec<&'d str> {
        let mut found: BTreeSet<&'d str> = BTreeSet::new();
        found.extend(
            self.files
                .iter()
                .filter_map(|file| files.get_key_value(file.as_str()).map(|(file, _)| *file)),
        );
        for area in &self.areas {
            let (Area::Flat(directory) | Area::Deep(directory) | Area::Chart(directory, _)) = area;
            let below = files
                .range::<str, _>((Bound::Included(directory.as_str()), Bound::Unbounded))
                .map(|(file, _)| *file);
            let below = below.take_while(|file| file.starts_with(directory.as_str()));
            found.extend(below.filter(|file| area.has(file)));
        }
        found.into_iter().collect()
    }
}

impl Reach<'_> {
    /// Adds what Argo CD and Flux bring to the environments. An object is an environment's if the configuration says so
    /// (`track`), if it takes the environment's directory or a value file of its own, if it is made for its name, or if it
    /// is itself brought there.
    pub(crate) fn deliver(&mut self, deliveries: &Deliveries, config: &Config) {
        let groups = Groups::new(self.graph, deliveries);
        let mut all: Vec<Vec<Arc<Brought>>> = Vec::with_capacity(self.names.len());
        for environment in 0..self.names.len() {
            let mut open: Vec<usize> = (0..groups.list.len())
                .filter(|at| {
                    let (delivery, sources) = &groups.list[*at];
                    self.is_for(environment, (delivery, sources), config) || self.is_there(environment, &delivery.file)
                })
                .collect();
            let mut has: BTreeSet<usize> = open.iter().copied().collect();
            while let Some(at) = open.pop() {
                let inside = groups.objects[at]
                    .iter()
                    .filter(|file| **file != groups.list[at].0.file);
                for group in inside.flat_map(|file| &groups.of_file[file]) {
                    if has.insert(*group) {
                        open.push(*group);
                    }
                }
            }
            let mut brought: Vec<Arc<Brought>> = has.iter().map(|at| Arc::clone(&groups.brought[*at])).collect();
            brought.extend(parents(&groups, &has));
            all.push(brought);
        }
        self.brought = all;
    }

    /// Whether a file is an environment's before anything is brought.
    fn is_there(&self, environment: usize, file: &str) -> bool {
        self.closures[environment].contains(file) || self.places.owners(directory_of(file)).contains(&environment)
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
                    .is_some_and(|path| self.places.list[environment].is_at(path, self, environment))
                || source.values.iter().any(|file| self.is_its_values(environment, file))
        })
    }

    /// Whether a value file is an environment's alone: it lies in its directory, the configuration names it for it, or its
    /// own path does: `values-prd.yaml`.
    fn is_its_values(&self, environment: usize, file: &str) -> bool {
        let inside = self.places.owners(directory_of(file));
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
}

/// What brings an object of an environment reaches that environment by its own file, and not with all it brings.
fn parents(groups: &Groups<'_>, has: &BTreeSet<usize>) -> Vec<Arc<Brought>> {
    let mut above: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, files) in groups.objects.iter().enumerate() {
        for file in files {
            above.entry(file).or_default().push(at);
        }
    }
    let mut open: Vec<&str> = has.iter().map(|at| groups.list[*at].0.file.as_str()).collect();
    let mut seen: BTreeSet<&str> = open.iter().copied().collect();
    let mut found = Vec::new();
    while let Some(file) = open.pop() {
        for at in above.get(file).into_iter().flatten() {
            let parent = groups.list[*at].0.file.as_str();
            if seen.insert(parent) {
                open.push(parent);
                found.push(Arc::new(Brought {
                    by: file.to_owned(),
                    files: BTreeSet::from([parent.to_owned()]),
                    areas: Vec::new(),
                }));
            }
        }
    }
    found
}

fn brings(
    (graph, deliveries): (&Graph, &Deliveries),
    (delivery, sources): (&Delivery, &[&Source]),
    named: &Arc<BTreeSet<String>>,
) -> Brought {
    let mut brought = Brought {
        by: delivery.file.clone(),
        files: BTreeSet::from([delivery.file.clone()]),
        areas: Vec::new(),
    };
    for source in sources.iter().filter(|source| source.is_own) {
        brought
            .files
            .extend(deliveries.follows(delivery, source).map(|it| it.file.clone()));
        let values = source.values.iter().filter(|path| !path.contains('*'));
        brought.files.extend(values.cloned());
        let path = source.path.as_ref();
        if let Some(path) = path.filter(|path| !path.is_empty() && !path.contains('*')) {
            let (files, area) = contents((graph, deliveries), source, (path, named));
            brought.files.extend(files);
            brought.areas.extend(area);
        }
    }
    brought
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
            return reach.places.owners(path).contains(&environment);
        }
        pattern(path).is_some_and(|glob| self.plain.iter().any(|own| glob.is_match(own)))
    }
}

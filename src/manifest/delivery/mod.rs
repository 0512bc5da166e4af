//! The objects that bring a repository to a cluster: Argo CD Applications and ApplicationSets, Flux sources, Kustomizations
//! and HelmReleases; which directory each of them takes, from which branch, and with which value files.
//!
//! **Invariant:** nothing here guesses what a template comes to: what is left open is a pattern.
//! Start reading at [`read`].

mod generators;
mod object;
mod revision;
mod template;

pub(crate) use revision::Revision;

use std::collections::BTreeSet;

use memchr::memmem;

use super::kustomization::directory_of;
use super::site::ObjectName;
use crate::error::Error;
use crate::snapshot::{Snapshot, Walk};
use crate::yaml::{self, NodeId, Tree};

/// What a file that holds such an object says somewhere.
const MARKS: [&[u8]; 2] = [b"argoproj.io/", b".toolkit.fluxcd.io/"];

/// What a delivering object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Argo CD `Application`.
    Application,
    /// Argo CD `ApplicationSet`.
    ApplicationSet,
    /// Flux `GitRepository`: says where, and not what.
    GitRepository,
    /// Flux `Kustomization`: says what, and names where.
    Kustomization,
    /// Flux `HelmRelease` whose chart lies in a git repository.
    HelmRelease,
}

/// An object that brings something to a cluster.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) file: String,
    pub(crate) object: ObjectName,
    pub(crate) form: Form,
    /// Of its name, from 1.
    pub(crate) line: u32,
    /// Of its name, in characters, from 1.
    pub(crate) column: u32,
    /// What it takes, in the order of the file; of an ApplicationSet once for each element of a list that it is made from.
    pub(crate) sources: Vec<Source>,
}

/// One thing that an object takes from a repository.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Address of the repository, as written; none where another object names it.
    pub(crate) repository: Option<String>,
    /// The Flux object that names the repository.
    pub(crate) from: Option<ObjectName>,
    /// Directory from the root; `*` and `**` stand for what a template leaves open. None where nothing is taken by itself.
    pub(crate) path: Option<String>,
    /// Whether directories below it count.
    pub(crate) depth: Depth,
    /// Value files from the root; patterns as in `path`.
    pub(crate) values: Vec<String>,
    /// Names that the object is made for, such as those of environments.
    pub(crate) names: Vec<String>,
    pub(crate) revision: Revision,
    /// Of the revision, or of what stands where it would; from 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    /// Whether this repository is meant, as far as it can be told.
    pub(crate) is_own: bool,
    /// Where the revision is written.
    pub(super) written: Option<Written>,
}

/// Whether directories below one count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Only its own files, where no kustomization and no chart says otherwise.
    Flat,
    /// Everything below.
    Deep,
}

/// Where a revision is written; means something together with the tree it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The mapping that has it, or would have it.
    pub(super) map: NodeId,
    /// Its key there.
    pub(super) key: &'static str,
    /// The value, if it is there; may be an alias.
    pub(super) value: Option<NodeId>,
    /// The entry that a new one stands behind.
    pub(super) after: Option<NodeId>,
    /// The key that must be made around it first.
    pub(super) around: Option<&'static str>,
}

/// All such objects of a view.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    /// Sorted by file, then as they stand there.
    pub(crate) list: Vec<Delivery>,
    /// Directories that hold a Helm chart.
    pub(crate) charts: BTreeSet<String>,
    /// Files that could not be read or parsed, and may hold such an object.
    pub(crate) blind: Vec<Error>,
}

/// What a file holds.
enum Seen {
    Chart,
    Objects(Vec<Delivery>),
    Blind(Error),
}

/// Reads every delivering object of a view. `own` is the path of the repository at its host (`acme/manifests`), where it is
/// known; where no object names it, as in a mirror, directories that are there are taken for those of this repository.
pub(crate) fn read(snapshot: &Snapshot, own: Option<&str>) -> Deliveries {
    let wanted = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        matches!(name.rsplit_once('.'), Some((_, "yaml" | "yml" | "json")))
    };
    let walk = Walk {
        below: &[],
        wanted: &wanted,
        on_read: &|| {},
    };
    let walked = snapshot.walk(&walk, &|path, bytes| look(path, bytes));
    let mut found = Deliveries::default();
    found
        .blind
        .extend(walked.unreadable.into_iter().map(|(_, error)| error));
    for (path, seen) in walked.found {
        match seen {
            Seen::Chart => {
                found.charts.insert(directory_of(&path).to_owned());
            }
            Seen::Objects(objects) => found.list.extend(objects),
            Seen::Blind(error) => found.blind.push(error),
        }
    }
    found.tell_own(snapshot, own);
    found
}

/// Reads the delivering objects of one file.
///
/// # Errors
/// What reading or parsing it says.
pub(crate) fn read_file(snapshot: &Snapshot, file: &str) -> Result<(Tree, Vec<Delivery>), Error> {
    let tree = yaml::parse(snapshot.read(file)?, yaml::Limits::default()).map_err(|why| why.into_error(file))?;
    let objects = object::objects(file, &tree);
    Ok((tree, objects))
}

fn look(path: &str, bytes: &mut Vec<u8>) -> Option<Seen> {
    if path.rsplit('/').next() == Some("Chart.yaml") {
        return Some(Seen::Chart);
    }
    if !MARKS.iter().any(|mark| memmem::find(bytes, mark).is_some()) {
        return None;
    }
    let is_template = memmem::find(bytes, b"{{").is_some() && path.split('/').any(|part| part == "templates");
    match yaml::parse(std::mem::take(bytes), yaml::Limits::default()) {
        Ok(tree) => {
            let objects = object::objects(path, &tree);
            (!objects.is_empty()).then_some(Seen::Objects(objects))
        }
        // A chart's template is no object yet.
        Err(_) if is_template => None,
        Err(refusal) => Some(Seen::Blind(refusal.into_error(path))),
    }
}

impl Deliveries {
    /// Marks the sources that take something from this repository.
    fn tell_own(&mut self, snapshot: &Snapshot, own: Option<&str>) {
        let is_named = |source: &Source| match (&source.repository, own) {
            (Some(written), Some(own)) => path_of(written).eq_ignore_ascii_case(own),
            _ => false,
        };
        let by_name = self.list.iter().flat_map(|it| &it.sources).any(is_named);
        let is_here = |source: &Source| {
            let there = |path: &String| path.contains('*') || path.is_empty() || snapshot.has_directory(path);
            let values = |path: &String| path.contains('*') || snapshot.has_file(path);
            source.path.as_ref().is_some_and(there) || source.values.iter().any(values)
        };
        for source in self.list.iter_mut().flat_map(|it| &mut it.sources) {
            source.is_own = match (&source.repository, by_name) {
                (Some(_), true) => is_named(source),
                (Some(_), false) => is_here(source),
                (None, _) => false,
            };
        }
        // A source that only lends its files, or makes the others, belongs to the repository that they belong to.
        for delivery in &mut self.list {
            let mine: Vec<String> = own_repositories(&delivery.sources);
            for source in &mut delivery.sources {
                source.is_own |= source.repository.as_ref().is_some_and(|it| mine.contains(it));
            }
        }
        self.tell_own_of_flux(snapshot, by_name);
    }

    /// A Flux object takes from this repository if its source is this one; and where no address tells, a source is this one
    /// if something that names it takes a directory that is here.
    fn tell_own_of_flux(&mut self, snapshot: &Snapshot, by_name: bool) {
        let pairs: Vec<(usize, usize, usize)> = (0..self.list.len())
            .flat_map(|of| (0..self.list[of].sources.len()).map(move |source| (of, source)))
            .filter_map(|(of, source)| {
                let from = self.list[of].sources[source].from.as_ref()?;
                Some((of, source, self.source_of(&self.list[of].file, from)?))
            })
            .collect();
        if !by_name {
            for &(of, source, repository) in &pairs {
                let path = self.list[of].sources[source].path.as_ref();
                if path.is_some_and(|path| path.is_empty() || snapshot.has_directory(path)) {
                    self.list[repository].sources[0].is_own = true;
                }
            }
        }
        for (of, source, repository) in pairs {
            self.list[of].sources[source].is_own = self.list[repository].sources[0].is_own;
        }
    }

    /// The `GitRepository` that a Flux object in `file` names: of several of that name the one that lies nearest, as each
    /// cluster has a `flux-system` of its own.
    fn source_of(&self, file: &str, from: &ObjectName) -> Option<usize> {
        let is_it = |it: &Delivery| {
            it.form == Form::GitRepository
                && it.object.name == from.name
                && (it.object.namespace == from.namespace
                    || it.object.namespace.is_empty()
                    || from.namespace.is_empty())
        };
        let nearness = |index: &usize| shared_directories(file, &self.list[*index].file);
        (0..self.list.len())
            .filter(|index| is_it(&self.list[*index]))
            .max_by_key(|index| (nearness(index), usize::MAX - index))
    }

    /// Where a source says which revision it takes: the object itself, or the `GitRepository` that it names.
    pub(crate) fn follows<'d>(&'d self, delivery: &'d Delivery, source: &Source) -> Option<&'d Delivery> {
        match &source.from {
            None => Some(delivery),
            Some(from) => self.list.get(self.source_of(&delivery.file, from)?),
        }
    }
}

fn own_repositories(sources: &[Source]) -> Vec<String> {
    let own = sources.iter().filter(|source| source.is_own);
    own.filter_map(|source| source.repository.clone()).collect()
}

/// How many directories two paths have in common, from the root.
fn shared_directories(one: &str, other: &str) -> usize {
    let (one, other) = (directory_of(one).split('/'), directory_of(other).split('/'));
    one.zip(other).take_while(|(a, b)| a == b).count()
}

/// The path of an address on its host, without `.git`: `acme/manifests`.
pub(crate) fn path_of(address: &str) -> &str {
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or(rest, |(_, path)| path),
        None => match address.split_once(':') {
            Some((host, path)) if !host.contains('/') => path,
            _ => address,
        },
    };
    let path = path.trim_matches('/');
    path.strip_suffix(".git").unwrap_or(path)
}

#[cfg(test)]
mod tests;

//! Overlays of an environment: which directories they are, what they say, and what has to be edited so that they say something
//! else.
//!
//! Start reading at [`Overlays`].

pub(crate) mod branches;
pub(crate) mod fields;
pub(crate) mod get;
pub(crate) mod json;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod settings;
pub(crate) mod short;

use std::collections::{BTreeMap, BTreeSet};

use crate::change::set::{ChangeSet, FileChange, SettingChange};
use crate::config::environments::{Environment, Environments};
use crate::error::{Error, Hint, Kind};
use crate::manifest::graph::{Graph, Reach};
use crate::manifest::kustomization::{FILE_NAMES, Kustomization, in_directory};
use crate::manifest::overlay::{Changed, Draft, Planned};
use crate::manifest::scan::lies_below;
use crate::ops::world::World;
use crate::snapshot::Snapshot;
use crate::yaml;

/// Which overlays of an environment are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The environment, as typed.
    pub(crate) environment: String,
    /// `--path`: a directory that they lie in, as typed.
    pub(crate) path: Option<String>,
    /// Whether what other environments build on may be edited.
    pub(crate) shared: Shared,
}

/// Whether files that other environments build on may be edited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shared {
    #[default]
    Refused,
    /// `--allow shared`.
    Allowed,
}

/// The overlays of one environment in one tree.
pub(crate) struct Overlays<'w> {
    pub(crate) world: &'w World,
    pub(crate) environments: &'w Environments,
    graph: &'w Graph,
    pub(crate) reach: &'w Reach<'w>,
    /// The environment and its peers, if a group was named.
    pub(crate) named: Vec<&'w Environment>,
    /// The directories whose build is what the cluster gets, sorted.
    pub(crate) directories: Vec<String>,
    /// What each of them reads; of those, too, that `--path` has left out.
    reads: BTreeMap<String, BTreeSet<String>>,
    shared: Shared,
}

/// Looks for the overlays of an environment, and calls `look` with them.
///
/// # Errors
/// [`Kind::NotFound`] for an environment or a directory that is not there; as `look`.
pub(crate) fn with<T>(
    world: &World,
    scope: &Scope,
    look: &dyn Fn(&Overlays<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let graph = crate::ops::config::graph(world);
    let environments = world.environments(&graph);
    let named = environments.named(&scope.environment)?;
    let all: Vec<&Environment> = environments.list.iter().collect();
    let reach = Reach::new(&graph, &all);
    let mut directories: Vec<String> = Vec::new();
    for environment in &named {
        for directory in reach.tops(&graph, &environment.name) {
            if !directories.contains(&directory) {
                directories.push(directory);
            }
        }
    }
    let reads = directories.iter().map(|it| (it.clone(), graph.reads(it))).collect();
    if let Some(path) = &scope.path {
        let below = vec![world.enter_one(path)?];
        let all = std::mem::take(&mut directories);
        // The directory itself, before those that lie in it.
        directories = match all.contains(&below[0]) {
            true => below,
            false => all.iter().filter(|it| lies_below(&below, it)).cloned().collect(),
        };
        if directories.is_empty() {
            let message = format!("`{path}` is no overlay of `{}`", scope.environment);
            return Err(Error::new(Kind::NotFound, "overlay-not-found", message).hint(Hint::Found(all)));
        }
    }
    if directories.is_empty() {
        let paths: Vec<String> = named.iter().flat_map(|it| it.paths.clone()).collect();
        refuse_unreadable(world, &paths)?;
        let message = format!(
            "`{}` has no overlay here: no kustomization lies in `{}`",
            scope.environment,
            paths.join(", ")
        );
        return Err(
            Error::new(Kind::NotFound, "overlay-not-found", message).hint(Hint::Run(format!(
                "rakops overlay new {} --from ENV",
                scope.environment
            ))),
        );
    }
    let looked = look(&Overlays {
        world,
        environments: &environments,
        graph: &graph,
        reach: &reach,
        named,
        directories,
        reads,
        shared: scope.shared,
    });
    looked.map_err(|error| world.quoting(error))
}

/// Refuses a kustomization at the top of these directories that is no YAML: it is there, and nothing is known of it.
fn refuse_unreadable(world: &World, paths: &[String]) -> Result<(), Error> {
    for path in paths {
        let files = FILE_NAMES.iter().map(|name| in_directory(path, name));
        for file in files.filter(|file| world.snapshot.has_file(file)) {
            yaml::parse(world.snapshot.read(&file)?, yaml::Limits::default())
                .map_err(|refusal| refusal.into_error(&file))?;
        }
    }
    Ok(())
}

impl Overlays<'_> {
    /// Tells whether a file lies in the environment's own directories.
    pub(crate) fn owns(&self, file: &str) -> bool {
        self.named
            .iter()
            .any(|environment| self.reach.is_own(&environment.name, file))
    }

    /// Tells whether a file is the environment's own, and no other overlay of it than that in `directory` reads it.
    pub(crate) fn owns_for(&self, directory: &str, file: &str) -> bool {
        let others = self.reads.iter().filter(|(other, _)| *other != directory);
        self.owns(file) && others.into_iter().all(|(_, reads)| !reads.contains(file))
    }

    /// Tells whether a file, or a directory with what lies in it, is the environment's own.
    pub(crate) fn owns_path(&self, path: &str) -> bool {
        self.owns(path) || self.owns(&in_directory(path, FILE_NAMES[0]))
    }

    /// The kustomization of a directory.
    pub(crate) fn kustomization(&self, directory: &str) -> Option<&Kustomization> {
        self.graph.at(directory)
    }

    /// Overlays of other environments: new files are called as theirs are.
    pub(crate) fn peers(&self) -> Vec<String> {
        let others = self
            .environments
            .list
            .iter()
            .filter(|it| !self.named.iter().any(|named| named.name == it.name));
        others.flat_map(|it| self.reach.tops(self.graph, &it.name)).collect()
    }

    /// Refuses edits of files that environments build on that were not named.
    ///
    /// # Errors
    /// [`Kind::Refused`] `shared`, naming them.
    pub(crate) fn refuse_shared(&self, change_set: &ChangeSet) -> Result<(), Error> {
        if self.shared == Shared::Allowed {
            return Ok(());
        }
        for file in change_set.files.iter().filter(|file| file.before().is_some()) {
            let is_named = |name: &&str| self.named.iter().any(|it| it.name == **name);
            let of_branch = |name: &&str| {
                // Under a branch strategy the files of others are theirs on their own branch.
                let of = |name: &str| self.environments.list.iter().find(|it| it.name == name);
                of(name).is_none_or(|it| it.branch.is_none() || it.branch == self.named[0].branch)
            };
            let others: Vec<&str> = self
                .reach
                .of(file.path())
                .into_iter()
                .filter(|it| !is_named(it))
                .filter(of_branch)
                .collect();
            if !others.is_empty() {
                let message = format!("`{}` builds on `{}`, too", others.join(", "), file.path());
                return Err(Error::new(Kind::Refused, "shared", message)
                    .hint(Hint::Flag("--allow shared".into(), "changes it for all of them".into())));
            }
        }
        Ok(())
    }
}

/// What has to be written so that the files are as they are in a draft, sorted by path.
///
/// # Errors
/// As reading the files.
fn files(snapshot: &Snapshot, draft: &Draft<'_>) -> Result<Vec<FileChange>, Error> {
    let mut files = Vec::new();
    for (path, after) in draft.sources().planned() {
        let path = path.clone();
        let change = match (snapshot.has_file(&path), after) {
            (true, Some(after)) => {
                let before = snapshot.read(&path)?;
                if before == *after {
                    continue;
                }
                let after = after.clone();
                FileChange::Replace { path, before, after }
            }
            (true, None) => FileChange::Delete {
                before: snapshot.read(&path)?,
                path,
            },
            (false, Some(after)) => FileChange::Create {
                text: String::from_utf8(after.clone())
                    .map_err(|_| Error::new(Kind::Refused, "not-text", format!("`{path}` would be no text")))?,
                path,
            },
            (false, None) => continue,
        };
        files.push(change);
    }
    Ok(files)
}

/// Makes a change set of what a draft and its plan have come to.
///
/// # Errors
/// As reading the files; as [`Overlays::refuse_shared`].
pub(crate) fn change_set(overlays: &Overlays<'_>, draft: &Draft<'_>, planned: Planned) -> Result<ChangeSet, Error> {
    let mut change_set = ChangeSet {
        files: files(&overlays.world.snapshot, draft)?,
        ..ChangeSet::default()
    };
    overlays.refuse_shared(&change_set)?;
    let hidden = |text: String, is_secret: bool| if is_secret { "(hidden)".to_owned() } else { text };
    let of = |it: Changed| SettingChange {
        file: it.file,
        line: it.line,
        column: it.column,
        path: format!("{} {}", it.object, it.path),
        from: it.from.map(|text| hidden(text, it.is_secret)),
        to: it.to.map(|text| hidden(text, it.is_secret)),
    };
    change_set.facts.settings = planned.changed.into_iter().map(of).collect();
    change_set.facts.notes = planned.notes;
    change_set.facts.warnings = planned.warnings;
    Ok(change_set)
}

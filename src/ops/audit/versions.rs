//! Versions that take effect in an environment before and after a change: only the builds that read its files are followed.

use std::collections::BTreeSet;

use super::age::{Age, View};
use super::meaning::Sides;
use crate::audit::ImageChange;
use crate::config::environments::{Environment, Environments};
use crate::error::Error;
use crate::git::changes::Changed;
use crate::git::names::Oid;
use crate::manifest::graph::Graph;
use crate::manifest::kustomization::directory_of;
use crate::manifest::locate::Declared;
use crate::manifest::slot::{Pairing, Scene, Slot, Survey};
use crate::ops::impact::sight::Sight;
use crate::ops::land::Ground;

/// What differs in what runs.
pub(super) struct Versions {
    pub(super) images: Vec<ImageChange>,
    /// Files whose versions it speaks for, on either side.
    pub(super) files: BTreeSet<String>,
}

/// Compares what the files of a change come to in the builds of an environment.
///
/// # Errors
/// As reading files.
pub(super) fn changed(
    sides: &Sides<'_>,
    environment: &str,
    (changes, declared): (&[&Changed], &Declared),
) -> Result<Versions, Error> {
    let files: Vec<&str> = changes.iter().map(|it| it.path.as_str()).collect();
    let look = |view: &View<'_>, commit: Option<&Oid>| match (view.age, commit) {
        (Age::Known(sight), Some(commit)) => {
            let part = Part::of(view, environment, (sight, &files));
            part.slots((sides.ground, commit), (view, environment), declared)
        }
        _ => Ok((Vec::new(), BTreeSet::new())),
    };
    let (old, mut covered) = look(sides.old, sides.commits.0)?;
    let (new, more) = look(sides.new, Some(sides.commits.1))?;
    covered.extend(more);
    Ok(Versions {
        images: differing(&old, &new),
        files: covered,
    })
}

/// The builds of an environment that read some files, and what else they read.
struct Part {
    graph: Graph,
    files: BTreeSet<String>,
}

impl Part {
    fn of(view: &View<'_>, environment: &str, (sight, touched): (&Sight, &[&str])) -> Part {
        let at = view.environments.iter().position(|it| it.name == environment);
        let tops = at.and_then(|at| view.tops.get(at));
        let mut files = BTreeSet::new();
        for reads in tops.into_iter().flatten() {
            if touched.iter().any(|file| reads.contains(*file)) {
                files.extend(reads.iter().cloned());
            }
        }
        let kustomizations = files
            .iter()
            .filter_map(|file| sight.graph.at(directory_of(file)).filter(|it| it.file == *file));
        let graph = Graph::new(kustomizations.cloned().collect());
        files.extend(
            touched
                .iter()
                .filter(|file| view.is_own(environment, file))
                .map(|it| (*it).to_owned()),
        );
        Part { graph, files }
    }

    /// The slots of these builds and files as a commit has them, and the files that were read for it.
    fn slots(
        self,
        (ground, commit): (&Ground, &Oid),
        (view, name): (&View<'_>, &str),
        declared: &Declared,
    ) -> Result<(Vec<Slot>, BTreeSet<String>), Error> {
        let Some(environment) = view.environments.iter().find(|it| it.name == name) else {
            return Ok((Vec::new(), BTreeSet::new()));
        };
        let snapshot = ground.view(commit)?;
        let mut contents = Vec::new();
        for file in &self.files {
            if snapshot.has_file(file) {
                contents.push((file.clone(), snapshot.read(file)?));
            }
        }
        let survey = Survey::of_builds(self.graph);
        let contents_of = contents.iter().map(|(file, bytes)| (file.as_str(), bytes.as_slice()));
        let survey = survey.with(contents_of, declared)?;
        let list: Vec<Environment> = view.environments.iter().map(|it| (*it).clone()).collect();
        let environments = Environments {
            list,
            strategy: None,
            file: None,
            ambiguous: None,
        };
        let scene = Scene::of(&survey, &environments, environment.branch.as_deref());
        Ok((scene.slots(environment), self.files))
    }
}

/// The slots that run something else than before, have come or are gone.
fn differing(old: &[Slot], new: &[Slot]) -> Vec<ImageChange> {
    let before = Pairing::of(old);
    let mut seen = BTreeSet::new();
    let mut changes = Vec::new();
    let change = |of: &Slot, from: Option<&Slot>, to: Option<&Slot>| ImageChange {
        image: of.image.as_str().to_owned(),
        slot: of.raw.to_string(),
        from: from.map(|it| it.version.to_string()),
        to: to.map(|it| it.version.to_string()),
        renamed_from: from
            .filter(|it| !it.image.same_as(&of.image))
            .map(|it| it.image.as_str().to_owned()),
    };
    for slot in new {
        match before.same_as(slot).and_then(|at| Some((at, old.get(at)?))) {
            Some((at, was)) => {
                seen.insert(at);
                if was.version != slot.version || !was.image.same_as(&slot.image) {
                    changes.push(change(slot, Some(was), Some(slot)));
                }
            }
            None => changes.push(change(slot, None, Some(slot))),
        }
    }
    let gone = old.iter().enumerate().filter(|(at, _)| !seen.contains(at));
    changes.extend(gone.map(|(_, slot)| change(slot, Some(slot), None)));
    changes
}

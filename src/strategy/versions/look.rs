//! Both sides of a promotion of versions: the slots of FROM and of TO, paired.

use std::sync::Arc;

use crate::config::environments::{Environment, Environments};
use crate::config::model::{Config, ImageEntry};
use crate::error::{Error, Hint, Kind, Place};
use crate::image::{Repository, Version};
use crate::manifest::locate::Declared;
use crate::manifest::slot::{Pairing, Scene, Slot, SlotName, Survey};
use crate::snapshot::Snapshot;
use crate::strategy::hop::Hop;

/// What was read of both sides.
pub(crate) struct Surveys {
    pub(crate) declared: Declared,
    pub(crate) from: Arc<Survey>,
    pub(crate) to: Arc<Survey>,
    /// The tree of FROM.
    pub(crate) from_files: Snapshot,
    /// The tree of TO.
    pub(crate) to_files: Snapshot,
}

impl Surveys {
    /// Reads both sides; one tree is read once.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for declared sites that cannot be understood; as reading files.
    pub(crate) fn of(config: &Config, from: &Snapshot, to: &Snapshot) -> Result<Surveys, Error> {
        let declared = Declared::of(&config.images)?;
        let read = |snapshot: &Snapshot| Survey::of(snapshot, &declared, &|| {}).map(Arc::new);
        let tree = |snapshot: &Snapshot| snapshot.commit().map(|(_, tree)| tree.clone());
        let to_side = read(to)?;
        let is_same = match (tree(from), tree(to)) {
            (Some(one), Some(other)) => one == other,
            (None, None) => from.root() == to.root(),
            _ => false,
        };
        let from_side = match is_same {
            true => Arc::clone(&to_side),
            false => read(from)?,
        };
        Ok(Surveys {
            declared,
            from: from_side,
            to: to_side,
            from_files: from.clone(),
            to_files: to.clone(),
        })
    }
}

/// One environment in one tree, with its slots.
pub(crate) struct Side<'s> {
    pub(crate) environment: &'s Environment,
    pub(crate) slots: Vec<Slot>,
}

/// The slots of both sides.
pub(crate) struct Look<'s> {
    pub(crate) from_scene: Scene<'s>,
    pub(crate) to_scene: Scene<'s>,
    pub(crate) from: Side<'s>,
    /// Peers that are promoted to at once.
    pub(crate) to: Vec<Side<'s>>,
    /// TO's tree.
    pub(crate) to_files: &'s Snapshot,
}

/// A slot of TO with the slot of FROM that it is to be like.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'l> {
    pub(crate) environment: &'l Environment,
    pub(crate) from: &'l Slot,
    pub(crate) to: &'l Slot,
}

impl<'s> Look<'s> {
    /// # Errors
    /// What reading a file says that decides what FROM or TO runs.
    pub(crate) fn of(
        surveys: &'s Surveys,
        environments: &Environments,
        (from, to): (&'s Environment, &[&'s Environment]),
    ) -> Result<Look<'s>, Error> {
        let branch = |it: Option<&&'s Environment>| it.and_then(|it| it.branch.as_deref());
        let from_scene = Scene::of(&surveys.from, environments, from.branch.as_deref());
        let to_scene = Scene::of(&surveys.to, environments, branch(to.first()));
        let side = |scene: &Scene<'s>, environment: &'s Environment, files: &Snapshot| -> Result<Side<'s>, Error> {
            let name = &environment.name;
            refuse_nowhere(environment, files)?;
            scene
                .survey
                .refuse_blind(&|file| scene.reach.is_own(name, file) || scene.reach.is_built(name, file))?;
            Ok(Side {
                environment,
                slots: scene.slots(environment),
            })
        };
        Ok(Look {
            from: side(&from_scene, from, &surveys.from_files)?,
            to: to
                .iter()
                .map(|it| side(&to_scene, it, &surveys.to_files))
                .collect::<Result<_, _>>()?,
            from_scene,
            to_scene,
            to_files: &surveys.to_files,
        })
    }

    /// The sides of a step.
    ///
    /// # Errors
    /// As [`Look::of`].
    pub(crate) fn of_hop(surveys: &'s Surveys, hop: &Hop<'s>) -> Result<Look<'s>, Error> {
        let from = hop.from.environments.first().copied();
        let from = from.ok_or_else(|| Error::bug("a side of a promotion without an environment"))?;
        Look::of(surveys, hop.environments, (from, &hop.to.environments))
    }

    /// Every slot that both sides have.
    pub(crate) fn pairs(&self) -> Vec<Pair<'_>> {
        let pairing = Pairing::of(&self.from.slots);
        let mut pairs = Vec::new();
        for side in &self.to {
            for to in &side.slots {
                if let Some(from) = pairing.same_as(to) {
                    pairs.push(Pair {
                        environment: side.environment,
                        from: &self.from.slots[from],
                        to,
                    });
                }
            }
        }
        pairs
    }

    /// Files of TO that decide, or decided, what a slot runs: an entry may have been taken away again.
    pub(crate) fn files_of_to(&self, slot: &Slot) -> Vec<String> {
        let sites = std::iter::once(&slot.at).chain(&slot.beneath);
        let files = sites.map(|at| self.to_scene.survey.at(*at).0.file.clone());
        let mut files: Vec<String> = files.chain(slot.top.clone()).collect();
        files.sort();
        files.dedup();
        files
    }

    /// Where a site of FROM stands.
    pub(crate) fn place_of_from(&self, slot: &Slot) -> Place {
        place(&self.from_scene, slot)
    }

    /// Where a site of TO stands.
    pub(crate) fn place_of_to(&self, slot: &Slot) -> Place {
        place(&self.to_scene, slot)
    }
}

/// An environment without a directory runs nothing that could be compared; that is a mistake, and no difference.
fn refuse_nowhere(environment: &Environment, files: &Snapshot) -> Result<(), Error> {
    let is_there = |path: &String| {
        path.is_empty() || path.contains(['*', '?', '[', '{']) || files.has_directory(path) || files.has_file(path)
    };
    if environment.paths.iter().any(is_there) || !environment.files.is_empty() || environment.paths.is_empty() {
        return Ok(());
    }
    let message = format!(
        "`{}` has no files: there is no `{}`",
        environment.name,
        environment.paths.join("`, no `")
    );
    Err(Error::new(Kind::NotFound, "environment-empty", message).hint(Hint::Key(
        "environments[].path".into(),
        format!("path: overlays/{}", environment.name),
    )))
}

fn place(scene: &Scene<'_>, slot: &Slot) -> Place {
    let (seen, site) = scene.survey.at(slot.at);
    site.at.place(&seen.tree, &seen.file, &slot.version.to_string())
}

/// Tells whether both slots run one image: by the name that entries look for, by what is pulled, or because the
/// configuration says so.
pub(crate) fn is_one_image(images: &[ImageEntry], from: &Slot, to: &Slot) -> bool {
    from.identity.same_as(&to.identity)
        || from.image.same_as(&to.image)
        || declared_together(images, &from.image, &to.image).is_some()
}

/// The entry of the configuration that declares two repositories to be one image.
pub(crate) fn declared_together<'c>(
    images: &'c [ImageEntry],
    one: &Repository,
    other: &Repository,
) -> Option<&'c ImageEntry> {
    let names = |image: &ImageEntry, wanted: &Repository| {
        std::iter::once(&image.name)
            .chain(&image.same_as)
            .any(|name| Repository::parse(name).is_ok_and(|name| name.same_as(wanted)))
    };
    images.iter().find(|image| names(image, one) && names(image, other))
}

/// Tells whether TO has FROM's version. A digest beside the same tag is more than FROM says, and no other version; where
/// FROM states a digest, TO must have it.
pub(crate) fn is_same_version(from: &Version, to: &Version) -> bool {
    match (&from.digest, &to.digest) {
        (Some(one), Some(other)) => one == other && (from.tag == to.tag || from.tag.is_none() || to.tag.is_none()),
        (None, _) => from.tag == to.tag,
        (Some(_), None) => false,
    }
}

/// What a slot is called in messages: `api (Deployment/api/main)`.
pub(crate) fn shown(image: &Repository, name: &SlotName) -> String {
    format!("`{}` ({name})", image.short_name())
}

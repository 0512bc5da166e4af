//! What each environment adds to what it builds on.

use super::{Overlays, Scope, with};
use crate::error::Error;
use crate::manifest::kustomization::Kustomization;
use crate::manifest::overlay::{Ask, Draft, Target, Which, leaves};
use crate::manifest::rendered::{LayerKind, Object, Origin, Rendering, render};
use crate::ops::world::World;

/// One overlay of one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) environment: String,
    /// Its directory, relative to the root.
    pub(crate) directory: String,
    /// Directories, files and addresses that it builds on and that are not its own.
    pub(crate) builds_on: Vec<String>,
    /// What it makes of every object: `namespace`, `namePrefix`.
    pub(crate) fields: Vec<String>,
    pub(crate) objects: Vec<Touched>,
    /// What of it is not followed, in words.
    pub(crate) blind: Vec<String>,
}

/// An object that an overlay adds or changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touched {
    /// `Deployment/api`.
    pub(crate) object: String,
    pub(crate) how: How,
}

/// What an overlay does to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It is the overlay's own; the file that it stands in.
    Added { file: String },
    /// Fields of it say something else; each with its file and line.
    Changed { fields: Vec<(String, String, u32)> },
}

/// The objects of an environment's overlays, as they are typed.
///
/// # Errors
/// As rendering.
pub(crate) fn objects(world: &World, scope: &Scope) -> Result<Vec<String>, Error> {
    with(world, scope, &|overlays| {
        let mut names: Vec<String> = Vec::new();
        for directory in &overlays.directories {
            let draft = Draft::of(&overlays.world.snapshot);
            let rendering = render(draft.sources(), directory)?;
            names.extend(
                rendering
                    .objects
                    .iter()
                    .map(|it| format!("{}/{}", it.id.kind, it.id.name)),
            );
        }
        names.sort();
        names.dedup();
        Ok(names)
    })
}

/// Lists the overlays of an environment, or of all, in promotion order; and what could not be looked at.
///
/// # Errors
/// [`crate::error::Kind::NotFound`] for an environment that is not there.
pub(crate) fn list(world: &World, environment: Option<&str>) -> Result<(Vec<Entry>, Vec<Error>), Error> {
    let names: Vec<String> = match environment {
        Some(name) => vec![name.to_owned()],
        None => {
            let environments = crate::ops::config::environments(world);
            if let Some(ambiguous) = environments.ambiguous {
                return Err(ambiguous);
            }
            environments.list.iter().map(|it| it.name.clone()).collect()
        }
    };
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    for name in &names {
        let scope = Scope {
            environment: name.clone(),
            ..Scope::default()
        };
        let found = with(world, &scope, &|overlays| {
            let mut entries = Vec::new();
            let mut problems = Vec::new();
            for directory in &overlays.directories {
                match entry(overlays, (name, directory)) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => problems.push(error),
                }
            }
            Ok((entries, problems))
        });
        match found {
            Ok((more, trouble)) => {
                entries.extend(more);
                problems.extend(trouble);
            }
            // With a name an overlay was asked for; without, one that is not here is on another branch.
            Err(error) if environment.is_some() => return Err(error),
            Err(error) if error.code == "overlay-not-found" => {}
            Err(error) => problems.push(error),
        }
    }
    Ok((entries, problems))
}

fn entry(overlays: &Overlays<'_>, (environment, directory): (&str, &str)) -> Result<Entry, Error> {
    let draft = Draft::of(&overlays.world.snapshot);
    let rendering = render(draft.sources(), directory)?;
    let mut objects = Vec::new();
    for object in &rendering.objects {
        objects.extend(touched(overlays, (directory, object))?);
    }
    let kustomization = overlays.kustomization(directory);
    Ok(Entry {
        environment: environment.to_owned(),
        directory: directory.to_owned(),
        builds_on: builds_on(overlays, kustomization, &rendering),
        fields: everywhere(&rendering, kustomization),
        objects,
        blind: rendering
            .blind
            .iter()
            .map(|blind| format!("{} ({}:{})", blind.text, blind.file, blind.line))
            .collect(),
    })
}

fn builds_on(overlays: &Overlays<'_>, kustomization: Option<&Kustomization>, rendering: &Rendering) -> Vec<String> {
    let Some(kustomization) = kustomization else {
        return Vec::new();
    };
    let named = kustomization.builds.iter().chain(&kustomization.components);
    let mut found: Vec<String> = named.filter(|path| !overlays.owns_path(path)).cloned().collect();
    let remote = rendering.blind.iter().filter(|blind| blind.file == kustomization.file);
    found.extend(
        remote
            .filter(|blind| blind.text.contains("://"))
            .map(|blind| blind.text.clone()),
    );
    found
}

/// Fields of the kustomization that every object gets.
fn everywhere(rendering: &Rendering, kustomization: Option<&Kustomization>) -> Vec<String> {
    let Some(kustomization) = kustomization else {
        return Vec::new();
    };
    let mut names: Vec<String> = Vec::new();
    for layer in rendering.objects.iter().flat_map(|object| &object.layers) {
        if let (LayerKind::Field { name }, true) = (&layer.kind, layer.kustomization == kustomization.file)
            && *name != "nameReference"
            && !names.iter().any(|known| known == name)
        {
            names.push((*name).to_owned());
        }
    }
    names
}

fn touched(overlays: &Overlays<'_>, (directory, object): (&str, &Object)) -> Result<Option<Touched>, Error> {
    let word = format!("{}/{}", object.id.kind, object.id.name);
    let own = match &object.origin {
        Origin::Manifest { file, .. } | Origin::Generator { file, .. } => file,
    };
    if overlays.owns(own) {
        let how = How::Added { file: own.clone() };
        return Ok(Some(Touched { object: word, how }));
    }
    let owns = |file: &str| overlays.owns(file);
    let target = Target {
        kind: object.id.kind.clone(),
        namespace: None,
        name: object.id.name.clone(),
    };
    let ask = Ask {
        directory,
        target: &target,
        owns: &owns,
        peers: &[],
    };
    let told = leaves((&ask, object), Which::Own)?;
    // What every object gets is told once.
    let by_field = |line: u32, file: &str| {
        let of = |value: &crate::manifest::rendered::Value| value.line == line && &*value.file == file;
        object.layers.iter().enumerate().any(|(at, layer)| {
            matches!(layer.kind, LayerKind::Field { name } if name != "images")
                && any(&object.root, &|value| value.layer == at && of(value))
        })
    };
    let fields: Vec<(String, String, u32)> = told
        .into_iter()
        .filter(|it| !by_field(it.value.line, &it.value.file))
        .map(|it| (it.path, it.value.file, it.value.line))
        .collect();
    Ok((!fields.is_empty()).then_some(Touched {
        object: word,
        how: How::Changed { fields },
    }))
}

fn any(value: &crate::manifest::rendered::Value, is_it: &dyn Fn(&crate::manifest::rendered::Value) -> bool) -> bool {
    is_it(value)
        || value.entries().iter().any(|(_, inner)| any(inner, is_it))
        || value.items().iter().any(|inner| any(inner, is_it))
}

//! The fields of an overlay's own kustomization: what `kustomize edit` does.

use super::{Overlays, Scope, with};
use crate::change::set::{ChangeSet, FileChange, SettingChange};
use crate::error::{Error, Hint, Kind};
use crate::manifest::fields::{self, Edited, Planned, Request};
use crate::manifest::kustomization::{FILE_NAMES, in_directory};
use crate::manifest::rendered::Sources;
use crate::ops::world::World;

/// Plans an edit of one field in the overlay of an environment.
///
/// # Errors
/// As [`fields::plan`]; [`Kind::Refused`] `several-overlays` if the environment has more than one.
pub(crate) fn edit(world: &World, scope: &Scope, request: &Request) -> Result<ChangeSet, Error> {
    with(world, scope, &|overlays| {
        let [directory] = overlays.directories.as_slice() else {
            let message = format!("`{}` has {} overlays", scope.environment, overlays.directories.len());
            return Err(Error::new(Kind::Refused, "several-overlays", message)
                .hint(Hint::Found(overlays.directories.clone()))
                .hint(Hint::Flag("--path DIR".into(), "names the one that is meant".into())));
        };
        let file = kustomization(overlays, directory)?;
        let sources = Sources::of(&world.snapshot);
        let planned = fields::plan(&sources, &file, request)?;
        let mut change_set = ChangeSet::default();
        add(&mut change_set, file.clone(), planned);
        overlays.refuse_shared(&change_set)?;
        Ok(change_set)
    })
}

/// Plans the deprecated fields of all overlays of an environment to be replaced.
///
/// # Errors
/// As [`fields::fix`].
pub(crate) fn fix(world: &World, scope: &Scope) -> Result<ChangeSet, Error> {
    with(world, scope, &|overlays| {
        let mut change_set = ChangeSet::default();
        for directory in &overlays.directories {
            let file = kustomization(overlays, directory)?;
            let sources = Sources::of(&world.snapshot);
            let planned = fields::fix(&sources, &file)?;
            add(&mut change_set, file.clone(), planned);
        }
        overlays.refuse_shared(&change_set)?;
        Ok(change_set)
    })
}

fn kustomization(overlays: &Overlays<'_>, directory: &str) -> Result<String, Error> {
    let mut files = FILE_NAMES.iter().map(|name| in_directory(directory, name));
    let found = files.find(|file| overlays.world.snapshot.has_file(file));
    found.ok_or_else(|| {
        let message = format!("`{directory}` holds no kustomization");
        Error::new(Kind::NotFound, "overlay-not-found", message)
    })
}

/// A value as it may be shown: of a literal of a Secret, the key alone.
fn shown(path: &str, value: Option<String>) -> Option<String> {
    let is_secret = path.starts_with("secretGenerator") && path.ends_with(".literals");
    value.map(|value| match (is_secret, value.split_once('=')) {
        // The text of a patch for a Secret.
        _ if path.starts_with("patches") && value.contains("Secret") => "(hidden)".to_owned(),
        (true, Some((key, _))) => format!("{key}=(hidden)"),
        _ => value,
    })
}

fn add(change_set: &mut ChangeSet, path: String, planned: Planned) {
    for it in planned.values {
        change_set.facts.settings.push(SettingChange {
            file: path.clone(),
            line: it.line,
            column: it.column,
            from: shown(&it.path, it.from),
            to: shown(&it.path, it.to),
            path: it.path,
        });
    }
    change_set.facts.warnings.extend(planned.warnings);
    change_set.files.extend(planned.edited.map(|edited| match edited {
        Edited::Proven { before, after } => FileChange::Edit { path, before, after },
        Edited::Begun { before, after } => FileChange::Replace { path, before, after },
    }));
}

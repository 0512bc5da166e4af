//! What can be named in a repository, for completion at the prompt. Local reads only, and no complaints: somebody is
//! typing, and the command will say what is wrong.

use std::collections::BTreeMap;

use super::images::{self, ImagesRequest};
use super::overlay::{Scope, get, list};
use super::tags::{self, Uses};
use super::world::{Where, World};
use crate::image::{Name, Repository, newest_first};
use crate::manifest::order;
use crate::manifest::overlay::{Target, Told, Which};

/// Names that can be typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Environments, in promotion order.
    pub(crate) environments: Vec<String>,
    /// Full names of images, with their aliases.
    pub(crate) images: BTreeMap<String, Option<String>>,
    /// Branches, local and of remotes, as far as they are known here.
    pub(crate) branches: Vec<String>,
}

/// What the configuration names; one file is read.
pub(crate) fn configured(place: &Where) -> Known {
    World::look(place).map(|world| of_config(&world)).unwrap_or_default()
}

/// What the configuration names, and what the files hold: all of them are read.
pub(crate) fn everything(place: &Where) -> Known {
    let Ok(world) = World::look(place) else {
        return Known::default();
    };
    let mut known = of_config(&world);
    let Ok(report) = images::list(&world, &ImagesRequest::default(), &|| {}) else {
        return known;
    };
    if known.environments.is_empty() {
        known.environments = report.environments;
    }
    for row in report.rows {
        known.images.entry(row.image).or_default();
    }
    known
}

/// The objects of the environment that a line names.
pub(crate) fn objects(place: &Where, words: &[String]) -> Vec<String> {
    let found = World::look(place).and_then(|world| list::objects(&world, &scope(&world, words)));
    found.unwrap_or_default()
}

/// The fields of the object that a line names, with what they say; values of Secrets are left out.
pub(crate) fn fields(place: &Where, words: &[String]) -> Vec<(String, String)> {
    let found = World::look(place).and_then(|world| {
        let scope = scope(&world, words);
        let target = words.iter().rev().find_map(|word| Target::parse(word).ok());
        match target {
            None => Ok(Vec::new()),
            Some(target) => get::get(&world, &scope, (&target, &[]), Which::All),
        }
    });
    let told = found.unwrap_or_default().into_iter();
    let value = |it: &Told| match it.is_secret {
        true => String::new(),
        false => it.value.text.lines().next().unwrap_or_default().to_owned(),
    };
    told.map(|it| (it.path.clone(), value(&it))).collect()
}

/// The versions of an image that can be typed, each with the environments that run it: those that run somewhere first, in
/// promotion order, then those that `seen` knows, newest first.
pub(crate) fn versions(
    place: &Where,
    typed: &str,
    seen: &dyn Fn(&Repository) -> Vec<String>,
) -> Vec<(String, Vec<String>)> {
    let found = || {
        let world = World::look(place).ok()?;
        let name = Name::parse(typed).ok()?;
        let meant = tags::meant(&world, (&name, Uses::Read), &|| {}).ok()?;
        let policy = order::policy(&world.loaded.config.images, &meant.image).ok()?;
        let policy = policy.filter(|policy| !policy.is_by_time());
        let mut versions: Vec<(String, Vec<String>)> = Vec::new();
        for row in &meant.rows {
            let Some(tag) = &row.tag else { continue };
            match versions.iter_mut().find(|(known, _)| known == tag) {
                Some((_, environments)) => environments.extend(row.environments.iter().cloned()),
                None => versions.push((tag.clone(), row.environments.clone())),
            }
        }
        let mut others = seen(&meant.image);
        others.retain(|tag| policy.as_ref().is_none_or(|policy| policy.matches(tag)));
        others.retain(|tag| !versions.iter().any(|(known, _)| known == tag));
        others.sort_unstable_by(|a, b| newest_first(policy.as_ref(), a, b));
        versions.extend(others.into_iter().map(|tag| (tag, Vec::new())));
        Some(versions)
    };
    found().unwrap_or_default()
}

/// The overlays of the environment that is among the words.
fn scope(world: &World, words: &[String]) -> Scope {
    let environments = world.environments_by_name();
    let is_known = |word: &&String| environments.list.iter().any(|it| it.name == **word);
    Scope {
        environment: words.iter().find(is_known).cloned().unwrap_or_default(),
        ..Scope::default()
    }
}

fn of_config(world: &World) -> Known {
    let config = &world.loaded.config;
    Known {
        environments: config.environments.iter().map(|entry| entry.name.clone()).collect(),
        images: config
            .images
            .iter()
            .map(|entry| (entry.name.clone(), entry.alias.clone()))
            .collect(),
        branches: world.branches.all.clone(),
    }
}

//! What can be named in a repository, for completion at the prompt. Local reads only, and no complaints: somebody is
//! typing, and the command will say what is wrong.

mod memory;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::overlay::{Scope, get, list};
use super::tags::{self, Uses};
use super::world::{Where, World};
use crate::image::{Name, Repository, newest_first};
use crate::manifest::kustomization::directory_of;
use crate::manifest::order;
use crate::manifest::overlay::{Target, Told, Which};
use crate::manifest::scan::names;
use memory::{FORM, Memory};

/// Names that can be typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Environments, in promotion order.
    pub(crate) environments: Vec<String>,
    /// Full names of images that the configuration has, with their aliases.
    configured: Vec<(String, Option<String>)>,
    /// Those that files hold, several in each text with a blank between them.
    found: Vec<Arc<str>>,
    /// Branches, local and of remotes, as far as they are known here.
    pub(crate) branches: Vec<String>,
}

impl Known {
    /// The images that are `wanted` by full name and alias, sorted by name; of names without an alias those only that hold `part`.
    pub(crate) fn images(
        &self,
        part: &str,
        wanted: impl Fn(&str, Option<&str>) -> bool,
    ) -> BTreeMap<&str, Option<&str>> {
        let mut images = BTreeMap::new();
        for name in self.found.iter().flat_map(|names| holding(names, part)) {
            if wanted(name, None) {
                images.insert(name, None);
            }
        }
        for (name, alias) in &self.configured {
            if wanted(name, alias.as_deref()) {
                images.insert(name, alias.as_deref());
            }
        }
        images
    }
}

/// The names in a text of many that hold `part`. Most names of a large repository do not, and are passed over unseen.
fn holding<'n>(names: &'n str, part: &str) -> impl Iterator<Item = &'n str> {
    let mut rest = names;
    std::iter::from_fn(move || {
        let at = rest.find(part).filter(|_| !rest.is_empty())?;
        let start = rest[..at].rfind(' ').map_or(0, |blank| blank + 1);
        let end = rest[at..].find(' ').map_or(rest.len(), |blank| at + blank);
        let name = &rest[start..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(name)
    })
}

/// What can be named at a place: first what the configuration names, for which one file is read; then that and what the files hold, for
/// which all of them are read, and those parsed that are not as they were at an earlier time. That is kept in a directory, for one build of
/// the program: another may find other names in the same bytes.
pub(crate) fn known(place: &Where, kept: &(PathBuf, String), tell: impl Fn(Known)) {
    let Ok(world) = World::look(place) else {
        return tell(Known::default());
    };
    tell(of_config(&world));
    tell(everything(&world, kept).unwrap_or_else(|| of_config(&world)));
}

/// None if something cannot be read.
fn everything(world: &World, (directory, build): &(PathBuf, String)) -> Option<Known> {
    let declared = world.declared().ok()?;
    let memory = Memory::new(directory, world.snapshot.root());
    let circumstances = format!("{FORM} {build} {:?}", world.loaded.config.images);
    let remembered = memory.recall();
    let read = names::read(&world.snapshot, (&declared, &circumstances), &remembered)?;
    memory.remember(&remembered, &read);
    let mut known = of_config(world);
    if known.environments.is_empty() {
        let built = read.iter().filter(|it| it.names.is_built);
        let built = built.map(|it| directory_of(&it.path).to_owned()).collect();
        let environments = world.environments_in(built).list;
        known.environments = environments.into_iter().map(|it| it.name).collect();
    }
    known.found = read.into_iter().map(|it| it.names.images).collect();
    Some(known)
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
        found: Vec::new(),
        configured: config
            .images
            .iter()
            .map(|entry| (entry.name.clone(), entry.alias.clone()))
            .collect(),
        branches: world.branches.all.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::holding;

    #[test]
    fn names_that_hold_a_part_are_found_each_once() {
        let names = "a.io/app/app redis ghcr.io/acme/app webapp";
        let found = |part| holding(names, part).collect::<Vec<_>>();
        assert_eq!(found("app"), ["a.io/app/app", "ghcr.io/acme/app", "webapp"]);
        assert_eq!(found("redis"), ["redis"]);
        assert_eq!(found(""), ["a.io/app/app", "redis", "ghcr.io/acme/app", "webapp"]);
        assert!(found("nginx").is_empty());
        assert_eq!(holding("", "").count(), 0);
    }
}

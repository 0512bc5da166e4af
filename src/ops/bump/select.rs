//! Which sites the words mean.

use super::targets::Scoped;
use super::{DigestChoice, FileSites};
use crate::error::{Error, Hint, Kind};
use crate::image::{BumpWord, Name, Repository, Version};
use crate::manifest::site::Site;
use crate::ops::images;
use crate::ops::world::World;

/// A word with its alias from the configuration resolved.
pub(crate) struct Word<'a> {
    /// The image: as typed, or the full name that an alias stands for.
    pub(crate) name: Name,
    pub(crate) rename: Option<&'a Repository>,
    pub(crate) version: &'a Version,
}

impl Word<'_> {
    /// Tells whether a site does not have yet what the word says.
    pub(crate) fn differs_from(&self, site: &Site, choice: DigestChoice) -> bool {
        let digest = match (&self.version.digest, &site.version.digest) {
            (None, Some(_)) => choice == DigestChoice::Drop,
            (wanted, present) => wanted != present,
        };
        let tag = match (&self.version.tag, &site.version.tag) {
            // A digest that was asked for alone says everything.
            (None, _) => false,
            // Keys that hold a digest alone stay so; the digest says everything.
            (Some(_), None) if self.version.digest.is_some() && self.version.digest == site.version.digest => false,
            (wanted, present) => wanted != present,
        };
        let name = self.rename.is_some_and(|new| !new.same_as(&site.image));
        digest || tag || name
    }
}

/// The sites that a word means, and the repositories they belong to.
pub(crate) struct Selection {
    /// Indexes of a file and of a site in it, in file order.
    pub(crate) sites: Vec<(usize, usize)>,
    pub(crate) repositories: Vec<Repository>,
}

/// Replaces aliases by the names they stand for.
///
/// # Errors
/// [`Kind::Usage`] if two words name the same image; [`Kind::Config`] if the configured name is no image.
pub(crate) fn names<'a>(world: &World, words: &'a [BumpWord]) -> Result<Vec<Word<'a>>, Error> {
    let mut resolved: Vec<Word<'a>> = Vec::with_capacity(words.len());
    for word in words {
        let name = world.full_name(&word.name)?;
        if resolved.iter().any(|earlier| earlier.name == name) {
            return Err(Error::new(
                Kind::Usage,
                "image-twice",
                format!("the image `{name}` is named twice"),
            ));
        }
        resolved.push(Word {
            name,
            rename: word.rename.as_ref(),
            version: &word.version,
        });
    }
    Ok(resolved)
}

/// Tells whether a site may belong to the image of this name.
pub(crate) fn fits(name: &Name, site: &Site) -> bool {
    repositories(site).any(|repository| name.fit(repository).is_some())
}

fn repositories(site: &Site) -> impl Iterator<Item = &Repository> {
    std::iter::once(&site.image).chain(&site.also)
}

/// Returns what each word means, within the scope.
///
/// # Errors
/// [`Kind::NotFound`] with the nearest names; [`Kind::Refused`] if a short name fits several images.
pub(crate) fn select(
    world: &World,
    words: &[Word<'_>],
    files: &[FileSites],
    scope: &Scoped<'_>,
) -> Result<Vec<Selection>, Error> {
    words
        .iter()
        .map(|word| {
            let selection = select_one(world, word, files, scope)?;
            if selection.sites.is_empty() {
                Err(not_found(world, word, scope))
            } else {
                Ok(selection)
            }
        })
        .collect()
}

fn select_one(world: &World, word: &Word<'_>, files: &[FileSites], scope: &Scoped<'_>) -> Result<Selection, Error> {
    let in_scope = || {
        files
            .iter()
            .enumerate()
            .filter(|(_, file)| scope.covers(&file.file))
            .flat_map(|(index, file)| file.sites.iter().enumerate().map(move |(at, site)| ((index, at), site)))
    };
    let all: Vec<&Repository> = in_scope().flat_map(|(_, site)| repositories(site)).collect();
    let picked = word.name.pick(all);
    let groups = groups(world, &picked, in_scope().map(|(_, site)| site));
    if groups.len() > 1 {
        return Err(ambiguous(word, &groups));
    }
    let sites = in_scope()
        .filter(|(_, site)| repositories(site).any(|one| picked.iter().any(|other| other.same_as(one))))
        .map(|(place, _)| place)
        .collect();
    Ok(Selection {
        sites,
        repositories: picked.into_iter().cloned().collect(),
    })
}

/// Puts together the repositories that are one image: a kustomize entry's `name` and its `newName`, and what the
/// configuration says with `same_as`.
fn groups<'a>(
    world: &World,
    picked: &[&'a Repository],
    sites: impl Iterator<Item = &'a Site>,
) -> Vec<Vec<&'a Repository>> {
    let mut groups: Vec<Vec<&Repository>> = picked.iter().map(|one| vec![*one]).collect();
    let mut join = |names: &[&str]| {
        let belongs = |group: &Vec<&Repository>| group.iter().any(|one| names.contains(&one.normalised()));
        let Some(first) = groups.iter().position(belongs) else {
            return;
        };
        let mut index = groups.len();
        while index > first + 1 {
            index -= 1;
            if belongs(&groups[index]) {
                let other = groups.remove(index);
                groups[first].extend(other);
            }
        }
    };
    for site in sites.filter(|site| !site.also.is_empty()) {
        let names: Vec<&str> = repositories(site).map(Repository::normalised).collect();
        join(&names);
    }
    for image in &world.loaded.config.images {
        let parsed: Vec<Repository> = std::iter::once(&image.name)
            .chain(&image.same_as)
            .filter_map(|name| Repository::parse(name).ok())
            .collect();
        let names: Vec<&str> = parsed.iter().map(Repository::normalised).collect();
        join(&names);
    }
    groups
}

fn ambiguous(word: &Word<'_>, groups: &[Vec<&Repository>]) -> Error {
    let error = Error::new(
        Kind::Refused,
        "image-ambiguous",
        format!("the name `{}` fits {} images", word.name, groups.len()),
    );
    let names: Vec<&str> = groups
        .iter()
        .filter_map(|group| group.first().map(|one| one.normalised()))
        .collect();
    names
        .iter()
        .take(10)
        .fold(error, |error, name| {
            error.hint(Hint::Run(format!("rakops bump {name}={}", word.version)))
        })
        .hint(Hint::Found(names.iter().map(|name| (*name).to_owned()).collect()))
}

fn not_found(world: &World, word: &Word<'_>, scope: &Scoped<'_>) -> Error {
    let message = match scope.environment_names() {
        Some(names) => format!("no image named `{}` in environment {names}", word.name),
        None => format!("no image named `{}`", word.name),
    };
    let error = Error::new(Kind::NotFound, "image-not-found", message);
    images::with_known_names(world, &word.name, error, &|file| scope.covers(file))
}

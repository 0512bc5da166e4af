//! Which sites the words mean.

use super::targets::Scoped;
use super::{BumpRequest, DigestChoice, FileSites};
use crate::config::model::{ImageEntry, Pin};
use crate::error::{Error, Hint, Kind};
use crate::image::{Name, Repository, Version};
use crate::manifest::site::Site;
use crate::ops::images;
use crate::ops::world::World;

/// A word with its alias from the configuration resolved.
pub(crate) struct Word<'a> {
    /// The image: as typed, or the full name that an alias stands for.
    pub(crate) name: Name,
    pub(crate) rename: Option<&'a Repository>,
    pub(crate) version: Version,
    /// What happens to a digest that the version does not bring.
    pub(crate) digest: DigestChoice,
}

impl Word<'_> {
    /// Makes the version what the configuration says a version of this image consists of.
    ///
    /// # Errors
    /// [`Kind::Refused`] if a part of it is missing.
    pub(crate) fn pin(&mut self, images: &[ImageEntry], selection: &Selection) -> Result<(), Error> {
        let is_it = |image: &&ImageEntry| {
            Repository::parse(&image.name).is_ok_and(|name| selection.repositories.iter().any(|it| it.same_as(&name)))
        };
        let Some(pin) = images.iter().find(is_it).and_then(|image| image.pin) else {
            return Ok(());
        };
        match (pin, &self.version.tag, &self.version.digest) {
            (Pin::Tag, Some(_), _) => {
                self.version.digest = None;
                self.digest = DigestChoice::Drop;
            }
            (Pin::Digest, _, Some(_)) => self.version.tag = None,
            (Pin::TagAndDigest, Some(_), Some(_)) => {}
            (Pin::Tag, None, _) => return Err(self.lacks("a tag", "tag")),
            (Pin::Digest, _, None) => return Err(self.lacks("a digest", "digest")),
            (Pin::TagAndDigest, _, _) => return Err(self.lacks("a tag and a digest", "tag+digest")),
        }
        Ok(())
    }

    fn lacks(&self, parts: &str, pin: &str) -> Error {
        let message = format!("a version of `{}` is {parts}, and `{}` is not", self.name, self.version);
        Error::new(Kind::Refused, "half-version", message)
            .because(format!("`images[].pin` is `{pin}`"))
            .hint(Hint::Say(format!("give it in full: {}=TAG@sha256:…", self.name)))
    }

    /// Tells whether a site does not have yet what the word says.
    pub(crate) fn differs_from(&self, site: &Site) -> bool {
        let digest = match (&self.version.digest, &site.version.digest) {
            (None, Some(_)) => self.digest == DigestChoice::Drop,
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
pub(crate) fn names<'a>(world: &World, request: &'a BumpRequest) -> Result<Vec<Word<'a>>, Error> {
    let mut resolved: Vec<Word<'a>> = Vec::with_capacity(request.words.len());
    for word in &request.words {
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
            version: word.version.clone(),
            digest: request.digest,
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
    request: &BumpRequest,
    words: &[Word<'_>],
    (files, scope): (&[FileSites], &Scoped<'_>),
) -> Result<Vec<Selection>, Error> {
    words
        .iter()
        .enumerate()
        .map(|(index, word)| {
            let selection = select_one(world, word, files, scope).map_err(|names| ambiguous(request, index, &names))?;
            if selection.sites.is_empty() {
                Err(not_found(world, word, scope))
            } else {
                Ok(selection)
            }
        })
        .collect()
}

/// Returns what one word means; the full names of all it could mean, if they are several.
fn select_one(
    world: &World,
    word: &Word<'_>,
    files: &[FileSites],
    scope: &Scoped<'_>,
) -> Result<Selection, Vec<String>> {
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
        return Err(groups
            .iter()
            .filter_map(|group| group.first().map(|one| one.normalised().to_owned()))
            .collect());
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

fn ambiguous(request: &BumpRequest, index: usize, names: &[String]) -> Error {
    let word = &request.words[index];
    let error = Error::new(
        Kind::Refused,
        "image-ambiguous",
        format!("the name `{}` fits {} images", word.name, names.len()),
    );
    let typed = |name: &String| {
        let mut words: Vec<String> = request.words.iter().map(ToString::to_string).collect();
        words[index] = words[index].replacen(word.name.as_str(), name, 1);
        request.typed(&words, &request.typed_scope())
    };
    names
        .iter()
        .take(10)
        .fold(error, |error, name| error.hint(Hint::Run(typed(name))))
        .hint(Hint::Found(names.to_vec()))
}

fn not_found(world: &World, word: &Word<'_>, scope: &Scoped<'_>) -> Error {
    let message = match scope.environment_names() {
        Some(names) => format!("no image named `{}` in environment {names}", word.name),
        None => format!("no image named `{}`", word.name),
    };
    let error = Error::new(Kind::NotFound, "image-not-found", message);
    images::with_known_names(world, &word.name, error, &|file| scope.covers(file))
}

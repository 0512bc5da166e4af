//! `--latest`: the newest version that the registry has of each image.

use std::cmp::Ordering;

use super::look::Meant;
use super::settle::entry_of;
use super::shape;
use super::{BumpRequest, Latest, Scope};
use crate::error::{Error, Hint, Kind};
use crate::image::{BumpWord, Name, Policy, Repository, Version, newest_first};
use crate::ops::answers::Answers;
use crate::ops::crowd::{self, CONNECTIONS};
use crate::ops::images::{self, ImagesRequest};
use crate::ops::world::World;

/// The images in scope that have a policy in the configuration, as words with no version yet.
///
/// # Errors
/// [`Kind::Refused`] if there is none.
pub(super) fn configured(
    world: &World,
    request: &BumpRequest,
    on_read: &(dyn Fn() + Sync),
) -> Result<Vec<BumpWord>, Error> {
    let with_policy = world.loaded.config.images.iter().filter(|entry| entry.policy.is_some());
    let names: Vec<Name> = with_policy.filter_map(|entry| Name::parse(&entry.name).ok()).collect();
    let none = || {
        Error::new(
            Kind::Refused,
            "nothing-to-bump",
            "no image was named, and none here has a policy",
        )
        .hint(Hint::Run("rakops bump IMAGE --latest".into()))
        .hint(Hint::Key("images[].policy".into(), "semver:^1".into()))
    };
    if names.is_empty() {
        return Err(none());
    }
    let environments = match &request.scope {
        Scope::Environments { names, .. } => names.clone(),
        Scope::Unsaid | Scope::All => Vec::new(),
    };
    let asked = ImagesRequest {
        names: names.clone(),
        paths: request.paths.clone(),
        environments,
    };
    let rows = images::find(world, &asked, on_read)?.rows;
    let pulled: Vec<Repository> = rows
        .iter()
        .filter_map(|row| Repository::parse(&row.image).ok())
        .collect();
    let is_here = |name: &Name| pulled.iter().any(|image| name.fit(image).is_some());
    let words: Vec<BumpWord> = names
        .into_iter()
        .filter(is_here)
        .map(BumpWord::without_version)
        .collect();
    match words.is_empty() {
        true => Err(none()),
        false => Ok(words),
    }
}

/// Gives every word the newest version.
///
/// # Errors
/// As asking the registry; [`Kind::Refused`] (`no-policy`) if nothing tells which version is newer; [`Kind::NotFound`]
/// (`no-version`) if none counts.
pub(super) fn choose(
    world: &World,
    request: &mut BumpRequest,
    (meant, answers): (&[Meant], &Answers<'_>),
) -> Result<(), Error> {
    let mut all: Vec<&Repository> = Vec::new();
    for image in meant.iter().flat_map(|one| &one.repositories) {
        if !all.iter().any(|known| known.same_as(image)) {
            all.push(image);
        }
    }
    // All at once; what failed fails again below, where it is known for which word.
    let _: Vec<bool> = crowd::each(&all, CONNECTIONS, &|| {}, |image| answers.tags(image).is_ok());
    let given = request.policy.clone();
    let mut chosen = Vec::new();
    for (word, meant) in request.words.iter().zip(meant) {
        let policy = match &given {
            Some(policy) => Some(policy.clone()),
            None => of_config(world, &meant.repositories)?,
        };
        chosen.push(newest((request, word), (meant, policy.as_ref()), answers)?);
    }
    for (word, tag) in request.words.iter_mut().zip(chosen) {
        word.version = Version::of_tag(&tag);
    }
    Ok(())
}

/// The policy of an image in the configuration.
fn of_config(world: &World, repositories: &[Repository]) -> Result<Option<Policy>, Error> {
    let Some(text) = entry_of(world, repositories).and_then(|entry| entry.policy.as_ref()) else {
        return Ok(None);
    };
    Policy::parse(text)
        .map(Some)
        .map_err(|cause| Error::new(Kind::Config, "config", format!("`images[].policy` is `{text}`")).because(cause))
}

fn newest(
    (request, word): (&BumpRequest, &BumpWord),
    (meant, policy): (&Meant, Option<&Policy>),
    answers: &Answers<'_>,
) -> Result<String, Error> {
    let Some(image) = meant.repositories.first() else {
        let message = format!("no repository is known to ask for versions of `{}`", word.name);
        return Err(Error::new(Kind::NotFound, "image-not-found", message));
    };
    let in_use: Vec<&str> = meant.versions.iter().filter_map(|it| it.tag.as_deref()).collect();
    if policy.is_none() {
        shape::refuse_without_policy((request, word), &in_use)?;
    }
    let mut tags = common(&meant.repositories, answers)?;
    let total = tags.len();
    match policy {
        Some(policy) => tags.retain(|tag| policy.matches(tag)),
        None => tags.retain(|tag| Policy::is_release(tag) && in_use.iter().any(|used| has_v(used) == has_v(tag))),
    }
    let best = match policy {
        Some(policy) if policy.is_by_time() => by_time(image, &tags, answers)?,
        Some(policy) => policy.newest(tags.iter().map(String::as_str)).map(str::to_owned),
        None => tags.iter().min_by(|a, b| newest_first(None, a, b)).cloned(),
    };
    let Some(best) = best else {
        let by = policy.map_or("a release", Policy::as_str);
        let message = format!("none of the {total} tags of `{image}` is what was asked for: {by}");
        return Err(Error::new(Kind::NotFound, "no-version", message)
            .hint(Hint::Run(format!("rakops tags {}", image.normalised()))));
    };
    Ok(as_in_use(policy, (&tags, best), &in_use))
}

fn has_v(tag: &str) -> bool {
    tag.starts_with('v')
}

/// Of several ways to write the newest version the one that is in use, or that looks like it.
fn as_in_use(policy: Option<&Policy>, (tags, best): (&[String], String), in_use: &[&str]) -> String {
    let compare = |tag: &str| match policy {
        Some(policy) => policy.compare(tag, &best),
        None => Policy::default_compare(tag, &best),
    };
    let is_same = |tag: &&String| compare(tag) == Some(Ordering::Equal);
    let same: Vec<&String> = tags.iter().filter(is_same).collect();
    let in_place = same.iter().find(|tag| in_use.contains(&tag.as_str()));
    let alike = || {
        let v = |tag: &&&String| in_use.iter().any(|used| has_v(used) == has_v(tag));
        same.iter()
            .find(|tag| ***tag == best && v(tag))
            .or_else(|| same.iter().find(v))
    };
    match in_place.or_else(alike) {
        Some(tag) => (*tag).clone(),
        None => best,
    }
}

/// The tags that all of these repositories have: each of them is to run the version.
fn common(images: &[Repository], answers: &Answers<'_>) -> Result<Vec<String>, Error> {
    let mut common: Option<Vec<String>> = None;
    for image in images {
        let mut tags = answers.tags(image)?;
        if let Some(known) = &common {
            let known: std::collections::BTreeSet<&String> = known.iter().collect();
            tags.retain(|tag| known.contains(tag));
        }
        common = Some(tags);
    }
    Ok(common.unwrap_or_default())
}

/// The tag that was built last.
fn by_time(image: &Repository, tags: &[String], answers: &Answers<'_>) -> Result<Option<String>, Error> {
    let mut best: Option<(i64, &String)> = None;
    let mut failure = None;
    for (tag, answer) in tags.iter().zip(answers.details(image, tags)) {
        match answer {
            Ok(details) => {
                let Some(created) = details.created else { continue };
                let is_newer = best.is_none_or(|(time, known)| {
                    created.cmp(&time).then_with(|| newest_first(None, known, tag)).is_gt()
                });
                if is_newer {
                    best = Some((created, tag));
                }
            }
            Err(error) => failure = Some(error),
        }
    }
    match (best, failure) {
        // One of those that were not told may be newer than all that were.
        (_, Some(error)) => Err(error),
        (Some((_, tag)), None) => Ok(Some(tag.clone())),
        (None, None) if tags.is_empty() => Ok(None),
        (None, None) => {
            let message = format!("nothing says when the tags of `{image}` were built");
            Err(Error::new(Kind::Refused, "no-policy", message).hint(Hint::Flag(
                "--policy POLICY".into(),
                "orders by the tags themselves".into(),
            )))
        }
    }
}

impl BumpRequest {
    /// The flags that ask for the newest version, for a line to type.
    pub(super) fn typed_latest(&self) -> Option<String> {
        match (self.latest, &self.policy) {
            (Latest::No, _) => None,
            (Latest::Asked, None) => Some("--latest".to_owned()),
            (Latest::Asked, Some(policy)) => Some(format!("--policy '{}'", policy.as_str())),
        }
    }
}

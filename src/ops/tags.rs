//! The versions that a registry has of an image.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use super::crowd::{self, CONNECTIONS};
use super::images::{self, ImagesRequest, Row};
use super::runs::{self, Run};
use super::world::World;
use crate::error::{Error, Hint, Kind};
use crate::image::{Name, Policy, Repository, newest_first};
use crate::manifest::order;
use crate::registry::{Details, Freshness, Registries};

/// What `tags` was asked for.
#[derive(Clone, Debug)]
pub(crate) struct TagsRequest {
    /// The image, as typed.
    pub(crate) image: Name,
    /// Takes the place of the policy in the configuration.
    pub(crate) policy: Option<Policy>,
    /// How many are shown at most; none means all.
    pub(crate) limit: Option<usize>,
    /// What happens to tags that the policy does not match.
    pub(crate) others: Others,
    /// Whether each one that is shown is asked about.
    pub(crate) depth: Depth,
}

/// What happens to tags that the policy does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// They are left out.
    Out,
    /// They come last.
    Last,
}

/// How much is asked about a tag that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Its name is all.
    Names,
    /// Digest, time and platforms.
    Details,
}

/// Whether the files are read for what runs where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uses {
    /// This is a repository of manifests.
    Read,
    /// It is some directory: it is read only to find what a short name means.
    Unknown,
}

/// What was found.
pub(crate) struct TagsReport {
    /// What was asked for, as a repository.
    pub(crate) image: Repository,
    /// What the order comes from, where a policy says it.
    pub(crate) policy: Option<Policy>,
    /// How many tags the registry has.
    pub(crate) total: usize,
    /// How many of them the policy matches.
    pub(crate) matching: usize,
    /// How many could be shown: those that match, or all.
    pub(crate) listed: usize,
    /// What is shown, newest first.
    pub(crate) rows: Vec<TagRow>,
    /// How long ago the registry was asked; none if just now.
    pub(crate) age: Option<Duration>,
    /// Whether it is known here what runs where.
    pub(crate) is_used_here: bool,
    pub(crate) warnings: Vec<Error>,
}

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagRow {
    pub(crate) tag: String,
    pub(crate) details: Option<Details>,
    /// Environments that run it, in promotion order.
    pub(crate) environments: Vec<String>,
}

/// An image as it was found here: what is pulled, and the sites that state its versions.
pub(crate) struct Meant {
    pub(crate) image: Repository,
    pub(crate) rows: Vec<Row>,
    /// Nothing here has this name: it was read as a repository of its own.
    pub(crate) is_guess: bool,
}

/// Tells which repository a name means: an alias or a repository of the configuration, one that the files here pull, or the
/// name itself.
///
/// # Errors
/// [`Kind::Refused`] if it fits several; [`Kind::Usage`] if nothing here has that name and it is no repository.
pub(crate) fn meant(world: &World, (typed, uses): (&Name, Uses), on_read: &(dyn Fn() + Sync)) -> Result<Meant, Error> {
    let name = world.full_name(typed)?;
    let in_full = Repository::parse(name.as_str());
    let is_in_full = &name != typed || in_full.as_ref().is_ok_and(|it| it.registry().is_some());
    if let (Ok(image), true, Uses::Unknown) = (&in_full, is_in_full, uses) {
        return Ok(Meant {
            image: image.clone(),
            rows: Vec::new(),
            is_guess: false,
        });
    }
    let request = ImagesRequest {
        names: vec![name.clone()],
        ..ImagesRequest::default()
    };
    let found = images::find(world, &request, on_read)?.rows;
    if let (Ok(image), true) = (&in_full, is_in_full) {
        return Ok(of_image(image.clone(), found));
    }
    let configured = world.loaded.config.images.iter();
    let known: Vec<Repository> = configured
        .map(|entry| &entry.name)
        .chain(found.iter().map(|row| &row.image))
        .filter_map(|name| Repository::parse(name).ok())
        .collect();
    let mut picked = name.pick(&known);
    if picked.is_empty() {
        // A kustomization calls it so, and pulls something else.
        for row in &found {
            let pulled = known.iter().find(|it| it.as_str() == row.image);
            picked.extend(pulled.filter(|it| !picked.iter().any(|known| known.same_as(it))));
        }
    }
    match picked.as_slice() {
        [image] => Ok(of_image((*image).clone(), found)),
        [] => Ok(Meant {
            image: in_full.map_err(Error::from)?,
            rows: found,
            is_guess: true,
        }),
        several => match one_image(world, several) {
            Some(image) => Ok(of_image(image, found)),
            None => Err(ambiguous(&name, several)),
        },
    }
}

/// The repository that stands for several which hold the same image, as the configuration says.
fn one_image(world: &World, several: &[&Repository]) -> Option<Repository> {
    let parse = |name: &String| Repository::parse(name).ok();
    world.loaded.config.images.iter().find_map(|entry| {
        let all: Vec<Repository> = entry.same_as.iter().filter_map(parse).collect();
        let image = parse(&entry.name)?;
        let belongs = |one: &&Repository| one.same_as(&image) || all.iter().any(|it| it.same_as(one));
        several.iter().all(belongs).then_some(image)
    })
}

fn of_image(image: Repository, mut rows: Vec<Row>) -> Meant {
    rows.retain(|row| Repository::parse(&row.image).is_ok_and(|it| it.same_as(&image)));
    Meant {
        image,
        rows,
        is_guess: false,
    }
}

fn ambiguous(name: &Name, several: &[&Repository]) -> Error {
    let message = format!("the name `{name}` fits {} images", several.len());
    let names: Vec<String> = several.iter().map(|it| it.normalised().to_owned()).collect();
    let error = Error::new(Kind::Refused, "image-ambiguous", message);
    let runs = names.iter().take(10).map(|name| format!("rakops tags {name}"));
    runs.fold(error, |error, line| error.hint(Hint::Run(line)))
        .hint(Hint::Found(names))
}

/// Lists the versions of an image.
///
/// # Errors
/// As [`order::policy`] and [`Registries::tags`]; as [`Registries::details`] if nothing at all could be told about what is shown.
pub(crate) fn tags(
    world: &World,
    (request, meant): (&TagsRequest, &Meant),
    registries: &Registries<'_>,
    on_asked: &(dyn Fn() + Sync),
) -> Result<TagsReport, Error> {
    let policy = match &request.policy {
        Some(policy) => Some(policy.clone()),
        None => order::policy(&world.loaded.config.images, &meant.image)?,
    };
    let all = registries.tags(&meant.image, Freshness::Now)?;
    let total = all.names.len();
    let counts = |tag: &String| policy.as_ref().is_none_or(|policy| policy.matches(tag));
    let (mut names, mut others): (Vec<String>, Vec<String>) = all.names.into_iter().partition(counts);
    let mut warnings = Vec::new();
    let mut known = BTreeMap::new();
    if policy.as_ref().is_some_and(Policy::is_by_time) {
        known = details((registries, &meant.image), &names, (on_asked, &mut warnings))?;
        sort_by_time(&mut names, &known);
    } else {
        names.sort_unstable_by(|a, b| newest_first(policy.as_ref(), a, b));
    }
    let matching = names.len();
    if request.others == Others::Last {
        others.sort_unstable_by(|a, b| newest_first(None, a, b));
        names.append(&mut others);
    }
    let listed = names.len();
    names.truncate(request.limit.unwrap_or(usize::MAX));
    if request.depth == Depth::Details {
        let unknown: Vec<String> = names
            .iter()
            .filter(|name| !known.contains_key(*name))
            .cloned()
            .collect();
        known.extend(details(
            (registries, &meant.image),
            &unknown,
            (on_asked, &mut warnings),
        )?);
    }
    let runs = match meant.rows.is_empty() {
        true => Vec::new(),
        false => runs::runs(world, &|| {})?,
    };
    let rows = names.into_iter().map(|tag| TagRow {
        details: known.get(&tag).cloned(),
        environments: environments((&runs, &meant.image), &tag),
        tag,
    });
    Ok(TagsReport {
        rows: rows.collect(),
        image: meant.image.clone(),
        policy,
        total,
        matching,
        listed,
        age: all.age,
        is_used_here: !meant.rows.is_empty(),
        warnings,
    })
}

/// Newest first by the time at which each was built; those of which that is not known come last, by natural order.
fn sort_by_time(names: &mut [String], known: &BTreeMap<String, Details>) {
    let created = |name: &String| known.get(name).and_then(|details| details.created);
    names.sort_unstable_by(|a, b| {
        let by_time = match (created(a), created(b)) {
            (Some(a), Some(b)) => b.cmp(&a),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_time.then_with(|| newest_first(None, a, b))
    });
}

/// The environments that run a tag of an image.
fn environments((runs, image): (&[Run], &Repository), tag: &str) -> Vec<String> {
    let runs = runs.iter().filter(|run| run.image.same_as(image));
    let mut found: Vec<String> = Vec::new();
    for run in runs.filter(|run| run.version.tag.as_deref() == Some(tag)) {
        let new = run.environments.iter().filter(|name| !found.contains(name));
        let new: Vec<String> = new.cloned().collect();
        found.extend(new);
    }
    found
}

/// Asks what each of the tags is. What cannot be told about some is a warning; if that is so for all, it is an error.
fn details(
    (registries, image): (&Registries<'_>, &Repository),
    tags: &[String],
    (on_asked, warnings): (&(dyn Fn() + Sync), &mut Vec<Error>),
) -> Result<BTreeMap<String, Details>, Error> {
    let answers = crowd::each(tags, CONNECTIONS, on_asked, |tag| registries.details(image, tag));
    let mut known = BTreeMap::new();
    let mut failures = Vec::new();
    for (tag, answer) in tags.iter().zip(answers) {
        match answer {
            Ok(details) => {
                known.insert(tag.clone(), details);
            }
            Err(error) => failures.push((tag, error)),
        }
    }
    let count = failures.len();
    match failures.into_iter().next() {
        Some((_, error)) if known.is_empty() => return Err(error),
        Some((tag, error)) => {
            let message = match count {
                1 => format!("what `{image}:{tag}` is could not be told: {}", error.message),
                _ => format!(
                    "what {count} tags of `{image}` are could not be told, such as `{tag}`: {}",
                    error.message
                ),
            };
            warnings.push(Error { message, ..error });
        }
        None => {}
    }
    Ok(known)
}

//! What has to be asked before a bump can be planned: the newest version, and the digest of a tag.
//!
//! It is settled once. What is planned again, because somebody else was first, is planned with the same versions.

use super::contest::Claim;
use super::look::{self, Meant};
use super::newest;
use super::{BumpRequest, Digests, Latest};
use crate::change::set::Wish;
use crate::config::model::{ImageEntry, Pin};
use crate::error::{Error, Hint, Kind};
use crate::image::{BumpWord, Repository};
use crate::ops::answers::Answers;
use crate::ops::world::World;

/// Returns the request with a version for every image, and with digests where they belong.
///
/// # Errors
/// As reading the files; as asking the registry; [`Kind::Refused`] (`no-policy`, `digests-differ`) and [`Kind::NotFound`]
/// (`no-version`) where there is no answer.
pub(crate) fn settle(
    world: &World,
    request: &BumpRequest,
    answers: &Answers<'_>,
    on_read: &(dyn Fn() + Sync),
) -> Result<BumpRequest, Error> {
    let mut settled = request.clone();
    let is_open = request.latest == Latest::Asked && request.words.is_empty();
    if is_open {
        settled.words = newest::configured(world, request, on_read)?;
    }
    if request.latest == Latest::No && !may_need_digests(world, &settled) {
        return Ok(settled);
    }
    let meant = match look::meant(world, &settled, on_read) {
        Err(error) if is_open && error.code == "image-not-found" => {
            newest::keep_those_in_scope(world, &mut settled, on_read)?;
            look::meant(world, &settled, on_read)?
        }
        meant => meant?,
    };
    if request.latest == Latest::Asked {
        newest::choose(world, &mut settled, (&meant, answers))?;
        settled.contest.claim = Claim::Newest;
    }
    for (word, meant) in settled.words.iter_mut().zip(&meant) {
        add_digest(world, word, (meant, request.digests), answers)?;
    }
    settled.latest = Latest::No;
    settled.digests = Digests::AsPinned;
    Ok(settled)
}

/// Whether a registry has to answer before this can be planned.
pub(crate) fn needs_answers(world: &World, request: &BumpRequest) -> bool {
    request.latest == Latest::Asked || may_need_digests(world, request)
}

fn may_need_digests(world: &World, request: &BumpRequest) -> bool {
    let lacks = |word: &BumpWord| word.version.tag.is_some() && word.version.digest.is_none();
    let is_pinned = |entry: &ImageEntry| matches!(entry.pin, Some(Pin::Digest | Pin::TagAndDigest));
    request.words.iter().any(lacks)
        && (request.digests == Digests::Asked || world.loaded.config.images.iter().any(is_pinned))
}

/// The entry of the configuration that is about one of these repositories.
pub(super) fn entry_of<'w>(world: &'w World, repositories: &[Repository]) -> Option<&'w ImageEntry> {
    let names = |entry: &'w ImageEntry| std::iter::once(&entry.name).chain(&entry.same_as);
    let is_one =
        |name: &String| Repository::parse(name).is_ok_and(|it| repositories.iter().any(|one| one.same_as(&it)));
    world.loaded.config.images.iter().find(|entry| names(entry).any(is_one))
}

/// Gives a tag its digest, where it was asked for or the configuration pins by it.
fn add_digest(
    world: &World,
    word: &mut BumpWord,
    (meant, digests): (&Meant, Digests),
    answers: &Answers<'_>,
) -> Result<(), Error> {
    let (Some(tag), None) = (&word.version.tag, &word.version.digest) else {
        return Ok(());
    };
    let pin = entry_of(world, &meant.repositories).and_then(|entry| entry.pin);
    let pins = matches!(pin, Some(Pin::Digest | Pin::TagAndDigest));
    if (digests == Digests::AsPinned && !pins) || pin == Some(Pin::Tag) {
        return Ok(());
    }
    let images = match &word.rename {
        Some(other) => std::slice::from_ref(other),
        None => meant.repositories.as_slice(),
    };
    match agreed(images, tag, answers) {
        // Nobody was asked: whoever plans says what is missing.
        Err(error) if error.code == "offline" && digests == Digests::AsPinned => Ok(()),
        Err(error) => Err(error),
        Ok(digest) => {
            word.version.digest = Some(digest);
            Ok(())
        }
    }
}

/// The digest that a tag has in all of these repositories.
fn agreed(images: &[Repository], tag: &str, answers: &Answers<'_>) -> Result<String, Error> {
    let questions: Vec<_> = images.iter().map(|image| (image.clone(), tag.to_owned())).collect();
    let mut found: Vec<(&Repository, String)> = Vec::new();
    for (image, answer) in images.iter().zip(answers.proven_digests(&questions)) {
        found.push((image, answer.map_err(|error| missing(error, (image, tag), answers))?));
    }
    let Some((first, digest)) = found.first() else {
        let message = format!("no repository is known to ask for the digest of `{tag}`");
        return Err(Error::new(Kind::Refused, "half-version", message));
    };
    match found.iter().find(|(_, other)| other != digest) {
        None => Ok(digest.clone()),
        Some((other, theirs)) => {
            let message = format!("`{tag}` is not the same image in `{first}` and in `{other}`");
            Err(Error::new(Kind::Refused, "digests-differ", message)
                .because(format!("`{first}` has `{digest}`"))
                .because(format!("`{other}` has `{theirs}`"))
                .hint(Hint::Flag("--env ENV".into(), "sets one of them at a time".into())))
        }
    }
}

/// A version that is not there, with those that may have been meant.
fn missing(error: Error, (image, tag): (&Repository, &str), answers: &Answers<'_>) -> Error {
    match error.code {
        "version-missing" => super::verify::with_nearest(error, (image, tag), answers),
        _ => error,
    }
}

/// Whether an error only says that nobody is asked.
pub(super) fn wish(error: &Error) -> Wish {
    match error.code {
        "offline" => Wish::Offline,
        _ => Wish::Ask,
    }
}

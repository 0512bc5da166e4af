//! Whether what is about to be written exists: a bump to a tag that does not is an outage.

use std::collections::BTreeSet;

use super::settle::wish;
use crate::change::set::{ChangeSet, UnverifiedImage, VerifiedImage, Wish};
use crate::error::{Error, Hint, Kind};
use crate::image::{Repository, Version, newest_first};
use crate::ops::answers::{Answers, Question};

/// How much a version has to be known to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verify {
    /// Nothing is written that could not be verified: `--verify`.
    Must,
    /// What cannot be asked is said.
    IfPossible,
    /// Nobody is asked: `--no-verify-image`.
    No,
}

/// A version that some site is to get.
struct Wanted {
    image: Repository,
    version: Version,
}

/// Asks for every version that a plan writes, each once, and adds what was said to its facts.
///
/// # Errors
/// [`Kind::NotFound`] (`version-missing`, `repository-missing`) if a registry says that it is not there; [`Kind::Refused`]
/// (`digest-mismatch`) if the tag stands for another digest; [`Kind::Remote`] if a manifest is not what its digest says. With [`Verify::Must`] also what kept a registry from being asked.
pub(crate) fn verify(change_set: &mut ChangeSet, answers: &Answers<'_>, how: Verify) -> Result<(), Error> {
    if how == Verify::No {
        return Ok(());
    }
    let (wanted, unreadable) = wanted(change_set);
    if let (Verify::Must, Some(one)) = (how, unreadable.first()) {
        let message = format!("`{}` is no name that a registry could be asked for", one.image);
        return Err(Error::new(Kind::Refused, "not-verified", message)
            .hint(Hint::Flag("--no-verify-image".into(), "writes it unseen".into())));
    }
    let questions: Vec<Question> = wanted.iter().map(question).collect();
    let mut verified = Vec::new();
    let mut not_verified = unreadable;
    let mut missing = Vec::new();
    for (wanted, answer) in wanted.iter().zip(answers.digests(&questions)) {
        let (image, version) = (wanted.image.normalised().to_owned(), wanted.version.to_string());
        match answer {
            Ok(digest) => {
                check_digest(wanted, &digest)?;
                verified.push(VerifiedImage { image, version, digest });
            }
            Err(error) if error.kind == Kind::NotFound => missing.push((wanted, error)),
            Err(error) if how == Verify::Must || error.code == "digest-mismatch" => return Err(must(wanted, error)),
            Err(error) => not_verified.push(UnverifiedImage {
                image,
                version,
                reason: reason(&error),
                wish: wish(&error),
            }),
        }
    }
    if let Some(error) = complaint(missing, answers) {
        return Err(error);
    }
    change_set.facts.verified = verified;
    change_set.facts.not_verified = not_verified;
    Ok(())
}

/// The versions that are written, each once; and those under names that no registry knows.
fn wanted(change_set: &ChangeSet) -> (Vec<Wanted>, Vec<UnverifiedImage>) {
    let facts = &change_set.facts;
    let mut seen = BTreeSet::new();
    let (mut wanted, mut unreadable) = (Vec::new(), Vec::new());
    let own = |image: &String| BTreeSet::from([image.clone()]);
    let all = facts.sites.iter().flat_map(|site| {
        let pulled = facts.placeholders.get(&site.image).cloned();
        let pulled = pulled.unwrap_or_else(|| own(&site.image));
        pulled.into_iter().map(|image| (image, &site.to))
    });
    for (name, to) in all {
        let image = Repository::parse(&name);
        let full = image.as_ref().map_or(name.as_str(), Repository::normalised);
        if !seen.insert((full.to_owned(), to.clone())) {
            continue;
        }
        match (image, Version::parse(to)) {
            (Ok(image), Ok(version)) => wanted.push(Wanted { image, version }),
            _ => unreadable.push(UnverifiedImage {
                image: name,
                version: to.clone(),
                reason: "no registry has such names".to_owned(),
                wish: Wish::Ask,
            }),
        }
    }
    (wanted, unreadable)
}

/// One question an image: the tag where there is one, which says the digest, too.
fn question(wanted: &Wanted) -> Question {
    let reference = wanted.version.tag.as_ref().or(wanted.version.digest.as_ref());
    (wanted.image.clone(), reference.cloned().unwrap_or_default())
}

fn check_digest(wanted: &Wanted, found: &str) -> Result<(), Error> {
    let (Some(tag), Some(digest)) = (&wanted.version.tag, &wanted.version.digest) else {
        return Ok(());
    };
    if digest == found {
        return Ok(());
    }
    let image = &wanted.image;
    let message = format!("`{image}:{tag}` is not `{digest}`");
    Err(Error::new(Kind::Refused, "digest-mismatch", message)
        .because(format!("the registry has `{found}` for this tag"))
        .hint(Hint::Say(format!("give the digest that the tag has: {tag}@{found}")))
        .hint(Hint::Flag("--no-verify-image".into(), "writes it unseen".into())))
}

/// What kept a registry from being asked, where it had to be.
fn must(wanted: &Wanted, error: Error) -> Error {
    if error.code == "offline" {
        let message = "`--verify` asks the registry, and with `--offline` none is asked";
        return Error::new(Kind::Refused, "offline", message).because("`RAKOPS_OFFLINE` says the same as `--offline`");
    }
    let what = format!("`{}` could not be verified, and nothing was written", named(wanted));
    error.because(what)
}

/// `ghcr.io/acme/api:1.4.2`, with a digest alone behind an `@`.
fn named(wanted: &Wanted) -> String {
    let (image, version) = (&wanted.image, &wanted.version);
    match version.tag {
        Some(_) => format!("{image}:{version}"),
        None => format!("{image}@{version}"),
    }
}

/// Why nobody could say, in a few words.
fn reason(error: &Error) -> String {
    match error.code {
        "login-needed" => "needs a login".to_owned(),
        "login-refused" => "the login was refused".to_owned(),
        "forbidden" => "the login may not read it".to_owned(),
        "offline" => "offline".to_owned(),
        _ => error.message.clone(),
    }
}

/// What is not there, with the tags that may have been meant.
fn complaint(missing: Vec<(&Wanted, Error)>, answers: &Answers<'_>) -> Option<Error> {
    let others: Vec<String> = missing.iter().skip(1).map(|(wanted, _)| named(wanted)).collect();
    let (wanted, mut error) = missing.into_iter().next()?;
    for other in others {
        error = error.because(format!("`{other}` is not there either"));
    }
    if let Some(tag) = &wanted.version.tag {
        error = with_nearest(error, (&wanted.image, tag), answers);
    }
    Some(error.hint(Hint::Flag("--no-verify-image".into(), "writes it unseen".into())))
}

/// The same, with the tags that may have been meant.
pub(super) fn with_nearest(mut error: Error, (image, tag): (&Repository, &str), answers: &Answers<'_>) -> Error {
    if let Ok(tags) = answers.tags(image) {
        let near = nearest(tag, &tags);
        if !near.is_empty() {
            // What was probably meant comes before where to look.
            error.hints.insert(0, Hint::Nearest(near));
        }
    }
    error
}

/// The tags that may have been meant, likeliest first: the same with or without a `v`, then those that differ in few letters.
fn nearest(tag: &str, tags: &[String]) -> Vec<String> {
    let bare = |tag: &str| tag.strip_prefix(['v', 'V']).unwrap_or(tag).to_owned();
    let is_same = |other: &String| bare(other) == bare(tag);
    let distance = |other: &String| match is_same(other) {
        true => 0,
        false => strsim::damerau_levenshtein(tag, other),
    };
    let most = 1.max(tag.len() / 3);
    let mut near: Vec<(usize, &String)> = tags.iter().map(|other| (distance(other), other)).collect();
    near.retain(|(distance, _)| *distance <= most);
    near.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| newest_first(None, a.1, b.1)));
    near.into_iter().take(3).map(|(_, tag)| tag.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_same_version_with_a_v_is_the_likeliest_and_a_stranger_is_none() {
        let tags = ["v1.4.2", "1.4.1", "1.4.3", "1.4.0", "latest", "main-1a2b3c4"].map(str::to_owned);
        assert_eq!(nearest("1.4.2", &tags), ["v1.4.2", "1.4.3", "1.4.1"]);
        assert_eq!(nearest("nonsense-of-mine", &tags), Vec::<String>::new());
    }
}

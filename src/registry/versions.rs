//! Tags, digests and manifests of one repository at one host.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Registries;
use super::ask::Question;
use super::details::Details;
use super::document::{ACCEPT, Config, Manifest, object};
use super::failure::{self, About, Asked};
use super::host::Host;
use crate::error::{Error, Hint, Kind};
use crate::http::{Answer, Verb};
use crate::image::is_digest;
use crate::text::digest;

/// How many tags a page is asked to hold. More is an error for some: GitLab, GHCR and docker's third version take 1,000.
const PAGE: usize = 1_000;
/// How many pages are read: whoever has more tags than fit in them has a registry that never comes to an end.
const PAGES: usize = 1_000;
/// How large a manifest may be, in bytes. Source: OCI distribution specification, "Pushing Manifests".
const MANIFEST_LIMIT: usize = 4 * 1024 * 1024;

/// A repository at the host that is asked.
pub(super) struct Place<'a> {
    host: &'a Host,
    /// As that host calls it.
    name: &'a str,
    /// With its host, as it is shown.
    shown: &'a str,
}

impl<'a> Place<'a> {
    pub(super) fn new(host: &'a Host, name: &'a str, shown: &'a str) -> Place<'a> {
        Place { host, name, shown }
    }

    fn about<'s>(&'s self, image: &'s str) -> About<'s> {
        About { host: self.host, image }
    }

    /// The repository with a version, as it is shown.
    fn version(&self, reference: &str) -> String {
        let sign = if reference.contains(':') { '@' } else { ':' };
        format!("{}{sign}{reference}", self.shown)
    }
}

impl Registries<'_> {
    fn get(&self, place: &Place<'_>, (verb, path): (Verb, &str), shown: &str) -> Result<(Answer, Asked), Error> {
        let accept = match path.contains("/manifests/") {
            true => ACCEPT,
            false => "application/json, */*",
        };
        self.ask(&Question {
            about: place.about(shown),
            name: place.name,
            verb,
            path,
            accept,
        })
    }

    /// Every tag, page by page.
    pub(super) fn list(&self, place: &Place<'_>) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Page {
            #[serde(default)]
            tags: Option<Vec<String>>,
        }
        let about = place.about(place.shown);
        let bare = format!("/v2/{}/tags/list", place.name);
        let mut path = format!("{bare}?n={PAGE}");
        let mut visited = BTreeSet::new();
        let mut names = Vec::new();
        while visited.insert(path.clone()) {
            let (answer, asked) = self.get(place, (Verb::Get, &path), place.shown)?;
            match answer.status {
                200 => {}
                404 => return Err(failure::no_repository(about, &answer)),
                // It does not like the size of the page.
                400 if path.contains('?') && names.is_empty() => {
                    path.clone_from(&bare);
                    continue;
                }
                _ => return Err(failure::refused(about, &answer, asked)),
            }
            let page: Page =
                object(&answer.body).ok_or_else(|| failure::odd(about, &answer, "it is no list of tags"))?;
            names.extend(page.tags.into_iter().flatten().filter(|tag| crate::image::is_tag(tag)));
            let Some(next) = answer.next_page() else { break };
            // Some of the tags would pass for all, and the newest of them for the newest.
            if visited.len() >= PAGES {
                return Err(failure::odd(about, &answer, "its list of tags does not come to an end"));
            }
            path = next_path(&next, (place.host, &bare))
                .ok_or_else(|| failure::odd(about, &answer, "the next page of tags is somewhere else"))?;
        }
        let mut known = BTreeSet::new();
        names.retain(|name| known.insert(name.clone()));
        Ok(names)
    }

    /// The digest of a version.
    pub(super) fn digest_at(&self, place: &Place<'_>, reference: &str) -> Result<String, Error> {
        let shown = place.version(reference);
        let path = format!("/v2/{}/manifests/{reference}", place.name);
        let (answer, asked) = self.get(place, (Verb::Head, &path), &shown)?;
        let said = answer.header("docker-content-digest").map(str::trim);
        match (answer.status, said) {
            (200, Some(digest)) if is_digest(digest) => match reference.contains(':') && digest != reference {
                true => Err(mismatch(place, reference, digest)),
                false => Ok(digest.to_owned()),
            },
            // No header, no body with the reason, or no such verb.
            (200 | 404 | 405 | 501 | 400, _) => Ok(self.manifest(place, reference)?.0),
            _ => Err(failure::refused(place.about(&shown), &answer, asked)),
        }
    }

    /// The digest of a version, by its manifest.
    pub(super) fn proven_at(&self, place: &Place<'_>, reference: &str) -> Result<String, Error> {
        self.manifest(place, reference).map(|(digest, _)| digest)
    }

    /// What a version is.
    pub(super) fn details_at(&self, place: &Place<'_>, reference: &str) -> Result<Details, Error> {
        let (digest, manifest) = self.manifest(place, reference)?;
        let mut details = Details {
            digest,
            created: manifest.created(),
            platforms: manifest.platforms(),
        };
        if manifest.is_index() {
            if details.created.is_none()
                && let Some(first) = manifest.first()
            {
                let (_, first) = self.manifest(place, first)?;
                details.created = match first.created() {
                    Some(created) => Some(created),
                    None => self.config(place, &first)?.and_then(|config| config.created()),
                };
            }
            return Ok(details);
        }
        details.platforms.extend(manifest.of_first_schema());
        if let Some(config) = self.config(place, &manifest)? {
            details.created = details.created.or(config.created());
            details.platforms.extend(config.platform());
        }
        Ok(details)
    }

    /// A manifest with its digest, which it was compared with.
    fn manifest(&self, place: &Place<'_>, reference: &str) -> Result<(String, Manifest), Error> {
        let shown = place.version(reference);
        let about = place.about(&shown);
        let path = format!("/v2/{}/manifests/{reference}", place.name);
        let (answer, asked) = self.get(place, (Verb::Get, &path), &shown)?;
        match answer.status {
            200 => {}
            404 if failure::code(&answer).as_deref() == Some("NAME_UNKNOWN") => {
                return Err(failure::no_repository(place.about(place.shown), &answer));
            }
            404 => return Err(no_version(place, &answer, &shown)),
            _ => return Err(failure::refused(about, &answer, asked)),
        }
        if answer.body.len() > MANIFEST_LIMIT {
            return Err(failure::odd(about, &answer, "the manifest is larger than 4 MiB"));
        }
        let manifest: Option<Manifest> = object(&answer.body);
        let manifest = manifest.filter(Manifest::is_one);
        let manifest = manifest.ok_or_else(|| failure::odd(about, &answer, "it is no manifest"))?;
        let said = answer.header("docker-content-digest").map(str::trim);
        let said = said.filter(|digest| is_digest(digest));
        let wanted = if reference.contains(':') { Some(reference) } else { said };
        match wanted {
            // Docker's first schema is signed, and its digest is that of a part: behind a tag it says who gives it anyway.
            Some(wanted) if reference.contains(':') || !manifest.is_of_first_schema() => {
                compare(place, (&answer, &shown), wanted)?
            }
            _ => {}
        }
        let digest = match wanted {
            Some(wanted) => wanted.to_owned(),
            None => hash(&answer.body, "sha256").unwrap_or_default(),
        };
        Ok((digest, manifest))
    }

    /// The configuration of an image; none for what is no image.
    fn config(&self, place: &Place<'_>, manifest: &Manifest) -> Result<Option<Config>, Error> {
        let Some(digest) = manifest.config() else {
            return Ok(None);
        };
        let shown = place.version(digest);
        let about = place.about(&shown);
        let path = format!("/v2/{}/blobs/{digest}", place.name);
        let (answer, asked) = self.get(place, (Verb::Get, &path), &shown)?;
        match answer.status {
            200 => {}
            404 => {
                let message = format!(
                    "the configuration `{digest}` of an image of `{}` is missing",
                    place.shown
                );
                return Err(Error::new(Kind::Remote, "odd-answer", message).hint(Hint::Say(
                    "push the image again; its registry has lost a part of it".into(),
                )));
            }
            _ => return Err(failure::refused(about, &answer, asked)),
        }
        compare(place, (&answer, &shown), digest)?;
        let config = object(&answer.body).map(Some);
        config.ok_or_else(|| failure::odd(about, &answer, "it is no configuration of an image"))
    }
}

fn no_version(place: &Place<'_>, answer: &Answer, shown: &str) -> Error {
    let error = Error::new(Kind::NotFound, "version-missing", format!("there is no `{shown}`"));
    let error = match failure::code(answer) {
        Some(_) => error,
        None => error.because(format!("it came from {}", answer.from)),
    };
    error.hint(Hint::Run(format!("rakops tags {}", place.shown)))
}

fn mismatch(place: &Place<'_>, wanted: &str, found: &str) -> Error {
    let message = format!("`{}` gave something else for `{wanted}`", place.shown);
    Error::new(Kind::Remote, "digest-mismatch", message)
        .because(format!("its digest is `{found}`"))
        .hint(Hint::Say(format!(
            "try again; if it stays so, tell whoever runs `{}`, or what lies between",
            place.host.authority()
        )))
}

/// The digest of some bytes, by the algorithm of another digest; none if that is one that is not known here.
///
/// Source: OCI image specification, `descriptor.md`, "Registered algorithms".
fn hash(bytes: &[u8], like: &str) -> Option<String> {
    let name = like.split(':').next().unwrap_or_default();
    let hex = digest::named(name, bytes)?;
    Some(format!("{name}:{hex}"))
}

/// Compares a body with its digest.
fn compare(place: &Place<'_>, (answer, shown): (&Answer, &str), wanted: &str) -> Result<(), Error> {
    match hash(&answer.body, wanted) {
        Some(found) if found == wanted => Ok(()),
        Some(found) => Err(mismatch(place, wanted, &found)),
        None => {
            let why = format!("`{wanted}` is of an algorithm that is not known here");
            Err(failure::odd(place.about(shown), answer, &why))
        }
    }
}

/// Where the next page is, on the same host: behind its origin. None if it is somewhere else.
///
/// A registry behind a proxy may write `http:` where it is asked by `https:`; what counts is the host.
fn next_path(next: &str, (host, bare): (&Host, &str)) -> Option<String> {
    if let Some((scheme, rest)) = next.split_once("://")
        && matches!(scheme, "http" | "https")
    {
        let (authority, path) = rest.split_once('/')?;
        let usual = if scheme == "https" { ":443" } else { ":80" };
        let authority = authority.strip_suffix(usual).unwrap_or(authority);
        let own = host.origin.split_once("://").map(|(_, own)| own);
        return own
            .is_some_and(|own| own.eq_ignore_ascii_case(authority))
            .then(|| format!("/{path}"));
    }
    match next.as_bytes() {
        [b'/', b'/', ..] => None,
        [b'/', ..] => Some(next.to_owned()),
        [b'?', ..] => Some(format!("{bare}{next}")),
        _ if next.contains(':') => None,
        _ => Some(format!("{}/{next}", bare.rsplit_once('/')?.0)),
    }
}

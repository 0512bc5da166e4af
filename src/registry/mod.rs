//! Registries of images: which versions there are, and what each of them is.
//!
//! Knows the OCI distribution API and docker's logins; has never heard of a site, a manifest in git or a policy.
//! **Invariant:** a login goes only to the host under which the user's own entry stands, and never in clear over a network
//! unless the user said so; whatever `rakops.yaml` says cannot change that.
//! Start reading at [`Registries`].
//!
//! Source: OCI distribution specification 1.1; docker's "Registry v2 authentication".

mod ask;
mod cache;
mod challenge;
mod details;
mod document;
mod failure;
mod helper;
mod host;
mod login;
mod setup;
mod tokens;
mod versions;

pub(crate) use details::{Details, Platform};
pub(crate) use setup::{Auth, Entry, Logins, Mode, Setup, Trust};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use cache::{Cache, Listed};
use host::{Courage, Host};
use login::Files;
use versions::Place;

use crate::error::{Error, Hint, Kind};
use crate::http::Http;
use crate::image::{Repository, is_digest, is_tag};

/// The tags of a repository, in the order of the registry, which means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tags {
    /// As the registry spells them.
    pub(crate) names: Vec<String>,
    /// How long ago they were asked for; none if that was just now.
    pub(crate) age: Option<Duration>,
}

/// How old an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// It is asked for now: what is decided by it must not be an hour old.
    Now,
    /// A few minutes are fine: it is shown to somebody who chooses.
    Recent,
}

/// What is recent.
const RECENT: Duration = Duration::from_secs(600);
/// What was seen lately enough to be offered when words are completed.
const LATELY: Duration = Duration::from_secs(86_400);

/// All registries that a command asks; made once per command, and asked from many threads.
///
/// What an error means to whoever asked is its kind: [`Kind::NotFound`] is an answer (`version-missing`, `repository-missing`),
/// [`Kind::Access`] (`login-needed`, `login-refused`, `forbidden`, `not-agreed`), [`Kind::Remote`] (`remote`, `odd-answer`,
/// `digest-mismatch`, `helper`) and [`Kind::Refused`] (`offline`) mean that it is not known.
pub(crate) struct Registries<'a> {
    setup: Setup<'a>,
    /// Reaches every host that has no authorities of its own.
    http: OnceLock<Result<Http, Error>>,
    files: OnceLock<Result<Files, Error>>,
    hosts: Mutex<BTreeMap<String, Result<Arc<Host>, Error>>>,
    cache: Cache,
}

impl<'a> Registries<'a> {
    /// Nothing is asked, and no login is read, before the first question.
    pub(crate) fn new(setup: Setup<'a>) -> Registries<'a> {
        Registries {
            cache: Cache::new(&setup.cache),
            setup,
            http: OnceLock::new(),
            files: OnceLock::new(),
            hosts: Mutex::default(),
        }
    }

    /// Every tag of a repository.
    ///
    /// # Errors
    /// See [`Registries`]. When offline, what was seen lately is the answer, however old; without that, `offline`.
    pub(crate) fn tags(&self, image: &Repository, freshness: Freshness) -> Result<Tags, Error> {
        let full = image.normalised();
        let kept = || {
            let listed = self.cache.tags(full)?;
            Some((self.age(&listed)?, listed.names))
        };
        if self.setup.mode == Mode::Offline || freshness == Freshness::Recent {
            let is_fine = |age: Duration| self.setup.mode == Mode::Offline || age <= RECENT;
            if let Some((age, names)) = kept().filter(|(age, _)| is_fine(*age)) {
                return Ok(Tags { names, age: Some(age) });
            }
        }
        self.online(image)?;
        let names = self.first_of(image, |place| self.list(place))?;
        let at = self.setup.now;
        self.cache.keep_tags(
            full,
            Listed {
                at,
                names: names.clone(),
            },
        );
        Ok(Tags { names, age: None })
    }

    /// The tags that were seen lately, without asking anybody; for completion. Nothing if there are none.
    pub(crate) fn seen(&self, image: &Repository) -> Vec<String> {
        let listed = self.cache.tags(image.normalised());
        let lately = listed.filter(|listed| self.age(listed).is_some_and(|age| age <= LATELY));
        lately.map(|listed| listed.names).unwrap_or_default()
    }

    /// How long ago tags were asked for; none if the clock says that it will be.
    fn age(&self, listed: &Listed) -> Option<Duration> {
        let age = self.setup.now.checked_sub(listed.at)?;
        u64::try_from(age).ok().map(Duration::from_secs)
    }

    /// The digest that a tag, or a digest, stands for: that of the index where there is one.
    ///
    /// # Errors
    /// See [`Registries`]; `version-missing` if there is no such version.
    pub(crate) fn digest(&self, image: &Repository, reference: &str) -> Result<String, Error> {
        self.online(image)?;
        may_be_asked_for(image, reference)?;
        self.first_of(image, |place| self.digest_at(place, reference))
    }

    /// The same, by the manifest itself: it is read, and compared with what it is said to be. For a digest that is written down.
    ///
    /// # Errors
    /// As [`Registries::digest`]; `digest-mismatch` if the manifest is not what its digest says.
    pub(crate) fn proven_digest(&self, image: &Repository, reference: &str) -> Result<String, Error> {
        self.online(image)?;
        may_be_asked_for(image, reference)?;
        self.first_of(image, |place| self.proven_at(place, reference))
    }

    /// What a version is: digest, time, platforms. Its manifest is read, and compared with its digest.
    ///
    /// # Errors
    /// As [`Registries::digest`]; `digest-mismatch` if the manifest is not what its digest says.
    pub(crate) fn details(&self, image: &Repository, reference: &str) -> Result<Details, Error> {
        let full = image.normalised();
        // A digest always means the same, but only the registry knows whether it is still there.
        if self.setup.mode == Mode::Offline
            && let Some(details) = self.cache.manifest(full, reference)
        {
            return Ok(details);
        }
        self.online(image)?;
        if self.cache.knows_manifests(full) {
            let digest = self.digest(image, reference)?;
            if let Some(details) = self.cache.manifest(full, &digest) {
                return Ok(details);
            }
        }
        may_be_asked_for(image, reference)?;
        let details = self.first_of(image, |place| self.details_at(place, reference))?;
        self.cache.keep_manifest(full, &details);
        Ok(details)
    }

    fn online(&self, image: &Repository) -> Result<(), Error> {
        if self.setup.mode == Mode::Online {
            return Ok(());
        }
        let message = format!("nothing was seen lately of `{image}`, and no registry is asked");
        Err(Error::new(Kind::Refused, "offline", message).hint(Hint::Say(
            "leave out `--offline`, and see to it that `RAKOPS_OFFLINE` is not set".into(),
        )))
    }

    /// Asks the mirror of a registry if it has one, and itself if that knows nothing or cannot be asked.
    fn first_of<T>(&self, image: &Repository, ask: impl Fn(&Place<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let full = image.normalised();
        // Entries of kustomize may be any words, and `..` would lead to another place.
        if Repository::parse(full).is_err() {
            let message = format!("`{image}` is no name that a registry can know");
            return Err(
                Error::new(Kind::NotFound, "repository-missing", message).hint(Hint::Say(
                    "a host and lower-case words are expected: `ghcr.io/acme/api`".into(),
                )),
            );
        }
        let (registry, name) = full.split_once('/').unwrap_or((full, ""));
        let entry = self
            .setup
            .entries
            .iter()
            .find(|entry| host::same(&entry.host, registry));
        // A mirror that only a change names could vouch for anything.
        let agreed = entry.filter(|entry| entry.trust == Trust::Agreed);
        if let Some(mirror) = agreed.and_then(|entry| entry.mirror.as_ref())
            && let Ok(host) = self.host(mirror)
        {
            let name = format!("{}{name}", host.path);
            let shown = format!("{}/{name}", host.authority());
            if let Ok(found) = ask(&Place::new(&host, &name, &shown)) {
                return Ok(found);
            }
        }
        let host = self.host(registry)?;
        if let Some(entry) = entry.filter(|entry| entry.mirror.is_some() && entry.trust != Trust::Agreed) {
            host.mirror_passed_over.call_once(|| {
                let why = entry.trust.why_not();
                (self.setup.say)(&format!("the mirror of `{registry}` is not asked: {why}"));
            });
        }
        let told = ask(&Place::new(&host, name, full));
        told.map_err(|error| match host.courage {
            Courage::Proposed if matches!(error.kind, Kind::Access | Kind::Remote) => failure::not_agreed(error),
            _ => error,
        })
    }

    /// The host of this name, made when it is asked for the first time.
    fn host(&self, name: &str) -> Result<Arc<Host>, Error> {
        let made = || Host::new(name, &self.setup).map(Arc::new);
        match self.hosts.lock() {
            Ok(mut hosts) => hosts.entry(name.to_owned()).or_insert_with(made).clone(),
            Err(_) => made(),
        }
    }

    fn http(&self) -> Result<&Http, Error> {
        let made = self.http.get_or_init(|| {
            let http = Http::new(self.setup.request_limit);
            match &self.setup.authorities {
                Some(pem) => http.trusting(pem),
                None => Ok(http),
            }
        });
        made.as_ref().map_err(Error::clone)
    }
}

/// What is neither a tag nor a digest cannot be there.
fn may_be_asked_for(image: &Repository, reference: &str) -> Result<(), Error> {
    if is_tag(reference) || is_digest(reference) {
        return Ok(());
    }
    let message = format!("there is no `{image}:{reference}`: that is neither a tag nor a digest");
    Err(Error::new(Kind::NotFound, "version-missing", message)
        .hint(Hint::Say("letters, digits and `._-` are expected".into())))
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests write files of their own, and tell figures"
)]
mod tests;

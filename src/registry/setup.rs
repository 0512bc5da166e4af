//! What a command hands over to speak with registries.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// What a command hands over to speak with registries.
pub(crate) struct Setup<'a> {
    /// Whether anybody is asked at all.
    pub(crate) mode: Mode,
    /// How long one request may take, body included.
    pub(crate) request_limit: Duration,
    /// How long the waits between the tries of one request may take in all: a registry that is busy, or fails for a moment.
    pub(crate) patience: Duration,
    /// What the configuration says about hosts, as it was written.
    pub(crate) entries: Vec<Entry>,
    /// Hosts that the user said may be spoken to in clear, login included: `--insecure-registry`.
    pub(crate) insecure: Vec<String>,
    /// Authorities that the user trusts for every host, in PEM: `--ca-file`.
    pub(crate) authorities: Option<Vec<u8>>,
    /// Where logins are.
    pub(crate) logins: Logins<'a>,
    /// The directory of what was seen lately.
    pub(crate) cache: PathBuf,
    /// Seconds since 1970, UTC.
    pub(crate) now: i64,
    /// Says a line to whoever waits: waits of more than two seconds.
    pub(crate) say: &'a (dyn Fn(&str) + Sync),
}

/// Whether anybody is asked at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Registries are asked.
    Online,
    /// What was seen lately has to do.
    Offline,
}

/// What the configuration says about one host.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Host and port, as images name it: `docker.io`, `registry.example.com:5000`.
    pub(crate) host: String,
    /// Whether a login is looked for.
    pub(crate) auth: Auth,
    /// Host, and a path where there is one, that is asked before it.
    pub(crate) mirror: Option<String>,
    /// It speaks plain HTTP.
    pub(crate) insecure: bool,
    /// Authorities that are trusted for this host alone, in PEM.
    pub(crate) authorities: Option<Vec<u8>>,
    /// Who says so.
    pub(crate) trust: Trust,
}

/// Whether a login is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// As docker's own configuration says.
    DockerConfig,
    /// Nobody logs in.
    Anonymous,
}

/// Whether what an entry says has been agreed to by somebody besides the author of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// It stands on the default branch, or a file that the user named says so.
    Agreed,
    /// A change brings it: where it loosens something (`insecure`, `authorities`), no login is sent.
    Proposed,
    /// Whether a change brings it cannot be told, as the default branch is not here: as if it did.
    Unknown,
}

impl Trust {
    /// Why a host is not trusted with a login.
    pub(super) fn why_not(self) -> &'static str {
        match self {
            Trust::Unknown => {
                "whether a change brings what `registries` says about it cannot be told, because the default branch is not here \
                 (`git fetch origin`; in CI `fetch-depth: 0`)"
            }
            Trust::Agreed | Trust::Proposed => {
                "nobody has agreed yet to what this change says about it in `registries`"
            }
        }
    }
}

/// Where docker and its kin keep logins.
pub(crate) struct Logins<'a> {
    /// `config.json` of docker and `auth.json` of podman, the first that has a login for a host counts. Files may be absent.
    pub(crate) files: Vec<PathBuf>,
    /// The environment that credential helpers are started with.
    pub(crate) variables: &'a BTreeMap<String, String>,
    /// How long a credential helper may take.
    pub(crate) helper_limit: Duration,
}

//! One host that is asked: where it is, and in what manner it may be spoken to.

use std::net::IpAddr;
use std::sync::{Mutex, Once};

use super::setup::{Auth, Entry, Setup, Trust};
use super::tokens::Tokens;
use super::{ask::Known, challenge::Challenge, login::Login};
use crate::error::Error;
use crate::http::{self, Gate, Http};

/// Where Docker Hub answers. Source: docker's `registry/config.go`.
const DOCKER_HUB: (&str, &str) = ("docker.io", "registry-1.docker.io");

/// One host that is asked. Shared by all threads of a command.
pub(super) struct Host {
    /// As images and logins name it: `docker.io`, `[::1]:5000`; a mirror with its path.
    pub(super) name: String,
    /// The beginning of every address: `https://registry-1.docker.io`.
    pub(super) origin: String,
    /// What stands before the name of every repository: `dockerhub/` of a mirror; mostly nothing.
    pub(super) path: String,
    /// How it is reached, if it has authorities of its own or is this machine.
    pub(super) own: Option<Http>,
    /// Whether somebody is told who asks.
    pub(super) courage: Courage,
    /// Whose word the entry about it is, where there is one.
    pub(super) trust: Trust,
    /// Keeps everybody back while the host wants to be left alone.
    pub(super) gate: Gate,
    /// What it wants to know, since it said so.
    pub(super) wants: Mutex<Option<Challenge>>,
    /// Its logins, once they are wanted.
    pub(super) logins: Known,
    /// It was said why nobody logs in.
    pub(super) explained: Once,
    /// It was said that its mirror is not asked.
    pub(super) mirror_passed_over: Once,
    pub(super) tokens: Tokens,
    /// A login that was not accepted, and what was said: trying it again for each repository would lock somebody out.
    pub(super) refused: Mutex<Option<(Login, Error)>>,
    /// Whether a login was accepted; held while it is tried for the first time, so that a wrong one is tried once.
    pub(super) trial: Mutex<bool>,
    /// Why it cannot be reached, once that is known: nobody tries again.
    pub(super) down: Mutex<Option<Error>>,
}

/// Whether a login may be sent to a host, and in what manner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Courage {
    /// Over TLS.
    Private,
    /// In clear, too: it is this machine, or the user said so.
    Clear,
    /// Never: the configuration says that nobody logs in.
    Anonymous,
    /// Never: it is spoken to in clear, which only `rakops.yaml` says.
    InClear,
    /// Never: what a change says about it nobody has agreed to.
    Proposed,
}

impl Host {
    /// Finds out how to speak to a host. `place` is `host[:port]`, with a path if it is a mirror.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if its authorities cannot be read.
    pub(super) fn new(place: &str, setup: &Setup<'_>) -> Result<Host, Error> {
        let (name, path) = place.split_once('/').unwrap_or((place, ""));
        let entry = setup.entries.iter().find(|entry| same(&entry.host, name));
        let authorities = entry.and_then(|entry| entry.authorities.as_deref());
        let by_user = setup.insecure.iter().any(|host| same(host, name));
        let by_entry = entry.is_some_and(|entry| entry.insecure);
        let is_here = is_loopback(name);
        let is_clear = by_user || by_entry || (is_here && authorities.is_none());
        let own = match authorities {
            None if !is_here => None,
            authorities => {
                let mut http = Http::new(setup.request_limit);
                if is_here {
                    http = http.direct();
                }
                for pem in authorities.into_iter().chain(setup.authorities.as_deref()) {
                    http = http.trusting(pem)?;
                }
                Some(http)
            }
        };
        let scheme = if is_clear { "http" } else { "https" };
        let address = format!("{scheme}://{}", if name == DOCKER_HUB.0 { DOCKER_HUB.1 } else { name });
        Ok(Host {
            name: place.to_owned(),
            origin: http::origin(&address).unwrap_or(address),
            path: match path.trim_matches('/') {
                "" => String::new(),
                path => format!("{path}/"),
            },
            own,
            trust: entry.map_or(Trust::Agreed, |entry| entry.trust),
            courage: courage(entry, is_clear, by_user || is_here),
            gate: Gate::default(),
            wants: Mutex::default(),
            logins: Known::default(),
            explained: Once::new(),
            mirror_passed_over: Once::new(),
            tokens: Tokens::default(),
            refused: Mutex::default(),
            trial: Mutex::default(),
            down: Mutex::default(),
        })
    }

    /// `host[:port]` without the path of a mirror.
    pub(super) fn authority(&self) -> &str {
        self.name.split('/').next().unwrap_or(&self.name)
    }

    /// Whether an answer came from it, and not from where it pointed.
    pub(super) fn gave(&self, from: &str) -> bool {
        from.strip_prefix(&self.origin)
            .is_some_and(|rest| rest.starts_with('/'))
    }

    /// What was said when this login was refused.
    pub(super) fn refusal(&self, login: &Login) -> Option<Error> {
        let refused = self.refused.lock().ok()?;
        let (known, error) = refused.as_ref()?;
        (known == login).then(|| error.clone())
    }

    /// Remembers that a login was refused.
    pub(super) fn refuse(&self, login: Login, error: &Error) {
        if let Ok(mut refused) = self.refused.lock() {
            *refused = Some((login, error.clone()));
        }
    }

    /// Whether it is spoken to in clear.
    pub(super) fn is_clear(&self) -> bool {
        self.origin.starts_with("http:")
    }
}

fn courage(entry: Option<&Entry>, is_clear: bool, clear_is_fine: bool) -> Courage {
    let loosens = |entry: &Entry| entry.insecure || entry.authorities.is_some();
    match entry {
        // Who proposes that nobody logs in may want something not to be found.
        Some(entry) if entry.auth == Auth::Anonymous && entry.trust == Trust::Agreed => Courage::Anonymous,
        Some(entry) if entry.trust != Trust::Agreed && loosens(entry) => Courage::Proposed,
        _ if is_clear && !clear_is_fine => Courage::InClear,
        _ if is_clear => Courage::Clear,
        _ => Courage::Private,
    }
}

/// Whether two names are of one host: Docker Hub has several.
pub(super) fn same(one: &str, other: &str) -> bool {
    canonical(one).eq_ignore_ascii_case(canonical(other))
}

fn canonical(host: &str) -> &str {
    match host {
        "index.docker.io" | "registry-1.docker.io" => DOCKER_HUB.0,
        other => other,
    }
}

/// Whether a host is this machine: no network lies between.
pub(super) fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, _)) => inside,
        None => authority.split(':').next().unwrap_or(authority),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_spoken_to_in_clear() {
        for (host, is_here) in [
            ("localhost:5000", true),
            ("localhost", true),
            ("127.0.0.1:5000", true),
            ("127.8.8.8", true),
            ("[::1]:5000", true),
            ("[::1]", true),
            ("localhost.example.com", false),
            ("127.0.0.1.example.com", false),
            ("[fe80::1]:5000", false),
            ("ghcr.io", false),
        ] {
            assert_eq!(is_loopback(host), is_here, "{host}");
        }
    }
}

//! The one HTTP client: what it waits for, how much it takes, what it never prints.
//!
//! Knows requests and answers; has never heard of a forge or a registry. `reqwest` is named only here. The client looks
//! at the usual proxy variables by itself, as every program of a machine behind a proxy has to.
//! **Invariant:** an address in a message has neither user and password nor query, where tokens live ([`shown`]).
//! Start with [`Http::text`].

use std::error::Error as _;
use std::io::Read;
use std::sync::{Once, OnceLock};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{StatusCode, Url};

use crate::error::{Error, Hint, Kind};

/// What a document that is read whole may hold, in bytes.
const DOCUMENT_LIMIT: u64 = 4 * 1024 * 1024;
/// How long a connection may take, at most; the time limit of the whole request counts besides.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How often an answer may point elsewhere.
const REDIRECT_LIMIT: usize = 5;

/// The client. It is made by the first request, so a command that stays at home pays nothing.
#[derive(Debug)]
pub(crate) struct Http {
    client: OnceLock<Client>,
    time_limit: Duration,
}

impl Http {
    /// A client whose requests end within `time_limit`, body included.
    pub(crate) fn new(time_limit: Duration) -> Http {
        Http {
            client: OnceLock::new(),
            time_limit,
        }
    }

    /// Fetches a text document of at most 4 MiB.
    ///
    /// # Errors
    /// [`Kind::Usage`] if `address` is no http or https address; [`Kind::Access`] on 401, 403 and 407;
    /// [`Kind::NotFound`] on 404 and 410; [`Kind::Remote`] on every other status, when the time runs out, when the
    /// document is too large or no UTF-8, and when the answer points from https to http.
    pub(crate) fn text(&self, address: &str) -> Result<String, Error> {
        let url = parse(address)?;
        let end = Instant::now() + self.time_limit;
        let response = self.client()?.get(url.clone()).send();
        let response = response.map_err(|cause| unreachable(&url, cause))?;
        accept(&url, response.status())?;
        let body = read_within(response, end).map_err(|why| why.into_error(&url))?;
        String::from_utf8(body).map_err(|_| remote(&url, "not-text", "the document is not UTF-8 text"))
    }

    fn client(&self) -> Result<&Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = build(self.time_limit)?;
        Ok(self.client.get_or_init(|| client))
    }
}

fn build(time_limit: Duration) -> Result<Client, Error> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Fails only if there is a provider already, and then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder()
        .user_agent(concat!("rakops/", env!("CARGO_PKG_VERSION")))
        .timeout(time_limit)
        .connect_timeout(CONNECT_LIMIT.min(time_limit))
        .redirect(Policy::custom(follow))
        .build()
        .map_err(|cause| {
            let error = Error::new(Kind::Remote, "http-client", "cannot set up the HTTP client");
            chain(&cause.without_url()).into_iter().fold(error, Error::because)
        })
}

fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let from = attempt.previous().last().map_or("", |url| url.scheme());
    match may_follow(from, attempt.url().scheme(), attempt.previous().len()) {
        Ok(()) => attempt.follow(),
        Err(why) => attempt.error(why),
    }
}

/// Whether a redirect is followed; `hops` counts the addresses visited until now.
fn may_follow(from: &str, to: &str, hops: usize) -> Result<(), &'static str> {
    if hops > REDIRECT_LIMIT {
        return Err("the answer points elsewhere more than 5 times");
    }
    match (from, to) {
        (_, "https") | ("http", "http") => Ok(()),
        ("https", "http") => Err("the answer points from https to http"),
        _ => Err("the answer points to an address that is neither https nor http"),
    }
}

fn parse(address: &str) -> Result<Url, Error> {
    let no_address = |why: String| Error::new(Kind::Usage, "url", why);
    let url = Url::parse(address).map_err(|cause| no_address("this is no address".into()).because(cause))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        scheme => Err(no_address(format!(
            "expected an https or http address, found `{scheme}:`"
        ))),
    }
}

/// An address as it may be printed: without user, password, query and fragment.
pub(crate) fn shown(url: &Url) -> String {
    let mut bare = url.clone();
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare.set_fragment(None);
    let hidden = if bare.query().is_some() { "?***" } else { "" };
    bare.set_query(None);
    format!("{bare}{hidden}")
}

/// Turns a status that is no success into an error.
fn accept(url: &Url, status: StatusCode) -> Result<(), Error> {
    if status.is_success() {
        return Ok(());
    }
    let said = format!("`{}` answered {status}", shown(url));
    Err(match status.as_u16() {
        401 | 407 => Error::new(Kind::Access, "access", said).hint(Hint::Say("it wants to know who asks".into())),
        403 => Error::new(Kind::Access, "access", said),
        404 | 410 => Error::new(Kind::NotFound, "not-found", said),
        _ => Error::new(Kind::Remote, "remote", said),
    })
}

fn unreachable(url: &Url, cause: reqwest::Error) -> Error {
    let what = if cause.is_timeout() {
        "took too long to answer"
    } else if cause.is_redirect() {
        "sends us where we do not go"
    } else {
        "cannot be reached"
    };
    let error = Error::new(Kind::Remote, "remote", format!("`{}` {what}", shown(url)));
    chain(&cause.without_url()).into_iter().fold(error, Error::because)
}

fn remote(url: &Url, code: &'static str, what: &str) -> Error {
    Error::new(Kind::Remote, code, what).because(format!("it came from {}", shown(url)))
}

/// What lies behind an error, the nearest first. The outermost says only that a request failed.
fn chain(error: &reqwest::Error) -> Vec<String> {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.map(ToString::to_string).collect()
}

/// Why a body was not read to its end.
enum Unread {
    TooLarge,
    TooSlow,
    Broken(std::io::Error),
}

impl Unread {
    fn into_error(self, url: &Url) -> Error {
        match self {
            Unread::TooLarge => remote(url, "too-large", "the document is larger than 4 MiB"),
            Unread::TooSlow => remote(url, "remote", "the document did not arrive in time"),
            Unread::Broken(cause) => remote(url, "remote", "the answer broke off").because(cause),
        }
    }
}

/// Reads a body. The client's own limit starts again with each piece, and a sender of single bytes would never end.
fn read_within(mut response: Response, end: Instant) -> Result<Vec<u8>, Unread> {
    if response.content_length().is_some_and(|length| length > DOCUMENT_LIMIT) {
        return Err(Unread::TooLarge);
    }
    let mut body = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        match response.read(&mut piece) {
            Ok(0) => return Ok(body),
            Ok(length) => body.extend_from_slice(&piece[..length]),
            Err(cause) if cause.kind() == std::io::ErrorKind::TimedOut => return Err(Unread::TooSlow),
            Err(cause) => return Err(Unread::Broken(cause)),
        }
        if body.len() as u64 > DOCUMENT_LIMIT {
            return Err(Unread::TooLarge);
        }
        if Instant::now() > end {
            return Err(Unread::TooSlow);
        }
    }
}

#[cfg(test)]
mod tests;

//! The one HTTP client: what it waits for, how much it takes, what it never prints.
//!
//! Knows requests and answers; has never heard of a forge or a registry. `reqwest` is named only here. The client looks
//! at the usual proxy variables by itself, as every program of a machine behind a proxy has to.
//! **Invariant:** an address in a message has neither user and password nor query, where tokens live ([`shown`]).
//! Start with [`Http::text`], then [`Http::send`].

mod date;
mod request;
mod retry;
mod trouble;

pub(crate) use request::{Answer, Body, Request, Verb, escaped};
pub(crate) use retry::{Gate, Patience, wanted_rest};

use std::io::Read;
use std::sync::{Once, OnceLock};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Url};

use crate::error::{Error, Kind};
use crate::text::secret::redact;
use retry::{Next, Verdict, Waits};
use trouble::{accept, chain, remote, unreachable};

/// What a document that is read whole may hold, in bytes.
const DOCUMENT_LIMIT: u64 = 4 * 1024 * 1024;
/// What an answer to a request may hold, in bytes.
const ANSWER_LIMIT: u64 = 16 * 1024 * 1024;
/// How long a connection may take, at most; the time limit of the whole request counts besides.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How often an answer may point elsewhere.
const REDIRECT_LIMIT: usize = 5;

/// The client. It is made by the first request, so a command that stays at home pays nothing.
#[derive(Debug)]
pub(crate) struct Http {
    client: OnceLock<Result<Client, Error>>,
    time_limit: Duration,
    /// Authorities to trust beside those of the system.
    authorities: Vec<Certificate>,
    route: Route,
}

/// What lies between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    /// A proxy, if the environment names one.
    AsUsual,
    /// Nobody.
    Direct,
}

/// A request without an answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody can have received it.
    NotSent(Error),
    /// Whether it was received is not known, only that no whole answer came.
    Unclear(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        match failure {
            Failure::NotSent(error) | Failure::Unclear(error) => error,
        }
    }
}

impl Http {
    /// A client whose requests end within `time_limit`, body included.
    pub(crate) fn new(time_limit: Duration) -> Http {
        Http {
            client: OnceLock::new(),
            time_limit,
            authorities: Vec::new(),
            route: Route::AsUsual,
        }
    }

    /// The same without any proxy, for addresses of this machine: there, they would mean the proxy's own.
    pub(crate) fn direct(mut self) -> Http {
        self.route = Route::Direct;
        self
    }

    /// The same, trusting the authorities of a PEM file as well.
    ///
    /// # Errors
    /// [`Kind::Usage`] if `pem` holds no certificate.
    pub(crate) fn trusting(mut self, pem: &[u8]) -> Result<Http, Error> {
        let wrong = || {
            Error::new(
                Kind::Usage,
                "ca-file",
                "the file of authorities holds no certificate in PEM form",
            )
        };
        let found = Certificate::from_pem_bundle(pem).map_err(|_| wrong())?;
        if found.is_empty() {
            return Err(wrong());
        }
        self.authorities.extend(found);
        Ok(self)
    }

    /// Fetches a text document of at most 4 MiB.
    ///
    /// # Errors
    /// [`Kind::Usage`] if `address` is no http or https address; [`Kind::Access`] on 401, 403 and 407;
    /// [`Kind::NotFound`] on 404 and 410; [`Kind::Remote`] on every other status, when the time runs out, when the
    /// document is too large or no UTF-8, and when the answer points from https to http.
    pub(crate) fn text(&self, address: &str) -> Result<String, Error> {
        let end = Instant::now() + self.time_limit;
        let (url, response) = self.follow(&Request::new(Verb::Get, address))?;
        accept(&url, response.status())?;
        let body = read_within(response, DOCUMENT_LIMIT, end).map_err(|why| why.into_error(&url, DOCUMENT_LIMIT))?;
        String::from_utf8(body).map_err(|_| remote(&url, "not-text", "the document is not UTF-8 text"))
    }

    /// Sends a request, and again while that is safe and may help (`retry.rs`); any status is an answer.
    ///
    /// A redirect is followed by a request that reads, and by others only on the same host when the server says that
    /// they may be repeated (307, 308). What says who asks stays on its host.
    ///
    /// # Errors
    /// [`Kind::Usage`] if the address is none; [`Kind::Remote`] if there was no whole answer.
    pub(crate) fn send(&self, request: &Request, patience: Patience<'_>) -> Result<Answer, Failure> {
        self.send_through(request, patience, &Gate::default())
    }

    /// The same, behind a gate that is shut for all who share it when one of them is told to wait.
    ///
    /// # Errors
    /// As [`Http::send`].
    pub(crate) fn send_through(
        &self,
        request: &Request,
        patience: Patience<'_>,
        gate: &Gate,
    ) -> Result<Answer, Failure> {
        let mut waits = Waits::new(patience, gate);
        loop {
            if let Err(answer) = waits.pass() {
                return Ok(answer);
            }
            waits.tried += 1;
            let outcome = self.send_once(request);
            let (verdict, said) = match &outcome {
                Ok(answer) => (
                    retry::judge(answer, request.only_reads(), waits.tried),
                    (Some(answer), host_of(&request.address)),
                ),
                Err(Failure::NotSent(error)) if error.kind == Kind::Remote => (Verdict::Soon, (None, String::new())),
                Err(Failure::Unclear(error)) if request.only_reads() && !is_final(error) => {
                    (Verdict::Soon, (None, String::new()))
                }
                Err(_) => return outcome,
            };
            if waits.wait(verdict, (said.0, &said.1)) == Next::GiveUp {
                return outcome;
            }
        }
    }

    fn send_once(&self, request: &Request) -> Result<Answer, Failure> {
        let end = Instant::now() + self.time_limit;
        let (url, response) = self.follow(request)?;
        let status = response.status().as_u16();
        let headers = response.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        let headers = headers.collect();
        let body = read_within(response, ANSWER_LIMIT, end);
        let body = body.map_err(|why| Failure::Unclear(why.into_error(&url, ANSWER_LIMIT)))?;
        Ok(Answer {
            status,
            headers,
            body,
            from: shown(&url),
        })
    }

    /// Sends once, and goes where the answer points.
    fn follow(&self, request: &Request) -> Result<(Url, Response), Failure> {
        let mut url = parse(&request.address).map_err(Failure::NotSent)?;
        let mut credential = request.credential.as_ref();
        let client = self.client().map_err(Failure::NotSent)?;
        for hops in 1.. {
            let mut builder = client.request(request.verb.of_client(), url.clone());
            for (name, value) in &request.headers {
                builder = builder.header(*name, value);
            }
            if let Some((name, secret)) = credential {
                builder = builder.header(*name, secret.reveal());
            }
            if let Some(body) = &request.body {
                builder = builder.header("content-type", body.media_type()).body(body.bytes());
            }
            let began = Instant::now();
            let sent = builder.send();
            tell(request.verb, &url, (&sent, began));
            let response = sent.map_err(|cause| {
                let was_connected = !cause.is_connect() && !cause.is_builder();
                let error = unreachable(&url, cause);
                // After a redirect the first server has seen the request.
                if was_connected || hops > 1 {
                    Failure::Unclear(error)
                } else {
                    Failure::NotSent(error)
                }
            })?;
            let Some(next) = next_of(&url, &response) else {
                return Ok((url, response));
            };
            let next = next.map_err(|why| Failure::Unclear(astray(&url, why)))?;
            let is_same = same_host(&url, &next);
            let may_repeat = is_same && matches!(response.status().as_u16(), 307 | 308);
            if !(request.only_reads() || may_repeat) {
                return Ok((url, response));
            }
            if let Err(why) = may_follow(url.scheme(), next.scheme(), hops) {
                return Err(Failure::Unclear(astray(&url, why)));
            }
            if !is_same {
                credential = None;
            }
            url = next;
        }
        Err(Failure::Unclear(astray(&url, "the answer points elsewhere for ever")))
    }

    /// The client, made once however many threads ask for it: reading the authorities of the system takes a while.
    fn client(&self) -> Result<&Client, Error> {
        self.client.get_or_init(|| self.build()).as_ref().map_err(Error::clone)
    }

    fn build(&self) -> Result<Client, Error> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // Fails only if there is a provider already, and then that one is used.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let mut builder = Client::builder()
            .user_agent(concat!("rakops/", env!("CARGO_PKG_VERSION")))
            .timeout(self.time_limit)
            .connect_timeout(CONNECT_LIMIT.min(self.time_limit))
            // The client's own way of following knows one header that authenticates, and there are more.
            .redirect(Policy::none());
        if !self.authorities.is_empty() {
            builder = builder.tls_certs_merge(self.authorities.iter().cloned());
        }
        if self.route == Route::Direct {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|cause| {
            let error = Error::new(Kind::Remote, "http-client", "cannot set up the HTTP client");
            chain(&cause.without_url()).into_iter().fold(error, Error::because)
        })
    }
}

/// Tells a request and how it was answered, for `-vv`; nothing that says who asks.
fn tell(verb: Verb, url: &Url, (sent, began): (&reqwest::Result<Response>, Instant)) {
    let time = began.elapsed().as_millis();
    let answer = sent
        .as_ref()
        .map_or_else(|_| "no answer".to_owned(), |it| it.status().as_u16().to_string());
    log::debug!("{verb:?} {} -> {answer} in {time} ms", shown(url));
}

/// Where an answer points, if it points elsewhere.
fn next_of(url: &Url, response: &Response) -> Option<Result<Url, &'static str>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get("location")?;
    let location = location.to_str().ok().and_then(|location| url.join(location).ok());
    Some(location.ok_or("the answer points to something that is no address"))
}

/// Whether two addresses are of one host: also after a step from http to https on the usual ports.
fn same_host(one: &Url, other: &Url) -> bool {
    let usual = |url: &Url| url.port().is_none();
    let ports = one.port_or_known_default() == other.port_or_known_default() || (usual(one) && usual(other));
    one.host_str() == other.host_str() && ports && !(one.scheme() == "https" && other.scheme() == "http")
}

fn host_of(address: &str) -> String {
    Url::parse(address)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
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

/// Whether asking again would be answered the same: the answer was understood, and is no use.
fn is_final(error: &Error) -> bool {
    matches!(error.code, "redirect" | "too-large")
}

fn astray(url: &Url, why: &str) -> Error {
    Error::new(
        Kind::Remote,
        "redirect",
        format!("`{}` sends us where we do not go", shown(url)),
    )
    .because(why)
}

fn parse(address: &str) -> Result<Url, Error> {
    let no_address = |why: String| Error::new(Kind::Usage, "url", why);
    let url = Url::parse(address)
        .map_err(|cause| no_address(format!("`{}` is no address", redact(address))).because(cause))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        scheme => Err(no_address(format!(
            "expected an https or http address, found `{scheme}:`"
        ))),
    }
}

/// The beginning of an address as [`Answer::from`] has it: `https://ghcr.io` for `https://GHCR.io:443`. None if it is none.
pub(crate) fn origin(address: &str) -> Option<String> {
    let url = parse(address).ok()?;
    Some(url.origin().ascii_serialization())
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

/// Why a body was not read to its end.
enum Unread {
    TooLarge,
    TooSlow,
    Broken(std::io::Error),
}

impl Unread {
    fn into_error(self, url: &Url, limit: u64) -> Error {
        match self {
            Unread::TooLarge => {
                let what = format!("the document is larger than {} MiB", limit / 1024 / 1024);
                remote(url, "too-large", &what)
            }
            Unread::TooSlow => remote(url, "remote", "the document did not arrive in time"),
            Unread::Broken(cause) => remote(url, "remote", "the answer broke off").because(cause),
        }
    }
}

/// Reads a body. The client's own limit starts again with each piece, and a sender of single bytes would never end.
fn read_within(mut response: Response, limit: u64, end: Instant) -> Result<Vec<u8>, Unread> {
    if response.content_length().is_some_and(|length| length > limit) {
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
        if body.len() as u64 > limit {
            return Err(Unread::TooLarge);
        }
        if Instant::now() > end {
            return Err(Unread::TooSlow);
        }
    }
}

#[cfg(test)]
mod tests;

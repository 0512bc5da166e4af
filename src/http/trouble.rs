//! What went wrong with a request, in words.

use std::error::Error as _;

use reqwest::{StatusCode, Url};

use super::shown;
use crate::error::{Error, Hint, Kind};

/// Turns a status that is no success into an error.
pub(super) fn accept(url: &Url, status: StatusCode) -> Result<(), Error> {
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

/// Nobody has answered.
pub(super) fn unreachable(url: &Url, cause: reqwest::Error) -> Error {
    let what = if cause.is_timeout() {
        "took too long to answer"
    } else {
        "cannot be reached"
    };
    let code = if is_of_tls(&cause) { "tls" } else { "remote" };
    let error = Error::new(Kind::Remote, code, format!("`{}` {what}", shown(url)));
    chain(&cause.without_url()).into_iter().fold(error, Error::because)
}

/// Whether it was TLS that failed, and not the way there.
fn is_of_tls(error: &reqwest::Error) -> bool {
    std::iter::successors(error.source(), |&cause| cause.source()).any(holds_tls)
}

/// Looks into an error of the system, which hides what it is made of, and may hide it more than once.
fn holds_tls(cause: &(dyn std::error::Error + 'static)) -> bool {
    let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    cause.is::<rustls::Error>() || inner.is_some_and(|inner| holds_tls(inner))
}

/// The other side has failed; says where it was asked.
pub(super) fn remote(url: &Url, code: &'static str, what: &str) -> Error {
    Error::new(Kind::Remote, code, what).because(format!("it came from {}", shown(url)))
}

/// What lies behind an error, the nearest first. The outermost says only that a request failed.
pub(super) fn chain(error: &reqwest::Error) -> Vec<String> {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.map(ToString::to_string).collect()
}

//! What went wrong with a registry, told apart, and what to do next.

use super::document::object;
use super::host::{Courage, Host};
use crate::error::{Error, Hint, Kind};
use crate::http::Answer;

/// What was asked for, and whose word it was asked on.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    /// Who was asked.
    pub(super) host: &'a Host,
    /// `ghcr.io/acme/api`, or `ghcr.io/acme/api:1.4.2`.
    pub(super) image: &'a str,
}

/// Who asked, when an answer said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nobody had logged in.
    ByNobody,
    /// A login was sent.
    ByLogin,
}

/// No whole answer came.
pub(super) fn unreachable(host: &Host, error: Error) -> Error {
    let said = |words: &[&str]| {
        let mut causes = error.causes.iter();
        causes.any(|cause| words.iter().any(|word| cause.contains(word)))
    };
    let name = host.authority().to_owned();
    // It was reached, and what it said is no use.
    if matches!(error.code, "redirect" | "too-large") {
        return error
            .because(format!("the registry `{name}` was asked"))
            .hint(Hint::Say(format!("ask whoever runs `{name}`")));
    }
    if error.code == "tls" {
        let is_plain = said(&["InvalidContentType", "corrupt message"]);
        let error = Error {
            message: format!("no private connection with the registry `{name}`: TLS failed"),
            ..error
        };
        return match is_plain {
            true => error.hint(Hint::Flag(
                format!("--insecure-registry {name}"),
                "speaks plain HTTP with it, if that is what it speaks".into(),
            )),
            false => error
                .hint(Hint::Key(
                    "registries[].ca_file".into(),
                    format!("{{host: {name}, ca_file: ca.pem}}"),
                ))
                .hint(Hint::Flag(
                    "--ca-file FILE".into(),
                    "trusts the authorities in FILE".into(),
                )),
        };
    }
    if said(&["dns error", "failed to lookup", "lookup address"]) {
        let message = format!("there is no host `{name}`");
        return Error { message, ..error }.hint(Hint::Say(format!(
            "look at the name of the image; is `{name}` a registry, and known to this machine?"
        )));
    }
    if said(&["InvalidVersion", "invalid HTTP version", "HTTP/0.9"]) && host.is_clear() {
        let message = format!("`{name}` does not speak plain HTTP");
        let error = Error { message, ..error };
        return speaks_tls(error, &name);
    }
    error.hint(Hint::Say(
        "is it up, and can it be reached from here? Then try again".into(),
    ))
}

fn speaks_tls(error: Error, name: &str) -> Error {
    error.hint(Hint::Key(
        "registries[].ca_file".into(),
        format!("{{host: {name}, ca_file: ca.pem}}"),
    ))
}

/// An answer that is neither what was asked for nor "not found".
pub(super) fn refused(about: About<'_>, answer: &Answer, asked: Asked) -> Error {
    let (image, name) = (about.image, about.host.authority());
    let error = match (answer.status, asked) {
        (401, Asked::ByNobody) => login_needed(about),
        (401, Asked::ByLogin) => Error::new(
            Kind::Access,
            "login-refused",
            format!("`{name}` does not accept the login for `{image}`, or there is no such repository"),
        )
        .hint(Hint::Say(format!("log in again: `docker login {name}`"))),
        (403, _) if !about.host.gave(&answer.from) => Error::new(
            Kind::Access,
            "forbidden",
            format!(
                "`{}`, where `{name}` sends for `{image}`, does not answer us",
                answer.from
            ),
        ),
        (403, Asked::ByNobody) => {
            let message = format!("`{name}` does not let everybody see `{image}`");
            login_hint(Error::new(Kind::Access, "forbidden", message), about.host)
        }
        (403, Asked::ByLogin) => {
            let message = format!("the login for `{name}` may not see `{image}`");
            Error::new(Kind::Access, "forbidden", message).hint(Hint::Say(format!(
                "ask whoever runs `{name}` for the right to pull it, or log in as somebody else: `docker login {name}`"
            )))
        }
        (429, _) => {
            let message = format!("`{name}` has had too many requests, and wants to be left alone");
            let error = Error::new(Kind::Remote, "remote", message);
            match asked {
                Asked::ByNobody => error.hint(Hint::Say(format!(
                    "log in, which mostly allows more: `docker login {name}`; or try again later"
                ))),
                Asked::ByLogin => error.hint(Hint::Say("try again later".into())),
            }
        }
        (400, _) if answer.text().contains("HTTP request to an HTTPS server") => {
            let message = format!("`{name}` does not speak plain HTTP");
            return speaks_tls(Error::new(Kind::Remote, "tls", message), name);
        }
        (500..=599, _) => {
            let message = format!("`{name}` failed over `{image}`: it answered {}", answer.status);
            Error::new(Kind::Remote, "remote", message).hint(Hint::Say("try again later".into()))
        }
        (status, _) => return odd(about, answer, &format!("it answered {status}")),
    };
    match said(answer) {
        Some(said) => error.because(said),
        None => error,
    }
}

/// An answer that no registry gives.
pub(super) fn odd(about: About<'_>, answer: &Answer, why: &str) -> Error {
    let is_page = answer
        .header("content-type")
        .is_some_and(|it| it.starts_with("text/html"));
    let message = format!("`{}` does not answer as a registry", about.host.authority());
    let error = Error::new(Kind::Remote, "odd-answer", message)
        .because(why)
        .because(format!("it came from {}", answer.from));
    error.hint(Hint::Say(match is_page {
        true => {
            "it is a web page: look at the name of the host, and whether this network wants a login of its own".into()
        }
        false => format!("look at the name of the image: `{}`", about.image),
    }))
}

/// Nobody has logged in, and somebody has to.
pub(super) fn login_needed(about: About<'_>) -> Error {
    let message = format!(
        "`{}` wants a login for `{}`, or there is no such repository",
        about.host.authority(),
        about.image
    );
    login_hint(Error::new(Kind::Access, "login-needed", message), about.host)
}

fn login_hint(error: Error, host: &Host) -> Error {
    let name = host.authority();
    match host.courage {
        Courage::Private | Courage::Clear => error.hint(Hint::Say(format!("log in: `docker login {name}`"))),
        Courage::Anonymous => error.hint(Hint::Key(
            "registries[].auth".into(),
            format!("{{host: {name}, auth: docker-config}}"),
        )),
        Courage::InClear => error.hint(Hint::Flag(
            format!("--insecure-registry {name}"),
            "sends the login in clear".into(),
        )),
        Courage::Proposed => error.hint(Hint::Say(format!(
            "a login is sent once the default branch says the same about `{name}`"
        ))),
    }
}

/// The same failure of a host of which nobody has agreed yet to what a change says about it: it may have been made to fail.
pub(super) fn not_agreed(error: Error) -> Error {
    Error {
        code: "not-agreed",
        ..error
    }
}

/// There is no such repository, as far as who asks may know.
pub(super) fn no_repository(about: About<'_>, answer: &Answer) -> Error {
    let message = format!(
        "`{}` has no repository `{}`, or it is hidden from who asks",
        about.host.authority(),
        about.image
    );
    let error = Error::new(Kind::NotFound, "repository-missing", message).hint(Hint::Say(format!(
        "look at the name of the image; if it is private, log in: `docker login {}`",
        about.host.authority()
    )));
    match said(answer) {
        Some(said) => error.because(said),
        None => error,
    }
}

/// What a registry says about an error, in one line. Source: OCI distribution specification, "Error Codes".
fn said(answer: &Answer) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Said {
        errors: Vec<One>,
    }
    #[derive(serde::Deserialize)]
    struct One {
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
    }
    let said: Said = object(&answer.body)?;
    let one = said.errors.into_iter().next()?;
    let is_fit = |word: &char| !word.is_control();
    let text: String = format!("{}: {}", one.code, one.message)
        .chars()
        .filter(is_fit)
        .take(200)
        .collect();
    Some(format!("it says {}", text.trim_end_matches([':', ' '])))
}

/// The code of the first error, such as `NAME_UNKNOWN`.
pub(super) fn code(answer: &Answer) -> Option<String> {
    let said: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    let code = said.get("errors")?.get(0)?.get("code")?.as_str()?;
    Some(code.to_owned())
}

//! Names of git's things, each checked once: an object, a branch, where a remote is.

use std::fmt;
use std::path::Path;

use crate::error::{Error, Hint, Kind};
use crate::text::secret::redact;

/// The id of an object: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits. Never empty, so that no refspec made of
/// one can turn into a deletion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Oid(String);

impl Oid {
    /// Reads a whole id; abbreviations and the null id are none.
    pub(crate) fn parse(text: &str) -> Option<Oid> {
        let is_id = matches!(text.len(), 40 | 64)
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
            && text.bytes().any(|byte| byte != b'0');
        is_id.then(|| Oid(text.to_owned()))
    }

    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The first ten digits, for people.
    pub(crate) fn short(&self) -> &str {
        &self.0[..10]
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a branch, without `refs/heads/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BranchName(String);

impl BranchName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`Kind::Usage`] if git would not take it (`git help check-ref-format`).
    pub(crate) fn parse(text: &str) -> Result<BranchName, Error> {
        let text = text.strip_prefix("refs/heads/").unwrap_or(text);
        match why_not_a_branch(text) {
            None => Ok(BranchName(text.to_owned())),
            Some(why) => Err(Error::new(
                Kind::Usage,
                "not-a-branch",
                format!("`{text}` cannot be the name of a branch"),
            )
            .because(why)
            .hint(Hint::Say("git help check-ref-format".into()))),
        }
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the reference: `refs/heads/…`.
    pub(crate) fn reference(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Source: `git help check-ref-format`, rules 1 to 10, and `--branch`.
fn why_not_a_branch(text: &str) -> Option<&'static str> {
    let forbidden = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    let bad_part = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    match text {
        "" => Some("it is empty"),
        "@" | "HEAD" => Some("it means something else to git"),
        _ if text.starts_with('-') => Some("it begins with a dash"),
        _ if text.contains(forbidden) => Some("it holds a blank or one of ~ ^ : ? * [ \\"),
        _ if text.contains("..") => Some("it holds `..`"),
        _ if text.contains("@{") => Some("it holds `@{`"),
        _ if text.ends_with('.') => Some("it ends with a dot"),
        _ if text.split('/').any(bad_part) => Some("a part of it is empty, begins with a dot, or ends with `.lock`"),
        _ => None,
    }
}

/// Where a remote is, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteUrl {
    written: String,
    host: Option<String>,
    port: Option<u16>,
    path: String,
    scheme: Scheme,
}

/// How a remote is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// `https:`.
    Https,
    /// `http:`.
    Http,
    /// `ssh:` or `user@host:path`.
    Ssh,
    /// `git:`.
    Git,
    /// `file:` or a path.
    File,
}

impl RemoteUrl {
    /// Reads an address as git does: a URL, `user@host:path`, or a path.
    ///
    /// # Errors
    /// [`Kind::Usage`] if it is empty, begins with a dash, or names a helper (`ext::…`).
    pub(crate) fn parse(text: &str) -> Result<RemoteUrl, Error> {
        let wrong = |why: &str| {
            let shown = without_userinfo(text);
            Error::new(
                Kind::Usage,
                "not-a-remote",
                format!("`{shown}` is no address of a repository"),
            )
            .because(why)
        };
        if text.is_empty() || text.starts_with('-') {
            return Err(wrong("it is empty, or begins with a dash"));
        }
        if text.contains(|c: char| c.is_control()) {
            return Err(wrong("it holds a control character"));
        }
        let of = |scheme: Scheme, host: Option<String>, port: Option<u16>, path: &str| RemoteUrl {
            written: text.to_owned(),
            host,
            port,
            path: path.to_owned(),
            scheme,
        };
        if let Some((scheme, rest)) = text.split_once("://") {
            let known = match scheme.to_ascii_lowercase().as_str() {
                "https" => Scheme::Https,
                "http" => Scheme::Http,
                "ssh" | "git+ssh" | "ssh+git" => Scheme::Ssh,
                "git" => Scheme::Git,
                "file" => return Ok(of(Scheme::File, None, None, rest)),
                _ => return Err(wrong("expected https, http, ssh, git or file, or a path")),
            };
            let (authority, path) = split_authority(rest);
            let path = path.strip_prefix('/').unwrap_or(path);
            let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            let (host, port) = split_port(host_and_port);
            if host.is_empty() {
                return Err(wrong("it names no host"));
            }
            return Ok(of(known, Some(host.to_ascii_lowercase()), port, path));
        }
        if text.contains("::") && !text.starts_with(['/', '.']) {
            return Err(wrong("remote helpers are not used"));
        }
        // git: a colon before the first slash makes it `[user@]host:path`.
        match text.split_once(':') {
            Some((before, path)) if !before.contains('/') && before.len() > 1 => {
                let host = before.rsplit_once('@').map_or(before, |(_, host)| host);
                Ok(of(Scheme::Ssh, Some(host.to_ascii_lowercase()), None, path))
            }
            _ => Ok(of(Scheme::File, None, None, text)),
        }
    }

    /// The address as git is given it. It may hold a password: show [`RemoteUrl::shown`] instead.
    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// The same address as seen from anywhere: a path is taken from `directory` on.
    ///
    /// # Errors
    /// As [`RemoteUrl::parse`].
    pub(crate) fn seen_from(&self, directory: &Path) -> Result<RemoteUrl, Error> {
        if self.scheme != Scheme::File || self.written.contains("://") {
            return Ok(self.clone());
        }
        RemoteUrl::parse(&directory.join(&self.written).to_string_lossy())
    }

    /// The address as it may be shown.
    pub(crate) fn shown(&self) -> String {
        without_userinfo(&self.written)
    }

    /// The host in lower case, without a port; none for a path.
    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Whether it brings a user or a password of its own.
    pub(crate) fn has_userinfo(&self) -> bool {
        self.written
            .split_once("://")
            .is_some_and(|(_, rest)| split_authority(rest).0.contains('@'))
    }

    /// The port, where one is written.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// How it is spoken to.
    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The path on the host without slashes at its ends and without `.git`: `acme/manifests`.
    pub(crate) fn repository(&self) -> &str {
        let path = self.path.trim_matches('/');
        path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/')
    }
}

/// What comes before the path of a URL, and the rest. Source: git's `credential_from_url`, which ends it at one of `/?#`.
fn split_authority(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
}

/// The address with whatever stands before its host hidden, blanks and quotes in a password included: here it is known where
/// an address ends, which [`redact`] has to guess in the midst of a text.
fn without_userinfo(url: &str) -> String {
    let hidden = url.split_once("://").and_then(|(scheme, rest)| {
        let (authority, path) = split_authority(rest);
        let (login, host) = authority.rsplit_once('@')?;
        (login != "git").then(|| format!("{scheme}://***@{host}{path}"))
    });
    redact(hidden.as_deref().unwrap_or(url)).into_owned()
}

fn split_port(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        // An address in brackets holds colons of its own.
        Some((name, port)) if !port.contains(']') => (name, port.parse().ok()),
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{BranchName, Oid, RemoteUrl, Scheme};

    #[test]
    fn an_id_is_forty_or_sixty_four_digits_and_never_empty_or_null() {
        assert!(Oid::parse(&"a1".repeat(20)).is_some());
        assert!(Oid::parse(&"a1".repeat(32)).is_some());
        for text in ["", "a1b2", &"0".repeat(40), &"A1".repeat(20), &"g1".repeat(20)] {
            assert_eq!(Oid::parse(text), None, "{text}");
        }
    }

    #[test]
    fn branch_names_are_those_that_git_takes() {
        for good in ["main", "rakops/bump/stg/api", "feature-1.2", "é", "refs/heads/main"] {
            assert!(BranchName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "", "-x", "a b", "a..b", "a/", "/a", "a.lock", "a/.b", "a~1", "a@{1}", "@", "HEAD", "a\\b", "x.",
        ] {
            assert!(BranchName::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(BranchName::parse("main").unwrap().reference(), "refs/heads/main");
    }

    #[test]
    fn addresses_are_read_as_git_reads_them() {
        let read = |text: &str| {
            let url = RemoteUrl::parse(text).unwrap();
            (
                url.scheme(),
                url.host().map(str::to_owned),
                url.port(),
                url.repository().to_owned(),
            )
        };
        let host = |name: &str| Some(name.to_owned());
        assert_eq!(
            read("https://GitHub.com/acme/m.git"),
            (Scheme::Https, host("github.com"), None, "acme/m".into())
        );
        assert_eq!(
            read("https://u:p@h:8443/a/b/"),
            (Scheme::Https, host("h"), Some(8443), "a/b".into())
        );
        assert_eq!(
            read("git@github.com:acme/m.git"),
            (Scheme::Ssh, host("github.com"), None, "acme/m".into())
        );
        assert_eq!(
            read("ssh://git@h:22/a/b.git"),
            (Scheme::Ssh, host("h"), Some(22), "a/b".into())
        );
        assert_eq!(read("/srv/m.git"), (Scheme::File, None, None, "srv/m".into()));
        assert_eq!(read("file:///srv/m.git"), (Scheme::File, None, None, "srv/m".into()));
        assert_eq!(read("../m"), (Scheme::File, None, None, "../m".into()));
        for bad in ["", "-u", "ext::sh -c x", "ftp://h/x", "https:///x", "https://h/\nx"] {
            assert!(RemoteUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let url = RemoteUrl::parse("https://me:secret@h/a").unwrap();
        assert_eq!(url.shown(), "https://***@h/a");
        assert_eq!(url.written(), "https://me:secret@h/a");
        for password in ["a word", "'quoted'", "<a>`b`", "remote: of mine", "1 2", "p@ss word"] {
            let url = RemoteUrl::parse(&format!("https://me:{password}@h:8443/a?b#c")).unwrap();
            assert_eq!(
                (url.shown().as_str(), url.host()),
                ("https://***@h:8443/a?b#c", Some("h")),
                "{password}"
            );
        }
        let refused = RemoteUrl::parse("ftp://me:a word@h/a").unwrap_err();
        assert!(!refused.message.contains("word"), "{}", refused.message);
    }

    #[test]
    fn the_host_ends_where_git_ends_it() {
        for url in ["https://h?x@other/a", "https://h#x@other/a"] {
            let url = RemoteUrl::parse(url).unwrap();
            assert_eq!((url.host(), url.has_userinfo()), (Some("h"), false));
        }
    }
}

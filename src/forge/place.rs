//! Which server a forge is, which kind of forge that is, and who may be told a token.
//!
//! **Invariant:** the server is that of the remote in use or one that the user named. A `rakops.yaml` that names another
//! is refused, because whoever may change that file could have every token of its readers sent there.

use std::time::Duration;

use super::{Door, FORGES, Forge, NamedBy, Wanted};
use crate::error::{Error, Hint, Kind};
use crate::git::names::{RemoteUrl, Scheme};
use crate::http::{Patience, Request, Verb};

/// A server, as its web pages are addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// `https` or `http`.
    pub(crate) scheme: &'static str,
    /// In lower case; the name that the forge is known by, where ssh has another.
    pub(crate) host: String,
    /// The port, where it is not the usual one.
    pub(crate) port: Option<u16>,
    /// Where the forge begins on the host: empty, or `/git`.
    pub(crate) prefix: String,
}

impl Server {
    /// The address without a slash at its end.
    pub(crate) fn address(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}{}", self.scheme, self.host, self.prefix)
    }

    fn of_remote(remote: &RemoteUrl) -> Option<Server> {
        let host = known_as(remote.host()?).to_owned();
        let (scheme, port) = match remote.scheme() {
            Scheme::Https => ("https", remote.port()),
            Scheme::Http => ("http", remote.port()),
            // The port there is that of another service.
            Scheme::Ssh | Scheme::Git => ("https", None),
            Scheme::File => return None,
        };
        Some(Server {
            scheme,
            host,
            port,
            prefix: String::new(),
        })
    }

    fn parse(url: &str) -> Option<Server> {
        let url = url.trim_end_matches('/');
        let scheme = match url.split_once("://")?.0 {
            "https" => "https",
            "http" => "http",
            _ => return None,
        };
        let (authority, path) = url.split_once("://")?.1.split_once('/').unwrap_or_else(|| {
            let authority = url.split_once("://").map_or("", |(_, rest)| rest);
            (authority, "")
        });
        if authority.contains('@') || path.contains(['?', '#']) {
            return None;
        }
        let read = RemoteUrl::parse(&format!("{scheme}://{authority}/x")).ok()?;
        Some(Server {
            scheme,
            host: known_as(read.host()?).to_owned(),
            port: read.port(),
            prefix: if path.is_empty() {
                String::new()
            } else {
                format!("/{path}")
            },
        })
    }
}

/// The name under which the web pages of a forge are, where its ssh service has a name of its own.
///
/// Source: GitHub "Using SSH over the HTTPS port"; GitLab.com "Alternate SSH connection"; Bitbucket Cloud `altssh`;
/// Azure Repos "Use SSH key authentication".
fn known_as(host: &str) -> &str {
    match host {
        "ssh.github.com" => "github.com",
        "altssh.gitlab.com" => "gitlab.com",
        "altssh.bitbucket.org" => "bitbucket.org",
        "ssh.dev.azure.com" | "vs-ssh.visualstudio.com" => "dev.azure.com",
        host => host,
    }
}

/// A forge that was found: its server and its kind.
pub(super) struct Found {
    pub(super) server: Server,
    pub(super) forge: &'static dyn Forge,
    /// The server is the one that the remote is on.
    pub(super) is_of_remote: bool,
}

/// Finds the server, and then what kind of forge it is.
pub(super) fn find(door: &Door<'_>, remote: &RemoteUrl, wanted: &Wanted) -> Result<Found, Error> {
    let of_remote = Server::of_remote(remote);
    let server = match &wanted.url {
        None => of_remote.clone().ok_or_else(|| no_forge(remote))?,
        Some(url) => named(url, of_remote.as_ref(), wanted.named_by)?,
    };
    let forge = match &wanted.kind {
        Some(kind) => by_name(kind, &server)?,
        None => match FORGES.iter().find(|forge| forge.claims(&server.host)) {
            Some(forge) => *forge,
            None => ask(door, &server)?,
        },
    };
    let is_of_remote = of_remote.is_some_and(|of_remote| of_remote.host == server.host);
    Ok(Found {
        server,
        forge,
        is_of_remote,
    })
}

fn named(url: &str, of_remote: Option<&Server>, by: NamedBy) -> Result<Server, Error> {
    let server = Server::parse(url).ok_or_else(|| no_address(url))?;
    if by == NamedBy::User {
        return Ok(server);
    }
    let refused = |what: String| {
        Err(Error::new(Kind::Refused, "forge-not-trusted", what)
            .because("a token goes only to the host of the remote in use, or to one that you name yourself")
            .hint(Hint::Say(format!(
                "if you trust it, set RAKOPS_FORGE_URL={} in your environment",
                server.address()
            ))))
    };
    match of_remote {
        Some(remote) if remote.host != server.host => refused(format!(
            "rakops.yaml names the forge `{}`, but the remote is on `{}`",
            server.host, remote.host
        )),
        Some(remote) if remote.scheme == "https" && server.scheme == "http" => refused(format!(
            "rakops.yaml wants to speak to `{}` without encryption",
            server.host
        )),
        Some(_) => Ok(server),
        None => refused(format!(
            "rakops.yaml names the forge `{}`, but the remote is a path",
            server.host
        )),
    }
}

fn no_address(url: &str) -> Error {
    let shown = crate::text::secret::redact(url).into_owned();
    Error::new(Kind::Config, "forge-url", format!("`{shown}` is no address of a forge")).hint(Hint::Key(
        "forge.url".into(),
        "forge: {kind: github, url: https://git.example.com}".into(),
    ))
}

fn no_forge(remote: &RemoteUrl) -> Error {
    Error::new(
        Kind::Config,
        "no-forge",
        format!("no forge is behind the remote `{}`", remote.shown()),
    )
    .because("a path has no pull requests")
    .hint(Hint::Say(
        "set RAKOPS_FORGE_URL and RAKOPS_FORGE_KIND if there is one all the same".into(),
    ))
}

/// Checks a value of `forge.kind` without asking anybody.
///
/// # Errors
/// [`Kind::Config`] if no entry of the shelf is called that.
pub(crate) fn check_kind(kind: &str) -> Result<(), Error> {
    let nowhere = Server {
        scheme: "https",
        host: String::new(),
        port: None,
        prefix: String::new(),
    };
    by_name(kind, &nowhere).map(|_| ())
}

/// Checks a value of `forge.url` without asking anybody.
///
/// # Errors
/// [`Kind::Config`] if it is no address of a web server, or holds a user, a password or a query.
pub(crate) fn check_url(url: &str) -> Result<(), Error> {
    Server::parse(url).map(|_| ()).ok_or_else(|| no_address(url))
}

/// The kind of forge that a host's name tells, and its address; none where somebody has to be asked.
pub(crate) fn by_host(remote: &RemoteUrl) -> Option<(&'static str, String)> {
    let server = Server::of_remote(remote)?;
    let forge = FORGES.iter().find(|forge| forge.claims(&server.host))?;
    Some((forge.name(), server.address()))
}

/// Finds an entry by name or alias. `bitbucket` means one or the other by its host.
fn by_name(kind: &str, server: &Server) -> Result<&'static dyn Forge, Error> {
    let kind = kind.to_ascii_lowercase();
    let kind = match kind.as_str() {
        "bitbucket" if server.host == "bitbucket.org" => "bitbucket-cloud",
        "bitbucket" => "bitbucket-data-center",
        kind => kind,
    };
    let is_meant = |forge: &&&'static dyn Forge| forge.name() == kind || forge.aliases().contains(&kind);
    FORGES.iter().find(is_meant).copied().ok_or_else(|| {
        let error = Error::new(
            Kind::Config,
            "forge-kind",
            format!("no kind of forge is called `{kind}`"),
        );
        let near = Hint::nearest(kind, names());
        error
            .hint(near.unwrap_or_else(|| Hint::Found(names())))
            .hint(Hint::Key("forge.kind".into(), "forge: {kind: github}".into()))
    })
}

fn names() -> Vec<String> {
    FORGES.iter().map(|forge| forge.name().to_owned()).collect()
}

/// Asks each kind's own page once, without a token; exactly one must answer as itself.
fn ask(door: &Door<'_>, server: &Server) -> Result<&'static dyn Forge, Error> {
    let patience = Patience {
        say: door.say,
        limit: Duration::from_secs(5),
    };
    let mut found: Vec<&'static dyn Forge> = Vec::new();
    let mut silent = None;
    for forge in FORGES {
        let Some((path, is_it)) = forge.probe() else { continue };
        let request = Request::new(Verb::Get, format!("{}{path}", server.address()));
        match door.http.send(&request, patience) {
            Ok(answer) if is_it(&answer) => found.push(*forge),
            Ok(_) => {}
            Err(failure) => {
                silent = Some(Error::from(failure));
                break;
            }
        }
    }
    let example = format!("forge: {{kind: gitlab, url: {}}}", server.address());
    match (found.as_slice(), silent) {
        ([only], _) => Ok(*only),
        ([], Some(error)) => Err(error.hint(Hint::Key("forge".into(), example))),
        (found, _) => {
            let what = if found.is_empty() {
                "cannot be found out"
            } else {
                "can be taken for several"
            };
            Err(Error::new(
                Kind::Config,
                "forge-kind",
                format!("the kind of forge on `{}` {what}", server.host),
            )
            .hint(Hint::Key("forge".into(), example))
            .hint(Hint::Found(names())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Server, named};
    use crate::error::Kind;
    use crate::forge::NamedBy;
    use crate::git::names::RemoteUrl;

    fn of(remote: &str) -> Option<String> {
        Server::of_remote(&RemoteUrl::parse(remote).unwrap()).map(|server| server.address())
    }

    #[test]
    fn the_server_is_that_of_the_remote() {
        for (remote, server) in [
            ("git@github.com:acme/m.git", Some("https://github.com")),
            ("ssh://git@ssh.github.com:443/acme/m.git", Some("https://github.com")),
            (
                "https://me@git.example.com:8443/acme/m",
                Some("https://git.example.com:8443"),
            ),
            ("git@ssh.dev.azure.com:v3/acme/shop/m", Some("https://dev.azure.com")),
            ("/srv/git/m.git", None),
        ] {
            assert_eq!(of(remote).as_deref(), server, "{remote}");
        }
    }

    #[test]
    fn a_file_of_the_repository_cannot_send_a_token_elsewhere() {
        let remote = Server::parse("https://git.example.com").unwrap();
        for bad in ["https://evil.example.com", "http://git.example.com"] {
            let refused = named(bad, Some(&remote), NamedBy::Repository).unwrap_err();
            assert_eq!(refused.kind, Kind::Refused, "{bad}");
            assert!(named(bad, Some(&remote), NamedBy::User).is_ok());
        }
        assert_eq!(
            named("https://git.example.com", None, NamedBy::Repository)
                .unwrap_err()
                .kind,
            Kind::Refused
        );
        // Another port of the same host is another door of the same house.
        assert!(named("https://git.example.com:8443", Some(&remote), NamedBy::Repository).is_ok());
    }

    #[test]
    fn addresses_of_forges_have_no_user_and_no_query() {
        for bad in [
            "git.example.com",
            "https://",
            "https://me@h",
            "https://h/a?b",
            "ssh://h",
        ] {
            assert!(Server::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(
            Server::parse("https://H:8443/git/").unwrap().address(),
            "https://h:8443/git"
        );
    }
}

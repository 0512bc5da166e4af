//! The logins of docker and its kin: which one belongs to a host.
//!
//! Source: docker's `cli/config/configfile`; containers-auth.json(5), which adds keys with a path.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;
use serde_json::error::Category;

use super::helper;
use super::host::{Host, same};
use super::setup::Logins;
use crate::error::{Error, Hint, Kind, Place};
use crate::text::code::{base64, text_of_base64};
use crate::text::secret::Secret;

/// How docker calls Docker Hub in its files. Source: docker's `registry/config.go`, `IndexServer`.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";
/// User names that mean that the password is an identity token. Source: docker's `credentials`, and Azure's
/// "Authenticate with an Azure container registry".
const IDENTITY_USERS: [&str; 2] = ["<token>", "00000000-0000-0000-0000-000000000000"];

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// A user and a password, or what stands in its place.
    Password { user: String, password: Secret },
    /// A token that is exchanged for others.
    Identity(Secret),
}

impl Login {
    /// Tells by the name of the user what the secret is.
    pub(super) fn new(user: String, secret: Secret) -> Login {
        match IDENTITY_USERS.contains(&user.as_str()) {
            true => Login::Identity(secret),
            false => Login::Password { user, password: secret },
        }
    }

    /// The value of the header that says who asks; none for a token that has to be exchanged.
    pub(super) fn basic(&self) -> Option<Secret> {
        match self {
            Login::Password { user, password } => {
                let pair = Secret::new(base64(format!("{user}:{}", password.reveal()).as_bytes()));
                Some(Secret::new(format!("Basic {}", pair.reveal())))
            }
            Login::Identity(_) => None,
        }
    }
}

/// The files of logins, read.
#[derive(Debug)]
pub(super) struct Files(Vec<File>);

#[derive(Debug)]
struct File {
    path: String,
    written: Written,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    #[serde(default)]
    auths: Option<BTreeMap<String, Entry>>,
    #[serde(default)]
    creds_store: Option<String>,
    #[serde(default)]
    cred_helpers: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
struct Entry {
    #[serde(default)]
    auth: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    identitytoken: Option<String>,
}

/// Without what it holds.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entry")
    }
}

impl Files {
    /// Reads the files that are there.
    ///
    /// # Errors
    /// [`Kind::Config`] with line and column if one is no JSON, or not what docker writes.
    pub(super) fn read(logins: &Logins<'_>) -> Result<Files, Error> {
        let mut files = Vec::new();
        for path in &logins.files {
            let shown = path.display().to_string();
            match std::fs::read(path) {
                Ok(bytes) => files.push(File {
                    written: parse(&bytes, path)?,
                    path: shown,
                }),
                Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(cause) => {
                    let error = Error::files(shown, "cannot read the logins in", &cause);
                    return Err(error.hint(Hint::Say(
                        "make it readable, or say where logins are: `REGISTRY_AUTH_FILE`, `DOCKER_CONFIG`".into(),
                    )));
                }
            }
        }
        Ok(Files(files))
    }

    /// The longest path of a key that fits a repository of a host: podman keeps logins for parts of a host. Mostly empty.
    pub(super) fn part(&self, host: &Host, repository: &str) -> String {
        let keys = self.0.iter().filter_map(|file| file.written.auths.as_ref());
        let paths = keys.flat_map(BTreeMap::keys).filter_map(|key| {
            let (name, path) = parts(key);
            let fits = repository == path || repository.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
            (same(name, host.authority()) && !path.is_empty() && fits).then_some(path)
        });
        paths.max_by_key(|path| path.len()).unwrap_or_default().to_owned()
    }

    /// The login for a host, or for a part of it.
    ///
    /// # Errors
    /// Those of the program that keeps it; [`Kind::Config`] if it is written wrongly.
    pub(super) fn find(&self, (host, part): (&Host, &str), logins: &Logins<'_>) -> Result<Option<Login>, Error> {
        for file in &self.0 {
            let entries = || file.written.auths.iter().flatten();
            let entry = |wanted: &str| {
                entries().find(|(key, _)| {
                    let (name, path) = parts(key);
                    same(name, host.authority()) && path == wanted
                })
            };
            if !part.is_empty()
                && let Some((key, entry)) = entry(part)
                && let Some(login) = file.login(key, entry)?
            {
                return Ok(Some(login));
            }
            let helpers = file.written.cred_helpers.iter().flatten();
            let mut helpers = helpers.filter(|(key, _)| same(parts(key).0, host.authority()));
            let helper = helpers.next().map(|(_, helper)| helper);
            let store = file.written.creds_store.as_ref().filter(|store| !store.is_empty());
            if let Some(helper) = helper.or(store) {
                let server = match same(host.authority(), "docker.io") {
                    true => DOCKER_HUB_KEY,
                    false => host.authority(),
                };
                if let Some(login) = helper::ask((helper, server), &file.path, logins)? {
                    return Ok(Some(login));
                }
            }
            if let Some((key, entry)) = entry("")
                && let Some(login) = file.login(key, entry)?
            {
                return Ok(Some(login));
            }
        }
        Ok(None)
    }
}

impl File {
    fn login(&self, key: &str, entry: &Entry) -> Result<Option<Login>, Error> {
        let filled = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        if let Some(token) = filled(&entry.identitytoken) {
            return Ok(Some(Login::Identity(Secret::new(token))));
        }
        if let Some(auth) = filled(&entry.auth) {
            let wrong = || {
                let message = format!("the login for `{key}` is not `user:password` in base64");
                Error::new(Kind::Config, "docker-config", message)
                    .at(Place::file(self.path.as_str()))
                    .hint(Hint::Say(format!("log in again: `docker login {}`", parts(key).0)))
            };
            let auth = Secret::new(auth);
            let plain = text_of_base64(auth.reveal().trim()).ok_or_else(wrong)?;
            let (user, password) = plain.split_once(':').ok_or_else(wrong)?;
            // Old versions of docker fill up with zero bytes.
            let password = Secret::new(password.trim_end_matches('\0'));
            return Ok(Some(Login::new(user.to_owned(), password)));
        }
        let pair = filled(&entry.username).zip(filled(&entry.password));
        Ok(pair.map(|(user, password)| Login::new(user, Secret::new(password))))
    }
}

fn parse(bytes: &[u8], path: &Path) -> Result<Written, Error> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Written::default());
    }
    serde_json::from_slice(bytes).map_err(|cause| {
        // What it says may quote what it found, and that may be a password.
        let what = match cause.classify() {
            Category::Data => "the file of logins is not as docker writes it",
            _ => "the file of logins is no JSON",
        };
        let (line, column) = [cause.line(), cause.column()]
            .map(|number| u32::try_from(number).unwrap_or(0))
            .into();
        Error::new(Kind::Config, "docker-config", what)
            .at(Place::at(path.display().to_string(), line, column))
            .hint(Hint::Say(
                "mend it, or say where logins are: `REGISTRY_AUTH_FILE`, `DOCKER_CONFIG`".into(),
            ))
    })
}

/// The host of a key, and the path behind it where podman means one: `https://host/v1/` of docker means the host.
fn parts(key: &str) -> (&str, &str) {
    let bare = key.split_once("://").map_or(key, |(_, rest)| rest);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let path = path.trim_matches('/');
    let is_of_docker = bare.len() < key.len() || matches!(path, "v1" | "v2");
    (host, if is_of_docker { "" } else { path })
}

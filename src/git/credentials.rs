//! Credentials that git has, and handing git one that it has not.
//!
//! **Invariant:** a token reaches git through `GIT_CONFIG_*` variables only: it stands in no argument, no file and no address.

use super::names::{RemoteUrl, Scheme};
use super::program::Git;
use crate::error::Error;
use crate::text::code::base64;
use crate::text::secret::{Secret, remember};

/// A token for git over http, with the name of the user it goes with.
#[derive(Clone, Debug)]
pub(crate) struct GitToken {
    /// The user, as the forge wants it; may be empty.
    pub(crate) user: String,
    /// The token.
    pub(crate) token: Secret,
}

/// Settings for one run of git, given by the environment.
pub(crate) struct Overrides {
    count: usize,
    variables: Vec<(String, String)>,
}

impl Overrides {
    /// Continues the settings that the environment gives already.
    pub(crate) fn after(git: &Git) -> Overrides {
        let count = git.variable("GIT_CONFIG_COUNT").and_then(|count| count.parse().ok());
        Overrides {
            count: count.unwrap_or(0),
            variables: Vec::new(),
        }
    }

    /// Adds a setting. Quotes in the value are part of it.
    pub(crate) fn push(&mut self, key: &str, value: &str) {
        self.variables
            .push((format!("GIT_CONFIG_KEY_{}", self.count), key.to_owned()));
        self.variables
            .push((format!("GIT_CONFIG_VALUE_{}", self.count), value.to_owned()));
        self.count += 1;
    }

    /// Adds a token for exactly this address, in place of any other header for it: a second one would be refused by the
    /// server, and a header under a less specific key would win.
    pub(crate) fn push_token(&mut self, url: &RemoteUrl, token: &GitToken) {
        if !matches!(url.scheme(), Scheme::Http | Scheme::Https) {
            return;
        }
        let encoded = base64(format!("{}:{}", token.user, token.token.reveal()).as_bytes());
        remember(&encoded);
        let key = format!("http.{}.extraheader", without_user(url.written()));
        self.push(&key, "");
        self.push(&key, &format!("AUTHORIZATION: basic {encoded}"));
    }

    /// The variables for a run of git.
    pub(crate) fn variables(mut self) -> Vec<(String, String)> {
        if !self.variables.is_empty() {
            self.variables.push(("GIT_CONFIG_COUNT".into(), self.count.to_string()));
        }
        self.variables
    }
}

/// Tells whether git has a header of its own for an address, as `actions/checkout` leaves one.
///
/// # Errors
/// What [`Git::run`] says.
pub(crate) fn has_header(git: &Git, url: &RemoteUrl) -> Result<bool, Error> {
    if !git.settings().iter().any(|(key, _)| key.ends_with(".extraheader")) {
        return Ok(false);
    }
    let url = without_user(url.written());
    let asked = git.run(&["config", "--get-urlmatch", "http.extraheader", &url], None, &[])?;
    Ok(asked.is_success() && !asked.text().is_empty())
}

/// Variables that hand on, to runs of git elsewhere, how one repository reaches a remote: helpers, certificates, the ssh
/// command, and the header that a CI system has left. What the user or the machine has set is in force everywhere and left
/// out.
///
/// # Errors
/// What [`Git::run`] says.
pub(crate) fn handed_on(git: &Git, url: &RemoteUrl) -> Result<Vec<(String, String)>, Error> {
    let mut overrides = Overrides::after(git);
    let listed = git.run(&["config", "--list", "-z", "--show-scope"], None, &[])?;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut items = text.split('\0');
    while let (Some(scope), Some(item)) = (items.next(), items.next()) {
        // A key without `=` means yes.
        let (key, value) = item.split_once('\n').unwrap_or((item, "true"));
        let is_way = key == "core.sshcommand" || key.starts_with("credential.") || key.starts_with("http.");
        if matches!(scope, "local" | "worktree") && is_way && !key.ends_with("extraheader") {
            overrides.push(key, value);
        }
    }
    if has_header(git, url)? {
        let plain = without_user(url.written());
        let header = git.run(&["config", "--get-urlmatch", "http.extraheader", &plain], None, &[])?;
        let header = header.text();
        if let Some((_, secret)) = header.rsplit_once(' ') {
            remember(secret);
        }
        let key = format!("http.{plain}.extraheader");
        // In place of any that is in force there, too: see `push_token`.
        overrides.push(&key, "");
        overrides.push(&key, &header);
    }
    Ok(overrides.variables())
}

/// Asks git's credential helpers for a user and a password. Asks a person only where one can answer.
///
/// # Errors
/// What [`Git::run`] says.
pub(crate) fn fill(git: &Git, url: &RemoteUrl) -> Result<Option<(String, Secret)>, Error> {
    if !matches!(url.scheme(), Scheme::Http | Scheme::Https) {
        return Ok(None);
    }
    let filled = git.run(&["credential", "fill"], Some(&description(url)), &[])?;
    if !filled.is_success() {
        return Ok(None);
    }
    let text = filled.text();
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    Ok(match (value("username"), value("password")) {
        (Some(user), Some(password)) if !password.is_empty() => Some((user.to_owned(), Secret::new(password))),
        _ => None,
    })
}

/// Source: `git help credential`, "Input/output format".
fn description(url: &RemoteUrl) -> Vec<u8> {
    format!("url={}\n\n", url.written()).into_bytes()
}

/// The address without `user:password@`.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::without_user;

    #[test]
    fn the_key_of_a_header_holds_no_user() {
        assert_eq!(without_user("https://me:pw@h:1/a@b.git"), "https://h:1/a@b.git");
        assert_eq!(without_user("https://h/a"), "https://h/a");
    }
}

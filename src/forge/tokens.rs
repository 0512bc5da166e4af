//! Where a token comes from, and to whom it may go.
//!
//! **Invariant:** a token is a [`Secret`] from the moment it is read; what is named in talk is its source, never itself.

use std::collections::BTreeMap;

use crate::git::names::RemoteUrl;
use crate::text::secret::Secret;

/// Asks git's own credential helpers for a user and a password.
pub(crate) type AskGit<'a> = &'a (dyn Fn(&RemoteUrl) -> Option<(String, Secret)> + Sync);

/// Every place that a token may come from.
#[derive(Clone, Copy)]
pub(crate) struct Tokens<'a> {
    /// The environment of the process.
    pub(crate) variables: &'a BTreeMap<String, String>,
    /// `--token-file` or `--token-stdin`, read.
    pub(crate) given: Option<&'a Secret>,
    /// `git credential fill`; none where git must not be asked.
    pub(crate) git: Option<AskGit<'a>>,
}

/// A token with its source.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// What the forge is shown.
    pub(crate) secret: Secret,
    /// The user it belongs to, where the source says so.
    pub(crate) user: Option<String>,
    /// Where it came from: `RAKOPS_GITHUB_TOKEN`, `git credential`.
    pub(crate) source: String,
}

impl Tokens<'_> {
    /// A variable that is set to something.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name).map(|value| value.trim());
        value.filter(|value| !value.is_empty())
    }
}

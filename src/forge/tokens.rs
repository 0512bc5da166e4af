//! Where a token comes from, and to whom it may go.
//!
//! **Invariant:** a token is a [`Secret`] from the moment it is read; what is named in talk is its source, never itself.

use std::collections::BTreeMap;

use super::place::Server;
use super::{Door, Forge};
use crate::git::names::RemoteUrl;
use crate::text::secret::Secret;

/// Asks git's own credential helpers for a user and a password.
pub(crate) type AskGit<'a> = &'a (dyn Fn(&RemoteUrl) -> Option<(String, Secret)> + Sync);

/// Asks `gh` for the token of a host.
pub(crate) type AskGh<'a> = &'a (dyn Fn(&str) -> Option<Secret> + Sync);

/// Every place that a token may come from.
#[derive(Clone, Copy)]
pub(crate) struct Tokens<'a> {
    /// The environment of the process.
    pub(crate) variables: &'a BTreeMap<String, String>,
    /// `--token-file` or `--token-stdin`, read.
    pub(crate) given: Option<&'a Secret>,
    /// `git credential fill`; none where git must not be asked.
    pub(crate) git: Option<AskGit<'a>>,
    /// `gh auth token`, for hosts of GitHub; none where it must not be asked.
    pub(crate) gh: Option<AskGh<'a>>,
    /// What the user's own file says about hosts.
    pub(crate) logins: &'a [Login],
}

/// What the user's own file says about the forge on a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Login {
    /// The host of the remotes that it is for.
    pub(crate) host: String,
    /// The kind of forge.
    pub(crate) kind: Option<String>,
    /// Its address, where it is not `https://` and the host.
    pub(crate) url: Option<String>,
    /// The variable that holds the token.
    pub(crate) token_env: Option<String>,
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
    /// What the user's own file says about the host of a remote.
    pub(super) fn login(&self, remote: &RemoteUrl) -> Option<&Login> {
        let host = remote.host()?;
        self.logins.iter().find(|login| login.host.eq_ignore_ascii_case(host))
    }

    /// A variable that is set to something.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name).map(|value| value.trim());
        value.filter(|value| !value.is_empty())
    }
}

/// A variable that may hold a token of one kind of forge.
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: &'static str,
    /// The variable beside it that holds the user.
    pub(crate) user: Option<&'static str>,
    /// Asks whether its token is meant for this server.
    pub(crate) is_for: fn(&Server, &Tokens<'_>) -> bool,
    /// Whether git's own credentials are better.
    pub(crate) rank: Rank,
}

/// Before or after git's own credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rank {
    First,
    Last,
}

impl Variable {
    /// A variable of our own, which is meant for whatever server is in use.
    pub(super) const fn ours(name: &'static str, user: Option<&'static str>) -> Variable {
        Variable {
            name,
            user,
            is_for: |_, _| true,
            rank: Rank::First,
        }
    }

    /// A variable that others read too; `is_for` says for which server.
    pub(super) const fn of_others(name: &'static str, is_for: fn(&Server, &Tokens<'_>) -> bool) -> Variable {
        Variable {
            name,
            user: None,
            is_for,
            rank: Rank::First,
        }
    }

    /// The same, used only if there is nothing better.
    pub(super) const fn last(mut self) -> Variable {
        self.rank = Rank::Last;
        self
    }
}

/// Asks whether a variable, such as `GITHUB_SERVER_URL` or `CI_SERVER_HOST`, names this server.
pub(super) fn names_server(tokens: &Tokens<'_>, variable: &str, server: &Server) -> bool {
    let Some(value) = tokens.variable(variable) else {
        return false;
    };
    let host = value.split_once("://").map_or(value, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or(host);
    host.eq_ignore_ascii_case(&server.host)
}

/// For whom a token is looked for.
pub(super) struct Source<'s> {
    pub(super) forge: &'static dyn Forge,
    pub(super) server: &'s Server,
    /// The variable that `rakops.yaml`, if it may, or the user's own file names.
    pub(super) token_env: Option<&'s str>,
}

/// Takes the first token there is: given, in the variable that is named, in one that is known, from git, in a variable of last resort.
pub(super) fn choose(door: &Door<'_>, source: &Source<'_>) -> Option<Token> {
    let tokens = &door.tokens;
    let token = |secret: Secret, user: Option<&str>, source: &str| Token {
        secret,
        user: user.map(str::to_owned),
        source: source.to_owned(),
    };
    let own_user = || {
        let named = source.forge.variables().iter().find_map(|variable| variable.user);
        named.and_then(|name| tokens.variable(name))
    };
    if let Some(given) = tokens.given {
        return Some(token(given.clone(), own_user(), "the token that was given"));
    }
    if let Some(name) = source.token_env {
        match tokens.variable(name) {
            Some(value) => return Some(token(Secret::new(value), own_user(), name)),
            // Protected variables are absent on branches that are not protected.
            None => (door.say)(&format!(
                "`{name}`, which is named as the token of the forge, is empty here"
            )),
        }
    }
    let of_rank = |rank: Rank| {
        let variables = source.forge.variables().iter();
        let mut fitting = variables.filter(|it| it.rank == rank && (it.is_for)(source.server, tokens));
        fitting.find_map(|variable| {
            let value = tokens.variable(variable.name)?;
            let user = variable.user.and_then(|name| tokens.variable(name));
            Some(token(Secret::new(value), user, variable.name))
        })
    };
    let from_git = || {
        let url = RemoteUrl::parse(&source.server.address()).ok()?;
        let (user, secret) = tokens.git?(&url)?;
        Some(token(secret, Some(&user), "git credential"))
    };
    let from_gh = || {
        let ask = tokens.gh.filter(|_| source.forge.name() == "github")?;
        Some(token(ask(&source.server.host)?, None, "gh auth token"))
    };
    of_rank(Rank::First)
        .or_else(from_git)
        .or_else(|| of_rank(Rank::Last))
        .or_else(from_gh)
}

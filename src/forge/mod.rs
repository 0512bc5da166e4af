//! The shelf of forges: what hosts pull requests, one entry each.
//!
//! Knows pull requests, their comments and reviews; has never heard of a strategy, a manifest or a plan.
//! **Invariant:** a token goes only to the host of the remote in use or to one that the user named ([`place`]), and
//! nothing merges unless it is called `merge` or the forge merges by itself.
//! Start reading at [`open`], then [`Host`], then the trait [`Forge`], then the shortest entry, `gitea.rs`.

mod host;
mod request;
mod tokens;

pub(crate) use host::Host;
pub(crate) use request::{
    Applied, AutoMerge, Checks, Commented, Created, Decoration, Lane, Merge, Method, NewRequest, Patch, PullRequest,
    Review, ReviewDecision, ReviewState, Stage, State,
};
pub(crate) use tokens::{AskGit, Token, Tokens};

use std::time::Duration;

use crate::error::Error;
use crate::git::names::RemoteUrl;
use crate::http::Http;

/// What a command hands over to speak with a forge.
#[derive(Clone, Copy)]
pub(crate) struct Door<'a> {
    /// The client.
    pub(crate) http: &'a Http,
    /// Says a line to whoever waits: every wait of more than two seconds, and warnings.
    pub(crate) say: &'a (dyn Fn(&str) + Sync),
    /// Where tokens come from.
    pub(crate) tokens: Tokens<'a>,
    /// How long one call may wait for the forge to be ready again, in all.
    pub(crate) patience: Duration,
}

/// Who named the address of a forge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// A flag, a variable or the user's own file: the user trusts it.
    User,
    /// `rakops.yaml`, which others may write: only the host of the remote in use is taken.
    #[default]
    Repository,
}

/// What was said about the forge; what is absent is found out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// A name or alias on the shelf: `github`.
    pub(crate) kind: Option<String>,
    /// Its address, such as `https://git.example.com`.
    pub(crate) url: Option<String>,
    /// Who named that address.
    pub(crate) named_by: NamedBy,
    /// The repository there: `acme/manifests`.
    pub(crate) repository: Option<String>,
    /// The variable that holds the token.
    pub(crate) token_env: Option<String>,
}

/// Finds out which forge has `remote`, and takes the token for it. `RAKOPS_FORGE_URL`, `RAKOPS_FORGE_KIND` and
/// `RAKOPS_FORGE_REPOSITORY` in the environment win over `wanted`.
///
/// # Errors
/// [`crate::error::Kind::Config`] if the kind is unknown or cannot be found out; [`crate::error::Kind::Refused`] if
/// `rakops.yaml` names another host than the remote's.
pub(crate) fn open<'a>(door: Door<'a>, remote: &RemoteUrl, wanted: &Wanted) -> Result<Host<'a>, Error> {
    let _ = (door, remote, wanted);
    Err(Error::bug("not yet"))
}

//! The user's own file, `$XDG_CONFIG_HOME/rakops/config.yaml`: matters of taste, and which login is for which host.
//!
//! **Invariant:** it can never set what a repository means; a repository means the same for everyone.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::node::Node;
use crate::error::{Error, Hint, Kind, Place};
use crate::yaml;

/// Matters of taste, and logins.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct User {
    /// `auto`, `always` or `never`.
    pub(crate) color: Option<String>,
    /// `text`, `json` or `name`.
    pub(crate) output: Option<String>,
    /// What shows long results page by page, such as `less -FRX`; `cat` for nothing.
    pub(crate) pager: Option<String>,
    /// How to log in to forges, by the host of a remote; never a secret itself.
    pub(crate) forges: Vec<ForgeLogin>,
    /// Where the value of each of them stands, by key.
    #[serde(skip)]
    pub(crate) places: BTreeMap<String, Place>,
}

/// How to log in to the forge on a host.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgeLogin {
    /// The host of the remotes that it is for.
    pub(crate) host: String,
    /// The kind of forge, such as `github` or `gitea`.
    pub(crate) kind: Option<String>,
    /// Its address, where it is not `https://` and the host.
    pub(crate) url: Option<String>,
    /// The environment variable that holds the token.
    pub(crate) token_env: Option<String>,
}

/// Reads the user's file; none is no error.
///
/// # Errors
/// [`Kind::Config`] with line and column; a key that belongs into `rakops.yaml` is named as such.
pub(crate) fn load(file: &Path) -> Result<User, Error> {
    let Ok(bytes) = std::fs::read(file) else {
        return Ok(User::default());
    };
    parse(bytes, &file.display().to_string())
}

/// Reads the bytes of such a file, called `shown` in complaints.
///
/// # Errors
/// As [`load`].
pub(crate) fn parse(bytes: Vec<u8>, shown: &str) -> Result<User, Error> {
    let tree = yaml::parse(bytes, yaml::Limits::default()).map_err(|refusal| {
        let mut error = refusal.into_error(shown);
        error.kind = Kind::Config;
        error
    })?;
    let Some(root) = tree.documents().first().and_then(|document| document.root()) else {
        return Ok(User::default());
    };
    let user = User::deserialize(Node { tree: &tree, id: root }).map_err(|complaint| {
        complaint.into_error(shown, &tree).hint(Hint::Say(
            "this file holds taste and logins only; what a repository means stands in its own `rakops.yaml`".into(),
        ))
    })?;
    let place = |value| tree.place_of(shown, value, "");
    let entries = tree.entries(root);
    Ok(User {
        places: entries
            .map(|(key, value)| (tree.text(key).to_owned(), place(value)))
            .collect(),
        ..user
    })
}

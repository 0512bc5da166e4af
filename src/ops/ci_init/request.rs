//! What `ci init` was asked for.

use crate::error::{Error, Hint, Kind};
use crate::git::names::Oid;

/// What the workflows are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CiKind {
    App,
    Manifests,
    Terraform,
}

impl CiKind {
    /// The word that it is asked for by.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            CiKind::App => "app",
            CiKind::Manifests => "manifests",
            CiKind::Terraform => "terraform",
        }
    }
}

/// Which CI system they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CiForge {
    GitHub,
    GitLab,
}

impl CiForge {
    /// The word that it is asked for by.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            CiForge::GitHub => "github",
            CiForge::GitLab => "gitlab",
        }
    }
}

/// What plans and applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Terraform,
    OpenTofu,
}

impl Tool {
    /// The name of its program.
    pub(crate) const fn program(self) -> &'static str {
        match self {
            Tool::Terraform => "terraform",
            Tool::OpenTofu => "tofu",
        }
    }
}

/// What happens to a file that is there and says something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    Refused,
    Overwritten,
}

/// The command as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CiRequest {
    pub(crate) kind: CiKind,
    /// None: as the remote tells.
    pub(crate) forge: Option<CiForge>,
    pub(crate) existing: Existing,
    pub(crate) words: Words,
}

/// Values that were named; what is not is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// The image that is built, without a version.
    pub(crate) image: Option<String>,
    /// The address of the manifest repository.
    pub(crate) manifests: Option<String>,
    /// The environment that a new version goes to, or the one that Terraform's apply runs in.
    pub(crate) environment: Option<String>,
    pub(crate) branch: Option<String>,
    /// Directories that are planned on their own, as typed.
    pub(crate) roots: Vec<String>,
    pub(crate) tool: Option<Tool>,
    pub(crate) tool_version: Option<String>,
    pub(crate) rakops: RakopsFrom,
}

/// Where workflows get rakops from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RakopsFrom {
    /// The composite action at the root of this project, in a repository that publishes it.
    Action {
        /// `OWNER/REPO`.
        repository: String,
        commit: Oid,
        /// What the commit is called, for the comment beside it.
        version: Option<String>,
    },
    /// Its sources, built by cargo. What is not named is a variable of the CI system.
    Sources {
        git: Option<String>,
        revision: Option<String>,
    },
}

impl Default for RakopsFrom {
    fn default() -> RakopsFrom {
        RakopsFrom::Sources {
            git: None,
            revision: None,
        }
    }
}

impl RakopsFrom {
    /// Reads `OWNER/REPO@COMMIT`, and what the commit is called.
    ///
    /// # Errors
    /// [`Kind::Usage`] if it is anything else. A tag can be moved to other code afterwards, so it is refused.
    pub(crate) fn action(written: &str, version: Option<&str>) -> Result<RakopsFrom, Error> {
        let wrong = |because: &str| {
            Error::new(
                Kind::Usage,
                "rakops-action",
                format!("`{written}` does not name an action as OWNER/REPO@COMMIT"),
            )
            .because(because)
        };
        let (repository, reference) = written.split_once('@').ok_or_else(|| wrong("there is no `@`"))?;
        let parts: Vec<&str> = repository.split('/').collect();
        if parts.len() != 2 || !parts.iter().all(|part| is_plain(part)) {
            return Err(wrong("what stands before `@` is not OWNER/REPO"));
        }
        let commit = Oid::parse(reference).filter(|_| reference.len() == 40).ok_or_else(|| {
            wrong("a tag or branch can be moved to other code; a commit cannot").hint(Hint::Say(format!(
                "git ls-remote https://github.com/{repository} 'refs/tags/*' lists tags with their commits"
            )))
        })?;
        if let Some(version) = version.filter(|version| !is_plain(version)) {
            return Err(wrong(&format!("`{version}` is not the name of a version")));
        }
        Ok(RakopsFrom::Action {
            repository: repository.to_owned(),
            commit,
            version: version.map(str::to_owned),
        })
    }
}

/// Letters, digits, `-`, `_` and `.`: what needs no quoting in a shell, in YAML or in a web address.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

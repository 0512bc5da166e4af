//! What every edit of an overlay can be told: which overlay, how it lands, which rules are lifted.

use std::cell::Cell;

use clap::{Args, ValueEnum};

use crate::cli::landing::{LandingArgs, TokenArgs};
use crate::ops::overlay::{Scope, Shared};

/// The rules that editing overlays knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Rule {
    /// Reaching a protected environment without a pull request
    Protected,
    /// Editing what other environments build on
    Shared,
    /// Auto-merge with the token of a CI job, whose pull requests start no checks
    JobToken,
}

/// Which overlay is edited, and how that lands.
#[derive(Args, Clone, Debug)]
pub(super) struct EditArgs {
    /// The overlay's directory, where the environment has several
    ///
    /// For `overlay new`: the directory that is made.
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(super) path: Option<String>,

    /// Edit the files here, whatever branch is checked out
    #[arg(long)]
    pub(super) here: bool,

    /// Land on the environment's own branch, before all others
    ///
    /// Where changes go from branch to branch, they begin at the first one. A hotfix begins where it is needed; the others get
    /// it by `rakops promote ENV FIRST --backport`.
    #[arg(long, conflicts_with = "here")]
    pub(super) hotfix: bool,

    /// Lift these rules
    #[arg(long, value_name = "RULE", value_enum, value_delimiter = ',')]
    pub(super) allow: Vec<Rule>,

    /// Whether the rule `shared` was lifted when it was asked about.
    #[arg(skip)]
    pub(super) is_lifted: Cell<bool>,

    #[command(flatten)]
    pub(super) landing: LandingArgs,

    #[command(flatten)]
    pub(super) token: TokenArgs,
}

impl EditArgs {
    pub(super) fn scope(&self, environment: &str) -> Scope {
        Scope {
            environment: environment.to_owned(),
            path: self.path.clone(),
            shared: match self.allow.contains(&Rule::Shared) || self.is_lifted.get() {
                true => Shared::Allowed,
                false => Shared::Refused,
            },
        }
    }
}

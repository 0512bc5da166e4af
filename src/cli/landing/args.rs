//! How a change lands: flags that every writing command has.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};

use crate::config::duration::Length;

/// How a change lands.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Landing", group = ArgGroup::new("how").args(["commit", "push", "pr"]))]
pub(crate) struct LandingArgs {
    /// Commit to the environment's branch in this repository
    ///
    /// The commit is made beside the work tree. A clean checkout of the branch follows; one with changes is refused.
    #[arg(long)]
    pub(crate) commit: bool,

    /// Commit and push, planned anew until it lands
    ///
    /// Where somebody else was first, the change is planned on what they left, and pushed again.
    #[arg(long)]
    pub(crate) push: bool,

    /// Push a branch of its own, and open or update its pull request
    ///
    /// The same words lead to the same branch, so that running again never opens a second request.
    #[arg(long)]
    pub(crate) pr: bool,

    /// Land on this branch instead of the environment's own; for --pr its base
    #[arg(long, value_name = "BRANCH", visible_aliases = ["branch", "on"])]
    pub(crate) onto: Option<String>,

    /// The remote to read from and push to (origin if absent)
    #[arg(long, value_name = "NAME")]
    pub(crate) remote: Option<String>,

    /// What the commit says; trailers are added
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) message: Option<String>,

    /// Who the commit is by, as `NAME <MAIL>`; as git has it if absent
    #[arg(long, value_name = "WHO")]
    pub(crate) author: Option<String>,

    /// Sign the commit, whatever git's configuration says
    #[arg(long, overrides_with = "no_sign")]
    pub(crate) sign: bool,

    /// Do not sign the commit
    #[arg(long)]
    pub(crate) no_sign: bool,

    /// Pass over git's pre-push hook
    #[arg(long)]
    pub(crate) no_verify: bool,

    /// The commit that was built, so that the newest build wins
    ///
    /// In GitHub Actions, GitLab CI and Bitbucket Pipelines it is known by itself.
    #[arg(long, value_name = "REPO@COMMIT")]
    pub(crate) source: Option<String>,

    /// How often a lost race is run again, at most (59 if absent)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) retries: Option<u32>,

    /// How long landing may take in all, such as 90s or 5m (2m if absent)
    #[arg(long, value_name = "TIME", value_parser = time, env = "RAKOPS_TIMEOUT")]
    pub(crate) timeout: Option<Duration>,

    #[command(flatten)]
    pub(crate) request: RequestArgs,
}

impl LandingArgs {
    /// The first flag that was given and means something only where something lands in git, or in a pull request; and which
    /// of the two it needs.
    pub(crate) fn dangling(&self, usual: Usual) -> Option<(&'static str, &'static str)> {
        let lands = self.commit || self.push || self.pr || usual == Usual::PullRequest;
        let requests = self.pr || (usual == Usual::PullRequest && !self.commit && !self.push);
        let of_landing = [
            (self.onto.is_some(), "--onto"),
            (self.remote.is_some() && usual == Usual::WorkTree, "--remote"),
            (self.message.is_some(), "--message"),
            (self.author.is_some(), "--author"),
            (self.sign, "--sign"),
            (self.no_sign, "--no-sign"),
            (self.no_verify, "--no-verify"),
            (self.retries.is_some(), "--retries"),
        ];
        let request = &self.request;
        let of_request = [
            (request.title.is_some(), "--title"),
            (request.body.is_some(), "--body"),
            (!request.label.is_empty(), "--label"),
            (!request.reviewer.is_empty(), "--reviewer"),
            (request.draft, "--draft"),
            (request.auto_merge, "--auto-merge"),
            (request.merge_method.is_some(), "--merge-method"),
            (request.update, "--update"),
            (request.wait.is_some(), "--wait"),
            (request.strict, "--strict"),
        ];
        let first = |flags: &[(bool, &'static str)]| flags.iter().find(|(given, _)| *given).map(|(_, flag)| *flag);
        match (lands, requests) {
            (_, true) => None,
            (true, false) => first(&of_request).map(|flag| (flag, "--pr")),
            (false, false) => {
                let of_request = first(&of_request).map(|flag| (flag, "--pr"));
                of_request.or_else(|| first(&of_landing).map(|flag| (flag, "--commit, --push or --pr")))
            }
        }
    }
}

/// How a command lands where no flag says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usual {
    /// It edits the work tree.
    WorkTree,
    /// It opens a pull request.
    PullRequest,
}

/// What the pull request is like.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Pull request")]
pub(crate) struct RequestArgs {
    /// Its title; one is made of what changes if absent
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["commit", "push"])]
    pub(crate) title: Option<String>,

    /// Words that stand before the table in its text
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["commit", "push"])]
    pub(crate) body: Option<String>,

    /// Add these labels
    #[arg(long, value_name = "LABEL", value_delimiter = ',', conflicts_with_all = ["commit", "push"])]
    pub(crate) label: Vec<String>,

    /// Ask these users, or teams as ORGANISATION/TEAM, for a review
    #[arg(long, value_name = "WHO", value_delimiter = ',', conflicts_with_all = ["commit", "push"])]
    pub(crate) reviewer: Vec<String>,

    /// Open it as a draft
    #[arg(long, conflicts_with_all = ["commit", "push", "auto_merge"])]
    pub(crate) draft: bool,

    /// Have the forge merge it as soon as it may
    #[arg(long, conflicts_with_all = ["commit", "push"])]
    pub(crate) auto_merge: bool,

    /// How it is merged then
    #[arg(long, value_name = "HOW", value_enum, conflicts_with_all = ["commit", "push"])]
    pub(crate) merge_method: Option<MergeMethod>,

    /// Change it although it is approved or set to merge by itself
    ///
    /// Auto-merge is taken back, its reviewers are asked again, and a comment shows the difference.
    #[arg(long, conflicts_with_all = ["commit", "push"])]
    pub(crate) update: bool,

    /// Wait until it is merged, at most this long (30m if no time is given)
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "30m", value_parser = time, conflicts_with_all = ["commit", "push"])]
    pub(crate) wait: Option<Duration>,

    /// Fail where the forge lacks something that was asked for
    #[arg(long, conflicts_with_all = ["commit", "push"])]
    pub(crate) strict: bool,
}

/// How a pull request becomes part of its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MergeMethod {
    /// With a merge commit
    Merge,
    /// As one commit
    Squash,
    /// Commit by commit
    Rebase,
}

/// Where the token for a forge is read from.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Forge options")]
pub(crate) struct TokenArgs {
    /// Read the forge's token from this file
    #[arg(long, value_name = "FILE", env = "RAKOPS_TOKEN_FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) token_file: Option<PathBuf>,

    /// Read the forge's token from standard input
    #[arg(long, conflicts_with = "token_file")]
    pub(crate) token_stdin: bool,

    /// Trust the certificate authorities of this PEM file, too
    #[arg(long, value_name = "FILE", env = "RAKOPS_CA_FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) ca_file: Option<PathBuf>,
}

/// Reads a length of time: `90s`, `5m`, `1h30m`; a bare number is seconds.
fn time(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => text.parse::<Length>().map(Length::as_duration),
    }
}

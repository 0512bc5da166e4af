//! One repository on one forge: what everybody else calls.

use super::Door;
use super::request::{
    Applied, AutoMerge, Commented, Created, Decoration, Lane, Merge, Method, NewRequest, Patch, PullRequest, Review,
};
use crate::error::Error;
use crate::git::names::{BranchName, Oid};
use crate::text::secret::Secret;

/// One repository on one forge, with the token that speaks for us there.
pub(crate) struct Host<'a> {
    door: Door<'a>,
}

#[expect(unused_variables, reason = "signatures first")]
impl Host<'_> {
    /// The forge's name on the shelf: `github`.
    pub(crate) fn name(&self) -> &'static str {
        ""
    }

    /// Where the token comes from, for `-v`; none if there is none.
    pub(crate) fn token_source(&self) -> Option<&str> {
        None
    }

    /// User and password for git over https, from the same token.
    pub(crate) fn token_for_git(&self) -> Option<(String, Secret)> {
        None
    }

    /// What should be known before a pull request is opened with this token.
    pub(crate) fn warnings_before_opening(&self) -> Vec<Error> {
        Vec::new()
    }

    /// Finds the open pull request of a lane; of several the oldest, and that is said.
    ///
    /// # Errors
    /// As every call: see [`crate::forge::api`].
    pub(crate) fn find_open(&self, lane: &Lane) -> Result<Option<PullRequest>, Error> {
        Ok(None)
    }

    /// Opens a pull request, unless one is open or there is nothing to pull.
    pub(crate) fn create(&self, new: &NewRequest) -> Result<Created, Error> {
        Ok(Created::NothingBetween)
    }

    /// Changes what differs, and nothing where nothing does.
    pub(crate) fn update(&self, pr: &PullRequest, patch: &Patch) -> Result<PullRequest, Error> {
        Ok(pr.clone())
    }

    /// Lists open pull requests, oldest first; all, or those for one base.
    pub(crate) fn list_open(&self, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error> {
        Ok(Vec::new())
    }

    /// Adds labels and asks reviewers. What fails or is not there is reported, and stops nothing.
    pub(crate) fn decorate(&self, pr: &PullRequest, decoration: &Decoration) -> Result<Applied, Error> {
        Ok(Applied::default())
    }

    /// Asks the forge to merge as soon as it may, and only this head.
    pub(crate) fn enable_auto_merge(
        &self,
        pr: &PullRequest,
        head: &Oid,
        method: Option<Method>,
    ) -> Result<AutoMerge, Error> {
        Ok(AutoMerge::Enabled)
    }

    /// Takes that back; nothing if it was not asked for.
    pub(crate) fn disable_auto_merge(&self, pr: &PullRequest) -> Result<(), Error> {
        Ok(())
    }

    /// Merges now, and only this head.
    pub(crate) fn merge(&self, pr: &PullRequest, head: &Oid, method: Option<Method>) -> Result<Merge, Error> {
        Ok(Merge::HeadMoved)
    }

    /// Reads one pull request, with checks and reviews where the forge can tell.
    pub(crate) fn get(&self, number: u64) -> Result<PullRequest, Error> {
        Err(Error::bug("not yet"))
    }

    /// Closes without merging, with a word why.
    pub(crate) fn close(&self, pr: &PullRequest, comment: &str) -> Result<(), Error> {
        Ok(())
    }

    /// Keeps one comment of ours for `key`.
    pub(crate) fn comment(&self, number: u64, key: &str, text: &str) -> Result<Commented, Error> {
        Ok(Commented::Unchanged(String::new()))
    }

    /// All reviews, oldest first.
    pub(crate) fn reviews(&self, pr: &PullRequest) -> Result<Vec<Review>, Error> {
        Ok(Vec::new())
    }

    /// Whether `old` is in the history of `new`, in a repository of this forge; none where the forge cannot tell.
    pub(crate) fn is_ancestor(&self, repository: &str, old: &Oid, new: &Oid) -> Result<Option<bool>, Error> {
        Ok(None)
    }

    /// The page that opens the pull request by hand.
    pub(crate) fn address_to_open(&self, lane: &Lane) -> String {
        String::new()
    }

    /// The login the token speaks for; none where the token has no user.
    pub(crate) fn whoami(&self) -> Result<Option<String>, Error> {
        Ok(None)
    }
}

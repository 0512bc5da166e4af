//! One repository on one forge: what everybody else calls.
//!
//! **Invariant:** every write here is idempotent or comes after a read, and whatever is left open by an answer that never
//! came is settled by reading again.

use super::api::{Api, NO_ANSWER};
use super::evidence::{Rewrite, Rules, Told};
use super::request::{
    Applied, AutoMerge, Commented, Created, Decoration, Lane, Merge, Method, NewRequest, Patch, PullRequest, Review,
    State,
};
use super::{Attempt, Support, comment};
use crate::error::{Error, Kind};
use crate::git::names::{BranchName, Oid};
use crate::text::secret::Secret;

/// One repository on one forge, with the token that speaks for us there.
///
/// Every call that asks fails alike: [`Kind::Access`] if the forge does not let us in or the token may not do it,
/// [`Kind::NotFound`] if it is not there, [`Kind::Refused`] if the forge does not want to, [`Kind::Remote`] if it cannot
/// at present.
pub(crate) struct Host<'a> {
    api: Api<'a>,
}

impl<'a> Host<'a> {
    pub(super) fn new(api: Api<'a>) -> Host<'a> {
        Host { api }
    }

    /// The forge's name for people: `GitHub`.
    pub(crate) fn title(&self) -> &'static str {
        self.api.forge.title()
    }

    /// The forge's name on the shelf: `github`.
    pub(crate) fn kind(&self) -> &'static str {
        self.api.forge.name()
    }

    /// The repository, as the forge writes it: `acme/manifests`.
    pub(crate) fn repository(&self) -> &str {
        &self.api.repository
    }

    /// Where the token comes from, for `-v`; none if there is none.
    pub(crate) fn token_source(&self) -> Option<&str> {
        self.api.token.as_ref().map(|token| token.source.as_str())
    }

    /// User and password for git over https, from the same token.
    pub(crate) fn token_for_git(&self) -> Option<(String, Secret)> {
        let token = self.api.token.as_ref()?;
        Some((self.api.forge.git_user(token), token.secret.clone()))
    }

    /// What should be known before a pull request is opened with this token.
    pub(crate) fn warnings_before_opening(&self) -> Vec<Error> {
        self.api.forge.warnings(&self.api)
    }

    /// Fails where there is no token, before anything is written anywhere.
    ///
    /// # Errors
    /// [`Kind::Access`] with the names of the variables that are looked at.
    pub(crate) fn require_token(&self) -> Result<(), Error> {
        self.api.require_token()
    }

    /// Finds the open pull request of a lane; of several the oldest, and that is said.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn find_open(&self, lane: &Lane) -> Result<Option<PullRequest>, Error> {
        let mut found = self.api.forge.find_open(&self.api, lane)?;
        found.sort_by_key(|pr| pr.number);
        if found.len() > 1 {
            let numbers: Vec<String> = found.iter().map(|pr| pr.number.to_string()).collect();
            (self.api.door.say)(&format!(
                "several pull requests are open from `{}` to `{}`: {}; the oldest is used",
                lane.head,
                lane.base,
                numbers.join(", ")
            ));
        }
        Ok(found.into_iter().next())
    }

    /// Opens a pull request, unless one is open or there is nothing to pull.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn create(&self, new: &NewRequest) -> Result<Created, Error> {
        let mut is_second_try = false;
        loop {
            return match self.api.forge.create(&self.api, new) {
                Ok(Attempt::Made(pr)) => Ok(Created::New(*pr)),
                Ok(Attempt::NothingBetween) => Ok(Created::NothingBetween),
                Ok(Attempt::Duplicate) => match self.find_open(&new.lane)? {
                    Some(pr) => Ok(Created::Found(pr)),
                    None if !is_second_try => {
                        // It was closed between the two calls.
                        is_second_try = true;
                        continue;
                    }
                    None => Err(Error::new(
                        Kind::Remote,
                        "forge-contradicts",
                        format!("{} says that a pull request is open and shows none", self.title()),
                    )),
                },
                Err(error) if is_open_question(&error) => match self.find_open(&new.lane) {
                    Ok(Some(pr)) if pr.title == new.title => Ok(Created::New(pr)),
                    Ok(Some(pr)) => Ok(Created::Found(pr)),
                    Ok(None) if !is_second_try => {
                        is_second_try = true;
                        continue;
                    }
                    _ => Err(error),
                },
                Err(error) => Err(error),
            };
        }
    }

    /// Changes what differs, and asks nothing where nothing does. Returns the request as it is then.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn update(&self, pr: &PullRequest, patch: &Patch) -> Result<PullRequest, Error> {
        let mut now = pr.clone();
        for is_second_try in [false, true] {
            let differing = patch.against(&now);
            if differing.is_empty() {
                return Ok(now);
            }
            match self.api.forge.update(&self.api, &now, &differing) {
                Ok(()) => return self.get(pr.number),
                Err(error) if is_open_question(&error) && !is_second_try => now = self.get(pr.number)?,
                Err(error) => return Err(error),
            }
        }
        Ok(now)
    }

    /// Lists open pull requests, oldest first; all, or those for one base.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn list_open(&self, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error> {
        let mut found = self.api.forge.list_open(&self.api, base)?;
        found.retain(|pr| base.is_none_or(|base| pr.lane.base == *base));
        found.sort_by_key(|pr| pr.number);
        found.dedup_by_key(|pr| pr.number);
        Ok(found)
    }

    /// Adds labels and asks reviewers. What fails or is not there is reported, and stops nothing.
    pub(crate) fn decorate(&self, pr: &PullRequest, decoration: &Decoration) -> Applied {
        let mut applied = Applied::default();
        let forge = self.api.forge;
        let (there, labels): (Vec<String>, Vec<String>) = decoration
            .labels
            .iter()
            .cloned()
            .partition(|label| pr.labels.contains(label));
        applied.done.extend(there.iter().map(|label| format!("label {label}")));
        each(&mut applied, ("label", &labels), &|some| {
            forge.add_labels(&self.api, pr, some)
        });
        // Asked again, they would be told again.
        let is_asked = |name: &String| {
            let team = name.rsplit('/').next().unwrap_or(name);
            pr.reviewers.iter().any(|known| known.eq_ignore_ascii_case(team))
        };
        let (there, reviewers): (Vec<String>, Vec<String>) = decoration.reviewers.iter().cloned().partition(is_asked);
        applied.done.extend(there.iter().map(|name| format!("reviewer {name}")));
        each(&mut applied, ("reviewer", &reviewers), &|some| {
            forge.ask_reviewers(&self.api, pr, some)
        });
        applied
    }

    /// Asks the forge to merge as soon as it may, and only this head.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn enable_auto_merge(
        &self,
        pr: &PullRequest,
        head: &Oid,
        method: Option<Method>,
    ) -> Result<AutoMerge, Error> {
        let now = self.get(pr.number)?;
        match now.state {
            State::Merged => return Ok(AutoMerge::MergedNow),
            State::Closed => return Ok(AutoMerge::Unavailable("it is closed".into())),
            State::Open => {}
        }
        if now.head_oid.as_ref().is_some_and(|now| now != head) {
            return Ok(AutoMerge::Unavailable("its head has moved".into()));
        }
        if now.auto_merge == Some(true) {
            return Ok(AutoMerge::Enabled);
        }
        self.api.forge.enable_auto_merge(&self.api, &now, (head, method))
    }

    /// Takes that back; nothing if it was not asked for.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn disable_auto_merge(&self, pr: &PullRequest) -> Result<(), Error> {
        let now = self.get(pr.number)?;
        if now.state != State::Open || now.auto_merge == Some(false) {
            return Ok(());
        }
        self.api.forge.disable_auto_merge(&self.api, &now)
    }

    /// Merges now, and only this head. What is merged already with this head is merged.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn merge(&self, pr: &PullRequest, head: &Oid, method: Option<Method>) -> Result<Merge, Error> {
        let settled = |now: &PullRequest| {
            let is_other = now.head_oid.as_ref().is_some_and(|now| now != head);
            match now.state {
                _ if is_other => Some(Merge::HeadMoved),
                State::Merged => Some(Merge::Merged {
                    commit: now.merge_oid.clone(),
                }),
                State::Closed => Some(Merge::Refused("it is closed".into())),
                State::Open => None,
            }
        };
        let now = self.get(pr.number)?;
        if let Some(settled) = settled(&now) {
            return Ok(settled);
        }
        match self.api.forge.merge(&self.api, &now, (head, method)) {
            Err(error) if is_open_question(&error) => match settled(&self.get(pr.number)?) {
                Some(settled) => Ok(settled),
                None => Err(error),
            },
            outcome => outcome,
        }
    }

    /// Reads one pull request, with checks and reviews where the forge can tell.
    ///
    /// # Errors
    /// As every call; [`Kind::NotFound`] if there is none of this number.
    pub(crate) fn get(&self, number: u64) -> Result<PullRequest, Error> {
        self.api.forge.get(&self.api, number)
    }

    /// Closes without merging, with a word why, if there is one; what is closed already stays as it is.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn close(&self, pr: &PullRequest, comment: &str) -> Result<(), Error> {
        let now = self.get(pr.number)?;
        if now.state != State::Open {
            return Ok(());
        }
        if !comment.trim().is_empty() {
            self.api.forge.add_comment(&self.api, pr.number, comment)?;
        }
        self.api.forge.close(&self.api, &now)
    }

    /// Keeps one comment of ours for `key`: letters, digits and `-_./:`.
    ///
    /// # Errors
    /// As every call; [`Kind::Usage`] for another key.
    pub(crate) fn comment(&self, number: u64, key: &str, text: &str) -> Result<Commented, Error> {
        comment::keep(&self.api, number, (key, text))
    }

    /// All reviews, oldest first.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn reviews(&self, pr: &PullRequest) -> Result<Vec<Review>, Error> {
        self.api.forge.reviews(&self.api, pr)
    }

    /// Whether `old` is in the history of `new`, in a repository of this forge; none where the forge cannot tell.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn is_ancestor(&self, repository: &str, old: &Oid, new: &Oid) -> Result<Option<bool>, Error> {
        if old == new {
            return Ok(Some(true));
        }
        self.api.forge.is_ancestor(&self.api, repository, (old, new))
    }

    /// What the forge tells of commits of a branch, one entry each, in the same order. Nothing that was merged before
    /// `since` (seconds since 1970) has to be looked for.
    ///
    /// # Errors
    /// As every call. What could be read only in part is no error: it is said in `unknown`.
    pub(crate) fn evidence(&self, branch: (&BranchName, Option<i64>), commits: &[Oid]) -> Result<Vec<Told>, Error> {
        self.api.forge.evidence(&self.api, branch, commits)
    }

    /// Force pushes to a branch from `since` (seconds since 1970) on; none where forge or token do not tell.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn rewrites(&self, branch: &BranchName, since: i64) -> Result<Option<Vec<Rewrite>>, Error> {
        self.api.forge.rewrites(&self.api, branch, since)
    }

    /// What protects a branch today; none where forge or token do not tell.
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn rules(&self, branch: &BranchName) -> Result<Option<Rules>, Error> {
        self.api.forge.rules(&self.api, branch)
    }

    /// The logins of a team, `acme/sre`, or of whatever may stand for several people in a file of code owners; none where
    /// that cannot be told, which never means "nobody".
    ///
    /// # Errors
    /// As every call.
    pub(crate) fn members(&self, team: &str) -> Result<Option<Vec<String>>, Error> {
        self.api.forge.members(&self.api, team)
    }

    /// The page that opens the pull request by hand.
    pub(crate) fn address_to_open(&self, lane: &Lane) -> String {
        self.api.forge.address_to_open(&self.api, lane)
    }
}
/// Whether the forge may have done what it was asked, although it did not say so.
fn is_open_question(error: &Error) -> bool {
    error.code == NO_ANSWER || (error.kind == Kind::Remote && error.code == "remote")
}

/// Asks for all at once, and one by one if that fails: one unknown name must not cost the others.
fn each(applied: &mut Applied, (noun, names): (&str, &[String]), ask: &dyn Fn(&[String]) -> Result<Support, Error>) {
    let called = |name: &String| format!("{noun} {name}");
    if names.is_empty() {
        return;
    }
    match ask(names) {
        Ok(Support::Done) => applied.done.extend(names.iter().map(called)),
        Ok(Support::None) => applied.unsupported.extend(names.iter().map(called)),
        Err(error) if names.len() == 1 => applied.failed.push((called(&names[0]), error)),
        Err(_) => names
            .iter()
            .for_each(|name| each(applied, (noun, std::slice::from_ref(name)), ask)),
    }
}

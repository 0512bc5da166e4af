//! Through a pull request: a branch that is a function of the intent, and one request for it, however often it is run.
//!
//! Source: PROMOTION.md, section 9; the order of calls is that of GIT_AND_FORGES.md, sections 3.2 and 6.2.

pub(crate) mod spread;

use std::cell::Cell;
use std::time::Duration;

use super::back_off::{BackOff, Lost};
use super::branch_name::{self, OwnBase};
use super::evidence::{self, Head};
use super::{Checkout, Job, Landed, MergesItself, Outcome, Planned, Requested, Scene, Side, objects, push};
use crate::change::intent::Intent;
use crate::change::set::{ChangeSet, Facts};
use crate::error::{Error, Hint, Kind};
use crate::forge::{
    Applied, AutoMerge, CHECKS_WILL_NOT_START, Created, Host, Lane, Method, NewRequest, Patch, PullRequest,
    ReviewDecision, ReviewState, Stage, State,
};
use crate::git::answers::Push;
use crate::git::names::{BranchName, Oid};
use crate::git::refs::Expect;
use crate::git::remote::Update;

/// The code of an error that leaves open whether a request was opened.
const UNCLEAR: &str = "request-unclear";

/// What was asked for beside the change itself.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    /// Takes the place of the title that is made.
    pub(crate) title: Option<String>,
    /// Whether the body was given: then it is kept up to date even where the content is the same.
    pub(crate) body: Option<String>,
    /// Labels, besides those of the configuration.
    pub(crate) labels: Vec<String>,
    /// Reviewers, besides those of the configuration.
    pub(crate) reviewers: Vec<String>,
    /// Draft or ready.
    pub(crate) stage: Stage,
    /// Whether the forge is to merge it by itself.
    pub(crate) merges_itself: MergesItself,
    /// How it is merged.
    pub(crate) method: Option<Method>,
    /// Whether an approved request may change.
    pub(crate) approved: Approved,
    /// What happens where the forge lacks something.
    pub(crate) lacking: Lacking,
    /// Whether the forge may be told to merge what its checks will not look at.
    pub(crate) unchecked: Unchecked,
    /// How long its merge is waited for, if it is.
    pub(crate) wait: Option<Duration>,
    /// Whether the base is where the intent lands by itself.
    pub(crate) own_base: OwnBase,
}

/// Whether a request that is approved, or set to merge by itself, may get another content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Approved {
    /// It stays.
    Stays,
    /// `--update`.
    MayChange,
}

/// What happens where the forge lacks something that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lacking {
    /// It is said.
    Said,
    /// `--strict`.
    Error,
}

/// Whether `--auto-merge` goes with a token whose pull requests start no checks.
///
/// Source: GitHub's documentation of `GITHUB_TOKEN`, "When GITHUB_TOKEN triggers workflow runs".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unchecked {
    /// It does not.
    Refused,
    /// `--allow job-token`.
    Allowed,
}

/// One landing, with everything that stays the same over its attempts.
pub(super) struct Landing<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) host: &'a Host<'a>,
    pub(super) job: &'a Job<'a>,
    pub(super) wishes: &'a Wishes,
    /// People had settled on what the request holds when this run first looked: a lost race does not change that.
    settled: Cell<bool>,
}

/// What an attempt came to.
enum Attempt {
    Done(Box<Landed>),
    Race(String),
    Network(Error),
}

/// Opens or updates the pull request of one job.
///
/// # Errors
/// As [`push::land`] for its branch; [`Kind::Refused`] if the branch belongs to somebody else, or if what is approved would
/// change; what the forge says otherwise. A branch that this run made for a request that could not be opened is taken
/// back.
pub(crate) fn land(scene: &Scene<'_>, host: &Host<'_>, (job, wishes): (&Job<'_>, &Wishes)) -> Result<Landed, Error> {
    let landing = Landing::new(scene, host, (job, wishes));
    let mut back_off = BackOff::new(scene.bounds);
    loop {
        let lost = match landing.attempt(back_off.attempt())? {
            Attempt::Done(landed) => return Ok(*landed),
            Attempt::Network(error) => {
                push::again_after(scene, &mut back_off, error)?;
                continue;
            }
            Attempt::Race(lost) => lost,
        };
        if !back_off.again(Lost::Race) {
            return Err(push::gave_up(&back_off, &lost));
        }
    }
}

impl<'a> Landing<'a> {
    fn new(scene: &'a Scene<'a>, host: &'a Host<'a>, (job, wishes): (&'a Job<'a>, &'a Wishes)) -> Landing<'a> {
        Landing {
            scene,
            host,
            job,
            wishes,
            settled: Cell::new(false),
        }
    }

    fn attempt(&self, attempts: u32) -> Result<Attempt, Error> {
        let (scene, job) = (self.scene, self.job);
        let base_tip = match (scene.fetch)(std::slice::from_ref(&job.base)) {
            Ok(tips) => push::tip_of((&tips, scene.repository), &job.base)?.clone(),
            Err(error) if error.kind == Kind::Remote => return Ok(Attempt::Network(error)),
            Err(error) => return Err(error),
        };
        let planned = (job.plan)(&(scene.view)(&base_tip)?, &base_tip, Side::Base)?;
        let intent = evidence::named(&job.intent, &planned.change_set.facts);
        let lane = Lane {
            head: branch_name::of(&intent, &job.base, self.wishes.own_base)?,
            base: job.base.clone(),
        };
        if lane.head == lane.base {
            return Err(Error::new(
                Kind::Refused,
                "branch-taken",
                format!("`{}` is the branch of the request itself", lane.base),
            ));
        }
        let unchanged = |planned: Planned, request: Option<Requested>| {
            Ok(Attempt::Done(Box::new(Landed {
                head: None,
                difference: None,
                base: job.base.clone(),
                change_set: planned.change_set,
                commit: None,
                attempts,
                request,
                tip: base_tip.clone(),
                warnings: Vec::new(),
            })))
        };
        if planned.change_set.is_empty() {
            // Nothing to do, or superseded on the base: no request is opened for it, and none is asked about.
            return unchanged(planned, None);
        }
        self.host.require_token()?;
        self.refuse_unchecked()?;
        let open = self.open_one(&lane)?;
        let head = evidence::examine(scene, (&lane, &base_tip), open.as_ref())?;
        // What was given up, or merged, is left over and tells nothing; what others have put there does.
        if let Some(head) = head.as_ref().filter(|head| open.is_some() || head.is_shared()) {
            let at_head = (job.plan)(&(scene.view)(&head.tip)?, &head.tip, Side::Head)?;
            if !at_head.change_set.facts.superseded.is_empty() && at_head.change_set.is_empty() {
                let attempt = unchanged(at_head, open.map(untouched));
                return attempt.map(|attempt| shown_as(attempt, &head.tip));
            }
            if let Some(open) = &open
                && self.says_so_already(head, (&base_tip, &planned), (&at_head, open))?
            {
                let requested = self.keep(open.clone(), (&planned, head))?;
                return unchanged(at_head, Some(requested)).map(|attempt| shown_as(attempt, &head.tip));
            }
            if let Some(open) = &open {
                self.refuse_approved(open)?;
            }
        }
        self.publish((planned, base_tip, attempts), lane, (open, head))
    }

    /// The open request of a lane, with what reviews come to: lists of most forges do not tell.
    fn open_one(&self, lane: &Lane) -> Result<Option<PullRequest>, Error> {
        let Some(found) = self.host.find_open(lane)? else {
            return Ok(None);
        };
        let mut open = self.host.get(found.number)?;
        if open.state != State::Open {
            // Merged or closed between the two calls.
            return Ok(None);
        }
        if (self.wishes.stage, open.stage) == (Stage::Draft, Stage::Ready) {
            self.scene.progress.say(&format!(
                "pull request {} is open already, and no draft; `rakops pr create --head {} --onto {} --draft` makes it one",
                open.number, lane.head, lane.base
            ));
        }
        if open.review == ReviewDecision::Unknown {
            let reviews = self.host.reviews(&open)?;
            if reviews.iter().any(|review| review.state == ReviewState::Approved) {
                open.review = ReviewDecision::Approved;
            }
        }
        Ok(Some(open))
    }

    /// Refuses to have merged what no check will look at.
    fn refuse_unchecked(&self) -> Result<(), Error> {
        if self.wishes.merges_itself != MergesItself::Asked || self.wishes.unchecked == Unchecked::Allowed {
            return Ok(());
        }
        let warnings = self.host.warnings_before_opening();
        match warnings
            .into_iter()
            .find(|warning| warning.code == CHECKS_WILL_NOT_START)
        {
            None => Ok(()),
            Some(warning) => {
                let mut error = Error::new(
                    Kind::Refused,
                    CHECKS_WILL_NOT_START,
                    "with the token of this job, `--auto-merge` would wait for checks that do not start",
                )
                .because(warning.message);
                error.hints = warning.hints;
                Err(error.hint(Hint::Flag(
                    "--allow job-token".into(),
                    "asks for it all the same".into(),
                )))
            }
        }
    }

    /// Tells whether the open request has the content already that this run would give it.
    fn says_so_already(
        &self,
        head: &Head,
        (base_tip, planned): (&Oid, &Planned),
        (at_head, open): (&Planned, &PullRequest),
    ) -> Result<bool, Error> {
        if !at_head.change_set.is_empty() {
            return Ok(false);
        }
        // Somebody's commits, or somebody's approval, weigh more than a fresh base.
        if head.is_shared() || is_settled(open) {
            return Ok(true);
        }
        let tree = objects::tree(self.scene, base_tip, &planned.change_set)?;
        evidence::comes_to(self.scene, (base_tip, &head.tip), &tree)
    }

    fn refuse_approved(&self, open: &PullRequest) -> Result<(), Error> {
        if !is_settled(open) || self.wishes.approved == Approved::MayChange {
            return Ok(());
        }
        let what = if open.auto_merge == Some(true) {
            "set to merge by itself"
        } else {
            "approved"
        };
        Err(Error::new(
            Kind::Refused,
            "request-approved",
            format!("pull request {} is {what}, and its content would change", open.number),
        )
        .because(open.url.clone())
        .hint(Hint::Flag(
            "--update".into(),
            "changes it, and asks its reviewers again".into(),
        )))
    }

    /// Pushes the branch, and opens or updates the request.
    fn publish(
        &self,
        (planned, base_tip, attempts): (Planned, Oid, u32),
        lane: Lane,
        (open, head): (Option<PullRequest>, Option<Head>),
    ) -> Result<Attempt, Error> {
        let scene = self.scene;
        let parent = match &head {
            Some(head) if head.is_shared() => head.tip.clone(),
            _ => base_tip.clone(),
        };
        // On top of other people's commits the plan is made again, on what they left. The request tells of both.
        let on_top = match parent == base_tip {
            true => None,
            false => Some((self.job.plan)(&(scene.view)(&parent)?, &parent, Side::Head)?),
        };
        let of_commit = on_top.as_ref().unwrap_or(&planned);
        let commit = match of_commit.change_set.is_empty() {
            true => parent.clone(),
            false => objects::write(scene, &parent, of_commit)?,
        };
        if open.is_none() && objects::commit(scene, &commit)?.tree == objects::commit(scene, &base_tip)?.tree {
            // Some forges open a request for nothing.
            return Ok(nothing((self.job, base_tip, attempts)));
        }
        let mut warnings = match open {
            None => self.host.warnings_before_opening(),
            Some(_) => Vec::new(),
        };
        if open.as_ref().is_some_and(is_settled) {
            self.settled.set(true);
        }
        // Before the push: what was agreed to must not merge with another content.
        if let Some(open) = open.as_ref().filter(|open| open.auto_merge == Some(true)) {
            self.host.disable_auto_merge(open)?;
            scene.progress.say(&format!(
                "pull request {} does not merge by itself any more",
                open.number
            ));
        }
        let expect = head
            .as_ref()
            .map_or(Expect::Absent, |head| Expect::Tip(head.tip.clone()));
        scene.progress.doing(&format!("pushing {}", lane.head));
        let update = Update {
            branch: lane.head.clone(),
            new: Some(commit.clone()),
            expect,
        };
        if head.as_ref().is_none_or(|head| head.tip != commit) {
            match push::remote(scene)?.push(scene.git, &[update])? {
                Push::Landed { notes } => notes.iter().for_each(|note| scene.progress.detail(note)),
                Push::Refused(error) => {
                    self.agree_again(open.as_ref(), &mut warnings);
                    return Err(warnings.into_iter().fold(error, |error, it| error.because(it.message)));
                }
                Push::Moved { wording } => return Ok(Attempt::Race(wording)),
                Push::NetworkDown(error) => return Ok(Attempt::Network(error)),
                Push::Unclear { line, otherwise } => {
                    let now = (scene.fetch)(std::slice::from_ref(&lane.head))?;
                    if now.get(&lane.head) == head.as_ref().map(|head| &head.tip) {
                        return Err(otherwise);
                    }
                    return Ok(Attempt::Race(line));
                }
            }
        }
        let pushed = Pushed { commit, lane, head };
        let (request, outcome) = match self.request(&planned, &pushed, open.as_ref()) {
            Ok(Some(made)) => made,
            Ok(None) => {
                self.take_back(&pushed);
                return Ok(nothing((self.job, base_tip, attempts)));
            }
            Err(error) if error.code == UNCLEAR => return Err(error),
            Err(error) => {
                self.take_back(&pushed);
                return Err(self.with_way_out(error, &pushed.lane));
            }
        };
        let mut requested = self.finish((request, outcome), (&planned, &pushed.commit), &mut warnings)?;
        if self.settled.get() {
            self.ask_again(&requested.request, &planned, &mut warnings);
        }
        if requested.outcome == Outcome::Merged {
            requested.request = self.host.get(requested.request.number)?;
        }
        Ok(Attempt::Done(Box::new(Landed {
            head: Some(pushed.lane.head.clone()),
            difference: objects::difference(scene, &base_tip, &planned.change_set)?,
            base: self.job.base.clone(),
            change_set: planned.change_set,
            commit: Some(pushed.commit),
            attempts,
            request: Some(requested),
            tip: base_tip,
            warnings,
        })))
    }

    /// Has the forge merge by itself again what stays as it was.
    fn agree_again(&self, open: Option<&PullRequest>, warnings: &mut Vec<Error>) {
        let Some(open) = open.filter(|open| open.auto_merge == Some(true)) else {
            return;
        };
        let again = match &open.head_oid {
            Some(head) => self.host.enable_auto_merge(open, head, self.wishes.method),
            None => Ok(AutoMerge::Unavailable("its head is not known".into())),
        };
        let why = match again {
            Ok(AutoMerge::Enabled | AutoMerge::MergedNow) => return,
            Ok(AutoMerge::Unavailable(why)) => why,
            Err(error) => error.message,
        };
        let message = format!("pull request {} does not merge by itself any more: {why}", open.number);
        warnings.push(Error::new(Kind::Remote, "auto-merge-lost", message).because(open.url.clone()));
    }

    /// Opens the request, or gives the open one its new words; none if the forge sees nothing to pull.
    fn request(
        &self,
        planned: &Planned,
        pushed: &Pushed,
        open: Option<&PullRequest>,
    ) -> Result<Option<(PullRequest, Outcome)>, Error> {
        let patch = Patch {
            title: Some(planned.title.clone()),
            body: Some(planned.body.clone()),
            ..Patch::default()
        };
        if let Some(open) = open {
            return Ok(Some((self.host.update(open, &patch)?, Outcome::Updated)));
        }
        self.scene.progress.doing("opening a pull request");
        let created = self.host.create(&NewRequest {
            lane: pushed.lane.clone(),
            title: planned.title.clone(),
            body: planned.body.clone(),
            stage: self.wishes.stage,
        });
        match created {
            Ok(Created::New(request)) => Ok(Some((request, Outcome::Opened))),
            Ok(Created::Found(request)) => Ok(Some((self.host.update(&request, &patch)?, Outcome::Updated))),
            Ok(Created::NothingBetween) => Ok(None),
            // The answer may have been lost, and the request be there all the same.
            Err(mut error) if error.kind == Kind::Remote => match self.host.find_open(&pushed.lane) {
                Ok(Some(request)) => Ok(Some((request, Outcome::Opened))),
                Ok(None) => Err(error),
                Err(_) => {
                    // Its branch is not taken from under a request that may be there.
                    error.code = UNCLEAR;
                    Err(error
                        .because(format!("the branch {} is pushed", pushed.lane.head))
                        .hint(Hint::Say("run it again: it finds what is there".into())))
                }
            },
            Err(error) => Err(error),
        }
    }

    /// Takes a branch back that this run has pushed for a request that is not there: as it was before, with a lease.
    fn take_back(&self, pushed: &Pushed) {
        let update = Update {
            branch: pushed.lane.head.clone(),
            new: pushed.head.as_ref().map(|head| head.tip.clone()),
            expect: Expect::Tip(pushed.commit.clone()),
        };
        if update.new.as_ref() == Some(&pushed.commit) {
            return;
        }
        let outcome = push::remote(self.scene).and_then(|remote| remote.push(self.scene.git, &[update]));
        match outcome {
            Ok(Push::Landed { .. }) => self.scene.progress.detail(&format!("took {} back", pushed.lane.head)),
            Ok(_) | Err(_) => self.scene.progress.say(&format!(
                "the branch {} could not be taken back; `git push {} :{}` deletes it",
                pushed.lane.head,
                self.scene.remote.and_then(|remote| remote.name()).unwrap_or("origin"),
                pushed.lane.head
            )),
        }
    }

    /// What else can be done where the forge does not open a request.
    fn with_way_out(&self, error: Error, lane: &Lane) -> Error {
        let page = self.host.address_to_open(lane);
        let error = error.hint(Hint::Flag(
            "--push".into(),
            format!("lands on {} without a pull request", lane.base),
        ));
        match (page.is_empty(), self.scene.checkout) {
            (false, Checkout::Users | Checkout::Cache) => error.hint(Hint::Say(format!(
                "once its branch is there, a request can be opened by hand: {page}"
            ))),
            (true, _) => error,
        }
    }
}

/// A branch that this run has pushed.
struct Pushed {
    commit: Oid,
    lane: Lane,
    /// What it was before.
    head: Option<Head>,
}

/// Whether people have settled on what a request holds.
fn is_settled(open: &PullRequest) -> bool {
    open.review == ReviewDecision::Approved || open.auto_merge == Some(true)
}

fn untouched(request: PullRequest) -> Requested {
    Requested {
        request,
        outcome: Outcome::Untouched,
        applied: Applied::default(),
        merge_here: None,
    }
}

/// There is nothing to pull after all.
fn nothing((job, tip, attempts): (&Job<'_>, Oid, u32)) -> Attempt {
    Attempt::Done(Box::new(Landed {
        head: None,
        difference: None,
        base: job.base.clone(),
        change_set: ChangeSet::default(),
        commit: None,
        attempts,
        request: None,
        tip,
        warnings: Vec::new(),
    }))
}

fn shown_as(attempt: Attempt, head: &Oid) -> Attempt {
    match attempt {
        Attempt::Done(mut landed) => {
            landed.commit = Some(head.clone());
            Attempt::Done(landed)
        }
        other => other,
    }
}

/// The branch that the request of a plan comes from.
///
/// # Errors
/// None that is known.
pub(crate) fn head_of(job: (&Intent, &BranchName), facts: &Facts, own_base: OwnBase) -> Result<BranchName, Error> {
    branch_name::of(&evidence::named(job.0, facts), job.1, own_base)
}

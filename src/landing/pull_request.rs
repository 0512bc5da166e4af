//! Through a pull request: a branch that is a function of the intent, and one request for it, however often it is run.
//!
//! Source: PROMOTION.md, section 9; the order of calls is that of GIT_AND_FORGES.md, sections 3.2 and 6.2.

use super::back_off::{BackOff, Lost};
use super::branch_name::{self, OwnBase};
use super::evidence::{self, Head};
use super::{Checkout, Job, Landed, MergesItself, Outcome, Planned, Requested, Scene, Side, objects, push};
use crate::error::{Error, Hint, Kind};
use crate::forge::{
    Applied, AutoMerge, Created, Decoration, Host, Lane, Method, NewRequest, Patch, PullRequest, ReviewDecision, Stage,
};
use crate::git::answers::Push;
use crate::git::names::Oid;
use crate::git::refs::Expect;
use crate::git::remote::Update;

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

/// One landing, with everything that stays the same over its attempts.
struct Landing<'a> {
    scene: &'a Scene<'a>,
    host: &'a Host<'a>,
    job: &'a Job<'a>,
    wishes: &'a Wishes,
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
    let landing = Landing {
        scene,
        host,
        job,
        wishes,
    };
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

impl Landing<'_> {
    fn attempt(&self, attempts: u32) -> Result<Attempt, Error> {
        let (scene, job) = (self.scene, self.job);
        let base_tip = match (scene.fetch)(std::slice::from_ref(&job.base)) {
            Ok(tips) => push::tip_of(scene, &tips, &job.base)?.clone(),
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
        let open = self.host.find_open(&lane)?;
        let head = evidence::examine(scene, (&lane, &base_tip), open.as_ref())?;
        if let Some(head) = &head {
            let at_head = (job.plan)(&(scene.view)(&head.tip)?, &head.tip, Side::Head)?;
            if !at_head.change_set.facts.superseded.is_empty() && at_head.change_set.is_empty() {
                let request = open.map(|request| untouched(request));
                return unchanged(at_head, request);
            }
            if let Some(open) = &open
                && self.says_so_already(head, (&base_tip, &planned), (&at_head, open))?
            {
                let requested = self.keep(open.clone(), (&planned, head))?;
                return unchanged(planned, Some(requested)).map(|attempt| shown_as(attempt, &head.tip));
            }
            if let Some(open) = &open {
                self.refuse_approved(open)?;
            }
        }
        self.publish((planned, base_tip, attempts), lane, (open, head))
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
        // On top of other people's commits the plan is made again, on what they left.
        let planned = match parent == base_tip {
            true => planned,
            false => (self.job.plan)(&(scene.view)(&parent)?, &parent, Side::Head)?,
        };
        if open.is_none() {
            self.host
                .warnings_before_opening()
                .iter()
                .for_each(|warning| scene.progress.say(&warning.message));
        }
        if let Some(open) = open.as_ref().filter(|open| open.auto_merge == Some(true)) {
            self.host.disable_auto_merge(open)?;
        }
        let commit = match planned.change_set.is_empty() {
            true => parent.clone(),
            false => objects::write(scene, &parent, &planned)?,
        };
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
                Push::Refused(error) => return Err(error),
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
                return Ok(Attempt::Done(Box::new(Landed {
                    base: self.job.base.clone(),
                    change_set: crate::change::set::ChangeSet::default(),
                    commit: None,
                    attempts,
                    request: None,
                    tip: base_tip,
                    warnings: Vec::new(),
                })));
            }
            Err(error) => {
                self.take_back(&pushed);
                return Err(self.with_way_out(error, &pushed.lane));
            }
        };
        let mut warnings = Vec::new();
        let mut requested = self.finish((request, outcome), (&planned, &pushed.commit), &mut warnings)?;
        if open.as_ref().is_some_and(is_settled) {
            self.ask_again(&requested.request, &planned, &mut warnings);
        }
        if requested.outcome == Outcome::Merged {
            requested.request = self.host.get(requested.request.number)?;
        }
        Ok(Attempt::Done(Box::new(Landed {
            base: self.job.base.clone(),
            change_set: planned.change_set,
            commit: Some(pushed.commit),
            attempts,
            request: Some(requested),
            tip: base_tip,
            warnings,
        })))
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
            Err(error) if error.kind == Kind::Remote => match self.host.find_open(&pushed.lane) {
                Ok(Some(request)) => Ok(Some((request, Outcome::Opened))),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// Labels, reviewers and the wish to merge by itself. What fails here leaves the request in place, and is said.
    fn finish(
        &self,
        (request, mut outcome): (PullRequest, Outcome),
        (planned, head): (&Planned, &Oid),
        warnings: &mut Vec<Error>,
    ) -> Result<Requested, Error> {
        let (wishes, scene) = (self.wishes, self.scene);
        let decoration = Decoration {
            labels: joined(&planned.labels, &wishes.labels),
            reviewers: joined(&planned.reviewers, &wishes.reviewers),
        };
        let mut applied = Applied::default();
        if decoration != Decoration::default() {
            applied = self.host.decorate(&request, &decoration);
            let lacking: Vec<Error> = lacking(&applied, &request);
            match wishes.lacking {
                Lacking::Error if !lacking.is_empty() => {
                    return Err(lacking
                        .into_iter()
                        .fold(incomplete(&request), |error, cause| error.because(cause.message)));
                }
                _ => warnings.extend(lacking),
            }
        }
        let merges_itself = match wishes.merges_itself {
            MergesItself::No => planned.merges_itself,
            asked => asked,
        };
        if merges_itself != MergesItself::No {
            scene.progress.doing("asking for auto-merge");
            match self.host.enable_auto_merge(&request, head, wishes.method)? {
                AutoMerge::Enabled => {}
                AutoMerge::MergedNow => outcome = Outcome::Merged,
                AutoMerge::Unavailable(why) => {
                    let error = Error::new(
                        Kind::Refused,
                        "auto-merge-unavailable",
                        format!("pull request {} is open, and will not merge by itself", request.number),
                    )
                    .because(why)
                    .because(request.url.clone())
                    .hint(Hint::Run(format!("rakops pr wait {}", request.number)))
                    .hint(Hint::Run(format!("rakops pr merge {}", request.number)));
                    match merges_itself {
                        MergesItself::Asked => return Err(error),
                        _ => warnings.push(error),
                    }
                }
            }
        }
        Ok(Requested {
            request,
            outcome,
            applied,
        })
    }

    /// An open request with the same content: only what the user says of it is brought up to date.
    fn keep(&self, open: PullRequest, (planned, head): (&Planned, &Head)) -> Result<Requested, Error> {
        let wishes = self.wishes;
        let patch = Patch {
            title: wishes.title.clone(),
            body: wishes.body.as_ref().map(|_| planned.body.clone()),
            ..Patch::default()
        };
        let patch = patch.against(&open);
        let mut outcome = Outcome::Untouched;
        let request = match patch.is_empty() {
            true => open,
            false => {
                outcome = Outcome::Updated;
                self.host.update(&open, &patch)?
            }
        };
        let has_wishes = !wishes.labels.is_empty() || !wishes.reviewers.is_empty();
        let wants_auto_merge = wishes.merges_itself == MergesItself::Asked && request.auto_merge != Some(true);
        if !has_wishes && !wants_auto_merge {
            return Ok(Requested {
                request,
                outcome,
                applied: Applied::default(),
            });
        }
        let mut warnings = Vec::new();
        let requested = self.finish((request, outcome), (planned, &head.tip), &mut warnings)?;
        warnings
            .iter()
            .for_each(|warning| self.scene.progress.say(&warning.message));
        Ok(requested)
    }

    /// What was approved has changed: its reviewers are asked again, and the difference is said in the request.
    fn ask_again(&self, request: &PullRequest, planned: &Planned, warnings: &mut Vec<Error>) {
        let text = format!(
            "The content has changed since it was approved:\n\n{}",
            crate::change::evidence::table(&planned.change_set.facts)
        );
        let mut reviewers: Vec<String> = match self.host.reviews(request) {
            Ok(reviews) => reviews.into_iter().map(|review| review.by).collect(),
            Err(error) => {
                warnings.push(error);
                Vec::new()
            }
        };
        reviewers.sort();
        reviewers.dedup();
        let decoration = Decoration {
            labels: Vec::new(),
            reviewers,
        };
        if !decoration.reviewers.is_empty() {
            warnings.extend(lacking(&self.host.decorate(request, &decoration), request));
        }
        if let Err(error) = self.host.comment(request.number, "updated", &text) {
            warnings.push(error);
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
    }
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

fn joined(configured: &[String], asked: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for one in configured.iter().chain(asked) {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
    all
}

fn incomplete(request: &PullRequest) -> Error {
    Error::new(
        Kind::Refused,
        "request-incomplete",
        format!(
            "pull request {} is open, and not all that was asked for is there",
            request.number
        ),
    )
    .because(request.url.clone())
}

/// What of labels and reviewers is not there, each with the way to complete it.
fn lacking(applied: &Applied, request: &PullRequest) -> Vec<Error> {
    let unsupported = applied.unsupported.iter().map(|what| {
        Error::new(
            Kind::Refused,
            "forge-lacks",
            format!("this forge has no such thing: {what}"),
        )
    });
    let failed = applied.failed.iter().map(|(what, why)| {
        Error::new(
            Kind::Remote,
            "not-applied",
            format!("pull request {} is open without its {what}", request.number),
        )
        .because(why.message.clone())
    });
    unsupported.chain(failed).collect()
}

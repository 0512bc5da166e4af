//! One change for several branches: one branch that is cut from the first of them, and a pull request from it to each.
//!
//! Where merging that branch would bring anything else along, a branch gets a commit of its own, and a request from there.
//! All of them say the same `Rakops-Change:`, so that the copies are known for one change.
//! Source: PROMOTION.md, section 8.

mod shared;

pub(crate) use shared::would_share;

use super::{Attempt, Landing, Pushed, Wishes, is_settled, nothing};
use crate::change::evidence::read;
use crate::change::set::ChangeSet;
use crate::error::{Error, Kind};
use crate::forge::{Host, Lane, PullRequest};
use crate::git::answers::Push;
use crate::git::names::{BranchName, Oid};
use crate::git::refs::Expect;
use crate::git::remote::Update;
use crate::landing::back_off::{BackOff, Lost};
use crate::landing::branch_name::{self, OwnBase};
use crate::landing::called::Called;
use crate::landing::evidence;
use crate::landing::{Job, Landed, Outcome, Planned, Requested, Scene, Side, objects, push};
use shared::{Shared, Way};

/// Opens or updates the requests of a change. The first job is the one that the branch is cut for.
///
/// # Errors
/// As [`super::land`]; what is open when a later one fails is named with the failure.
pub(crate) fn land(
    scene: &Scene<'_>,
    host: &Host<'_>,
    (jobs, wishes, called): (&[Job<'_>], &Wishes, &Called),
) -> Result<Vec<Landed>, Error> {
    let spread = Spread {
        scene,
        host,
        jobs,
        wishes,
        called,
    };
    let mut back_off = BackOff::new(scene.bounds);
    loop {
        let lost = match spread.attempt(back_off.attempt())? {
            End::Done(landed) => return Ok(landed),
            End::Network(error) => {
                push::again_after(scene, &mut back_off, error)?;
                continue;
            }
            End::Race(lost) => lost,
        };
        if !back_off.again(Lost::Race) {
            return Err(push::gave_up(&back_off, &lost));
        }
    }
}

/// Adds to an error which requests of the same run are there.
pub(crate) fn beside(error: Error, landed: &[Landed]) -> Error {
    let there = landed
        .iter()
        .filter_map(|one| one.request.as_ref().map(|it| &it.request));
    there.fold(error, |error, request| {
        error.because(format!("for {} it is there: {}", request.lane.base, request.url))
    })
}

/// What an attempt came to.
enum End {
    Done(Vec<Landed>),
    Race(String),
    Network(Error),
}

struct Spread<'a> {
    scene: &'a Scene<'a>,
    host: &'a Host<'a>,
    jobs: &'a [Job<'a>],
    wishes: &'a Wishes,
    called: &'a Called,
}

/// One of the branches, as an attempt sees it.
struct Part<'a> {
    landing: Landing<'a>,
    lane: Lane,
    tip: Oid,
    planned: Planned,
    /// The open request from the branch that all share.
    open: Option<PullRequest>,
    /// Whether a request is open from a branch of its own.
    is_apart: bool,
}

impl<'a> Spread<'a> {
    fn attempt(&self, attempts: u32) -> Result<End, Error> {
        let scene = self.scene;
        let bases: Vec<BranchName> = self.jobs.iter().map(|job| job.base.clone()).collect();
        let tips = match (scene.fetch)(&bases) {
            Ok(tips) => tips,
            Err(error) if error.kind == Kind::Remote => return Ok(End::Network(error)),
            Err(error) => return Err(error),
        };
        let mut parts: Vec<Part<'a>> = Vec::with_capacity(self.jobs.len());
        for job in self.jobs {
            let tip = push::tip_of((&tips, self.scene.repository), &job.base)?.clone();
            let planned = self.plan(job, (&tip, Side::Base))?;
            let head = match parts.first() {
                Some(first) => first.lane.head.clone(),
                None => self.head_of((job, &planned), OwnBase::Yes)?,
            };
            parts.push(Part {
                landing: Landing::new(scene, self.host, (job, self.wishes)),
                lane: Lane {
                    head,
                    base: job.base.clone(),
                },
                tip,
                planned,
                open: None,
                is_apart: false,
            });
        }
        if parts.iter().all(|part| part.planned.change_set.is_empty()) {
            return Ok(End::Done(parts.iter().map(|part| part.nothing(attempts)).collect()));
        }
        self.host.require_token()?;
        parts[0].landing.refuse_unchecked()?;
        self.look(&mut parts)?;
        let shared = self.shared(&parts)?;
        let ways = parts
            .iter()
            .map(|part| self.way(part, &shared))
            .collect::<Result<Vec<Way>, Error>>()?;
        if let Some(end) = self.publish((&parts, &ways), &shared)? {
            return Ok(end);
        }
        self.request_all((parts, &ways, attempts), shared)
    }

    fn plan(&self, job: &Job<'_>, (commit, side): (&Oid, Side)) -> Result<Planned, Error> {
        (job.plan)(&(self.scene.view)(commit)?, commit, side)
    }

    fn head_of(&self, (job, planned): (&Job<'_>, &Planned), own_base: OwnBase) -> Result<BranchName, Error> {
        let intent = evidence::named(&job.intent, &planned.change_set.facts);
        branch_name::of(&intent, &job.base, own_base)
    }

    /// Looks for open requests, and takes the name of the change from them. With another name the plans say so.
    fn look(&self, parts: &mut [Part<'_>]) -> Result<(), Error> {
        let mut known: Option<String> = None;
        for part in parts.iter_mut() {
            part.open = part.landing.open_one(&part.lane)?;
            let mut lane = part.lane.clone();
            if part.open.is_none() && lane.base != self.jobs[0].base {
                lane.head = self.head_of((part.landing.job, &part.planned), OwnBase::No)?;
                part.is_apart = part.landing.open_one(&lane)?.is_some();
            }
            if known.is_none() && (part.open.is_some() || part.is_apart) {
                known = self.name_on(&lane, &part.tip)?;
            }
        }
        if let Some(known) = known
            && self.called.keep(known)
        {
            for (part, job) in parts.iter_mut().zip(self.jobs) {
                part.planned = self.plan(job, (&part.tip, Side::Base))?;
            }
        }
        Ok(())
    }

    /// What the change is called on the branch of a request.
    fn name_on(&self, lane: &Lane, base: &Oid) -> Result<Option<String>, Error> {
        let Some((tip, commits)) = (self.scene.between)(lane, base)? else {
            return Ok(None);
        };
        let end = objects::commit(self.scene, &tip)?;
        let mut changes = commits.iter().chain([&end]).map(|it| read(&it.message).changes);
        Ok(changes.find_map(|changes| changes.into_iter().next()))
    }

    /// Pushes the branch that all share; tells where that has to be tried again.
    fn publish(&self, (parts, ways): (&[Part<'_>], &[Way]), shared: &Shared) -> Result<Option<End>, Error> {
        let scene = self.scene;
        let Some(commit) = shared.commit.as_ref().filter(|_| !shared.stays()) else {
            return Ok(None);
        };
        if !ways.contains(&Way::Shared) {
            return Ok(None);
        }
        for part in parts {
            let Some(open) = &part.open else { continue };
            part.landing.refuse_approved(open)?;
        }
        for part in parts {
            let Some(open) = &part.open else { continue };
            part.landing.settled.set(part.landing.settled.get() || is_settled(open));
            if open.auto_merge == Some(true) {
                self.host.disable_auto_merge(open)?;
                scene.progress.say(&format!(
                    "pull request {} does not merge by itself any more",
                    open.number
                ));
            }
        }
        let head = &parts[0].lane.head;
        scene.progress.doing(&format!("pushing {head}"));
        let update = Update {
            branch: head.clone(),
            new: Some(commit.clone()),
            expect: match &shared.head {
                Some(head) => Expect::Tip(head.tip.clone()),
                None => Expect::Absent,
            },
        };
        match push::remote(scene)?.push(scene.git, &[update])? {
            Push::Landed { notes } => notes.iter().for_each(|note| scene.progress.detail(note)),
            Push::Refused(error) => {
                let mut warnings = Vec::new();
                for part in parts {
                    part.landing.agree_again(part.open.as_ref(), &mut warnings);
                }
                return Err(warnings.into_iter().fold(error, |error, it| error.because(it.message)));
            }
            Push::Moved { wording } => return Ok(Some(End::Race(wording))),
            Push::NetworkDown(error) => return Ok(Some(End::Network(error))),
            Push::Unclear { line, otherwise } => {
                let now = (scene.fetch)(std::slice::from_ref(head))?;
                if now.get(head) == shared.head.as_ref().map(|head| &head.tip) {
                    return Err(otherwise);
                }
                return Ok(Some(End::Race(line)));
            }
        }
        Ok(None)
    }

    fn request_all(&self, (parts, ways, attempts): (Vec<Part<'_>>, &[Way], u32), shared: Shared) -> Result<End, Error> {
        let mut landed: Vec<Landed> = Vec::with_capacity(parts.len());
        let stays = shared.stays();
        let commit = shared.commit.unwrap_or_else(|| parts[0].tip.clone());
        let mut pushed = Pushed {
            commit,
            lane: parts[0].lane.clone(),
            head: shared.head,
        };
        for (part, way) in parts.into_iter().zip(ways) {
            pushed.lane = part.lane.clone();
            let one = match way {
                Way::Nothing => Ok(part.nothing(attempts)),
                Way::Shared if stays => self.request((part, attempts), &pushed),
                Way::Shared => {
                    let one = self.request((part, attempts), &pushed);
                    let is_of_it = |one: &Landed| one.request.is_some();
                    if one.is_err() && !landed.iter().any(is_of_it) {
                        Landing::new(self.scene, self.host, (&self.jobs[0], self.wishes)).take_back(&pushed);
                    }
                    one
                }
                Way::Apart => self.apart(&part),
            };
            match one {
                Ok(one) => landed.push(one),
                Err(error) => return Err(beside(error, &landed)),
            }
        }
        Ok(End::Done(landed))
    }

    /// Opens or updates the request of one branch from the one that all share.
    fn request(&self, (part, attempts): (Part<'_>, u32), pushed: &Pushed) -> Result<Landed, Error> {
        let scene = self.scene;
        let is_kept = pushed.head.as_ref().is_some_and(|head| head.tip == pushed.commit);
        let made = |requested: Requested, change_set: ChangeSet, warnings: Vec<Error>| Landed {
            commit: Some(pushed.commit.clone()),
            head: Some(pushed.lane.head.clone()),
            request: Some(requested),
            attempts,
            warnings,
            ..Landed::planned(part.lane.base.clone(), part.tip.clone(), change_set)
        };
        if let (Some(open), Some(head), true) = (&part.open, &pushed.head, is_kept) {
            let requested = part.landing.keep(open.clone(), (&part.planned, head))?;
            return Ok(made(requested, ChangeSet::default(), Vec::new()));
        }
        let mut warnings = match part.open {
            None => self.host.warnings_before_opening(),
            Some(_) => Vec::new(),
        };
        let request = part.landing.request(&part.planned, pushed, part.open.as_ref());
        let request = request.map_err(|error| part.landing.with_way_out(error, &part.lane))?;
        let Some((request, outcome)) = request else {
            return Ok(part.nothing(attempts));
        };
        let mut requested = part
            .landing
            .finish((request, outcome), (&part.planned, &pushed.commit), &mut warnings)?;
        if part.landing.settled.get() {
            part.landing.ask_again(&requested.request, &part.planned, &mut warnings);
        }
        if requested.outcome == Outcome::Merged {
            requested.request = self.host.get(requested.request.number)?;
        }
        scene
            .progress
            .detail(&format!("{} goes to {}", part.lane.head, part.lane.base));
        Ok(made(requested, part.planned.change_set, warnings))
    }

    /// Opens or updates the request of one branch from a branch of its own.
    fn apart(&self, part: &Part<'_>) -> Result<Landed, Error> {
        let (base, first) = (&part.lane.base, &self.jobs[0].base);
        self.scene.progress.say(&format!(
            "{base} is not as {first} is where this changes it: it gets a commit of its own"
        ));
        if let Some(open) = &part.open {
            self.scene.progress.say(&format!(
                "pull request {} would bring something else along, and is left as it is: {}",
                open.number, open.url
            ));
        }
        let wishes = Wishes {
            own_base: OwnBase::No,
            ..self.wishes.clone()
        };
        super::land(self.scene, self.host, (part.landing.job, &wishes))
    }
}

impl Part<'_> {
    /// There is nothing to do on this branch.
    fn nothing(&self, attempts: u32) -> Landed {
        match nothing((self.landing.job, self.tip.clone(), attempts)) {
            Attempt::Done(landed) => *landed,
            Attempt::Race(_) | Attempt::Network(_) => {
                Landed::planned(self.lane.base.clone(), self.tip.clone(), ChangeSet::default())
            }
        }
    }
}

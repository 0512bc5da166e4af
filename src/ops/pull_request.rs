//! Pull requests by hand: open or update one, look at it, wait for it, merge it, keep a comment on it.

use std::time::{Duration, Instant};

use crate::error::{Error, Hint, Kind};
use crate::forge::{
    Applied, AutoMerge, Checks, Commented, Created, Decoration, Host, Lane, Merge, Method, NewRequest, Patch,
    PullRequest, ReviewDecision, Stage, State,
};
use crate::git::names::{BranchName, Oid};
use crate::git::program::Git;
use crate::git::remote::Remote;
use crate::ops::world::World;

/// Waits between two looks, in seconds; the last one goes on.
const LOOKS: &[u64] = &[1, 2, 4, 8, 15];

/// The forge of a repository, and what is checked out here.
pub(crate) struct Desk<'a> {
    /// The repository there.
    pub(crate) host: Host<'a>,
    git: &'a Git,
    remote: Remote,
    seat: Seat,
    checked_out: Option<BranchName>,
    default: Option<BranchName>,
}

/// Whether there is a checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seat {
    Checkout,
    Remote,
}

impl<'a> Desk<'a> {
    /// The forge behind a remote of a checkout.
    pub(crate) fn of_checkout(host: Host<'a>, (git, remote): (&'a Git, Remote), world: &World) -> Desk<'a> {
        let branch = |name: &Option<String>| name.as_deref().and_then(|name| BranchName::parse(name).ok());
        Desk {
            host,
            git,
            remote,
            seat: Seat::Checkout,
            checked_out: branch(&world.branches.checked_out),
            default: branch(&world.branches.default),
        }
    }

    /// The forge of a repository that is not here: nothing is checked out, and its branches are asked for when needed.
    pub(crate) fn of_remote(host: Host<'a>, (git, remote): (&'a Git, Remote)) -> Desk<'a> {
        Desk {
            host,
            git,
            remote,
            seat: Seat::Remote,
            checked_out: None,
            default: None,
        }
    }

    /// The default branch, as it is known here, else as the remote says.
    fn default(&self) -> Option<BranchName> {
        let told = || self.remote.tips(self.git).ok()?.default;
        self.default.clone().or_else(told)
    }
}

/// Which pull request is meant.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    /// By number.
    Number(u64),
    /// The open one of a branch.
    Of(BranchName),
    /// The open one of the branch that is checked out.
    Here,
}

impl Which {
    /// Reads `57`, `#57`, `!57` or the name of a branch.
    ///
    /// # Errors
    /// [`Kind::Usage`] if it can be neither.
    pub(crate) fn parse(typed: Option<&str>) -> Result<Which, Error> {
        let Some(typed) = typed else { return Ok(Which::Here) };
        let number = typed.strip_prefix(['#', '!']).unwrap_or(typed).parse();
        match number {
            Ok(number) => Ok(Which::Number(number)),
            Err(_) => Ok(Which::Of(BranchName::parse(typed)?)),
        }
    }
}

/// What `pr create` was asked for.
#[derive(Clone, Debug)]
pub(crate) struct CreateRequest {
    /// The branch with the change; the one that is checked out if absent.
    pub(crate) head: Option<BranchName>,
    /// The branch it is meant for; the default branch if absent.
    pub(crate) base: Option<BranchName>,
    /// The subject of the head's last commit if absent.
    pub(crate) title: Option<String>,
    /// Empty, or as it is, if absent.
    pub(crate) body: Option<String>,
    /// Draft or ready; ready, or as it is, if absent.
    pub(crate) stage: Option<Stage>,
    /// Labels and reviewers.
    pub(crate) decoration: Decoration,
    /// Whether the forge is to merge it, and how.
    pub(crate) auto_merge: Option<Option<Method>>,
}

/// What `pr create` came to.
#[derive(Debug)]
pub(crate) struct CreateReport {
    /// From where to where.
    pub(crate) lane: Lane,
    /// What was done, or would be.
    pub(crate) done: Done,
    /// The request; none where there is nothing to pull, and in a dry run that would open one.
    pub(crate) request: Option<PullRequest>,
    /// Labels and reviewers.
    pub(crate) applied: Applied,
    /// What came of auto-merge, if it was asked for.
    pub(crate) auto_merge: Option<AutoMerge>,
    /// What should be known.
    pub(crate) warnings: Vec<Error>,
}

/// What was done with a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It is new.
    Opened,
    /// Something in it is.
    Updated,
    /// Nothing is.
    Unchanged,
    /// The head holds nothing that the base does not hold.
    NothingBetween,
}

/// Whether something is done, or only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    Real,
    Dry,
}

/// Opens a pull request, or updates the one that is open.
///
/// # Errors
/// [`Kind::Usage`] if a branch has to be named; as every call of [`Host`].
pub(crate) fn create(desk: &Desk<'_>, request: CreateRequest, run: Run) -> Result<CreateReport, Error> {
    let lane = lane(desk, &request)?;
    desk.host.require_token()?;
    let mut report = CreateReport {
        done: Done::Unchanged,
        request: None,
        applied: Applied::default(),
        auto_merge: None,
        warnings: Vec::new(),
        lane: lane.clone(),
    };
    let found = desk.host.find_open(&lane)?;
    let patch = Patch {
        title: request.title.clone(),
        body: request.body.clone(),
        base: None,
        stage: request.stage,
    };
    if run == Run::Dry {
        report.done = match &found {
            None => Done::Opened,
            Some(pr) if patch.against(pr).is_empty() => Done::Unchanged,
            Some(_) => Done::Updated,
        };
        report.request = found;
        return Ok(report);
    }
    let created = match found {
        Some(pr) => Created::Found(pr),
        None => {
            report.warnings = desk.host.warnings_before_opening();
            let title = match &request.title {
                Some(title) => title.clone(),
                None => subject(desk, &lane)?,
            };
            let new = NewRequest {
                title,
                body: request.body.clone().unwrap_or_default(),
                stage: request.stage.unwrap_or(Stage::Ready),
                lane: lane.clone(),
            };
            desk.host
                .create(&new)
                .map_err(|error| with_address(desk, &lane, error))?
        }
    };
    let pr = match created {
        Created::NothingBetween => {
            report.done = Done::NothingBetween;
            return Ok(report);
        }
        Created::New(pr) => {
            report.done = Done::Opened;
            pr
        }
        Created::Found(pr) => {
            let differs = !patch.against(&pr).is_empty();
            report.done = if differs { Done::Updated } else { Done::Unchanged };
            desk.host.update(&pr, &patch)?
        }
    };
    report.applied = desk.host.decorate(&pr, &request.decoration);
    if let (Some(method), Some(head)) = (request.auto_merge, &pr.head_oid) {
        report.auto_merge = Some(desk.host.enable_auto_merge(&pr, head, method)?);
    }
    report.request = Some(pr);
    Ok(report)
}

/// A refusal names the page that does the same by hand.
fn with_address(desk: &Desk<'_>, lane: &Lane, error: Error) -> Error {
    if !matches!(error.kind, Kind::Access | Kind::Refused) {
        return error;
    }
    error.hint(Hint::Say(format!(
        "if `{}` is pushed, it can be opened by hand: {}",
        lane.head,
        desk.host.address_to_open(lane)
    )))
}

fn lane(desk: &Desk<'_>, request: &CreateRequest) -> Result<Lane, Error> {
    let missing = |flag: &str, what: &str| {
        Error::new(Kind::Usage, "branch-unknown", format!("{what} is not known"))
            .hint(Hint::Flag(flag.to_owned(), "names it".into()))
    };
    let head = request.head.clone().or_else(|| desk.checked_out.clone());
    let head = head.ok_or_else(|| missing("--head BRANCH", "the branch with the change"))?;
    let base = request.base.clone().or_else(|| desk.default());
    let base = base.ok_or_else(|| missing("--onto BRANCH", "the branch that it is meant for"))?;
    if head == base {
        return Err(Error::new(
            Kind::Usage,
            "same-branch",
            format!("a pull request from `{head}` to itself makes no sense"),
        )
        .hint(Hint::Flag(
            "--head BRANCH".into(),
            "names the branch with the change".into(),
        )));
    }
    Ok(Lane { head, base })
}

/// The first line of the head's last commit, as it is here.
fn subject(desk: &Desk<'_>, lane: &Lane) -> Result<String, Error> {
    let local = lane.head.reference();
    let words = ["log", "-1", "--format=%s", "--end-of-options", local.as_str()];
    if desk.seat == Seat::Checkout {
        let finished = desk.git.run(&words, None, &[])?;
        let subject = finished.text();
        if finished.is_success() && !subject.is_empty() {
            return Ok(subject);
        }
    }
    Err(Error::new(
        Kind::Usage,
        "title-missing",
        format!("`{}` is not here, so its last commit gives no title", lane.head),
    )
    .hint(Hint::Flag("--title TEXT".into(), "gives one".into())))
}

/// Lists open pull requests.
///
/// # Errors
/// As every call of [`Host`].
pub(crate) fn list(desk: &Desk<'_>, base: Option<&BranchName>) -> Result<Vec<PullRequest>, Error> {
    desk.host.list_open(base)
}

/// Reads one pull request.
///
/// # Errors
/// [`Kind::NotFound`] if there is none; as every call of [`Host`].
pub(crate) fn find(desk: &Desk<'_>, which: &Which) -> Result<PullRequest, Error> {
    let branch = match which {
        Which::Number(number) => return desk.host.get(*number),
        Which::Of(branch) => branch.clone(),
        Which::Here => desk.checked_out.clone().ok_or_else(|| {
            Error::new(Kind::Usage, "branch-unknown", "no branch is checked out")
                .hint(Hint::Say("name the number of a pull request, or a branch".into()))
        })?,
    };
    let open = desk.host.list_open(None)?;
    let of_branch: Vec<&PullRequest> = open
        .iter()
        .filter(|pr| pr.lane.head == branch && pr.head_repository.is_none())
        .collect();
    match of_branch.as_slice() {
        [only] => desk.host.get(only.number),
        [] => Err(Error::new(
            Kind::NotFound,
            "no-pull-request",
            format!("no pull request is open for `{branch}`"),
        )
        .hint(Hint::Run("rakops pr list".into()))),
        several => Err(Error::new(
            Kind::Usage,
            "several-pull-requests",
            format!("several pull requests are open for `{branch}`"),
        )
        .hint(Hint::Found(several.iter().map(|pr| pr.number.to_string()).collect()))),
    }
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// It is in the base.
    Merged,
    /// All checks have ended well.
    Checks,
    /// Those who have to have approved it.
    Approved,
}

/// How a pull request is waited for.
pub(crate) struct Waiting<'a> {
    /// What for.
    pub(crate) goal: Goal,
    /// How long.
    pub(crate) limit: Duration,
    /// The flag that waits longer.
    pub(crate) flag: &'a str,
    /// Merges it, at this head alone, once nothing stands in the way: where the forge does not do that by itself.
    pub(crate) merge: Option<(Oid, Option<Method>)>,
    /// Hears where it stands, when that changes.
    pub(crate) tell: &'a dyn Fn(&str),
}

/// Waits until a pull request is where it should be.
///
/// # Errors
/// [`Kind::Refused`] if the time runs out, or it cannot get there any more; [`Kind::Conflict`] if the head that was to be
/// merged has moved; as every call of [`Host`].
pub(crate) fn wait(host: &Host<'_>, pr: PullRequest, waiting: &Waiting<'_>) -> Result<PullRequest, Error> {
    let (goal, end) = (waiting.goal, Instant::now() + waiting.limit);
    let mut pr = pr;
    let mut told = String::new();
    let mut looks = LOOKS.iter().copied();
    let mut pause = Duration::from_secs(1);
    for look in 1_u32.. {
        let refused = |code: &'static str, what: String| Err(Error::new(Kind::Refused, code, what));
        match (goal, pr.state) {
            (_, State::Merged) => return Ok(pr),
            (_, State::Closed) => return refused("closed", format!("pull request {} was closed", pr.number)),
            (Goal::Checks, State::Open) if pr.checks == Checks::Passed => return Ok(pr),
            (Goal::Checks, State::Open) if pr.checks == Checks::Failed => {
                return refused("checks-failed", format!("a check of pull request {} failed", pr.number));
            }
            (Goal::Approved, State::Open) if pr.review == ReviewDecision::Approved => return Ok(pr),
            (Goal::Approved, State::Open) if pr.review == ReviewDecision::ChangesRequested => {
                return refused(
                    "changes-requested",
                    format!("somebody wants changes in pull request {}", pr.number),
                );
            }
            _ => {}
        }
        let mut now = standing(&pr);
        if let Some((head, method)) = &waiting.merge {
            if pr.head_oid.as_ref().is_some_and(|now| now != head) {
                return Err(moved(pr.number));
            }
            if pr.checks == Checks::Failed {
                return refused("checks-failed", format!("a check of pull request {} failed", pr.number));
            }
            if may_be_merged(&pr, look) {
                match host.merge(&pr, head, *method)? {
                    Merge::Merged { .. } => return host.get(pr.number),
                    Merge::HeadMoved => return Err(moved(pr.number)),
                    Merge::NotReady(why) => now = format!("{now}: {why}"),
                    Merge::Refused(why) => return Err(merge_refused(host, pr.number).because(why)),
                }
            }
        }
        if now != told {
            (waiting.tell)(&format!("pull request {}: {now}", pr.number));
            told = now;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::new(
                Kind::Refused,
                "wait-ran-out",
                format!("pull request {} did not get there in time", pr.number),
            )
            .because(told)
            .hint(Hint::Flag(waiting.flag.to_owned(), "waits longer".into())));
        }
        pause = looks.next().map_or(pause, Duration::from_secs);
        std::thread::sleep(pause.min(left));
        pr = host.get(pr.number)?;
    }
    Ok(pr)
}

/// Whether nothing is seen that a merge should wait for. Checks take a while to begin: that there are none is believed at
/// the third look only.
fn may_be_merged(pr: &PullRequest, look: u32) -> bool {
    let by_checks = match pr.checks {
        Checks::Passed => true,
        Checks::None | Checks::Unknown => look >= 3,
        Checks::Pending | Checks::Failed => false,
    };
    let by_reviews = !matches!(pr.review, ReviewDecision::Required | ReviewDecision::ChangesRequested);
    by_checks && by_reviews && pr.stage == Stage::Ready && pr.mergeable != Some(false)
}

fn moved(number: u64) -> Error {
    Error::new(
        Kind::Conflict,
        "head-moved",
        format!("pull request {number} is not at the expected commit any more; nothing was merged"),
    )
    .hint(Hint::Run(format!("rakops pr status {number}")))
}

fn merge_refused(host: &Host<'_>, number: u64) -> Error {
    Error::new(
        Kind::Refused,
        "merge-refused",
        format!("{} does not merge pull request {number}", host.title()),
    )
}

/// Where a pull request stands, in words.
pub(crate) fn standing(pr: &PullRequest) -> String {
    let state = match (pr.state, pr.stage) {
        (State::Merged, _) => return "merged".to_owned(),
        (State::Closed, _) => return "closed".to_owned(),
        (State::Open, Stage::Draft) => "draft",
        (State::Open, Stage::Ready) => "open",
    };
    let mut words = vec![state];
    words.push(match pr.checks {
        Checks::None => "no checks",
        Checks::Pending => "checks run",
        Checks::Passed => "checks passed",
        Checks::Failed => "checks failed",
        Checks::Unknown => "checks unknown",
    });
    words.push(match pr.review {
        ReviewDecision::None => "no review",
        ReviewDecision::Required => "review required",
        ReviewDecision::Approved => "approved",
        ReviewDecision::ChangesRequested => "changes requested",
        ReviewDecision::Unknown => "reviews unknown",
    });
    if pr.mergeable == Some(false) {
        words.push("does not merge");
    }
    if pr.auto_merge == Some(true) {
        words.push("merges by itself");
    }
    words.join(", ")
}

/// Closes a pull request without merging it, with a word why; returns it as it is then, and whether that is new.
///
/// # Errors
/// As every call of [`Host`].
pub(crate) fn close(
    desk: &Desk<'_>,
    which: &Which,
    (reason, run): (Option<&str>, Run),
) -> Result<(PullRequest, bool), Error> {
    let pr = find(desk, which)?;
    let changed = pr.state == State::Open;
    if run == Run::Dry || !changed {
        return Ok((pr, changed));
    }
    desk.host.require_token()?;
    desk.host.close(&pr, reason.unwrap_or_default())?;
    Ok((desk.host.get(pr.number)?, true))
}

/// What `pr merge` came to.
#[derive(Debug)]
pub(crate) struct MergeReport {
    /// The request, as it is then.
    pub(crate) request: PullRequest,
    /// Whether it was merged just now.
    pub(crate) changed: bool,
}

/// Merges a pull request at the head it was looked at with, or at the one that is expected.
///
/// # Errors
/// [`Kind::Conflict`] if the head moved; [`Kind::Refused`] if the forge does not merge it; as every call of [`Host`].
pub(crate) fn merge(
    desk: &Desk<'_>,
    which: &Which,
    (expected, method): (Option<Oid>, Option<Method>),
    run: Run,
) -> Result<MergeReport, Error> {
    let pr = find(desk, which)?;
    let head = expected.or_else(|| pr.head_oid.clone()).ok_or_else(|| {
        Error::new(
            Kind::Refused,
            "head-unknown",
            "the forge does not say which commit would be merged",
        )
        .hint(Hint::Flag("--expect-head OID".into(), "says which one is meant".into()))
    })?;
    let number = pr.number;
    if pr.head_oid.as_ref().is_some_and(|now| *now != head) {
        return Err(moved(number));
    }
    if pr.state == State::Closed {
        return Err(merge_refused(&desk.host, number).because("it is closed"));
    }
    if run == Run::Dry || pr.state == State::Merged {
        let changed = pr.state == State::Open;
        return Ok(MergeReport { request: pr, changed });
    }
    desk.host.require_token()?;
    match desk.host.merge(&pr, &head, method)? {
        Merge::Merged { commit } => {
            let mut request = desk.host.get(number)?;
            request.merge_oid = request.merge_oid.or(commit);
            Ok(MergeReport { request, changed: true })
        }
        Merge::HeadMoved => Err(moved(number)),
        Merge::NotReady(why) => Err(Error::new(
            Kind::Refused,
            "not-ready",
            format!("pull request {number} cannot be merged yet"),
        )
        .because(why)
        .hint(Hint::Run(format!("rakops pr wait {number} --for checks")))),
        Merge::Refused(why) => Err(merge_refused(&desk.host, number).because(why)),
    }
}

/// Keeps one comment for a key.
///
/// # Errors
/// [`Kind::Usage`] for a key that cannot be one; as every call of [`Host`].
pub(crate) fn comment(desk: &Desk<'_>, which: &Which, (key, text): (&str, &str)) -> Result<(u64, Commented), Error> {
    let number = match which {
        Which::Number(number) => *number,
        which => find(desk, which)?.number,
    };
    desk.host.require_token()?;
    Ok((number, desk.host.comment(number, key, text)?))
}

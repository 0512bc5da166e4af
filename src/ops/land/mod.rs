//! From a planned change to its landing: which branches it lands on, what is read there, and what is said of it.
//!
//! Commands hand over how to plan on a view of a commit; everything that landing has in common is here.
//! Start reading at [`run`].

mod ground;
pub(crate) mod names;
mod reach;
mod source;
mod targets;

pub(crate) use ground::{Ground, Place};
pub(crate) use source::{Age, Ancestry};
pub(crate) use targets::{Target, Whose, own_base, targets};

use std::time::Instant;

use crate::change::evidence;
use crate::change::intent::{Intent, Source, Spread};
use crate::change::progress::Progress;
use crate::change::set::{ChangeSet, FileChange};
use crate::config::environments::Environments;
use crate::config::load::FILE_NAMES;
use crate::config::model::Config;
use crate::error::{Error, Hint, Kind};
use crate::forge::Host;
use crate::git::names::{BranchName, Oid};
use crate::landing::back_off::Bounds;
use crate::landing::branch_name::OwnBase;
use crate::landing::called::Called;
use crate::landing::pull_request::{self, Wishes, spread};
use crate::landing::{self, Authorship, Job, Landed, MergesItself, Planned, Scene, Side};
use crate::ops::pull_request::{Goal, Waiting, wait};
use crate::ops::standing::Tips;
use crate::ops::track::on_trial;
use crate::ops::world::World;
use crate::snapshot::Snapshot;

/// How a change lands.
#[derive(Clone, Debug)]
pub(crate) enum How {
    /// On the branch here.
    Commit,
    /// On the remote's branch.
    Push,
    /// Through a pull request.
    PullRequest(Box<Wishes>),
}

/// What landing was asked for beside the change.
pub(crate) struct Order<'a> {
    /// How it lands.
    pub(crate) how: How,
    /// `--onto`.
    pub(crate) onto: Option<BranchName>,
    /// `--message`.
    pub(crate) message: Option<String>,
    /// Who commits.
    pub(crate) authorship: Authorship,
    /// How often and how long.
    pub(crate) bounds: Bounds,
    /// Rules that are lifted.
    pub(crate) protected: Protected,
    /// What was built.
    pub(crate) source: Option<Source>,
    /// Address of the CI run.
    pub(crate) run: Option<String>,
    /// The forge, opened when it is needed.
    pub(crate) forge: &'a OpenForge<'a>,
    /// Who listens.
    pub(crate) progress: &'a dyn Progress,
}

/// Opens the forge that the remote is on, as this configuration says.
pub(crate) type OpenForge<'a> = dyn Fn(&Ground, &Config) -> Result<Host<'a>, Error> + 'a;

/// Whether a protected environment may be reached without a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protected {
    /// It may not.
    Refused,
    /// `--allow protected`.
    Allowed,
}

/// What a command wants to change.
pub(crate) struct Work<'a> {
    /// The command's words: `bump`.
    pub(crate) command: &'static str,
    /// The environment that something is carried from; none for commands that carry nothing.
    pub(crate) from: Option<&'a str>,
    /// Environments as typed; none where none was named.
    pub(crate) environments: &'a [String],
    /// Whose branches it lands on.
    pub(crate) whose: Whose,
    /// What it is about, where the plan does not tell.
    pub(crate) subjects: Vec<String>,
    /// Plans on a view.
    pub(crate) plan: &'a dyn Fn(&World, &Target, Side) -> Result<ChangeSet, Error>,
}

/// One change that lands on several branches, where the strategy wants that.
struct Several {
    called: Called,
    /// The first one is where it begins.
    branches: Vec<BranchName>,
}

impl Several {
    /// What is known before anything is read; none for a change that lands once, or as different ones.
    fn of(order: &Order<'_>, work: &Work<'_>, targets: &[Target]) -> Option<Several> {
        let is_one = work.whose == Whose::Strategys && order.onto.is_none() && targets.len() > 1;
        is_one.then(|| Several {
            called: Called::default(),
            branches: targets.iter().map(|target| target.branch.clone()).collect(),
        })
    }
}

/// What is asked for, and what its copies have in common.
type Wanted<'w, 'o> = (&'w Order<'o>, &'w Work<'w>, Option<&'w Several>);

/// Lands a change on every branch that it is for.
///
/// # Errors
/// As planning and landing; with several branches, none has it then, except for pull requests that were opened before.
pub(crate) fn run(ground: &Ground, order: &Order<'_>, work: &Work<'_>) -> Result<Vec<Landed>, Error> {
    let targets = targets(ground, order, work)?;
    let several = Several::of(order, work, &targets);
    let wanted: Wanted<'_, '_> = (order, work, several.as_ref());
    if several.is_some() && matches!(order.how, How::PullRequest(_)) {
        // What a merge would bring along, history tells.
        let branches: Vec<BranchName> = targets.iter().map(|target| target.branch.clone()).collect();
        ground.whole_history(order.progress, (&branches, Tips::Remote))?;
    }
    let host = match &order.how {
        How::PullRequest(_) => Some(open_forge(ground, order, &targets[0])?),
        How::Commit | How::Push => None,
    };
    ground
        .scene(order, &|scene| {
            let plans: Vec<Box<landing::Plan<'_>>> = targets
                .iter()
                .map(|target| -> Box<landing::Plan<'_>> {
                    Box::new(move |view: &Snapshot, commit: &Oid, side: Side| {
                        begin(wanted, target, (commit, side));
                        planned(ground, wanted, (view, target, side))
                    })
                })
                .collect();
            let jobs: Vec<Job<'_>> = targets
                .iter()
                .zip(&plans)
                .map(|(target, plan)| Job {
                    base: target.branch.clone(),
                    intent: intent(wanted, target),
                    plan: &**plan,
                })
                .collect();
            match (&order.how, &host) {
                (How::Commit, _) => landing::commit::land(scene, &jobs),
                (How::Push, _) => landing::push::land(scene, &jobs),
                (How::PullRequest(wishes), Some(host)) => match &several {
                    Some(several) => spread::land(scene, host, (&jobs, wishes, &several.called)),
                    None => requests(scene, host, (&jobs, wishes)),
                },
                (How::PullRequest(_), None) => Err(Error::bug("a pull request without a forge")),
            }
        })
        .and_then(|landed| match (&order.how, &host) {
            (How::PullRequest(wishes), Some(host)) => merged(landed, host, (wishes, order.progress)),
            _ => Ok(landed),
        })
}

/// Opens or updates a request for each job. What is open when a later one fails is named with the failure.
fn requests(scene: &Scene<'_>, host: &Host<'_>, (jobs, wishes): (&[Job<'_>], &Wishes)) -> Result<Vec<Landed>, Error> {
    let mut landed: Vec<Landed> = Vec::with_capacity(jobs.len());
    for job in jobs {
        match pull_request::land(scene, host, (job, wishes)) {
            Ok(one) => landed.push(one),
            Err(error) => return Err(spread::beside(error, &landed)),
        }
    }
    Ok(landed)
}

/// Waits until every request is merged, where `--wait` says so; all of them share its time.
fn merged(
    mut landed: Vec<Landed>,
    host: &Host<'_>,
    (wishes, progress): (&Wishes, &dyn Progress),
) -> Result<Vec<Landed>, Error> {
    let Some(limit) = wishes.wait else { return Ok(landed) };
    let began = Instant::now();
    for requested in landed.iter_mut().filter_map(|one| one.request.as_mut()) {
        let waiting = Waiting {
            goal: Goal::Merged,
            limit: limit.saturating_sub(began.elapsed()),
            flag: "--wait=TIME",
            merge: requested.merge_here.clone().map(|head| (head, wishes.method)),
            tell: &|line| progress.say(line),
        };
        let now = host.get(requested.request.number)?;
        requested.request = wait(host, now, &waiting)
            .map_err(|error| error.because(format!("it is open: {}", requested.request.url)))?;
        requested.outcome = landing::Outcome::Merged;
    }
    Ok(landed)
}

/// Plans on the tips as they are, and lands nothing: `--dry-run`.
///
/// # Errors
/// As planning.
pub(crate) fn preview(ground: &Ground, order: &Order<'_>, work: &Work<'_>) -> Result<Vec<Landed>, Error> {
    let targets = targets(ground, order, work)?;
    let several = Several::of(order, work, &targets);
    let wanted: Wanted<'_, '_> = (order, work, several.as_ref());
    ground.scene(order, &|scene| {
        let branches: Vec<BranchName> = targets.iter().map(|target| target.branch.clone()).collect();
        let tips = ground.tips(scene, order, &branches)?;
        let mut landed = Vec::new();
        let mut first: Option<(Oid, Oid)> = None;
        for target in &targets {
            let tip = landing::push::tip_of((&tips, scene.repository), &target.branch)?;
            begin(wanted, target, (tip, Side::Base));
            let planned = planned(ground, wanted, (&(scene.view)(tip)?, target, Side::Base))?;
            let difference = landing::objects::difference(scene, tip, &planned.change_set)?;
            let one = Landed::planned(target.branch.clone(), tip.clone(), planned.change_set);
            let head = match &order.how {
                How::PullRequest(wishes) => {
                    let intent = intent(wanted, target);
                    let facts = &one.change_set.facts;
                    let own = (&target.branch, wishes.own_base);
                    let (base, own_base) = match &several {
                        Some(several) => shared_base(scene, several, (&mut first, &one))?,
                        None => own,
                    };
                    Some(pull_request::head_of((&intent, base), facts, own_base)?)
                }
                How::Commit | How::Push => None,
            };
            landed.push(Landed {
                difference,
                head,
                ..one
            });
        }
        Ok(landed)
    })
}

/// The base that the branch of a request is named after, as far as trees tell: that of the first one, if what is planned there
/// can be merged here and brings nothing else along.
fn shared_base<'s>(
    scene: &Scene<'_>,
    several: &'s Several,
    (first, one): (&mut Option<(Oid, Oid)>, &'s Landed),
) -> Result<(&'s BranchName, OwnBase), Error> {
    let tree = landing::objects::tree(scene, &one.tip, &one.change_set)?;
    let is_shared = match first {
        Some((tip, made)) => one.change_set.is_empty() || spread::would_share(scene, (tip, made), (&one.tip, &tree))?,
        None => true,
    };
    first.get_or_insert((one.tip.clone(), tree));
    Ok(match is_shared {
        true => (&several.branches[0], OwnBase::Yes),
        false => (&one.base, OwnBase::No),
    })
}

/// Gives one change on several branches its name, once the commit is known that it begins on.
fn begin(wanted: Wanted<'_, '_>, target: &Target, (commit, side): (&Oid, Side)) {
    if let (_, _, Some(several)) = wanted
        && side == Side::Base
        && several.branches.first() == Some(&target.branch)
    {
        several.called.begin(&intent(wanted, target), commit);
    }
}

fn open_forge<'a>(ground: &Ground, order: &Order<'a>, target: &Target) -> Result<Host<'a>, Error> {
    let config = ground.config_of(order, &target.branch)?;
    (order.forge)(ground, &config)
}

fn intent((order, work, several): Wanted<'_, '_>, target: &Target) -> Intent {
    Intent {
        command: work.command,
        from: work.from.map(str::to_owned),
        environments: target.environments.clone(),
        subjects: work.subjects.clone(),
        source: order.source.clone(),
        run: order.run.clone(),
        spread: several.map(|several| Spread {
            change: several.called.id(),
            branches: several.branches.iter().map(|it| it.as_str().to_owned()).collect(),
        }),
    }
}

/// Plans on a view of a commit, and says what its commit and its request say.
fn planned(
    ground: &Ground,
    wanted: Wanted<'_, '_>,
    (view, target, side): (&Snapshot, &Target, Side),
) -> Result<Planned, Error> {
    let (order, work, _) = wanted;
    let world = ground.world_of(view, &target.branch)?;
    let change_set = (work.plan)(&world, target, side).map_err(|error| match work.whose {
        Whose::Own => error,
        Whose::Strategys | Whose::Hotfix => error.because(format!("on the branch `{}`", target.branch)),
    })?;
    let is_of_cluster = work.command == "bump" || work.whose != Whose::Own;
    if !change_set.is_empty() && order.onto.is_none() && is_of_cluster {
        on_trial::refuse_configured(&world, &target.environments, target.branch.as_str())?;
    }
    // Files of an environment on somebody else's branch reach nobody until they are promoted.
    let followed = targets::followed(&world, (order, work), target);
    let reached = reach::reached(&world, &followed, &change_set);
    if !change_set.is_empty() && !matches!(order.how, How::PullRequest(_)) && order.protected == Protected::Refused {
        refuse_protected(ground, (&world, &reached), &change_set)?;
    }
    let config = &world.loaded.config;
    let intent = intent(wanted, target);
    let words = order.message.as_deref();
    let facts = &change_set.facts;
    let own = match &order.how {
        How::PullRequest(wishes) => (wishes.title.clone(), wishes.body.clone()),
        _ => (None, None),
    };
    let title = config
        .pull_request
        .title
        .as_deref()
        .or(config.commit.message.as_deref());
    let title = own.0.unwrap_or_else(|| match words {
        Some(words) => words.lines().next().unwrap_or_default().to_owned(),
        None => evidence::title(&intent, facts, title),
    });
    let configured = config.pull_request.body.as_deref();
    let configured = configured.map(|template| evidence::words(&intent, facts, template));
    // A request onto a branch is that of the environments that follow it, whatever files it changes.
    let meant = match followed.environments.is_empty() {
        // Nobody asks which they are where none merges by itself.
        true if config.pull_request.auto_merge.is_empty() => Vec::new(),
        true => targets::on_branch(&world.environments_by_name(), &target.branch),
        false => followed.environments,
    };
    let is_listed = |name: &String| config.pull_request.auto_merge.contains(name);
    let merges_itself = !intent.environments.is_empty() && !meant.is_empty() && meant.iter().all(is_listed);
    let mut asked = reached;
    asked.extend(target.environments.clone());
    Ok(Planned {
        message: evidence::commit_message(&intent, facts, (config.commit.message.as_deref(), words)),
        steps: change_set
            .steps
            .iter()
            .map(|step| evidence::step_message(&intent, step))
            .collect(),
        title,
        body: evidence::body(&intent, facts, own.1.or(configured).as_deref()),
        labels: config.pull_request.labels.clone(),
        reviewers: reviewers(config, &asked),
        merges_itself: if merges_itself {
            MergesItself::Configured
        } else {
            MergesItself::No
        },
        change_set,
    })
}

fn reviewers(config: &Config, environments: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for entry in config
        .environments
        .iter()
        .filter(|entry| environments.contains(&entry.name))
    {
        for reviewer in &entry.reviewers {
            if !all.contains(reviewer) {
                all.push(reviewer.clone());
            }
        }
    }
    all
}

/// Refuses to reach a protected environment without a pull request. The branch's own configuration says what is protected;
/// the one that was looked at first may only add to it.
///
/// # Errors
/// [`Kind::Refused`], rule `protected`.
fn refuse_protected(
    ground: &Ground,
    (world, reached): (&World, &[String]),
    change_set: &ChangeSet,
) -> Result<(), Error> {
    let lowers = change_set.files.iter().find(|file| is_configuration(file));
    if reached.is_empty() && lowers.is_none() {
        return Ok(());
    }
    // What is stricter here counts only where it is written down: nothing is inferred from a work tree.
    let is_configured = !ground.look.loaded.config.environments.is_empty();
    let stricter = is_configured.then(|| ground.look.environments_by_name());
    let mut known: Vec<Environments> = stricter.into_iter().collect();
    for file in change_set.files.iter().map(FileChange::path) {
        known.push(reach::near(world, file));
    }
    let is_told = |name: &String| known.iter().any(|it| it.list.iter().any(|one| one.name == *name));
    if !reached.iter().all(is_told) {
        known.push(world.environments_by_name());
    }
    let is_protected = |name: &&String| {
        let of = |environments: &Environments| environments.list.iter().any(|it| it.name == **name && it.protected);
        known.iter().any(of)
    };
    // What protects an environment stands there: whoever may change it may reach all of them.
    if let Some(file) = lowers
        && let Some(one) = world.environments_by_name().list.iter().find(|it| it.protected)
    {
        let message = format!(
            "`{}` protects `{}`: it is changed by pull request only",
            file.path(),
            one.name
        );
        return Err(with_ways(Error::new(Kind::Refused, "protected", message)));
    }
    match reached.iter().find(is_protected) {
        None => Ok(()),
        Some(name) => Err(with_ways(Error::new(
            Kind::Refused,
            "protected",
            format!("`{name}` is protected: it is reached by pull request only"),
        ))),
    }
}

/// Whether a change edits the configuration; making one is another matter.
fn is_configuration(file: &FileChange) -> bool {
    file.before().is_some() && FILE_NAMES.contains(&file.path())
}

fn with_ways(error: Error) -> Error {
    error
        .hint(Hint::Flag("--pr".into(), "opens a pull request".into()))
        .hint(Hint::Flag(
            "--allow protected".into(),
            "lands on the branch all the same".into(),
        ))
}

impl<'a> Order<'a> {
    /// The same order, to be asked with one thing changed.
    pub(crate) fn like(&self) -> Order<'a> {
        Order {
            how: self.how.clone(),
            onto: self.onto.clone(),
            message: self.message.clone(),
            authorship: self.authorship.clone(),
            bounds: self.bounds,
            protected: self.protected,
            source: self.source.clone(),
            run: self.run.clone(),
            forge: self.forge,
            progress: self.progress,
        }
    }
}

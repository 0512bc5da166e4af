//! Takes back what landed last: versions, and the settings that came with them.
//!
//! Which landings are taken back ([`steps`]) is settled once, so that one that lands meanwhile is not taken back by mistake;
//! how ([`back`]) is planned on the tip as often as somebody else is first.
//! Source: PROMOTION.md, section 10.

mod back;
mod steps;

use crate::change::set::ChangeSet;
use crate::config::environments::Environment;
use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid};
use crate::image::Name;
use crate::landing::Landed;
use crate::ops::land::{Ground, How, Order, Target, Whose, Work};
use crate::ops::standing::{self, Tips};
use crate::ops::world::World;

pub(crate) use steps::Step;

/// What `rollback` was asked for; nothing has been opened yet.
#[derive(Clone, Debug)]
pub(crate) struct RollbackRequest {
    pub(crate) environment: String,
    /// Images; all if none is named.
    pub(crate) images: Vec<Name>,
    pub(crate) far: Far,
    pub(crate) what: What,
    /// Where the environment's branch is read.
    pub(crate) tips: Tips,
}

/// How far back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Far {
    /// So many landings that changed a version.
    Steps(usize),
    /// To what was there at a revision.
    To(String),
}

/// What is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Versions, and the settings of the same landing.
    Whole,
    /// `--versions-only`.
    Versions,
}

/// What is settled before the first plan.
pub(crate) struct Look {
    environment: Environment,
    /// Newest first.
    pub(crate) steps: Vec<Step>,
}

/// Settles which landings are taken back.
///
/// # Errors
/// [`Kind::NotFound`] for an environment, an image or a revision that is not there; [`Kind::Refused`] where nothing can be
/// taken back.
pub(crate) fn look(ground: &Ground, order: &Order<'_>, request: &RollbackRequest) -> Result<Look, Error> {
    let usual = match &order.onto {
        Some(onto) => onto.clone(),
        None => standing::usual_branch(ground, &order.how)?,
    };
    let tips = match (&order.how, &ground.remote) {
        (How::Commit, _) | (_, None) => Tips::Local,
        _ => request.tips,
    };
    let standing = standing::read(ground, (&usual, tips))?;
    let mut found = standing.named(&request.environment)?;
    let environment = match (found.len(), found.pop()) {
        (1, Some(only)) => only,
        (many, last) => {
            let mut names: Vec<String> = found.into_iter().map(|it| it.name).collect();
            names.extend(last.map(|it| it.name));
            let message = format!(
                "`{}` is a group of {many} environments; one is rolled back at a time",
                request.environment
            );
            return Err(Error::new(Kind::Usage, "a-group", message).hint(Hint::Found(names)));
        }
    };
    let tip = standing.tip(ground, &environment.name)?.clone();
    let branches: Vec<BranchName> = standing.branches.get(&environment.name).cloned().into_iter().collect();
    ground.whole_history(order.progress, (&branches, tips))?;
    let steps = steps::find(ground, (&standing, &environment, &tip), request)?;
    Ok(Look { environment, steps })
}

/// Plans and lands, or shows what would land.
///
/// # Errors
/// As planning and landing.
pub(crate) fn run(
    ground: &Ground,
    (look, request): (&Look, &RollbackRequest),
    land: &dyn Fn(&Work<'_>) -> Result<Vec<Landed>, Error>,
) -> Result<Vec<Landed>, Error> {
    let environments = [look.environment.name.clone()];
    let mut subjects: Vec<String> = request.images.iter().map(|it| it.as_str().to_owned()).collect();
    // Another landing that is taken back is another request.
    subjects.extend(look.steps.iter().map(|step| step.commit.short().to_owned()));
    land(&Work {
        command: "rollback",
        from: None,
        environments: &environments,
        whose: Whose::Own,
        subjects,
        plan: &|world, _: &Target, _| plan(ground, (look, request), world),
    })
}

fn plan(ground: &Ground, (look, request): (&Look, &RollbackRequest), world: &World) -> Result<ChangeSet, Error> {
    let Some((commit, tree)) = world.snapshot.commit() else {
        return Err(Error::bug("a rollback that is planned on no commit"));
    };
    let onto: (&Oid, &Oid) = (commit, tree);
    back::take_back(ground, (look, request), (world, onto))
}

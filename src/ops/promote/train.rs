//! `--through`: one frozen commit carried hop by hop, and picked up where it stands.
//!
//! Source: PROMOTION.md, section 5.

use super::{PromoteRequest, State};
use crate::change::evidence;
use crate::config::model::StrategyName;
use crate::error::{Error, Hint, Kind};
use crate::git::names::{BranchName, Oid};
use crate::ops::land::{Ground, How, Order};
use crate::ops::standing::{self, Standing, Tips};

/// So many landings are looked through for the one that carried a commit.
const MOST: &str = "--max-count=2000";

/// One hop of a train.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) from: String,
    pub(crate) to: String,
    /// The commit of FROM that is carried, frozen.
    pub(crate) commit: Oid,
    /// What it landed as on TO; none if it has not.
    pub(crate) landed: Option<Oid>,
}

/// The hops of a train as far as it has come: those that have landed, and the one that is next.
///
/// A train that was begun and has not arrived is picked up, whatever FROM has become since.
///
/// # Errors
/// [`Kind::Usage`] if the last environment does not come after the first; [`Kind::NotFound`] as reading environments.
pub(crate) fn stops(
    ground: &Ground,
    order: &Order<'_>,
    (request, through): (&PromoteRequest, &str),
) -> Result<Vec<Stop>, Error> {
    let usual = match &order.onto {
        Some(onto) => onto.clone(),
        None => standing::usual_branch(ground, &order.how)?,
    };
    let tips = match (&order.how, &ground.remote) {
        (How::Commit, _) | (_, None) => Tips::Local,
        _ => request.tips,
    };
    let standing = standing::read(ground, (&usual, tips))?;
    let branches: Vec<BranchName> = standing.branches.values().cloned().collect();
    ground.whole_history(order.progress, (&branches, tips))?;
    if standing.strategy.name() != StrategyName::Chain {
        let message = format!(
            "`--through` carries one commit from branch to branch, which is for chain; the strategy here is {}",
            standing.strategy.name().as_str()
        );
        standing.environments.named(through)?;
        return Err(Error::new(Kind::Usage, "through-needs-chain", message)
            .hint(Hint::Run(format!("rakops promote {} {through}", request.from))));
    }
    let names = names(&standing, (&request.from, through))?;
    let tip = match &request.at {
        State::At(revision) => {
            let commit = ground.repository.resolve(revision)?;
            commit.ok_or_else(|| ground.no_revision(revision))?
        }
        _ => standing.tip(ground, &request.from)?.clone(),
    };
    let under_way = match &request.at {
        State::Now => last_carried(ground, (&standing, &names))?,
        _ => None,
    };
    if let Some(commit) = under_way {
        let stops = follow(ground, (&standing, &names), &commit)?;
        if stops.iter().any(|stop| stop.landed.is_none()) {
            if commit != tip {
                order.progress.say(&format!(
                    "goes on with {} of {}; what came after it takes the next train",
                    commit.short(),
                    request.from
                ));
            }
            return Ok(stops);
        }
    }
    follow(ground, (&standing, &names), &tip)
}

/// The environments on the way, the first and the last included.
fn names(standing: &Standing, (from, through): (&str, &str)) -> Result<Vec<String>, Error> {
    let list = &standing.environments.list;
    for name in [from, through] {
        standing.named(name)?;
    }
    let place = |name: &str| {
        list.iter()
            .position(|it| it.name == name || it.group.as_deref() == Some(name))
    };
    match (place(from), place(through)) {
        (Some(start), Some(end)) if start < end => {
            let mut names: Vec<String> = Vec::new();
            for it in &list[start..=end] {
                // Peers are one stop, which is called as their group.
                let name = it
                    .group
                    .clone()
                    .filter(|_| it.name != from)
                    .unwrap_or_else(|| it.name.clone());
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            Ok(names)
        }
        _ => Err(Error::new(
            Kind::Usage,
            "usage",
            format!("`{through}` does not come after `{from}` in the promotion order"),
        )
        .hint(Hint::Found(list.iter().map(|it| it.name.clone()).collect()))),
    }
}

/// The commit of FROM that the newest promotion to the first stop says it carried.
fn last_carried(ground: &Ground, (standing, names): (&Standing, &[String])) -> Result<Option<Oid>, Error> {
    let [from, to, ..] = names else { return Ok(None) };
    let Some(tip) = tip_of(standing, to)? else {
        return Ok(None);
    };
    for landing in ground
        .repository
        .list(&ground.git, &["--first-parent", MOST, tip.as_str()])?
    {
        for (source, target, commit) in claims(ground, &landing)? {
            if source == *from && is_of(standing, to, &target)? {
                return Ok(Some(commit));
            }
        }
    }
    Ok(None)
}

/// Follows a commit from stop to stop.
fn follow(ground: &Ground, (standing, names): (&Standing, &[String]), first: &Oid) -> Result<Vec<Stop>, Error> {
    let mut commit = first.clone();
    let mut stops = Vec::new();
    for pair in names.windows(2) {
        let landed = match tip_of(standing, &pair[1])? {
            Some(tip) => landed_as(ground, (standing, pair), (&commit, &tip))?,
            None => None,
        };
        stops.push(Stop {
            from: pair[0].clone(),
            to: pair[1].clone(),
            commit: commit.clone(),
            landed: landed.clone(),
        });
        match landed {
            Some(landed) => commit = landed,
            None => break,
        }
    }
    Ok(stops)
}

/// The landing on a branch that brought a commit: the first that holds it, or that says so.
///
/// # Errors
/// As reading history.
pub(crate) fn landed_as(
    ground: &Ground,
    (standing, pair): (&Standing, &[String]),
    (commit, tip): (&Oid, &Oid),
) -> Result<Option<Oid>, Error> {
    if ground.repository.is_ancestor(commit, tip)? == Some(true) {
        let excluded = format!("^{commit}");
        let after = ground.repository.list(
            &ground.git,
            &["--first-parent", "--ancestry-path", tip.as_str(), &excluded],
        )?;
        // Nothing after it: the branch stands at the commit itself.
        return Ok(Some(after.last().cloned().unwrap_or_else(|| commit.clone())));
    }
    for landing in ground
        .repository
        .list(&ground.git, &["--first-parent", MOST, tip.as_str()])?
    {
        for (source, target, carried) in claims(ground, &landing)? {
            if source == pair[0] && carried == *commit && is_of(standing, &pair[1], &target)? {
                return Ok(Some(landing));
            }
        }
    }
    Ok(None)
}

/// What a landing claims to have promoted, by its own message and by that of the branch it merged.
fn claims(ground: &Ground, landing: &Oid) -> Result<Vec<(String, String, Oid)>, Error> {
    let Some(commit) = ground.repository.commit(landing)? else {
        return Ok(Vec::new());
    };
    let mut claims = evidence::read(&commit.message).promoted;
    if let Some(second) = commit.parents.get(1)
        && let Some(brought) = ground.repository.commit(second)?
    {
        claims.extend(evidence::read(&brought.message).promoted);
    }
    Ok(claims)
}

/// The tip of an environment's branch; of a group, that of its first one.
fn tip_of(standing: &Standing, name: &str) -> Result<Option<Oid>, Error> {
    let first = standing.named(name)?.into_iter().next();
    Ok(first.and_then(|it| standing.tips.get(&it.name).cloned()))
}

/// Whether an environment is the one, or one of the group, of a name.
fn is_of(standing: &Standing, name: &str, environment: &str) -> Result<bool, Error> {
    Ok(standing.named(name)?.iter().any(|it| it.name == environment))
}

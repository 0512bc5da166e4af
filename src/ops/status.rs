//! What runs where: every slot of every environment, and how it stands against the environment before.
//!
//! Source: PROMOTION.md, section 10.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::environments::Environment;
use crate::config::load;
use crate::config::model::{ImageEntry, StrategyName};
use crate::error::Error;
use crate::git::names::{BranchName, Oid};
use crate::manifest::delivery;
use crate::manifest::order;
use crate::manifest::slot::{Pairing, Scene, Slot, Survey};
use crate::manifest::track::{self, Followed};
use crate::ops::land::Ground;
use crate::ops::standing::{Pair, Standing};
use crate::strategy::hop::{Ask, Hop};
use crate::strategy::versions::past::Past;

/// What `status` was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct StatusRequest {
    /// Environments and groups; all if none is named.
    pub(crate) environments: Vec<String>,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

/// One environment.
pub(crate) struct Row {
    pub(crate) environment: Environment,
    pub(crate) branch: String,
    /// The branch that its cluster reads, as far as it is known.
    pub(crate) tracks: Option<String>,
    /// The tip that was read; none if the branch is nowhere.
    pub(crate) commit: Option<Oid>,
}

impl Row {
    /// The branch of the trial that it is on.
    pub(crate) fn trial(&self) -> Option<&str> {
        self.tracks.as_deref().filter(|branch| *branch != self.branch)
    }
}

/// One slot of one environment.
pub(crate) struct Cell {
    /// Full name of the image.
    pub(crate) image: String,
    pub(crate) slot: String,
    pub(crate) environment: String,
    /// None where the environment has no such slot.
    pub(crate) version: Option<String>,
    /// When it landed, in seconds since 1970; none where the history that was read does not tell.
    pub(crate) since: Option<i64>,
    pub(crate) state: State,
}

/// How a slot stands against the environment before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// There is no environment before.
    First,
    Same,
    Ahead,
    Behind,
    /// Another version, and nothing says which is newer.
    Unknown,
    /// The environment has no such slot, or the one before has none.
    Absent,
}

impl State {
    /// As documents name it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            State::First => "first",
            State::Same => "same",
            State::Ahead => "ahead",
            State::Behind => "behind",
            State::Unknown => "unknown",
            State::Absent => "absent",
        }
    }
}

/// What runs where.
pub(crate) struct StatusReport {
    pub(crate) strategy: &'static str,
    pub(crate) environments: Vec<Row>,
    /// By image, slot and environment, in promotion order.
    pub(crate) cells: Vec<Cell>,
    pub(crate) warnings: Vec<Error>,
}

/// What one environment runs.
struct Seen {
    slots: Vec<Slot>,
    since: Vec<Option<i64>>,
}

/// Looks at the tips of all environments, and compares each with the one before.
///
/// # Errors
/// As reading the environments' branches.
pub(crate) fn status(ground: &Ground, standing: &Standing, request: &StatusRequest) -> Result<StatusReport, Error> {
    let tracks = tracks(ground, standing)?;
    let standing = &on_trials(ground, standing, &tracks)?;
    let all = &standing.environments.list;
    let mut wanted: Vec<String> = Vec::new();
    for name in &request.environments {
        wanted.extend(standing.named(name)?.into_iter().map(|it| it.name));
    }
    let is_wanted = |name: &String| wanted.is_empty() || wanted.contains(name);
    let mut surveys: BTreeMap<Oid, Arc<Survey>> = BTreeMap::new();
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    for environment in all {
        if let Some(one) = look(ground, (standing, environment), (&mut surveys, request.now))? {
            seen.insert(&environment.name, one);
        }
    }
    let images = &ground.look.loaded.config.images;
    let mut cells = Vec::new();
    for environment in all.iter().filter(|it| is_wanted(&it.name)) {
        let Some(here) = seen.get(environment.name.as_str()) else {
            continue;
        };
        let before = before(all, environment).and_then(|it| seen.get(it.name.as_str()));
        let pairing = before.map(|it| (it, Pairing::of(&it.slots)));
        for (at, slot) in here.slots.iter().enumerate() {
            let state = match &pairing {
                None => State::First,
                Some((before, pairing)) => match pairing.same_as(slot) {
                    None => State::Absent,
                    Some(at) => compare(images, &before.slots[at], slot)?,
                },
            };
            cells.push(Cell {
                image: slot.identity.as_str().to_owned(),
                slot: slot.name.to_string(),
                environment: environment.name.clone(),
                version: Some(slot.version.to_string()).filter(|text| !text.is_empty()),
                since: here.since[at],
                state,
            });
        }
    }
    let place = |name: &str| all.iter().position(|it| it.name == name);
    cells.sort_by(|a, b| (&a.image, &a.slot, place(&a.environment)).cmp(&(&b.image, &b.slot, place(&b.environment))));
    let row = |environment: &Environment| Row {
        branch: standing
            .branches
            .get(&environment.name)
            .map_or_else(String::new, |branch| branch.as_str().to_owned()),
        tracks: tracks.get(&environment.name).cloned(),
        commit: standing.tips.get(&environment.name).cloned(),
        environment: environment.clone(),
    };
    Ok(StatusReport {
        strategy: standing.strategy.name().as_str(),
        environments: all.iter().filter(|it| is_wanted(&it.name)).map(row).collect(),
        cells,
        warnings: Vec::new(),
    })
}

/// The branch that each environment's cluster reads, as far as it is known.
fn tracks(ground: &Ground, standing: &Standing) -> Result<BTreeMap<String, String>, Error> {
    let own = |(name, branch): (&String, &BranchName)| (name.clone(), branch.as_str().to_owned());
    if standing.strategy.name() != StrategyName::Trunk {
        return Ok(standing.branches.iter().map(own).collect());
    }
    let Some((name, tip)) = standing.tips.first_key_value() else {
        return Ok(BTreeMap::new());
    };
    let trunk = standing.branches.get(name).map_or("", |branch| branch.as_str());
    let view = ground.view(tip)?;
    let deliveries = delivery::read(&view, ground.own().as_deref());
    let config = load::load(&view, None)?.config;
    let all: Vec<&Environment> = standing.environments.list.iter().collect();
    let followed = track::followed((&view, &deliveries), &config, &all)?;
    let branch = |it: &Followed| Some((it.environment.clone(), it.branch(trunk).ok()?.to_owned()));
    Ok(followed.list.iter().filter_map(branch).collect())
}

/// The same tips, but for environments on a trial, whose clusters read the branch of the trial.
fn on_trials(ground: &Ground, standing: &Standing, tracks: &BTreeMap<String, String>) -> Result<Standing, Error> {
    let mut tips = standing.tips.clone();
    for (name, branch) in tracks {
        if standing.branches.get(name).is_some_and(|own| own.as_str() == branch) {
            continue;
        }
        let branch = BranchName::parse(branch)?;
        let found = ground
            .read_tips(std::slice::from_ref(&branch), standing.read)?
            .remove(&branch);
        match found {
            Some(tip) => tips.insert(name.clone(), tip),
            None => tips.remove(name),
        };
    }
    Ok(Standing {
        environments: standing.environments.clone(),
        strategy: standing.strategy,
        branches: standing.branches.clone(),
        tips,
        read: standing.read,
    })
}

/// The environment that a promotion to this one comes from: the last one before it that is no peer.
fn before<'e>(all: &'e [Environment], environment: &Environment) -> Option<&'e Environment> {
    let at = all.iter().position(|it| it.name == environment.name)?;
    let is_peer = |it: &&Environment| environment.group.is_some() && it.group == environment.group;
    all[..at].iter().rev().find(|it| !is_peer(it))
}

fn look(
    ground: &Ground,
    (standing, environment): (&Standing, &Environment),
    (surveys, now): (&mut BTreeMap<Oid, Arc<Survey>>, i64),
) -> Result<Option<Seen>, Error> {
    let Some(tip) = standing.tips.get(&environment.name) else {
        return Ok(None);
    };
    let ask = Ask::default();
    let pair = Pair {
        from: environment,
        to: environment,
        ask: &ask,
        now,
    };
    let known = surveys.get(tip).cloned();
    let found = standing.between(ground, &pair, &|hop| {
        let survey = match &known {
            Some(known) => Arc::clone(known),
            None => Arc::new(Survey::of(hop.to.snapshot, &hop.declared()?, &|| {})?),
        };
        let scene = Scene::of(&survey, &standing.environments, environment.branch.as_deref());
        let slots = scene.slots(environment);
        let since = since(hop, (&survey, &slots))?;
        Ok((Seen { slots, since }, survey))
    })?;
    Ok(found.map(|(seen, survey)| {
        surveys.insert(tip.clone(), survey);
        seen
    }))
}

/// When each slot's version landed on the environment's branch.
fn since(hop: &Hop<'_>, (survey, slots): (&Survey, &[Slot])) -> Result<Vec<Option<i64>>, Error> {
    let file = |slot: &Slot| survey.at(slot.at).0.file.clone();
    let files = slots.iter().map(file).collect();
    let declared = hop.declared()?;
    let past = Past::of(hop, (hop.to.commit, &declared), &files)?;
    let mut times = Vec::with_capacity(slots.len());
    for slot in slots {
        let landing = past.landed_by(&file(slot), (slot, &slot.version));
        let commit = match landing {
            Some(landing) => hop.repository.commit(&landing)?,
            None => None,
        };
        times.push(commit.map(|commit| commit.time));
    }
    Ok(times)
}

fn compare(images: &[ImageEntry], before: &Slot, here: &Slot) -> Result<State, Error> {
    if before.version == here.version {
        return Ok(State::Same);
    }
    let policy = order::policy(images, &here.identity)?;
    let new = here.version.tag.as_deref().unwrap_or_default();
    Ok(match order::order(policy.as_ref(), new, &before.version) {
        Some(Ordering::Greater) => State::Ahead,
        Some(Ordering::Less) => State::Behind,
        // The same tag with another digest is another version.
        Some(Ordering::Equal) | None => State::Unknown,
    })
}

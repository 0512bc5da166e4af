//! Versions for an environment that is on a trial: its cluster reads another branch, where they would be missing.
//!
//! Source: PROMOTION.md, section 6.

use crate::config::environments::Environment;
use crate::config::model::StrategyName;
use crate::error::{Error, Hint, Kind, Place};
use crate::manifest::delivery::Deliveries;
use crate::manifest::track::{self, Followed};
use crate::ops::world::World;

/// Refuses to land on the branch that everybody follows what is meant for an environment that follows another one. Only
/// what `track:` of the configuration names is asked about: to find the others, every file would have to be read.
///
/// # Errors
/// [`Kind::Refused`] `on-trial`.
pub(crate) fn refuse_configured(world: &World, names: &[String], branch: &str) -> Result<(), Error> {
    let config = &world.loaded.config;
    if config.strategy.is_some_and(|strategy| strategy != StrategyName::Trunk) {
        return Ok(());
    }
    let tracked = config
        .environments
        .iter()
        .filter(|it| it.track.is_some() && names.contains(&it.name));
    let tracked: Vec<&str> = tracked.map(|it| it.name.as_str()).collect();
    if tracked.is_empty() {
        return Ok(());
    }
    let environments = world.environments_by_name();
    let meant: Vec<&Environment> = environments
        .list
        .iter()
        .filter(|it| tracked.contains(&it.name.as_str()))
        .collect();
    let followed = track::followed((&world.snapshot, &Deliveries::default()), config, &meant)?;
    followed.list.iter().try_for_each(|it| refuse(it, branch))
}

/// Refuses it for one environment.
///
/// # Errors
/// [`Kind::Refused`] `on-trial`.
pub(crate) fn refuse(followed: &Followed, branch: &str) -> Result<(), Error> {
    let Some(trial) = followed.trial(branch) else {
        return Ok(());
    };
    let message = format!(
        "`{}` is on a trial: its cluster reads `{trial}`, and would not see what lands on `{branch}`",
        followed.environment
    );
    Err(Error::new(Kind::Refused, "on-trial", message)
        .at(Place::at(&followed.file, followed.line, followed.column))
        .hint(Hint::Flag(
            format!("--onto {trial}"),
            "lands where the cluster reads".into(),
        ))
        .hint(Hint::Run(format!("rakops track {} --reset", followed.environment))))
}

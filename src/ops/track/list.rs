//! What every environment follows, as the default branch says.

use super::{refuse_branches, tracks_of};
use crate::error::Error;
use crate::git::names::{BranchName, Oid};
use crate::manifest::delivery::Revision;
use crate::manifest::track::Followed;
use crate::ops::impact::sight::Sight;
use crate::ops::land::Ground;
use crate::ops::standing::Tips;
use crate::ops::track::{BranchPlace, tip_here};
use crate::ops::world::World;

/// What an environment follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) environment: String,
    /// The object that says it; none where none is known.
    pub(crate) followed: Option<Followed>,
    /// The branch by its name; none where no object is known, or it follows no branch.
    pub(crate) branch: Option<String>,
    /// What it follows where that is no branch: a tag, a commit, a range.
    pub(crate) fixed: Option<(&'static str, String)>,
    /// Whether the branch is another than the default one.
    pub(crate) is_trial: bool,
}

/// What the environments follow.
pub(crate) struct Listed {
    /// In promotion order.
    pub(crate) rows: Vec<Row>,
    /// The branch that was read, and its commit; none where the work tree was.
    pub(crate) read: Option<(BranchName, Oid)>,
    pub(crate) warnings: Vec<Error>,
}

/// Lists what environments follow; all, or those that are named. Read is the default branch at the remote; without a remote,
/// or where it is asked for, the one here.
///
/// # Errors
/// [`crate::error::Kind::Usage`] where environments have branches of their own; as [`Sight::of`].
pub(crate) fn list(ground: &Ground, names: &[String], place: BranchPlace) -> Result<Listed, Error> {
    let trunk = ground.trunk().ok();
    let tip = match (&trunk, &ground.remote, place) {
        (Some(trunk), Some(_), BranchPlace::Remote) => ground
            .read_tips(std::slice::from_ref(trunk), Tips::Remote)?
            .remove(trunk),
        (Some(trunk), _, _) => tip_here(ground, trunk)?,
        (None, _, _) => None,
    };
    let own = ground.own();
    let of = |world: &World| Sight::of(world, own.as_deref());
    let sight = match &tip {
        Some(commit) => of(&ground.world_at(commit)?)?,
        None => of(&ground.look)?,
    };
    refuse_branches(&sight)?;
    let mut wanted: Vec<String> = Vec::new();
    for name in names {
        wanted.extend(sight.environments.named(name)?.iter().map(|it| it.name.clone()));
    }
    let tracks = tracks_of(&sight)?;
    let default = trunk.as_ref().map_or("", |trunk| trunk.as_str());
    let mut warnings = sight.warnings.clone();
    let mut rows = Vec::new();
    for environment in &sight.environments.list {
        if !names.is_empty() && !wanted.contains(&environment.name) {
            continue;
        }
        let followed = match tracks.of(&environment.name) {
            Ok(followed) => Some(followed.clone()),
            Err(error) => {
                warnings.extend((error.code != "not-tracked").then_some(error));
                None
            }
        };
        let (branch, fixed) = match followed.as_ref().map(|it| &it.revision) {
            Some(Revision::Fixed(what, text)) => (None, Some((*what, text.clone()))),
            Some(Revision::Branch(branch)) => (Some(branch.clone()), None),
            Some(Revision::Default) => (Some(default.to_owned()), None),
            None => (None, None),
        };
        rows.push(Row {
            environment: environment.name.clone(),
            is_trial: followed.as_ref().is_some_and(|it| it.trial(default).is_some()),
            followed,
            branch,
            fixed,
        });
    }
    Ok(Listed {
        rows,
        read: trunk.zip(tip),
        warnings,
    })
}

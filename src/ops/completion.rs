//! What can be named in a repository, for completion at the prompt. Local reads only, and no complaints: somebody is
//! typing, and the command will say what is wrong.

use std::collections::BTreeMap;

use super::images::{self, ImagesRequest};
use super::world::{Where, World};

/// Names that can be typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Environments, in promotion order.
    pub(crate) environments: Vec<String>,
    /// Full names of images, with their aliases.
    pub(crate) images: BTreeMap<String, Option<String>>,
    /// Branches, local and of remotes, as far as they are known here.
    pub(crate) branches: Vec<String>,
}

/// What the configuration names; one file is read.
pub(crate) fn configured(place: &Where) -> Known {
    World::look(place).map(|world| of_config(&world)).unwrap_or_default()
}

/// What the configuration names, and what the files hold: all of them are read.
pub(crate) fn everything(place: &Where) -> Known {
    let Ok(world) = World::look(place) else {
        return Known::default();
    };
    let mut known = of_config(&world);
    let Ok(report) = images::list(&world, &ImagesRequest::default(), &|| {}) else {
        return known;
    };
    if known.environments.is_empty() {
        known.environments = report.environments;
    }
    for row in report.rows {
        known.images.entry(row.image).or_default();
    }
    known
}

fn of_config(world: &World) -> Known {
    let config = &world.loaded.config;
    Known {
        environments: config.environments.iter().map(|entry| entry.name.clone()).collect(),
        images: config
            .images
            .iter()
            .map(|entry| (entry.name.clone(), entry.alias.clone()))
            .collect(),
        branches: world.branches.all.clone(),
    }
}

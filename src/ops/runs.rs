//! What runs where: the versions that take effect, whatever else stands in files.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::image::{Repository, Version};
use crate::manifest::graph::Reach;
use crate::manifest::slot::{self, Survey};
use crate::ops::world::World;

/// A version that takes effect somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// What is pulled.
    pub(crate) image: Repository,
    pub(crate) version: Version,
    /// Those whose files lie in this tree, in promotion order; none for a build of nobody.
    pub(crate) environments: Vec<String>,
}

/// Reads what runs where in a tree. What cannot be read is left out.
///
/// # Errors
/// As [`World::declared`].
pub(crate) fn runs(world: &World, on_read: &(dyn Fn() + Sync)) -> Result<Vec<Run>, Error> {
    let declared = world.declared()?;
    let (survey, _, _) = Survey::lean(&world.snapshot, &declared, on_read, &|_, _, _| ());
    let environments = world.environments(&survey.graph);
    let present = world.present(&environments, &[]);
    let tops = slot::tops(&survey.graph, &environments, &present);
    let reach = Reach::new(&survey.graph, &present);
    let mut runs: BTreeMap<(String, Version), (Repository, Vec<usize>)> = BTreeMap::new();
    for effect in survey.effects(&tops) {
        let (seen, _) = survey.at(effect.at);
        let reached = reach.of(&seen.file);
        let own = present
            .iter()
            .enumerate()
            .filter(|(_, it)| reached.contains(&it.name.as_str()));
        let numbers: Vec<usize> = match effect.is_built {
            true => effect.environments.into_iter().collect(),
            false => own.map(|(number, _)| number).collect(),
        };
        let key = (effect.image.normalised().to_owned(), effect.version);
        let run = runs.entry(key).or_insert_with(|| (effect.image, Vec::new()));
        run.1.extend(numbers);
    }
    let runs = runs.into_iter().map(|((_, version), (image, mut numbers))| {
        numbers.sort_unstable();
        numbers.dedup();
        Run {
            image,
            version,
            environments: numbers.into_iter().map(|at| present[at].name.clone()).collect(),
        }
    });
    Ok(runs.collect())
}

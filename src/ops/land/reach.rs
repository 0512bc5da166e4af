//! Which environments a change reaches: by what builds read its files, and by where they lie.

use super::Target;
use crate::change::set::ChangeSet;
use crate::config::environments::{Environment, Environments};
use crate::config::infer::{HOLDERS, Layout};
use crate::manifest::graph::{Graph, Reach};
use crate::manifest::kustomization::{FILE_NAMES, directory_of, in_directory, is_kustomization};
use crate::ops::config;
use crate::ops::world::World;
use crate::snapshot::Walk;

/// The environments that a change is for, and those that it reaches.
pub(super) fn reached(world: &World, target: &Target, change_set: &ChangeSet) -> Vec<String> {
    let mut names = target.environments.clone();
    let facts = &change_set.facts;
    let by_site = facts.sites.iter().flat_map(|site| site.environments.clone());
    let by_file = facts.settings.iter().flat_map(|it| by_place(world, target, &it.file));
    for name in by_site.chain(by_file) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The environments in whose directory a file lies; of a file that lies in none, those whose builds read it. A file of an
/// environment's own is taken for its alone: to know better, every kustomization of the repository would have to be read.
fn by_place(world: &World, target: &Target, file: &str) -> Vec<String> {
    let beside = reach_of(&near(world, file), target, (&Graph::default(), file));
    // Kustomize loads files from below a kustomization only: where there is none above, no build reads it.
    if !beside.is_empty() || !has_kustomization_above(world, file) {
        return beside;
    }
    let graph = config::graph(world);
    reach_of(&world.environments(&graph), target, (&graph, file))
}

fn reach_of(environments: &Environments, target: &Target, (graph, file): (&Graph, &str)) -> Vec<String> {
    let is_here = |it: &&Environment| {
        it.branch
            .as_deref()
            .is_none_or(|branch| branch == target.branch.as_str())
    };
    let present: Vec<&Environment> = environments.list.iter().filter(is_here).collect();
    let reach = Reach::new(graph, &present);
    let reached = reach.of(file);
    // One with a branch and no directory is everything on its branch.
    let is_reached = |it: &&&Environment| {
        reached.contains(&it.name.as_str()) || (it.branch.is_some() && it.paths.is_empty() && it.files.is_empty())
    };
    present.iter().filter(is_reached).map(|it| it.name.clone()).collect()
}

fn has_kustomization_above(world: &World, file: &str) -> bool {
    let mut directory = directory_of(file);
    loop {
        if FILE_NAMES
            .iter()
            .any(|name| world.snapshot.has_file(&in_directory(directory, name)))
        {
            return true;
        }
        if directory.is_empty() {
            return false;
        }
        directory = directory_of(directory);
    }
}

/// The environments as far as the neighbours of a file tell: those of its own holder, such as `overlays/`.
pub(super) fn near(world: &World, file: &str) -> Environments {
    let mut layout = Layout {
        kustomizations: Vec::new(),
        branches: world.branches.all.clone(),
        default_branch: world.branches.default.clone(),
    };
    if world.loaded.config.environments.is_empty() {
        let parts: Vec<&str> = file.split('/').collect();
        let holders = (0..parts.len()).filter(|at| HOLDERS.contains(&parts[*at]));
        let holders: Vec<String> = holders.map(|at| parts[..=at].join("/")).collect();
        let depth = |path: &str| path.matches('/').count();
        let is_child =
            |path: &str| is_kustomization(path) && holders.iter().any(|holder| depth(path) <= depth(holder) + 3);
        let walk = Walk {
            below: &holders,
            wanted: &is_child,
            on_read: &|| {},
        };
        if !holders.is_empty() {
            let found = world.snapshot.list(&walk);
            layout.kustomizations = found.iter().map(|path| directory_of(path).to_owned()).collect();
        }
    }
    Environments::of(&world.loaded, &layout)
}

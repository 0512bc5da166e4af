//! Which environments a change reaches: by what builds read its files, and by where they lie.

use super::Target;
use crate::change::set::ChangeSet;
use crate::config::environments::{Environment, Environments};
use crate::config::infer::{HOLDERS, Layout};
use crate::manifest::graph::{Graph, Reach};
use crate::manifest::kustomization::{directory_of, is_kustomization};
use crate::ops::config;
use crate::ops::world::{Reading, World};
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

/// The environments that a file reaches: by a build that reads it, by lying in their directory, or as all of their branch.
fn by_place(world: &World, target: &Target, file: &str) -> Vec<String> {
    let is_near = matches!(world.reading, Reading::Near(_));
    let inside = reach_of(&near(world, file), target, (&Graph::default(), file));
    // Where files have to be fetched, a file of one environment's own is taken for its alone.
    if is_near && !inside.is_empty() {
        return inside;
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

/// The environments as far as the neighbours of a file tell: those of its own holder, such as `overlays/`; of a file that
/// has none, such as one of a base, all that there are.
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
        if holders.is_empty() {
            return world.environments_by_name();
        }
        let depth = |path: &str| path.matches('/').count();
        let is_child =
            |path: &str| is_kustomization(path) && holders.iter().any(|holder| depth(path) <= depth(holder) + 3);
        let walk = Walk {
            below: &holders,
            wanted: &is_child,
            on_read: &|| {},
        };
        let found = world.snapshot.list(&walk);
        layout.kustomizations = found.iter().map(|path| directory_of(path).to_owned()).collect();
    }
    Environments::of(&world.loaded, &layout)
}

//! A change as a drawing: changed files on the left, what is built with them between, environments on the right.
//!
//! Nothing is measured on a screen: where a box stands follows from its place in the graph alone, so the same change is
//! always the same picture.

use std::collections::{BTreeMap, BTreeSet};

use crate::ops::impact::{Impact, Stop};

/// So many changed files are named in one box; of more it says how many.
const NAMED: usize = 8;
/// From so many files between on they are left out, and arrows lead from the change to the environments.
const MOST_BETWEEN: usize = 30;

/// What a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Files of the change.
    Changed,
    /// A file that is built with one of them, and did not change.
    Between,
    /// An environment that is reached.
    Reached,
    /// An environment that is not.
    Untouched,
}

/// A box of the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) role: Role,
    pub(super) lines: Vec<String>,
    /// From the left, beginning with 0.
    pub(super) column: usize,
}

/// The drawing: boxes from top to bottom within their columns, and arrows between them by their indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) nodes: Vec<Node>,
    pub(super) arrows: BTreeSet<(usize, usize)>,
}

/// Where an arrow leads from or to, before boxes are made.
type Targets = BTreeSet<Stop>;

/// Returns the drawing of a change.
pub(super) fn of(impact: &Impact) -> Picture {
    let changed: BTreeSet<&str> = impact.files.iter().map(|it| it.touched.path.as_str()).collect();
    let mut leads: BTreeMap<String, Targets> = BTreeMap::new();
    for step in &impact.steps {
        leads.entry(step.from.clone()).or_default().insert(step.to.clone());
    }
    let between: BTreeSet<&str> = impact
        .steps
        .iter()
        .filter_map(|step| match &step.to {
            Stop::File(file) if !changed.contains(file.as_str()) => Some(file.as_str()),
            _ => None,
        })
        .collect();
    if between.len() > MOST_BETWEEN {
        leads = straight(impact);
    }
    // A file that others are built into has a box of its own, and so has one that is declared shared and reaches nothing.
    let entered: BTreeSet<&str> = leads
        .values()
        .flatten()
        .filter_map(|stop| match stop {
            Stop::File(file) => Some(file.as_str()),
            Stop::Environment(_) => None,
        })
        .collect();
    let mut alike: BTreeMap<&Targets, Vec<&str>> = BTreeMap::new();
    let nothing = Targets::new();
    for file in changed.iter().filter(|file| !entered.contains(*file)) {
        alike
            .entry(leads.get(*file).unwrap_or(&nothing))
            .or_default()
            .push(file);
    }
    let mut drawn = Drawn::default();
    let mut groups: Vec<(&Targets, Vec<&str>)> = alike.into_iter().collect();
    groups.sort_by(|one, other| one.1.cmp(&other.1));
    for (targets, files) in &groups {
        let node = drawn.add(Role::Changed, named(files), 0);
        drawn.leads.push((node, (*targets).clone()));
    }
    let mut ordered: Vec<&str> = entered.iter().copied().collect();
    // Fewer arrows cross where boxes stand in the order of the environments that they lead to.
    ordered.sort_by_key(|file| first_reached(file, (&leads, impact)));
    for file in &ordered {
        let role = if changed.contains(file) {
            Role::Changed
        } else {
            Role::Between
        };
        let node = drawn.add(role, vec![(*file).to_owned()], depth(file, (&leads, &entered)));
        drawn.at.insert(Stop::File((*file).to_owned()), node);
        drawn.leads.push((node, leads.get(*file).cloned().unwrap_or_default()));
    }
    let last = drawn.nodes.iter().map(|it| it.column + 1).max().unwrap_or(0);
    for environment in &impact.environments {
        let role = if environment.through.is_empty() {
            Role::Untouched
        } else {
            Role::Reached
        };
        let node = drawn.add(role, vec![environment.name.clone()], last);
        drawn.at.insert(Stop::Environment(environment.name.clone()), node);
    }
    drawn.finish()
}

#[derive(Default)]
struct Drawn {
    nodes: Vec<Node>,
    at: BTreeMap<Stop, usize>,
    leads: Vec<(usize, Targets)>,
}

impl Drawn {
    fn add(&mut self, role: Role, lines: Vec<String>, column: usize) -> usize {
        self.nodes.push(Node { role, lines, column });
        self.nodes.len() - 1
    }

    fn finish(self) -> Picture {
        let arrows = self.leads.iter().flat_map(|(from, targets)| {
            let to = targets.iter().filter_map(|stop| self.at.get(stop));
            to.map(move |to| (*from, *to))
        });
        Picture {
            arrows: arrows.collect(),
            nodes: self.nodes,
        }
    }
}

/// From each changed file to the environments that it reaches, with nothing between.
fn straight(impact: &Impact) -> BTreeMap<String, Targets> {
    let leads = impact.files.iter().map(|file| {
        let targets = file.environments.iter().cloned().map(Stop::Environment);
        (file.touched.path.clone(), targets.collect())
    });
    leads.collect()
}

/// The place, in promotion order, of the first environment that a file leads to.
fn first_reached(file: &str, (leads, impact): (&BTreeMap<String, Targets>, &Impact)) -> usize {
    let mut seen: BTreeSet<&str> = BTreeSet::from([file]);
    let mut open = vec![file];
    let mut first = usize::MAX;
    while let Some(file) = open.pop() {
        for to in leads.get(file).into_iter().flatten() {
            match to {
                Stop::File(next) if seen.insert(next) => open.push(next),
                Stop::File(_) => {}
                Stop::Environment(name) => {
                    let at = impact.environments.iter().position(|it| it.name == *name);
                    first = first.min(at.unwrap_or(usize::MAX));
                }
            }
        }
    }
    first
}

fn named(files: &[&str]) -> Vec<String> {
    let more = files.len().saturating_sub(NAMED);
    let mut lines: Vec<String> = files.iter().take(NAMED).map(|file| (*file).to_owned()).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

/// The column of a file that others are built into: one more than that of the last of them.
fn depth(file: &str, (leads, entered): (&BTreeMap<String, Targets>, &BTreeSet<&str>)) -> usize {
    let into = |to: &str| -> Vec<&str> {
        let stop = Stop::File(to.to_owned());
        let from = leads.iter().filter(|(_, targets)| targets.contains(&stop));
        from.map(|(from, _)| from.as_str()).collect()
    };
    let mut column = 0;
    let mut layer: BTreeSet<&str> = BTreeSet::from([file]);
    // Kustomizations that build each other would go round for ever; kustomize refuses them.
    while column <= entered.len() {
        layer = layer.iter().flat_map(|it| into(it)).collect();
        if layer.is_empty() {
            return column;
        }
        column += 1;
    }
    column
}

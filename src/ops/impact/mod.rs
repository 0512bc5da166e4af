//! Which environments a change reaches, and by which way.

pub(crate) mod range;
pub(crate) mod sight;

use std::collections::BTreeSet;

use crate::error::{Error, Kind};
use crate::git::changed::Touched;
use crate::manifest::graph;
use crate::manifest::scan::lies_below;
use crate::ops::land::Ground;
use range::{Range, Uncommitted};
use sight::Sight;

/// What a change reaches.
pub(crate) struct Impact {
    pub(crate) range: Range,
    /// In promotion order; all that are concerned, reached or not.
    pub(crate) environments: Vec<Reached>,
    /// Files that reach an environment, or are declared to be shared, sorted by path.
    pub(crate) files: Vec<Affecting>,
    /// Each step of the ways from changed files to environments.
    pub(crate) steps: BTreeSet<Step>,
    /// The other files of the change, sorted by path.
    pub(crate) without: Vec<String>,
    pub(crate) warnings: Vec<Error>,
    /// Both sides, for whoever asks on; the old one is missing before the first commit.
    pub(crate) sides: (Option<Sight>, Sight),
}

/// An environment, and how the change gets there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) name: String,
    /// None if it has no peers.
    pub(crate) group: Option<String>,
    /// The files on the way from the change to the environment, each once; empty if it is not reached.
    pub(crate) through: Vec<String>,
}

/// One step on a way: a file, and what is built with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    pub(crate) from: String,
    pub(crate) to: Stop,
}

/// Where a step leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    File(String),
    Environment(String),
}

/// A file of the change that reaches something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Affecting {
    pub(crate) touched: Touched,
    pub(crate) kind: Kinds,
    /// In promotion order.
    pub(crate) environments: Vec<String>,
}

/// What a file, or a change, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kinds {
    /// It reaches nothing.
    Nothing,
    /// It reaches one environment.
    Overlay,
    /// It reaches several, or is declared to.
    Shared,
}

impl Kinds {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kinds::Nothing => "none",
            Kinds::Overlay => "overlay",
            Kinds::Shared => "shared",
        }
    }
}

impl Impact {
    /// What the change is as a whole.
    pub(crate) fn kind(&self) -> Kinds {
        self.files.iter().map(|it| it.kind).max().unwrap_or(Kinds::Nothing)
    }
}

/// Works out what a change reaches. A file that is gone is looked up on the old side, and every other on both: what was built
/// with it before is changed by it, too.
///
/// # Errors
/// As [`range::resolve`] and [`Sight::of`]; [`Kind::Usage`] for uncommitted changes where there is no work tree.
pub(crate) fn look(ground: &Ground, typed: Option<&str>, uncommitted: Uncommitted) -> Result<Impact, Error> {
    if uncommitted == Uncommitted::Counted && ground.is_remote_only() {
        return Err(Error::new(
            Kind::Usage,
            "no-work-tree",
            "a remote repository has no work tree with uncommitted changes",
        ));
    }
    let range = range::resolve(ground, typed, uncommitted)?;
    let touched = match (&range.old, uncommitted) {
        (Some(old), Uncommitted::Counted) => ground.repository.touched_here(&ground.git, old)?,
        (old, _) => ground.repository.touched(&ground.git, old.as_ref(), &range.new)?,
    };
    let own = ground.own();
    let new = match uncommitted {
        Uncommitted::Counted => Sight::of(&ground.look, own.as_deref())?,
        Uncommitted::Left => Sight::of(&ground.world_at(&range.new)?, own.as_deref())?,
    };
    // Whoever repairs what could not be read before must not be stopped by it.
    let before = range.old.as_ref().map(|commit| {
        let world = ground.world_at(commit)?;
        Sight::of(&world, own.as_deref())
    });
    let (old, unread) = match before {
        Some(Ok(sight)) => (Some(sight), None),
        Some(Err(error)) if error.kind == Kind::Config => (None, Some(error)),
        Some(Err(error)) => return Err(error),
        None => (None, None),
    };
    let mut impact = of_sides(range, touched, (old, new));
    impact.warnings.extend(unread.map(|error| Error {
        message: format!("the old side is not looked at: {}", error.message),
        ..error
    }));
    Ok(impact)
}

fn of_sides(range: Range, touched: Vec<Touched>, sides: (Option<Sight>, Sight)) -> Impact {
    let branch = range.branch.as_deref();
    let mut environments: Vec<Reached> = Vec::new();
    let mut files = Vec::new();
    let mut without = Vec::new();
    let mut warnings: Vec<Error> = Vec::new();
    let mut steps = BTreeSet::new();
    {
        let both: Vec<&Sight> = std::iter::once(&sides.1).chain(&sides.0).collect();
        let reaches: Vec<_> = both.iter().map(|sight| sight.reach(&sight.concerned(branch))).collect();
        for sight in &both {
            for environment in sight.concerned(branch) {
                if !environments.iter().any(|known| known.name == environment.name) {
                    environments.push(Reached {
                        name: environment.name.clone(),
                        group: environment.group.clone(),
                        through: Vec::new(),
                    });
                }
            }
            for warning in &sight.warnings {
                if !warnings.contains(warning) {
                    warnings.push(warning.clone());
                }
            }
        }
        for touched in touched {
            let names: BTreeSet<&str> = reaches.iter().flat_map(|reach| reach.of(&touched.path)).collect();
            for environment in environments.iter_mut().filter(|it| names.contains(it.name.as_str())) {
                let way = reaches.iter().map(|reach| reach.way(&environment.name, &touched.path));
                let way = way.max_by_key(Vec::len).unwrap_or_default();
                walked(&mut steps, &touched.path, (&way, &environment.name));
                for file in way {
                    if !environment.through.contains(&file) {
                        environment.through.push(file);
                    }
                }
            }
            let declared = both.iter().any(|sight| is_declared_shared(sight, &touched.path));
            let kind = match (names.len(), declared) {
                (0, false) => Kinds::Nothing,
                (1, false) => Kinds::Overlay,
                _ => Kinds::Shared,
            };
            if kind == Kinds::Nothing {
                without.push(touched.path);
                continue;
            }
            let reached = environments.iter().filter(|it| names.contains(it.name.as_str()));
            files.push(Affecting {
                environments: reached.map(|it| it.name.clone()).collect(),
                touched,
                kind,
            });
        }
    }
    Impact {
        range,
        environments,
        files,
        steps,
        without,
        warnings,
        sides,
    }
}

/// Keeps the steps of a way from a file of the change to an environment.
fn walked(steps: &mut BTreeSet<Step>, file: &str, (way, environment): (&[String], &str)) {
    let mut from = file;
    for next in way.iter().filter(|it| *it != file) {
        steps.insert(Step {
            from: from.to_owned(),
            to: Stop::File(next.clone()),
        });
        from = next;
    }
    steps.insert(Step {
        from: from.to_owned(),
        to: Stop::Environment(environment.to_owned()),
    });
}

/// Whether `check.shared.paths` of the configuration names a file, or a directory that holds it.
fn is_declared_shared(sight: &Sight, file: &str) -> bool {
    sight.config.check.shared.paths.iter().any(|path| {
        let path = path.trim_end_matches('/');
        match path.contains(['*', '?', '[', '{']) {
            true => graph::matches(path, file) || graph::matches(&format!("{path}/**"), file),
            false => !path.is_empty() && lies_below(&[path.to_owned()], file),
        }
    })
}

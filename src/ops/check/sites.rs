//! Every site of a tree, and what takes effect of them.

use std::collections::HashMap;
use std::iter;

use crate::error::{Error, Hint};
use crate::image::{Repository, Version};
use crate::manifest::graph::{Graph, Reach};
use crate::manifest::scan::lies_below;
use crate::manifest::site::{Part, Site, Spot};
use crate::manifest::slot::{self, Effect, SiteAt, Survey};
use crate::manifest::spot::Spots;
use crate::ops::world::World;
use crate::yaml::{self, NodeKind, Tree};

/// Where something stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spotted {
    pub(super) file: String,
    /// From 1.
    pub(super) line: u32,
    /// In characters, from 1.
    pub(super) column: u32,
    /// How many characters are meant.
    pub(super) width: usize,
}

/// `file:line:column`.
impl std::fmt::Display for Spotted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What is kept of a site when its tree is gone.
#[derive(Clone, Copy)]
struct Mark {
    line: u32,
    column: u32,
    width: usize,
    writing: Writing,
}

/// How the tag of a site is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// Every reader reads this text.
    Text,
    /// A scalar of its own that some reader takes for something else.
    Mistyped,
}

/// What part of a tree is wanted.
pub(super) struct Scope<'a> {
    /// As typed; none means all, and files of no environment.
    pub(super) environments: &'a [String],
    /// As typed; none means everything.
    pub(super) paths: &'a [String],
    /// The branch of the tree, where it is known.
    pub(super) branch: Option<&'a str>,
}

/// A site that takes effect, or is looked at for how it is written.
pub(super) struct Standing<'s> {
    pub(super) at: SiteAt,
    pub(super) site: &'s Site,
    pub(super) spotted: Spotted,
    pub(super) environments: Vec<String>,
    pub(super) writing: Writing,
}

/// Every site of a tree.
pub(super) struct Sites {
    survey: Survey,
    marks: Vec<Vec<Mark>>,
    effects: Vec<Effect>,
    /// The environments whose files are in this tree, in promotion order; an effect names them by number.
    names: Vec<String>,
    /// The environments that each file with sites, or each kustomization, reaches.
    reached: HashMap<String, Vec<String>>,
    wanted: Vec<String>,
    below: Vec<String>,
    pub(super) warnings: Vec<Error>,
}

impl Sites {
    /// Reads a tree.
    ///
    /// # Errors
    /// [`crate::error::Kind::NotFound`] for an environment or a path that is not there; [`crate::error::Kind::Config`] for a
    /// path of a site in the configuration that cannot be understood.
    pub(super) fn of(world: &World, scope: &Scope<'_>, on_read: &(dyn Fn() + Sync)) -> Result<Sites, Error> {
        let declared = world.declared()?;
        let below = world.enter(scope.paths)?;
        let (survey, marks, unreadable) = Survey::lean(&world.snapshot, &declared, on_read, &marks);
        let environments = world.environments(&survey.graph);
        let mut wanted = Vec::new();
        for name in scope.environments {
            wanted.extend(environments.named(name)?.iter().map(|it| it.name.clone()));
        }
        let mut warnings = world.warnings_about(&survey.skipped);
        warnings.extend(
            unreadable
                .into_iter()
                .map(|error| error.hint(Hint::Flag("--path PATH".into(), "looks only there".into()))),
        );
        let is_here = |branch: &Option<String>| branch.is_none() || branch.as_deref() == scope.branch;
        let mut present = world.present(&environments, scope.environments);
        for environment in environments
            .list
            .iter()
            .filter(|it| it.branch.is_some() && is_here(&it.branch))
        {
            if !present.iter().any(|it| it.name == environment.name) {
                present.push(environment);
            }
        }
        let names: Vec<String> = present.iter().map(|it| it.name.clone()).collect();
        let tops = slot::tops(&survey.graph, &environments, &present);
        let effects = survey.effects(&tops);
        let reach = Reach::new(&survey.graph, &present);
        let kustomizations = survey.graph.directories().filter_map(|it| survey.graph.at(it));
        let files = survey.files.iter().map(|seen| &seen.file);
        let reached = files.chain(kustomizations.map(|it| &it.file)).map(|file| {
            let names = reach.of(file).into_iter().map(str::to_owned).collect();
            (file.clone(), names)
        });
        let reached = reached.collect();
        Ok(Sites {
            effects,
            names,
            reached,
            wanted,
            below,
            warnings,
            marks,
            survey,
        })
    }

    /// The kustomizations of the tree.
    pub(super) fn graph(&self) -> &Graph {
        &self.survey.graph
    }

    /// How many sites take effect, and are wanted.
    pub(super) fn count(&self) -> usize {
        let mut sites: Vec<SiteAt> = self.effects().map(|(standing, _)| standing.at).collect();
        sites.dedup();
        sites.len()
    }

    /// What takes effect and is wanted, in the order of files and lines.
    pub(super) fn effects(&self) -> impl Iterator<Item = (Standing<'_>, &Effect)> {
        let known = self.effects.iter().filter(|effect| !is_placeholder(&effect.version));
        known.filter_map(|effect| {
            let standing = self.standing(effect.at);
            let environments = match effect.is_built {
                true => effect.environments.iter().map(|at| self.names[*at].clone()).collect(),
                false => standing.environments,
            };
            let standing = Standing {
                environments,
                ..standing
            };
            self.is_wanted(&standing.spotted.file, &standing.environments)
                .then_some((standing, effect))
        })
    }

    /// Every site that is wanted, whether or not it takes effect.
    pub(super) fn all(&self) -> impl Iterator<Item = Standing<'_>> {
        let files = self.survey.files.iter().enumerate();
        let every = files.flat_map(|(file, seen)| (0..seen.sites.len()).map(move |site| SiteAt { file, site }));
        every
            .map(|at| self.standing(at))
            .filter(|standing| self.is_wanted(&standing.spotted.file, &standing.environments))
    }

    /// Tells whether a file that reaches these environments is looked at.
    pub(super) fn is_wanted(&self, file: &str, environments: &[String]) -> bool {
        lies_below(&self.below, file)
            && (self.wanted.is_empty() || environments.iter().any(|name| self.wanted.contains(name)))
    }

    /// The environments that a file with sites, or a kustomization, reaches.
    pub(super) fn reached(&self, file: &str) -> &[String] {
        self.reached.get(file).map_or(&[], Vec::as_slice)
    }

    fn standing(&self, at: SiteAt) -> Standing<'_> {
        let (seen, site) = self.survey.at(at);
        let mark = self.marks[at.file][at.site];
        Standing {
            at,
            site,
            spotted: Spotted {
                file: seen.file.clone(),
                line: mark.line,
                column: mark.column,
                width: mark.width,
            },
            environments: self.reached(&seen.file).to_vec(),
            writing: mark.writing,
        }
    }
}

/// `IMAGE_TAG`, which somebody replaces before it is used.
fn is_placeholder(version: &Version) -> bool {
    let is_one = |tag: &str| {
        let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        tag.contains('_') && tag.starts_with(|c: char| c.is_ascii_uppercase()) && tag.bytes().all(fits)
    };
    version.tag.as_deref().is_some_and(is_one)
}

/// The registry of an image: the first word of its full name.
pub(super) fn host(image: &Repository) -> &str {
    let full = image.normalised();
    full.split_once('/').map_or(full, |(host, _)| host)
}

fn marks(_file: &str, tree: &Tree, sites: &[Site]) -> Vec<Mark> {
    let mut spots = Spots::of(tree);
    let mut inner = None;
    let mut marks = Vec::with_capacity(sites.len());
    for site in sites {
        let (line, column) = spots.position(site.at);
        if let Some(block) = site.at.block
            && inner.as_ref().is_none_or(|(known, _)| *known != block)
        {
            inner = tree.inner(block).ok().map(|read| (block, read));
        }
        let of = match (&inner, site.at.block) {
            (Some((_, inner)), Some(_)) => Some(inner.tree()),
            (_, Some(_)) => None,
            (_, None) => Some(tree),
        };
        let text = of.map_or("", |tree| &tree.source()[tree.span(site.at.node)]);
        let width = text.lines().next().unwrap_or_default().chars().count();
        let is_mistyped = of.is_some_and(|tree| own_tags(site).any(|spot| is_mistyped(tree, spot)));
        marks.push(Mark {
            line,
            column,
            width: width.max(1),
            writing: match is_mistyped {
                true => Writing::Mistyped,
                false => Writing::Text,
            },
        });
    }
    marks
}

/// The scalars that hold the tag alone.
pub(super) fn own_tags(site: &Site) -> impl Iterator<Item = Spot> {
    let tag = site.version.tag.as_deref();
    let length = tag.map_or(0, str::len);
    site.parts.iter().filter_map(move |part| match part {
        Part::Tag { at, range } if range.start == 0 && range.end == length && length > 0 => Some(*at),
        _ => None,
    })
}

/// A plain scalar that some reader takes for something else than text.
pub(super) fn is_mistyped(tree: &Tree, spot: Spot) -> bool {
    let node = tree.resolve(spot.node);
    tree.kind(node) == NodeKind::Plain && !tree.says_it_is_text(node) && !yaml::is_string_everywhere(tree.text(node))
}

/// Joins environments of several findings at one place, in promotion order.
pub(super) fn joined(all: &mut Vec<String>, more: &[String]) {
    let new: Vec<String> = more.iter().filter(|name| !all.contains(name)).cloned().collect();
    all.extend(iter::once(new).flatten());
}

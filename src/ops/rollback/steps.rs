//! Which landings a rollback takes back.

use std::collections::BTreeSet;

use super::{Far, RollbackRequest};
use crate::change::evidence;
use crate::config::environments::Environment;
use crate::error::{Error, Hint, Kind};
use crate::git::changes::{Changed, Pair};
use crate::git::names::Oid;
use crate::git::objects::{Commit, Entry};
use crate::image::{Name, Version};
use crate::manifest::graph::Reach;
use crate::manifest::locate::{self, Declared};
use crate::manifest::site::Site;
use crate::manifest::terraform;
use crate::ops::config;
use crate::ops::images::{self, ImagesRequest};
use crate::ops::land::Ground;
use crate::ops::standing::Standing;

/// So many landings are looked at, at most.
const MOST: &str = "--max-count=5000";

/// One landing that changed a version of the environment.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) commit: Oid,
    /// The first line of its message.
    pub(crate) title: String,
    /// Files of the environment's own that it changed.
    pub(crate) own: Vec<Changed>,
    /// Files that it changed and others have, too.
    pub(crate) others: Vec<String>,
    /// Versions that it changed in the environment's own files.
    pub(crate) moves: Vec<Move>,
    /// Whether it changed versions of images that were not named.
    pub(crate) company: Company,
    /// Whether git has to be told which parent stays.
    pub(crate) is_merge: IsMerge,
}

/// Whether a landing is a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IsMerge {
    Yes,
    No,
}

/// Whether a landing changed versions of images that were not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    Alone,
    Others,
}

/// A version that a landing changed.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    pub(crate) file: String,
    /// The site as it was after the landing.
    pub(crate) site: Site,
    /// Which of several alike in its file, from 0.
    pub(crate) nth: usize,
    /// What stood there before.
    pub(crate) before: Version,
}

/// Finds the landings, newest first.
///
/// # Errors
/// [`Kind::NotFound`] if the image never changed, or for a revision that is not there; [`Kind::Refused`] `nothing-to-roll-back`.
pub(super) fn find(
    ground: &Ground,
    (standing, environment, tip): (&Standing, &Environment, &Oid),
    request: &RollbackRequest,
) -> Result<Vec<Step>, Error> {
    let until = match &request.far {
        Far::Steps(_) => None,
        Far::To(revision) => Some(named(ground, (environment, tip), revision)?),
    };
    let wanted = match &request.far {
        Far::Steps(steps) => *steps,
        Far::To(_) => usize::MAX,
    };
    let branch = standing
        .branches
        .get(&environment.name)
        .ok_or_else(|| Error::bug("an environment without a branch"))?;
    let world = ground.world_of(&ground.view(tip)?, branch)?;
    let graph = config::graph(&world);
    let is_here = |it: &&Environment| it.branch.is_none() || it.branch == environment.branch;
    let here: Vec<&Environment> = standing.environments.list.iter().filter(is_here).collect();
    let owns = Owns {
        reach: Reach::new(&graph, &here),
        name: &environment.name,
        declared: world.declared()?,
    };
    let names: Vec<Name> = request
        .images
        .iter()
        .map(|name| world.full_name(name))
        .collect::<Result<_, _>>()?;
    let line = ground
        .repository
        .list(&ground.git, &["--first-parent", MOST, tip.as_str()])?;
    let mut gone: BTreeSet<Oid> = BTreeSet::new();
    let mut steps = Vec::new();
    for id in line {
        if until.as_ref() == Some(&id) || steps.len() == wanted {
            break;
        }
        let Some(commit) = ground.repository.commit(&id)? else {
            break;
        };
        let Some(parent) = commit.parents.first().cloned() else {
            break;
        };
        let takes_back = takes_back(ground, (&id, &commit))?;
        if !takes_back.is_empty() {
            // What is gone itself takes nothing back: a rollback of a rollback brings it back.
            if !gone.contains(&id) {
                gone.extend(takes_back);
            }
            continue;
        }
        if gone.contains(&id) {
            continue;
        }
        let pair = Pair {
            old: parent,
            new: id.clone(),
        };
        let files = ground.repository.changes(&ground.git, &pair)?;
        let (own, others): (Vec<Changed>, Vec<Changed>) = files.into_iter().partition(|file| owns.is_own(&file.path));
        let moves = moves(ground, &own, (&owns.declared, &names))?;
        let company = match names.is_empty() || self::moves(ground, &own, (&owns.declared, &[]))?.len() == moves.len() {
            true => Company::Alone,
            false => Company::Others,
        };
        let shared: Vec<&Changed> = others.iter().filter(|file| owns.reaches(&file.path)).collect();
        if moves.is_empty() && !shared.is_empty() {
            let shared: Vec<Changed> = shared.into_iter().cloned().collect();
            let elsewhere = self::moves(ground, &shared, (&owns.declared, &names))?;
            if let (Some(one), Far::Steps(_)) = (elsewhere.first(), &request.far) {
                return Err(only_shared((&id, &commit), (environment, one)));
            }
        }
        if !moves.is_empty() || until.is_some() && !own.is_empty() {
            steps.push(Step {
                title: commit.message.lines().next().unwrap_or_default().to_owned(),
                others: others.into_iter().map(|file| file.path).collect(),
                commit: id,
                own,
                moves,
                company,
                is_merge: if commit.parents.len() > 1 {
                    IsMerge::Yes
                } else {
                    IsMerge::No
                },
            });
        }
    }
    match steps.is_empty() {
        false => Ok(steps),
        true => {
            // A name with a wrong letter never changed either.
            let known = ImagesRequest {
                names: names.clone(),
                environments: vec![environment.name.clone()],
                ..ImagesRequest::default()
            };
            images::list(&world, &known, &|| {})?;
            Err(nothing(environment, &names))
        }
    }
}

/// Which files are an environment's own.
struct Owns<'g> {
    reach: Reach<'g>,
    name: &'g str,
    declared: Declared,
}

impl Owns<'_> {
    /// Tells whether a file is the environment's, and no other's.
    fn is_own(&self, file: &str) -> bool {
        self.reach.of(file) == [self.name]
    }

    fn reaches(&self, file: &str) -> bool {
        self.reach.of(file).contains(&self.name)
    }
}

/// The landings that one takes back, by its own message or by those of the commits that it merged.
fn takes_back(ground: &Ground, (id, commit): (&Oid, &Commit)) -> Result<Vec<Oid>, Error> {
    let mut messages = vec![commit.message.clone()];
    if let (Some(first), Some(second)) = (commit.parents.first(), commit.parents.get(1)) {
        let excluded = format!("^{first}");
        for brought in ground
            .repository
            .list(&ground.git, &["--max-count=50", second.as_str(), &excluded])?
        {
            if let Some(commit) = ground.repository.commit(&brought)? {
                messages.push(commit.message);
            }
        }
    }
    let mut found: Vec<Oid> = Vec::new();
    for message in messages {
        found.extend(evidence::read(&message).rolls_back);
        for line in message.lines() {
            let named = line.split("This reverts commit ").nth(1);
            let digits: String = named
                .unwrap_or_default()
                .chars()
                .take_while(char::is_ascii_hexdigit)
                .collect();
            found.extend(Oid::parse(&digits));
        }
    }
    found.retain(|it| it != id);
    Ok(found)
}

/// The versions that changed in some files.
fn moves(ground: &Ground, files: &[Changed], (declared, names): (&Declared, &[Name])) -> Result<Vec<Move>, Error> {
    let mut found = Vec::new();
    for file in files {
        let (old, new) = (
            sites(ground, file, (&file.old, declared))?,
            sites(ground, file, (&file.new, declared))?,
        );
        for (at, site) in new.iter().enumerate() {
            let is_named = std::iter::once(&site.image)
                .chain(&site.also)
                .any(|repository| names.iter().any(|name| name.fit(repository).is_some()));
            if !names.is_empty() && !is_named {
                continue;
            }
            let nth = new[..at].iter().filter(|it| is_same(it, site)).count();
            let before = old.iter().filter(|it| is_same(it, site)).nth(nth);
            if let Some(before) = before.filter(|before| before.version != site.version) {
                found.push(Move {
                    file: file.path.clone(),
                    before: before.version.clone(),
                    site: site.clone(),
                    nth,
                });
            }
        }
    }
    Ok(found)
}

fn sites(ground: &Ground, file: &Changed, (entry, declared): (&Option<Entry>, &Declared)) -> Result<Vec<Site>, Error> {
    let Some(entry) = entry.as_ref().filter(|entry| entry.mode.is_file()) else {
        return Ok(Vec::new());
    };
    let tree = terraform::parse(&file.path, ground.repository.blob(&entry.id)?);
    Ok(tree.map_or_else(|_| Vec::new(), |tree| locate::sites(&file.path, &tree, declared)))
}

/// Tells whether two sites state the version of one thing.
pub(super) fn is_same(one: &Site, other: &Site) -> bool {
    one.locator == other.locator && one.slot == other.slot && one.image.same_as(&other.image)
}

fn named(ground: &Ground, (environment, tip): (&Environment, &Oid), revision: &str) -> Result<Oid, Error> {
    let Some(commit) = ground.repository.resolve(revision)? else {
        return Err(ground.no_revision(revision));
    };
    let line = ground
        .repository
        .list(&ground.git, &["--first-parent", MOST, tip.as_str()])?;
    match line.contains(&commit) {
        true => Ok(commit),
        false => {
            let message = format!("`{revision}` is no state that `{}` has had", environment.name);
            Err(Error::new(Kind::Refused, "foreign-revision", message)
                .because(format!("{} is not one of its branch's landings", commit.short())))
        }
    }
}

fn only_shared((id, commit): (&Oid, &Commit), (environment, one): (&Environment, &Move)) -> Error {
    let title = commit.message.lines().next().unwrap_or_default();
    let message = format!(
        "the last landing that changed a version of `{}` did so in `{}`, which other environments read, too",
        environment.name, one.file
    );
    Error::new(Kind::Refused, "shared-file", message)
        .because(format!("{}: {title}", id.short()))
        .hint(Hint::Run(format!(
            "rakops bump {}={} --env {}",
            one.site.image, one.before, environment.name
        )))
        .hint(Hint::Say(format!("git revert {}", id.short())))
}

fn nothing(environment: &Environment, names: &[Name]) -> Error {
    let of = match names {
        [] => String::new(),
        names => {
            let shown: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_str())).collect();
            format!(" of {}", shown.join(", "))
        }
    };
    let message = format!(
        "no landing changed a version{of} in `{}` that could be taken back",
        environment.name
    );
    Error::new(Kind::NotFound, "nothing-to-roll-back", message)
        .hint(Hint::Run(format!("rakops status {}", environment.name)))
}

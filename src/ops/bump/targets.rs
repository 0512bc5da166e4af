//! Which of the sites may be touched: the rules about environments and shared files.

use super::select::{Selection, Word};
use super::{BranchRule, BumpRequest, FileSites, Scope, Shared};
use crate::config::environments::{Environment, Environments};
use crate::error::{Error, Hint, Kind};
use crate::manifest::graph::{Graph, Reach};
use crate::manifest::scan::lies_below;
use crate::ops::world::World;

/// The scope with its names resolved.
pub(crate) enum Resolved {
    Unsaid,
    All,
    Environments { names: Vec<String>, shared: Shared },
}

/// The scope, and what is needed to ask about files.
pub(crate) struct Scoped<'a> {
    pub(crate) scope: &'a Resolved,
    pub(crate) reach: &'a Reach,
    pub(crate) graph: &'a Graph,
    /// Paths that limit what is edited; the empty list means none does.
    pub(crate) below: &'a [String],
}

impl Scoped<'_> {
    /// Tells whether sites of `file` belong to what was asked for at all.
    pub(crate) fn covers(&self, file: &str) -> bool {
        match self.scope {
            Resolved::Unsaid | Resolved::All => lies_below(self.below, file),
            Resolved::Environments { names, .. } => self
                .reach
                .of(file)
                .iter()
                .any(|reached| names.iter().any(|name| name == reached)),
        }
    }

    /// Tells whether `file` may be edited: no environment reads it that was not named.
    pub(crate) fn may_edit(&self, file: &str) -> bool {
        if !lies_below(self.below, file) {
            return false;
        }
        match self.scope {
            Resolved::Unsaid | Resolved::All => true,
            Resolved::Environments { names, shared } => {
                *shared == Shared::Edit
                    || self
                        .reach
                        .of(file)
                        .iter()
                        .all(|reached| names.iter().any(|name| name == reached))
            }
        }
    }

    /// The environments that were named, for a message.
    pub(crate) fn environment_names(&self) -> Option<String> {
        match self.scope {
            Resolved::Environments { names, .. } => Some(
                names
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
            Resolved::Unsaid | Resolved::All => None,
        }
    }
}

/// Resolves the names of environments, and refuses those whose branch is not here.
///
/// # Errors
/// [`Kind::NotFound`] with the nearest names; [`Kind::Refused`] if an environment's branch is not checked out.
pub(crate) fn resolve(world: &World, environments: &Environments, request: &BumpRequest) -> Result<Resolved, Error> {
    match &request.scope {
        Scope::Unsaid => Ok(Resolved::Unsaid),
        Scope::All => Ok(Resolved::All),
        Scope::Environments { names, shared } => {
            let mut resolved = Vec::new();
            for name in names {
                for environment in environments.named(name)? {
                    if request.branch == BranchRule::Own {
                        refuse_other_branch(world, environment)?;
                    }
                    if !resolved.contains(&environment.name) {
                        resolved.push(environment.name.clone());
                    }
                }
            }
            Ok(Resolved::Environments {
                names: resolved,
                shared: *shared,
            })
        }
    }
}

fn refuse_other_branch(world: &World, environment: &Environment) -> Result<(), Error> {
    let (Some(branch), Some(here)) = (&environment.branch, &world.branches.checked_out) else {
        return Ok(());
    };
    if branch == here {
        return Ok(());
    }
    Err(Error::new(
        Kind::Refused,
        "other-branch",
        format!(
            "`{}` follows the branch `{branch}`, and `{here}` is checked out",
            environment.name
        ),
    )
    .hint(Hint::Say(format!("git switch {branch}")))
    .hint(Hint::Flag(
        "--here".into(),
        "edits the files of this branch anyway".into(),
    )))
}

/// The sites that are edited, and the shared ones that are not.
pub(crate) struct Targets {
    /// Indexes of a file and of a site in it.
    pub(crate) edit: Vec<(usize, usize)>,
    /// Sites in files that environments which were not named reach too.
    pub(crate) shared: Vec<(usize, usize)>,
}

/// Divides the selected sites.
pub(crate) fn pick(files: &[FileSites], selection: &Selection, scope: &Scoped<'_>) -> Targets {
    let (edit, shared) = selection
        .sites
        .iter()
        .partition(|(file, _)| scope.may_edit(&files[*file].file));
    Targets { edit, shared }
}

/// Refuses an edit that would reach several environments although none was named.
///
/// # Errors
/// [`Kind::Refused`], with the flags that say what is meant.
pub(crate) fn refuse_several(
    request: &BumpRequest,
    files: &[FileSites],
    (words, touched): (&[Word<'_>], &[Targets]),
    scope: &Scoped<'_>,
) -> Result<(), Error> {
    if !matches!(scope.scope, Resolved::Unsaid) {
        return Ok(());
    }
    let mut reached: Vec<&str> = Vec::new();
    let mut through: Vec<&str> = Vec::new();
    for (word, targets) in words.iter().zip(touched) {
        for &(file, site) in &targets.edit {
            let sites = &files[file];
            if !word.differs_from(&sites.sites[site]) {
                continue;
            }
            let file = sites.file.as_str();
            let environments = scope.reach.of(file);
            if !environments.is_empty() && !through.contains(&file) {
                through.push(file);
            }
            for environment in environments {
                if !reached.contains(&environment) {
                    reached.push(environment);
                }
            }
        }
    }
    if reached.len() < 2 {
        return Ok(());
    }
    let names = words
        .iter()
        .map(|word| word.name.to_string())
        .collect::<Vec<_>>()
        .join("`, `");
    let typed: Vec<String> = request.words.iter().map(ToString::to_string).collect();
    let mut error = Error::new(
        Kind::Refused,
        "several-environments",
        format!("setting `{names}` here would reach {} environments", reached.len()),
    );
    for file in through.iter().take(6) {
        error = error.because(format!("`{file}` reaches {}", scope.reach.of(file).join(", ")));
    }
    // The names are also what a terminal offers to choose from.
    if !request.at.is_empty() {
        return Err(error.hint(Hint::Run(request.typed(&typed, "--all"))));
    }
    Err(error
        .hint(Hint::Found(reached.iter().map(ToString::to_string).collect()))
        .hint(Hint::Run(request.typed(&typed, &format!("--env {}", reached[0]))))
        .hint(Hint::Run(request.typed(&typed, "--all"))))
}

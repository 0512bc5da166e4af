//! Which of the sites may be touched: the rules about environments and shared files.

use super::select::{Selection, Word};
use super::{BranchRule, BumpRequest, FileSites, Scope, Shared};
use crate::config::environments::{Environment, Environments};
use crate::config::infer::{step_in_path, step_of_name};
use crate::error::{Error, Hint, Kind};
use crate::manifest::graph::{Graph, Label, Reach};
use crate::manifest::scan::lies_below;
use crate::manifest::site::{Origin, Site};
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
    pub(crate) reach: &'a Reach<'a>,
    pub(crate) graph: &'a Graph,
    /// Paths that limit what is edited; the empty list means none does.
    pub(crate) below: &'a [String],
    /// How much of the repository was read.
    pub(crate) known: Known,
}

/// How much of the repository was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// All of it.
    Everything,
    /// The environments that were named: whatever lies outside of their directories may be others', too.
    Near,
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
        if self.known == Known::Near && !self.reach.is_inside(file) && !self.reach.is_declared(file) {
            return false;
        }
        match self.scope {
            Resolved::Unsaid | Resolved::All => true,
            Resolved::Environments { names, shared } => {
                *shared == Shared::Edit || self.reach.labels(file).iter().all(|label| self.is_named(names, label))
            }
        }
    }

    /// Tells whether a label is one of the environments that were named, or a build that is called like one of them.
    fn is_named(&self, names: &[String], label: &Label) -> bool {
        match label.is_environment {
            true => names.contains(&label.name),
            false => label.step.is_some() && names.iter().any(|name| step_of_name(name) == label.step),
        }
    }

    /// Everywhere that `file` is effective, for a message.
    pub(crate) fn reached(&self, file: &str) -> String {
        let names: Vec<String> = self.reach.labels(file).into_iter().map(|label| label.name).collect();
        names.join(", ")
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
        "--commit".into(),
        format!("commits to `{branch}` and leaves this work tree alone"),
    ))
    .hint(Hint::Flag(
        "--push".into(),
        format!("lands on `{branch}` of the remote"),
    ))
    .hint(Hint::Flag(
        "--pr".into(),
        format!("opens a pull request onto `{branch}`"),
    ))
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
    let mut reached: Vec<Label> = Vec::new();
    let mut through: Vec<&str> = Vec::new();
    for (word, targets) in words.iter().zip(touched) {
        for &(file, site) in &targets.edit {
            let sites = &files[file];
            if !word.differs_from(&sites.sites[site]) {
                continue;
            }
            let file = sites.file.as_str();
            let labels = scope.reach.labels(file);
            if !labels.is_empty() && !through.contains(&file) {
                through.push(file);
            }
            for label in labels {
                // Two files that are both called after production are one environment to whoever named them.
                let is_known = |known: &Label| {
                    known.name == label.name
                        || (known.step.is_some()
                            && known.step == label.step
                            && !(known.is_environment && label.is_environment))
                };
                if !reached.iter().any(is_known) {
                    reached.push(label);
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
        error = error.because(format!("`{file}` reaches {}", scope.reached(file)));
    }
    let names: Vec<String> = reached
        .iter()
        .filter(|label| label.is_environment)
        .map(|label| label.name.clone())
        .collect();
    // The names are also what a terminal offers to choose from.
    if !request.at.is_empty() {
        // A place that is named belongs to whom it belongs to; only all of them can be meant.
    } else if names.len() == reached.len() {
        error = error
            .hint(Hint::Found(names.clone()))
            .hint(Hint::Run(request.typed(&typed, &format!("--env {}", names[0]))));
    } else {
        error = error.hint(Hint::Say(
            "name the environments in `rakops.yaml`; `rakops init` begins one".into(),
        ));
    }
    Err(error.hint(Hint::Run(request.typed(&typed, "--all"))))
}

/// Refuses to rename an image in a resource while a kustomization looks for it by the old name: its entry would find
/// nothing any more, and the version it pins would be gone without a word.
///
/// # Errors
/// [`Kind::Refused`], with the place of the entry.
pub(crate) fn refuse_lost_entries(word: &Word<'_>, files: &[FileSites], targets: &Targets) -> Result<(), Error> {
    if word.rename.is_none() {
        return Ok(());
    }
    let renamed = targets
        .edit
        .iter()
        .map(|&(file, site)| &files[file].sites[site])
        .find(|site| site.origin == Origin::PodSpec);
    let Some(renamed) = renamed else { return Ok(()) };
    let finds_it =
        |site: &&Site| matches!(&site.origin, Origin::KustomizeEntry { name } if name.same_as(&renamed.image));
    for of in files {
        if let Some(entry) = of.sites.iter().find(finds_it) {
            let message = format!(
                "`{}` is looked for here by its old name, and would not be found",
                renamed.image
            );
            return Err(Error::new(Kind::Refused, "rename-loses-entry", message)
                .at(entry.at.place(&of.tree, &of.file, "this version would be gone"))
                .hint(Hint::Flag(
                    "--env ENV".into(),
                    "renames in the overlay alone, with `newName`".into(),
                )));
        }
    }
    Ok(())
}

/// Refuses if a kustomization that cannot be read may build on a file that would be edited.
///
/// # Errors
/// [`Kind::Refused`], with line and column of what cannot be read.
pub(crate) fn refuse_blind(
    blind: &[(String, Error)],
    files: &[FileSites],
    touched: &[Targets],
    scope: &Scoped<'_>,
) -> Result<(), Error> {
    if matches!(scope.scope, Resolved::All) {
        return Ok(());
    }
    let is_environment = |path: &str| scope.reach.is_inside(path) || step_in_path(path).is_some();
    let Some((path, cause)) = blind.iter().find(|(path, _)| is_environment(path)) else {
        return Ok(());
    };
    let outside = touched
        .iter()
        .flat_map(|targets| &targets.edit)
        .map(|(file, _)| files[*file].file.as_str())
        .find(|file| !scope.reach.is_inside(file) && *file != path);
    match outside {
        None => Ok(()),
        Some(file) => Err(Error {
            code: "reach-unknown",
            message: format!("`{path}` cannot be read, and may build on `{file}`: {}", cause.message),
            ..cause.clone()
        }
        .hint(Hint::Flag("--all".into(), "edits it, whatever builds on it".into()))),
    }
}

//! The repository that a command works on: where it is, what it is called by git, what its configuration says.

use std::path::{Path as FilePath, PathBuf};
use std::rc::Rc;
use std::sync::Mutex;

use crate::config::environments::{Environment, Environments};
use crate::config::infer::Layout;
use crate::config::load::{self, Loaded};
use crate::error::{Error, Kind};
use crate::git::open::{self, Repository};
use crate::git::program::{Git, Manner};
use crate::image::Name;
use crate::manifest::graph::Graph;
use crate::manifest::kustomization::directory_of;
use crate::manifest::locate::Declared;
use crate::manifest::scan::{Nature, Skipped};
use crate::ops::land::names::{self, Names};
use crate::snapshot::{OfGit, Snapshot};

/// Where a command was told to work.
#[derive(Clone, Debug)]
pub(crate) struct Where {
    /// The directory, absolute: `-C`, or the current one.
    pub(crate) directory: PathBuf,
    /// `--config`, absolute.
    pub(crate) config: Option<PathBuf>,
    /// How git is run, for repositories that only the program can read.
    pub(crate) manner: Manner,
}

/// What git says, where there is a repository that can be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Branches {
    /// The branch that is checked out.
    pub(crate) checked_out: Option<String>,
    /// All branches, local and remote, by name.
    pub(crate) all: Vec<String>,
    /// The default branch.
    pub(crate) default: Option<String>,
}

/// A repository, looked at.
pub(crate) struct World {
    /// What paths are relative to, as they are typed.
    from: From,
    /// Its files.
    pub(crate) snapshot: Snapshot,
    /// Its configuration.
    pub(crate) loaded: Loaded,
    /// Its branches.
    pub(crate) branches: Branches,
    /// What should be known and does not stop the command.
    pub(crate) warnings: Vec<Error>,
    /// How much is read for a question about environments.
    pub(crate) reading: Reading,
}

/// How much is read for a question about environments.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    /// Everything: files are at hand.
    Everything,
    /// The environments that were named and what their builds read: every other file would have to be fetched.
    Near(Rc<Names>),
}

/// What paths are relative to, as they are typed.
#[derive(Clone, Debug)]
enum From {
    /// A directory on disk, absolute.
    Directory(PathBuf),
    /// A directory in the repository, with `/` between names.
    Prefix(String),
}

impl World {
    /// Looks at the repository that holds the directory; a directory in no repository is its own root.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if there is no such directory; [`Kind::Config`] with line and column.
    pub(crate) fn look(place: &Where) -> Result<World, Error> {
        let typed = &place.directory;
        if !typed.is_dir() {
            return Err(Error::new(
                Kind::NotFound,
                "directory-not-found",
                format!("there is no directory `{}`", typed.display()),
            ));
        }
        let mut warnings = Vec::new();
        let found = open::find_root(typed);
        let root = found.clone().unwrap_or_else(|| typed.clone());
        let opened = found.map(|found| Repository::open_with(&found, &Git::new(&found, place.manner.clone())));
        let repository = match opened {
            Some(Ok(repository)) => Some(repository),
            // Files can be edited all the same; only what git would say is not known.
            Some(Err(error)) => {
                warnings.push(error);
                None
            }
            None => None,
        };
        let branches = repository.as_ref().map(|repository| {
            let all = repository.branches();
            Branches {
                checked_out: repository.checked_out(),
                default: repository.default_among(&all),
                all,
            }
        });
        let branches = branches.unwrap_or_default();
        let repository = repository.map(Mutex::new);
        let of_git = move || match repository.as_ref().map(Mutex::lock) {
            Some(Ok(repository)) => OfGit {
                tracked: repository.tracked(),
                ignore_file: repository.ignore_file(),
            },
            _ => OfGit::default(),
        };
        let snapshot = Snapshot::of_work_tree(&root, of_git);
        let loaded = load::load(&snapshot, place.config.as_deref())?;
        Ok(World {
            from: From::Directory(typed.clone()),
            snapshot,
            loaded,
            branches,
            warnings,
            reading: Reading::Everything,
        })
    }

    /// Looks at the files of a commit. `prefix` is the directory in the repository that the command was started for,
    /// with `/` between names; the empty one is the root. `config` is a file that was named instead of the one there.
    ///
    /// # Errors
    /// [`Kind::Config`] with line and column.
    pub(crate) fn of_commit(
        snapshot: Snapshot,
        branches: Branches,
        (prefix, config): (&str, Option<&FilePath>),
    ) -> Result<World, Error> {
        let loaded = load::load(&snapshot, config)?;
        Ok(World {
            from: From::Prefix(prefix.to_owned()),
            snapshot,
            loaded,
            branches,
            warnings: Vec::new(),
            reading: Reading::Everything,
        })
    }

    /// Takes paths as typed, relative to the directory the command was started for, to paths below the root.
    ///
    /// # Errors
    /// As [`World::enter_one`].
    pub(crate) fn enter(&self, typed: &[String]) -> Result<Vec<String>, Error> {
        typed.iter().map(|path| self.enter_one(path)).collect()
    }

    /// Takes a path as typed, relative to the directory the command was started for, to a path below the root.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if there is nothing; [`Kind::Refused`] if it lies outside, or leads outside.
    pub(crate) fn enter_one(&self, typed: &str) -> Result<String, Error> {
        match &self.from {
            From::Directory(directory) => self.snapshot.enter(directory, typed),
            From::Prefix(prefix) => {
                let path = inside(prefix, typed)?;
                match path.is_empty() || self.snapshot.has_file(&path) || self.snapshot.has_directory(&path) {
                    true => Ok(path),
                    false => Err(Error::new(
                        Kind::NotFound,
                        "file-system",
                        format!("there is no `{path}` in the commit"),
                    )),
                }
            }
        }
    }

    /// The same error with the line that its place means, as this world has it.
    pub(crate) fn quoting(&self, error: Error) -> Error {
        let file = error
            .place
            .as_deref()
            .filter(|place| place.line > 0 && place.excerpt.is_none());
        let text = file.and_then(|place| self.snapshot.read(&place.file).ok());
        match text.and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(text) => error.quoting(&text),
            None => error,
        }
    }

    /// Takes a path as typed to a path below the root; nothing has to be there.
    ///
    /// # Errors
    /// [`Kind::Refused`] if it lies outside.
    pub(crate) fn place_of(&self, typed: &str) -> Result<String, Error> {
        match &self.from {
            From::Prefix(prefix) => inside(prefix, typed),
            From::Directory(directory) => {
                let root = std::fs::canonicalize(self.snapshot.root());
                let root = root.unwrap_or_else(|_| self.snapshot.root().to_path_buf());
                let prefix = directory.strip_prefix(&root).unwrap_or(FilePath::new(""));
                inside(&prefix.to_string_lossy().replace('\\', "/"), typed)
            }
        }
    }

    /// Returns the environments, as configured or as the layout says.
    pub(crate) fn environments(&self, graph: &Graph) -> Environments {
        Environments::of(&self.loaded, &self.layout(graph))
    }

    /// Returns the environments by the names of files alone: none is read but the configuration.
    pub(crate) fn environments_by_name(&self) -> Environments {
        if !self.loaded.config.environments.is_empty() {
            return self.environments_in(Vec::new());
        }
        let files = match &self.reading {
            Reading::Near(names) => names.of(&self.snapshot),
            Reading::Everything => names::list(&self.snapshot),
        };
        self.environments_in(files.iter().map(|file| directory_of(file).to_owned()).collect())
    }

    /// Returns the environments where these are the directories that hold a kustomization.
    pub(crate) fn environments_in(&self, kustomizations: Vec<String>) -> Environments {
        let layout = Layout {
            kustomizations,
            ..self.layout(&Graph::default())
        };
        Environments::of(&self.loaded, &layout)
    }

    /// Returns what environments can be inferred from.
    pub(crate) fn layout(&self, graph: &Graph) -> Layout {
        Layout {
            // An environment is there, too, whose kustomization has a slip in it.
            kustomizations: graph.directories().chain(graph.unread()).map(str::to_owned).collect(),
            branches: self.branches.all.clone(),
            default_branch: self.branches.default.clone(),
        }
    }

    /// Returns the environments whose files lie in this work tree: all, unless each has a branch of its own.
    /// `anyway` are names of environments whose files here are meant whatever their branch is.
    pub(crate) fn present<'e>(&self, environments: &'e Environments, anyway: &[String]) -> Vec<&'e Environment> {
        let here = self.branches.checked_out.as_deref();
        environments
            .list
            .iter()
            .filter(|environment| {
                let named = |name: &String| *name == environment.name || Some(name) == environment.group.as_ref();
                match (&environment.branch, here) {
                    (None, _) => true,
                    // No branch is checked out, as in CI: the files may be those of any.
                    (Some(_), None) => anyway.iter().any(named),
                    (Some(branch), Some(here)) => branch == here || anyway.iter().any(named),
                }
            })
            .collect()
    }

    /// Returns the paths that the configuration declares, compiled.
    ///
    /// # Errors
    /// [`Kind::Config`] if one cannot be understood.
    pub(crate) fn declared(&self) -> Result<Declared, Error> {
        Declared::of(&self.loaded.config.images)
    }

    /// Returns the name that an alias of the configuration stands for; any other name as it is.
    ///
    /// # Errors
    /// [`Kind::Config`] if the configured name is no image.
    pub(crate) fn full_name(&self, typed: &Name) -> Result<Name, Error> {
        let known = self
            .loaded
            .config
            .images
            .iter()
            .find(|image| image.alias.as_deref() == Some(typed.as_str()));
        match known {
            Some(image) => Name::parse(&image.name).map_err(|cause| {
                Error::new(Kind::Config, "config", format!("`images[].name` is `{}`", image.name)).because(cause)
            }),
            None => Ok(typed.clone()),
        }
    }

    /// What is to be said about the repository itself, and about files that were passed over although they are meant to
    /// be YAML.
    pub(crate) fn warnings_about(&self, skipped: &[Skipped]) -> Vec<Error> {
        let broken = skipped.iter().filter(|skip| skip.nature == Nature::Broken);
        let passed_over = broken.map(|skip| Error {
            code: "file-skipped",
            kind: Kind::Files,
            message: format!("passed over `{}`: {}", skip.file, skip.error.message),
            ..skip.error.clone()
        });
        self.warnings.iter().cloned().chain(passed_over).collect()
    }
}

/// Joins a typed path to a directory in the repository, by its words alone.
///
/// # Errors
/// [`Kind::Refused`] if it leads outside.
fn inside(prefix: &str, typed: &str) -> Result<String, Error> {
    let outside = || {
        Error::new(
            Kind::Refused,
            "outside-repository",
            format!("`{typed}` lies outside of the repository"),
        )
    };
    if typed.starts_with('/') {
        return Err(outside());
    }
    let mut parts: Vec<&str> = prefix.split('/').filter(|part| !part.is_empty()).collect();
    for part in typed.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(outside)?;
            }
            name => parts.push(name),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn a_typed_path_is_joined_to_the_directory_and_stays_inside() {
        assert_eq!(inside("apps", "api/x.yaml").unwrap(), "apps/api/x.yaml");
        assert_eq!(inside("apps/web", "../api/./x.yaml").unwrap(), "apps/api/x.yaml");
        assert_eq!(inside("", ".").unwrap(), "");
        assert!(inside("apps", "../../x").is_err());
        assert!(inside("", "/etc/x").is_err());
    }
}

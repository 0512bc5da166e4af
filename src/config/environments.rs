//! The environments of a repository, in promotion order, wherever they were learnt from.

use super::infer::{self, Layout};
use super::load::Loaded;
use super::model::{Config, ImageEntry, StrategyName};
use crate::error::{Error, Hint, Kind};

/// A named place that runs something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    /// Its name, as it is typed.
    pub(crate) name: String,
    /// The branch that its cluster tracks, where the strategy gives each environment its own.
    pub(crate) branch: Option<String>,
    /// Directories of its manifests, relative to the root; globs allowed; the empty path is the root.
    pub(crate) paths: Vec<String>,
    /// Files outside of them that the configuration names for it: globs from `images[].sites`.
    pub(crate) files: Vec<String>,
    /// Environments of one group are peers in the order.
    pub(crate) group: Option<String>,
    /// Reached by pull request only.
    pub(crate) protected: bool,
}

/// Returns whether an environment can have this name: commas, colons and the like mean something beside it.
pub(crate) fn can_be_typed(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "/@,:{}".contains(c))
}

/// All environments, and how they became known.
#[derive(Clone, Debug)]
pub(crate) struct Environments {
    /// In promotion order.
    pub(crate) list: Vec<Environment>,
    /// How environments relate to branches, as far as it is known.
    pub(crate) strategy: Option<StrategyName>,
    /// The configuration file they stand in; none if they were inferred from the layout.
    pub(crate) file: Option<String>,
    /// Why no environment can be named, if that is so: more than one reading is possible.
    pub(crate) ambiguous: Option<Error>,
}

impl Environments {
    /// Returns the environments of a repository: those of its configuration, else what its layout says.
    pub(crate) fn of(loaded: &Loaded, layout: &Layout) -> Environments {
        let mut environments = match loaded.config.environments.is_empty() {
            true => infer::environments(loaded.config.strategy, layout),
            false => Environments::configured(loaded),
        };
        for environment in &mut environments.list {
            environment.files = declared_files(&loaded.config, &environment.name);
        }
        environments
    }

    fn configured(loaded: &Loaded) -> Environments {
        let config = &loaded.config;
        let branches = config.strategy != Some(StrategyName::Trunk);
        let last = config.environments.len() - 1;
        let last_group = config.environments[last].group.clone();
        let list = config
            .environments
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                let in_last_group = entry.group.is_some() && entry.group == last_group;
                Environment {
                    name: entry.name.clone(),
                    branch: entry.branch.clone().filter(|_| branches),
                    paths: match &entry.path {
                        Some(paths) => paths.as_slice().iter().map(|path| tidy(path, &entry.name)).collect(),
                        None => vec![format!("overlays/{}", entry.name)],
                    },
                    files: Vec::new(),
                    group: entry.group.clone(),
                    protected: entry.protected.unwrap_or(index == last || in_last_group),
                }
            })
            .collect();
        Environments {
            list,
            strategy: config.strategy,
            file: loaded.file.clone(),
            ambiguous: None,
        }
    }

    /// Returns the environments that `name` means: one, or all peers of a group.
    ///
    /// # Errors
    /// [`Kind::NotFound`] with the nearest names; [`Kind::Config`] if the layout can be read in more than one way.
    pub(crate) fn named(&self, name: &str) -> Result<Vec<&Environment>, Error> {
        if let Some(ambiguous) = &self.ambiguous {
            return Err(ambiguous.clone());
        }
        let found: Vec<_> = self
            .list
            .iter()
            .filter(|environment| environment.name == name)
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let group: Vec<_> = self
            .list
            .iter()
            .filter(|environment| environment.group.as_deref() == Some(name))
            .collect();
        if group.is_empty() {
            Err(self.unknown(name))
        } else {
            Ok(group)
        }
    }

    fn unknown(&self, name: &str) -> Error {
        let error = Error::new(
            Kind::NotFound,
            "environment-not-found",
            format!("no environment named `{name}`"),
        );
        if self.list.is_empty() {
            return error
                .hint(Hint::Say(
                    "no environments are known here: there is no `overlays/<name>/` and no `rakops.yaml`".into(),
                ))
                .hint(Hint::Run("rakops init".into()));
        }
        let names: Vec<String> = self.list.iter().map(|environment| environment.name.clone()).collect();
        let near: Vec<String> = names
            .iter()
            .filter(|known| {
                strsim::damerau_levenshtein(known, name) <= 1.max(name.len() / 3)
                    || known.starts_with(name)
                    || infer::are_peers(known, name)
            })
            .cloned()
            .collect();
        if near.is_empty() {
            error.hint(Hint::Found(names))
        } else {
            error.hint(Hint::Nearest(near))
        }
    }
}

/// The files of `images[].sites` that an environment reads: those with its name for `{env}`, and those without `{env}`,
/// which every environment that runs the image reads.
fn declared_files(config: &Config, name: &str) -> Vec<String> {
    let runs_it = |image: &&ImageEntry| {
        image
            .environments
            .as_ref()
            .is_none_or(|names| names.iter().any(|it| it == name))
    };
    config
        .images
        .iter()
        .filter(runs_it)
        .flat_map(|image| &image.sites)
        .filter_map(|site| site.split_once(':'))
        .map(|(file, _)| file.replace("{env}", name))
        .collect()
}

/// Takes a path as people write it to the form used everywhere: no `./`, no slash at the end, `{env}` replaced.
fn tidy(path: &str, name: &str) -> String {
    let path = path.replace("{env}", name);
    path.split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect::<Vec<_>>()
        .join("/")
}

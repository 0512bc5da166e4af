//! Finds and reads `rakops.yaml`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::environments::can_be_typed;
use super::model::Config;
use super::node::Node;
use crate::error::{Error, Hint, Kind, Place};
use crate::yaml::{self, Tree};

/// The two spellings; both in one root are an error.
pub(crate) const FILE_NAMES: [&str; 2] = ["rakops.yaml", ".rakops.yaml"];

/// A configuration and the file it was read from.
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// The file, as it is shown; none if there is no file.
    pub(crate) file: Option<String>,
    /// The file's tree, for showing where something stands.
    pub(crate) tree: Option<Tree>,
}

/// Reads the configuration of the repository at `root`, or of the file that was named instead.
///
/// # Errors
/// [`Kind::Config`] with line and column; [`Kind::NotFound`] if a named file is not there.
pub(crate) fn load(root: &Path, named: Option<&Path>) -> Result<Loaded, Error> {
    let Some((shown, path)) = find(root, named)? else {
        return Ok(Loaded {
            config: Config::default(),
            file: None,
            tree: None,
        });
    };
    let bytes = std::fs::read(&path).map_err(|cause| Error::files(&shown, "cannot read", &cause))?;
    let tree = yaml::parse(bytes, yaml::Limits::default()).map_err(|refusal| {
        let mut error = refusal.into_error(&shown);
        error.kind = Kind::Config;
        error
    })?;
    let config = read(&tree, &shown)?;
    Ok(Loaded {
        config,
        file: Some(shown),
        tree: Some(tree),
    })
}

fn find(root: &Path, named: Option<&Path>) -> Result<Option<(String, PathBuf)>, Error> {
    if let Some(named) = named {
        return Ok(Some((named.display().to_string(), named.to_path_buf())));
    }
    let mut present = FILE_NAMES.iter().filter(|name| root.join(name).is_file());
    match (present.next(), present.next()) {
        (Some(first), Some(second)) => Err(Error::new(
            Kind::Config,
            "config-twice",
            format!("both `{first}` and `{second}` are here; keep one of them"),
        )
        .at(Place::file(*second))),
        (Some(only), None) => Ok(Some(((*only).to_owned(), root.join(only)))),
        _ => Ok(None),
    }
}

fn read(tree: &Tree, shown: &str) -> Result<Config, Error> {
    let roots: Vec<_> = tree.documents().iter().filter_map(|document| document.root()).collect();
    let root = match roots.as_slice() {
        [] => return Ok(Config::default()),
        [only] => *only,
        [_, second, ..] => {
            return Err(Error::new(
                Kind::Config,
                "config",
                "a configuration is one document; here a second one begins",
            )
            .at(tree.place_of(shown, *second, "")));
        }
    };
    let config = Config::deserialize(Node { tree, id: root }).map_err(|complaint| complaint.into_error(shown, tree))?;
    check(&config, tree, shown)?;
    Ok(config)
}

/// Checks what the types cannot say.
fn check(config: &Config, tree: &Tree, shown: &str) -> Result<(), Error> {
    let place = |list: &str, index: usize, key: &str| {
        let path = format!("{list}[{index}].{key}");
        yaml::Path::parse(&path)
            .ok()
            .and_then(|path| tree.find(yaml::DocSel::Only, &path).ok())
            .map_or_else(|| Place::file(shown), |node| tree.place_of(shown, node, ""))
    };
    for (index, environment) in config.environments.iter().enumerate() {
        let complain =
            |message: String| Err(Error::new(Kind::Config, "config", message).at(place("environments", index, "name")));
        let name = &environment.name;
        if !can_be_typed(name) {
            return complain(format!("`{name}` cannot be the name of an environment"));
        }
        if config.environments[..index].iter().any(|earlier| earlier.name == *name) {
            return complain(format!("the environment `{name}` stands here twice"));
        }
        for path in environment.path.iter().flat_map(|path| path.as_slice()) {
            if let Err(cause) = globset::Glob::new(path) {
                return Err(
                    Error::new(Kind::Config, "config", format!("`{path}` is not a path or glob"))
                        .because(cause)
                        .at(place("environments", index, "path")),
                );
            }
        }
    }
    for (index, image) in config.images.iter().enumerate() {
        for site in &image.sites {
            if !site.contains(':') {
                return Err(Error::new(
                    Kind::Config,
                    "config",
                    format!("`{site}` is not of the form `FILE:PATH`"),
                )
                .at(place("images", index, "sites"))
                .hint(Hint::Key(
                    "images[].sites".into(),
                    "[\"charts/api/values-{env}.yaml:image.tag\"]".into(),
                )));
            }
        }
        if let Some(alias) = &image.alias
            && config.images[..index]
                .iter()
                .any(|earlier| earlier.alias.as_ref() == Some(alias))
        {
            return Err(
                Error::new(Kind::Config, "config", format!("the alias `{alias}` stands here twice"))
                    .at(place("images", index, "alias")),
            );
        }
    }
    Ok(())
}

//! Finds and reads `rakops.yaml`.

use std::path::Path;

use serde::Deserialize;

use super::environments::can_be_typed;
use super::model::{Config, Registry};
use super::node::Node;
use crate::error::{Error, Hint, Kind, Place};
use crate::git::names::BranchName;
use crate::image::Name;
use crate::snapshot::Snapshot;
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

/// Reads the configuration at the root of a view, or the file that was named instead.
///
/// # Errors
/// [`Kind::Config`] with line and column; [`Kind::NotFound`] if a named file is not there.
pub(crate) fn load(snapshot: &Snapshot, named: Option<&Path>) -> Result<Loaded, Error> {
    let found = match named {
        Some(named) => {
            let shown = named.display().to_string();
            let bytes = std::fs::read(named).map_err(|cause| Error::files(&shown, "cannot read", &cause))?;
            Some((shown, bytes))
        }
        None => match find(snapshot)? {
            Some(name) => Some((name.to_owned(), snapshot.read(name)?)),
            None => None,
        },
    };
    let Some((shown, bytes)) = found else {
        return Ok(Loaded {
            config: Config::default(),
            file: None,
            tree: None,
        });
    };
    parse(bytes, shown)
}

/// Reads the bytes of a configuration, called `shown` in complaints.
///
/// # Errors
/// [`Kind::Config`] with line and column.
pub(crate) fn parse(bytes: Vec<u8>, shown: String) -> Result<Loaded, Error> {
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

fn find(snapshot: &Snapshot) -> Result<Option<&'static str>, Error> {
    let mut present = FILE_NAMES.iter().filter(|name| snapshot.has_file(name));
    match (present.next(), present.next()) {
        (Some(first), Some(second)) => Err(Error::new(
            Kind::Config,
            "config-twice",
            format!("both `{first}` and `{second}` are here; keep one of them"),
        )
        .at(Place::file(*second))),
        (only, _) => Ok(only.copied()),
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
        if let Some(branch) = &environment.branch
            && let Err(error) = BranchName::parse(branch)
        {
            return Err(Error::new(Kind::Config, "config", error.message).at(place("environments", index, "branch")));
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
        if let Err(error) = Name::parse(&image.name) {
            return Err(Error::new(Kind::Config, "config", error.to_string()).at(place("images", index, "name")));
        }
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
    for (index, platform) in config.check.platforms.iter().enumerate() {
        if !is_platform(platform) {
            let message = format!("`{platform}` is not a platform, which is written `linux/amd64` or `linux/arm64/v8`");
            let path = yaml::Path::parse(&format!("check.platforms[{index}]")).ok();
            let node = path.and_then(|path| tree.find(yaml::DocSel::Only, &path).ok());
            let at = node.map_or_else(|| Place::file(shown), |node| tree.place_of(shown, node, ""));
            return Err(Error::new(Kind::Config, "config", message)
                .at(at)
                .hint(Hint::Key("check.platforms".into(), "[linux/amd64, linux/arm64]".into())));
        }
    }
    for (index, registry) in config.registries.iter().enumerate() {
        if let Some((key, what)) = wrong_registry(registry, &config.registries[..index]) {
            let example = "{host: registry.example.com:5000, mirror: mirror.example.com/hub}";
            return Err(Error::new(Kind::Config, "config", what)
                .at(place("registries", index, key))
                .hint(Hint::Key("registries[]".into(), example.into())));
        }
    }
    Ok(())
}

/// Whether a text has the form of a platform: what it means is the matter of registries.
fn is_platform(text: &str) -> bool {
    let is_word = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !part.is_empty() && part.bytes().all(fits)
    };
    matches!(text.split('/').count(), 2 | 3) && text.split('/').all(is_word)
}

/// What is wrong with an entry of `registries` that follows others, and with which of its keys.
fn wrong_registry(registry: &Registry, earlier: &[Registry]) -> Option<(&'static str, String)> {
    let host = &registry.host;
    if host.is_empty() || host.contains("://") || host.contains(|c: char| c == '/' || c.is_whitespace()) {
        return Some((
            "host",
            format!("`{host}` is not a host, which is written without scheme and path"),
        ));
    }
    if earlier.iter().any(|it| it.host == *host) {
        return Some(("host", format!("the registry `{host}` stands here twice")));
    }
    if let Some(mirror) = &registry.mirror
        && (mirror.is_empty() || mirror.contains("://") || mirror.contains(char::is_whitespace))
    {
        return Some((
            "mirror",
            format!("`{mirror}` is not a host, or a host with a path, without scheme"),
        ));
    }
    if registry.insecure && registry.ca_file.is_some() {
        let what = format!("`{host}` cannot both speak plain HTTP and have a certificate");
        return Some(("ca_file", what));
    }
    None
}

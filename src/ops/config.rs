//! What is in effect, and where it comes from.

use crate::config::environments::Environments;
use crate::error::{Error, Hint, Kind, Place};
use crate::forge::place;
use crate::git::names::RemoteUrl;
use crate::git::objects::Who;
use crate::image::Policy;
use crate::manifest::graph::Graph;
use crate::manifest::locate::Declared;
use crate::manifest::scan::{self, Query};
use crate::ops::registries;
use crate::ops::world::World;
use crate::snapshot::Walk;
use crate::text::secret::redact;
use crate::yaml::{DocSel, NodeId, NodeKind, Path, Tree};

/// One value in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Its key, such as `environments[1].path`.
    pub(crate) key: String,
    pub(crate) value: String,
    /// `rakops.yaml:3:11`, `--output`, `RAKOPS_OUTPUT`, a place in the user's own file, `inferred` or `default`.
    pub(crate) origin: String,
}

/// Lists what is in effect: first what the file says, then what was inferred, the forge from the address of `remote`.
///
/// # Errors
/// What reading the repository and its configuration may fail with; an ambiguous layout is one of them.
pub(crate) fn show(world: &World, remote: Option<&RemoteUrl>) -> Result<Vec<Setting>, Error> {
    let mut settings = Vec::new();
    if let (Some(file), Some(tree)) = (&world.loaded.file, &world.loaded.tree) {
        written(file, tree, &mut settings);
    }
    let environments = environments(world);
    if let Some(error) = environments.ambiguous {
        return Err(error);
    }
    let says = |key: &str| settings.iter().any(|setting| setting.key.starts_with(key));
    let mut more = Vec::new();
    let mut add = |key: String, value: String, origin: &str| {
        more.push(Setting {
            key,
            value,
            origin: origin.to_owned(),
        });
    };
    if !says("strategy")
        && let Some(strategy) = environments.strategy
    {
        add("strategy".into(), strategy.as_str().into(), "inferred");
    }
    let origin = if environments.file.is_some() {
        "default"
    } else {
        "inferred"
    };
    for (index, environment) in environments.list.iter().enumerate() {
        let key = |name: &str| format!("environments[{index}].{name}");
        if !says(&key("name")) {
            add(key("name"), environment.name.clone(), origin);
        }
        if let Some(branch) = &environment.branch
            && !says(&key("branch"))
        {
            add(key("branch"), branch.clone(), origin);
        }
        if !says(&key("path")) {
            let paths: Vec<&str> = environment
                .paths
                .iter()
                .map(|path| if path.is_empty() { "." } else { path.as_str() })
                .collect();
            add(key("path"), paths.join(", "), origin);
        }
        if let Some(group) = &environment.group
            && !says(&key("group"))
        {
            add(key("group"), group.clone(), origin);
        }
        if !says(&key("protected")) {
            add(key("protected"), environment.protected.to_string(), origin);
        }
    }
    if let Some((kind, url)) = remote.and_then(place::by_host) {
        if !says("forge.kind") {
            add("forge.kind".into(), kind.into(), "inferred");
        }
        if !says("forge.url") {
            add("forge.url".into(), url, "inferred");
        }
    }
    if !says("commit.sign") {
        add("commit.sign".into(), "auto".into(), "default");
    }
    if !says("drift.grace") {
        add("drift.grace".into(), "14d".into(), "default");
    }
    if !says("promote.companions") {
        add("promote.companions".into(), "warn".into(), "default");
    }
    settings.extend(more);
    Ok(settings)
}

/// A configuration that is right.
pub(crate) struct Checked {
    /// Names of the environments, in promotion order.
    pub(crate) environments: Vec<String>,
    /// What is no error and probably not meant.
    pub(crate) notes: Vec<Error>,
}

/// What is replaced in the title of a pull request and the message of a commit.
const IN_BRACES: [&str; 6] = ["env", "image", "from", "to", "summary", "command"];

/// Checks what reading the configuration does not: the words of policies, sites and templates, and whether there is
/// anything behind a path.
///
/// # Errors
/// [`Kind::Config`] with line and column.
pub(crate) fn check(world: &World) -> Result<Checked, Error> {
    let config = &world.loaded.config;
    let mut notes = Vec::new();
    for (index, image) in config.images.iter().enumerate() {
        if let Some(policy) = &image.policy {
            Policy::parse(policy).map_err(|error| wrong(world, error, &format!("images[{index}].policy")))?;
        }
        for (number, site) in image.sites.iter().enumerate() {
            let key = format!("images[{index}].sites[{number}]");
            let declared = Declared::new([(image.name.as_str(), site.as_str())]);
            let declared = declared.map_err(|error| wrong(world, error, &key))?;
            if !has_file(world, &declared) {
                let file = site.split_once(':').map_or(site.as_str(), |(file, _)| file);
                let message = format!("no file is named `{file}`");
                let note = Error::new(Kind::NotFound, "site-without-file", message);
                notes.push(at(world, note, &key));
            }
        }
    }
    for (key, template) in [
        ("pull_request.title", &config.pull_request.title),
        ("pull_request.body", &config.pull_request.body),
        ("commit.message", &config.commit.message),
    ] {
        if let Some(error) = template.as_deref().and_then(unknown_in_braces) {
            return Err(wrong(world, error, key));
        }
    }
    landing(world)?;
    registries::entries(world, registries::Held::No)?;
    let environments = environments(world);
    if let Some(error) = environments.ambiguous {
        return Err(error);
    }
    for (index, image) in config.images.iter().enumerate() {
        for (number, name) in image.environments.iter().flatten().enumerate() {
            if environments.named(name).is_err() {
                let message = format!("no environment is named `{name}`, so the image is in none of that name");
                let note = Error::new(Kind::NotFound, "image-without-environment", message);
                let near = Hint::nearest(name, environments.list.iter().map(|it| it.name.as_str()));
                let note = near.into_iter().fold(note, Error::hint);
                notes.push(at(world, note, &format!("images[{index}].environments[{number}]")));
            }
        }
    }
    for (index, name) in config.pull_request.auto_merge.iter().enumerate() {
        if !environments.list.iter().any(|it| it.name == *name) {
            let message = format!("no environment is named `{name}`, so none of its pull requests merges by itself");
            let note = Error::new(Kind::NotFound, "auto-merge-without-environment", message);
            let near = Hint::nearest(name, environments.list.iter().map(|it| it.name.as_str()));
            let note = near.into_iter().fold(note, Error::hint);
            notes.push(at(world, note, &format!("pull_request.auto_merge[{index}]")));
        }
    }
    for environment in world.present(&environments, &[]) {
        let index = environments.list.iter().position(|it| it.name == environment.name);
        let is_plain = |path: &&String| !path.contains(['*', '?', '[', '{']);
        for path in environment.paths.iter().filter(is_plain) {
            if !world.snapshot.has_directory(path) {
                let message = format!("`{}` has no directory `{path}` here", environment.name);
                let note = Error::new(Kind::NotFound, "environment-without-directory", message);
                let entry = format!("environments[{}]", index.unwrap_or_default());
                notes.push(at(world, note, &entry));
            }
        }
    }
    Ok(Checked {
        environments: environments.list.into_iter().map(|it| it.name).collect(),
        notes,
    })
}

/// Checks what says how changes land: the forge, and who commits.
fn landing(world: &World) -> Result<(), Error> {
    let config = &world.loaded.config;
    let forge = config.forge.as_ref();
    if let Some(kind) = forge.and_then(|it| it.kind.as_deref()) {
        place::check_kind(kind).map_err(|error| wrong(world, error, "forge.kind"))?;
    }
    if let Some(url) = forge.and_then(|it| it.url.as_deref()) {
        place::check_url(url).map_err(|error| wrong(world, error, "forge.url"))?;
    }
    if let Some(author) = &config.commit.author {
        Who::parse(author).map_err(|error| wrong(world, error, "commit.author"))?;
    }
    Ok(())
}

/// Looks for a file in which a site is declared.
fn has_file(world: &World, declared: &Declared) -> bool {
    let walk = Walk {
        below: &[],
        wanted: &|file| declared.names(file),
        on_read: &|| {},
    };
    !world.snapshot.walk(&walk, &|_, _| Some(())).found.is_empty()
}

/// Makes it an error of the configuration, at the value of this key.
fn wrong(world: &World, error: Error, key: &str) -> Error {
    Error {
        kind: Kind::Config,
        ..at(world, error, key)
    }
}

/// The same, at the value of this key in the file.
pub(crate) fn at(world: &World, error: Error, key: &str) -> Error {
    let (Some(file), Some(tree)) = (&world.loaded.file, &world.loaded.tree) else {
        return error;
    };
    let node = Path::parse(key)
        .ok()
        .and_then(|path| tree.find(DocSel::Only, &path).ok());
    error.at(node.map_or_else(|| Place::file(file), |node| tree.place_of(file, node, "")))
}

/// Complains about the first word in braces that nothing is known to replace.
fn unknown_in_braces(template: &str) -> Option<Error> {
    let in_braces = template
        .split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0));
    let word = in_braces.into_iter().find(|word| !IN_BRACES.contains(word))?;
    let known = IN_BRACES.map(|word| format!("{{{word}}}")).to_vec();
    let error = Error::new(
        Kind::Config,
        "config",
        format!("nothing is known to replace `{{{word}}}`"),
    );
    Some(error.hint(Hint::Found(known)))
}

/// Returns the environments, reading only kustomizations.
pub(crate) fn environments(world: &World) -> Environments {
    world.environments(&graph(world))
}

/// Reads the kustomizations and nothing else.
pub(crate) fn graph(world: &World) -> Graph {
    let declared = Declared::default();
    // No name holds a NUL byte: nothing but kustomizations is parsed.
    let query = Query {
        below: &[],
        mentions: &["\0"],
        declared: &declared,
        on_read: &|| {},
    };
    scan::scan(&world.snapshot, &query, &|_, _, _| None::<()>).graph
}

/// Every leaf of the file, with its place.
fn written(file: &str, tree: &Tree, settings: &mut Vec<Setting>) {
    let Some(root) = tree.documents().first().and_then(|document| document.root()) else {
        return;
    };
    let mut open: Vec<(String, NodeId)> = vec![(String::new(), root)];
    while let Some((key, node)) = open.pop() {
        let resolved = tree.resolve(node);
        let inside: Vec<(String, NodeId)> = match tree.kind(resolved) {
            NodeKind::Map => tree
                .entries(resolved)
                .map(|(name, value)| {
                    let name = tree.text(name);
                    (
                        if key.is_empty() {
                            name.to_owned()
                        } else {
                            format!("{key}.{name}")
                        },
                        value,
                    )
                })
                .collect(),
            NodeKind::Seq => tree
                .items(resolved)
                .enumerate()
                .map(|(index, item)| (format!("{key}[{index}]"), item))
                .collect(),
            _ => {
                let (line, column) = tree.pos(node);
                // A file may hold an address with a password, whoever wrote it there.
                let value = redact(tree.text(resolved)).into_owned();
                settings.push(Setting {
                    key,
                    value,
                    origin: format!("{file}:{line}:{column}"),
                });
                continue;
            }
        };
        open.extend(inside.into_iter().rev());
    }
}

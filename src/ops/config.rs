//! What is in effect, and where it comes from.

use crate::config::environments::Environments;
use crate::error::Error;
use crate::manifest::graph::Graph;
use crate::manifest::locate::Declared;
use crate::manifest::scan::{self, Query};
use crate::ops::world::World;
use crate::yaml::{NodeId, NodeKind, Tree};

/// One value in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Its key, such as `environments[1].path`.
    pub(crate) key: String,
    pub(crate) value: String,
    /// `rakops.yaml:3:11`, `inferred` or `default`.
    pub(crate) origin: String,
}

/// Lists what is in effect: first what the file says, then what was inferred.
///
/// # Errors
/// What reading the repository and its configuration may fail with; an ambiguous layout is one of them.
pub(crate) fn show(world: &World) -> Result<Vec<Setting>, Error> {
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
    if !says("drift.grace") {
        add("drift.grace".into(), "14d".into(), "default");
    }
    if !says("promote.companions") {
        add("promote.companions".into(), "warn".into(), "default");
    }
    settings.extend(more);
    Ok(settings)
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
                let value = tree.text(resolved).to_owned();
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

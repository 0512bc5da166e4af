//! Writes down what is understood of a repository, so that it can be changed.

use crate::change::set::{ChangeSet, FileChange};
use crate::config::environments::{Environment, Environments};
use crate::config::load::FILE_NAMES;
use crate::config::model::StrategyName;
use crate::error::{Error, Hint, Kind, Place};
use crate::ops::config;
use crate::ops::world::World;

/// What the file is to say.
pub(crate) struct Inference {
    pub(crate) environments: Environments,
}

/// Looks at the repository.
///
/// # Errors
/// [`Kind::Refused`] if there is a configuration already.
pub(crate) fn look(world: &World) -> Result<Inference, Error> {
    if let Some(file) = FILE_NAMES.iter().find(|name| world.snapshot.has_file(name)) {
        return Err(
            Error::new(Kind::Refused, "file-exists", format!("`{file}` is there already"))
                .at(Place::file(*file))
                .hint(Hint::Run("rakops config check".into()))
                .hint(Hint::Run("rakops config show".into())),
        );
    }
    Ok(Inference {
        environments: config::environments(world),
    })
}

/// Plans the file.
pub(crate) fn plan(inference: &Inference, strategy: Option<StrategyName>) -> ChangeSet {
    let text = render(&inference.environments, strategy.or(inference.environments.strategy));
    ChangeSet {
        files: vec![FileChange::Create {
            path: FILE_NAMES[0].to_owned(),
            text,
        }],
        ..ChangeSet::default()
    }
}

fn render(environments: &Environments, strategy: Option<StrategyName>) -> String {
    let mut text = String::from(
        "# What rakops understands of this repository. Every key is described in docs/reference/config.md of rakops.\n",
    );
    match strategy {
        Some(strategy) => text.push_str(&format!("strategy: {}\n", strategy.as_str())),
        None => text.push_str("# strategy: trunk    # fan-out | chain | trunk: how environments relate to branches\n"),
    }
    text.push_str("environments:                 # in promotion order\n");
    if environments.list.is_empty() {
        text.push_str("  # nothing here looks like an environment; name yours:\n");
        text.push_str("  - name: dev\n    path: overlays/dev\n");
        text.push_str(
            "  - name: prd\n    path: overlays/prd\n    protected: true         # reached by pull request only\n",
        );
    }
    for environment in &environments.list {
        text.push_str(&entry(environment));
    }
    text.push_str("# images:                     # only where rakops cannot see something by itself\n");
    text.push_str("#   - name: ghcr.io/acme/api\n#     alias: api\n#     policy: semver:^1\n");
    text
}

fn entry(environment: &Environment) -> String {
    let mut text = format!("  - name: {}\n", environment.name);
    if let Some(branch) = &environment.branch {
        text.push_str(&format!("    branch: {branch}\n"));
    }
    match environment.paths.as_slice() {
        [] => {}
        [one] if one.is_empty() => text.push_str("    path: .\n"),
        [one] => text.push_str(&format!("    path: {one}\n")),
        many => {
            text.push_str("    path:\n");
            for path in many {
                text.push_str(&format!("      - {path}\n"));
            }
        }
    }
    if let Some(group) = &environment.group {
        text.push_str(&format!("    group: {group}\n"));
    }
    if environment.protected {
        text.push_str("    protected: true         # reached by pull request only\n");
    }
    text
}

//! Writes down what is understood of a repository, so that it can be changed.

use crate::change::set::{ChangeSet, FileChange};
use crate::config::environments::Environments;
use crate::config::infer::{self, Layout};
use crate::config::load::FILE_NAMES;
use crate::config::model::StrategyName;
use crate::config::written;
use crate::error::{Error, Hint, Kind, Place};
use crate::ops::config;
use crate::ops::world::World;

/// What the file is to say.
pub(crate) struct Inference {
    pub(crate) environments: Environments,
    layout: Layout,
}

/// Whether the file that would be written is there already.
pub(crate) fn is_there(world: &World) -> bool {
    world.snapshot.has_file(FILE_NAMES[0])
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
    let graph = config::graph(world);
    Ok(Inference {
        environments: world.environments(&graph),
        layout: world.layout(&graph),
    })
}

/// Refuses to choose between two readings of a layout, and names the flag that does.
pub(crate) fn needs_strategy(ambiguous: &Error) -> Error {
    let mut error = ambiguous.clone();
    error.kind = Kind::Refused;
    error.hints.retain(|hint| !matches!(hint, Hint::Run(_)));
    let flag = Hint::Flag("--strategy NAME".into(), "says which of the two is meant".into());
    error.hints.insert(0, flag);
    error
}

/// Plans the file.
///
/// # Errors
/// As [`needs_strategy`], where the layout is ambiguous and no strategy is named.
pub(crate) fn plan(inference: &Inference, strategy: Option<StrategyName>) -> Result<ChangeSet, Error> {
    let environments = match (&inference.environments.ambiguous, strategy) {
        (None, _) => inference.environments.clone(),
        (Some(_), Some(strategy)) => infer::as_strategy(strategy, &inference.layout),
        (Some(ambiguous), None) => return Err(needs_strategy(ambiguous)),
    };
    Ok(ChangeSet {
        files: vec![FileChange::Create {
            path: FILE_NAMES[0].to_owned(),
            text: written::text(&environments, strategy.or(environments.strategy)),
        }],
        ..ChangeSet::default()
    })
}

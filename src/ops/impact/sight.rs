//! One side of a change: its environments, and what its builds, charts and objects read.

use crate::config::environments::{Environment, Environments};
use crate::config::model::{Config, StrategyName};
use crate::error::{Error, Hint, Kind};
use crate::manifest::delivery::{self, Deliveries};
use crate::manifest::graph::{Graph, Reach};
use crate::manifest::locate::Declared;
use crate::manifest::scan::{self, Query};
use crate::ops::world::World;
use crate::snapshot::Snapshot;

/// One side of a change.
pub(crate) struct Sight {
    pub(crate) snapshot: Snapshot,
    pub(crate) config: Config,
    pub(crate) graph: Graph,
    pub(crate) deliveries: Deliveries,
    pub(crate) environments: Environments,
    /// Files that could not be read: what they bring to an environment is not known.
    pub(crate) warnings: Vec<Error>,
}

impl Sight {
    /// Reads the kustomizations and the delivering objects of a view. `own` is as in [`delivery::read`].
    ///
    /// # Errors
    /// As [`Environments::named`] where environments cannot be told.
    pub(crate) fn of(world: &World, own: Option<&str>) -> Result<Sight, Error> {
        let declared = Declared::default();
        // No name holds a NUL byte: nothing but kustomizations is parsed.
        let query = Query {
            below: &[],
            mentions: &["\0"],
            declared: &declared,
            on_read: &|| {},
        };
        let scan = scan::scan(&world.snapshot, &query, &|_, _, _| None::<()>);
        let environments = world.environments(&scan.graph);
        if let Some(ambiguous) = &environments.ambiguous {
            return Err(ambiguous.clone());
        }
        let deliveries = delivery::read(&world.snapshot, own);
        let blind = scan
            .blind
            .into_iter()
            .map(|(_, error)| error)
            .chain(deliveries.blind.iter().cloned());
        let mut warnings: Vec<Error> = Vec::new();
        for error in blind.chain(scan.unreadable) {
            let file = error.place.as_ref().map(|place| place.file.clone()).unwrap_or_default();
            warnings.push(Error {
                code: "reach-unknown",
                message: format!("what `{file}` brings where is not known: {}", error.message),
                ..error
            });
        }
        if environments.list.is_empty() {
            let error = Error::new(Kind::NotFound, "no-environments", "no environments are known here");
            warnings.push(error.hint(Hint::Run("rakops init".into())));
        }
        Ok(Sight {
            snapshot: world.snapshot.clone(),
            config: world.loaded.config.clone(),
            graph: scan.graph,
            deliveries,
            environments,
            warnings,
        })
    }

    /// Whether environments have branches of their own.
    pub(crate) fn has_branches(&self) -> bool {
        matches!(
            self.environments.strategy,
            Some(StrategyName::FanOut | StrategyName::Chain)
        ) || self.environments.list.iter().any(|it| it.branch.is_some())
    }

    /// The environments that a change of a branch is for: under a strategy with branches those that follow it, where any
    /// does; otherwise all, as the change goes on from branch to branch.
    pub(crate) fn concerned(&self, branch: Option<&str>) -> Vec<&Environment> {
        let follow: Vec<&Environment> = self
            .environments
            .list
            .iter()
            .filter(|it| it.branch.is_some() && it.branch.as_deref() == branch)
            .collect();
        match follow.is_empty() {
            true => self.environments.list.iter().collect(),
            false => follow,
        }
    }

    /// The reach of every file, with what Argo CD and Flux bring.
    pub(crate) fn reach(&self, environments: &[&Environment]) -> Reach<'_> {
        let mut reach = Reach::new(&self.graph, environments);
        reach.deliver(&self.deliveries, &self.config);
        reach
    }
}

//! Reading only the environments that were named, where every other file would have to be fetched.
//!
//! Source: PROMOTION.md, section 8.

use super::{BumpRequest, Scope, Shared};
use crate::config::environments::{Environment, Environments};
use crate::error::Error;
use crate::manifest::graph::{Graph, Reach};
use crate::manifest::scan::{self, Make, Query, Scan};
use crate::ops::world::{Reading, World};
use crate::snapshot::Snapshot;

/// The environments that are read.
pub(super) struct Near {
    /// All environments of the repository.
    pub(super) environments: Environments,
    named: Vec<Environment>,
}

/// Returns what is read alone, if that is enough: environments were named, and what others share stays.
///
/// # Errors
/// `Kind::NotFound` for an environment that is not there.
pub(super) fn near(world: &World, request: &BumpRequest) -> Result<Option<Near>, Error> {
    let Scope::Environments {
        names,
        shared: Shared::Keep,
    } = &request.scope
    else {
        return Ok(None);
    };
    if let Reading::Everything = world.reading {
        return Ok(None);
    }
    let environments = world.environments_by_name();
    let mut named: Vec<Environment> = Vec::new();
    for name in names {
        named.extend(environments.named(name)?.into_iter().cloned());
    }
    Ok(Some(Near { environments, named }))
}

impl Near {
    /// Reads these environments, and what their builds read.
    pub(super) fn scan<T: Send>(&self, snapshot: &Snapshot, query: &Query<'_>, make: &Make<'_, T>) -> Scan<T> {
        let graph = Graph::default();
        let named: Vec<&Environment> = self.named.iter().collect();
        let reach = Reach::new(&graph, &named);
        let patterns = self.named.iter().flat_map(|it| it.paths.iter().chain(&it.files));
        let mut starts: Vec<String> = patterns.map(|pattern| before_wildcards(pattern)).collect();
        starts.sort();
        starts.dedup();
        let near = scan::Near {
            starts: &starts,
            belongs: &|file| !reach.of(file).is_empty(),
        };
        scan::scan_near(snapshot, (query, &near), make)
    }
}

/// The part of a pattern that names one directory or file: `apps` of `apps/*/overlays/prd`.
fn before_wildcards(pattern: &str) -> String {
    match pattern.find(['*', '?', '[', '{']) {
        None => pattern.to_owned(),
        Some(at) => pattern[..at]
            .rsplit_once('/')
            .map_or("", |(directory, _)| directory)
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::before_wildcards;

    #[test]
    fn reading_begins_at_the_directory_before_the_first_wildcard() {
        assert_eq!(before_wildcards("overlays/dev"), "overlays/dev");
        assert_eq!(before_wildcards("apps/*/overlays/dev"), "apps");
        assert_eq!(before_wildcards("charts/a?i/values.yaml"), "charts");
        assert_eq!(before_wildcards("*.yaml"), "");
    }
}

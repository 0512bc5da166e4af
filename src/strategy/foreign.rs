//! An environment's own identity does not ride along: nothing that TO gets may name the branch, or a directory, of another
//! environment.
//!
//! A new Application that says `targetRevision: develop` merges cleanly into production's branch, and production follows
//! `develop` from then on. Source: PROMOTION.md, section 5.

use super::guard::Guard;
use super::hop::Hop;
use crate::config::environments::Environment;
use crate::config::model::RuleName;
use crate::error::{Error, Kind, Place};
use crate::manifest::branch_refs::{self, BranchRef, Names};
use crate::manifest::delivery;
use crate::manifest::graph::Reach;
use crate::manifest::kustomization::is_kustomization;
use crate::manifest::locate::Declared;
use crate::manifest::scan::{self, Query};
use crate::manifest::track;
use crate::snapshot::Snapshot;

/// Checks every reference in TO's reach, and those in nobody's reach that the promotion brings. Returns warnings.
///
/// # Errors
/// [`Kind::Refused`] `foreign-ref`, with file, line and column of each.
pub(crate) fn check(hop: &Hop<'_>, planned: &Snapshot) -> Result<Option<Error>, Error> {
    let refs = references(hop, planned);
    if refs.is_empty() {
        return Ok(None);
    }
    let known = references(hop, hop.to.snapshot);
    let is_known = |it: &BranchRef| known.iter().any(|old| old.file == it.file && old.names == it.names);
    let declared = Declared::default();
    // No name holds a NUL byte: nothing but kustomizations is parsed.
    let query = Query {
        below: &[],
        mentions: &["\0"],
        declared: &declared,
        on_read: &|| {},
    };
    let scan = scan::scan(planned, &query, &|_, _, _| None::<()>);
    let all = &hop.environments.list;
    let everyone: Vec<&Environment> = all.iter().collect();
    let deliveries = delivery::read(planned, hop.own);
    let mut reach = Reach::new(&scan.graph, &everyone);
    reach.deliver(&deliveries, &hop.loaded.config);
    let mut found: Vec<Foreign<'_>> = Vec::new();
    for environment in &hop.to.environments {
        let is_its = |it: &&BranchRef| {
            let reached = reach.of(&it.file);
            reached.contains(&environment.name.as_str()) || (reached.is_empty() && !is_known(it))
        };
        let mine: Vec<BranchRef> = refs.iter().filter(is_its).cloned().collect();
        for (reference, owner) in branch_refs::foreign(&mine, environment, all) {
            // Peers that are promoted to at once are one step.
            if !hop.to.environments.iter().any(|it| it.name == owner) {
                found.push(Foreign {
                    reference: reference.clone(),
                    owner,
                    environment,
                });
            }
        }
    }
    match broken(&found) {
        None => Ok(None),
        Some(broken) => Guard::of(hop).apply(RuleName::ForeignRef, broken),
    }
}

/// A reference to what is another environment's.
struct Foreign<'e> {
    reference: BranchRef,
    /// Whose it is.
    owner: String,
    /// The environment that would get it.
    environment: &'e Environment,
}

fn references(hop: &Hop<'_>, snapshot: &Snapshot) -> Vec<BranchRef> {
    let is_read =
        |path: &str| matches!(path.rsplit_once('.'), Some((_, "yaml" | "yml" | "json"))) || is_kustomization(path);
    let deliveries = delivery::read(snapshot, hop.own);
    branch_refs::find((snapshot, &deliveries), hop.own, &is_read)
}

fn broken(found: &[Foreign<'_>]) -> Option<Error> {
    let first = found.first()?;
    let more = match found.len() {
        1 => String::new(),
        many => format!(", and {} more like it", many - 1),
    };
    let message = format!("{}{more}", told(first));
    let place = |it: &BranchRef| Place::at(&it.file, it.line, it.column);
    let error = Error::new(Kind::Refused, "foreign-ref", message).at(place(&first.reference));
    let others = found.iter().skip(1);
    Some(others.fold(error, |error, it| {
        error.because(format!("{}: {}", place(&it.reference), told(it)))
    }))
}

fn told(it: &Foreign<'_>) -> String {
    let who = match &it.reference.object {
        Some(object) => format!("`{}`", track::shown(object)),
        None => "a resource".to_owned(),
    };
    let what = match &it.reference.names {
        Names::Branch(branch) => format!("follow `{branch}`, the branch of `{}`", it.owner),
        Names::Path(path) => format!("take `{path}`, a directory of `{}`", it.owner),
    };
    format!("{who} of `{}` would {what}", it.environment.name)
}

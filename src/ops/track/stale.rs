//! Whether a branch has everything that the present one has brought to an environment: without it the switch would take
//! versions back that the environment runs.

use std::collections::BTreeSet;

use crate::error::{Error, Hint, Kind};
use crate::git::changed::Touched;
use crate::manifest::delivery::{Deliveries, Delivery, Source};
use crate::manifest::graph::{self, Place};
use crate::manifest::kustomization::directory_of;
use crate::manifest::locate::{self, Declared};
use crate::manifest::track::Followed;
use crate::ops::impact::range::{self, Named};
use crate::ops::impact::sight::Sight;
use crate::ops::land::Ground;
use crate::snapshot::Snapshot;
use crate::yaml;

/// So many files and versions are named; of the others only the number.
const NAMED: usize = 20;

/// Refuses to switch to a branch that lacks something.
///
/// A branch that has the present tip in its history lacks nothing. Otherwise the two are merged in memory: what the merge
/// would change on the branch is what the branch lacks, and it must be nothing that the environment runs.
///
/// # Errors
/// [`Kind::Refused`] `stale-branch`, with each file and version; as [`range::parted`].
pub(crate) fn refuse(
    ground: &Ground,
    (sight, followed): (&Sight, &Followed),
    (present, to): (&Named, &Named),
) -> Result<(), Error> {
    let base = range::parted(ground, present, to)?;
    if base == present.commit {
        return Ok(());
    }
    let (git, repository) = (&ground.git, &ground.repository);
    let merged = repository.merged_tree(git, &present.commit, &to.commit)?;
    let lacking: BTreeSet<String> = match &merged {
        Some(tree) => paths(repository.touched(git, Some(&to.commit), tree)?),
        // Both changed the same lines: whatever the present branch changed may be lacking.
        None => {
            let since = paths(repository.touched(git, Some(&base), &present.commit)?);
            let differs = paths(repository.touched(git, Some(&present.commit), &to.commit)?);
            since.intersection(&differs).cloned().collect()
        }
    };
    let there = Sight::of(&ground.world_at(&to.commit)?, ground.own().as_deref())?;
    let environment = sight
        .environments
        .list
        .iter()
        .find(|it| it.name == followed.environment);
    let sources = through(&sight.deliveries, followed);
    let place = environment.map(Place::of);
    let runs = |file: &String| {
        place.as_ref().is_some_and(|place| place.holds(directory_of(file)))
            || sources.iter().any(|source| {
                graph::takes((&sight.graph, &sight.deliveries), source, file)
                    || graph::takes((&there.graph, &there.deliveries), source, file)
            })
    };
    let lacking: Vec<String> = lacking.into_iter().filter(runs).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let message = format!(
        "`{}` lacks what `{}` has brought to `{}`: the switch would take it back",
        to.typed, present.typed, followed.environment
    );
    let mut error = Error::new(Kind::Refused, "stale-branch", message);
    let now = ground.view(&present.commit)?;
    let then = &there.snapshot;
    for file in lacking.iter().take(NAMED) {
        let versions = versions(&now, then, file);
        error = match versions.is_empty() {
            true => error.because(format!("`{file}` is older there")),
            false => versions.into_iter().take(NAMED).fold(error, Error::because),
        };
    }
    if lacking.len() > NAMED {
        error = error.because(format!("and {} more files", lacking.len() - NAMED));
    }
    let remote = ground
        .remote
        .as_ref()
        .and_then(|remote| remote.name())
        .unwrap_or("origin");
    let (branch, base) = (&to.typed, &present.typed);
    Err(error.hint(Hint::Say(format!(
        "git switch {branch} && git fetch {remote} && git merge {remote}/{base} && git push {remote} {branch}"
    ))))
}

fn paths(touched: Vec<Touched>) -> BTreeSet<String> {
    touched.into_iter().map(|it| it.path).collect()
}

/// What is taken through the object that is switched: by itself, or by what names it as its source.
fn through<'d>(deliveries: &'d Deliveries, followed: &Followed) -> Vec<&'d Source> {
    let is_it = |it: &Delivery| it.file == followed.file && it.object == followed.object;
    let pairs = deliveries
        .list
        .iter()
        .flat_map(|delivery| delivery.sources.iter().map(move |source| (delivery, source)));
    pairs
        .filter(|(delivery, source)| deliveries.follows(delivery, source).is_some_and(is_it))
        .map(|(_, source)| source)
        .collect()
}

/// The versions that a file states now and would state otherwise.
fn versions(now: &Snapshot, then: &Snapshot, file: &str) -> Vec<String> {
    let sites = |snapshot: &Snapshot| {
        let tree = yaml::parse(snapshot.read(file).ok()?, yaml::Limits::default()).ok()?;
        Some(locate::sites(file, &tree, &Declared::default()))
    };
    let (Some(now), Some(then)) = (sites(now), sites(then)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for site in &now {
        let other = then
            .iter()
            .find(|it| it.slot == site.slot && it.image.same_as(&site.image));
        if let Some(other) = other.filter(|other| other.version != site.version) {
            found.push(format!(
                "`{}` would go from {} to {} ({file})",
                site.image, site.version, other.version
            ));
        }
    }
    found
}

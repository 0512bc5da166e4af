//! Where a version is written so that one environment gets it, and nothing else.

use std::collections::BTreeMap;

use super::look::{Look, Pair, is_same_version, shown};
use crate::error::{Error, Kind};
use crate::image::Version;
use crate::manifest::slot::{SiteAt, Slot};

/// A place in TO's tree that is TO's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// A site that is there.
    Site(SiteAt),
    /// An entry that `images:` of a kustomization gets: the file, and the name that it looks for.
    Entry(String, String),
}

/// One place that is written, and why.
pub(super) struct Writing<'l> {
    pub(super) target: Target,
    /// Slots that differ.
    pub(super) pairs: Vec<Pair<'l>>,
    /// Slots of TO that have no counterpart in FROM and change along.
    pub(super) along: Vec<&'l Slot>,
}

impl<'l> Writing<'l> {
    /// The pair that the others are like.
    pub(super) fn first(&self) -> Result<&Pair<'l>, Error> {
        self.pairs
            .first()
            .ok_or_else(|| Error::bug("a version that is written for no slot"))
    }
}

/// Finds where each pair's version is written. `differing` are pairs to be made the same; `all` are all pairs.
///
/// # Errors
/// [`Kind::Refused`] `several-candidates` if one place of TO would get two versions; `shared-file` if there is no place that
/// is TO's own.
pub(super) fn writings<'l>(
    look: &'l Look<'_>,
    (differing, all): (&[Pair<'l>], &[Pair<'l>]),
) -> Result<Vec<Writing<'l>>, Error> {
    let names: Vec<String> = look.to.iter().map(|side| side.environment.name.clone()).collect();
    let mut by_target: BTreeMap<Target, Vec<Pair<'l>>> = BTreeMap::new();
    for pair in differing {
        by_target.entry(target(look, &names, pair)?).or_default().push(*pair);
    }
    let mut writings = Vec::with_capacity(by_target.len());
    let decided = Decided::of(look, all);
    for (target, pairs) in by_target {
        let (paired, along) = decided.by(&target);
        refuse_several(look, &target, &paired)?;
        writings.push(Writing { target, pairs, along });
    }
    Ok(writings)
}

fn target(look: &Look<'_>, names: &[String], pair: &Pair<'_>) -> Result<Target, Error> {
    let is_own = |file: &str| !look.to_scene.is_shared_beyond(file, names);
    let file_of = |at: SiteAt| look.to_scene.survey.at(at).0.file.as_str();
    let slot = pair.to;
    if is_own(file_of(slot.at)) {
        return Ok(Target::Site(slot.at));
    }
    if let Some(entry) = slot.unpinned.filter(|at| is_own(file_of(*at))) {
        return Ok(Target::Site(entry));
    }
    if let Some(top) = slot.top.as_deref().filter(|top| is_own(top)) {
        return Ok(Target::Entry(top.to_owned(), slot.image.as_str().to_owned()));
    }
    let file = file_of(slot.at);
    let message = format!(
        "{} of `{}` is set in `{file}`, which other environments read too",
        shown(&slot.image, &slot.name),
        pair.environment.name
    );
    let reached = look.to_scene.reach.of(file).join(", ");
    Err(Error::new(Kind::Refused, "shared-file", message)
        .at(look.place_of_to(slot))
        .because(format!(
            "`{file}` reaches {reached}, and no entry of `images:` changes this"
        )))
}

/// Which slots of TO each place decides.
struct Decided<'l> {
    /// By site: pairs, and slots without a counterpart.
    sites: BTreeMap<SiteAt, Vec<Governed<'l>>>,
    /// By kustomization and name.
    entries: BTreeMap<(&'l str, &'l str), Vec<Governed<'l>>>,
}

#[derive(Clone, Copy)]
enum Governed<'l> {
    Paired(Pair<'l>),
    Alone(&'l Slot),
}

impl<'l> Decided<'l> {
    fn of(look: &'l Look<'_>, all: &[Pair<'l>]) -> Decided<'l> {
        let paired: BTreeMap<*const Slot, Pair<'l>> =
            all.iter().map(|pair| (std::ptr::from_ref(pair.to), *pair)).collect();
        let mut decided = Decided {
            sites: BTreeMap::new(),
            entries: BTreeMap::new(),
        };
        for slot in look.to.iter().flat_map(|side| &side.slots) {
            let governed = match paired.get(&std::ptr::from_ref(slot)) {
                Some(pair) => Governed::Paired(*pair),
                None => Governed::Alone(slot),
            };
            for at in std::iter::once(slot.at).chain(slot.unpinned) {
                decided.sites.entry(at).or_default().push(governed);
            }
            if let Some(top) = &slot.top {
                let key = (top.as_str(), slot.image.as_str());
                decided.entries.entry(key).or_default().push(governed);
            }
        }
        decided
    }

    fn by(&self, target: &Target) -> (Vec<Pair<'l>>, Vec<&'l Slot>) {
        let governed = match target {
            Target::Site(at) => self.sites.get(at),
            Target::Entry(file, name) => self.entries.get(&(file.as_str(), name.as_str())),
        };
        let (mut pairs, mut alone) = (Vec::new(), Vec::new());
        for one in governed.into_iter().flatten() {
            match one {
                Governed::Paired(pair) => pairs.push(*pair),
                Governed::Alone(slot) => alone.push(*slot),
            }
        }
        (pairs, alone)
    }
}

/// One place can state one version only.
fn refuse_several(look: &Look<'_>, target: &Target, paired: &[Pair<'_>]) -> Result<(), Error> {
    let Some(first) = paired.first() else { return Ok(()) };
    let one = &first.from.version;
    let is_other = |version: &Version| !is_same_version(one, version) && !is_same_version(version, one);
    let Some(other) = paired.iter().find(|pair| is_other(&pair.from.version)) else {
        return Ok(());
    };
    let message = format!(
        "one place in `{}` would get two versions of `{}`: {one} and {}",
        first.environment.name,
        first.to.image.short_name(),
        other.from.version
    );
    let place = match target {
        Target::Site(at) => {
            let (seen, site) = look.to_scene.survey.at(*at);
            site.at.place(&seen.tree, &seen.file, "decides both")
        }
        Target::Entry(file, _) => crate::error::Place::file(file),
    };
    let from = &look.from.environment.name;
    let stated = |pair: &Pair<'_>| {
        format!(
            "{from} runs {} in {}: {}",
            pair.from.version,
            pair.from.name,
            look.place_of_from(pair.from)
        )
    };
    Err(Error::new(Kind::Refused, "several-candidates", message)
        .at(place)
        .because(stated(first))
        .because(stated(other)))
}

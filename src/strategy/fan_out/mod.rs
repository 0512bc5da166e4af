//! Pattern 1: each environment has a branch, and a feature branch is merged into each of them by itself.
//!
//! A promotion carries the changes that were merged into FROM and never into TO, each as its own diff. How one is carried:
//! [`replay`]; which were asked for: [`choose`]; which are missing: [`crate::strategy::changes`].
//! Source: PROMOTION.md, section 4.

mod choose;
mod replay;

use replay::Carried as Replayed;

use super::changes::{self, Masks, Missing, Nature, Unit, missing};
use super::hop::{Ask, Direction, Hop};
use super::omission::Omission;
use super::{Strategy, foreign, guard, overlay_change, soak, versions};
use crate::change::promotion::{Carried, Change, Picked, Promotion};
use crate::change::set::{ChangeSet, Step};
use crate::config::environments::{Environment, Environments};
use crate::config::model::{RuleName, StrategyName};
use crate::error::{Error, Hint, Kind};
use crate::git::names::Oid;
use crate::git::objects::Entry;
use crate::image::{Name, Repository};
use crate::manifest::locate;
use crate::manifest::site::Site;
use crate::manifest::terraform;
use crate::snapshot::Snapshot;
use crate::text::time;

/// The strategy.
pub(super) struct FanOut;

impl Strategy for FanOut {
    fn name(&self) -> StrategyName {
        StrategyName::FanOut
    }

    fn plan_promotion(&self, hop: &Hop<'_>) -> Result<ChangeSet, Error> {
        let mut warnings = guard::check_order(hop)?;
        let mut change_set = match hop.ask.images.is_empty() {
            true => carry_changes(hop)?,
            false => overlay_change::plan(hop, self.name())?,
        };
        change_set.facts.warnings.append(&mut warnings);
        Ok(change_set)
    }

    fn omissions(&self, hop: &Hop<'_>) -> Result<Vec<Omission>, Error> {
        changes::omissions(hop)
    }

    /// On every branch, as a feature does that is cut from the last one.
    fn landings<'e>(&self, environments: &'e Environments, environment: &'e Environment) -> Vec<&'e Environment> {
        match environments.list.is_empty() {
            true => vec![environment],
            false => environments.list.iter().rev().collect(),
        }
    }
}

/// Carries changes, and the versions that follow from them.
fn carry_changes(hop: &Hop<'_>) -> Result<ChangeSet, Error> {
    let masks = Masks::new(hop)?;
    let missing = missing::find(hop, &masks)?;
    let chosen = choose::chosen(hop, &missing)?;
    let mut warnings = refuse_undone(hop, (&missing, &chosen))?;
    warnings.extend(refuse_unsoaked(hop, &chosen)?);
    let start = hop.repository.tree_of(hop.to.commit)?;
    let carried = choose::carry(hop, (&masks, &missing), (chosen, &start))?;
    let tree = carried.last().map_or(&start, |it| &it.tree);
    let is_all = hop.ask.changes.is_empty();
    let ask = Ask {
        images: match is_all {
            true => Vec::new(),
            false => names_of(hop, &carried)?,
        },
        ..hop.ask.clone()
    };
    let mut promotion = promotion(hop, if is_all { Carried::Whole } else { Carried::Chosen })?;
    let mut change_set = ChangeSet::default();
    // A hotfix goes back as it is; the versions of TO are newer, and stay.
    let is_forward = hop.ask.direction == Direction::Forward;
    if is_forward && (is_all || !ask.images.is_empty()) {
        let view = (hop.view)(tree)?;
        let carry = versions::carry(&hop.asking(&ask), &view)?;
        change_set.files = carry.files;
        change_set.facts = carry.facts;
        promotion.notes = carry.notes;
        promotion.brings_back = carry.brings_back;
    }
    let moved: Vec<&str> = change_set.facts.sites.iter().map(|site| site.image.as_str()).collect();
    tell(hop, (&missing, &carried, &moved), &mut promotion)?;
    change_set.steps = carried.iter().filter(|it| it.differs).map(step).collect();
    promotion.resolved = carried.iter().flat_map(|it| it.resolved.iter().cloned()).collect();
    change_set.facts.promotion = Some(Box::new(promotion));
    if !change_set.is_empty() {
        warnings.extend(foreign::check(hop, &planned(hop, tree, &change_set)?)?);
    }
    change_set.facts.warnings.append(&mut warnings);
    if !is_forward {
        // No version is carried, so none is promised.
    } else if is_all {
        check(hop, tree, &change_set)?;
    } else if !ask.images.is_empty() {
        check(&hop.asking(&ask), tree, &change_set)?;
    }
    Ok(change_set)
}

fn promotion(hop: &Hop<'_>, kind: Carried) -> Result<Promotion, Error> {
    let strategy = StrategyName::FanOut.as_str();
    let from = &hop.from.one()?.name;
    Ok(Promotion::new((strategy, kind), from, &hop.to.names(), hop.from.commit))
}

/// The postcondition, on the planned tree.
fn check(hop: &Hop<'_>, tree: &Oid, change_set: &ChangeSet) -> Result<(), Error> {
    versions::check(hop, &planned(hop, tree, change_set)?)
}

/// What TO becomes.
fn planned(hop: &Hop<'_>, tree: &Oid, change_set: &ChangeSet) -> Result<Snapshot, Error> {
    let files: Vec<(String, Option<Vec<u8>>)> = change_set
        .files
        .iter()
        .map(|file| (file.path().to_owned(), file.after().map(<[u8]>::to_vec)))
        .collect();
    let planned = hop.repository.edit_tree(tree, &files)?;
    (hop.view)(&planned)
}

fn step(carried: &Replayed<'_>) -> Step {
    let unit = carried.unit;
    Step {
        tree: carried.tree.clone(),
        title: unit.title.clone(),
        body: body(carried),
        change: unit.id().to_owned(),
        author: Some(unit.author.clone()),
    }
}

/// What a later look at the branch must know: what it takes back there, and the changes that came with it as one.
fn body(carried: &Replayed<'_>) -> String {
    let unit = carried.unit;
    let reverts = carried
        .takes_back
        .iter()
        .map(|it| format!("This reverts commit {it}.\n"));
    let others = unit.ids.iter().take(unit.together).skip(1);
    let others = others.map(|id| format!("Rakops-Change: {id}\n"));
    reverts.chain(others).collect()
}

/// The images whose versions a change has changed.
fn images_of(hop: &Hop<'_>, unit: &Unit) -> Result<Vec<Repository>, Error> {
    let declared = hop.declared()?;
    let mut images: Vec<Repository> = Vec::new();
    for file in &unit.files {
        let sites = |entry: &Option<Entry>| -> Result<Vec<Site>, Error> {
            let Some(entry) = entry.as_ref().filter(|entry| entry.mode.is_file()) else {
                return Ok(Vec::new());
            };
            let tree = terraform::parse(&file.path, hop.repository.blob(&entry.id)?);
            Ok(tree.map_or_else(|_| Vec::new(), |tree| locate::sites(&file.path, &tree, &declared)))
        };
        let (old, new) = (sites(&file.old)?, sites(&file.new)?);
        for site in &new {
            let was = |it: &&Site| it.slot == site.slot && it.image.same_as(&site.image);
            let is_same = old.iter().find(was).is_some_and(|it| it.version == site.version);
            let names = site.also.iter().chain([&site.image]);
            if !is_same {
                images.extend(names.cloned());
            }
        }
    }
    images.dedup();
    Ok(images)
}

/// The same of several changes, as words of a promotion.
fn names_of(hop: &Hop<'_>, carried: &[Replayed<'_>]) -> Result<Vec<Name>, Error> {
    let mut names: Vec<Name> = Vec::new();
    for it in carried {
        for image in images_of(hop, it.unit)? {
            let name = Name::parse(image.as_str())?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Ok(names)
}

/// Lists every missing change, and what stays behind of the branches that are carried as their own diffs.
fn tell(
    hop: &Hop<'_>,
    (missing, carried, moved): (&Missing, &[Replayed<'_>], &[&str]),
    promotion: &mut Promotion,
) -> Result<(), Error> {
    for it in &missing.list {
        let taken = carried.iter().find(|carried| carried.unit.commit == it.unit.commit);
        let is_moved = |image: &Repository| moved.iter().any(|name| *name == image.as_str());
        let picked = match (it.nature, taken) {
            (Nature::Other | Nature::Seen, Some(carried)) if carried.differs => Picked::Step,
            // It changes nothing: others have done the same already.
            (Nature::Other, Some(_)) | (Nature::Seen, _) => continue,
            (Nature::Versions, Some(_)) if images_of(hop, &it.unit)?.iter().any(is_moved) => Picked::Folded,
            // Its versions are there, or newer ones.
            (Nature::Versions, _) => continue,
            (Nature::Other, None) => Picked::Left,
        };
        promotion.changes.push(Change {
            id: it.unit.id().to_owned(),
            commit: it.unit.commit.clone(),
            title: it.unit.title.clone(),
            author: it.unit.author.name.clone(),
            time: it.unit.time,
            picked,
        });
        if taken.is_none() {
            continue;
        }
        promotion.brings_back.extend(it.undone.clone());
        let dragged = missing::dragged(missing, &it.unit);
        if !dragged.is_empty() {
            let shown: Vec<String> = dragged.iter().take(3).map(|it| it.commit.short().to_owned()).collect();
            let more = if dragged.len() > shown.len() { ", …" } else { "" };
            promotion.notes.push(format!(
                "{} is carried as its own diff: its branch holds {} of others that stay behind ({}{more})",
                it.unit.id(),
                match dragged.len() {
                    1 => "1 commit".to_owned(),
                    many => format!("{many} commits"),
                },
                shown.join(", ")
            ));
        }
    }
    Ok(())
}

/// Refuses to bring back what was taken back on TO.
fn refuse_undone(hop: &Hop<'_>, (missing, chosen): (&Missing, &[&Unit])) -> Result<Vec<Error>, Error> {
    let is_chosen = |unit: &Unit| chosen.iter().any(|it| it.commit == unit.commit);
    let mut warnings = Vec::new();
    for it in missing.list.iter().filter(|it| is_chosen(&it.unit)) {
        let Some(undone) = &it.undone else { continue };
        let message = format!(
            "`{}` ({}) was taken back on {} by {}",
            it.unit.id(),
            it.unit.title,
            time::day(undone.at),
            undone.by
        );
        let broken = Error::new(Kind::Refused, "rolled-back", message).because(format!("in {}", undone.commit.short()));
        warnings.extend(guard::Guard::of(hop).apply(RuleName::RolledBack, broken)?);
    }
    Ok(warnings)
}

fn refuse_unsoaked(hop: &Hop<'_>, chosen: &[&Unit]) -> Result<Option<Error>, Error> {
    let landed = chosen.iter().map(|unit| (unit.title.as_str(), unit.time, &unit.commit));
    soak::check(hop, landed)
}

/// A change that was named and is not there.
fn unknown_change(missing: &Missing, typed: &str) -> Error {
    let message = format!("no change `{typed}` is missing there");
    let ids = missing.list.iter().filter(|it| it.nature != Nature::Seen).take(12);
    let found: Vec<String> = ids.map(|it| it.unit.id().to_owned()).collect();
    Error::new(Kind::NotFound, "change-not-found", message).hint(match found.is_empty() {
        true => Hint::Say("nothing is missing there".into()),
        false => Hint::Found(found),
    })
}

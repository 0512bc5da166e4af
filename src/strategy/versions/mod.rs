//! Promotions of versions: FROM's versions are set in TO's slots, one by one.
//!
//! What both sides run ([`look`]), which of it was asked for ([`chosen`]), where TO's version is written ([`target`]), the
//! rules ([`rules`], with what sites said before, [`past`]), and the edits ([`mod@write`]).
//!
//! Source: PROMOTION.md, sections 1 and 2.

mod chosen;
pub(crate) mod look;
mod omitted;
pub(crate) mod past;
mod replaced;
mod rules;
mod target;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::hop::Hop;
use super::soak::Clock;
use crate::change::promotion::BroughtBack;
use crate::change::set::{Facts, FileChange, Unchanged};
use crate::error::{Error, Kind};
use crate::git::names::Oid;
use crate::image::is_floating;
use crate::manifest::slot::Slot;
use crate::snapshot::Snapshot;
use chosen::Chosen;
use look::{Look, Pair, Surveys, is_one_image, is_same_version, shown};
pub(crate) use omitted::omissions;
use past::Past;
pub(crate) use replaced::check_replaced;
use target::{Writing, writings};
use write::Writer;

/// What has to change for TO to have FROM's versions.
#[derive(Default)]
pub(crate) struct Carry {
    /// Edits of `onto`, by path.
    pub(crate) files: Vec<FileChange>,
    /// Sites that change, images that need not, and warnings. No promotion: that is the strategy's matter.
    pub(crate) facts: Facts,
    /// Slots that are left alone, for `Promotion::notes`.
    pub(crate) notes: Vec<String>,
    /// What was rolled back on TO and comes back, for `Promotion::brings_back`.
    pub(crate) brings_back: Vec<BroughtBack>,
    /// The landings that brought the versions to FROM, with what they brought: `api 1.4.2`.
    pub(crate) landings: BTreeMap<Oid, Vec<String>>,
}

/// Compares FROM's slots with TO's as they are in `onto`, TO's tip or a merged tree, and plans the edits of `onto` after
/// which TO's have FROM's versions. Restricted to the images that were asked for, if any were.
///
/// # Errors
/// `Kind::Refused` `several-candidates`, `shared-file`, `half-version`, `unverified-digest`, `postcondition`, or the code of a
/// rule: `floating`, `downgrade`, `overwrite`, `owned`, `unsoaked`; `Kind::NotFound` for an image that was named and one side
/// lacks; what a file says that cannot be parsed.
pub(crate) fn carry(hop: &Hop<'_>, onto: &Snapshot) -> Result<Carry, Error> {
    let surveys = Surveys::of(&hop.loaded.config, hop.from.snapshot, onto)?;
    let look = Look::of_hop(&surveys, hop)?;
    let carry = carry_on(hop, (&surveys, &look))?;
    check_on(hop, &surveys, &carry.files)?;
    Ok(carry)
}

/// The same, of sides that have been read. What comes of it is not checked yet: see [`check_on`].
///
/// # Errors
/// As [`carry`], less `postcondition`.
pub(crate) fn carry_on(hop: &Hop<'_>, (surveys, look): (&Surveys, &Look<'_>)) -> Result<Carry, Error> {
    let chosen = Chosen::of(hop, look)?;
    let all = look.pairs();
    let mut carry = Carry::default();
    let mut differing = Vec::new();
    for pair in all.iter().filter(|pair| chosen.holds_pair(look, pair)) {
        match state(hop, pair) {
            State::Same => count(&mut carry.facts.unchanged, pair.to),
            State::Other => carry.notes.push(other_image(look, pair)),
            State::Differs => differing.push(*pair),
        }
    }
    carry.notes.extend(notes(look, &chosen, &all));
    let writings = writings(look, (&differing, &all))?;
    let pasts = Pasts::of(hop, surveys, (look, &differing))?;
    let mut writer = Writer::new(look);
    let mut warnings = Vec::new();
    for writing in &writings {
        let Some(wanted) = rules::wanted(hop, (look, writing), &mut warnings)? else {
            let pair = writing.first()?;
            carry.notes.push(format!(
                "{} stays: there is no version to carry",
                shown(&pair.to.image, &pair.to.name)
            ));
            continue;
        };
        for pair in &writing.pairs {
            warnings.extend(rules::check_overwrite(hop, (look, pair), (&pasts.from, &pasts.to))?);
            if let Some((it, warning)) = rules::check_rolled_back(hop, (look, pair), &pasts.to)? {
                warnings.extend(warning);
                carry.brings_back.push(it);
            }
        }
        carry.notes.extend(along(writing));
        writer.add(writing, wanted)?;
    }
    pasts.landings(look, &differing, &mut carry.landings);
    warnings.extend(check_soak(hop, &carry.landings)?);
    writer.finish(&mut carry)?;
    dedup(&mut warnings);
    carry.facts.warnings = warnings;
    Ok(carry)
}

/// The postcondition: TO's slots in `planned` have FROM's versions.
///
/// # Errors
/// `Kind::Refused` `postcondition`, with the slots that differ.
pub(crate) fn check(hop: &Hop<'_>, planned: &Snapshot) -> Result<(), Error> {
    let surveys = Surveys::of(&hop.loaded.config, hop.from.snapshot, planned)?;
    let look = Look::of_hop(&surveys, hop)?;
    postcondition(hop, &look)
}

/// The same, of the tree that edits of TO's leave. Files that are not edited are not read again.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_on(hop: &Hop<'_>, surveys: &Surveys, files: &[FileChange]) -> Result<(), Error> {
    let edited = files.iter().filter_map(|file| Some((file.path(), file.after()?)));
    let planned = Surveys {
        declared: surveys.declared.clone(),
        from: std::sync::Arc::clone(&surveys.from),
        to: std::sync::Arc::new(surveys.to.with(edited, &surveys.declared)?),
        from_files: surveys.from_files.clone(),
        to_files: surveys.to_files.clone(),
    };
    let look = Look::of_hop(&planned, hop)?;
    postcondition(hop, &look)
}

fn postcondition(hop: &Hop<'_>, look: &Look<'_>) -> Result<(), Error> {
    let chosen = Chosen::of(hop, look)?;
    let pairs = look.pairs();
    let missed: Vec<&Pair<'_>> = pairs
        .iter()
        .filter(|pair| chosen.holds_pair(look, pair) && !pair.from.version.is_none())
        .filter(|pair| state(hop, pair) == State::Differs && !is_said_otherwise(hop, pair))
        .collect();
    let Some(first) = missed.first() else { return Ok(()) };
    let from = &look.from.environment.name;
    let message = match missed.len() {
        1 => format!("`{}` would not run what `{from}` runs", first.environment.name),
        several => format!(
            "`{}` would not run what `{from}` runs, in {several} places",
            first.environment.name
        ),
    };
    let error = Error::new(Kind::Refused, "postcondition", message).at(look.place_of_to(first.to));
    Err(missed.iter().take(10).fold(error, |error, pair| {
        error.because(format!(
            "{}: {} in `{from}`, {} in `{}`",
            pair.to.name, pair.from.version, pair.to.version, pair.environment.name
        ))
    }))
}

/// The configuration says that a version of this image is a tag alone: the digest of FROM does not count.
fn is_said_otherwise(hop: &Hop<'_>, pair: &Pair<'_>) -> bool {
    rules::is_pinned_to_tags(hop, pair) && pair.from.version.tag == pair.to.version.tag
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Same,
    Differs,
    /// They run two images.
    Other,
}

fn state(hop: &Hop<'_>, pair: &Pair<'_>) -> State {
    let is_named = hop.ask.names == super::hop::Names::Along && !pair.from.image.same_as(&pair.to.image);
    if is_named {
        return State::Differs;
    }
    if !is_one_image(&hop.loaded.config.images, pair.from, pair.to) {
        return State::Other;
    }
    match is_same_version(&pair.from.version, &pair.to.version) || is_said_otherwise(hop, pair) {
        true => State::Same,
        false => State::Differs,
    }
}

fn count(unchanged: &mut Vec<Unchanged>, slot: &Slot) {
    let (image, version) = (slot.image.as_str(), slot.version.to_string());
    match unchanged
        .iter_mut()
        .find(|it| it.image == image && it.version == version)
    {
        Some(known) => known.sites += 1,
        None => unchanged.push(Unchanged {
            image: image.to_owned(),
            version,
            sites: 1,
        }),
    }
}

fn other_image(look: &Look<'_>, pair: &Pair<'_>) -> String {
    format!(
        "left alone: {} runs `{}` in {} and `{}` in {}",
        pair.to.name, pair.from.image, look.from.environment.name, pair.to.image, pair.environment.name
    )
}

/// Slots that one side alone has.
fn notes(look: &Look<'_>, chosen: &Chosen, all: &[Pair<'_>]) -> Vec<String> {
    let paired: BTreeSet<*const Slot> = all
        .iter()
        .flat_map(|pair| [std::ptr::from_ref(pair.from), std::ptr::from_ref(pair.to)])
        .collect();
    let sides = std::iter::once((&look.from, &look.from_scene)).chain(look.to.iter().map(|it| (it, &look.to_scene)));
    let mut notes = Vec::new();
    for (side, scene) in sides {
        let alone = side
            .slots
            .iter()
            .filter(|slot| !paired.contains(&std::ptr::from_ref(*slot)));
        for slot in alone.filter(|slot| chosen.holds(scene, slot)) {
            notes.push(format!(
                "left alone: {} runs in {} only",
                shown(&slot.image, &slot.name),
                side.environment.name
            ));
        }
    }
    notes
}

fn along(writing: &Writing<'_>) -> Vec<String> {
    let told = |slot: &&Slot| {
        format!(
            "{} changes along: one place decides it, too",
            shown(&slot.image, &slot.name)
        )
    };
    writing.along.iter().map(told).collect()
}

fn dedup(warnings: &mut Vec<Error>) {
    let mut kept: Vec<Error> = Vec::new();
    for warning in warnings.drain(..) {
        if !kept.contains(&warning) {
            kept.push(warning);
        }
    }
    *warnings = kept;
}

fn check_soak(hop: &Hop<'_>, landings: &BTreeMap<Oid, Vec<String>>) -> Result<Option<Error>, Error> {
    let Some(clock) = Clock::of(hop)? else { return Ok(None) };
    let what = landings
        .iter()
        .flat_map(|(commit, what)| what.iter().map(|it| (format!("`{it}`"), commit.clone())));
    clock.check(hop, &what.collect())
}

/// The past of the files that state what differs, on both sides.
struct Pasts<'h> {
    from: Rc<Past<'h>>,
    to: Rc<Past<'h>>,
}

impl<'h> Pasts<'h> {
    fn of(
        hop: &'h Hop<'h>,
        surveys: &'h Surveys,
        (look, differing): (&Look<'_>, &[Pair<'_>]),
    ) -> Result<Pasts<'h>, Error> {
        let (mut from, mut to) = (BTreeSet::new(), BTreeSet::new());
        for pair in differing {
            for at in pair.from.beneath.iter().chain(std::iter::once(&pair.from.at)) {
                from.insert(look.from_scene.survey.at(*at).0.file.clone());
            }
            to.extend(look.files_of_to(pair.to));
        }
        let past = |tip, files| Past::of(hop, (tip, &surveys.declared), files).map(Rc::new);
        // Environments of one branch have one past, where both looks would list the same landings.
        let is_shared = hop.from.commit == hop.to.commit && Past::lists_all(&from) && Past::lists_all(&to);
        if is_shared {
            from.extend(to);
            let both = past(hop.to.commit, &from)?;
            return Ok(Pasts {
                from: Rc::clone(&both),
                to: both,
            });
        }
        Ok(Pasts {
            from: past(hop.from.commit, &from)?,
            to: past(hop.to.commit, &to)?,
        })
    }

    /// The landings that brought what differs to FROM.
    fn landings(&self, look: &Look<'_>, differing: &[Pair<'_>], landings: &mut BTreeMap<Oid, Vec<String>>) {
        for pair in differing.iter().filter(|pair| !is_floating(&pair.from.version)) {
            let file = &look.from_scene.survey.at(pair.from.at).0.file;
            if let Some(commit) = self.from.landed_by(file, (pair.from, &pair.from.version)) {
                let what = format!("{} {}", pair.from.image.short_name(), pair.from.version);
                let known = landings.entry(commit).or_default();
                if !known.contains(&what) {
                    known.push(what);
                }
            }
        }
    }
}

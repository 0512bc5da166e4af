//! What came with a version: the settings that the same landing brought to FROM, and that TO does not have.
//!
//! Source: PROMOTION.md, section 6.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::hop::{Hop, Unattended};
use super::settings::Selectors;
use super::versions::look::Look;
use crate::change::promotion::{Companion, Goes};
use crate::config::model::Severity;
use crate::error::{Error, Hint, Kind};
use crate::git::changes::Changed;
use crate::git::names::Oid;
use crate::git::tree_diff::{Among, Landing};
use crate::manifest::locate::Declared;
use crate::manifest::settings::{Owner, Setting, Settings};
use crate::snapshot::Snapshot;

/// Finds the companions of versions. `landings` are the commits that brought them to FROM, with what they brought.
///
/// # Errors
/// As reading history and files.
pub(crate) fn find(
    hop: &Hop<'_>,
    (look, declared): (&Look<'_>, &Declared),
    (onto, landings): (&Snapshot, &BTreeMap<Oid, Vec<String>>),
) -> Result<Vec<Companion>, Error> {
    let mut came: Vec<Landing> = Vec::new();
    for id in landings.keys() {
        // What came with the first commit of all came with everything.
        let parent = hop.repository.commit(id)?.and_then(|it| it.parents.into_iter().next());
        if let Some(parent) = parent.filter(|parent| hop.repository.has(parent)) {
            came.push((id.clone(), Some(parent)));
        }
    }
    let from = Owner {
        scene: &look.from_scene,
        environment: look.from.environment,
        declared,
    };
    let changes = hop.repository.landed(hop.git, (&came, Among::All))?;
    let is_own = |change: &&Changed| from.owns(&change.path);
    let is_plain = |changes: &[Changed]| changes.iter().filter(is_own).count() == 0;
    if changes.iter().all(|of| is_plain(of)) {
        return Ok(Vec::new());
    }
    let to = look.to.iter().map(|side| Owner {
        scene: &look.to_scene,
        environment: side.environment,
        declared,
    });
    let mut finder = Finder {
        hop,
        from: &from,
        to: to.collect(),
        sides: OnceCell::new(),
        selectors: Selectors::of(hop)?,
        onto,
        seen: BTreeSet::new(),
        found: Vec::new(),
    };
    for ((commit, _), changes) in came.iter().zip(&changes) {
        let came_with = landings.get(commit).map_or(String::new(), |it| it.join(", "));
        for change in changes.iter().filter(is_own) {
            finder.look_at(change, &came_with)?;
        }
    }
    Ok(finder.found)
}

/// Refuses a promotion that leaves companions behind, where nobody looks before it merges or the configuration says so.
///
/// # Errors
/// [`Kind::Refused`] `companions`.
pub(crate) fn check(hop: &Hop<'_>, companions: &[Companion]) -> Result<(), Error> {
    let is_refused =
        hop.ask.unattended == Unattended::Yes || hop.loaded.config.promote.companions == Some(Severity::Refuse);
    let left: Vec<&Companion> = companions.iter().filter(|it| it.goes == Goes::Not).collect();
    if !is_refused || left.is_empty() {
        return Ok(());
    }
    let message = match left.len() {
        1 => "a setting that came with a version is not carried".to_owned(),
        several => format!("{several} settings that came with a version are not carried"),
    };
    let mut error = Error::new(Kind::Refused, "companions", message);
    for companion in left.iter().take(10) {
        error = error.because(format!("came with {}: {}", companion.came_with, companion.selector));
    }
    if hop.ask.unattended == Unattended::Yes {
        error = error.because("with `--auto-merge` nobody would see it");
    }
    Err(left.iter().take(10).fold(error, |error, companion| {
        error.hint(Hint::Flag(
            format!("--also-settings '{}'", companion.selector),
            "carries it, too".into(),
        ))
    }))
}

struct Finder<'f> {
    hop: &'f Hop<'f>,
    from: &'f Owner<'f>,
    to: Vec<Owner<'f>>,
    /// Read when they are first asked for: most landings bring versions alone.
    sides: OnceCell<Sides>,
    selectors: Selectors,
    onto: &'f Snapshot,
    seen: BTreeSet<String>,
    found: Vec<Companion>,
}

/// The settings of both sides.
struct Sides {
    /// What FROM has today.
    present: Settings,
    /// What each of TO has.
    targets: Vec<Settings>,
}

impl Finder<'_> {
    fn sides(&self) -> Result<&Sides, Error> {
        if let Some(known) = self.sides.get() {
            return Ok(known);
        }
        let of_to = self.to.iter().map(|owner| Settings::of(self.onto, owner));
        let sides = Sides {
            present: Settings::of(self.hop.from.snapshot, self.from)?,
            targets: of_to.collect::<Result<_, _>>()?,
        };
        Ok(self.sides.get_or_init(|| sides))
    }

    /// One file of FROM that a landing changed.
    fn look_at(&mut self, change: &Changed, came_with: &str) -> Result<(), Error> {
        let read = |entry: &Option<crate::git::objects::Entry>| match entry {
            Some(entry) if entry.mode.is_file() => self.hop.repository.blob(&entry.id),
            _ => Ok(Vec::new()),
        };
        let (old, new) = (read(&change.old)?, read(&change.new)?);
        let (before, after) = (self.from.read(&change.path, &old), self.from.read(&change.path, &new));
        if before.is_empty() && after.is_empty() {
            self.whole(change, came_with)?;
            return Ok(());
        }
        let is_new = change.old.is_none() && !self.is_known(&after)?;
        if is_new {
            self.whole(change, came_with)?;
            return Ok(());
        }
        for setting in &after {
            let was = before.iter().find(|it| it.raw == setting.raw);
            if was.is_none_or(|was| was.value != setting.value) {
                self.changed(setting, came_with)?;
            }
        }
        for setting in before.iter().filter(|it| !after.iter().any(|now| now.raw == it.raw)) {
            let sides = self.sides()?;
            let is_gone = sides.present.same_as(setting).is_none();
            let is_there = sides.targets.iter().any(|to| to.same_as(setting).is_some());
            if is_gone && is_there {
                self.push(setting, came_with);
            }
        }
        Ok(())
    }

    /// Whether TO says anything about the objects of a file.
    fn is_known(&self, settings: &[Setting]) -> Result<bool, Error> {
        let targets = &self.sides()?.targets;
        let says = |to: &Settings, setting: &Setting| {
            let mut of_app = to.list.iter().filter(|it| it.key.app == setting.key.app);
            of_app.any(|it| it.key.what == setting.key.what)
        };
        Ok(settings
            .iter()
            .any(|setting| targets.iter().any(|to| says(to, setting))))
    }

    fn changed(&mut self, setting: &Setting, came_with: &str) -> Result<(), Error> {
        let sides = self.sides()?;
        // FROM may have changed it once more, or taken it back.
        let Some(value) = sides.present.same_as(setting).map(|it| &it.value) else {
            return Ok(());
        };
        let lacks = |to: &Settings| to.same_as(setting).is_none_or(|it| it.value != *value);
        if sides.targets.iter().any(lacks) {
            self.push(setting, came_with);
        }
        Ok(())
    }

    fn push(&mut self, setting: &Setting, came_with: &str) {
        let goes = self.selectors.select(setting);
        self.add((setting.selector(), goes), came_with);
    }

    /// A file that is new to FROM, or that says nothing by keys.
    fn whole(&mut self, change: &Changed, came_with: &str) -> Result<(), Error> {
        let name = &self.from.environment.name;
        let file = &change.path;
        let Some(now) = self
            .hop
            .from
            .snapshot
            .has_file(file)
            .then(|| self.hop.from.snapshot.read(file))
        else {
            return Ok(());
        };
        let now = now?;
        let mut is_lacking = false;
        for to in &self.to {
            let target = file.replace(name.as_str(), &to.environment.name);
            let is_same = self.onto.has_file(&target) && self.onto.read(&target)? == now;
            is_lacking |= !is_same;
        }
        if is_lacking {
            let goes = self.selectors.select_file(file, self.from.environment);
            self.add((file.replace(name.as_str(), "{env}"), goes), came_with);
        }
        Ok(())
    }

    fn add(&mut self, (selector, goes): (String, bool), came_with: &str) {
        if self.seen.insert(selector.clone()) {
            self.found.push(Companion {
                selector,
                came_with: came_with.to_owned(),
                goes: if goes { Goes::Along } else { Goes::Not },
            });
        }
    }
}

//! What two environments run, compared by meaning: versions and settings, not lines.

use crate::config::environments::Environment;
use crate::error::{Error, Kind};
use crate::manifest::settings::{Owner, Setting, Settings};
use crate::manifest::slot::Slot;
use crate::ops::land::Ground;
use crate::ops::standing::{Pair, Standing};
use crate::strategy::hop::{Ask, Hop};
use crate::strategy::versions::look::{Look, Surveys, is_one_image, is_same_version};

/// What `diff` was asked for.
#[derive(Clone, Debug)]
pub(crate) struct DiffRequest {
    /// An environment.
    pub(crate) from: String,
    /// An environment or group.
    pub(crate) to: String,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

/// What differs.
#[derive(Default)]
pub(crate) struct DiffReport {
    pub(crate) versions: Vec<VersionRow>,
    pub(crate) settings: Vec<SettingRow>,
    pub(crate) warnings: Vec<Error>,
}

/// A version that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VersionRow {
    /// The environment that FROM is compared with.
    pub(crate) target: String,
    /// Full name, as FROM writes it where it runs there.
    pub(crate) image: String,
    pub(crate) slot: String,
    /// None where FROM does not run it.
    pub(crate) from: Option<Stated>,
    /// None where TO does not run it.
    pub(crate) to: Option<Stated>,
}

/// A value, and the place that decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stated {
    /// A version, or the value of a setting. May be empty.
    pub(crate) value: String,
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
}

/// A setting that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SettingRow {
    /// The environment that FROM is compared with.
    pub(crate) target: String,
    /// As `--also-settings` takes it.
    pub(crate) selector: String,
    /// None where FROM does not set it.
    pub(crate) from: Option<Stated>,
    /// None where TO does not set it.
    pub(crate) to: Option<Stated>,
}

impl DiffReport {
    pub(crate) fn is_empty(&self) -> bool {
        self.versions.is_empty() && self.settings.is_empty()
    }
}

/// Compares two environments, as the tips of their branches have them.
///
/// # Errors
/// [`Kind::NotFound`] for an environment or a branch that is not there; [`Kind::Usage`] if both are one; what a file says
/// that decides what one of them runs and cannot be read.
pub(crate) fn diff(ground: &Ground, standing: &Standing, request: &DiffRequest) -> Result<DiffReport, Error> {
    let from = standing.named(&request.from)?;
    let to = standing.named(&request.to)?;
    let [from] = &from[..] else {
        let message = format!(
            "`{}` is a group of {} environments; one is compared",
            request.from,
            from.len()
        );
        return Err(Error::new(Kind::Usage, "from-a-group", message));
    };
    if to.iter().any(|it| it.name == from.name) {
        let message = format!("`{}` is compared with itself", from.name);
        return Err(Error::new(Kind::Usage, "same-environment", message));
    }
    standing.tip(ground, &from.name)?;
    let ask = Ask::default();
    let mut report = DiffReport::default();
    for target in &to {
        standing.tip(ground, &target.name)?;
        let pair = Pair {
            from,
            to: target,
            ask: &ask,
            now: request.now,
        };
        if let Some(mut found) = standing.between(ground, &pair, &|hop| compare(hop, target))? {
            report.versions.append(&mut found.versions);
            report.settings.append(&mut found.settings);
            report.warnings.append(&mut found.warnings);
        }
    }
    Ok(report)
}

fn compare(hop: &Hop<'_>, target: &Environment) -> Result<DiffReport, Error> {
    let surveys = Surveys::of(&hop.loaded.config, hop.from.snapshot, hop.to.snapshot)?;
    let look = Look::of_hop(&surveys, hop)?;
    Ok(DiffReport {
        versions: versions(hop, &look, &target.name),
        settings: settings(hop, (&look, &surveys), target)?,
        warnings: Vec::new(),
    })
}

fn versions(hop: &Hop<'_>, look: &Look<'_>, target: &str) -> Vec<VersionRow> {
    let images = &hop.loaded.config.images;
    let from = |slot: &Slot| stated(slot, look.from_place(slot));
    let to = |slot: &Slot| stated(slot, look.to_place(slot));
    let row = |(name, image): (&Slot, &Slot), from: Option<Stated>, to: Option<Stated>| VersionRow {
        target: target.to_owned(),
        image: image.image.as_str().to_owned(),
        slot: name.name.to_string(),
        from,
        to,
    };
    let pairs = look.pairs();
    let mut rows = Vec::new();
    for pair in &pairs {
        match is_one_image(images, pair.from, pair.to) {
            true if is_same_version(&pair.from.version, &pair.to.version) => {}
            true => rows.push(row((pair.to, pair.from), Some(from(pair.from)), Some(to(pair.to)))),
            false => {
                rows.push(row((pair.from, pair.from), Some(from(pair.from)), None));
                rows.push(row((pair.to, pair.to), None, Some(to(pair.to))));
            }
        }
    }
    let is_alone = |slot: &&Slot| {
        !pairs
            .iter()
            .any(|pair| std::ptr::eq(pair.from, *slot) || std::ptr::eq(pair.to, *slot))
    };
    for slot in look.from.slots.iter().filter(is_alone) {
        rows.push(row((slot, slot), Some(from(slot)), None));
    }
    for slot in look.to.iter().flat_map(|side| &side.slots).filter(is_alone) {
        rows.push(row((slot, slot), None, Some(to(slot))));
    }
    rows.sort_by(|a, b| (&a.slot, &a.image).cmp(&(&b.slot, &b.image)));
    rows
}

fn stated(slot: &Slot, place: crate::error::Place) -> Stated {
    Stated {
        value: slot.version.to_string(),
        file: place.file,
        line: place.line,
        column: place.column,
    }
}

fn settings(
    hop: &Hop<'_>,
    (look, surveys): (&Look<'_>, &Surveys),
    target: &Environment,
) -> Result<Vec<SettingRow>, Error> {
    let from = Owner {
        scene: &look.from_scene,
        environment: look.from.environment,
        declared: &surveys.declared,
    };
    let to = Owner {
        scene: &look.to_scene,
        environment: target,
        declared: &surveys.declared,
    };
    let (ours, theirs) = (
        Settings::of(hop.from.snapshot, &from)?,
        Settings::of(hop.to.snapshot, &to)?,
    );
    let told = |setting: &Setting| Stated {
        value: setting.shown(),
        file: setting.file.clone(),
        line: setting.line,
        column: setting.column,
    };
    let row = |named: &Setting, from: Option<&Setting>, to: Option<&Setting>| SettingRow {
        target: target.name.clone(),
        selector: named.selector(),
        from: from.map(told),
        to: to.map(told),
    };
    let mut rows = Vec::new();
    for setting in ours.effective() {
        match theirs.same_as(setting) {
            Some(there) if there.value == setting.value => {}
            there => rows.push(row(setting, Some(setting), there)),
        }
    }
    for setting in theirs.effective().filter(|it| ours.same_as(it).is_none()) {
        rows.push(row(setting, None, Some(setting)));
    }
    rows.sort_by(|a, b| a.selector.cmp(&b.selector));
    Ok(rows)
}

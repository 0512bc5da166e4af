//! What a change did to an environment, by meaning: versions that take effect, values, and else files and lines.

use super::age::{Age, View};
use super::versions;
use crate::audit::{FileChange, FileHow, ImageChange, SettingChange, What};
use crate::error::Error;
use crate::git::changes::Changed;
use crate::git::names::Oid;
use crate::git::objects::Entry;
use crate::manifest::locate::{self, Declared};
use crate::manifest::settings::{self, Form, Setting};
use crate::manifest::site::Site;
use crate::ops::land::Ground;
use crate::text::diff;
use crate::yaml;

/// Longer files are told by their name alone.
const LONGEST: usize = 4 * 1024 * 1024;
/// A file with more values than these that differ is told by its lines.
const MOST_SETTINGS: usize = 200;
/// A file with more values than these is told by its lines.
const MOST_VALUES: usize = 5_000;
/// How many stretches of lines are told of one file.
const MOST_STRETCHES: usize = 100;
/// What stands for a value that is not shown.
const HIDDEN: &str = "(hidden)";

/// Both sides of a change.
#[derive(Clone, Copy)]
pub(super) struct Sides<'s> {
    pub(super) ground: &'s Ground,
    pub(super) old: &'s View<'s>,
    pub(super) new: &'s View<'s>,
    /// The commits, or trees, whose files are compared; none before the first commit.
    pub(super) commits: (Option<&'s Oid>, &'s Oid),
}

/// Tells what some files of a change, all of which reach the environment, did to it.
///
/// # Errors
/// As reading files.
pub(super) fn of(sides: &Sides<'_>, environment: &str, changes: &[&Changed]) -> Result<What, Error> {
    let mut what = What::default();
    let declared = match (&sides.new.age, &sides.old.age) {
        (Age::Known(sight), _) | (_, Age::Known(sight)) => Declared::of(&sight.config.images)?,
        _ => Declared::default(),
    };
    let built = versions::changed(sides, environment, (changes, &declared));
    let covered = match built {
        Ok(changed) => {
            what.images = changed.images;
            changed.files
        }
        Err(error) => {
            what.unknown
                .push(format!("what runs cannot be told: {}", error.message));
            Default::default()
        }
    };
    for change in changes {
        let (old, new) = (text(sides.ground, &change.old)?, text(sides.ground, &change.new)?);
        let (Read::Text(old), Read::Text(new)) = (old, new) else {
            what.files.push(file(change, Vec::new()));
            continue;
        };
        let path = &change.path;
        // A build has said what its files come to; the sites of others count as they stand.
        let images = match covered.contains(path) {
            true => Vec::new(),
            false => sites(path, (&old, &new), &declared),
        };
        let has_images = !images.is_empty() || states_what_changed(&what.images, path, (&old, &new), &declared);
        what.images.extend(images);
        let is_both = change.old.is_some() && change.new.is_some();
        let values = match is_both {
            true => values(sides, path, (&old, &new), &declared),
            false => Vec::new(),
        };
        let is_told = values.len() <= MOST_SETTINGS && (has_images || !values.is_empty());
        match is_told && is_both {
            true => what.settings.extend(values),
            false => what.files.push(file(change, lines(&old, &new))),
        }
    }
    what.images.sort();
    what.images.dedup();
    what.settings.sort();
    what.files.sort();
    Ok(what)
}

/// A file as it can be compared.
enum Read {
    Text(String),
    /// A link, a submodule, or something too long or without lines.
    Other,
}

fn text(ground: &Ground, entry: &Option<Entry>) -> Result<Read, Error> {
    let Some(entry) = entry else {
        return Ok(Read::Text(String::new()));
    };
    if !entry.mode.is_file() {
        return Ok(Read::Other);
    }
    let bytes = ground.repository.blob(&entry.id)?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) if text.len() <= LONGEST && !text.contains('\0') => Read::Text(text),
        _ => Read::Other,
    })
}

fn file(change: &Changed, lines: Vec<(usize, usize)>) -> FileChange {
    FileChange {
        path: change.path.clone(),
        how: match (&change.old, &change.new) {
            (None, _) => FileHow::Added,
            (_, None) => FileHow::Deleted,
            (Some(_), Some(_)) => FileHow::Changed,
        },
        lines,
    }
}

/// The stretches of lines that are new or other.
fn lines(old: &str, new: &str) -> Vec<(usize, usize)> {
    let stretch = |it: diff::Stretch| match it.new {
        (start, 0) => (start - 1, start - 1),
        (start, count) => (start, start + count - 1),
    };
    let all = diff::stretches(old, new).into_iter().map(stretch);
    all.take(MOST_STRETCHES).collect()
}

/// The sites of a file.
fn read_sites(path: &str, text: &str, declared: &Declared) -> Vec<Site> {
    match yaml::parse(text.as_bytes().to_vec(), yaml::Limits::default()) {
        Ok(tree) => locate::sites(path, &tree, declared),
        Err(_) => Vec::new(),
    }
}

/// Whether the file itself states a version that is told of already.
fn states_what_changed(told: &[ImageChange], path: &str, (old, new): (&str, &str), declared: &Declared) -> bool {
    if told.is_empty() {
        return false;
    }
    let differing = sites(path, (old, new), declared);
    let is_told = |it: &ImageChange| told.iter().any(|known| (&known.from, &known.to) == (&it.from, &it.to));
    !differing.is_empty() && differing.iter().all(is_told)
}

/// Versions that the file states otherwise than before; sites of one image are paired in their order.
fn sites(path: &str, (old, new): (&str, &str), declared: &Declared) -> Vec<ImageChange> {
    let (old, mut new) = (read_sites(path, old, declared), read_sites(path, new, declared));
    let mut changes = Vec::new();
    let place = |site: &Site| {
        let object = site.slot.object.as_ref();
        let object = object.map(|it| format!("{}/{}", it.kind, it.name));
        let parts = [object, site.slot.container.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join("/")
    };
    let change = |of: &Site, from: Option<&Site>, to: Option<&Site>| ImageChange {
        image: of.image.as_str().to_owned(),
        slot: place(of),
        from: from.map(|it| it.version.to_string()),
        to: to.map(|it| it.version.to_string()),
        renamed_from: from
            .filter(|it| !it.image.same_as(&of.image))
            .map(|it| it.image.as_str().to_owned()),
    };
    let mut alone = Vec::new();
    for site in &old {
        match new
            .iter()
            .position(|it| it.image.same_as(&site.image) && it.slot == site.slot)
        {
            Some(at) => {
                let now = new.remove(at);
                if now.version != site.version {
                    changes.push(change(&now, Some(site), Some(&now)));
                }
            }
            None => alone.push(site),
        }
    }
    for site in alone {
        let is_there = |it: &Site| it.slot == site.slot;
        let at = new.iter().position(|it| it.image.same_as(&site.image));
        match at.or_else(|| new.iter().position(is_there)) {
            Some(at) => {
                let now = new.remove(at);
                if now.version != site.version || !now.image.same_as(&site.image) {
                    changes.push(change(&now, Some(site), Some(&now)));
                }
            }
            None => changes.push(change(site, Some(site), None)),
        }
    }
    changes.extend(new.iter().map(|site| change(site, None, Some(site))));
    changes
}

/// Values that differ; those of the same name in one file are paired in their order.
fn values(sides: &Sides<'_>, path: &str, (old, new): (&str, &str), declared: &Declared) -> Vec<SettingChange> {
    let is_secret = sides.old.is_secret(path) || sides.new.is_secret(path);
    let read = |text: &str| {
        let mut settings = settings::of_file(path, text.as_bytes(), declared);
        settings.iter_mut().for_each(|it| it.is_secret |= is_secret);
        settings
    };
    let (old, mut new) = (read(old), read(new));
    if old.len().max(new.len()) > MOST_VALUES {
        return Vec::new();
    }
    let change = |of: &Setting, from: Option<&Setting>, to: Option<&Setting>| SettingChange {
        selector: of.selector(),
        file: path.to_owned(),
        from: from.map(shown),
        to: to.map(shown),
    };
    let mut changes = Vec::new();
    for setting in &old {
        match new.iter().position(|it| it.raw == setting.raw) {
            Some(at) => {
                let now = new.remove(at);
                if now.value != setting.value {
                    changes.push(change(&now, Some(setting), Some(&now)));
                }
            }
            None => changes.push(change(setting, Some(setting), None)),
        }
    }
    changes.extend(new.iter().map(|setting| change(setting, None, Some(setting))));
    changes
}

/// A value as a report may show it: lines of files that are no YAML may be secrets of a generator.
fn shown(setting: &Setting) -> String {
    match setting.form {
        Form::Line { .. } => HIDDEN.to_owned(),
        _ => setting.shown(),
    }
}

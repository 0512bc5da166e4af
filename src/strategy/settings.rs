//! Declared settings: what a promotion carries besides versions.
//!
//! Source: PROMOTION.md, sections 2 and 6; `promote.settings` and `--also-settings`.

use std::collections::BTreeMap;

use super::hop::Hop;
use super::versions::look::Look;
use crate::change::set::{FileChange, SettingChange};
use crate::config::environments::Environment;
use crate::error::{Error, Hint, Kind};
use crate::manifest::locate::Declared;
use crate::manifest::settings::{Change, Owner, Selector, Setting, Settings, apply, fits, no_place};
use crate::snapshot::{Snapshot, Walk};

/// The selectors of a promotion.
pub(crate) struct Selectors {
    all: Vec<Selector>,
    /// How many of them the configuration has; the others were typed.
    configured: usize,
}

impl Selectors {
    /// # Errors
    /// [`Kind::Config`] or [`Kind::Usage`] for one that cannot be understood.
    pub(crate) fn of(hop: &Hop<'_>) -> Result<Selectors, Error> {
        let configured = &hop.loaded.config.promote.settings;
        let mut all = Vec::new();
        for text in configured {
            let selector = Selector::parse(text).map_err(|error| Error {
                kind: Kind::Config,
                ..error
            })?;
            all.push(selector);
        }
        for text in &hop.ask.also_settings {
            all.push(Selector::parse(text)?);
        }
        Ok(Selectors {
            all,
            configured: configured.len(),
        })
    }

    pub(crate) fn select(&self, setting: &Setting) -> bool {
        self.all.iter().any(|it| it.selects(setting))
    }

    /// Tells whether a file is carried whole.
    pub(crate) fn select_file(&self, file: &str, environment: &Environment) -> bool {
        self.all.iter().any(|it| match it {
            Selector::File(pattern) => pattern_fits(pattern, file, environment),
            Selector::Values { .. } => false,
        })
    }
}

/// Gives TO the declared settings that FROM has; `files` are the edits so far, of the tree that `onto` is.
///
/// # Errors
/// [`Kind::NotFound`] for a selector that was typed and selects nothing; [`Kind::Refused`] `no-place`, `postcondition`, or
/// what the editor will not do.
pub(crate) fn carry(
    hop: &Hop<'_>,
    (look, declared): (&Look<'_>, &Declared),
    (onto, files): (&Snapshot, &mut Vec<FileChange>),
) -> Result<Vec<SettingChange>, Error> {
    let selectors = Selectors::of(hop)?;
    if selectors.all.is_empty() {
        return Ok(Vec::new());
    }
    let from = Owner {
        scene: &look.from_scene,
        environment: look.from.environment,
        declared,
    };
    let from_settings = Settings::of(hop.from.snapshot, &from)?;
    let mut carrier = Carrier {
        onto,
        bytes: BTreeMap::new(),
        told: Vec::new(),
    };
    let edited = files
        .iter()
        .filter_map(|file| Some((file.path().to_owned(), file.after()?.to_vec())));
    carrier.bytes.extend(edited);
    let mut used = vec![false; selectors.all.len()];
    for side in &look.to {
        let to = Owner {
            scene: &look.to_scene,
            environment: side.environment,
            declared,
        };
        let to_settings = Settings::of(onto, &to)?;
        for setting in from_settings.effective().chain(to_settings.effective()) {
            for (at, selector) in selectors.all.iter().enumerate() {
                used[at] |= selector.selects(setting);
            }
        }
        for setting in from_settings.effective().filter(|it| selectors.select(it)) {
            carrier.give(&to, &to_settings, setting)?;
        }
        for setting in to_settings.effective().filter(|it| selectors.select(it)) {
            if from_settings.same_as(setting).is_none() {
                carrier.take(&to, setting)?;
            }
        }
        for (at, selector) in selectors.all.iter().enumerate() {
            if let Selector::File(pattern) = selector {
                used[at] |= carrier.copy(hop, (&from, &to), pattern)?;
            }
        }
    }
    if let Some(at) = (selectors.configured..used.len()).find(|at| !used[*at]) {
        let typed = &hop.ask.also_settings[at - selectors.configured];
        let message = format!("`{typed}` selects nothing in `{}`", look.from.environment.name);
        return Err(
            Error::new(Kind::NotFound, "setting-not-found", message).hint(Hint::Run(format!(
                "rakops diff {} {}",
                look.from.environment.name,
                hop.to.names().join(",")
            ))),
        );
    }
    carrier.finish(files)
}

/// What TO's files become.
struct Carrier<'c> {
    onto: &'c Snapshot,
    /// Files that change, as they will be.
    bytes: BTreeMap<String, Vec<u8>>,
    told: Vec<SettingChange>,
}

impl Carrier<'_> {
    fn read(&self, file: &str) -> Result<Vec<u8>, Error> {
        match self.bytes.get(file) {
            Some(bytes) => Ok(bytes.clone()),
            None => self.onto.read(file),
        }
    }

    /// Sets or adds one setting in TO.
    fn give(&mut self, to: &Owner<'_>, settings: &Settings, from: &Setting) -> Result<(), Error> {
        let present = settings.same_as(from);
        if present.is_some_and(|it| it.value == from.value) {
            return Ok(());
        }
        let (candidates, is_there) = match present {
            Some(there) => (vec![there.file.clone()], true),
            None => (places(to, settings, from), false),
        };
        let change = match is_there {
            true => Change::Set(from),
            false => Change::Add(from),
        };
        for file in candidates {
            let bytes = self.read(&file)?;
            if let Some(after) = to.frame(&file, &mut |frame| apply(frame, &bytes, change))? {
                let is_given = to
                    .read(&file, &after)
                    .iter()
                    .any(|it| (it.raw == from.raw || it.key == from.key) && it.value == from.value);
                if !is_given {
                    let message = format!("`{}` would not be what it is to be", from.selector());
                    return Err(Error::new(Kind::Refused, "postcondition", message));
                }
                self.tell(&file, (present, from), Some(from.shown()));
                self.bytes.insert(file, after);
                return Ok(());
            }
        }
        Err(no_place(from, &to.environment.name))
    }

    /// Takes a setting away that FROM does not have.
    fn take(&mut self, to: &Owner<'_>, setting: &Setting) -> Result<(), Error> {
        let bytes = self.read(&setting.file)?;
        let change = Change::Remove(setting);
        if let Some(after) = to.frame(&setting.file, &mut |frame| apply(frame, &bytes, change))? {
            self.tell(&setting.file, (Some(setting), setting), None);
            self.bytes.insert(setting.file.clone(), after);
        }
        Ok(())
    }

    fn tell(&mut self, file: &str, (present, named): (Option<&Setting>, &Setting), value: Option<String>) {
        self.told.push(SettingChange {
            file: file.to_owned(),
            line: present.map_or(0, |it| it.line),
            column: present.map_or(0, |it| it.column),
            path: named.selector(),
            from: present.map(Setting::shown),
            to: value,
        });
    }

    /// Copies the files of a pattern whole. Returns whether there are any.
    fn copy(&mut self, hop: &Hop<'_>, (from, to): (&Owner<'_>, &Owner<'_>), pattern: &str) -> Result<bool, Error> {
        let walk = Walk {
            below: &[],
            wanted: &|path| pattern_fits(pattern, path, from.environment),
            on_read: &|| {},
        };
        let found = hop.from.snapshot.list(&walk);
        for file in &found {
            let target = renamed(pattern, file, (from.environment, to.environment));
            let after = hop.from.snapshot.read(file)?;
            let before = match self.onto.has_file(&target) {
                true => Some(self.onto.read(&target)?),
                false => None,
            };
            if before.as_ref() == Some(&after) {
                continue;
            }
            self.told.push(SettingChange {
                file: target.clone(),
                line: 0,
                column: 0,
                path: pattern.to_owned(),
                from: before.map(|_| "another content".to_owned()),
                to: Some(format!("as {file}")),
            });
            self.bytes.insert(target, after);
        }
        Ok(!found.is_empty())
    }

    fn finish(self, files: &mut Vec<FileChange>) -> Result<Vec<SettingChange>, Error> {
        for (path, after) in self.bytes {
            let known = files.iter().position(|it| it.path() == path);
            if known.is_some_and(|at| files[at].after() == Some(&*after)) {
                continue;
            }
            if let Some(at) = known {
                files.remove(at);
            }
            let change = match self.onto.has_file(&path) {
                true => FileChange::Replace {
                    before: self.onto.read(&path)?,
                    path,
                    after,
                },
                false => FileChange::Create {
                    text: String::from_utf8(after).map_err(|_| {
                        Error::new(
                            Kind::Refused,
                            "not-text",
                            format!("`{path}` is no text, and does not exist yet"),
                        )
                    })?,
                    path,
                },
            };
            files.push(change);
        }
        files.sort_by(|a, b| a.path().cmp(b.path()));
        Ok(self.told)
    }
}

/// Files of TO in which a setting may be added: the one of the same name first.
fn places(to: &Owner<'_>, settings: &Settings, from: &Setting) -> Vec<String> {
    let own_app = |file: &&String| to.scene.inside(to.environment, file).0 == from.key.app;
    let mut files: Vec<String> = settings.files.iter().filter(own_app).cloned().collect();
    let name = |file: &str| file.rsplit('/').next().map(|it| to.scene.naming.blank(it));
    files.sort_by_key(|file| name(file) != name(&from.file));
    files
}

/// Tells whether a path is one of a pattern's, with this environment for `{env}`.
fn pattern_fits(pattern: &str, path: &str, environment: &Environment) -> bool {
    let pattern = pattern.replace("{env}", &environment.name);
    let (wanted, parts): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    wanted.len() == parts.len() && wanted.iter().zip(&parts).all(|(wanted, part)| fits(wanted, part))
}

/// The same file of another environment.
fn renamed(pattern: &str, path: &str, (from, to): (&Environment, &Environment)) -> String {
    let parts = pattern.split('/').zip(path.split('/'));
    let renamed = parts.map(|(wanted, part)| match wanted.contains("{env}") {
        true => part.replacen(&from.name, &to.name, 1),
        false => part.to_owned(),
    });
    renamed.collect::<Vec<_>>().join("/")
}

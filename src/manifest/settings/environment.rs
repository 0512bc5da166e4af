//! All settings of one environment in one tree.

use std::collections::HashMap;

use super::read::{Frame, read};
use super::{Key, Setting};
use crate::config::environments::Environment;
use crate::error::Error;
use crate::manifest::kustomization::is_kustomization;
use crate::manifest::locate::Declared;
use crate::manifest::slot::Scene;
use crate::snapshot::{Snapshot, Walk};

/// Whose settings are meant, and how its files are looked at.
#[derive(Clone, Copy)]
pub(crate) struct Owner<'o> {
    pub(crate) scene: &'o Scene<'o>,
    pub(crate) environment: &'o Environment,
    pub(crate) declared: &'o Declared,
}

impl Owner<'_> {
    /// The settings of one of its files with this content.
    pub(crate) fn read(&self, file: &str, bytes: &[u8]) -> Vec<Setting> {
        let mut settings = self.frame(file, &mut |frame| read(frame, bytes));
        if self.scene.survey.graph.is_secret(file) {
            settings.iter_mut().for_each(|it| it.is_secret = true);
        }
        settings
    }

    /// Looks at one of its files.
    pub(crate) fn frame<T>(&self, file: &str, look: &mut dyn FnMut(&Frame<'_>) -> T) -> T {
        let (app, name) = self.scene.inside(self.environment, file);
        look(&Frame {
            file,
            app: &app,
            name: &name,
            blank: &|text| self.scene.naming.blank(text),
            declared: self.declared,
        })
    }

    /// Tells whether the file is the environment's own.
    pub(crate) fn owns(&self, file: &str) -> bool {
        self.scene.reach.is_own(&self.environment.name, file)
    }
}

/// The settings of an environment's own files.
pub(crate) struct Settings {
    /// In the order of files and lines.
    pub(crate) list: Vec<Setting>,
    /// Files that were read, sorted.
    pub(crate) files: Vec<String>,
    by_raw: HashMap<Key, usize>,
    by_key: HashMap<Key, usize>,
}

impl Settings {
    /// Reads an environment's own files, from several threads.
    ///
    /// # Errors
    /// `Kind::Files` if something cannot be read.
    pub(crate) fn of(snapshot: &Snapshot, owner: &Owner<'_>) -> Result<Settings, Error> {
        let may_hold = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let endings = [".yaml", ".yml", ".json", ".env", ".properties"];
            is_kustomization(path) || name == "env" || endings.iter().any(|it| name.ends_with(it))
        };
        let walk = Walk {
            below: &[],
            wanted: &|path| may_hold(path) && owner.owns(path),
            on_read: &|| {},
        };
        let walked = snapshot.walk(&walk, &|path, bytes| Some(owner.read(path, bytes)));
        if let Some((_, error)) = walked.unreadable.into_iter().next() {
            return Err(error);
        }
        let mut files = Vec::new();
        let mut list = Vec::new();
        for (file, mut settings) in walked.found {
            files.push(file);
            list.append(&mut settings);
        }
        Ok(Settings {
            // Of two that are called the same, what is read last is laid over the other.
            by_raw: list.iter().enumerate().map(|(at, it)| (it.raw.clone(), at)).collect(),
            by_key: list.iter().enumerate().map(|(at, it)| (it.key.clone(), at)).collect(),
            list,
            files,
        })
    }

    /// The setting that is called the same as one of another environment.
    pub(crate) fn same_as(&self, other: &Setting) -> Option<&Setting> {
        let at = self.by_raw.get(&other.raw).or_else(|| self.by_key.get(&other.key))?;
        self.list.get(*at)
    }

    /// The list without those that another of the same name is laid over.
    pub(crate) fn effective(&self) -> impl Iterator<Item = &Setting> {
        self.list
            .iter()
            .enumerate()
            .filter(|(at, it)| self.by_raw.get(&it.raw) == Some(at))
            .map(|(_, it)| it)
    }
}

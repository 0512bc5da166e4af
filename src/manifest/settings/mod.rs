//! Settings by meaning: what an environment's own files say besides versions, and what each value is called.
//!
//! `ConfigMap/app data.DB_POOL` is one setting, be it in a manifest, in a patch or in a generator.
//! Start reading in `read.rs`.

mod change;
mod environment;
mod read;
mod secret;
mod selector;

#[cfg(test)]
mod tests;

pub(crate) use change::{Change, apply, no_place, with_line};
pub(crate) use environment::{Owner, Settings};
pub(crate) use selector::{Selector, fits};

use crate::manifest::locate::Declared;

use crate::yaml::{NodeId, Path};

/// What a setting is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// The app of the environment; see [`crate::manifest::slot::SlotName`].
    pub(crate) app: String,
    /// `ConfigMap/app`, or the file inside the environment.
    pub(crate) what: String,
    /// Path of the value: `data.DB_POOL`.
    pub(crate) path: String,
}

/// One value of an environment that is no version.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// Path of the file, relative to the root.
    pub(crate) file: String,
    /// The same in every environment: names of environments are taken out.
    pub(crate) key: Key,
    /// With the names of environments left in.
    pub(crate) raw: Key,
    /// The value, decoded.
    pub(crate) value: String,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    pub(crate) is_secret: bool,
    pub(crate) form: Form,
}

impl Setting {
    /// What selects it: `ConfigMap/app data.DB_POOL`.
    pub(crate) fn selector(&self) -> String {
        match &self.form {
            // An item is called by what it says.
            Form::Item { list, .. } if self.is_secret => format!("{} {list}[(hidden)]", self.raw.what),
            _ => format!("{} {}", self.raw.what, self.raw.path),
        }
    }

    /// The value as it may be shown.
    pub(crate) fn shown(&self) -> String {
        match self.is_secret {
            true => "(hidden)".to_owned(),
            false => self.value.clone(),
        }
    }
}

/// The settings of one file for itself, in file order: names of environments and apps are left as they stand.
pub(crate) fn of_file(file: &str, bytes: &[u8], declared: &Declared) -> Vec<Setting> {
    let frame = read::Frame {
        file,
        app: "",
        name: file,
        blank: &str::to_owned,
        declared,
    };
    read::read(&frame, bytes)
}

/// How a setting is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A scalar of a document.
    Value {
        /// Number of the document, from 1.
        document: u32,
        path: Path,
        written: Written,
    },
    /// `KEY=VALUE` among the literals of a generator.
    Literal {
        /// The generator's list: `configMapGenerator`.
        list: String,
        /// The generator's name.
        name: String,
        /// What stands before the equals sign.
        key: String,
        node: NodeId,
    },
    /// An item of a list of texts.
    Item {
        document: u32,
        /// Path of the list.
        list: Path,
        node: NodeId,
    },
    /// A scalar of an inline patch.
    Inline {
        block: NodeId,
        node: NodeId,
        written: Written,
    },
    /// A line `KEY=VALUE` of a file that is not YAML.
    Line { key: String },
}

/// Which type a value is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// A string, quoted or not.
    Text,
    /// A number, a boolean or nothing, without quotes.
    Bare,
}

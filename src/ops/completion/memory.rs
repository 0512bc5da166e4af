//! What files held when they were last read for a TAB, in the user's cache: one file for each directory that is a root.
//!
//! **Invariant:** a file that is not as it was is read again, because the key of what it held is a digest of its bytes.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::kept::Kept;
use crate::manifest::scan::names::{Known, Named, Names};
use crate::text::digest;

/// The form of what is kept. Another version of rakops may find other names in the same bytes.
pub(super) const FORM: &str = concat!("names 1 ", env!("CARGO_PKG_VERSION"));
/// How many roots are remembered.
const MOST: usize = 100;

/// The memory of one root.
pub(super) struct Memory {
    kept: Kept,
    name: String,
}

/// What a file held, as it is kept: the names of its images, and whether its directory can be built.
#[derive(Deserialize, Serialize)]
struct Note<'a>(&'a str, bool);

impl Memory {
    /// Without a word of what is remembered: that is read when it is asked for.
    pub(super) fn new(directory: &Path, root: &Path) -> Memory {
        Memory {
            kept: Kept::new(directory, MOST),
            name: digest::key(&[FORM.as_bytes(), root.as_os_str().as_encoded_bytes()]),
        }
    }

    /// What is remembered; nothing if it is not understood.
    pub(super) fn recall(&self) -> Known {
        let bytes = self.kept.find(&self.name).unwrap_or_default();
        let notes: BTreeMap<&str, Note<'_>> = serde_json::from_slice(&bytes).unwrap_or_default();
        let of = |Note(images, is_built): Note<'_>| Names {
            images: images.into(),
            is_built,
        };
        notes
            .into_iter()
            .map(|(key, note)| (key.to_owned(), of(note)))
            .collect()
    }

    /// Remembers what was read instead of what is `known`, unless that is the same.
    pub(super) fn remember(&self, known: &Known, read: &[Named]) {
        let notes: BTreeMap<&str, Note<'_>> = read
            .iter()
            .map(|it| (it.key.as_str(), Note(&it.names.images, it.names.is_built)))
            .collect();
        let is_known = notes.len() == known.len() && notes.keys().all(|key| known.contains_key(*key));
        if !is_known && let Ok(bytes) = serde_json::to_vec(&notes) {
            self.kept.keep(&self.name, &bytes);
        }
    }
}

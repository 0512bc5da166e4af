//! What was found between two commits before: it stays right as long as what it depends on is the same.

use std::cell::OnceCell;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::git::names::Oid;
use crate::kept::Kept;
use crate::strategy::Strategy;
use crate::strategy::hop::Hop;
use crate::strategy::omission::{Certainty, Omission, Why};
use crate::text::digest::sha256;

/// The form of what is kept, and of what it was worked out by.
const FORM: &str = concat!("drift 1 ", env!("CARGO_PKG_VERSION"));
/// How many answers are kept, each of two commits.
const MOST: usize = 500;

/// Answers of earlier runs.
pub(super) struct Before {
    kept: Option<Kept>,
    /// What the repository says of itself, which is the same for all hops.
    circumstances: OnceCell<Option<String>>,
}

/// An omission as it is kept.
#[derive(Deserialize, Serialize)]
struct Note {
    id: String,
    title: String,
    author: String,
    at: i64,
    commit: String,
    files: Vec<String>,
    is_likely: bool,
    why: String,
}

impl Before {
    /// Without a directory nothing is kept.
    pub(super) fn new(directory: Option<&Path>) -> Before {
        Before {
            kept: directory.map(|directory| Kept::new(directory, MOST)),
            circumstances: OnceCell::new(),
        }
    }

    /// The omissions of a hop: as they were found before, or now.
    ///
    /// # Errors
    /// As [`Strategy::omissions`].
    pub(super) fn omissions(&self, strategy: &dyn Strategy, hop: &Hop<'_>) -> Result<Vec<Omission>, Error> {
        let named = |kept| Some((kept, self.name_of(strategy, hop)?));
        let Some((kept, name)) = self.kept.as_ref().and_then(named) else {
            return strategy.omissions(hop);
        };
        let known = kept.find(&name).and_then(|bytes| read(&bytes));
        if let Some(known) = known {
            return Ok(known);
        }
        let found = strategy.omissions(hop)?;
        let notes: Vec<Note> = found.iter().map(Note::of).collect();
        if let Ok(bytes) = serde_json::to_vec(&notes) {
            kept.keep(&name, &bytes);
        }
        Ok(found)
    }

    /// A digest of all that the answer depends on: both commits say what is in them; the rest is the configuration, how git compares, and
    /// this program. None where that is not all.
    fn name_of(&self, strategy: &dyn Strategy, hop: &Hop<'_>) -> Option<String> {
        // What a forge has told may be told otherwise the next time.
        if !hop.told.is_empty() {
            return None;
        }
        let circumstances = self.circumstances.get_or_init(|| hop.repository.circumstances(hop.git));
        let circumstances = circumstances.as_ref()?;
        let commits = (hop.from.commit, hop.to.commit, hop.tips);
        let sides = (&hop.from.environments, &hop.to.environments);
        let settings = (strategy.name(), hop.environments, &hop.loaded.config, hop.own);
        let facts = format!("{FORM}\n{circumstances}\n{commits:?}\n{sides:?}\n{settings:?}");
        Some(sha256(facts.as_bytes()))
    }
}

fn read(bytes: &[u8]) -> Option<Vec<Omission>> {
    let notes: Vec<Note> = serde_json::from_slice(bytes).ok()?;
    notes.into_iter().map(Note::omission).collect()
}

impl Note {
    fn of(omission: &Omission) -> Note {
        Note {
            id: omission.id.clone(),
            title: omission.title.clone(),
            author: omission.author.clone(),
            at: omission.at,
            commit: omission.commit.as_str().to_owned(),
            files: omission.files.clone(),
            is_likely: omission.certainty == Certainty::Likely,
            why: omission.why.as_str().to_owned(),
        }
    }

    fn omission(self) -> Option<Omission> {
        Some(Omission {
            commit: Oid::parse(&self.commit)?,
            certainty: match self.is_likely {
                true => Certainty::Likely,
                false => Certainty::Sure,
            },
            why: Why::named(&self.why)?,
            id: self.id,
            title: self.title,
            author: self.author,
            at: self.at,
            files: self.files,
        })
    }
}

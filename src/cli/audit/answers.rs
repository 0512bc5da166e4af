//! The forge's answers as they came, each with its hash, so that a report can be checked again.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use crate::change::apply;
use crate::error::Error;
use crate::forge::Kept;
use crate::text::digest::sha256;

/// The list of files with their hashes, as `sha256sum` reads it.
const SUMS: &str = "SHA256SUMS";
/// What was asked for each answer.
const INDEX: &str = "answers.jsonl";

/// One answer, and what it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) verb: String,
    pub(super) address: String,
    pub(super) status: u16,
    /// Of the answer's bytes, in hexadecimal digits.
    pub(super) sha256: String,
    sent: Option<String>,
}

/// Keeps answers in the order in which they came.
#[derive(Default)]
pub(super) struct Keeper {
    kept: Mutex<Vec<(Answer, Vec<u8>)>>,
}

impl Keeper {
    pub(super) fn keep(&self, kept: &Kept<'_>) {
        let answer = Answer {
            verb: kept.verb.to_owned(),
            address: kept.address.to_owned(),
            status: kept.status,
            sha256: sha256(kept.answer),
            sent: kept.sent.map(str::to_owned),
        };
        let mut list = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        list.push((answer, kept.answer.to_vec()));
    }

    /// Writes every answer into a file of its own, named after its hash, with the list of what was asked.
    ///
    /// # Errors
    /// [`crate::error::Kind::Files`] if one cannot be written.
    pub(super) fn write(&self, directory: &Path) -> Result<Vec<Answer>, Error> {
        apply::make_directory(directory)?;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut index, mut sums) = (String::new(), String::new());
        let mut answers = Vec::new();
        for (answer, bytes) in kept.iter() {
            let file = format!("{}.json", answer.sha256);
            apply::keep(&directory.join(&file), bytes)?;
            let line = json!({
                "verb": answer.verb, "address": answer.address, "sent": answer.sent, "status": answer.status,
                "file": file, "sha256": answer.sha256,
            });
            // writing to a string cannot fail, here and below
            let _ = writeln!(index, "{line}");
            let sum = format!("{}  {file}\n", answer.sha256);
            if !sums.contains(&sum) {
                sums.push_str(&sum);
            }
            answers.push(answer.clone());
        }
        let _ = writeln!(sums, "{}  {INDEX}", sha256(index.as_bytes()));
        apply::keep(&directory.join(INDEX), index)?;
        apply::keep(&directory.join(SUMS), sums)?;
        Ok(answers)
    }
}

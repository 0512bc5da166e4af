//! A change set as a unified diff.

use super::set::{ChangeSet, FileChange};
use crate::text::diff;

/// Lines of context around a change, as git shows them.
const CONTEXT: usize = 3;

/// Returns what would change, in git's form; `git apply` takes it.
pub(crate) fn unified(change_set: &ChangeSet) -> String {
    let mut text = String::new();
    for file in &change_set.files {
        match file {
            FileChange::Edit { path, before, after } => {
                text.push_str(&diff::unified((path, path), before.source(), after.splices(), CONTEXT));
            }
            FileChange::Create { path, text: made } => {
                text.push_str(&diff::unified(
                    ("/dev/null", path),
                    "",
                    &[(0..0, made.clone())],
                    CONTEXT,
                ));
            }
            FileChange::Delete { path, before } => match std::str::from_utf8(before) {
                Ok(old) => {
                    let whole = [(0..old.len(), String::new())];
                    text.push_str(&diff::unified((path, "/dev/null"), old, &whole, CONTEXT));
                }
                Err(_) => text.push_str(&format!("Binary files a/{path} and /dev/null differ\n")),
            },
            FileChange::Replace { path, before, after } => {
                match (std::str::from_utf8(before), std::str::from_utf8(after)) {
                    (Ok(old), Ok(new)) => {
                        let whole = [(0..old.len(), new.to_owned())];
                        text.push_str(&diff::unified((path, path), old, &whole, CONTEXT));
                    }
                    _ => text.push_str(&format!("Binary files a/{path} and b/{path} differ\n")),
                }
            }
        }
    }
    text
}

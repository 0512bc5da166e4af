//! `-o json`: one document on stdout.

use serde_json::Value;

use crate::change::set::SettingChange;
use crate::error::Error;
use crate::ui::Ui;

/// The name of the form of all documents; within it fields are only added.
pub(crate) const SCHEMA: &str = "rakops/v1";

/// Prints one document, indented.
///
/// # Errors
/// As [`Ui::data`].
pub(crate) fn json(ui: &Ui, document: &Value) -> Result<(), Error> {
    ui.data(format!("{document:#}\n"))
}

/// A value that changes, in one line: `spec.replicas: 2 -> 5`.
pub(crate) fn line(changed: &SettingChange) -> String {
    let one_line = |text: &Option<String>, absent: &str| match text {
        Some(text) if text.contains('\n') => "(several lines)".to_owned(),
        Some(text) => text.clone(),
        None => absent.to_owned(),
    };
    format!(
        "{}: {} -> {}",
        changed.path,
        one_line(&changed.from, "(not set)"),
        one_line(&changed.to, "(gone)")
    )
}

//! `-o json`: one document on stdout.

use serde_json::Value;

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

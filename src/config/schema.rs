//! The JSON Schema of `rakops.yaml`, made from its types.

use super::model::Config;

/// Returns the schema (draft 2020-12), indented, with a final newline.
pub(crate) fn json() -> String {
    let schema = schemars::schema_for!(Config);
    // A schema is plain data with text keys: there is nothing in it that cannot be printed.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

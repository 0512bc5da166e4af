//! Values of objects as JSON, and JSON as values.

use crate::manifest::overlay::Leaf;
use crate::manifest::rendered::{Data, Typed, Value};

/// A value that was typed as JSON.
pub(crate) fn read(json: &serde_json::Value) -> Leaf {
    match json {
        serde_json::Value::Null => Leaf::Bare("null".to_owned()),
        serde_json::Value::Bool(value) => Leaf::Bare(value.to_string()),
        serde_json::Value::Number(number) => Leaf::Bare(number.to_string()),
        serde_json::Value::String(text) => Leaf::Text(text.clone()),
        serde_json::Value::Array(items) => Leaf::Seq(items.iter().map(read).collect()),
        serde_json::Value::Object(entries) => {
            Leaf::Map(entries.iter().map(|(key, value)| (key.clone(), read(value))).collect())
        }
    }
}

/// A value as JSON.
pub(crate) fn write(value: &Value) -> serde_json::Value {
    match &value.data {
        Data::Scalar { text, typed } => match typed {
            Typed::Text => serde_json::Value::from(text.as_str()),
            Typed::Null => serde_json::Value::Null,
            Typed::Number | Typed::Boolean => {
                serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::from(text.as_str()))
            }
        },
        Data::Map(entries) => entries.iter().map(|(key, value)| (key.clone(), write(value))).collect(),
        Data::Seq(items) => items.iter().map(write).collect(),
    }
}

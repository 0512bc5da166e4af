//! The published schemas of documents: one a command, whole, and with a word for every field that needs one.
//!
//! That the program prints what they describe is checked at every run of every test: `harness/schema.rs`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::advice;
use crate::harness::schema::published;

/// Commands that print something of their own, or nothing.
const NONE: [&str; 4] = ["completions", "config-schema", "demo", "help"];

#[test]
fn every_command_has_a_schema_and_every_schema_a_command() {
    let names = published();
    let published: BTreeSet<&str> = names.keys().map(|name| name.trim_end_matches(".schema.json")).collect();
    let commands = advice::commands();
    let mut wanted: BTreeSet<String> = commands.iter().map(|command| command.replace(' ', "-")).collect();
    wanted.retain(|name| !NONE.contains(&name.as_str()));
    wanted.insert("common".to_owned());
    assert_eq!(published, wanted.iter().map(String::as_str).collect());
}

#[test]
fn schemas_are_schemas() {
    for (name, schema) in published() {
        assert_eq!(
            schema["$schema"], "https://json-schema.org/draft/2020-12/schema",
            "{name}"
        );
        assert_eq!(schema["$id"], name.as_str());
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        if name != "common.schema.json" {
            let command = &schema["oneOf"][0]["properties"]["command"]["const"];
            assert_eq!(command.as_str().unwrap().replace(' ', "-") + ".schema.json", name);
        }
    }
}

#[test]
fn what_is_published_takes_fields_that_are_added_later() {
    fn is_open(schema: &Value) -> bool {
        match schema {
            Value::Object(fields) => !fields.contains_key("additionalProperties") && fields.values().all(is_open),
            Value::Array(items) => items.iter().all(is_open),
            _ => true,
        }
    }
    assert!(published().values().all(is_open));
}

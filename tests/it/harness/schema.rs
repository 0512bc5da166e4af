//! Every document that the program prints in any test is held against its published schema, and may hold nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use jsonschema::{Registry, Resource, Validator};
use serde_json::{Value, json};

use super::golden::project;

/// Where the schemas are, from the project.
pub(crate) const PUBLISHED: &str = "docs/reference/schemas";

/// Fails the test if stdout is a document of ours that its schema does not describe.
pub(super) fn assert_described(shown: &str, stdout: &[u8]) {
    if !stdout.starts_with(b"{") {
        return;
    }
    let Ok(document) = serde_json::from_slice::<Value>(stdout) else {
        return;
    };
    if document["schema"] != "rakops/v1" {
        return;
    }
    let name = match document.get("error") {
        Some(_) => "failure".to_owned(),
        None => document["command"].as_str().unwrap_or_default().replace(' ', "-"),
    };
    let validator = validators().get(&name);
    let validator = validator.unwrap_or_else(|| panic!("`{shown}`: {PUBLISHED} has no schema of `{name}`"));
    let wrong: Vec<String> = validator
        .iter_errors(&document)
        .map(|it| format!("  {}: {}", it.instance_path(), it))
        .collect();
    assert!(
        wrong.is_empty(),
        "`{shown}` printed what {PUBLISHED}/{name}.schema.json does not describe:\n{}",
        wrong.join("\n")
    );
}

/// By the name of the command, with dashes; `failure` for a command that failed.
fn validators() -> &'static BTreeMap<String, Validator> {
    static ALL: OnceLock<BTreeMap<String, Validator>> = OnceLock::new();
    ALL.get_or_init(|| {
        let files: BTreeMap<String, Value> = published().into_iter().map(|(name, it)| (name, closed(it))).collect();
        let registry = files.iter().fold(Registry::new(), |registry, (name, file)| {
            let resource = Resource::from_contents(file.clone());
            registry.add(format!("{BASE}{name}"), resource).unwrap()
        });
        let registry = registry.prepare().unwrap();
        let of = |schema: &Value| {
            jsonschema::options()
                .with_registry(&registry)
                .with_base_uri(BASE)
                .build(schema)
                .unwrap()
        };
        let failure = json!({ "$ref": format!("{BASE}common.schema.json#/$defs/failure") });
        let commands = files.iter().filter(|(name, _)| *name != "common.schema.json");
        let mut all: BTreeMap<String, Validator> = commands
            .map(|(name, file)| {
                // Not both at once, or a complaint would say no more than that none fits.
                (name.trim_end_matches(".schema.json").to_owned(), of(&file["oneOf"][0]))
            })
            .collect();
        all.insert("failure".to_owned(), of(&failure));
        all
    })
}

/// Names are looked up below this address, and nothing is fetched.
const BASE: &str = "schema:///";

/// Every published file by its name.
pub(crate) fn published() -> BTreeMap<String, Value> {
    let directory = project().join(PUBLISHED);
    let files = fs::read_dir(directory).unwrap().flatten();
    files
        .map(|file| {
            let text = fs::read_to_string(file.path()).unwrap();
            (
                file.file_name().into_string().unwrap(),
                serde_json::from_str(&text).unwrap(),
            )
        })
        .collect()
}

/// The same schema that takes no property it does not describe: what is published is open, since fields may be added.
fn closed(schema: Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut fields: serde_json::Map<String, Value> =
                fields.into_iter().map(|(key, value)| (key, closed(value))).collect();
            if fields.contains_key("properties") && !fields["properties"]["properties"].is_object() {
                fields.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            Value::Object(fields)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(closed).collect()),
        other => other,
    }
}

//! Whether two plans do the same, value by value, and where they do not; values themselves are let go of at once.
//!
//! Terraform and OpenTofu write the same plan of the same configuration and state in the same words, so that what differs here was
//! not what people have seen: the state has moved on, the configuration is another one, or the file was made by somebody else.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::read;
use crate::error::Error;
use crate::text::digest;

/// A plan as digests of all that it does, by address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deeds(BTreeMap<String, Vec<String>>);

impl Deeds {
    /// Reads the JSON form of a plan, called `name` in complaints.
    ///
    /// # Errors
    /// As [`read::read`].
    pub(crate) fn read(name: &str, source: impl Read) -> Result<Deeds, Error> {
        let document: Document = read::document(name, source, &|_| Ok(()))?;
        let mut deeds: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut add = |name: String, digest: String| deeds.entry(name).or_default().push(digest);
        for it in document.resource_changes.unwrap_or_default() {
            add(it.address, it.digest);
        }
        for (name, it) in document.output_changes.unwrap_or_default() {
            add(format!("output.{name}"), it.digest);
        }
        for (what, value) in [
            ("deferred changes", document.deferred_changes),
            ("actions", document.action_invocations),
        ] {
            if let Some(value) = value {
                add(what.to_owned(), value.digest);
            }
        }
        deeds.values_mut().for_each(|digests| digests.sort_unstable());
        Ok(Deeds(deeds))
    }

    /// The addresses where the two do not do the same.
    pub(crate) fn differences(&self, other: &Deeds) -> Vec<String> {
        let addresses: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let differs = |address: &&String| self.0.get(*address) != other.0.get(*address);
        addresses.into_iter().filter(differs).cloned().collect()
    }
}

#[derive(Deserialize)]
struct Document {
    resource_changes: Option<Vec<Deed>>,
    output_changes: Option<BTreeMap<String, Deed>>,
    deferred_changes: Option<Deed>,
    action_invocations: Option<Deed>,
}

/// One thing that is done. What is done to nothing has an address, too: a plan that leaves something out is another plan.
struct Deed {
    /// On one line; empty where it has none.
    address: String,
    digest: String,
}

impl<'de> Deserialize<'de> for Deed {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Deed, D::Error> {
        let value = Value::deserialize(source)?;
        Ok(Deed {
            address: read::one_line(value["address"].as_str().unwrap_or_default()),
            digest: digest::sha256(canonical(&value).as_bytes()),
        })
    }
}

/// The value as text, with keys in order.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            let fields = sorted
                .into_iter()
                .map(|(key, value)| format!("{key:?}:{}", canonical(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::Deeds;

    fn deeds(resources: &str) -> Deeds {
        let text = format!(
            r#"{{"format_version": "1.2", "planned_values": {{}}, "configuration": {{}}, "resource_changes": [{resources}]}}"#
        );
        Deeds::read("plan.json", text.as_bytes()).unwrap()
    }

    #[test]
    fn plans_are_the_same_whatever_the_order_and_another_plan_with_another_value() {
        let one = r#"{"address": "a.b", "change": {"actions": ["update"], "before": {"x": 1}, "after": {"x": 2}}}"#;
        let again = r#"{"change": {"after": {"x": 2}, "before": {"x": 1}, "actions": ["update"]}, "address": "a.b"}"#;
        let other = r#"{"address": "a.b", "change": {"actions": ["update"], "before": {"x": 1}, "after": {"x": 3}}}"#;
        let more = r#"{"address": "a.c", "change": {"actions": ["delete"], "before": {}, "after": null}}"#;
        let two = deeds(&format!("{one},{more}"));
        assert_eq!(deeds(one), deeds(again));
        assert_eq!(two, deeds(&format!("{more},{again}")));
        assert_eq!(deeds(one).differences(&deeds(other)), ["a.b"]);
        assert_eq!(deeds(one).differences(&two), ["a.c"]);
    }
}

//! The values that a plan marks as sensitive, so that they can be taken out of the text that was made of it.
//!
//! Terraform masks them in its text where it still knows that they are; the mark is lost where a provider hands a value on,
//! as `terraform_data` does from `input` to `output`.
//! **Invariant:** the values leave this file only by [`Sensitive::mask`], which puts something else in their place.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Hint, Kind};
use crate::text::encoding;

/// What stands in their place; the words of Terraform.
const MASK: &str = "(sensitive value)";
/// Shorter values are masked only where they stand in quotes alone, or are a number that is the whole value. In bytes.
const SHORT: usize = 6;

/// Values that must not be shown.
#[derive(Default)]
pub(crate) struct Sensitive(BTreeSet<String>);

impl Sensitive {
    /// Gathers them from a plan as JSON, in every form of Unicode that a plan is read in.
    ///
    /// # Errors
    /// [`Kind::Refused`] where it cannot be told what is sensitive: a text that is not masked must not be shown.
    pub(crate) fn of(plan: &[u8]) -> Result<Sensitive, Error> {
        let mut found = Sensitive::default();
        let decoded = encoding::of_utf16(plan);
        let plan = decoded.as_deref().map_or(plan, str::as_bytes);
        let plan = plan.strip_prefix(b"\xef\xbb\xbf").unwrap_or(plan);
        // The parser's own words may quote a value.
        let document = serde_json::from_slice::<Document>(plan).map_err(|_| not_told())?;
        let lists = [document.resource_changes, document.resource_drift];
        for values in lists.into_iter().flatten().flatten() {
            found.0.extend(values.change.0);
        }
        for (_, Marked(values)) in document.output_changes.unwrap_or_default() {
            found.0.extend(values);
        }
        let declared = document.configuration.and_then(|it| it.root_module?.variables);
        let mut given = document.variables.unwrap_or_default();
        for (name, _) in declared.unwrap_or_default().into_iter().filter(|(_, it)| it.sensitive) {
            if let Some(variable) = given.remove(&name) {
                gather(&variable.value, (&Value::Bool(true), &mut found.0));
            }
        }
        Ok(found)
    }

    /// Returns a text with every one of them masked.
    pub(crate) fn mask(&self, text: &str) -> String {
        let mut forms: Vec<String> = self.0.iter().flat_map(|value| forms(value)).collect();
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        let mut text = text.to_owned();
        for form in forms {
            if form.len() >= SHORT {
                if text.contains(&form) {
                    text = text.replace(&form, MASK);
                }
            } else {
                text = text.replace(&format!("\"{form}\""), MASK);
                if form.parse::<f64>().is_ok() {
                    text = without_number(&text, &form);
                }
            }
        }
        text
    }
}

fn not_told() -> Error {
    let message = "what is sensitive in the plan cannot be told, so its text is not shown";
    Error::new(Kind::Refused, "sensitive-unknown", message).hint(Hint::Say("leave out `--plan-text`".into()))
}

/// Masks a number where it is a whole value of the text: `pin = 1234`, `~ pin = 1234 -> 5678`, an element of a list. Elsewhere the
/// same digits are a part of something else.
fn without_number(text: &str, number: &str) -> String {
    let is_whole = |before: &str, after: &str| {
        let line = before.rsplit('\n').next().unwrap_or_default();
        let begins = line.trim_start();
        (begins.ends_with("= ") || begins.ends_with("-> ") || matches!(begins.trim_end(), "" | "+" | "-" | "~"))
            && (after.is_empty()
                || after.starts_with(['\n', '\r', ','])
                || after.starts_with(" ->")
                || after.starts_with(" #"))
    };
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, found) in text.match_indices(number) {
        let to = at + found.len();
        if is_whole(&text[..at], &text[to..]) {
            out.push_str(&text[from..at]);
            out.push_str(MASK);
            from = to;
        }
    }
    out.push_str(&text[from..]);
    out
}

/// How a value can stand in the text: as it is, with escapes as between quotes, or line by line.
fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned()];
    let quoted = Value::String(value.to_owned()).to_string();
    forms.push(quoted[1..quoted.len() - 1].to_owned());
    let lines = value.lines().map(str::trim).filter(|line| line.len() >= SHORT);
    forms.extend(lines.map(str::to_owned));
    forms.retain(|form| !form.trim().is_empty());
    forms
}

#[derive(Deserialize)]
struct Document {
    resource_changes: Option<Vec<Changed>>,
    resource_drift: Option<Vec<Changed>>,
    output_changes: Option<BTreeMap<String, Marked>>,
    variables: Option<BTreeMap<String, Given>>,
    configuration: Option<Configuration>,
}

#[derive(Deserialize)]
struct Changed {
    change: Marked,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
struct Configuration {
    root_module: Option<Module>,
}

#[derive(Deserialize)]
struct Module {
    variables: Option<BTreeMap<String, Declared>>,
}

#[derive(Deserialize)]
struct Declared {
    #[serde(default)]
    sensitive: bool,
}

/// The sensitive values of one change: what else it holds is let go of before the next one is read.
#[derive(Deserialize)]
#[serde(from = "Sides")]
struct Marked(Vec<String>);

#[derive(Deserialize)]
struct Sides {
    #[serde(default)]
    before: Value,
    #[serde(default)]
    after: Value,
    #[serde(default)]
    before_sensitive: Value,
    #[serde(default)]
    after_sensitive: Value,
}

impl From<Sides> for Marked {
    fn from(sides: Sides) -> Marked {
        let mut found = BTreeSet::new();
        // A value that loses its mark is still a secret, and stands on the other side without it.
        gather(&sides.before, (&sides.before_sensitive, &mut found));
        gather(&sides.after, (&sides.after_sensitive, &mut found));
        Marked(found.into_iter().collect())
    }
}

/// Adds what is marked. `true` marks everything below it.
///
/// Source: <https://developer.hashicorp.com/terraform/internals/json-format>, `before_sensitive`.
fn gather(value: &Value, (mark, found): (&Value, &mut BTreeSet<String>)) {
    match (value, mark) {
        (Value::Array(items), Value::Bool(true)) => items.iter().for_each(|item| gather(item, (mark, found))),
        (Value::Object(fields), Value::Bool(true)) => fields.values().for_each(|field| gather(field, (mark, found))),
        (Value::String(text), Value::Bool(true)) if !text.is_empty() => {
            found.insert(text.clone());
            // Terraform takes a document of JSON apart, and shows it as `jsonencode({ … })`.
            if let Ok(inner @ (Value::Array(_) | Value::Object(_))) = serde_json::from_str(text) {
                gather(&inner, (mark, found));
            }
        }
        (Value::Number(number), Value::Bool(true)) => {
            found.insert(number.to_string());
        }
        (Value::Array(items), Value::Array(marks)) => {
            for (item, mark) in items.iter().zip(marks) {
                gather(item, (mark, found));
            }
        }
        (Value::Object(fields), Value::Object(marks)) => {
            for (name, mark) in marks {
                if let Some(field) = fields.get(name) {
                    gather(field, (mark, found));
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::Sensitive;

    #[test]
    fn a_short_number_is_masked_where_it_is_the_whole_value() {
        let plan =
            r#"{"resource_changes": [{"change": {"before": {"pin": 4821}, "before_sensitive": {"pin": true}}}]}"#;
        let text = "  ~ output = 4821 -> (known after apply)\n  + pin = 4821\n    pin = 48210\n      - 4821,\n  4821 items in a-4821\n";
        let expected = "  ~ output = (sensitive value) -> (known after apply)\n  + pin = (sensitive value)\n    pin = 48210\n      \
                        - (sensitive value),\n  4821 items in a-4821\n";
        assert_eq!(Sensitive::of(plan.as_bytes()).unwrap().mask(text), expected);
    }

    #[test]
    fn what_is_marked_anywhere_is_masked_and_nothing_else_is() {
        let plan = r#"{"resource_changes": [{"change": {
            "before": {"a": "old-secret", "list": ["plain-one", {"k": "deep-secret"}], "pin": "1234", "text": "line one\n  line \"two\""},
            "before_sensitive": {"a": true, "list": [false, true], "pin": true, "text": true},
            "after": {"n": 98765432}, "after_sensitive": {"n": true}}}],
            "output_changes": {"o": {"after": "output-secret", "after_sensitive": true}},
            "variables": {"v": {"value": {"x": ["variable-secret"]}}, "w": {"value": "plain-two"}},
            "configuration": {"root_module": {"variables": {"v": {"sensitive": true}, "w": {}}}}}"#;
        let text = "old-secret plain-one deep-secret \"1234\" 12345 \"line one\\n  line \\\"two\\\"\"\n    line \"two\"\n\
                    98765432 output-secret variable-secret plain-two";
        let expected = "(sensitive value) plain-one (sensitive value) (sensitive value) 12345 \"(sensitive value)\"\n    \
                        (sensitive value)\n(sensitive value) (sensitive value) (sensitive value) plain-two";
        assert_eq!(Sensitive::of(plan.as_bytes()).unwrap().mask(text), expected);
    }

    #[test]
    fn where_it_cannot_be_told_what_is_sensitive_nothing_is_masked_by_halves() {
        let deep = format!("{{\"variables\": {{\"v\": {{\"value\": {}", "[".repeat(200));
        for plan in ["no plan", &deep] {
            assert_eq!(Sensitive::of(plan.as_bytes()).err().unwrap().code, "sensitive-unknown");
        }
    }
}

//! Reads what `terraform show -json` and `tofu show -json` write, and lets go of every value at once.
//!
//! Source: <https://developer.hashicorp.com/terraform/internals/json-format>: readers accept any minor version of the
//! major one that they know, and ignore what they do not know.
//! **Invariant:** a complaint names a line and a column and never what stands there: a parser's own words may quote it.

use std::collections::BTreeMap;
use std::io::{BufReader, Cursor, Read};

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::plan::{Action, Origin, Output, Plan, Row};
use crate::error::{Error, Hint, Kind, Place};
use crate::text::encoding;

/// The major version of the form that is understood.
const MAJOR: &str = "1";
/// A file of this many bytes is read piece by piece.
const PIECE: usize = 1 << 16;

/// Reads a plan from a stream, called `name` in complaints.
///
/// # Errors
/// [`Kind::Files`] if it cannot be read; [`Kind::Refused`] if it is no plan, is cut off, or has a form of the future.
pub(crate) fn read(name: &str, source: impl Read) -> Result<Plan, Error> {
    // Before what follows is complained about: of several documents in one file, the first tells what they are.
    let document = document(name, source, &|document: &Document| document.check(name))?;
    Ok(document.into_plan())
}

/// Reads the parts of such a document that `T` names; `check` says whether it is one.
///
/// # Errors
/// As [`read`].
pub(super) fn document<T: DeserializeOwned>(
    name: &str,
    source: impl Read,
    check: &dyn Fn(&T) -> Result<(), Error>,
) -> Result<T, Error> {
    let mut source = BufReader::with_capacity(PIECE, source);
    let mut head = Vec::new();
    source
        .by_ref()
        .take(4)
        .read_to_end(&mut head)
        .map_err(|cause| Error::files(name, "cannot read", &cause))?;
    match head.as_slice() {
        [] => Err(not_a_plan(name, "it is empty")),
        [b'P', b'K', ..] => Err(not_a_plan(
            name,
            "it is the plan file itself, which only the program that wrote it can read",
        )),
        [0xef, 0xbb, 0xbf, rest @ ..] => parse(name, Cursor::new(rest.to_vec()).chain(source), check),
        // Windows PowerShell writes whatever is redirected to a file like this.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            let mut bytes = head;
            source
                .read_to_end(&mut bytes)
                .map_err(|cause| Error::files(name, "cannot read", &cause))?;
            let text = encoding::of_utf16(&bytes)
                .ok_or_else(|| not_a_plan(name, "it begins as UTF-16 and does not go on so"))?;
            parse(name, Cursor::new(text.into_bytes()), check)
        }
        _ => parse(name, Cursor::new(head).chain(source), check),
    }
}

fn parse<T: DeserializeOwned>(
    name: &str,
    source: impl Read,
    check: &dyn Fn(&T) -> Result<(), Error>,
) -> Result<T, Error> {
    let mut reader = serde_json::Deserializer::from_reader(source);
    let document = T::deserialize(&mut reader).map_err(|cause| broken(name, &cause))?;
    check(&document)?;
    reader.end().map_err(|cause| broken(name, &cause))?;
    Ok(document)
}

/// What the parser says, without its words.
fn broken(name: &str, cause: &serde_json::Error) -> Error {
    use serde_json::error::Category;
    let line = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let why = match cause.classify() {
        Category::Io => {
            let said = cause.io_error_kind().unwrap_or(std::io::ErrorKind::Other);
            return Error::files(name, "cannot read", &std::io::Error::from(said));
        }
        Category::Eof => "it ends too early",
        Category::Syntax if (cause.line(), cause.column()) <= (1, 2) => "it is not JSON",
        Category::Syntax => "it is no JSON from here on",
        Category::Data => "something else is expected here",
    };
    not_a_plan(name, why).at(Place::at(name, line(cause.line()), line(cause.column())))
}

fn not_a_plan(name: &str, why: &str) -> Error {
    Error::new(
        Kind::Refused,
        "not-a-plan",
        format!("`{name}` is not the JSON form of a plan"),
    )
    .because(why)
    .hint(Hint::Say(
        "write it with `terraform show -json PLANFILE` (or `tofu show -json PLANFILE`), where PLANFILE comes from \
         `terraform plan -out=PLANFILE`"
            .into(),
    ))
}

/// The parts of the document that are looked at. Whatever may be null in JSON may be absent, too.
#[derive(Deserialize)]
struct Document {
    format_version: Option<String>,
    terraform_version: Option<String>,
    resource_changes: Option<Vec<Change>>,
    output_changes: Option<BTreeMap<String, Delta>>,
    resource_drift: Option<Vec<Change>>,
    deferred_changes: Option<Vec<Deferred>>,
    action_invocations: Option<Vec<Invoked>>,
    checks: Option<Vec<Check>>,
    errored: Option<bool>,
    complete: Option<bool>,
    applyable: Option<bool>,
    // What tells a plan from other documents.
    planned_values: Option<IgnoredAny>,
    configuration: Option<IgnoredAny>,
    values: Option<IgnoredAny>,
    serial: Option<IgnoredAny>,
    #[serde(rename = "@level")]
    level: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Change {
    address: String,
    previous_address: Option<String>,
    deposed: Option<IgnoredAny>,
    action_reason: Option<String>,
    change: Delta,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default)]
    actions: Vec<String>,
    importing: Option<IgnoredAny>,
    replace_paths: Option<Vec<FirstStep>>,
}

#[derive(Deserialize)]
struct Deferred {
    resource_change: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    address: Option<String>,
}

#[derive(Deserialize)]
struct Invoked {
    address: Option<String>,
}

#[derive(Deserialize)]
struct Check {
    address: Option<CheckAddress>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct CheckAddress {
    to_display: Option<String>,
}

/// The name of an attribute: the first step of a path. What comes after it may be the key of a map, or a whole element of a
/// set, and is passed over.
struct FirstStep(Option<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Name(String),
    Other(IgnoredAny),
}

impl<'de> Deserialize<'de> for FirstStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FirstStep, D::Error> {
        struct Steps;
        impl<'de> Visitor<'de> for Steps {
            type Value = FirstStep;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a path")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<FirstStep, A::Error> {
                let first = seq.next_element::<Step>()?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(FirstStep(first.and_then(|step| match step {
                    Step::Name(name) => Some(name),
                    Step::Other(_) => None,
                })))
            }
        }
        deserializer.deserialize_seq(Steps)
    }
}

impl Document {
    fn check(&self, name: &str) -> Result<(), Error> {
        if self.level.is_some() {
            let why = "it is the log that `terraform plan -json` writes";
            return Err(not_a_plan(name, why));
        }
        let is_plan = self.planned_values.is_some()
            || self.configuration.is_some()
            || self.resource_changes.is_some()
            || self.output_changes.is_some();
        if !is_plan {
            let why = match self.values.is_some() || self.serial.is_some() || self.format_version.is_some() {
                true => "it is a state, or something else that Terraform writes",
                false => "it has nothing that a plan has",
            };
            return Err(not_a_plan(name, why));
        }
        let Some(format) = &self.format_version else {
            return Err(not_a_plan(name, "it does not say its `format_version`"));
        };
        if format.split('.').next() != Some(MAJOR) {
            let shown = one_line(&format.chars().take(20).collect::<String>());
            return Err(Error::new(
                Kind::Refused,
                "plan-format",
                format!("the plan in `{name}` has the form {shown}, and this rakops reads {MAJOR}.x"),
            )
            .hint(Hint::Say(
                "use a newer rakops, or write the plan with a Terraform or OpenTofu that this one knows".into(),
            )));
        }
        Ok(())
    }

    fn into_plan(self) -> Plan {
        let mut rows: Vec<Row> = self.resource_changes.unwrap_or_default().into_iter().map(row).collect();
        rows.retain(Row::changes);
        rows.sort_by(|a, b| (a.action, &a.address).cmp(&(b.action, &b.address)));
        let mut drift: Vec<Row> = self.resource_drift.unwrap_or_default().into_iter().map(row).collect();
        drift.retain(Row::changes);
        drift.sort_by(|a, b| a.address.cmp(&b.address));
        let outputs = self.output_changes.unwrap_or_default().into_iter();
        let outputs = outputs.map(|(name, delta)| Output {
            name: one_line(&name),
            action: action(&delta.actions),
        });
        let deferred = self.deferred_changes.unwrap_or_default().into_iter();
        let deferred = deferred.filter_map(|it| it.resource_change?.address);
        let invoked = self.action_invocations.unwrap_or_default().into_iter();
        let invoked = invoked.filter_map(|it| it.address);
        let failed = self.checks.unwrap_or_default().into_iter();
        let failed = failed.filter(|it| matches!(it.status.as_deref(), Some("fail" | "error")));
        let failed = failed.filter_map(|it| it.address?.to_display);
        Plan {
            format: one_line(&self.format_version.unwrap_or_default()),
            program: self.terraform_version.map(|it| one_line(&it)),
            rows,
            outputs: outputs.filter(|output| output.action != Action::None).collect(),
            drift,
            deferred: lines(deferred),
            failed_checks: lines(failed),
            invoked: lines(invoked),
            errored: self.errored.unwrap_or_default(),
            complete: self.complete,
            applyable: self.applyable,
        }
    }
}

fn lines(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = names.map(|name| one_line(&name)).collect();
    lines.sort();
    lines
}

fn row(change: Change) -> Row {
    let mut because_of: Vec<String> = Vec::new();
    for FirstStep(name) in change.change.replace_paths.into_iter().flatten() {
        let name = name.map(|name| one_line(&name));
        because_of.extend(name.filter(|name| !because_of.contains(name)));
    }
    let moved_from = change.previous_address.map(|it| one_line(&it));
    let address = one_line(&change.address);
    Row {
        action: action(&change.change.actions),
        written: change.change.actions.iter().map(|it| one_line(it)).collect(),
        moved_from: moved_from.filter(|from| *from != address),
        origin: match change.change.importing {
            Some(_) => Origin::Import,
            None => Origin::State,
        },
        reason: change.action_reason.map(|it| one_line(&it)),
        because_of,
        deposed: change.deposed.is_some(),
        address,
    }
}

fn action(written: &[String]) -> Action {
    let words: Vec<&str> = written.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["no-op"] => Action::None,
        ["create"] => Action::Create,
        ["read"] => Action::Read,
        ["update"] => Action::Update,
        ["delete"] => Action::Delete,
        ["forget"] => Action::Forget,
        ["delete", "create"] | ["create", "delete"] | ["create", "forget"] | ["forget", "create"] => Action::Replace,
        _ => Action::Other,
    }
}

/// A name from outside on one line: what would move a cursor, end a line or turn the text around is written as its number,
/// and no line begins as a command to the runner of a CI system does.
pub(super) fn one_line(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let begins_command = at == 0 && (text.starts_with("::") || text.starts_with("##["));
        match is_odd(c) || begins_command {
            true if is_odd(c) => out.extend(c.escape_default()),
            true => out.extend(c.escape_unicode()),
            false => out.push(c),
        }
    }
    out
}

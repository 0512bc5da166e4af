//! The findings as SARIF, which code scanning of GitHub and other tools read.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::change::apply;
use crate::config::model::{CheckRule, Level};
use crate::error::{Error, Kind};
use crate::ops::check::{CheckReport, Finding};
use crate::text::code::fnv;

/// Checks that a file is one that findings can be written into, by its name.
///
/// # Errors
/// [`Kind::Usage`] for another ending.
pub(super) fn check_name(file: &Path) -> Result<(), Error> {
    if file.extension().is_some_and(|extension| extension == "sarif") {
        return Ok(());
    }
    let message = format!(
        "`{}` does not end in `.sarif`, the one form that findings are written in",
        file.display()
    );
    Err(Error::new(Kind::Usage, "unknown-form", message))
}

/// Writes the file. A run without a finding writes one with no results.
///
/// # Errors
/// [`Kind::Files`] if the file cannot be written.
pub(super) fn write(file: &Path, report: &CheckReport) -> Result<(), Error> {
    apply::keep(file, format!("{:#}\n", document(report)))
}

fn document(report: &CheckReport) -> Value {
    let rules: Vec<Value> = CheckRule::ALL.into_iter().map(rule).collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| result(finding, &mut seen))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rakops",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "The root of the repository." } } },
            "results": results,
        }],
    })
}

fn rule(rule: CheckRule) -> Value {
    let (short, help) = about(rule);
    json!({
        "id": rule.as_str(),
        "name": name(rule),
        "shortDescription": { "text": short },
        "fullDescription": { "text": short },
        "help": { "text": help },
        "defaultConfiguration": { "level": if rule == CheckRule::Unverified { "warning" } else { "error" } },
    })
}

/// `VersionMissing`.
fn name(rule: CheckRule) -> String {
    let words = rule.as_str().split('-');
    words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            format!("{}{rest}", first.to_ascii_uppercase())
        })
        .collect()
}

fn result(finding: &Finding, seen: &mut HashMap<String, usize>) -> Value {
    let error = &finding.error;
    let index = CheckRule::ALL.iter().position(|rule| rule.as_str() == error.code);
    let mut text = error.message.clone();
    for cause in &error.causes {
        text.push('\n');
        text.push_str(cause);
    }
    let file = error
        .place
        .as_deref()
        .map_or("rakops.yaml", |place| place.file.as_str());
    // Where a line has moved to, it is still the same finding: only what is said counts, and which of several it is.
    let same = format!("{}\0{file}\0{}", error.code, error.message);
    let count = seen.entry(same.clone()).or_default();
    *count += 1;
    let fingerprint = format!("{:016x}:{count}", fnv(same.bytes()));
    let mut result = json!({
        "ruleId": error.code,
        "level": match finding.level {
            Level::Error => "error",
            Level::Warn | Level::Off => "warning",
        },
        "message": { "text": text },
        "locations": [{ "physicalLocation": location(finding, file) }],
        "partialFingerprints": { "rakops/v1": fingerprint },
        "properties": { "image": finding.image, "environments": finding.environments },
    });
    if let Some(index) = index {
        result["ruleIndex"] = json!(index);
    }
    result
}

fn location(finding: &Finding, file: &str) -> Value {
    let mut location = json!({ "artifactLocation": { "uri": uri(file), "uriBaseId": "%SRCROOT%" } });
    let Some(place) = finding.error.place.as_deref().filter(|place| place.line > 0) else {
        // Code scanning shows nothing that has no line.
        location["region"] = json!({ "startLine": 1 });
        return location;
    };
    let mut region = json!({ "startLine": place.line });
    if place.column > 0 {
        region["startColumn"] = json!(place.column);
        if finding.width > 0 {
            region["endColumn"] = json!(place.column as usize + finding.width);
        }
    }
    if let Some(excerpt) = &place.excerpt {
        region["snippet"] = json!({ "text": excerpt.text });
    }
    location["region"] = region;
    location
}

/// A path as a relative reference: everything but what surely stands for itself is escaped.
///
/// Source: RFC 3986, section 2.3.
fn uri(path: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            // Writing to a string cannot fail.
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// What a rule is about, and what to do.
fn about(rule: CheckRule) -> (&'static str, &'static str) {
    match rule {
        CheckRule::VersionMissing => (
            "The registry has no such version or repository.",
            "Correct the tag, or push the image. `rakops tags IMAGE` lists what is there.",
        ),
        CheckRule::DigestMismatch => (
            "The tag stands beside the digest of another image.",
            "The digest decides what runs. `rakops check --fix` writes the digest of a fixed tag.",
        ),
        CheckRule::MissingPlatform => (
            "The image does not run on a platform that `check.platforms` names.",
            "Build the image for that platform, or take the platform out of `check.platforms`.",
        ),
        CheckRule::Unverified => (
            "No registry could be asked about these images.",
            "Log in with `docker login`, or say in `registries` how the registry is reached.",
        ),
        CheckRule::FloatingTag => (
            "The version names whatever was pushed last.",
            "Pin a version that names one release, or add its digest.",
        ),
        CheckRule::MistypedTag => (
            "Some readers of YAML take the tag for a number, a date or a boolean.",
            "Put the tag in quotes; `rakops check --fix` does.",
        ),
        CheckRule::HalfUpdatedPair => (
            "Of two things that state one version, one was updated.",
            "Update both: `rakops bump IMAGE=TAG@DIGEST`.",
        ),
        CheckRule::BrokenReference => (
            "A kustomization names what is not there, or builds on itself.",
            "Correct the entry, or bring the file back.",
        ),
        CheckRule::Untried => (
            "A shared change reaches every environment at once, and no environment has tried it.",
            "Let an environment follow the branch first: `rakops track ENV BRANCH`.",
        ),
        CheckRule::ForeignRef => (
            "An environment names the branch or the directory of another one.",
            "Name its own branch or directory.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_is_a_relative_reference() {
        assert_eq!(uri("apps/pay ment/é:1.yaml"), "apps/pay%20ment/%C3%A9%3A1.yaml");
    }
}

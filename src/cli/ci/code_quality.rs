//! Complaints as a code-quality report, which GitLab shows in a merge request: what annotations are elsewhere.
//!
//! Source: <https://docs.gitlab.com/ci/testing/code_quality/>, "Import code quality results from a CI/CD job".

use std::path::Path;

use serde_json::{Value, json};

use crate::change::apply;
use crate::error::Error;
use crate::text::code::fnv;
use crate::text::secret;
use crate::ui::report::Level;

/// Writes the report. A run without a complaint writes an empty one.
///
/// # Errors
/// [`crate::error::Kind::Files`] if the file cannot be written.
pub(crate) fn write(file: &Path, complaints: &[(Level, Error)]) -> Result<(), Error> {
    let all: Vec<Value> = complaints.iter().map(|(level, error)| of(*level, error)).collect();
    apply::keep(file, format!("{:#}\n", Value::Array(all)))
}

fn of(level: Level, error: &Error) -> Value {
    // A complaint about no file is one about how the repository is described.
    let (path, line) = match error.place.as_ref().filter(|place| !place.is_word()) {
        Some(place) => (place.file.as_str(), place.line.max(1)),
        None => ("rakops.yaml", 1),
    };
    json!({
        "description": secret::redact(&error.message),
        "check_name": format!("rakops/{}", error.code),
        "fingerprint": format!("{:016x}", fingerprint(&[error.code, path, &error.message])),
        "severity": match level {
            Level::Error => "major",
            Level::Warning => "minor",
        },
        "location": { "path": path, "lines": { "begin": line } },
    })
}

/// The same complaint has the same fingerprint in every run, wherever its line has moved to.
fn fingerprint(parts: &[&str]) -> u64 {
    fnv(parts.iter().flat_map(|part| part.bytes().chain(std::iter::once(0))))
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::error::{Error, Kind, Place};
    use crate::ui::report::Level;

    #[test]
    fn a_complaint_has_a_place_and_a_fingerprint_that_does_not_depend_on_the_line() {
        let at = |line| {
            of(
                Level::Warning,
                &Error::new(Kind::Refused, "owned", "x").at(Place::at("a.yaml", line, 3)),
            )
        };
        assert_eq!(at(7)["location"]["lines"]["begin"], 7);
        assert_eq!(at(7)["fingerprint"], at(9)["fingerprint"]);
        assert_eq!(at(7)["severity"], "minor");
        let nowhere = of(Level::Error, &Error::new(Kind::Refused, "owned", "x"));
        assert_eq!(nowhere["location"]["path"], "rakops.yaml");
    }
}

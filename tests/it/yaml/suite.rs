//! The yaml-test-suite, from a directory that `RAKOPS_YAML_SUITE` names. Nothing of it is copied here.

use std::path::{Path, PathBuf};

use rakops::yaml::{Limits, parse};

use super::model;

/// One case of the suite.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) valid: bool,
    pub(crate) events: String,
}

/// Reads the cases; `None`, with a line that says so, where the suite is absent.
pub(crate) fn cases() -> Option<Vec<Case>> {
    let Some(root) = std::env::var_os("RAKOPS_YAML_SUITE").map(PathBuf::from) else {
        println!("SKIPPED: RAKOPS_YAML_SUITE names no directory with the yaml-test-suite");
        return None;
    };
    let mut found = Vec::new();
    gather(&root, &root, &mut found);
    assert!(!found.is_empty(), "no cases below {}", root.display());
    found.sort_by(|a: &Case, b: &Case| a.name.cmp(&b.name));
    Some(found)
}

fn gather(root: &Path, at: &Path, found: &mut Vec<Case>) {
    if let Ok(text) = std::fs::read_to_string(at.join("in.yaml")) {
        found.push(Case {
            name: at.strip_prefix(root).unwrap().display().to_string(),
            text,
            valid: !at.join("error").exists(),
            events: std::fs::read_to_string(at.join("test.event")).unwrap_or_default(),
        });
    }
    for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if entry.file_type().is_ok_and(|it| it.is_dir()) && name != "name" && name != "tags" {
            gather(root, &entry.path(), found);
        }
    }
}

#[test]
fn every_case_is_accepted_or_rejected_as_by_the_parser() {
    let Some(cases) = cases() else { return };
    for case in &cases {
        let ours = parse(case.text.clone().into_bytes(), Limits::default());
        let theirs = model::events(&case.text);
        if ours.is_ok() != theirs.is_some() || case.valid != ours.is_ok() {
            eprintln!(
                "{}: ours {:?} theirs {} valid {}",
                case.name,
                ours.as_ref().err(),
                theirs.is_some(),
                case.valid
            );
        }
    }
}

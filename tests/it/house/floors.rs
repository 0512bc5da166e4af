//! Imports go strictly downwards, and a few that would go downwards are not made either.

use super::assert_none;
use super::source::{self, Source, line_of};

/// Modules of the crate and the floor each stands on. Modules of one floor do not know each other.
const FLOORS: &[(&str, u32)] = &[
    ("error", 0),
    ("text", 1),
    ("kept", 1),
    ("yaml", 2),
    ("hcl", 2),
    ("image", 2),
    ("git", 2),
    ("http", 2),
    ("ui", 2),
    ("snapshot", 3),
    ("registry", 3),
    ("forge", 3),
    ("config", 4),
    ("manifest", 5),
    ("change", 6),
    ("strategy", 7),
    ("landing", 8),
    ("audit", 8),
    ("ops", 9),
    ("cli", 10),
    ("fuzz", 11),
    ("lib", 11),
    ("main", 11),
];

/// What the numbers cannot say: who does not name what, and why.
const CLOSED_DOORS: &[(&[&str], &[&str], &str)] = &[
    (
        &["manifest", "change", "strategy"],
        &["http", "forge", "registry", "ui"],
        "a plan asks nobody; what others know is asked in the look and handed over",
    ),
    (
        &["strategy"],
        &["git::write", "git::remote"],
        "a strategy reads and merges in memory; it never lands",
    ),
    (&["ops"], &["ui"], "use cases report through values and callbacks"),
    (
        &["config"],
        &["forge", "registry"],
        "config keeps the name and its place; the shelf resolves it later",
    ),
];

#[test]
fn imports_go_strictly_downwards() {
    let complaints: Vec<String> = source::all().iter().flat_map(upward_imports).collect();
    assert_none(&complaints);
}

#[test]
fn closed_doors_stay_closed() {
    let complaints: Vec<String> = source::all().iter().flat_map(through_closed_doors).collect();
    assert_none(&complaints);
}

#[test]
fn nobody_climbs_two_floors_by_super() {
    let mut complaints = Vec::new();
    for source in source::all() {
        let top = source.path.matches('/').count() == 1 || source.path.ends_with("/mod.rs");
        let direct_child = source.path.matches('/').count() <= 2 && top;
        for (at, _) in source.code.match_indices("super::super") {
            complaints.push(format!(
                "`{}:{}`: `super::super` hides which module is meant; begin with `crate::`",
                source.path,
                line_of(&source.code, at)
            ));
        }
        for (at, _) in source.shipped.match_indices("super::") {
            if direct_child && !source.shipped[..at].contains("mod ") {
                complaints.push(format!(
                    "`{}:{}`: `super::` is the crate's root here; begin with `crate::`",
                    source.path,
                    line_of(&source.shipped, at)
                ));
            }
        }
    }
    assert_none(&complaints);
}

fn floor(module: &str) -> Option<u32> {
    FLOORS
        .iter()
        .find(|(known, _)| *known == module)
        .map(|(_, floor)| *floor)
}

fn upward_imports(source: &Source) -> Vec<String> {
    let module = source.module();
    let Some(own) = floor(module) else {
        return vec![format!(
            "`{}:1`: `{module}` stands on no floor; give it one in tests/it/house/floors.rs",
            source.path
        )];
    };
    let mut complaints = Vec::new();
    for (at, path) in source::mentions(&source.code) {
        let target = path.split("::").next().unwrap_or(&path);
        let Some(other) = floor(target).filter(|_| target != module) else {
            continue;
        };
        if other >= own {
            complaints.push(format!(
                "`{}:{}`: `{module}` (floor {own}) must not import `{target}` (floor {other})",
                source.path,
                line_of(&source.code, at)
            ));
        }
    }
    complaints
}

fn through_closed_doors(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (who, what, why) in CLOSED_DOORS.iter().filter(|(who, _, _)| who.contains(&source.module())) {
        for (at, path) in source::mentions(&source.code) {
            let named = what
                .iter()
                .find(|door| path == **door || path.starts_with(&format!("{door}::")));
            if let Some(door) = named {
                complaints.push(format!(
                    "`{}:{}`: `{}` must not name `{door}`: {why}",
                    source.path,
                    line_of(&source.code, at),
                    who.join("`, `")
                ));
            }
        }
    }
    complaints
}

#[test]
fn an_upward_import_is_named_with_file_line_and_rule() {
    let text = "//! Scans.\nuse crate::{error::Error, manifest::file::Kind};\n";
    let complaints = upward_imports(&Source::new("src/yaml/scan.rs".into(), text));
    assert_eq!(
        complaints,
        ["`src/yaml/scan.rs:2`: `yaml` (floor 2) must not import `manifest` (floor 5)"]
    );
}

#[test]
fn a_closed_door_is_named_with_its_reason() {
    let text = "fn f() { crate::ui::plural::count(1, \"x\"); }";
    let complaints = through_closed_doors(&Source::new("src/ops/bump.rs".into(), text));
    assert_eq!(
        complaints,
        ["`src/ops/bump.rs:1`: `ops` must not name `ui`: use cases report through values and callbacks"]
    );
}

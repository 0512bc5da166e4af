//! What was asked for as a whole, and what is promised, with the tests that show it: pages name them, and they are there.

use std::fs;

use crate::harness::golden::project;

/// The page with the table.
const PAGE: &str = "docs/contributing/testing.md";
/// The page of promises.
const PROMISES: &str = "docs/reference/guarantees.md";

#[test]
fn every_test_that_the_table_of_acceptance_names_is_there() {
    let page = fs::read_to_string(project().join(PAGE)).unwrap();
    let table = page.split("## What was asked for as a whole").nth(1).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert_eq!(rows.len(), 10, "{PAGE}");
    for row in rows {
        assert_tests_are_there(PAGE, row);
    }
}

#[test]
fn every_promise_names_a_test_that_is_there() {
    let page = fs::read_to_string(project().join(PROMISES)).unwrap();
    let topics: Vec<&str> = page
        .split("\n## ")
        .filter(|topic| topic.contains("| promise |"))
        .collect();
    let headings: Vec<&str> = topics.iter().filter_map(|topic| topic.lines().next()).collect();
    assert_eq!(headings, ["Bytes", "Landing", "Network", "Crash", "Security", "Speed"]);
    for topic in topics {
        let rows: Vec<&str> = topic.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
        assert!(rows.len() >= 3, "{topic}");
        for row in rows {
            assert_tests_are_there(PROMISES, row);
        }
    }
}

/// Fails unless the row of a page names tests, all of which are there.
#[track_caller]
fn assert_tests_are_there(page: &str, row: &str) {
    let named = row.split('`').skip(1).step_by(2).filter(|word| word.contains("::"));
    let mut count = 0;
    for test in named {
        assert!(is_there(test), "{page} names `{test}`");
        count += 1;
    }
    assert!(count > 0, "no test in this row of {page}:\n{row}");
}

/// Whether a test is there: `file::name` in `tests/it` or `tests/outside`, `src/file::name` beside the code. Tests that are
/// listed by name are found wherever the list stands.
fn is_there(test: &str) -> bool {
    let (file, name) = test.rsplit_once("::").unwrap();
    if let Some(sort) = file
        .strip_prefix("faults::")
        .filter(|sort| !["disk", "clock"].contains(sort))
    {
        return is_fault(sort, name);
    }
    let file = file.replace("::", "/");
    let places = match file.strip_prefix("src/") {
        Some(inside) => vec![
            format!("src/{inside}.rs"),
            format!("src/{inside}/mod.rs"),
            format!("src/{inside}/tests.rs"),
        ],
        None => vec![
            format!("tests/it/{file}.rs"),
            format!("tests/outside/{file}.rs"),
            format!("tests/outside/{file}/mod.rs"),
            "tests/outside/real_files.rs".to_owned(),
        ],
    };
    places.iter().any(|place| {
        let text = fs::read_to_string(project().join(place)).unwrap_or_default();
        text.contains(&format!("fn {name}(")) || text.contains(&format!("\"{test}\""))
    })
}

/// Whether faults of a sort are tried in a scenario: such tests are made of two lists.
fn is_fault(sort: &str, name: &str) -> bool {
    let read = |file: &str| fs::read_to_string(project().join("tests/outside/faults").join(file)).unwrap();
    let scenarios = read("scenarios.rs");
    let list = scenarios.split("ALL: &[Scenario]").nth(1).unwrap();
    let list = list.split("];").next().unwrap();
    let mut names = list.split('"').skip(1).step_by(2);
    let is_scenario = names.any(|it| it.replace([' ', '-'], "_").replace("__", "_") == name);
    is_scenario && read("mod.rs").contains(&format!("(\"{sort}\", "))
}

#[test]
fn a_test_that_is_not_there_is_missed() {
    let nobody = "nobody_has_written_this";
    assert!(is_there("acceptance::a_test_that_is_not_there_is_missed"));
    assert!(!is_there(&format!("acceptance::{nobody}")));
    assert!(!is_there("nowhere::the_top_level_is_the_list"));
    assert!(!is_there(&format!("src/http::{nobody}")));
    assert!(!is_there(&format!("faults::kill::{nobody}")) && !is_there("faults::nothing::bump__push"));
}

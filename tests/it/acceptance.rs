//! What was asked for as a whole, and the tests that show it: a page names them, and they are there.

use std::fs;

use crate::harness::golden::project;

/// The page with the table.
const PAGE: &str = "docs/contributing/testing.md";

#[test]
fn every_test_that_the_table_of_acceptance_names_is_there() {
    let page = fs::read_to_string(project().join(PAGE)).unwrap();
    let table = page.split("## What was asked for as a whole").nth(1).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert_eq!(rows.len(), 10, "{PAGE}");
    for row in rows {
        let named = row.split('`').skip(1).step_by(2).filter(|word| word.contains("::"));
        let mut count = 0;
        for test in named {
            let (file, name) = test.split_once("::").unwrap();
            let places = [format!("tests/it/{file}.rs"), format!("tests/outside/{file}.rs")];
            let is_there = places.iter().any(|place| {
                let text = fs::read_to_string(project().join(place)).unwrap_or_default();
                text.contains(&format!("fn {name}(")) || text.contains(&format!("\"{test}\""))
            });
            assert!(is_there, "{PAGE} names `{test}`");
            count += 1;
        }
        assert!(count > 0, "no test in this row of {PAGE}:\n{row}");
    }
}

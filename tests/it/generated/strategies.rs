//! The index of the pages of strategies.

use std::collections::BTreeSet;
use std::fs;

use super::locators::first_sentence;
use crate::harness::golden::project;

/// The headings of every page, in this order.
const HEADINGS: &[&str] = &[
    "What it is",
    "Branches",
    "What a promotion is",
    "Changing a setting of one environment",
    "What counts as carried",
    "What can go wrong",
    "Flags and configuration",
    "Limits",
];

/// The index, in the order of the table.
pub(super) fn index() -> String {
    let mut page = String::from(
        "# Strategies\n\n\
         <!-- Generated from the table in `src/strategy/mod.rs`: RAKOPS_UPDATE=1 cargo test --test it generated -->\n\n\
         A strategy says how environments relate to branches. `strategy` in rakops.yaml names it; without, it is told by the\n\
         branches and directories, where only one reading is possible. `rakops promote FROM TO` has one promise in all\n\
         of them: TO then runs what FROM runs. [Which one to choose](../../concepts/strategies.md).\n\n\
         | strategy | | also |\n|---|---|---|\n",
    );
    for (number, name) in (1..).zip(rakops::strategies()) {
        let first = first_sentence("strategies", name);
        page.push_str(&format!(
            "| [`{name}`]({name}.md) | {first} | `pattern{number}`, `{number}` |\n"
        ));
    }
    page
}

#[test]
fn each_strategy_has_a_name_of_its_own_a_page_and_tests() {
    let names = rakops::strategies();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    for name in names {
        let page = fs::read_to_string(project().join(format!("docs/reference/strategies/{name}.md")))
            .unwrap_or_else(|_| panic!("docs/reference/strategies/{name}.md is missing"));
        assert_eq!(page.lines().next(), Some(format!("# {name}").as_str()));
        let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, HEADINGS, "docs/reference/strategies/{name}.md");
        let tests = format!("tests/it/strategy_{}.rs", name.replace('-', "_"));
        assert!(project().join(&tests).is_file(), "{tests} is missing");
    }
}

#[test]
fn no_page_is_left_without_a_strategy() {
    let names = rakops::strategies();
    for page in fs::read_dir(project().join("docs/reference/strategies"))
        .unwrap()
        .flatten()
    {
        let file = page.file_name().to_string_lossy().into_owned();
        let name = file.trim_end_matches(".md");
        assert!(
            name == "README" || names.contains(&name),
            "no strategy is called `{name}`"
        );
    }
}

//! `rakops help`: commands, and topics that belong to none.

use std::collections::BTreeSet;
use std::fs;

use crate::harness::Sandbox;
use crate::harness::advice;
use crate::harness::golden::project;

const TOPICS: [(&str, &str); 3] = [
    ("exit-codes", "docs/reference/exit-codes.md"),
    ("strategies", "docs/concepts/strategies.md"),
    ("environment", "docs/reference/environment.md"),
];

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn help_with_commands_is_the_help_of_that_command() {
    let sandbox = Sandbox::new();
    let cases: [(&[&str], &[&str]); 5] = [
        (&["help"], &["--help"]),
        (&["help", "bump"], &["bump", "--help"]),
        (&["help", "overlay"], &["overlay", "--help"]),
        (&["help", "overlay", "set"], &["overlay", "set", "--help"]),
        (&["help", "help"], &["help", "--help"]),
    ];
    for (help, flag) in cases {
        let typed = sandbox.rakops(help.iter().copied()).run().expect(0);
        let flagged = sandbox.rakops(flag.iter().copied()).run().expect(0);
        assert_eq!(typed.stdout(), flagged.stdout());
        assert_eq!(typed.stderr, "");
    }
}

#[test]
fn a_topic_shows_every_word_of_its_page_and_no_mark_of_markdown() {
    for (topic, file) in TOPICS {
        let shown = Sandbox::new().rakops(["help", topic]).run().expect(0);
        let text = shown.stdout();
        assert_eq!(shown.stderr, "");
        for mark in ["](", "**", "<!--", "```", "|"] {
            assert!(!text.contains(mark), "{topic}: `{mark}`\n{text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        let page = fs::read_to_string(project().join(file)).unwrap();
        let told: BTreeSet<&str> = words(text).into_iter().collect();
        // A cell goes on in the next line, so whole sentences are not looked for.
        let marks = ["](", "|", "**", "#", "<!--", "-->", "---", "[", "日本語"];
        for word in words(&page.replace("<!-- Generated", "<!-- -->\n<!--")) {
            let is_text = !marks.iter().any(|mark| word.contains(mark)) && word.len() > 3;
            let is_comment = page.lines().any(|line| line.starts_with("<!--") && line.contains(word));
            let is_told = told
                .iter()
                .any(|it| it.contains(word.trim_matches(['`', ',', '.', ';', ':'])));
            assert!(
                !is_text || is_comment || is_told,
                "{topic}: `{word}` is missing in\n{text}"
            );
        }
    }
}

#[test]
fn a_topic_with_a_wrong_letter_is_named() {
    let sandbox = Sandbox::new();
    let cases: [(&[&str], &str); 6] = [
        (&["exit-cods"], "did you mean `exit-codes`?"),
        (&["strategy"], "did you mean `strategies`?"),
        (&["promte"], "did you mean `promote`?"),
        (&["overlay", "st"], "did you mean `set`?"),
        (
            &["nonsense"],
            "the topics are `exit-codes`, `strategies` and `environment`",
        ),
        (&["bump", "api"], "rakops help bump"),
    ];
    for (words, help) in cases {
        let output = sandbox.rakops(["help"].iter().chain(words).copied()).run().expect(2);
        assert!(output.stderr.contains(&format!("help: {help}")), "{}", output.all());
        assert_eq!(output.stdout(), "");
    }
    let output = sandbox.rakops(["help", "nonsense", "-o", "json"]).run().expect(2);
    assert_eq!(output.json()["command"], "help");
}

/// Every variable that stands for a flag, with the long name of the flag.
fn variables() -> Vec<(String, String)> {
    fn gather(command: &clap::Command, found: &mut Vec<(String, String)>) {
        for arg in command.get_arguments() {
            let long = arg.get_long().map_or_else(|| arg.get_id().to_string(), str::to_owned);
            found.extend(arg.get_env().map(|name| (name.to_string_lossy().into_owned(), long)));
        }
        command.get_subcommands().for_each(|below| gather(below, found));
    }
    let mut found = Vec::new();
    gather(&advice::command(), &mut found);
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_page_of_environment_variables_names_every_variable_of_a_flag() {
    let page = fs::read_to_string(project().join("docs/reference/environment.md")).unwrap();
    let (_, table) = page.split_once("## Instead of flags\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    for (variable, flag) in variables() {
        let row = rows.iter().find(|row| row.starts_with(&format!("| `{variable}` |")));
        let row = row.unwrap_or_else(|| panic!("the page has no row for {variable} of --{flag}"));
        let short = [("directory", "-C"), ("output", "-o"), ("yes", "-y")];
        let short = short
            .iter()
            .find(|(long, _)| *long == flag)
            .map_or("none", |(_, short)| short);
        let is_named = row.contains(&format!("--{flag}")) || row.contains(&format!("`{short}`"));
        assert!(is_named, "the row of {variable} does not name --{flag}: {row}");
    }
    // What is read without a flag is on the page, too.
    for variable in read_in_source() {
        assert!(
            page.contains(&format!("`{variable}`")),
            "the page does not name {variable}"
        );
    }
}

/// Every `RAKOPS_…` that the source names as a text, but for what belongs to scripts of shells and to tests.
fn read_in_source() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![project().join("src")];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                // What `ci init` writes has variables of its own.
                open.extend((!path.ends_with("ci_init")).then_some(path));
                continue;
            }
            let source = fs::read_to_string(&path).unwrap_or_default();
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            for literal in code.split('"').filter(|literal| literal.starts_with("RAKOPS_")) {
                let is_name = literal.chars().all(|c| c.is_ascii_uppercase() || c == '_');
                if is_name && literal.len() > 7 {
                    found.insert(literal.to_owned());
                }
            }
        }
    }
    let of_tests = ["CORPUS", "TREE", "TREES"].map(|name| format!("RAKOPS_{name}"));
    found.retain(|name| !name.starts_with("RAKOPS_COMPLETE") && !of_tests.contains(name));
    found
}

//! Pages tell the truth: their links lead somewhere, the paths they name exist, their commands can be typed.

use std::fs;
use std::path::{Path, PathBuf};

use super::assert_none;
use super::source::{files, relative};
use crate::harness::{advice, golden::project};

/// A page with its text.
struct Page {
    file: PathBuf,
    text: String,
}

fn page(file: PathBuf) -> Page {
    let text = fs::read_to_string(&file).unwrap();
    Page { file, text }
}

/// The pages at the top and below `docs/`.
fn all() -> Vec<Page> {
    let top = fs::read_dir(project()).unwrap().flatten().map(|entry| entry.path());
    let top = top.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    top.chain(files(&project().join("docs"), "md")).map(page).collect()
}

#[test]
fn links_between_pages_resolve() {
    let mut complaints = Vec::new();
    for page in all() {
        for (number, line) in prose(&page.text) {
            for target in targets(line) {
                if let Err(why) = resolve(&page, target) {
                    complaints.push(format!(
                        "`{}:{number}`: the link `{target}` {why}",
                        relative(&page.file)
                    ));
                }
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn paths_named_for_contributors_exist() {
    let mut complaints = Vec::new();
    for page in files(&project().join("docs/contributing"), "md").into_iter().map(page) {
        for (number, line) in prose(&page.text) {
            for path in line.split('`').skip(1).step_by(2).filter(|quoted| is_path(quoted)) {
                let path = path.split(':').next().unwrap_or(path);
                if !project().join(path).exists() {
                    complaints.push(format!("`{}:{number}`: there is no `{path}`", relative(&page.file)));
                }
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn commands_on_pages_can_be_typed() {
    let mut complaints = Vec::new();
    for page in all() {
        for (number, command) in commands(&page.text) {
            if let Err(why) = advice::parse(&command) {
                complaints.push(format!(
                    "`{}:{number}`: `{command}` cannot be typed:\n{why}",
                    relative(&page.file)
                ));
            }
        }
    }
    assert_none(&complaints);
}

/// `$ rakops …` lines, and `rakops …` lines in blocks of shell, with their numbers, from 1; a backslash at the end takes
/// in the next line.
fn commands(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    let mut shell = false;
    while let Some((index, line)) = lines.next() {
        if line.starts_with("```") {
            shell = line == "```bash";
        }
        let typed = if shell { format!("$ {line}") } else { line.to_owned() };
        let Some(command) = typed
            .trim_start()
            .strip_prefix("$ ")
            .filter(|rest| rest.starts_with("rakops "))
        else {
            continue;
        };
        let mut command = command.to_owned();
        while command.ends_with('\\') {
            command.pop();
            command.push_str(lines.next().map_or("", |(_, next)| next.trim_start()));
        }
        found.push((index + 1, command));
    }
    found
}

/// Lines outside code blocks, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        (!inside && !fence).then_some((index + 1, line))
    })
}

/// What the links of a line point to, code spans left out.
fn targets(line: &str) -> Vec<&str> {
    let spoken: Vec<&str> = line.split('`').step_by(2).collect();
    let mut found = Vec::new();
    for part in spoken {
        for (at, _) in part.match_indices("](") {
            let rest = &part[at + 2..];
            found.extend(rest.find(')').map(|end| &rest[..end]));
        }
    }
    found
}

fn resolve(page: &Page, target: &str) -> Result<(), String> {
    if ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| target.starts_with(scheme))
    {
        return Ok(());
    }
    let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
    let file = match file {
        "" => page.file.clone(),
        file => page.file.parent().unwrap().join(file),
    };
    if !file.exists() {
        return Err("leads nowhere".into());
    }
    if fragment.is_empty() || has_heading(&file, fragment) {
        return Ok(());
    }
    Err(format!("names no heading of {}", relative(&file)))
}

fn has_heading(file: &Path, fragment: &str) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    prose(&text).any(|(_, line)| line.starts_with('#') && slug(line.trim_start_matches('#').trim()) == fragment)
}

/// The anchor that forges give to a heading.
fn slug(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// A path of this repository, as opposed to code, a pattern or a form with a place to fill in.
fn is_path(quoted: &str) -> bool {
    let ours = ["src/", "tests/", "docs/", "benches/", "completions/", ".ci/"];
    ours.iter().any(|start| quoted.starts_with(start)) && !quoted.contains(['<', '*', '{', ' ', '…'])
}

#[test]
fn commands_that_go_on_in_the_next_line_are_joined() {
    let text = "x\n$ rakops bump \\\n    api=1\n$ cargo test\n";
    assert_eq!(commands(text), [(2, "rakops bump api=1".to_owned())]);
}

#[test]
fn links_are_found_outside_code() {
    assert_eq!(targets("a [b](c.md#d) `[x](y)` [e](f)"), ["c.md#d", "f"]);
    assert_eq!(slug("rakops config show"), "rakops-config-show");
}

//! Pages tell the truth: their links lead somewhere, the paths they name exist, and the book has all of them.

use std::fs;
use std::path::{Path, PathBuf};

use super::assert_none;
use super::source::{files, relative};
use crate::harness::golden::project;

/// A page with its text.
pub(super) struct Page {
    pub(super) file: PathBuf,
    pub(super) text: String,
}

fn page(file: PathBuf) -> Page {
    let text = fs::read_to_string(&file).unwrap();
    Page { file, text }
}

/// The pages at the top and below `docs/`.
pub(super) fn all() -> Vec<Page> {
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
fn every_page_of_docs_is_in_the_book() {
    let summary = fs::read_to_string(project().join("docs/SUMMARY.md")).unwrap();
    let listed: Vec<&str> = summary.lines().flat_map(targets).collect();
    let docs = project().join("docs");
    let pages = files(&docs, "md");
    let named = pages
        .iter()
        .map(|page| page.strip_prefix(&docs).unwrap().to_string_lossy().replace('\\', "/"));
    let complaints: Vec<String> = named
        .filter(|page| page != "SUMMARY.md" && listed.iter().filter(|name| *name == page).count() != 1)
        .map(|page| format!("`docs/{page}`: stands once in docs/SUMMARY.md, which is what the book is made of"))
        .collect();
    assert_none(&complaints);
}

#[test]
fn pages_of_the_book_lead_to_pages_of_the_book() {
    let docs = project().join("docs");
    let mut complaints = Vec::new();
    for page in files(&docs, "md").into_iter().map(page) {
        let depth = page.file.strip_prefix(&docs).unwrap().components().count() - 1;
        for (number, line) in prose(&page.text) {
            let outside = targets(line)
                .into_iter()
                .filter(|target| target.matches("../").count() > depth);
            complaints.extend(outside.map(|target| {
                format!(
                    "`{}:{number}`: `{target}` is not in the book; name the path in prose",
                    relative(&page.file)
                )
            }));
        }
    }
    assert_none(&complaints);
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
fn links_are_found_outside_code() {
    assert_eq!(targets("a [b](c.md#d) `[x](y)` [e](f)"), ["c.md#d", "f"]);
    assert_eq!(slug("rakops config show"), "rakops-config-show");
}

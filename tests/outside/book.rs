//! The book that mdBook makes of `docs/`: it is built, and every link in it leads somewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::golden::project;

/// What building needs.
pub(crate) fn needs() -> Result<(), String> {
    program().map(|_| ())
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[(
    "book::the_book_builds_and_every_link_leads_somewhere",
    the_book_builds_and_every_link_leads_somewhere,
)];

fn program() -> Result<PathBuf, String> {
    let there = Command::new(project().join("tests/book/install.sh"))
        .arg("--where")
        .output();
    let there = there.map_err(|cause| cause.to_string())?;
    match there.status.success() {
        true => Ok(PathBuf::from(String::from_utf8_lossy(&there.stdout).trim())),
        false => Err(String::from_utf8_lossy(&there.stderr).trim().to_owned()),
    }
}

fn the_book_builds_and_every_link_leads_somewhere() {
    let place = tempfile::tempdir().unwrap();
    let built = Command::new(program().unwrap())
        .arg("build")
        .arg(project().join("docs"))
        .arg("--dest-dir")
        .arg(place.path())
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&built.stdout),
        String::from_utf8_lossy(&built.stderr)
    );
    assert!(built.status.success(), "{said}");
    let loud: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("WARN") || line.contains("ERROR"))
        .collect();
    assert!(loud.is_empty(), "{}", loud.join("\n"));

    let mut pages = BTreeMap::new();
    collect(place.path(), &mut pages);
    let mut links = 0;
    let mut complaints = Vec::new();
    for (page, html) in &pages {
        // Everything on one page, for printing; and a page for addresses that do not exist.
        if page.ends_with("print.html") || page.ends_with("404.html") {
            continue;
        }
        for target in ["href=\"", "src=\""].iter().flat_map(|name| values(html, name)) {
            if target.contains("://") || target.starts_with("data:") || target.starts_with("javascript:") {
                continue;
            }
            links += 1;
            if let Err(why) = resolve(&pages, (page, target)) {
                complaints.push(format!(
                    "{}: `{target}` {why}",
                    page.strip_prefix(place.path()).unwrap().display()
                ));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(pages.len() > 50 && links > 1000, "{} pages, {links} links", pages.len());
    println!("figure: the book has {} pages and {links} links", pages.len());
}

fn collect(directory: &Path, pages: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            let html = fs::read_to_string(&path).unwrap();
            pages.insert(path, html);
        }
    }
}

/// The values of an attribute, by how it begins.
fn values<'h>(html: &'h str, begins: &'h str) -> impl Iterator<Item = &'h str> {
    html.match_indices(begins).filter_map(move |(at, _)| {
        let rest = &html[at + begins.len()..];
        rest.find('"').map(|end| &rest[..end])
    })
}

fn resolve(pages: &BTreeMap<PathBuf, String>, (page, target): (&Path, &str)) -> Result<(), String> {
    let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
    let file = match file {
        "" => page.to_path_buf(),
        file => tidy(&page.parent().unwrap().join(file)),
    };
    if !file.exists() {
        return Err("leads nowhere".into());
    }
    match pages.get(&file) {
        Some(html) if !fragment.is_empty() && !html.contains(&format!("id=\"{}\"", decoded(fragment))) => {
            Err(format!("names nothing on {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// The path without `..`, as a key of the pages.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                tidy.pop();
            }
            std::path::Component::CurDir => {}
            other => tidy.push(other),
        }
    }
    tidy
}

/// A fragment with its percent signs resolved, as browsers do.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = fragment.as_bytes();
    while let Some((&first, more)) = rest.split_first() {
        let digits = more.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &more[2..];
            }
            _ => {
                bytes.push(first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

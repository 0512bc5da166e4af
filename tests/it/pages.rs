//! Pages show what really happens: their marked blocks are run on a terminal, and what it shows is compared.
//!
//! A block is run if the line `<!-- run -->` stands right above it. The page names the place where all of its blocks run, one after the
//! other, in a line `<!-- sandbox: NAME -->`; [`ground`] has the names. Without one it is the shop of `rakops demo`. A block below
//! `<!-- file: PATH -->` is what this file holds from there on. `RAKOPS_UPDATE=1 cargo test --test it pages` writes what comes out now.

mod ground;
mod pictures;
mod run;

use std::fs;
use std::path::Path;

use crate::harness::golden::{compare, project};
use crate::house::source::{files, relative};
use ground::Ground;

const RUN: &str = "<!-- run -->\n```console\n";
const FILE: &str = "<!-- file: ";

#[test]
fn readme_shows_what_really_happens() {
    shows_what_really_happens(Path::new("README.md")).unwrap();
}

#[test]
fn the_japanese_readme_shows_what_really_happens() {
    shows_what_really_happens(Path::new("README.ja.md")).unwrap();
}

#[test]
fn the_pages_of_the_book_show_what_really_happens() {
    let pages = files(&project().join("docs"), "md");
    let complaints: Vec<String> = pages
        .iter()
        .filter_map(|page| shows_what_really_happens(Path::new(&relative(page))).err())
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// What stands in a page between what is only read.
enum Piece<'t> {
    /// The commands of a block, with what they showed.
    Run(&'t str),
    /// A file, by its path, and what it holds.
    File(&'t str, &'t str),
}

fn shows_what_really_happens(page: &Path) -> Result<(), String> {
    let text = fs::read_to_string(project().join(page)).unwrap();
    if !text.contains(RUN) {
        return Ok(());
    }
    let mut ground = Ground::named(sandbox(&text));
    let mut real = String::new();
    let mut rest = text.as_str();
    while let Some((before, piece, after)) = next(rest) {
        real.push_str(before);
        match piece {
            Piece::Run(block) => real.push_str(&run::block(&mut ground, block)),
            Piece::File(path, contents) => {
                ground.file(path, contents);
                real.push_str(contents);
            }
        }
        rest = after;
    }
    real.push_str(rest);
    compare(page, &real, "pages")
}

/// The place that a page names.
fn sandbox(text: &str) -> &str {
    let named = text.lines().find_map(|line| line.strip_prefix("<!-- sandbox: "));
    named.map_or("shop", |rest| rest.trim_end_matches(" -->"))
}

/// The text up to the next piece, that piece, and what comes after it, from its closing fence on.
fn next(text: &str) -> Option<(&str, Piece<'_>, &str)> {
    let run = text.find(RUN);
    let file = text.find(FILE);
    let (start, path) = match (run, file) {
        (Some(run), Some(file)) if file < run => (file, Some(file + FILE.len())),
        (Some(run), _) => (run + RUN.len(), None),
        (None, Some(file)) => (file, Some(file + FILE.len())),
        (None, None) => return None,
    };
    let Some(path) = path else {
        let end = start + text[start..].find("```\n").expect("a block ends");
        return Some((&text[..start], Piece::Run(&text[start..end]), &text[end..]));
    };
    let name = text[path..].lines().next().unwrap_or_default();
    let fence = path + text[path..].find("```").expect("a file has a block");
    let body = fence + text[fence..].find('\n').expect("a block begins") + 1;
    let end = body + text[body..].find("```\n").expect("a block ends");
    let piece = Piece::File(name.trim_end_matches(" -->"), &text[body..end]);
    Some((&text[..body], piece, &text[end..]))
}

#[test]
fn pieces_of_a_page_are_found_in_order() {
    let text = "a\n<!-- file: x/y.yaml -->\n```yaml\nk: v\n```\nb\n<!-- run -->\n```console\n$ rakops\nout\n```\nend\n";
    let (before, piece, after) = next(text).unwrap();
    assert!(before.ends_with("```yaml\n"));
    assert!(matches!(piece, Piece::File("x/y.yaml", "k: v\n")));
    let (before, piece, after) = next(after).unwrap();
    assert_eq!(before, "```\nb\n<!-- run -->\n```console\n");
    assert!(matches!(piece, Piece::Run("$ rakops\nout\n")));
    assert_eq!(after, "```\nend\n");
    assert!(next(after).is_none());
}

//! Rust files as the rules see them: code without comments, strings and test modules, and the paths it mentions.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::golden::project;

/// A file below `src/`.
pub(crate) struct Source {
    /// Path from the project, with `/`.
    pub(crate) path: String,
    /// The code; comments and the insides of literals are blanks, so lines and columns are those of the file.
    pub(crate) code: String,
    /// The same, with test modules blanked as well; empty for a file that holds only tests.
    pub(crate) shipped: String,
}

impl Source {
    pub(crate) fn new(path: String, text: &str) -> Source {
        let code = without_comments_and_literals(text);
        let only_tests = path.ends_with("/tests.rs") || path.contains("/tests/");
        let shipped = if only_tests {
            String::new()
        } else {
            without_tests(&code)
        };
        Source { path, code, shipped }
    }

    /// The module directly below the crate's root that the file belongs to: `ui` for `src/ui/table.rs`.
    pub(crate) fn module(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        below.split(['/', '.']).next().unwrap_or(below)
    }
}

/// Every Rust file below `src/`, in order.
pub(crate) fn all() -> Vec<Source> {
    files(&project().join("src"), "rs")
        .iter()
        .map(|file| Source::new(relative(file), &fs::read_to_string(file).unwrap()))
        .collect()
}

/// Files with an extension below a directory, in order.
pub(crate) fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Path from the project, with `/`.
pub(crate) fn relative(path: &Path) -> String {
    let relative = path.strip_prefix(project()).unwrap_or(path);
    relative.to_string_lossy().replace('\\', "/")
}

/// Line of a byte offset, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Where `word` stands as a whole path segment that begins a path: neither `x.word` nor `other::word` nor `sword`.
pub(crate) fn beginnings<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code[..*at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let joins = |c: char| c.is_alphanumeric() || c == '_';
        !before.is_some_and(|c| joins(c) || c == '.' || c == '$')
            && !code[..*at].ends_with("::")
            && !after.is_some_and(joins)
    })
}

/// The paths below `crate::` that the code mentions, with their offsets; groups are taken apart.
pub(crate) fn mentions(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in beginnings(code, "crate") {
        if let Some(rest) = code[at + "crate".len()..].strip_prefix("::") {
            tails(rest, "", at, &mut found);
        }
    }
    found
}

/// Reads `a::b`, `{a, b::{c, d}}` after a prefix.
fn tails(rest: &str, prefix: &str, at: usize, found: &mut Vec<(usize, String)>) {
    let rest = rest.trim_start();
    if let Some(group) = rest.strip_prefix('{') {
        for item in items_of_group(group) {
            tails(item, prefix, at, found);
        }
        return;
    }
    let end = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    let path = format!("{prefix}{}", &rest[..end]);
    match rest[end..].strip_prefix("::") {
        Some(more) if more.trim_start().starts_with('{') => tails(more, &format!("{path}::"), at, found),
        Some(more) if more.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
            tails(more, &format!("{path}::"), at, found);
        }
        _ if path.is_empty() => {}
        _ => found.push((at, path)),
    }
}

/// The items of a group whose `{` has been read, split at its own commas.
fn items_of_group(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items
}

/// Blanks comments and the insides of string and character literals; line breaks stay.
pub(crate) fn without_comments_and_literals(text: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let end = match &bytes[at..] {
            [b'/', b'/', ..] => text[at..].find('\n').map_or(bytes.len(), |length| at + length),
            [b'/', b'*', ..] => text[at..].find("*/").map_or(bytes.len(), |length| at + length + 2),
            [b'r', b'"' | b'#', ..] if !joined(bytes, at) => raw_string(text, at).unwrap_or(at + 1),
            [b'"', ..] => string(bytes, at),
            [b'\'', b'\\', _, ..] => text[at + 3..].find('\'').map_or(bytes.len(), |length| at + length + 4),
            [b'\'', ..] if character(text, at).is_some() => character(text, at).unwrap_or(at + 1),
            _ => {
                at += 1;
                continue;
            }
        };
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8(out).unwrap()
}

fn joined(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_') && bytes[at - 1] != b'b'
}

/// End of a raw string that begins at `at`, if one does.
fn raw_string(text: &str, at: usize) -> Option<usize> {
    let hashes = text[at + 1..].bytes().take_while(|byte| *byte == b'#').count();
    let inside = at + 1 + hashes + 1;
    if text.as_bytes().get(inside - 1) != Some(&b'"') {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    Some(
        text[inside..]
            .find(&close)
            .map_or(text.len(), |length| inside + length + close.len()),
    )
}

/// End of a string that begins at `at`.
fn string(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}

/// End of a character literal that begins at `at`; a lifetime is none.
fn character(text: &str, at: usize) -> Option<usize> {
    let c = text[at + 1..].chars().next()?;
    let close = at + 1 + c.len_utf8();
    text[close..].starts_with('\'').then_some(close + 1)
}

/// Blanks `#[cfg(test)]` items that have a body.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = code.as_bytes().to_vec();
    let mut from = 0;
    while let Some(at) = code[from..].find(MARK).map(|length| from + length) {
        let end = end_of_item(code, at + MARK.len());
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        from = end;
    }
    String::from_utf8(out).unwrap()
}

fn end_of_item(code: &str, from: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return from + at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return from + at + 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "a /* b */ \"c\\\"d\" r#\"e\"f\"# 'g' '\\'' &'h str // i\nj";
    let code = without_comments_and_literals(text);
    let words: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(words, ["a", "&'h", "str", "j"]);
    assert_eq!(code.len(), text.len());
}

#[test]
fn groups_are_taken_apart() {
    let code = "use crate::{a::{b, c::D}, e, f::*}; crate::g::h(); pub(crate) fn x() {} $crate::no";
    let paths: Vec<String> = mentions(code).into_iter().map(|(_, path)| path).collect();
    assert_eq!(paths, ["a::b", "a::c::D", "e", "f", "g::h"]);
}

#[test]
fn test_modules_are_not_shipped() {
    let shipped = without_tests("a #[cfg(test)] mod tests; b #[cfg(test)] mod t { c { d } } e");
    assert_eq!(shipped.split_whitespace().collect::<String>(), "abe");
}

//! The drawing as Markdown, for a comment or a wiki: a Mermaid chart that forges draw, and a table below it.

use std::fmt::Write as _;

use super::picture::{Picture, Role};
use crate::ops::impact::Impact;
use crate::text::markdown;

/// So many files are in the table; of more it says how many.
const LISTED: usize = 200;

/// Returns the page.
pub(super) fn text(impact: &Impact, (picture, title): (&Picture, &str)) -> String {
    let mut out = format!("### {}\n\n", markdown::code(title));
    if !picture.nodes.is_empty() {
        let _ = writeln!(out, "```mermaid\n{}```\n", mermaid(picture));
    }
    if impact.files.is_empty() {
        return out;
    }
    out.push_str("| file | kind | environments |\n|---|---|---|\n");
    for file in impact.files.iter().take(LISTED) {
        let environments: Vec<String> = file.environments.iter().map(|it| markdown::code(it)).collect();
        let environments = if environments.is_empty() {
            "-".to_owned()
        } else {
            environments.join(", ")
        };
        // writing to a string cannot fail, here and below
        let _ = writeln!(
            out,
            "| {} | {} | {environments} |",
            markdown::code(&file.touched.path),
            file.kind.as_str()
        );
    }
    let more = impact.files.len().saturating_sub(LISTED);
    if more > 0 {
        let _ = writeln!(out, "\nand {more} more files");
    }
    out
}

/// Source: <https://mermaid.js.org/syntax/flowchart.html>; labels in quotes, special characters as entities.
fn mermaid(picture: &Picture) -> String {
    let mut out = String::from("flowchart LR\n");
    for (number, node) in picture.nodes.iter().enumerate() {
        let lines: Vec<String> = node.lines.iter().map(|line| label(line)).collect();
        let (open, close, class) = match node.role {
            Role::Changed => ("[", "]", ":::changed"),
            Role::Between => ("[", "]", ""),
            Role::Reached => ("([", "])", ":::reached"),
            Role::Untouched => ("([", "])", ""),
        };
        let _ = writeln!(out, "  n{number}{open}\"{}\"{close}{class}", lines.join("<br/>"));
    }
    for (from, to) in &picture.arrows {
        let _ = writeln!(out, "  n{from} --> n{to}");
    }
    out.push_str("  classDef changed fill:#fff3d6,stroke:#c28a00,color:#1a1a1a\n");
    out.push_str("  classDef reached fill:#fde2e0,stroke:#b3362b,color:#1a1a1a\n");
    out
}

/// Text in a label: whatever could end it, or be markup, is written as its number.
fn label(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._- ".contains(c);
    let mut out = String::new();
    for c in text.chars() {
        match c {
            c if plain(c) => out.push(c),
            c if c.is_control() => out.push(' '),
            c => {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
    }
    out
}

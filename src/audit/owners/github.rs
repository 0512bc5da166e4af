//! GitHub: patterns as in `.gitignore`, and the last line that fits counts.
//!
//! Source: GitHub Docs, "About code owners": "CODEOWNERS syntax".

use super::words::{is_owner, split, without_braces};
use super::{Effect, Pattern, Rule, Section};

pub(super) fn parse(text: &str) -> (Vec<Section>, Vec<u32>) {
    let mut section = Section {
        approvals: 1,
        ..Section::default()
    };
    let mut not_understood = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let mut words = split(line).into_iter().take_while(|word| !word.starts_with('#'));
        let Some(written) = words.next() else {
            continue;
        };
        let owners: Vec<String> = words.collect();
        match pattern(&written) {
            Some(pattern) if owners.iter().all(|owner| is_owner(owner)) => section.rules.push(Rule {
                pattern,
                owners,
                effect: Effect::Owns,
            }),
            _ => not_understood.push(number),
        }
    }
    (vec![section], not_understood)
}

/// None for what is documented not to work: negation, ranges of characters, an escaped `#`.
fn pattern(written: &str) -> Option<Pattern> {
    if written.starts_with(['!', '\\']) || written.contains(['[', ']']) {
        return None;
    }
    let bare = without_braces(written.strip_prefix('/').unwrap_or(written));
    // A slash anywhere but at the end ties a pattern to the root.
    let is_tied = written.trim_end_matches('/').contains('/');
    let lead = if is_tied { "" } else { "**/" };
    let globs = match bare.strip_suffix('/') {
        Some("") | None if bare.is_empty() => vec!["**".to_owned()],
        Some(directory) => vec![format!("{lead}{directory}/**")],
        // Files right there, and not those of directories below.
        None if written.ends_with("/*") => vec![format!("{lead}{bare}")],
        None => vec![format!("{lead}{bare}"), format!("{lead}{bare}/**")],
    };
    Pattern::globs(written, &globs)
}

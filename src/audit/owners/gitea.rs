//! Gitea and Forgejo: regular expressions of whole paths, and every line that fits counts.
//!
//! Source: Gitea 1.26, `models/issues/pull.go`: `TokenizeCodeOwnersLine`, `ParseCodeOwnersLine`. Its expressions may look
//! ahead and behind, which ours may not: such a line may fit, and is never said not to.

use regex::Regex;

use super::{Effect, Pattern, Rule, Section};

pub(super) fn parse(text: &str) -> (Vec<Section>, Vec<u32>) {
    let mut section = Section {
        approvals: 1,
        ..Section::default()
    };
    let mut not_understood = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let words = words(line);
        let Some((written, owners)) = words.split_first() else {
            continue;
        };
        if owners.is_empty() {
            not_understood.push(number);
            continue;
        }
        let pattern = pattern(written);
        if matches!(pattern, Pattern::Foreign) {
            not_understood.push(number);
        }
        section.rules.push(Rule {
            pattern,
            owners: owners.iter().map(|owner| named(owner)).collect(),
            effect: Effect::Owns,
        });
    }
    (vec![section], not_understood)
}

/// The `@` may be left out there.
fn named(owner: &str) -> String {
    match owner.contains('@') {
        true => owner.to_owned(),
        false => format!("@{owner}"),
    }
}

fn pattern(written: &str) -> Pattern {
    let positive = written.strip_prefix('!');
    let bare = positive.unwrap_or(written);
    let bare = bare.strip_prefix('/').unwrap_or(bare);
    match (Regex::new(&format!("^{bare}$")), positive) {
        (Ok(regex), None) => Pattern::Regex(regex),
        (Ok(regex), Some(_)) => Pattern::Not(regex),
        (Err(_), _) => Pattern::Foreign,
    }
}

/// Cuts a line at blanks. A backslash takes what follows as it is, and goes, also before what is special in expressions:
/// a backslash of an expression is written twice.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut signs = line.trim().chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => word.extend(signs.next()),
            '#' => break,
            ' ' | '\t' => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            sign => word.push(sign),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

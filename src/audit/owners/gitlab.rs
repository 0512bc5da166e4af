//! GitLab: shell patterns in sections; in each of them the last line that fits counts.
//!
//! Source: GitLab Docs, "Syntax of CODEOWNERS file" and "Advanced CODEOWNERS configuration": `File.fnmatch` of Ruby with
//! `FNM_DOTMATCH` and `FNM_PATHNAME`.

use super::words::{is_owner, split, without_braces};
use super::{Effect, Pattern, Rule, Section};

/// A section while it is read.
struct Heading {
    name: String,
    approvals: u64,
    owners: Vec<String>,
}

pub(super) fn parse(text: &str) -> (Vec<Section>, Vec<u32>) {
    // What stands before the first heading is a section without a name.
    let mut sections = vec![Section {
        approvals: 1,
        ..Section::default()
    }];
    let mut here = 0;
    let mut owners_here: Vec<String> = Vec::new();
    let mut not_understood = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(heading) = heading(line) {
            here = place(&mut sections, &heading);
            owners_here = heading.owners;
            continue;
        }
        match rule(line, &owners_here) {
            Some(rule) => put(&mut sections[here].rules, rule),
            None => not_understood.push(number),
        }
    }
    (sections, not_understood)
}

/// The section of a heading; one that is there already goes on.
fn place(sections: &mut Vec<Section>, heading: &Heading) -> usize {
    let is_same = |section: &Section| {
        let name = section.name.as_ref();
        name.is_some_and(|name| name.to_lowercase() == heading.name.to_lowercase())
    };
    if let Some(at) = sections.iter().position(is_same) {
        return at;
    }
    sections.push(Section {
        name: Some(heading.name.clone()),
        approvals: heading.approvals,
        rules: Vec::new(),
    });
    sections.len() - 1
}

/// A pattern that is written twice counts once, where it stood first, with what is said last.
fn put(rules: &mut Vec<Rule>, rule: Rule) {
    let written = |rule: &Rule| match &rule.pattern {
        Pattern::Globs { written, .. } => written.clone(),
        _ => String::new(),
    };
    match rules.iter_mut().find(|known| written(known) == written(&rule)) {
        Some(known) => *known = rule,
        None => rules.push(rule),
    }
}

/// Reads `^[Name][2] @owner …`.
fn heading(line: &str) -> Option<Heading> {
    let (is_optional, rest) = match line.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (name, mut rest) = rest.strip_prefix('[')?.split_once(']')?;
    let mut approvals = 1;
    if let Some((count, behind)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        // What is no number, or none that asks for anybody, is one.
        approvals = count.parse().unwrap_or(1).max(1);
        rest = behind;
    }
    let is_whole = rest.is_empty() || rest.starts_with(char::is_whitespace);
    (is_whole && !name.trim().is_empty()).then(|| Heading {
        name: name.trim().to_owned(),
        approvals: if is_optional { 0 } else { approvals },
        owners: people(split(rest)),
    })
}

fn people(words: Vec<String>) -> Vec<String> {
    words.into_iter().filter(|word| is_owner(word)).collect()
}

fn rule(line: &str, owners_here: &[String]) -> Option<Rule> {
    let mut words = split(line).into_iter();
    let written = words.next()?;
    let (effect, bare) = match written.strip_prefix('!') {
        Some(bare) => (Effect::Excludes, bare),
        None => (Effect::Owns, written.as_str()),
    };
    let own: Vec<String> = words.collect();
    Some(Rule {
        pattern: Pattern::globs(&written, &[glob(bare)])?,
        owners: if own.is_empty() {
            owners_here.to_vec()
        } else {
            people(own)
        },
        effect,
    })
}

/// The same pattern for a path without the slash at its beginning.
fn glob(written: &str) -> String {
    let bare = written
        .strip_prefix('\\')
        .filter(|rest| rest.starts_with('#'))
        .unwrap_or(written);
    let whole = match bare.strip_prefix('/') {
        Some(tied) => tied.to_owned(),
        None => format!("**/{bare}"),
    };
    let whole = if whole.ends_with('/') || whole.is_empty() {
        format!("{whole}**/*")
    } else {
        whole
    };
    // Two stars stand for directories only where a slash follows; elsewhere they are one.
    let names: Vec<&str> = whole.split('/').collect();
    let last = names.len() - 1;
    let name = |(at, name): (usize, &&str)| match *name {
        "**" if at < last => "**".to_owned(),
        other => {
            let mut one = without_braces(other);
            while one.contains("**") {
                one = one.replace("**", "*");
            }
            one
        }
    };
    names.iter().enumerate().map(name).collect::<Vec<String>>().join("/")
}

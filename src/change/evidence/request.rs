//! The body of a pull request: what changes, how to take it back, and the trailers, so that a squash keeps them.

use super::template::short_version;
use super::{promotion, trailers};
use crate::change::intent::Intent;
use crate::change::set::{Facts, SiteChange};
use crate::image::Version;
use crate::text::markdown::{block, code};

/// A table of more rows is cut: forges drop long bodies (Azure DevOps takes 4,000 characters, GitHub 65,536).
const ROWS: usize = 50;

/// Returns the body of a pull request, as Markdown. `words` are the user's own, and come first.
pub(crate) fn body(intent: &Intent, facts: &Facts, words: Option<&str>) -> String {
    let mut body = String::new();
    if let Some(words) = words.map(str::trim).filter(|words| !words.is_empty()) {
        body.push_str(&format!("{words}\n\n"));
    }
    body.push_str(&table(facts));
    if let Some(promotion) = &facts.promotion {
        body.push_str(&promotion::sections(promotion));
    }
    if let Some(spread) = &intent.spread {
        let branches: Vec<String> = spread.branches.iter().map(|it| code(it)).collect();
        body.push_str(&format!(
            "\nOne change, with a pull request to each of these branches: {}.\n",
            branches.join(", ")
        ));
    }
    let mut notes: Vec<String> = Vec::new();
    if let Some(source) = &intent.source {
        notes.push(format!("Built from {}.", code(&source.to_string())));
    }
    if let Some(run) = &intent.run {
        notes.push(format!("Made by {}.", code(run)));
    }
    if !notes.is_empty() {
        body.push_str(&format!("\n{}\n", notes.join(" ")));
    }
    let back = roll_back(intent, facts);
    if !back.is_empty() {
        let commands: String = back.iter().map(|line| format!("{line}\n")).collect();
        body.push_str(&format!("\nTo take it back:\n\n{}", block("sh", &commands)));
    }
    body.push_str(&format!("\n{}", block("", &trailers::text_of_request(intent, facts))));
    body
}

/// Returns the table of what changes, as Markdown.
pub(crate) fn table(facts: &Facts) -> String {
    let mut text = String::new();
    if !facts.sites.is_empty() {
        text.push_str("| environment | image | from | to | file |\n|---|---|---|---|---|\n");
        for site in facts.sites.iter().take(ROWS) {
            let environments = match site.environments.is_empty() {
                true => "-".to_owned(),
                false => code(&site.environments.join(", ")),
            };
            text.push_str(&format!(
                "| {environments} | {} | {} | {} | {} |\n",
                code(&site.image),
                code(&short_version(site.from.as_deref().unwrap_or(""))),
                code(&short_version(&site.to)),
                code(&format!("{}:{}", site.file, site.line)),
            ));
        }
        text.push_str(&rest(facts.sites.len()));
    }
    if !facts.settings.is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str("| file | path | from | to |\n|---|---|---|---|\n");
        for it in facts.settings.iter().take(ROWS) {
            text.push_str(&format!(
                "| {} | {} | {} | {} |\n",
                code(&it.file),
                code(&it.path),
                code(&shown(it.from.as_deref())),
                code(&shown(it.to.as_deref())),
            ));
        }
        text.push_str(&rest(facts.settings.len()));
    }
    text
}

fn rest(rows: usize) -> String {
    match rows.checked_sub(ROWS) {
        None | Some(0) => String::new(),
        Some(more) => format!("\nand {more} more\n"),
    }
}

/// A value in a cell: several lines are only named.
fn shown(value: Option<&str>) -> String {
    match value {
        Some(value) if value.contains('\n') => "(several lines)".to_owned(),
        Some(value) if value.chars().count() > 80 => format!("{}…", value.chars().take(79).collect::<String>()),
        Some(value) => value.to_owned(),
        None => String::new(),
    }
}

/// Returns the commands that take the versions back, one for each environment and version before.
pub(super) fn roll_back(intent: &Intent, facts: &Facts) -> Vec<String> {
    if facts.promotion.is_some() {
        return intent
            .environments
            .iter()
            .map(|name| format!("rakops rollback {name}"))
            .collect();
    }
    // The words of a command, in the order in which their sites stand.
    let mut commands: Vec<(String, Vec<String>, Digests)> = Vec::new();
    for site in &facts.sites {
        // What is no version cannot be typed as one.
        let Some(from) = site.from.as_ref().filter(|from| Version::parse(from).is_ok()) else {
            continue;
        };
        let word = format!("{}={from}", site.image);
        let scope = match (intent.environments.is_empty(), site.environments.as_slice()) {
            (false, [one]) => format!("--env {one}"),
            (false, _) => format!("--env {} --base", intent.environments.join(",")),
            (true, _) => "--all".to_owned(),
        };
        let lost = digests(site, from);
        match commands.iter_mut().find(|(known, _, _)| *known == scope) {
            // Two versions before of one image cannot be one command.
            Some((_, words, _)) if words.iter().any(|it| it.starts_with(&format!("{}=", site.image))) => {}
            Some((_, words, digests)) => {
                words.push(word);
                *digests = (*digests).max(lost);
            }
            None => commands.push((scope, vec![word], lost)),
        }
    }
    commands
        .into_iter()
        .map(|(scope, words, digests)| {
            let drop = if digests == Digests::Dropped {
                " --drop-digest"
            } else {
                ""
            };
            format!("rakops bump {} {scope}{drop} --allow downgrade --pr", words.join(" "))
        })
        .collect()
}

/// Whether going back takes a digest away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Digests {
    Same,
    Dropped,
}

fn digests(site: &SiteChange, from: &str) -> Digests {
    let has = |version: &str| version.contains("sha");
    match has(&site.to) && !has(from) && site.to.contains('@') {
        true => Digests::Dropped,
        false => Digests::Same,
    }
}

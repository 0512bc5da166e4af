//! The trailers of a commit: `Rakops-Image: prd ghcr.io/acme/api 1.4.1 -> 1.4.2`.

use crate::change::intent::{Intent, Source};
use crate::change::promotion::{Carried, Picked, Promotion};
use crate::change::set::Facts;
use crate::git::names::Oid;

/// What stands for "none" in a trailer: no environment, or no version before.
const NONE: &str = "-";

/// One version that a commit says it landed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Landing {
    /// None where the edit reached no environment that is known.
    pub(crate) environment: Option<String>,
    /// Full name.
    pub(crate) image: String,
    pub(crate) from: Option<String>,
    pub(crate) to: String,
    /// What it was built from, by the same commit's word.
    pub(crate) source: Option<Source>,
}

/// The trailers of a change, one a line, each with a line break.
pub(super) fn text(intent: &Intent, facts: &Facts) -> String {
    text_of(intent, facts, &[Picked::Folded])
}

/// The same for the text of a pull request, which has no commits of its own for the changes: where a squash keeps nothing
/// else, it tells all of them.
pub(super) fn text_of_request(intent: &Intent, facts: &Facts) -> String {
    text_of(intent, facts, &[Picked::Folded, Picked::Step])
}

fn text_of(intent: &Intent, facts: &Facts, picked: &[Picked]) -> String {
    let mut lines = vec![format!("Rakops-Operation: {}", operation(intent))];
    lines.extend(intent.spread.iter().map(|it| format!("Rakops-Change: {}", it.change)));
    for site in &facts.sites {
        let from = site.from.as_deref().unwrap_or(NONE);
        let none = [NONE.to_owned()];
        let environments = match site.environments.is_empty() {
            true => &none[..],
            false => &site.environments[..],
        };
        for environment in environments {
            let line = format!("Rakops-Image: {environment} {} {from} -> {}", site.image, site.to);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    if let Some(promotion) = &facts.promotion {
        lines.extend(of_promotion(promotion, picked));
    }
    for landing in &facts.rolls_back {
        lines.push(format!("Rakops-Rollback: {landing}"));
    }
    if let Some(source) = &intent.source {
        lines.push(format!("Rakops-Source: {source}"));
    }
    if let Some(run) = &intent.run {
        lines.push(format!("Rakops-Run: {run}"));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// What a promotion claims. One that is restricted names no commit: it would become a merge base, and everything before it
/// would count as carried. Source: PROMOTION.md, section 3.
fn of_promotion(promotion: &Promotion, picked: &[Picked]) -> Vec<String> {
    let mut lines = Vec::new();
    for change in promotion.changes.iter().filter(|it| picked.contains(&it.picked)) {
        lines.push(format!("Rakops-Change: {}", change.id));
    }
    if promotion.kind == Carried::Whole {
        for to in &promotion.to {
            lines.push(format!(
                "Rakops-Promoted: {} -> {to} {}",
                promotion.from, promotion.commit
            ));
        }
    }
    lines
}

/// The trailers of a commit that carries one change over.
pub(super) fn step_text(intent: &Intent, change: &str) -> String {
    format!("Rakops-Operation: {}\nRakops-Change: {change}\n", operation(intent))
}

/// What was done, in a few words: `bump stg`, `promote stg -> prd`.
fn operation(intent: &Intent) -> String {
    let environments = intent.environments.join(",");
    match (&intent.from, intent.environments.is_empty()) {
        (_, true) => intent.command.to_owned(),
        (None, false) => format!("{} {environments}", intent.command),
        (Some(from), false) => format!("{} {from} -> {environments}", intent.command),
    }
}

/// What a message claims about promotions, in the order of its lines. Bullets before a trailer are passed over: a forge
/// that squashes makes a list of the messages. Source: PROMOTION.md, section 3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Read {
    /// FROM, TO and FROM's commit.
    pub(crate) promoted: Vec<(String, String, Oid)>,
    /// Changes that it carried.
    pub(crate) changes: Vec<String>,
    /// Landings that it took back.
    pub(crate) rolls_back: Vec<Oid>,
    /// What was done: `promote stg -> prd`.
    pub(crate) operation: Option<String>,
    /// What the image was built from: `acme/api@4f0c2f1`.
    pub(crate) source: Option<String>,
    /// Address of the CI run.
    pub(crate) run: Option<String>,
}

impl Read {
    /// Whether it edits what one environment says for itself: a change like those that people make, which carries nothing and
    /// is to be carried.
    pub(crate) fn is_of_overlay(&self) -> bool {
        self.operation.as_ref().is_some_and(|it| it.starts_with("overlay "))
    }
}

/// Reads what a message, or the block in the text of a pull request, claims about promotions.
pub(crate) fn read(message: &str) -> Read {
    let promoted = values(message, "Rakops-Promoted:").filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            &[from, "->", to, commit] => Some((from.to_owned(), to.to_owned(), Oid::parse(commit)?)),
            _ => None,
        }
    });
    Read {
        promoted: promoted.collect(),
        changes: values(message, "Rakops-Change:").map(str::to_owned).collect(),
        rolls_back: values(message, "Rakops-Rollback:").filter_map(Oid::parse).collect(),
        operation: values(message, "Rakops-Operation:").next().map(str::to_owned),
        source: values(message, "Rakops-Source:").next_back().map(str::to_owned),
        run: values(message, "Rakops-Run:").next_back().map(str::to_owned),
    }
}

/// Tells whether rakops wrote the commit of this message.
pub(crate) fn is_ours(message: &str) -> bool {
    values(message, "Rakops-Operation:").next().is_some()
}

/// Returns the versions that a commit says it landed. A squash keeps them where it kept the pull request's body.
pub(crate) fn landings(message: &str) -> Vec<Landing> {
    let source = values(message, "Rakops-Source:").next_back();
    let source = source.and_then(|text| Source::parse(text).ok());
    values(message, "Rakops-Image:")
        .filter_map(|line| {
            let mut words = line.split(' ').filter(|word| !word.is_empty());
            let (environment, image, from) = (words.next()?, words.next()?, words.next()?);
            let (arrow, to) = (words.next()?, words.next()?);
            (arrow == "->" && words.next().is_none()).then(|| Landing {
                environment: (environment != NONE).then(|| environment.to_owned()),
                image: image.to_owned(),
                from: (from != NONE).then(|| from.to_owned()),
                to: to.to_owned(),
                source: source.clone(),
            })
        })
        .collect()
}

fn values<'m>(message: &'m str, key: &'m str) -> impl DoubleEndedIterator<Item = &'m str> {
    message
        .lines()
        .filter_map(move |line| line.trim_start_matches([' ', '\t', '*', '-', '>']).strip_prefix(key))
        .map(str::trim)
}

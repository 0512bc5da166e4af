//! The trailers of a commit: `Rakops-Image: prd ghcr.io/acme/api 1.4.1 -> 1.4.2`.

use crate::change::intent::{Intent, Source};
use crate::change::set::Facts;

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
    let mut lines = vec![format!("Rakops-Operation: {}", operation(intent))];
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
    if let Some(source) = &intent.source {
        lines.push(format!("Rakops-Source: {source}"));
    }
    if let Some(run) = &intent.run {
        lines.push(format!("Rakops-Run: {run}"));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// What was done, in a few words: `bump stg`.
fn operation(intent: &Intent) -> String {
    match intent.environments.is_empty() {
        true => intent.command.to_owned(),
        false => format!("{} {}", intent.command, intent.environments.join(",")),
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
        .filter_map(move |line| line.trim_start().strip_prefix(key))
        .map(str::trim)
}

//! The line that says what changed: `bump stg: api 1.4.1 -> 1.4.2`.

use crate::change::intent::Intent;
use crate::change::promotion::Picked;
use crate::change::set::{Facts, SiteChange};

/// Longer lines name numbers instead: git and the forges cut about here. In characters.
const LONGEST: usize = 72;

/// Fills `{command} {env} {image} {from} {to} {summary}`; with no template, `{command} {env}: {summary}`.
pub(super) fn fill(template: Option<&str>, intent: &Intent, facts: &Facts) -> String {
    let line = match template {
        None => {
            let lead = match (&intent.from, intent.environments.is_empty()) {
                (_, true) => intent.command.to_owned(),
                (None, false) => format!("{} {}", intent.command, environments(intent)),
                (Some(from), false) => format!("{} {from} to {}", intent.command, environments(intent)),
            };
            let room = LONGEST.saturating_sub(lead.chars().count() + 2);
            match summary((intent, facts), room).as_str() {
                "" => lead,
                summary => format!("{lead}: {summary}"),
            }
        }
        Some(template) => fill_words(template, intent, facts),
    };
    one_line(&line)
}

/// The same, with the lines of the template as they are.
pub(super) fn fill_words(template: &str, intent: &Intent, facts: &Facts) -> String {
    let moves = moves(facts);
    let each = |part: fn(&Move) -> &str| {
        let mut parts: Vec<&str> = moves.iter().map(part).collect();
        parts.dedup();
        parts.join(", ")
    };
    // Of what is carried, the two ends are environments.
    let (from, to) = match &intent.from {
        Some(from) => (from.clone(), environments(intent)),
        None => (each(|it| &it.from), each(|it| &it.to)),
    };
    template
        .replace("{command}", intent.command)
        .replace("{env}", &environments(intent))
        .replace("{summary}", &summary((intent, facts), LONGEST))
        .replace("{image}", &each(|it| &it.image))
        .replace("{from}", &from)
        .replace("{to}", &to)
}

fn environments(intent: &Intent) -> String {
    match intent.environments.is_empty() {
        true => "all".to_owned(),
        false => intent.environments.join(", "),
    }
}

/// A version that changed, whatever the number of its sites.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Move {
    /// Its last segment.
    image: String,
    from: String,
    to: String,
}

fn moves(facts: &Facts) -> Vec<Move> {
    let of = |site: &SiteChange| Move {
        image: short(&site.image).to_owned(),
        from: short_version(site.from.as_deref().unwrap_or("no version")),
        to: short_version(&site.to),
    };
    let mut moves: Vec<Move> = Vec::new();
    for site in &facts.sites {
        let it = of(site);
        if !moves.contains(&it) {
            moves.push(it);
        }
    }
    moves
}

/// What changed in at most about `room` characters: versions, else values, else what it is about.
fn summary((intent, facts): (&Intent, &Facts), room: usize) -> String {
    let moves = moves(facts);
    let settings: Vec<String> = facts
        .settings
        .iter()
        .map(|it| match &it.to {
            Some(to) if !to.contains('\n') => format!("{}={to}", it.path),
            Some(_) => it.path.clone(),
            // Several lines of a file, which are not told one by one.
            None if it.from.is_none() => it.path.clone(),
            None => format!("{} taken away", it.path),
        })
        .collect();
    let mut ways: Vec<String> = Vec::new();
    match moves.as_slice() {
        [] => {}
        [one] => ways.push(format!("{} {} -> {}", one.image, one.from, one.to)),
        several => ways.push(list(several.iter().map(|it| format!("{} {}", it.image, it.to)))),
    }
    if moves.is_empty() && !settings.is_empty() {
        ways.push(list(settings.iter().cloned()));
        ways.push(list(facts.settings.iter().map(|it| it.path.clone())));
    }
    let mut images: Vec<&str> = moves.iter().map(|it| it.image.as_str()).collect();
    images.sort_unstable();
    images.dedup();
    let shortest = match (images.as_slice(), settings.len()) {
        ([one], _) => format!("{one} {}", moves.last().map_or("", |it| it.to.as_str())),
        ([], 0) if intent.subjects.is_empty() => carried(facts),
        ([], 0) => list(intent.subjects.iter().cloned()),
        ([], 1) => "1 value".to_owned(),
        ([], many) => format!("{many} values"),
        (many, _) => format!("{} images", many.len()),
    };
    ways.into_iter()
        .find(|way| way.chars().count() <= room)
        .unwrap_or(shortest)
}

/// How much a promotion carries, where no version says it.
fn carried(facts: &Facts) -> String {
    let Some(promotion) = &facts.promotion else {
        return "nothing".to_owned();
    };
    let changes = promotion.changes.iter().filter(|it| it.picked != Picked::Left).count();
    let count = |many: usize, what: &str| match many {
        0 => String::new(),
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    };
    match (changes, promotion.tracks.first()) {
        (0, Some(tracked)) => format!("follow {}", tracked.to),
        (0, None) => count(promotion.rides_along.len(), "commit"),
        (many, _) => count(many, "change"),
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<String> = parts.collect();
    parts.dedup();
    parts.join(", ")
}

/// The last segment of a repository.
pub(super) fn short(image: &str) -> &str {
    image.rsplit('/').next().unwrap_or(image)
}

/// A version for a line: a digest by its first twelve digits, and not at all beside a tag.
pub(super) fn short_version(version: &str) -> String {
    let cut = |digest: &str| match digest.split_once(':') {
        Some((kind, digits)) => format!("{kind}:{}", digits.chars().take(12).collect::<String>()),
        None => digest.to_owned(),
    };
    match version.split_once('@') {
        Some((tag, _)) if !tag.is_empty() => tag.to_owned(),
        Some((_, digest)) => cut(digest),
        None if version.contains(':') => cut(version),
        None => version.to_owned(),
    }
}

/// A subject is one line, whatever came in.
fn one_line(text: &str) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    flat.trim().to_owned()
}

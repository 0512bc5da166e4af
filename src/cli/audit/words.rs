//! A row in words, the same for the table and for every file that is written.

use crate::audit::{Approval, Asked, FileChange, FileHow, ImageChange, Ownership, Row, SettingChange, Verdict, What};
use crate::forge::Checks;
use crate::git::first_parent::Signed;
use crate::git::objects::Who;
use crate::text::time;

/// A value longer than this, in characters, is cut where a person reads it.
const LONGEST: usize = 60;

/// `api 1.4.1 -> 1.4.2`.
pub(super) fn image(change: &ImageChange) -> String {
    let short = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let name = match &change.renamed_from {
        Some(from) => format!("{from} -> {}", change.image),
        None => short(&change.image),
    };
    match (&change.from, &change.to) {
        (Some(from), Some(to)) if from == to => format!("image {name} {to}"),
        (from, to) => format!(
            "image {name} {} -> {}",
            version(from.as_deref(), "(none)"),
            version(to.as_deref(), "(gone)")
        ),
    }
}

fn version(text: Option<&str>, absent: &str) -> String {
    match text {
        Some("") => "(no tag)".to_owned(),
        Some(text) => short_digest(text),
        None => absent.to_owned(),
    }
}

/// The version with no more of its digest than tells it from others.
fn short_digest(version: &str) -> String {
    match version.split_once("sha256:") {
        Some((before, hex)) if hex.len() > 12 && hex.is_char_boundary(12) => format!("{before}sha256:{}…", &hex[..12]),
        _ => version.to_owned(),
    }
}

/// `Deployment/api spec.replicas 3 -> 5`.
pub(super) fn setting(change: &SettingChange) -> String {
    let value = |text: &Option<String>, absent: &str| match text {
        None => absent.to_owned(),
        Some(text) if text.is_empty() => "\"\"".to_owned(),
        Some(text) => cut(text),
    };
    format!(
        "{} {} -> {}",
        change.selector,
        value(&change.from, "(not set)"),
        value(&change.to, "(gone)")
    )
}

fn cut(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let is_whole = line.len() == text.trim_end().len();
    let short: String = line.chars().take(LONGEST).collect();
    match is_whole && short.len() == line.len() {
        true => short,
        false => format!("{short}…"),
    }
}

/// `charts/api/values.yaml lines 3-5, 9`.
pub(super) fn file(change: &FileChange) -> String {
    let how = match change.how {
        FileHow::Changed => "",
        FileHow::Added => " added",
        FileHow::Deleted => " deleted",
    };
    if change.how != FileHow::Changed || change.lines.is_empty() {
        return format!("{}{how}", change.path);
    }
    let line = |(first, last): &(usize, usize)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    let lines: Vec<String> = change.lines.iter().take(5).map(line).collect();
    let noun = if matches!(change.lines.as_slice(), [(first, last)] if first == last) {
        "line"
    } else {
        "lines"
    };
    let more = if change.lines.len() > 5 { ", …" } else { "" };
    format!("{} {noun} {}{more}", change.path, lines.join(", "))
}

/// Everything that changed, one line each.
pub(super) fn what(what: &What) -> Vec<String> {
    let tracks = what
        .tracks
        .iter()
        .map(|it| format!("follows {} -> {} ({})", it.from, it.to, it.object));
    tracks
        .chain(what.images.iter().map(image))
        .chain(what.settings.iter().map(setting))
        .chain(what.files.iter().map(file))
        .chain(what.unknown.iter().cloned())
        .collect()
}

/// `anna (code owner) 2026-10-02T08:00:00Z`.
pub(super) fn approval(approval: &Approval) -> String {
    let mut words = vec![approval.by.clone()];
    match approval.code_owner {
        Some(Ownership::Yes) => words.push("(code owner)".to_owned()),
        Some(Ownership::Unknown) => words.push("(code owner: unknown)".to_owned()),
        Some(Ownership::No) | None => {}
    }
    if approval.is_own == Some(true) {
        words.push("(the author)".to_owned());
    }
    if approval.is_of_head == Some(false) {
        words.push("(an older commit)".to_owned());
    }
    if approval.is_before_merge == Some(false) {
        words.push("(after merging)".to_owned());
    }
    if let Some(at) = time::read(&approval.at) {
        words.push(time::moment(at));
    }
    words.join(" ")
}

pub(super) fn approvals(row: &Row) -> Vec<String> {
    let judged = row.evidence.judged.iter();
    judged.flat_map(|it| &it.approvals).map(approval).collect()
}

/// `#57`; with a question mark where only the commit's message says so.
pub(super) fn request(row: &Row) -> String {
    match (&row.evidence.request, row.claims.request) {
        (Some(request), _) => format!("#{}", request.number),
        (None, Some(number)) if row.evidence.asked == Asked::Git => format!("#{number}?"),
        (None, _) => String::new(),
    }
}

/// A person, by the login that the forge knows, else as the commit says.
pub(super) fn person(who: &Who, login: Option<&str>) -> String {
    match login {
        Some(login) => format!("{} (@{login})", who.name),
        None => who.name.clone(),
    }
}

/// The person with the address.
pub(super) fn whole_person(who: &Who, login: Option<&str>) -> String {
    match login {
        Some(login) => format!("{} <{}> (@{login})", who.name, who.email),
        None => format!("{} <{}>", who.name, who.email),
    }
}

pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Yes => "yes",
        Verdict::No => "no",
        Verdict::Unknown => "unknown",
        Verdict::NotAsked => "not-asked",
    }
}

pub(super) fn approved(row: &Row) -> &'static str {
    let judged = row.evidence.judged.as_ref();
    match (judged, row.evidence.asked) {
        (Some(judged), _) => verdict(judged.approved),
        (None, Asked::Forge) if row.evidence.unknown.is_empty() => "no",
        (None, _) => "unknown",
    }
}

pub(super) fn by_owner(row: &Row) -> &'static str {
    let judged = row.evidence.judged.as_ref();
    judged.map_or("unknown", |judged| verdict(judged.by_owner))
}

pub(super) fn checks(row: &Row) -> &'static str {
    let request = row.evidence.request.as_ref();
    match request.map_or(Checks::Unknown, |request| request.checks) {
        Checks::None => "none",
        Checks::Pending => "pending",
        Checks::Passed => "passed",
        Checks::Failed => "failed",
        Checks::Unknown => "unknown",
    }
}

/// The state of the signature: as the forge judges it, else as git does.
pub(super) fn signature(row: &Row) -> (&'static str, Option<String>) {
    if let Some(of_forge) = row.evidence.signature.as_ref() {
        let state = match (of_forge.is_valid, of_forge.by_forge) {
            (true, true) => "valid-by-forge",
            (true, false) => "valid",
            (false, _) => "invalid",
        };
        if of_forge.is_valid || !matches!(row.signed, Signed::Good(_)) {
            return (state, of_forge.signer.clone());
        }
    }
    match &row.signed {
        Signed::Good(signer) => ("valid", Some(signer.clone()).filter(|it| !it.is_empty())),
        Signed::Bad(why) => ("invalid", Some((*why).to_owned())),
        Signed::Unchecked => ("unchecked", None),
        Signed::No => ("none", None),
    }
}

/// What is missing, as codes.
pub(super) fn gaps(row: &Row) -> Vec<&'static str> {
    row.evidence.gaps.iter().map(|gap| gap.code()).collect()
}

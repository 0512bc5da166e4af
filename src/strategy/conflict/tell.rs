//! What is said of conflicts that are not settled: files, lines, and both sides.

use super::hunks::Hunk;
use crate::error::{Error, Hint, Kind, Place};
use crate::git::merge::Conflict;
use crate::git::objects::{Entry, Mode};
use crate::strategy::hop::Hop;

/// So many lines of one side are shown.
const LINES: usize = 12;

/// One file that is not settled.
pub(super) struct Refused {
    path: String,
    /// The line of TO's file where the first hunk begins, from 1; 0 for the whole file.
    line: u32,
    /// One text a hunk, or the reason.
    texts: Vec<String>,
}

impl Refused {
    /// A file that is not looked into.
    pub(super) fn whole(path: &str, why: String) -> Refused {
        Refused {
            path: path.to_owned(),
            line: 0,
            texts: vec![format!("{path}: {why}")],
        }
    }

    /// A file whose hunks hold more than versions.
    pub(super) fn hunks(hop: &Hop<'_>, path: &str, hunks: Vec<(usize, &Hunk)>) -> Refused {
        let line = hunks.first().map_or(0, |(line, _)| u32::try_from(*line).unwrap_or(0));
        let [from, to] = sides(hop);
        let text = |(line, hunk): &(usize, &Hunk)| {
            format!(
                "{path}:{line}\n{to} has\n{}\n{from} has\n{}",
                shown(&hunk.ours),
                shown(&hunk.theirs)
            )
        };
        Refused {
            path: path.to_owned(),
            line,
            texts: hunks.iter().map(text).collect(),
        }
    }
}

/// The refusal of all of them.
pub(super) fn error(hop: &Hop<'_>, refused: &[Refused]) -> Error {
    let [from, to] = sides(hop);
    let what = match refused {
        [only] => format!("`{}`", only.path),
        several => format!("{} files", several.len()),
    };
    let message = format!("{from} and {to} have both changed {what}, and not in versions alone");
    let mut error = Error::new(Kind::Conflict, "merge-conflict", message);
    if let Some(first) = refused.first() {
        error = error.at(Place::at(first.path.clone(), first.line, 0));
    }
    for text in refused.iter().flat_map(|it| &it.texts) {
        error = error.because(text);
    }
    let branch = hop.to.environments.first().and_then(|it| it.branch.as_deref());
    error.hint(Hint::Say(format!(
        "settle it by hand, land that, and promote again: git switch -c settle {} && git merge {}",
        branch.unwrap_or_else(|| hop.to.commit.as_str()),
        hop.from.commit.short()
    )))
}

/// One side is not there.
pub(super) fn absent(hop: &Hop<'_>, conflict: &Conflict) -> String {
    let [from, to] = sides(hop);
    match (&conflict.base, &conflict.ours, &conflict.theirs) {
        (Some(_), Some(_), None) => format!("{to} has changed it, and {from} has deleted or renamed it"),
        (Some(_), None, Some(_)) => format!("{from} has changed it, and {to} has deleted or renamed it"),
        (Some(_), None, None) => "both have renamed it, to different names".to_owned(),
        (None, Some(_), None) => format!("it has this name in {to} alone: {}", said(conflict)),
        (None, None, Some(_)) => format!("it has this name in {from} alone: {}", said(conflict)),
        _ => said(conflict),
    }
}

/// One side is a link, a submodule or a directory.
pub(super) fn no_file(hop: &Hop<'_>, conflict: &Conflict) -> String {
    let [from, to] = sides(hop);
    let what = |entry: &Option<Entry>| match entry.as_ref().map(|it| it.mode) {
        Some(Mode::Link) => "a link",
        Some(Mode::Submodule) => "a submodule",
        Some(Mode::Directory) => "a directory",
        Some(Mode::File | Mode::Executable) => "a file",
        None => "nothing",
    };
    match (what(&conflict.ours), what(&conflict.theirs)) {
        (one, other) if one == other => format!("both have changed it, and it is {one}"),
        (one, other) => format!("it is {one} in {to} and {other} in {from}"),
    }
}

/// Git's own sentence, without the ids of commits that nobody else has seen.
pub(super) fn said(conflict: &Conflict) -> String {
    let is_id = |word: &str| matches!(word.len(), 40 | 64) && word.bytes().all(|it| it.is_ascii_hexdigit());
    let plain = |word: &str| match is_id(word.trim_end_matches(['.', ',', ':', ';'])) {
        true => "one side".to_owned(),
        false => word.to_owned(),
    };
    let words: Vec<String> = conflict.said.split(' ').map(plain).collect();
    match words.join(" ") {
        text if text.is_empty() => "git cannot merge it".to_owned(),
        text => text,
    }
}

/// FROM and TO, as they are called here.
fn sides(hop: &Hop<'_>) -> [String; 2] {
    [hop.from.names(), hop.to.names()].map(|names| format!("`{}`", names.join(", ")))
}

/// The lines of one side, indented, and no more of them than can be read.
fn shown(side: &str) -> String {
    let lines: Vec<&str> = side.lines().collect();
    let mut text: Vec<String> = lines.iter().take(LINES).map(|line| format!("    {line}")).collect();
    match lines.len() {
        0 => "    (nothing)".to_owned(),
        many if many > LINES => {
            text.push(format!("    ({} lines more)", many - LINES));
            text.join("\n")
        }
        _ => text.join("\n"),
    }
}

//! Repositories in which something is missing or broken: what is said of them, and what can be done.

use super::names::Oid;
use super::program::said;
use crate::error::{Error, Hint, Kind};

/// A reference whose commit is not here, although nobody else has promised it.
pub(super) fn without_commit(reference: &str, id: Option<&Oid>) -> Error {
    let error = Error::new(
        Kind::Files,
        "object-missing",
        format!("the commit that `{reference}` names is not in the repository"),
    );
    let set = format!("`git update-ref {reference} COMMIT` names one that is here");
    match id {
        Some(id) => error
            .because(format!("it would be {id}"))
            .hint(look())
            .hint(Hint::Say(format!(
                "`git fetch` brings it, if a remote has it; else {set}"
            ))),
        // Git has just tried to fetch.
        None => error.hint(look()).hint(Hint::Say(format!(
            "{set}, and `git update-ref -d {reference}` takes it away"
        ))),
    }
}

/// How it is found out what else is wrong.
pub(super) fn look() -> Hint {
    Hint::Say("`git fsck` names all that is missing or broken".into())
}

/// Returns what is wrong with the repository that git has run in, if that is what it says. Of a remote it says so in other words.
///
/// Source: revision.c and object-file.c of git.
pub(super) fn here(text: &str) -> Option<Error> {
    let reference = text.lines().find_map(|line| {
        line.strip_prefix("fatal: bad object ")
            .filter(|name| name.starts_with("refs/"))
    });
    if let Some(reference) = reference {
        return Some(without_commit(reference.trim(), None).because(said(text)));
    }
    // A remote on this machine says it without `remote:`, and calls its own directory `.`.
    let is_broken = |line: &str| {
        line.starts_with("fatal: ")
            && line.contains("(stored in ")
            && !line.contains("(stored in ./")
            && line.ends_with(" is corrupt")
    };
    text.lines().any(is_broken).then(|| {
        Error::new(
            Kind::Files,
            "repository-unreadable",
            "an object of the repository here is broken",
        )
        .because(said(text))
        .hint(look())
    })
}

//! Reverts and rollbacks: what a later commit takes back.

use super::history::Landing;
use crate::error::Error;
use crate::git::names::Oid;
use crate::strategy::hop::Hop;

/// Git's own words, and what stands between them and the id.
const REVERTS: &str = "This reverts commit ";

/// The commits that a message says it undoes, as they are written there: whole ids or abbreviated ones.
pub(super) fn named(message: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in message.lines() {
        for (at, _) in line.match_indices(REVERTS) {
            let id: String = line[at + REVERTS.len()..]
                .chars()
                .take_while(char::is_ascii_hexdigit)
                .collect();
            if id.len() >= 7 {
                found.push(id.to_ascii_lowercase());
            }
        }
    }
    found.extend(
        crate::change::evidence::read(message)
            .rolls_back
            .iter()
            .map(|id| id.as_str().to_owned()),
    );
    found
}

/// The whole ids of those that are here.
pub(super) fn whole(hop: &Hop<'_>, ids: &[String]) -> Vec<Oid> {
    let mut found: Vec<Oid> = Vec::new();
    for id in ids {
        let known = Oid::parse(id).or_else(|| {
            let asked = format!("{id}^{{commit}}");
            let told = hop.git.run(&["rev-parse", "--verify", "--quiet", &asked], None, &[]);
            told.ok().and_then(|told| Oid::parse(&told.text()))
        });
        if let Some(known) = known.filter(|known| !found.contains(known)) {
            found.push(known);
        }
    }
    found
}

/// The commits that a message says it undoes, as far as they are here.
pub(crate) fn reverted_by(hop: &Hop<'_>, message: &str) -> Vec<Oid> {
    match named(message) {
        ids if ids.is_empty() => Vec::new(),
        ids => whole(hop, &ids),
    }
}

/// Marks what was taken back. The newest landing stands; what stands takes back what it names.
pub(super) fn mark(_hop: &Hop<'_>, landings: &mut [Landing]) -> Result<(), Error> {
    for at in 0..landings.len() {
        if landings[at].undone_by.is_some() {
            continue;
        }
        let (newer, older) = landings.split_at_mut(at + 1);
        for landing in older.iter_mut().filter(|it| newer[at].reverts.contains(&it.commit)) {
            landing.undone_by.get_or_insert_with(|| newer[at].commit.clone());
        }
    }
    Ok(())
}

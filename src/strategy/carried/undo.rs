//! Reverts and rollbacks: what a later landing takes back, by its words or by its content.

use std::collections::HashMap;

use super::history::Landing;
use crate::change::evidence;
use crate::git::changes::Changed;
use crate::git::names::Oid;
use crate::git::objects::Entry;
use crate::strategy::hop::Hop;

/// Git's own words, and what stands between them and the id.
const REVERTS: &str = "This reverts commit ";
/// Git abbreviates ids to no less.
const SHORTEST: usize = 7;

/// The commits that messages say they undo, as far as they are here. A request is named by its number: of those whose
/// merge the forge knows, or that their titles name.
pub(super) fn named(hop: &Hop<'_>, messages: &[&str]) -> Vec<Oid> {
    let mut found: Vec<Oid> = Vec::new();
    let mut take = |id: Option<Oid>| {
        if let Some(id) = id.filter(|id| !found.contains(id)) {
            found.push(id);
        }
    };
    for message in messages {
        for written in ids(message) {
            take(Oid::parse(&written).or_else(|| expand(hop, &written)));
        }
        for id in evidence::read(message).rolls_back {
            take(Some(id));
        }
        for number in numbers(message) {
            let of = |told: &crate::strategy::hop::Told| told.number == Some(number);
            take(hop.told.iter().find(|(_, told)| of(told)).map(|(id, _)| id.clone()));
        }
    }
    found
}

/// The ids behind git's own words, whole or abbreviated, in lower case.
fn ids(message: &str) -> Vec<String> {
    let behind = message
        .match_indices(REVERTS)
        .map(|(at, _)| &message[at + REVERTS.len()..]);
    let digits = behind.map(|rest| rest.chars().take_while(char::is_ascii_hexdigit).collect::<String>());
    digits
        .filter(|id| id.len() >= SHORTEST)
        .map(|id| id.to_ascii_lowercase())
        .collect()
}

/// The numbers of requests that a forge's own button says are reverted: `Reverts acme/manifests#12`,
/// `This reverts merge request !12`.
fn numbers(message: &str) -> Vec<u64> {
    let mut found = Vec::new();
    for line in message.lines().map(str::trim_start) {
        let lower = line.to_ascii_lowercase();
        if !lower.starts_with("reverts ") && !lower.starts_with("this reverts merge request ") {
            continue;
        }
        let digits = line.rsplit_once(['#', '!']).map(|(_, rest)| rest);
        let digits: String = digits
            .unwrap_or_default()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        found.extend(digits.parse::<u64>().ok());
    }
    found
}

/// The commit that an abbreviation means here.
fn expand(hop: &Hop<'_>, written: &str) -> Option<Oid> {
    let asked = format!("{written}^{{commit}}");
    let told = hop.git.run(&["rev-parse", "--verify", "--quiet", &asked], None, &[]);
    told.ok().and_then(|told| Oid::parse(&told.text()))
}

/// The commits that a message says it undoes, as far as they are here.
pub(crate) fn reverted_by(hop: &Hop<'_>, message: &str) -> Vec<Oid> {
    named(hop, &[message])
}

/// Marks what was taken back, newest first: what stands takes back what it names, and what is taken back takes back
/// nothing, so that the revert of a revert lets the first one stand.
pub(super) fn mark(hop: &Hop<'_>, landings: &mut [Landing]) {
    for at in 0..landings.len() {
        if landings[at].undone_by.is_some() {
            continue;
        }
        if landings[at].reverts.is_empty() {
            landings[at].reverts = by_content(landings, at);
        }
        let (newer, older) = landings.split_at_mut(at + 1);
        let undoer = &newer[at];
        for landing in older {
            if landing.undone_by.is_none() && undoer.reverts.iter().any(|id| is_of(hop, landing, id)) {
                landing.undone_by = Some(undoer.commit.clone());
            }
        }
    }
}

/// Tells whether a commit is a landing, or the one within it that carried FROM's commits: where a request was merged, the
/// promotion's own commit stands behind the merge.
pub(super) fn is_of(hop: &Hop<'_>, landing: &Landing, id: &Oid) -> bool {
    if landing.commit == *id {
        return true;
    }
    let Some((_, read)) = landing.brought.iter().find(|(brought, _)| brought == id) else {
        return false;
    };
    let parents = || hop.repository.commit(id).ok().flatten().map(|it| it.parents);
    !read.promoted.is_empty() || parents().is_some_and(|it| it.iter().any(|parent| landing.merged.contains(parent)))
}

/// The older landings whose net effect a landing takes back, oldest first: every file that they changed is as it was before them.
///
/// One that carries something itself takes back nothing: what it brings is what FROM has.
fn by_content(landings: &[Landing], at: usize) -> Vec<Oid> {
    let landing = &landings[at];
    let carries = !landing.merged.is_empty() || !landing.read.promoted.is_empty() || !landing.read.changes.is_empty();
    let Some(changed) = landing.changed.as_ref().filter(|it| !it.is_empty() && !carries) else {
        return Vec::new();
    };
    let after: HashMap<&str, Option<&Entry>> = changed.iter().map(|it| (it.path.as_str(), it.new.as_ref())).collect();
    // The value of a file before the landings that were looked at so far: the oldest of them says it.
    let mut before: HashMap<&str, Option<&Entry>> = HashMap::new();
    let mut within: Vec<&Oid> = Vec::new();
    let mut found: Vec<Oid> = Vec::new();
    for older in &landings[at + 1..] {
        let Some(files) = older.changed.as_ref().filter(|it| !it.is_empty()) else {
            continue;
        };
        let inside = |file: &&Changed| after.contains_key(file.path.as_str());
        match files.iter().filter(inside).count() {
            0 => continue,
            // It changed something else, too, that stands: more than its net effect would be needed.
            some if some < files.len() => break,
            _ => {}
        }
        before.extend(files.iter().map(|file| (file.path.as_str(), file.old.as_ref())));
        within.push(&older.commit);
        if before.iter().all(|(path, old)| after.get(path) == Some(old)) {
            found = within.iter().rev().map(|id| (*id).clone()).collect();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{ids, numbers};

    #[test]
    fn a_revert_names_its_commit_in_whole_or_abbreviated() {
        let whole = "4f0c2f1d9a4f0c2f1d9a4f0c2f1d9a4f0c2f1d9a";
        let message = format!("Revert \"x\"\n\nThis reverts commit {whole}, reversing\nchanges made to 1234567.\n");
        assert_eq!(ids(&message), [whole]);
        assert_eq!(ids("* This reverts commit 4F0C2F1 (x, 2026-11-20).\n"), ["4f0c2f1"]);
        assert!(ids("This reverts commit abc.\nit reverts commit 4f0c2f1d").is_empty());
    }

    #[test]
    fn a_forges_own_button_names_the_request() {
        assert_eq!(numbers("Revert \"x\" (#13)\n\nReverts acme/manifests#12"), [12]);
        assert_eq!(numbers("This reverts merge request acme/manifests!7"), [7]);
        assert!(numbers("Reverts the change\nsee #12").is_empty());
    }
}

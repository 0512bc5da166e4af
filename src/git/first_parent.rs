//! The line of a branch: the commits that were put on it one after the other, and the signatures on commits.

use std::collections::HashMap;

use super::names::Oid;
use super::objects::Nature;
use super::open::{Inside, Repository};
use super::program::Git;
use crate::error::Error;

/// A commit on the line of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) commit: Oid,
    /// What stood there before it; none for the first one.
    pub(crate) before: Option<Oid>,
    /// When it is said to have been committed, in seconds since 1970.
    pub(crate) time: i64,
}

/// What git says of the signature of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    /// There is none.
    No,
    /// It is good, and by whom, as far as git can tell.
    Good(String),
    /// It is not: wrong bytes, or a key that has expired or was revoked.
    Bad(&'static str),
    /// There is one, and whether it is good cannot be told here: the key is not known.
    Unchecked,
}

impl Repository {
    /// Returns the commits of the line that ends with `tip`, newest first: of each commit its first parent is followed.
    /// `without` leaves out what stands in the history of another commit.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot list them.
    pub(crate) fn line(&self, git: &Git, tip: &Oid, without: Option<&Oid>) -> Result<Vec<Step>, Error> {
        let excluded = without.map(|commit| format!("^{commit}"));
        let mut args = vec![
            "log",
            "--first-parent",
            "--no-show-signature",
            "--format=%ct %H %P",
            tip.as_str(),
        ];
        args.extend(excluded.as_deref());
        args.push("--");
        let listed = git
            .run(&args, None, &[])?
            .or_fail("git cannot list the commits of a branch")?;
        Ok(listed.text().lines().filter_map(step).collect())
    }

    /// Returns the newest commits of the line that ends with `tip`, newest first, at most `most`. As [`Repository::line`], but read here.
    ///
    /// # Errors
    /// `Kind::Files` if they cannot be read.
    pub(crate) fn newest(&self, git: &Git, tip: &Oid, most: usize) -> Result<Vec<Oid>, Error> {
        if matches!(self.inside, Inside::Library(_))
            && !self.is_rewritten()
            && let Some(found) = self.newest_here(tip, most)?
        {
            return Ok(found);
        }
        let most = format!("--max-count={most}");
        self.list(git, &["--first-parent", &most, tip.as_str(), "--"])
    }

    /// None where a commit is not here: git may know where it is, or says what is wrong.
    fn newest_here(&self, tip: &Oid, most: usize) -> Result<Option<Vec<Oid>>, Error> {
        let boundary = self.boundary();
        let mut found = Vec::new();
        let mut next = Some(tip.clone());
        while let Some(id) = next.filter(|_| found.len() < most) {
            let Some(commit) = self.commit(&id)? else {
                return Ok(None);
            };
            next = commit.parents.into_iter().next().filter(|_| !boundary.contains(&id));
            found.push(id);
        }
        Ok(Some(found))
    }

    /// Tells what git says of the signatures of some commits.
    ///
    /// Source: `git help log`, `%G?`. Where git cannot check a signature at all it says that there is none; so the commit itself
    /// is looked at.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot read them.
    pub(crate) fn signatures(&self, git: &Git, commits: &[Oid]) -> Result<HashMap<Oid, Signed>, Error> {
        let mut signed = Vec::new();
        let mut found = HashMap::new();
        for commit in commits {
            match self.has_signature(commit)? {
                true => signed.push(commit.clone()),
                false => drop(found.insert(commit.clone(), Signed::No)),
            }
        }
        if signed.is_empty() {
            return Ok(found);
        }
        let list: String = signed.iter().map(|id| format!("{id}\n")).collect();
        let args = [
            "log",
            "--no-walk=unsorted",
            "--stdin",
            "--no-show-signature",
            "-z",
            "--format=%H%n%G?%n%GS",
        ];
        let told = git.run(&args, Some(list.as_bytes()), &[])?;
        let told = told.or_fail("git cannot check signatures")?;
        for entry in told.text().split('\0') {
            let mut lines = entry.lines();
            if let (Some(id), Some(word)) = (lines.next().and_then(Oid::parse), lines.next()) {
                let signer = lines.next().unwrap_or_default().to_owned();
                found.insert(id, state(word, signer));
            }
        }
        for id in signed {
            found.entry(id).or_insert(Signed::Unchecked);
        }
        Ok(found)
    }

    /// Whether a commit carries a signature, good or bad.
    fn has_signature(&self, commit: &Oid) -> Result<bool, Error> {
        let Some(raw) = self.raw(commit)?.filter(|raw| raw.nature == Nature::Commit) else {
            return Ok(false);
        };
        let end = memchr::memmem::find(&raw.bytes, b"\n\n").unwrap_or(raw.bytes.len());
        let head = &raw.bytes[..end];
        Ok(memchr::memmem::find(head, b"\ngpgsig").is_some())
    }
}

fn step(line: &str) -> Option<Step> {
    let mut words = line.split(' ');
    Some(Step {
        time: words.next()?.parse().ok()?,
        commit: Oid::parse(words.next()?)?,
        before: words.next().and_then(Oid::parse),
    })
}

fn state(word: &str, signer: String) -> Signed {
    match word {
        "G" | "U" => Signed::Good(signer),
        "B" => Signed::Bad("the signature does not fit the commit"),
        "X" => Signed::Bad("the signature has expired"),
        "Y" => Signed::Bad("the key has expired"),
        "R" => Signed::Bad("the key was revoked"),
        _ => Signed::Unchecked,
    }
}

#[cfg(test)]
mod tests {
    use super::{Signed, Step, state, step};
    use crate::git::names::Oid;

    #[test]
    fn a_line_of_git_is_read_with_the_first_of_the_parents() {
        let (one, two, three) = ("1".repeat(40), "2".repeat(40), "3".repeat(40));
        let oid = |text: &str| Oid::parse(text).unwrap();
        assert_eq!(
            step(&format!("1700000000 {one} {two} {three}")),
            Some(Step {
                commit: oid(&one),
                before: Some(oid(&two)),
                time: 1_700_000_000
            })
        );
        assert_eq!(step(&format!("-5 {one} ")).unwrap().before, None);
        assert_eq!(step("gpg: no such key"), None);
    }

    #[test]
    fn what_cannot_be_checked_is_not_good() {
        assert_eq!(state("G", "anna".into()), Signed::Good("anna".into()));
        assert_eq!(state("E", String::new()), Signed::Unchecked);
        assert_eq!(state("N", String::new()), Signed::Unchecked);
        assert!(matches!(state("B", String::new()), Signed::Bad(_)));
    }
}

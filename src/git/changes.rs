//! What commits changed: files, and patches by their content.

use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use super::names::Oid;
use super::objects::{Entry, Mode};
use super::open::Repository;
use super::program::Git;
use crate::error::Error;

/// A file that differs between two trees. Renames are shown as a file that is gone and one that has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) path: String,
    /// None where it has come.
    pub(crate) old: Option<Entry>,
    /// None where it is gone.
    pub(crate) new: Option<Entry>,
}

/// Two trees or commits to be compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pair {
    pub(crate) old: Oid,
    pub(crate) new: Oid,
}

impl Repository {
    /// Returns the files that differ between two trees, or the trees of two commits, by path.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot compare them.
    pub(crate) fn changes(&self, git: &Git, pair: &Pair) -> Result<Vec<Changed>, Error> {
        let args = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--full-index"];
        let ends = [pair.old.as_str(), pair.new.as_str()];
        let compared = git.run(&[&args[..], &ends[..]].concat(), None, &[])?;
        let compared = compared.or_fail("git cannot compare two trees")?;
        let text = String::from_utf8_lossy(&compared.stdout).into_owned();
        let mut fields = text.split('\0');
        Ok(read_files(&mut fields).0)
    }

    /// Returns how two trees differ, in git's form.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot compare them.
    pub(crate) fn patch(&self, git: &Git, pair: &Pair) -> Result<String, Error> {
        let args = [
            "diff-tree",
            "-r",
            "-p",
            "-M",
            "--no-color",
            "--no-ext-diff",
            pair.old.as_str(),
            pair.new.as_str(),
        ];
        let compared = git.run(&args, None, &[])?.or_fail("git cannot compare two trees")?;
        Ok(String::from_utf8_lossy(&compared.stdout).into_owned())
    }

    /// As [`Repository::changes`] for many pairs of commits, in one run of git; one list a pair.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot compare them.
    pub(crate) fn changes_of(&self, git: &Git, pairs: &[Pair]) -> Result<Vec<Vec<Changed>>, Error> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let args = [
            "diff-tree",
            "--stdin",
            "-r",
            "-z",
            "--raw",
            "--no-renames",
            "--full-index",
            "--always",
        ];
        let compared = git.run(&args, Some(lines_of(pairs.iter()).as_bytes()), &[])?;
        let compared = compared.or_fail("git cannot compare commits")?;
        let text = String::from_utf8_lossy(&compared.stdout).into_owned();
        let mut fields = text.split('\0');
        let mut all = Vec::with_capacity(pairs.len());
        let mut head = fields.next();
        while head.is_some_and(|head| Oid::parse(head.trim()).is_some()) {
            let (files, next) = read_files(&mut fields);
            all.push(files);
            head = next;
        }
        match all.len() == pairs.len() {
            true => Ok(all),
            false => Err(Error::bug("git compared another number of commits than it was given")),
        }
    }

    /// Returns the patch-id of what each commit `new` changed against `old`, one a pair; none where it changed nothing.
    ///
    /// Source: `git help patch-id`, `--stable`: line numbers and white space do not count.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot compare them.
    pub(crate) fn patch_ids(&self, git: &Git, pairs: &[Pair]) -> Result<Vec<Option<String>>, Error> {
        // Both ways of a comparison ask about the same commits.
        let mut known = self.patches.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open: Vec<&Pair> = pairs.iter().filter(|pair| !known.contains_key(pair)).collect();
        // Git tells them by the commit alone: one that is compared with several others takes several rounds.
        while !open.is_empty() {
            let mut seen = HashSet::new();
            let (now, later): (Vec<&Pair>, Vec<&Pair>) = open.into_iter().partition(|pair| seen.insert(&pair.new));
            let mut told = patch_ids_once(git, &now)?;
            known.extend(now.into_iter().map(|pair| (pair.clone(), told.remove(&pair.new))));
            open = later;
            open.retain(|pair| !known.contains_key(pair));
        }
        Ok(pairs.iter().map(|pair| known.get(pair).cloned().flatten()).collect())
    }

    /// Returns the commits that `git rev-list` names, in its order: `["--first-parent", TIP, "^BASE"]`.
    ///
    /// # Errors
    /// `Kind::Files` if git cannot list them.
    pub(crate) fn list(&self, git: &Git, words: &[&str]) -> Result<Vec<Oid>, Error> {
        let args = [&["rev-list"], words].concat();
        let listed = git.run(&args, None, &[])?.or_fail("git cannot list commits")?;
        Ok(listed.text().lines().filter_map(Oid::parse).collect())
    }

    /// Returns the best common ancestor of two commits, as git has it; none if they are unrelated.
    ///
    /// # Errors
    /// What [`Git::run`] says.
    pub(crate) fn merge_base(&self, git: &Git, one: &Oid, other: &Oid) -> Result<Option<Oid>, Error> {
        let found = git.run(&["merge-base", one.as_str(), other.as_str()], None, &[])?;
        Ok(found
            .text()
            .lines()
            .next()
            .and_then(Oid::parse)
            .filter(|_| found.is_success()))
    }
}

/// The patch-ids of commits, each of which stands there once.
fn patch_ids_once(git: &Git, pairs: &[&Pair]) -> Result<HashMap<Oid, String>, Error> {
    let args = [
        "diff-tree",
        "--stdin",
        "-r",
        "-p",
        "--no-renames",
        "--full-index",
        "--no-ext-diff",
        "--no-textconv",
    ];
    let patches = git.run(&args, Some(lines_of(pairs.iter().copied()).as_bytes()), &[])?;
    let patches = patches.or_fail("git cannot compare commits")?;
    let ids = git.run(&["patch-id", "--stable"], Some(&patches.stdout), &[])?;
    let ids = ids.or_fail("git cannot hash patches")?;
    let text = ids.text();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    Ok(lines
        .filter_map(|(id, commit)| Some((Oid::parse(commit)?, id.to_owned())))
        .collect())
}

/// What `diff-tree --stdin` reads: the commit, and what takes the place of its parents.
fn lines_of<'p>(pairs: impl Iterator<Item = &'p Pair>) -> String {
    pairs.map(|pair| format!("{} {}\n", pair.new, pair.old)).collect()
}

/// Reads `:MODE MODE ID ID STATUS NUL PATH NUL` as long as they come, and returns the field that came instead.
fn read_files<'t>(fields: &mut impl Iterator<Item = &'t str>) -> (Vec<Changed>, Option<&'t str>) {
    let mut files = Vec::new();
    while let Some(field) = fields.next() {
        let Some(facts) = field.strip_prefix(':') else {
            return (files, Some(field));
        };
        let words: Vec<&str> = facts.split(' ').collect();
        let (&[old_mode, new_mode, old, new, _], Some(path)) = (&words[..], fields.next()) else {
            return (files, None);
        };
        let entry = |mode: &str, id: &str| {
            let mode = Mode::of_digits(mode.as_bytes())?;
            Some(Entry {
                mode,
                id: Oid::parse(id)?,
            })
        };
        files.push(Changed {
            path: path.to_owned(),
            old: entry(old_mode, old),
            new: entry(new_mode, new),
        });
    }
    (files, None)
}

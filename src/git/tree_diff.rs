//! What commits changed, read here: without a run of git, and only the directories that lead to the files in question.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use super::changed::empty_tree;
use super::changes::{Changed, Pair};
use super::names::Oid;
use super::objects::{Entry, Mode, RawEntry, entries_of, id_length, is_partial, oid_of};
use super::open::{Inside, Repository};
use super::program::Git;
use crate::error::Error;

/// A commit, and what stood there before it; none where all of its files are new.
pub(crate) type Landing = (Oid, Option<Oid>);

/// Which files are looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Among<'f> {
    All,
    These(&'f BTreeSet<String>),
}

impl Among<'_> {
    fn has(self, file: &str) -> bool {
        match self {
            Among::All => true,
            Among::These(files) => files.contains(file),
        }
    }

    /// Whether one of them lies below a directory, which ends with a slash.
    fn is_below(self, directory: &str) -> bool {
        let Among::These(files) = self else { return true };
        let from = (Bound::Included(directory), Bound::Unbounded);
        let next = files.range::<str, _>(from).next();
        next.is_some_and(|file| file.starts_with(directory))
    }
}

impl Repository {
    /// Returns which files each commit changed, one list a commit, by path.
    ///
    /// # Errors
    /// `Kind::Files` if they cannot be compared.
    pub(crate) fn landed(
        &self,
        git: &Git,
        (landings, files): (&[Landing], Among<'_>),
    ) -> Result<Vec<Vec<Changed>>, Error> {
        // Git asks for what is promised by many at once, and reads what libgit2 does not know.
        if matches!(self.inside, Inside::Program(_)) || is_partial(git) {
            return self.landed_by_program(git, (landings, files));
        }
        let mut all = Vec::with_capacity(landings.len());
        for (commit, before) in landings {
            let before = before.as_ref().map(|it| self.tree_of(it)).transpose()?;
            all.push(self.differ_in([before, Some(self.tree_of(commit)?)], files)?);
        }
        Ok(all)
    }

    fn landed_by_program(
        &self,
        git: &Git,
        (landings, files): (&[Landing], Among<'_>),
    ) -> Result<Vec<Vec<Changed>>, Error> {
        let pair = |(new, before): &Landing| before.clone().map(|old| Pair { old, new: new.clone() });
        let pairs: Vec<Pair> = landings.iter().filter_map(pair).collect();
        let mut of_pairs = self.changes_of(git, &pairs)?.into_iter();
        let mut all = Vec::with_capacity(landings.len());
        for (commit, before) in landings {
            let mut changed = match before {
                Some(_) => of_pairs.next().unwrap_or_default(),
                None => {
                    let everything = Pair {
                        old: empty_tree(commit).ok_or_else(|| Error::bug("ids of no known length"))?,
                        new: self.tree_of(commit)?,
                    };
                    self.changes(git, &everything)?
                }
            };
            changed.retain(|it| files.has(&it.path));
            all.push(changed);
        }
        Ok(all)
    }

    /// Those of the files that differ between two trees, by path.
    fn differ_in(&self, trees: [Option<Oid>; 2], files: Among<'_>) -> Result<Vec<Changed>, Error> {
        let mut found = Vec::new();
        // One text serves for all paths: directories may be nested by the ten thousand.
        let mut path = String::new();
        // What is to be entered: how long the path above it is, its name, and its tree on both sides.
        let mut open = vec![(0, String::new(), trees)];
        while let Some((above, name, [old, new])) = open.pop() {
            path.truncate(above);
            path.push_str(&name);
            if old == new || !files.is_below(&path) {
                continue;
            }
            let bytes = |tree: &Option<Oid>| tree.as_ref().map_or_else(|| Ok(Arc::default()), |id| self.tree(id));
            let (old_bytes, new_bytes) = (bytes(&old)?, bytes(&new)?);
            let length = old.as_ref().or(new.as_ref()).map_or(0, id_length);
            let sides = [&old_bytes, &new_bytes].map(|bytes| entries_of(bytes, length));
            let here = path.len();
            for pair in side_by_side(sides) {
                let name = pair.iter().flatten().next().map_or(&b""[..], |it| it.name);
                let name = String::from_utf8_lossy(name);
                let is_directory = pair.iter().flatten().any(is_directory);
                let [old, new] = pair.map(|it| it.and_then(|it| entry(&it)));
                if is_directory {
                    open.push((here, format!("{name}/"), [old, new].map(|it| it.map(|it| it.id))));
                    continue;
                }
                path.truncate(here);
                path.push_str(&name);
                if files.has(&path) {
                    let path = path.clone();
                    found.push(Changed { path, old, new });
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }
}

/// The entries of two trees that are not the same in both. A file and a directory of one name are two entries.
fn side_by_side<'a>(sides: [impl Iterator<Item = RawEntry<'a>>; 2]) -> impl Iterator<Item = [Option<RawEntry<'a>>; 2]> {
    let [old, new] = sides;
    let (mut old, mut new) = (old.peekable(), new.peekable());
    std::iter::from_fn(move || {
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => order(one, other),
            };
            match order {
                Ordering::Less => return Some([old.next(), None]),
                Ordering::Greater => return Some([None, new.next()]),
                Ordering::Equal => {}
            }
            let (one, other) = (old.next()?, new.next()?);
            if one.id != other.id || mode_of(one.mode) != mode_of(other.mode) {
                return Some([Some(one), Some(other)]);
            }
        }
    })
}

/// Source: tree.c of git, `base_name_compare`: a directory stands where its name with a slash would.
fn order(one: &RawEntry<'_>, other: &RawEntry<'_>) -> Ordering {
    let both = one.name.len().min(other.name.len());
    let next = |it: &RawEntry<'_>| match it.name.get(both) {
        Some(byte) => *byte,
        None if is_directory(it) => b'/',
        None => 0,
    };
    one.name[..both]
        .cmp(&other.name[..both])
        .then_with(|| next(one).cmp(&next(other)))
}

fn is_directory(entry: &RawEntry<'_>) -> bool {
    mode_of(entry.mode) == Some(Mode::Directory)
}

fn entry(raw: &RawEntry<'_>) -> Option<Entry> {
    Some(Entry {
        mode: mode_of(raw.mode)?,
        id: oid_of(raw.id)?,
    })
}

/// Source: cache.h of git, `canon_mode`: old repositories hold modes that are written no more.
fn mode_of(digits: &[u8]) -> Option<Mode> {
    let known = Mode::of_digits(digits);
    known.or_else(|| {
        let mode = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()?;
        Some(match mode & 0o170_000 {
            0o100_000 if mode & 0o100 == 0 => Mode::File,
            0o100_000 => Mode::Executable,
            0o120_000 => Mode::Link,
            0o040_000 => Mode::Directory,
            _ => Mode::Submodule,
        })
    })
}

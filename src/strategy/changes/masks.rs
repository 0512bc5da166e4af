//! Files without their versions: which changes are of versions alone, and what others are without them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::aligned::Aligned;
use super::units::Unit;
use crate::error::Error;
use crate::git::names::Oid;
use crate::git::objects::Entry;
use crate::manifest::locate::{self, Declared};
use crate::manifest::site::Site;
use crate::manifest::slot;
use crate::manifest::terraform;
use crate::manifest::version_edit::{OldDigest, VersionEdit, Wanted};
use crate::strategy::hop::Hop;
use crate::yaml::{self, AliasPolicy};

/// What was made, by path and blob.
type Made = HashMap<(String, Oid), Rc<Vec<u8>>>;

/// Files without their versions, each made once.
pub(crate) struct Masks<'h> {
    hop: &'h Hop<'h>,
    declared: Declared,
    made: RefCell<Made>,
}

impl<'h> Masks<'h> {
    pub(crate) fn new(hop: &'h Hop<'h>) -> Result<Masks<'h>, Error> {
        Ok(Masks {
            declared: hop.declared()?,
            hop,
            made: RefCell::new(HashMap::new()),
        })
    }

    /// A file without its versions.
    fn of(&self, path: &str, entry: &Entry) -> Result<Rc<Vec<u8>>, Error> {
        let key = (path.to_owned(), entry.id.clone());
        if let Some(made) = self.made.borrow().get(&key) {
            return Ok(Rc::clone(made));
        }
        let bytes = self.hop.repository.blob(&entry.id)?;
        let made = Rc::new(slot::masked(path, &bytes, &self.declared));
        self.made.borrow_mut().insert(key, Rc::clone(&made));
        Ok(made)
    }

    /// Tells whether two entries of a path are the same but for versions.
    pub(crate) fn same(&self, path: &str, one: Option<&Entry>, other: Option<&Entry>) -> Result<bool, Error> {
        match (one, other) {
            (None, None) => Ok(true),
            (Some(one), Some(other)) if one == other => Ok(true),
            (Some(one), Some(other)) if one.mode == other.mode && one.mode.is_file() => {
                Ok(self.of(path, one)? == self.of(path, other)?)
            }
            _ => Ok(false),
        }
    }

    /// Tells whether a change is of versions alone.
    pub(crate) fn is_of_versions(&self, unit: &Unit) -> Result<bool, Error> {
        for file in &unit.files {
            if !self.same(&file.path, file.old.as_ref(), file.new.as_ref())? {
                return Ok(false);
            }
        }
        Ok(!unit.files.is_empty())
    }

    /// The files before and after a change, with the versions that stand in `onto`: what is left of the change is what it
    /// did besides, and a version on the next line is in nobody's way. A site that `onto` lacks keeps the version it had.
    ///
    /// # Errors
    /// As reading files.
    pub(crate) fn aligned<'u>(&self, unit: &'u Unit, onto: &Oid) -> Result<Aligned<'u>, Error> {
        let repository = self.hop.repository;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for file in &unit.files {
            let here = repository.entry(onto, &file.path)?.filter(|it| it.mode.is_file());
            if let Some(old) = &file.old
                && let Some(bytes) = self.with_versions_of((&file.path, old), &[here.as_ref()])?
            {
                before.push((file.path.clone(), bytes));
            }
            if let Some(new) = &file.new
                && let Some(bytes) = self.with_versions_of((&file.path, new), &[here.as_ref(), file.old.as_ref()])?
            {
                after.push((file.path.clone(), bytes));
            }
        }
        Ok(Aligned { unit, before, after })
    }

    /// A file with the versions that the first of some others states for its sites; none where they are the same.
    fn with_versions_of(
        &self,
        (path, entry): (&str, &Entry),
        others: &[Option<&Entry>],
    ) -> Result<Option<Vec<u8>>, Error> {
        let Some(tree) = self.parsed(path, entry)? else {
            return Ok(None);
        };
        let sites = locate::sites(path, &tree, &self.declared);
        if sites.is_empty() {
            return Ok(None);
        }
        let mut models = Vec::new();
        for other in others.iter().flatten() {
            if let Some(other) = self.parsed(path, other)? {
                models.push(locate::sites(path, &other, &self.declared));
            }
        }
        let mut edit = VersionEdit::new(&tree);
        let mut differs = false;
        for (at, site) in sites.iter().enumerate() {
            let nth = sites[..at].iter().filter(|it| is_same(it, site)).count();
            let of = |model: &Vec<Site>| model.iter().filter(|it| is_same(it, site)).nth(nth).cloned();
            let Some(wanted) = models.iter().find_map(of) else {
                continue;
            };
            if wanted.version == site.version || wanted.version.is_none() {
                continue;
            }
            let wanted = Wanted {
                version: &wanted.version,
                rename: None,
                digest: OldDigest::Drop,
            };
            differs |= edit.add(site, wanted).is_ok();
        }
        let edits = edit.edits(AliasPolicy::Definition).ok().filter(|_| differs);
        let applied = edits.and_then(|edits| tree.apply(edits).ok());
        Ok(applied.map(yaml::Verified::into_bytes))
    }

    fn parsed(&self, path: &str, entry: &Entry) -> Result<Option<yaml::Tree>, Error> {
        if !entry.mode.is_file() {
            return Ok(None);
        }
        let bytes = self.hop.repository.blob(&entry.id)?;
        Ok(terraform::parse(path, bytes).ok())
    }
}

/// Tells whether two sites state the version of one thing.
fn is_same(one: &Site, other: &Site) -> bool {
    one.locator == other.locator && one.slot == other.slot && one.image.same_as(&other.image)
}

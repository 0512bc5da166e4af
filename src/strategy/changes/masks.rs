//! Files without their versions: which changes are of versions alone, and what others are without them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::units::Unit;
use crate::error::Error;
use crate::git::changes::Changed;
use crate::git::names::Oid;
use crate::git::objects::Entry;
use crate::manifest::locate::{self, Declared};
use crate::manifest::site::Site;
use crate::manifest::slot;
use crate::manifest::version_edit::{OldDigest, VersionEdit, Wanted};
use crate::strategy::hop::Hop;
use crate::yaml::{self, AliasPolicy};

/// Files without their versions, each made once.
pub(crate) struct Masks<'h> {
    hop: &'h Hop<'h>,
    declared: Declared,
    made: RefCell<HashMap<(String, Oid), Rc<Vec<u8>>>>,
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

    /// The tree of a change with the versions that stood there before it.
    pub(crate) fn without_versions(&self, unit: &Unit) -> Result<Oid, Error> {
        let mut files = Vec::new();
        for file in &unit.files {
            if let Some(bytes) = self.with_old_versions(file)? {
                files.push((file.path.clone(), bytes));
            }
        }
        let tree = self.hop.repository.tree_of(&unit.commit)?;
        match files.is_empty() {
            true => Ok(tree),
            false => self.hop.repository.tree_with(&tree, &files),
        }
    }

    /// The new content of a file with the versions of the old one; none where they are the same.
    fn with_old_versions(&self, file: &Changed) -> Result<Option<Vec<u8>>, Error> {
        let (Some(old), Some(new)) = (&file.old, &file.new) else {
            return Ok(None);
        };
        if !old.mode.is_file() || !new.mode.is_file() {
            return Ok(None);
        }
        let parse = |entry: &Entry| -> Result<_, Error> {
            let bytes = self.hop.repository.blob(&entry.id)?;
            Ok(yaml::parse(bytes, yaml::Limits::default()).ok())
        };
        let (Some(old), Some(new)) = (parse(old)?, parse(new)?) else {
            return Ok(None);
        };
        let before = locate::sites(&file.path, &old, &self.declared);
        let after = locate::sites(&file.path, &new, &self.declared);
        let mut edit = VersionEdit::new(&new);
        let mut differs = false;
        for (at, site) in after.iter().enumerate() {
            let nth = after[..at].iter().filter(|it| is_same(it, site)).count();
            let Some(was) = before.iter().filter(|it| is_same(it, site)).nth(nth) else {
                continue;
            };
            if was.version == site.version || was.version.is_none() {
                continue;
            }
            let wanted = Wanted {
                version: &was.version,
                rename: None,
                digest: OldDigest::Drop,
            };
            differs |= edit.add(site, wanted).is_ok();
        }
        let edits = edit.edits(AliasPolicy::Definition).ok().filter(|_| differs);
        let applied = edits.and_then(|edits| new.apply(edits).ok());
        Ok(applied.map(yaml::Verified::into_bytes))
    }
}

/// Tells whether two sites state the version of one thing.
fn is_same(one: &Site, other: &Site) -> bool {
    one.locator == other.locator && one.slot == other.slot && one.image.same_as(&other.image)
}

//! What sites have said: the versions that a file has stated over the first-parent history of a branch.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::change::evidence;
use crate::error::Error;
use crate::git::names::Oid;
use crate::git::tree_diff::{Among, Landing};
use crate::image::{Repository, Version};
use crate::manifest::locate::{self, Declared};
use crate::manifest::slot::Slot;
use crate::manifest::terraform;
use crate::strategy::hop::Hop;

/// So many landings of the wanted files are looked at, the newest.
const MOST: usize = 1000;
/// Git compares every changed path with every path that was asked for: beyond so many it is quicker to ask for none.
const PATHS: usize = 200;

/// The past of some files on a branch.
pub(crate) struct Past<'h> {
    hop: &'h Hop<'h>,
    declared: &'h Declared,
    revisions: HashMap<String, Vec<Revision>>,
    /// What blobs state, by path and blob.
    stated: RefCell<StatedBy>,
    /// Whether everything there is was looked at.
    pub(crate) is_whole: bool,
}

/// A landing that changed a file.
#[derive(Clone, Debug)]
struct Revision {
    commit: Oid,
    old: Option<Oid>,
    new: Option<Oid>,
}

/// Sites of old files, by path and blob.
type StatedBy = HashMap<(String, Oid), Rc<Vec<Stated>>>;

/// One site of an old file.
struct Stated {
    names: Vec<Repository>,
    container: Option<String>,
    version: Version,
}

impl Stated {
    /// Tells whether the site states a version of what a slot runs.
    fn is_of(&self, slot: &Slot) -> bool {
        let mut names = self.names.iter();
        let is_image = names.any(|name| name.same_as(&slot.identity) || name.same_as(&slot.image));
        is_image && self.container.as_ref().is_none_or(|it| *it == slot.name.place)
    }
}

impl<'h> Past<'h> {
    /// Whether so many files are asked for by no path: then the newest landings of the branch are looked at, whatever they changed.
    pub(crate) fn lists_all(files: &BTreeSet<String>) -> bool {
        files.len() > PATHS
    }

    /// Looks at the landings that changed these files, newest first, in one look for all of them.
    ///
    /// # Errors
    /// As listing and comparing commits.
    pub(crate) fn of(
        hop: &'h Hop<'h>,
        (tip, declared): (&Oid, &'h Declared),
        files: &BTreeSet<String>,
    ) -> Result<Past<'h>, Error> {
        let mut past = Past {
            hop,
            declared,
            revisions: HashMap::new(),
            stated: RefCell::default(),
            is_whole: true,
        };
        if files.is_empty() {
            return Ok(past);
        }
        let listed = match Past::lists_all(files) {
            true => hop.repository.newest(hop.git, tip, MOST)?,
            false => {
                let paths: Vec<String> = files.iter().map(|file| format!(":(top,literal){file}")).collect();
                let most = format!("--max-count={MOST}");
                let mut words = vec!["--first-parent", &most, tip.as_str(), "--"];
                words.extend(paths.iter().map(String::as_str));
                hop.repository.list(hop.git, &words)?
            }
        };
        past.is_whole = listed.len() < MOST && !hop.repository.is_shallow();
        let mut landings: Vec<Landing> = Vec::new();
        for id in listed {
            let Some(commit) = hop.repository.commit(&id)? else {
                continue;
            };
            match commit.parents.into_iter().next() {
                Some(parent) if !hop.repository.has(&parent) => past.is_whole = false,
                before => landings.push((id, before)),
            }
        }
        let changes = hop.repository.landed(hop.git, (&landings, Among::These(files)))?;
        for ((commit, _), changed) in landings.iter().zip(changes) {
            for change in changed {
                past.revisions.entry(change.path).or_default().push(Revision {
                    commit: commit.clone(),
                    old: change.old.map(|it| it.id),
                    new: change.new.map(|it| it.id),
                });
            }
        }
        Ok(past)
    }

    /// Tells whether one of these files has ever stated a version for the image of a slot.
    pub(crate) fn ever(&self, files: &[&str], (slot, version): (&Slot, &Version)) -> bool {
        files.iter().any(|file| {
            let revisions = self.revisions.get(*file).map_or(&[][..], Vec::as_slice);
            revisions
                .iter()
                .flat_map(|it| it.new.iter().chain(&it.old))
                .any(|blob| self.has((file, blob), (slot, version)))
        })
    }

    /// The landing by which a file came to state the version that it states for a slot today; none if it has done so
    /// since the file is there, or as far back as can be seen.
    pub(crate) fn set_by(&self, file: &str, wanted: (&Slot, &Version)) -> Option<Oid> {
        let (revision, is_first) = self.since(file, wanted)?;
        (!is_first).then(|| revision.clone())
    }

    /// The landing that took a version back: it said so, or what the file stated afterwards was there before that version
    /// came. None if the version is there, never was, or was replaced by going on.
    ///
    /// Source: PROMOTION.md, section 3, "Reverts".
    pub(crate) fn taken_back_by(&self, file: &str, wanted: (&Slot, &Version)) -> Result<Option<Oid>, Error> {
        let revisions = self.revisions.get(file).map_or(&[][..], Vec::as_slice);
        let has = |blob: &Option<Oid>| blob.as_ref().is_some_and(|blob| self.has((file, blob), wanted));
        if revisions.first().is_some_and(|newest| has(&newest.new)) {
            return Ok(None);
        }
        let Some(gone) = revisions.iter().position(|it| has(&it.old) && !has(&it.new)) else {
            return Ok(None);
        };
        let revision = &revisions[gone];
        let message = self.hop.repository.commit(&revision.commit)?.map(|it| it.message);
        let message = message.unwrap_or_default();
        let says_so = !evidence::read(&message).rolls_back.is_empty() || message.contains("This reverts commit");
        // Before the version came: the first revision below that does not have it in its old state.
        let before = revisions[gone..]
            .iter()
            .find(|it| !has(&it.old))
            .and_then(|it| it.old.as_ref());
        let is_undone = match (before, &revision.new) {
            (Some(before), Some(after)) => self.states_the_same(file, (before, after), wanted.0),
            _ => false,
        };
        Ok((says_so || is_undone).then(|| revision.commit.clone()))
    }

    fn states_the_same(&self, file: &str, (one, other): (&Oid, &Oid), slot: &Slot) -> bool {
        let of = |blob: &Oid| -> Vec<Version> {
            let stated = self.stated(file, blob);
            let of_image = stated.iter().filter(|site| site.is_of(slot));
            of_image.map(|site| site.version.clone()).collect()
        };
        of(one) == of(other)
    }

    /// The landing by which a file came to state it, be it the one that made the file.
    pub(crate) fn landed_by(&self, file: &str, wanted: (&Slot, &Version)) -> Option<Oid> {
        self.since(file, wanted).map(|(commit, _)| commit.clone())
    }

    fn since(&self, file: &str, wanted: (&Slot, &Version)) -> Option<(&Oid, bool)> {
        for revision in self.revisions.get(file)? {
            let is_new = revision.new.as_ref().is_some_and(|blob| self.has((file, blob), wanted));
            if !is_new {
                return None;
            }
            match &revision.old {
                None => return Some((&revision.commit, true)),
                Some(blob) if !self.has((file, blob), wanted) => return Some((&revision.commit, false)),
                Some(_) => {}
            }
        }
        None
    }

    fn has(&self, (file, blob): (&str, &Oid), (slot, version): (&Slot, &Version)) -> bool {
        let stated = self.stated(file, blob);
        stated.iter().any(|site| {
            let is_digest = match (&site.version.digest, &version.digest) {
                (Some(one), Some(other)) => one == other,
                _ => true,
            };
            site.is_of(slot) && site.version.tag == version.tag && is_digest
        })
    }

    fn stated(&self, file: &str, blob: &Oid) -> Rc<Vec<Stated>> {
        let key = (file.to_owned(), blob.clone());
        if let Some(known) = self.stated.borrow().get(&key) {
            return Rc::clone(known);
        }
        let read = || {
            let bytes = self.hop.repository.blob(blob).ok()?;
            let tree = terraform::parse(file, bytes).ok()?;
            let sites = locate::sites(file, &tree, self.declared);
            let stated = sites.into_iter().map(|site| Stated {
                names: std::iter::once(site.image).chain(site.also).collect(),
                container: site.slot.container,
                version: site.version,
            });
            Some(stated.collect::<Vec<_>>())
        };
        let stated = Rc::new(read().unwrap_or_default());
        self.stated.borrow_mut().insert(key, Rc::clone(&stated));
        stated
    }
}

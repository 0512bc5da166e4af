//! From a site and a new version to the edits of its file. Tag and digest move together, or nothing moves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::site::{Origin, Part, Site, Spot};
use crate::error::{Error, Hint, Kind};
use crate::image::{Repository, Version};
use crate::yaml::{AliasPolicy, Edit, Inner, New, NodeId, NodeKind, Op, Refusal, Text, Tree};

/// What a site is to get.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// The new version; a tag, a digest, or both.
    pub(crate) version: &'a Version,
    /// The repository that takes the place of the one there.
    pub(crate) rename: Option<&'a Repository>,
    /// What becomes of a digest that the new version does not bring along.
    pub(crate) digest: OldDigest,
}

/// What becomes of a digest for which the new version has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OldDigest {
    /// The edit is refused: a new tag beside an old digest still pulls the old image.
    #[default]
    Refuse,
    /// It is removed (`--drop-digest`).
    Drop,
}

/// The keys that an edit may add, in the order in which they are written where several are new.
const NEW_KEYS: [&str; 3] = ["newName", "newTag", "digest"];

/// Collects what has to change in one file, and turns it into edits.
pub(crate) struct VersionEdit<'t> {
    tree: &'t Tree,
    inner: BTreeMap<NodeId, Inner>,
    /// New texts of scalars; by place, so that a `?ref=` that two sites share is written once.
    set: BTreeMap<Spot, String>,
    /// Those of them that get quotes though the text stays.
    quoted: BTreeSet<Spot>,
    /// New keys, by mapping and by their rank in [`NEW_KEYS`].
    insert: BTreeMap<(Spot, usize), (String, Option<NodeId>)>,
    rename: BTreeMap<Spot, &'static str>,
    remove: Vec<Spot>,
}

impl<'t> VersionEdit<'t> {
    /// Nothing to change yet.
    pub(crate) fn new(tree: &'t Tree) -> VersionEdit<'t> {
        VersionEdit {
            tree,
            inner: BTreeMap::new(),
            set: BTreeMap::new(),
            quoted: BTreeSet::new(),
            insert: BTreeMap::new(),
            rename: BTreeMap::new(),
            remove: Vec::new(),
        }
    }

    /// Adds a site. A site that has the version already adds nothing.
    ///
    /// # Errors
    /// [`Kind::Refused`] for half an update: the site has a digest and the new version has none, or the other way round.
    /// The error has no place yet; the caller knows the file.
    pub(crate) fn add(&mut self, site: &Site, wanted: Wanted<'_>) -> Result<(), Error> {
        let mut one = VersionEdit::new(self.tree);
        one.inner = std::mem::take(&mut self.inner);
        let added = one.add_parts(site, wanted);
        self.inner = std::mem::take(&mut one.inner);
        added?;
        // A refused site leaves nothing behind: the others can still be edited.
        for (spot, text) in &one.set {
            if let Some(before) = self.set.get(spot).filter(|before| *before != text) {
                let message = format!("two images would give this value two versions: `{before}` and `{text}`");
                return Err(Error::new(Kind::Refused, "two-versions", message));
            }
        }
        self.set.extend(one.set);
        self.insert.extend(one.insert);
        self.rename.extend(one.rename);
        self.remove.extend(one.remove);
        Ok(())
    }

    /// Adds that these scalars of a site are written as text, with quotes where some reader needs them.
    ///
    /// # Errors
    /// As reading the literal block that the site stands in.
    pub(crate) fn quote(&mut self, site: &Site, scalars: impl Iterator<Item = Spot>) -> Result<(), Error> {
        self.load_blocks(site)?;
        for spot in scalars {
            let text = self.text(spot).to_owned();
            self.set.entry(spot).or_insert(text);
            self.quoted.insert(spot);
        }
        Ok(())
    }

    fn add_parts(&mut self, site: &Site, wanted: Wanted<'_>) -> Result<(), Error> {
        self.load_blocks(site)?;
        let target = target(site, wanted)?;
        let shape = Shape::of(site);
        for part in &site.parts {
            match part {
                Part::Reference { at, range } => {
                    let name = match wanted.rename {
                        Some(new) => new.as_str(),
                        None => site.image.as_str(),
                    };
                    self.replace(*at, range.clone(), &written(name, &target));
                }
                Part::Repository { at, range } => {
                    if let Some(new) = wanted.rename {
                        self.replace(*at, range.clone(), new.as_str());
                    }
                }
                Part::Tag { at, range } => self.tag((*at, range.clone()), &target, &shape),
                Part::TagAndDigest { at, range } => self.replace(*at, range.clone(), &target.to_string()),
                Part::Digest { at, bare } => self.digest((*at, *bare), &target, &shape),
                Part::AbsentTag { map, key, after } => {
                    if let Some(tag) = &target.tag {
                        self.insert_key((*map, key), tag, *after);
                    }
                }
            }
        }
        self.insert_what_is_missing(site, wanted, (&target, &shape));
        Ok(())
    }

    /// Plans the edits of everything added; all sites of one literal block become one edit.
    ///
    /// # Errors
    /// A [`Refusal`] of the first place that cannot be edited.
    pub(crate) fn edits(&self, alias: AliasPolicy) -> Result<Vec<Edit>, Refusal> {
        let mut outer = Vec::new();
        let mut inner: BTreeMap<NodeId, Vec<Op<'_>>> = BTreeMap::new();
        let mut put = |spot: Spot, op| match spot.block {
            Some(block) => inner.entry(block).or_default().push(op),
            None => outer.push(op),
        };
        for (&spot, text) in &self.set {
            put(
                spot,
                Op::Set {
                    at: spot.node,
                    to: match self.quoted.contains(&spot) {
                        true => Text::Quoted(text),
                        false => Text::Str(text),
                    },
                    alias,
                },
            );
        }
        for (&(spot, rank), (text, after)) in &self.insert {
            put(
                spot,
                Op::InsertKey {
                    map: spot.node,
                    key: NEW_KEYS[rank],
                    value: New::Text(Text::Str(text)),
                    after: *after,
                },
            );
        }
        for (&spot, to) in &self.rename {
            put(spot, Op::Rename { key: spot.node, to });
        }
        for &spot in &self.remove {
            put(spot, Op::Remove { child: spot.node });
        }
        let mut edits = Vec::new();
        for op in outer {
            edits.push(self.tree.plan(op)?);
        }
        for (block, ops) in inner {
            if let Some(inside) = self.inner.get(&block) {
                edits.push(self.tree.plan_inner(inside, ops)?);
            }
        }
        Ok(edits)
    }

    fn load_blocks(&mut self, site: &Site) -> Result<(), Error> {
        if let Some(block) = site.at.block
            && !self.inner.contains_key(&block)
        {
            let inner = self.tree.inner(block).map_err(|refusal| refusal.into_error(""))?;
            self.inner.insert(block, inner);
        }
        Ok(())
    }

    fn tree_of(&self, spot: Spot) -> &Tree {
        spot.block
            .and_then(|block| self.inner.get(&block))
            .map_or(self.tree, Inner::tree)
    }

    fn text(&self, spot: Spot) -> &str {
        let tree = self.tree_of(spot);
        tree.text(tree.resolve(spot.node))
    }

    /// Replaces a part of a scalar's text.
    fn replace(&mut self, at: Spot, range: Range<usize>, new: &str) {
        let old = self.text(at);
        let tree = self.tree_of(at);
        let is_null =
            tree.kind(tree.resolve(at.node)) == NodeKind::Plain && matches!(old, "~" | "null" | "Null" | "NULL");
        let range = if is_null { 0..old.len() } else { range };
        let mut text = old.to_owned();
        text.replace_range(range, new);
        if text != old {
            self.set.insert(at, text);
        }
    }

    /// Writes the tag's own scalar, with the digest where that has no key of its own.
    fn tag(&mut self, place: (Spot, Range<usize>), target: &Version, shape: &Shape) {
        let (at, range) = place;
        match (&target.tag, &target.digest) {
            (Some(tag), Some(digest)) if range.start == 0 && shape.tag_carries_digest() => {
                self.replace(at, range, &format!("{tag}@{digest}"));
            }
            (Some(tag), _) => self.replace(at, range, tag),
            // The tag gives way to the digest: `newTag: 1.4.1` becomes `digest: sha256:…`.
            (None, Some(digest)) if range.start == 0 && !shape.has_digest_key => {
                self.rename_key(at, "digest");
                self.replace(at, range, digest);
            }
            _ => {}
        }
    }

    /// Writes the digest's own scalar, or takes it away; an empty one stays empty.
    fn digest(&mut self, place: (Spot, bool), target: &Version, shape: &Shape) {
        let (at, bare) = place;
        let old = self.text(at).to_owned();
        let tree = self.tree_of(at);
        let is_empty = old.is_empty() || tree.kind(at.node) == NodeKind::Plain && matches!(old.as_str(), "~" | "null");
        match (&target.digest, &target.tag) {
            (Some(digest), _) => {
                let text = if bare {
                    digest.trim_start_matches("sha256:")
                } else {
                    digest
                };
                self.replace(at, 0..old.len(), text);
            }
            (None, _) if is_empty => {}
            // No tag to fall back on: its key takes the digest's place, and the diff is one line.
            (None, Some(tag)) if !shape.has_tag_key => {
                self.rename_key(at, shape.tag_key());
                self.replace(at, 0..old.len(), tag);
            }
            (None, _) => {
                self.remove.push(at);
            }
        }
    }

    fn insert_key(&mut self, place: (Spot, &str), value: &str, after: Option<NodeId>) {
        let (map, key) = place;
        if let Some(rank) = NEW_KEYS.iter().position(|known| *known == key) {
            self.insert.insert((map, rank), (value.to_owned(), after));
        }
    }

    fn rename_key(&mut self, value: Spot, to: &'static str) {
        if let Some(key) = self.tree_of(value).key_of(value.node) {
            self.rename.insert(
                Spot {
                    block: value.block,
                    node: key,
                },
                to,
            );
        }
    }

    /// Keys that the site lacks: a kustomize entry's `newName` and `digest`.
    fn insert_what_is_missing(&mut self, site: &Site, wanted: Wanted<'_>, goal: (&Version, &Shape)) {
        let (target, shape) = goal;
        let Some(map) = self.map_of(site).filter(|_| !shape.is_whole) else {
            return;
        };
        let value_of = |edit: &Self, key| edit.tree_of(map).get(map.node, key);
        if let Some(name) = wanted.rename
            && shape.is_entry
            && value_of(self, "newName").is_none()
        {
            let after = value_of(self, "name");
            self.insert_key((map, "newName"), name.as_str(), after);
        }
        if let Some(digest) = &target.digest
            && !shape.has_digest_key
            && !shape.tag_carries_digest()
            && target.tag.is_some()
        {
            let after = value_of(self, "newTag").or_else(|| value_of(self, "tag"));
            self.insert_key((map, "digest"), digest, after);
        } else if let (Some(digest), None, false, false) =
            (&target.digest, &target.tag, shape.has_digest_key, shape.has_tag_key)
        {
            self.insert_key((map, "digest"), digest, None);
        }
    }

    /// The mapping that holds the site's keys.
    fn map_of(&self, site: &Site) -> Option<Spot> {
        let tree = self.tree_of(site.at);
        let node = tree.parent(site.at.node).filter(|&n| tree.kind(n) == NodeKind::Map)?;
        Some(Spot {
            block: site.at.block,
            node,
        })
    }
}

/// Which scalars a site has.
struct Shape {
    /// One scalar holds name and version.
    is_whole: bool,
    /// An entry of `images:` in a kustomization, or a list like it.
    is_entry: bool,
    /// Flux reads tag and digest from keys of their own only.
    is_flux: bool,
    has_tag_key: bool,
    has_digest_key: bool,
}

impl Shape {
    fn of(site: &Site) -> Shape {
        let any = |wanted: fn(&Part) -> bool| site.parts.iter().any(wanted);
        Shape {
            is_whole: any(|p| matches!(p, Part::Reference { .. })),
            is_entry: matches!(site.origin, Origin::KustomizeEntry { .. }),
            is_flux: site.locator == "flux",
            has_tag_key: any(|p| {
                matches!(p, Part::TagAndDigest { .. }) || matches!(p, Part::Tag { range, .. } if range.start == 0)
            }),
            has_digest_key: any(|p| matches!(p, Part::Digest { .. } | Part::TagAndDigest { .. })),
        }
    }

    /// A chart puts whatever the tag says behind the colon: `tag: 1.4.2@sha256:…` is understood.
    fn tag_carries_digest(&self) -> bool {
        self.has_tag_key && !self.has_digest_key && !self.is_entry && !self.is_flux && !self.is_whole
    }

    fn tag_key(&self) -> &'static str {
        if self.is_entry { "newTag" } else { "tag" }
    }
}

/// What the site is to state: tag, digest or both. Refuses half a version.
fn target(site: &Site, wanted: Wanted<'_>) -> Result<Version, Error> {
    let new = wanted.version;
    let old = &site.version;
    let is_drop = wanted.digest == OldDigest::Drop;
    if let (Some(digest), None, false) = (&old.digest, &new.digest, is_drop) {
        let same_tag = old.tag.is_some() && old.tag == new.tag;
        if same_tag {
            return Ok(old.clone());
        }
        let message = format!("`{}` is pinned to a digest, and `{new}` brings none", site.image);
        return Err(Error::new(Kind::Refused, "half-version", message)
            .because(format!("a new tag beside `{digest}` would still pull the old image"))
            .hint(Hint::Flag(
                "--resolve-digest".into(),
                "asks the registry for the digest of the new tag".into(),
            ))
            .hint(Hint::Flag("--drop-digest".into(), "pins to the tag alone".into())));
    }
    let gives_way = old.digest.is_none()
        && (matches!(site.origin, Origin::KustomizeEntry { .. })
            || matches!(site.parts.as_slice(), [Part::Reference { .. }]));
    if let (Some(tag), None, Some(digest), false) = (&old.tag, &new.tag, &new.digest, gives_way) {
        if old.digest.as_ref() == Some(digest) {
            return Ok(old.clone());
        }
        let message = format!("`{}` has the tag `{tag}`, and `{new}` is a digest alone", site.image);
        return Err(Error::new(Kind::Refused, "half-version", message)
            .because("the old tag would stand beside the digest of another image")
            .hint(Hint::Say(format!(
                "give both, as in `{}=TAG@{new}`",
                site.image.short_name()
            ))));
    }
    Ok(match (&new.tag, &new.digest, &old.tag, &old.digest) {
        // A digest in keys of its own, with no tag beside it, stays alone; in one scalar the tag says what the digest is.
        (Some(_), Some(_), None, Some(_)) if has_split_digest(site) => Version {
            tag: None,
            digest: new.digest.clone(),
        },
        _ => new.clone(),
    })
}

fn has_split_digest(site: &Site) -> bool {
    site.parts.iter().any(|part| matches!(part, Part::Digest { .. }))
        && !site.parts.iter().any(|part| matches!(part, Part::Tag { .. }))
}

fn written(name: &str, version: &Version) -> String {
    let mut text = name.to_owned();
    if let Some(tag) = &version.tag {
        text.push(':');
        text.push_str(tag);
    }
    if let Some(digest) = &version.digest {
        text.push('@');
        text.push_str(digest);
    }
    text
}

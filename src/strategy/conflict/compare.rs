//! Whether two texts of one file differ in versions alone: compared as parsed nodes, so that a comment or a quote is no
//! difference, and a number of replicas beside a tag is one.

use std::collections::HashMap;
use std::ops::Range;

use crate::error::Error;
use crate::manifest::locate::{self, Declared};
use crate::manifest::site::{Part, Site, Spot};
use crate::yaml::{self, Inner, NodeId, NodeKind, Tree};

/// One text of a file, parsed, with its sites.
pub(super) struct Reading {
    tree: Tree,
    sites: Vec<Site>,
    /// The site of which a scalar states the version, or a part of it, and where in its text.
    parts: HashMap<Spot, (usize, Option<Range<usize>>)>,
}

impl Reading {
    /// # Errors
    /// What the parser refuses.
    pub(super) fn of(file: &str, text: &str, declared: &Declared) -> Result<Reading, Error> {
        let tree = yaml::parse(text.as_bytes().to_vec(), yaml::Limits::default())
            .map_err(|refusal| refusal.into_error(file))?;
        let sites = locate::sites(file, &tree, declared);
        let mut parts = HashMap::new();
        for (index, site) in sites.iter().enumerate() {
            for part in &site.parts {
                let range = match part {
                    Part::Repository { .. } | Part::AbsentTag { .. } => continue,
                    Part::Reference { range, .. } | Part::Tag { range, .. } | Part::TagAndDigest { range, .. } => {
                        Some(range.clone())
                    }
                    Part::Digest { .. } => None,
                };
                if let Some(spot) = part.spot() {
                    parts.entry(spot).or_insert((index, range));
                }
            }
        }
        Ok(Reading { tree, sites, parts })
    }

    /// The number of the site of which a node states the version, and the site.
    fn site_at(&self, spot: Spot) -> Option<(usize, &Site)> {
        self.parts.get(&spot).map(|(index, _)| (*index, &self.sites[*index]))
    }
}

/// Counts the sites whose versions differ between two readings of one file. None if anything else differs.
pub(super) fn differing_sites(ours: &Reading, theirs: &Reading) -> Option<usize> {
    let mut comparing = Comparing {
        ours,
        theirs,
        pairs: Vec::new(),
    };
    let (one, other) = (ours.tree.documents(), theirs.tree.documents());
    if one.len() != other.len() {
        return None;
    }
    for (one, other) in one.iter().zip(other) {
        match (one.root(), other.root()) {
            (None, None) => {}
            (Some(one), Some(other)) => {
                let place = Trees {
                    one: &ours.tree,
                    other: &theirs.tree,
                    blocks: None,
                };
                if !comparing.same(&place, one, other) {
                    return None;
                }
            }
            _ => return None,
        }
    }
    let mut pairs = comparing.pairs;
    pairs.sort_unstable();
    pairs.dedup();
    // One site against two: nobody can say which is which.
    let is_one_to_one = pairs.windows(2).all(|two| two[0].0 != two[1].0);
    let mut others: Vec<usize> = pairs.iter().map(|(_, other)| *other).collect();
    others.sort_unstable();
    others.dedup();
    (is_one_to_one && others.len() == pairs.len()).then_some(pairs.len())
}

/// The trees that nodes are of: those of the files, or those of a block inside of both.
struct Trees<'t> {
    one: &'t Tree,
    other: &'t Tree,
    blocks: Option<(NodeId, NodeId)>,
}

impl Trees<'_> {
    fn spots(&self, one: NodeId, other: NodeId) -> (Spot, Spot) {
        let spot = |block: Option<NodeId>, node| Spot { block, node };
        (
            spot(self.blocks.map(|it| it.0), one),
            spot(self.blocks.map(|it| it.1), other),
        )
    }
}

struct Comparing<'r> {
    ours: &'r Reading,
    theirs: &'r Reading,
    pairs: Vec<(usize, usize)>,
}

impl Comparing<'_> {
    fn same(&mut self, trees: &Trees<'_>, one: NodeId, other: NodeId) -> bool {
        match (trees.one.kind(one), trees.other.kind(other)) {
            (NodeKind::Map, NodeKind::Map) => self.same_map(trees, one, other),
            (NodeKind::Seq, NodeKind::Seq) => {
                let (a, b) = (trees.one.items(one), trees.other.items(other));
                let (a, b): (Vec<_>, Vec<_>) = (a.collect(), b.collect());
                a.len() == b.len() && a.into_iter().zip(b).all(|(a, b)| self.same(trees, a, b))
            }
            (NodeKind::Alias, NodeKind::Alias) => trees.one.written(one) == trees.other.written(other),
            _ if trees.one.is_scalar(one) && trees.other.is_scalar(other) => self.same_scalar(trees, one, other),
            _ => false,
        }
    }

    fn same_map(&mut self, trees: &Trees<'_>, one: NodeId, other: NodeId) -> bool {
        let a: Vec<_> = trees.one.entries(one).collect();
        let b: Vec<_> = trees.other.entries(other).collect();
        let mut found = vec![false; b.len()];
        for (key, value) in a {
            let is_key = |it: &(NodeId, NodeId)| {
                trees.one.is_scalar(key) && trees.other.is_scalar(it.0) && trees.one.text(key) == trees.other.text(it.0)
            };
            match b.iter().position(is_key) {
                Some(at) if !found[at] => {
                    found[at] = true;
                    if !self.same(trees, value, b[at].1) {
                        return false;
                    }
                }
                // A key that one side alone has may state a part of a version: `digest` beside `newTag`.
                _ if self.only_ours(trees, value, other) => {}
                _ => return false,
            }
        }
        let missing: Vec<NodeId> = b
            .iter()
            .zip(found)
            .filter(|(_, found)| !found)
            .map(|((_, value), _)| *value)
            .collect();
        missing.into_iter().all(|value| self.only_theirs(trees, value, one))
    }

    fn same_scalar(&mut self, trees: &Trees<'_>, one: NodeId, other: NodeId) -> bool {
        let (a, b) = (trees.one.text(one), trees.other.text(other));
        let kinds = (trees.one.kind(one), trees.other.kind(other));
        let plain = |kind| matches!(kind, NodeKind::Plain | NodeKind::Empty);
        // `"5"` is a string, and `5` is none.
        let typed_alike = plain(kinds.0) == plain(kinds.1) || yaml::is_string_everywhere(a);
        let (ours, theirs) = trees.spots(one, other);
        if let (Some(at), Some(to)) = (self.ours.parts.get(&ours), self.theirs.parts.get(&theirs)) {
            if a == b && typed_alike {
                return true;
            }
            self.pairs.push((at.0, to.0));
            let is_one_image = self.ours.sites[at.0].image.same_as(&self.theirs.sites[to.0].image);
            return is_one_image && around(a, at.1.as_ref()) == around(b, to.1.as_ref());
        }
        if a == b {
            return typed_alike;
        }
        let literal = (NodeKind::Literal, NodeKind::Literal);
        trees.blocks.is_none() && kinds == literal && self.same_blocks((one, other)) == Some(true)
    }

    /// Compares the YAML that two blocks hold.
    fn same_blocks(&mut self, blocks: (NodeId, NodeId)) -> Option<bool> {
        let one: Inner = self.ours.tree.inner(blocks.0).ok()?;
        let other: Inner = self.theirs.tree.inner(blocks.1).ok()?;
        let (a, b) = (one.tree().documents(), other.tree().documents());
        if a.len() != b.len() {
            return Some(false);
        }
        let trees = Trees {
            one: one.tree(),
            other: other.tree(),
            blocks: Some(blocks),
        };
        let mut roots = a.iter().zip(b);
        Some(roots.all(|(a, b)| match (a.root(), b.root()) {
            (Some(a), Some(b)) => self.same(&trees, a, b),
            (a, b) => a.is_none() && b.is_none(),
        }))
    }

    /// Whether a value of a mapping of TO's is a part of a version that FROM's mapping states otherwise.
    fn only_ours(&mut self, trees: &Trees<'_>, value: NodeId, other: NodeId) -> bool {
        let Some((ours, site)) = self.ours.site_at(trees.spots(value, other).0) else {
            return false;
        };
        let there = trees
            .other
            .entries(other)
            .filter_map(|(_, it)| self.theirs.site_at(trees.spots(value, it).1));
        let found = there
            .filter(|(_, it)| it.image.same_as(&site.image))
            .map(|(index, _)| index)
            .next();
        self.pairs.extend(found.map(|theirs| (ours, theirs)));
        found.is_some()
    }

    /// The same the other way round.
    fn only_theirs(&mut self, trees: &Trees<'_>, value: NodeId, one: NodeId) -> bool {
        let Some((theirs, site)) = self.theirs.site_at(trees.spots(one, value).1) else {
            return false;
        };
        let here = trees
            .one
            .entries(one)
            .filter_map(|(_, it)| self.ours.site_at(trees.spots(it, value).0));
        let found = here
            .filter(|(_, it)| it.image.same_as(&site.image))
            .map(|(index, _)| index)
            .next();
        self.pairs.extend(found.map(|ours| (ours, theirs)));
        found.is_some()
    }
}

/// What a scalar holds besides a version: `--image=` before a reference.
fn around<'t>(text: &'t str, range: Option<&Range<usize>>) -> (&'t str, &'t str) {
    match range {
        Some(range) => (
            text.get(..range.start).unwrap_or_default(),
            text.get(range.end..).unwrap_or_default(),
        ),
        None => ("", ""),
    }
}

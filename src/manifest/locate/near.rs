//! Where in a file the sites of some images can be at all: what lies elsewhere need not be looked at.
//!
//! The last segment of an image's name stands in one scalar, within the mapping that states the image. So a mapping without a mention of it
//! states no image of that name, unless it is written in another way: by an alias, or with an escape. Anchors count too, since somebody
//! else may mean what they mark.

use std::collections::HashSet;
use std::ops::Range;

use memchr::memmem::Finder;

use super::Declared;
use crate::image::Repository;
use crate::manifest::site::{Part, Site, Spot};
use crate::yaml::Tree;

/// What is looked for in a file.
#[derive(Clone, Copy)]
pub(crate) struct Sought<'a> {
    /// Paths from the configuration.
    pub(crate) declared: &'a Declared,
    /// Last segments of the images' names; the empty list means every image.
    pub(crate) mentions: &'a [Finder<'a>],
}

/// The places of a file near which sites can be.
pub(super) struct Near {
    /// Sorted; none if sites can be anywhere.
    places: Option<Vec<usize>>,
}

impl Near {
    /// Everything.
    pub(super) fn anywhere() -> Near {
        Near { places: None }
    }

    /// What mentions one of the names. A marker in a comment or a path from the configuration names an image that its scalars do not:
    /// then that is everything.
    pub(super) fn of(file: &str, tree: &Tree, sought: Sought<'_>) -> Near {
        let source = tree.source().as_bytes();
        let is_named_elsewhere = || sought.declared.names(file) || memchr::memmem::find(source, b"rakops:").is_some();
        if sought.mentions.is_empty() || tree.is_foreign() || is_named_elsewhere() {
            return Near::anywhere();
        }
        let mut places: Vec<usize> = memchr::memchr3_iter(b'&', b'*', b'\\', source).collect();
        for finder in sought.mentions {
            places.extend(finder.find_iter(source));
        }
        places.sort_unstable();
        Near { places: Some(places) }
    }

    /// Tells whether a site can be among these bytes.
    pub(super) fn may_be_in(&self, bytes: Range<usize>) -> bool {
        let Some(places) = &self.places else { return true };
        let first = places.partition_point(|&place| place < bytes.start);
        places.get(first).is_some_and(|&place| place < bytes.end)
    }
}

/// So many names of a file are asked for, of those that it holds.
const ASKED: usize = 40;

/// Asks whether each name that a file holds is found where all are looked for and where it alone is: the same sites, and of others
/// whatever shares a scalar with them.
pub(crate) fn finds_alike(file: &str, tree: &Tree) -> bool {
    let declared = &Declared::default();
    let all = super::sites(file, tree, declared);
    let mut names: Vec<&str> = all.iter().flat_map(names_of).collect();
    names.sort_unstable();
    names.dedup();
    let step = names.len().div_ceil(ASKED).max(1);
    names.into_iter().step_by(step).all(|name| {
        let mentions = &[Finder::new(name)];
        let alone = super::sites_of(file, tree, Sought { declared, mentions });
        let (wanted, found) = (with_sharers(&all, name), with_sharers(&alone, name));
        format!("{wanted:?}") == format!("{found:?}")
    })
}

fn names_of(site: &Site) -> impl Iterator<Item = &str> {
    std::iter::once(&site.image)
        .chain(&site.also)
        .map(Repository::short_name)
}

/// The sites of a name, and those that share a scalar with one of them.
fn with_sharers<'s>(sites: &'s [Site], name: &str) -> Vec<&'s Site> {
    let is_meant = |site: &&Site| names_of(site).any(|it| it == name);
    let written: HashSet<Spot> = sites.iter().filter(is_meant).flat_map(spots_of).collect();
    let shares = |site: &&Site| spots_of(site).any(|spot| written.contains(&spot));
    sites.iter().filter(|site| is_meant(site) || shares(site)).collect()
}

fn spots_of(site: &Site) -> impl Iterator<Item = Spot> {
    site.parts.iter().filter_map(Part::spot)
}

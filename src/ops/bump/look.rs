//! What the words of a bump mean in a repository: which files, which sites, which repositories are pulled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use super::near::near;
use super::select::{self, Selection, Word};
use super::targets::{self, Known, Scoped};
use super::{BranchRule, BumpRequest, FileSites, Scope, at, spots_of, unparsed};
use crate::error::{Error, Hint};
use crate::image::{Repository, Version};
use crate::manifest::graph::Reach;
use crate::manifest::scan::{self, Query, Skipped};
use crate::manifest::site::Site;
use crate::ops::world::World;
use crate::yaml::{ListIndent, Tree};

/// What the words mean, while the files are at hand.
pub(super) struct Seen<'s, 'r> {
    pub(super) words: Vec<Word<'r>>,
    /// Files with sites that some word may mean.
    pub(super) files: Vec<FileSites>,
    /// What each word means.
    pub(super) selected: Vec<Selection>,
    pub(super) scope: &'s Scoped<'s>,
    pub(super) scan: Scanned<'s>,
}

/// What reading the files has shown besides sites.
#[derive(Clone, Copy)]
pub(super) struct Scanned<'s> {
    pub(super) skipped: &'s [Skipped],
    /// Kustomizations that cannot be read.
    pub(super) blind: &'s [(String, Error)],
    /// Last segments that more than one repository has: a branch named after one of them would be both's.
    pub(super) crowded: &'s BTreeSet<String>,
}

/// Reads the files, finds out what the words mean, and hands that to `then`.
///
/// # Errors
/// `Kind::NotFound` for an image or environment that is not there; `Kind::Refused` for a name that fits several images; as
/// `then`.
pub(super) fn look<'r, T>(
    world: &World,
    request: &'r BumpRequest,
    on_read: &(dyn Fn() + Sync),
    then: impl FnOnce(Seen<'_, 'r>) -> Result<T, Error>,
) -> Result<T, Error> {
    let declared = world.declared()?;
    let words = select::names(world, request)?;
    let below = world.enter(&request.paths)?;
    let named = match request.at.is_empty() {
        true => None,
        false => Some(at::open(world, request, &words)?),
    };
    let mentions: Vec<&str> = match &named {
        // No name holds a NUL byte: nothing but kustomizations is read.
        Some(_) => vec!["\0"],
        None => words.iter().map(|word| word.name.last_segment()).collect(),
    };
    // What an environment runs is seen from everywhere; the paths then say what may be edited.
    let everywhere = matches!(request.scope, Scope::Environments { .. });
    let query = Query {
        below: if everywhere { &[] } else { &below },
        mentions: &mentions,
        declared: &declared,
        on_read,
    };
    let crowded: Mutex<BTreeSet<String>> = Mutex::default();
    let make = |file: &str, tree: Tree, sites: Vec<Site>| {
        let is_meant = |site: &Site| words.iter().any(|word| select::fits(&word.name, site));
        let (sites, strangers): (Vec<Site>, Vec<Site>) = sites.into_iter().partition(is_meant);
        if let Ok(mut crowded) = crowded.lock() {
            for name in strangers.iter().map(|site| site.image.short_name()) {
                if !crowded.contains(name) {
                    crowded.insert(name.to_owned());
                }
            }
        }
        (!sites.is_empty()).then(|| FileSites {
            others: strangers.iter().flat_map(spots_of).collect(),
            file: file.to_owned(),
            tree: tree.with_new_lists(ListIndent::Flush),
            sites,
        })
    };
    let near = near(world, request)?;
    let scan = match &near {
        Some(near) => near.scan(&world.snapshot, &query, &make),
        None => scan::scan(&world.snapshot, &query, &make),
    };
    if let Some(error) = scan.unreadable.into_iter().next() {
        return Err(error.hint(Hint::Flag("--path PATH".into(), "looks only there".into())));
    }
    unparsed::refuse_named(&scan.skipped, &below)?;
    for word in &words {
        unparsed::refuse_holding(world, &scan.skipped, word.name.as_str())?;
    }
    let is_near = near.is_some();
    let environments = match near {
        Some(near) => near.environments,
        None => world.environments(&scan.graph),
    };
    let here: &[String] = match (&request.scope, request.branch) {
        (Scope::Environments { names, .. }, BranchRule::Any) => names,
        (Scope::Environments { names, .. }, BranchRule::Own) if world.branches.checked_out.is_none() => names,
        _ => &[],
    };
    let present = world.present(&environments, here);
    let reach = Reach::new(&scan.graph, &present);
    let scope = targets::resolve(world, &environments, request)?;
    let scope = targets::Scoped {
        scope: &scope,
        reach: &reach,
        graph: &scan.graph,
        below: &below,
        known: if is_near { Known::Near } else { Known::Everything },
    };
    let (files, selected) = match named {
        Some((files, selection)) => (files, vec![selection]),
        None => {
            let selected = select::select(world, request, &words, (&scan.found, &scope))?;
            (scan.found, selected)
        }
    };
    let crowded = crowded.into_inner().unwrap_or_default();
    then(Seen {
        words,
        files,
        selected,
        scope: &scope,
        scan: Scanned {
            skipped: &scan.skipped,
            blind: &scan.blind,
            crowded: &crowded,
        },
    })
}

/// An image as it runs where it is to get another version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meant {
    /// What is pulled, each once.
    pub(super) repositories: Vec<Repository>,
    /// The versions that stand there, each once.
    pub(super) versions: Vec<Version>,
}

/// Tells what each word of a request means.
///
/// # Errors
/// As [`look`].
pub(super) fn meant(world: &World, request: &BumpRequest, on_read: &(dyn Fn() + Sync)) -> Result<Vec<Meant>, Error> {
    look(world, request, on_read, |seen| {
        let of = |selection: &Selection| {
            let targets = targets::pick(&seen.files, selection, seen.scope);
            let at = |places: &[(usize, usize)]| -> Vec<&Site> {
                let sites = places.iter().map(|&(file, site)| &seen.files[file].sites[site]);
                sites.collect()
            };
            let (edited, shared) = (at(&targets.edit), at(&targets.shared));
            // Where the overlay says nothing yet, it runs what the shared files say.
            let sites = match edited.iter().any(|site| !site.version.is_none()) {
                true => edited,
                false => [edited, shared].concat(),
            };
            gather(&sites, &placeholders(&seen.files, selection))
        };
        Ok(seen.selected.iter().map(of).collect())
    })
}

fn gather(sites: &[&Site], placeholders: &Placeholders) -> Meant {
    let mut meant = Meant {
        repositories: Vec::new(),
        versions: Vec::new(),
    };
    for site in sites {
        let image = &site.image;
        let is_known = meant.repositories.iter().any(|known| known.same_as(image));
        if !is_known && !placeholders.contains_key(image.as_str()) {
            meant.repositories.push(image.clone());
        }
        if !site.version.is_none() && !meant.versions.contains(&site.version) {
            meant.versions.push(site.version.clone());
        }
    }
    meant
}

/// Names that nobody pulls, with those that are pulled with their version.
pub(super) type Placeholders = BTreeMap<String, BTreeSet<String>>;

/// The names among the selected sites that nobody pulls: without a host, and some kustomization puts another in their place.
pub(super) fn placeholders(files: &[FileSites], selection: &Selection) -> Placeholders {
    let mut found = Placeholders::new();
    let sites = selection.sites.iter().map(|&(file, site)| &files[file].sites[site]);
    for site in sites {
        let replaced = site.also.iter().filter(|also| !also.same_as(&site.image));
        for name in replaced.filter(|name| name.registry().is_none()) {
            let pulled = found.entry(name.as_str().to_owned()).or_default();
            if site.version.is_none() {
                pulled.insert(site.image.as_str().to_owned());
            }
        }
    }
    found
}

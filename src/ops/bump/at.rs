//! Places that were named one by one, as `FILE:PATH`: for a tag that has no repository beside it.
//!
//! A place that a locator knows is that locator's site, with everything that belongs to it; any other scalar is read as
//! a site of its own. Either goes the way of all sites, past the same rules.

use super::select::{Selection, Word, fits};
use super::{BumpRequest, FileSites};
use crate::error::{Error, Hint, Kind};
use crate::image::Repository;
use crate::manifest::locate::{self, Declared};
use crate::manifest::site::{Part, Site, Spot};
use crate::manifest::terraform;
use crate::ops::world::World;
use crate::ops::yaml::parse_path;
use crate::yaml::{DocSel, ListIndent, NodeId, NodeKind, Path, Tree};

/// Opens the files of the places that were named, and selects their sites.
///
/// # Errors
/// [`Kind::Usage`] if not exactly one image was named; [`Kind::NotFound`] for a place that is not there;
/// [`Kind::Refused`] for one that holds another image, or no version.
pub(super) fn open(
    world: &World,
    request: &BumpRequest,
    words: &[Word<'_>],
) -> Result<(Vec<FileSites>, Selection), Error> {
    let [word] = words else {
        return Err(Error::new(
            Kind::Usage,
            "one-image",
            "`--at` sets the version of exactly one image",
        ));
    };
    let declared = world.declared()?;
    let mut files: Vec<FileSites> = Vec::new();
    let mut selection = Selection {
        sites: Vec::new(),
        repositories: Vec::new(),
    };
    for place in &request.at {
        let (file, path) = divide(place)?;
        let file = world.enter_one(file)?;
        let index = match files.iter().position(|known| known.file == file) {
            Some(index) => index,
            None => {
                let tree = terraform::parse(&file, world.snapshot.read(&file)?)
                    .map_err(|refusal| refusal.into_error(&file))?
                    .with_new_lists(ListIndent::Flush);
                let sites = locate::sites(&file, &tree, &declared);
                files.push(FileSites {
                    file,
                    tree,
                    sites,
                    others: Vec::new(),
                });
                files.len() - 1
            }
        };
        let known = &mut files[index];
        let node = known
            .tree
            .find(DocSel::Only, &path)
            .map_err(|problem| problem.into_error(&known.file))?;
        let at = site_at(known, word, (node, &path))?;
        selection.sites.push((index, at));
        selection.repositories.push(known.sites[at].image.clone());
    }
    Ok((files, selection))
}

/// Returns the index of the site that a node belongs to, adding one where no locator has found any.
fn site_at(of: &mut FileSites, word: &Word<'_>, (node, path): (NodeId, &Path)) -> Result<usize, Error> {
    let spot = Spot { block: None, node };
    let holds = |site: &Site| site.parts.iter().any(|part| part.spot() == Some(spot));
    let refused = |of: &FileSites, message: String| {
        Error::new(Kind::Refused, "other-value", message).at(of.tree.place_of(&of.file, node, ""))
    };
    let index = match of.sites.iter().position(holds) {
        Some(index) => index,
        None => {
            let site = declared_site(&of.tree, &of.file, word, (node, path)).ok_or_else(|| {
                let what = if of.tree.is_scalar(of.tree.resolve(node)) {
                    "this is no version"
                } else {
                    "this is no scalar"
                };
                refused(of, format!("{what} that could be set"))
            })?;
            of.sites.push(site);
            of.sites.len() - 1
        }
    };
    let site = &of.sites[index];
    let states_a_name = site
        .parts
        .iter()
        .any(|part| matches!(part, Part::Reference { .. } | Part::Repository { .. }));
    if states_a_name && !fits(&word.name, site) {
        return Err(refused(of, format!("this holds `{}`, not `{}`", site.image, word.name)));
    }
    Ok(index)
}

/// Reads a scalar as the configuration's `images[].sites` would have it read.
fn declared_site(tree: &Tree, file: &str, word: &Word<'_>, (node, path): (NodeId, &Path)) -> Option<Site> {
    let name = Repository::parse(word.name.as_str()).ok()?;
    if tree.kind(node) == NodeKind::Alias {
        return None;
    }
    let declared = Declared::new([(name.as_str(), format!("{file}:{path}").as_str())]).ok()?;
    let spot = Spot { block: None, node };
    locate::sites(file, tree, &declared)
        .into_iter()
        .find(|site| site.parts.iter().any(|part| part.spot() == Some(spot)))
}

/// Divides `FILE:PATH` at the first `:`.
fn divide(place: &str) -> Result<(&str, Path), Error> {
    place
        .split_once(':')
        .filter(|(file, path)| !file.is_empty() && !path.is_empty())
        .map_or_else(
            || {
                Err(Error::new(
                    Kind::Usage,
                    "not-a-place",
                    format!("`{place}` is not of the form FILE:PATH"),
                )
                .hint(Hint::Say("for example: charts/api/values.yaml:image.tag".into())))
            },
            |(file, path)| Ok((file, parse_path(path)?)),
        )
}

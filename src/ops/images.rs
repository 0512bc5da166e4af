//! Every site, and where it is.

use crate::error::{Error, Hint, Kind};
use crate::image::Name;
use crate::manifest::graph::Reach;
use crate::manifest::scan::{self, Nature, Query, Skipped};
use crate::manifest::site::Site;
use crate::manifest::spot::Spots;
use crate::ops::world::World;

/// What `images` was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImagesRequest {
    /// Images as typed; the empty list means all.
    pub(crate) names: Vec<Name>,
    /// Paths that are looked at, as typed; the empty list means everything.
    pub(crate) paths: Vec<String>,
    /// Environments whose sites are wanted; the empty list means all.
    pub(crate) environments: Vec<String>,
}

/// One site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
    /// Full name of the image, as written.
    pub(crate) image: String,
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<String>,
    /// Name of the locator that found it.
    pub(crate) locator: &'static str,
    /// Environments that the file reaches, in promotion order.
    pub(crate) environments: Vec<String>,
    /// The other tool whose marker sits on the site.
    pub(crate) owner: Option<&'static str>,
}

/// All sites, and what was passed over.
pub(crate) struct ImagesReport {
    pub(crate) rows: Vec<Row>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) warnings: Vec<Error>,
}

/// Lists sites, in the order of files and lines.
///
/// # Errors
/// [`Kind::NotFound`] for a named image or environment that is not there; [`Kind::Files`] if something cannot be read.
pub(crate) fn list(world: &World, request: &ImagesRequest, on_read: &(dyn Fn() + Sync)) -> Result<ImagesReport, Error> {
    let report = find(world, request, on_read)?;
    match request.names.first() {
        Some(name) if report.rows.is_empty() => Err(not_found(world, &world.full_name(name)?)),
        _ => Ok(report),
    }
}

/// The same, where it may well be that there is none.
///
/// # Errors
/// [`Kind::NotFound`] for a named environment that is not there; [`Kind::Files`] if something cannot be read.
pub(crate) fn find(world: &World, request: &ImagesRequest, on_read: &(dyn Fn() + Sync)) -> Result<ImagesReport, Error> {
    let declared = world.declared()?;
    let names = request
        .names
        .iter()
        .map(|name| world.full_name(name))
        .collect::<Result<Vec<Name>, Error>>()?;
    let mentions: Vec<&str> = names.iter().map(Name::last_segment).collect();
    let below = world.enter(&request.paths)?;
    let query = Query {
        below: &below,
        mentions: &mentions,
        declared: &declared,
        on_read,
    };
    let fits = |site: &Site| {
        names.is_empty()
            || names.iter().any(|name| {
                std::iter::once(&site.image)
                    .chain(&site.also)
                    .any(|repository| name.fit(repository).is_some())
            })
    };
    let scan = scan::scan(&world.snapshot, &query, &|file, tree, sites| {
        let mut spots = Spots::of(&tree);
        let rows: Vec<Row> = sites
            .into_iter()
            .filter(|site| fits(site))
            .map(|site| row(file, &mut spots, site))
            .collect();
        (!rows.is_empty()).then_some(rows)
    });
    if let Some(error) = scan.unreadable.into_iter().next() {
        return Err(error.hint(Hint::Flag("--path PATH".into(), "looks only there".into())));
    }
    let environments = world.environments(&scan.graph);
    let mut wanted: Vec<&str> = Vec::new();
    for name in &request.environments {
        wanted.extend(
            environments
                .named(name)?
                .iter()
                .map(|environment| environment.name.as_str()),
        );
    }
    let present = world.present(&environments, &[]);
    let reach = Reach::new(&scan.graph, &present);
    let mut rows: Vec<Row> = Vec::new();
    for mut of_file in scan.found {
        let reached: Vec<String> = match of_file.first() {
            Some(row) => reach.of(&row.file).into_iter().map(str::to_owned).collect(),
            None => continue,
        };
        if wanted.is_empty() || reached.iter().any(|name| wanted.contains(&name.as_str())) {
            of_file.iter_mut().for_each(|row| row.environments.clone_from(&reached));
            rows.append(&mut of_file);
        }
    }
    let mut warnings = world.warnings_about(&scan.skipped);
    warnings.extend(environments.ambiguous);
    Ok(ImagesReport {
        rows,
        skipped: scan.skipped,
        warnings,
    })
}

fn row(file: &str, spots: &mut Spots<'_>, site: Site) -> Row {
    let (line, column) = spots.position(site.at);
    Row {
        file: file.to_owned(),
        line,
        column,
        image: site.image.as_str().to_owned(),
        tag: site.version.tag,
        digest: site.version.digest,
        locator: site.locator,
        environments: Vec::new(),
        owner: site.owner.map(|owner| owner.tool),
    }
}

/// Says that there is no such image, and which one may have been meant: worth reading everything once more.
pub(crate) fn not_found(world: &World, name: &Name) -> Error {
    let error = Error::new(Kind::NotFound, "image-not-found", format!("no image named `{name}`"));
    with_known_names(world, name, error, &|_| true)
}

/// Adds to `error` the names nearest to `name`, of images in the files that `covers` accepts.
pub(crate) fn with_known_names(world: &World, name: &Name, error: Error, covers: &dyn Fn(&str) -> bool) -> Error {
    let Ok(declared) = world.declared() else { return error };
    let query = Query {
        below: &[],
        mentions: &[],
        declared: &declared,
        on_read: &|| {},
    };
    let everything = scan::scan(&world.snapshot, &query, &|file, _, sites| {
        let names: Vec<String> = sites.iter().map(|site| site.image.as_str().to_owned()).collect();
        Some((file.to_owned(), names))
    });
    // What a kustomization says that is no YAML is not known, and may be just what was asked for.
    let error = match everything.blind.first() {
        Some((file, broken)) if error.place.is_none() => Error {
            place: broken.place.clone(),
            ..error.because(format!("`{file}` cannot be read: {}", broken.message))
        },
        _ => error,
    };
    let mut known: Vec<String> = everything
        .found
        .into_iter()
        .filter(|(file, _)| covers(file))
        .flat_map(|(_, names)| names)
        .collect();
    known.sort();
    known.dedup();
    let (typed, short) = (name.as_str(), name.last_segment());
    let mut near: Vec<(usize, &String)> = known
        .iter()
        .map(|known| {
            let last = known.rsplit('/').next().unwrap_or(known);
            let distance = strsim::damerau_levenshtein(last, short).min(strsim::damerau_levenshtein(known, typed));
            (distance, known)
        })
        .filter(|(distance, known)| *distance <= 1.max(short.len() / 3) && known.as_str() != typed)
        .collect();
    near.sort();
    if !near.is_empty() {
        return error.hint(Hint::Nearest(
            near.into_iter().take(3).map(|(_, name)| name.clone()).collect(),
        ));
    }
    match known.len() {
        0 => error.hint(Hint::Say("no images are found here at all".into())),
        1..=12 => error.hint(Hint::Found(known)),
        _ => error.hint(Hint::Run("rakops images".into())),
    }
}

/// Counts what was passed over for a known reason, for one line of talk: templates, and files that are not YAML.
pub(crate) fn passed_over(skipped: &[Skipped]) -> (usize, usize) {
    let count = |nature| skipped.iter().filter(|skip| skip.nature == nature).count();
    (count(Nature::Template), count(Nature::Opaque))
}

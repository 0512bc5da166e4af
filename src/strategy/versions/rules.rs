//! The rules of one version that is carried: what it is, what it replaces, who owns the place.
//!
//! Source: PROMOTION.md, sections 1 and 7.

use std::cmp::Ordering;

use super::look::{Look, Pair, declared_together, shown};
use super::past::Past;
use super::target::{Target, Writing};
use crate::change::promotion::BroughtBack;
use crate::config::model::{Pin, RuleName};
use crate::error::{Error, Hint, Kind};
use crate::image::{Repository, Version, is_floating};
use crate::manifest::order::{order, policy};
use crate::strategy::guard::Guard;
use crate::strategy::hop::{Hop, TargetDigest};
use crate::text::time;

/// What one place is to state, and what was to be said about it.
pub(super) struct Wanted {
    pub(super) version: Version,
    pub(super) rename: Option<Repository>,
    /// Whether a digest that is there goes.
    pub(super) is_digest_dropped: bool,
}

/// Checks everything about one place that does not need its past.
///
/// # Errors
/// [`Kind::Refused`]: `floating`, `half-version`, `unverified-digest`, `owned`, `downgrade`.
pub(super) fn wanted(
    hop: &Hop<'_>,
    (look, writing): (&Look<'_>, &Writing<'_>),
    warnings: &mut Vec<Error>,
) -> Result<Option<Wanted>, Error> {
    let pair = writing.first()?;
    let guard = Guard::of(hop);
    if is_floating(&pair.from.version) {
        warnings.extend(guard.apply(RuleName::Floating, floating(look, pair))?);
        if pair.from.version.is_none() {
            // There is nothing to write.
            return Ok(None);
        }
    }
    let rename = (hop.ask.names == crate::strategy::hop::Names::Along && !pair.from.image.same_as(&pair.to.image))
        .then(|| pair.from.image.clone());
    let mut version = pair.from.version.clone();
    let mut is_digest_dropped = hop.ask.digest == TargetDigest::Dropped;
    if is_pinned_to_tags(hop, pair) && version.tag.is_some() {
        version.digest = None;
        is_digest_dropped = true;
    }
    if rename.is_none() {
        check_mirror(hop, look, (pair, &version))?;
    }
    if hop.ask.digest == TargetDigest::Asked && !is_digest_dropped {
        add_digest(hop, look, (pair, &mut version))?;
    }
    check_digest(hop, look, (pair, &version, is_digest_dropped))?;
    warnings.extend(check_owner(&guard, look, writing)?);
    warnings.extend(check_order(hop, look, (pair, &version))?);
    Ok(Some(Wanted {
        version,
        rename,
        is_digest_dropped,
    }))
}

/// Tells whether the configuration says that a version of the image is a tag alone.
pub(super) fn is_pinned_to_tags(hop: &Hop<'_>, pair: &Pair<'_>) -> bool {
    let is_it = |name: &str| {
        Repository::parse(name).is_ok_and(|name| name.same_as(&pair.to.image) || name.same_as(&pair.to.identity))
    };
    let mut images = hop.loaded.config.images.iter();
    images.any(|image| image.pin == Some(Pin::Tag) && is_it(&image.name))
}

/// Refuses to bring back what was rolled back on TO.
///
/// # Errors
/// [`Kind::Refused`] `rolled-back`.
pub(super) fn check_rolled_back(
    hop: &Hop<'_>,
    (look, pair): (&Look<'_>, &Pair<'_>),
    to_past: &Past<'_>,
) -> Result<Option<(BroughtBack, Option<Error>)>, Error> {
    let mut landing = None;
    for file in look.files_of_to(pair.to) {
        landing = landing.or(to_past.taken_back_by(&file, (pair.to, &pair.from.version))?);
    }
    let Some(landing) = landing else { return Ok(None) };
    let Some(commit) = hop.repository.commit(&landing)? else {
        return Ok(None);
    };
    let what = format!("{} {}", pair.to.image.short_name(), pair.from.version);
    let message = format!(
        "brings back `{what}`, which was rolled back on `{}` on {} by {}",
        pair.environment.name,
        time::day(commit.time),
        commit.author.name
    );
    let title = commit.message.lines().next().unwrap_or_default();
    let broken = Error::new(Kind::Refused, "rolled-back", message)
        .at(look.place_of_to(pair.to))
        .because(format!("{}: {title}", landing.short()));
    let warning = Guard::of(hop).apply(RuleName::RolledBack, broken)?;
    let it = BroughtBack {
        what,
        by: commit.author.name.clone(),
        at: commit.time,
        commit: landing,
    };
    Ok(Some((it, warning)))
}

pub(super) fn floating(look: &Look<'_>, pair: &Pair<'_>) -> Error {
    let from = &look.from.environment.name;
    let image = shown(&pair.from.image, &pair.from.name);
    let message = match &pair.from.version.tag {
        Some(tag) => format!("`{from}` runs {image} at `{tag}`, which names no fixed content"),
        None => format!("`{from}` runs {image} with no version"),
    };
    Error::new(Kind::Refused, "floating", message)
        .at(look.place_of_from(pair.from))
        .because(format!("nobody can know what `{from}` ran"))
}

/// Where TO holds a digest and FROM's version brings none, the one that its tag has in TO's repository is carried.
fn add_digest(hop: &Hop<'_>, look: &Look<'_>, (pair, version): (&Pair<'_>, &mut Version)) -> Result<(), Error> {
    let (Some(_), None, Some(tag)) = (&pair.to.version.digest, &version.digest, &version.tag) else {
        return Ok(());
    };
    let image = match hop.ask.names == crate::strategy::hop::Names::Along {
        true => &pair.from.image,
        false => &pair.to.image,
    };
    match hop.ask.digests.of(image, tag)? {
        Some(digest) => {
            version.digest = Some(digest);
            Ok(())
        }
        None => {
            let message = format!("`{image}` has no `{tag}`");
            Err(Error::new(Kind::NotFound, "version-missing", message)
                .at(look.place_of_to(pair.to))
                .because(format!("`{}` runs it", hop.from.one()?.name)))
        }
    }
}

/// A digest of TO that FROM's version does not replace would still pull the old image.
fn check_digest(
    hop: &Hop<'_>,
    look: &Look<'_>,
    (pair, version, is_dropped): (&Pair<'_>, &Version, bool),
) -> Result<(), Error> {
    let (Some(old), None, false) = (&pair.to.version.digest, &version.digest, is_dropped) else {
        return Ok(());
    };
    let image = shown(&pair.to.image, &pair.to.name);
    let message = format!(
        "{image} is pinned to a digest in `{}`, and `{version}` of `{}` has none",
        pair.environment.name,
        hop.from.one()?.name
    );
    Err(Error::new(Kind::Refused, "half-version", message)
        .at(look.place_of_to(pair.to))
        .because(format!("a new tag beside `{old}` would still pull the old image"))
        .hint(Hint::Flag(
            "--resolve-digest".into(),
            "asks the registry for the digest".into(),
        ))
        .hint(Hint::Flag("--drop-digest".into(), "pins to the tag alone".into())))
}

/// A digest means the same bytes in another repository only if somebody says so.
fn check_mirror(hop: &Hop<'_>, look: &Look<'_>, (pair, version): (&Pair<'_>, &Version)) -> Result<(), Error> {
    let (from, to) = (&pair.from.image, &pair.to.image);
    if version.digest.is_none() || from.same_as(to) {
        return Ok(());
    }
    let declared = declared_together(&hop.loaded.config.images, from, to);
    if declared.is_some_and(|image| image.mirror) {
        return Ok(());
    }
    if let (TargetDigest::Asked, Some(digest)) = (hop.ask.digest, &version.digest) {
        return match hop.ask.digests.of(to, digest)? {
            Some(_) => Ok(()),
            None => {
                let message = format!("`{to}` does not have what `{from}` has as `{digest}`");
                Err(Error::new(Kind::NotFound, "version-missing", message)
                    .at(look.place_of_to(pair.to))
                    .because(format!("`{}` states {version}", hop.from.one()?.name)))
            }
        };
    }
    let message = format!("the digest of `{from}` is not known to be in `{to}`");
    Err(Error::new(Kind::Refused, "unverified-digest", message)
        .at(look.place_of_to(pair.to))
        .because(format!("`{}` states {version}", hop.from.one()?.name))
        .because("a digest is carried to another repository only if it is verified there")
        .hint(Hint::Flag(
            "--resolve-digest".into(),
            "asks the registry whether it is there".into(),
        ))
        .hint(Hint::Key(
            "images[].mirror".into(),
            format!("{{name: {from}, same_as: [{to}], mirror: true}}"),
        )))
}

fn check_owner(guard: &Guard<'_>, look: &Look<'_>, writing: &Writing<'_>) -> Result<Option<Error>, Error> {
    let Target::Site(at) = writing.target else {
        return Ok(None);
    };
    let (seen, site) = look.to_scene.survey.at(at);
    let Some(owner) = &site.owner else { return Ok(None) };
    let message = format!(
        "`{}` is written here by {}: it would be rewritten within minutes",
        site.image, owner.tool
    );
    let place = site.at.place(&seen.tree, &seen.file, "owned by its marker");
    guard.apply(RuleName::Owned, Error::new(Kind::Refused, "owned", message).at(place))
}

pub(super) fn check_order(
    hop: &Hop<'_>,
    look: &Look<'_>,
    (pair, version): (&Pair<'_>, &Version),
) -> Result<Option<Error>, Error> {
    let Some(new) = &version.tag else { return Ok(None) };
    let policy = policy(&hop.loaded.config.images, &pair.to.image)?;
    if order(policy.as_ref(), new, &pair.to.version) != Some(Ordering::Less) {
        return Ok(None);
    }
    let old = pair.to.version.tag.as_deref().unwrap_or_default();
    let message = format!(
        "{} of `{}` would go from {old} down to {new}",
        shown(&pair.to.image, &pair.to.name),
        pair.environment.name
    );
    let broken = Error::new(Kind::Refused, "downgrade", message).at(look.place_of_to(pair.to));
    Guard::of(hop).apply(RuleName::Downgrade, broken)
}

/// Refuses to replace a version that was set on TO and never ran in FROM: a hotfix would be lost.
///
/// # Errors
/// [`Kind::Refused`] `overwrite`.
pub(super) fn check_overwrite(
    hop: &Hop<'_>,
    (look, pair): (&Look<'_>, &Pair<'_>),
    (from_past, to_past): (&Past<'_>, &Past<'_>),
) -> Result<Option<Error>, Error> {
    let present = &pair.to.version;
    let (seen, _) = look.to_scene.survey.at(pair.to.at);
    if present.is_none() {
        return Ok(None);
    }
    let Some(landing) = to_past.set_by(&seen.file, (pair.to, present)) else {
        return Ok(None);
    };
    let survey = look.from_scene.survey;
    let sites = pair.from.beneath.iter().chain(std::iter::once(&pair.from.at));
    let files: Vec<&str> = sites.map(|at| survey.at(*at).0.file.as_str()).collect();
    if from_past.ever(&files, (pair.from, present)) {
        return Ok(None);
    }
    let (from, to) = (&look.from.environment.name, &pair.environment.name);
    let image = shown(&pair.to.image, &pair.to.name);
    let message = format!("`{to}` runs {image} {present}, which never ran in `{from}`");
    let who = hop.repository.commit(&landing)?.map_or(String::new(), |commit| {
        let title = commit.message.lines().next().unwrap_or_default().to_owned();
        format!("it was set by {} ({}): {title}", landing.short(), commit.author.name)
    });
    let mut broken = Error::new(Kind::Refused, "overwrite", message).at(look.place_of_to(pair.to));
    if !who.is_empty() {
        broken = broken.because(who);
    }
    if !from_past.is_whole {
        broken = broken.because("older commits were not looked at");
    }
    Guard::of(hop).apply(RuleName::Overwrite, broken)
}

//! Versions that one of two environments should have and has not.
//!
//! Source: PROMOTION.md, section 10, "drift".

use std::cmp::Ordering;

use super::look::{Look, Pair, Surveys, is_one_image, is_same_version};
use super::{Past, Pasts};
use crate::error::Error;
use crate::git::names::Oid;
use crate::image::is_floating;
use crate::manifest::order::{order, policy};
use crate::strategy::hop::Hop;
use crate::strategy::omission::{Certainty, Omission, Why};

/// Finds versions that FROM has and TO lacks, and hotfixes of TO that never ran in FROM.
///
/// That another app has gone on says nothing: apps of one repository are promoted one by one. Within an app, a version that
/// landed in FROM later and has been promoted has *passed* those before it.
///
/// # Errors
/// As reading files and history.
pub(crate) fn omissions(hop: &Hop<'_>) -> Result<Vec<Omission>, Error> {
    let surveys = Surveys::of(&hop.loaded.config, hop.from.snapshot, hop.to.snapshot)?;
    let look = Look::of_hop(&surveys, hop)?;
    let images = &hop.loaded.config.images;
    let mut all = look.pairs();
    all.retain(|pair| is_one_image(images, pair.from, pair.to) && !is_floating(&pair.from.version));
    let (same, differing): (Vec<Pair<'_>>, Vec<Pair<'_>>) = all
        .into_iter()
        .partition(|pair| is_same_version(&pair.from.version, &pair.to.version));
    if differing.is_empty() {
        return Ok(Vec::new());
    }
    let is_of_app = |pair: &Pair<'_>| differing.iter().any(|it| it.to.name.app == pair.to.name.app);
    let near: Vec<Pair<'_>> = same.into_iter().filter(is_of_app).collect();
    let looked_at: Vec<Pair<'_>> = differing.iter().chain(&near).copied().collect();
    let finder = Finder {
        hop,
        look: &look,
        pasts: Pasts::of(hop, &surveys, (&look, &looked_at))?,
        near,
    };
    let mut found: Vec<Omission> = Vec::new();
    for pair in &differing {
        for omission in finder.of(pair)? {
            match found
                .iter_mut()
                .find(|it| it.id == omission.id && it.commit == omission.commit)
            {
                Some(known) => {
                    known.files.extend(omission.files);
                    known.files.sort();
                    known.files.dedup();
                }
                None => found.push(omission),
            }
        }
    }
    Ok(found)
}

struct Finder<'f> {
    hop: &'f Hop<'f>,
    look: &'f Look<'f>,
    pasts: Pasts<'f>,
    /// Pairs of the same apps that have one version.
    near: Vec<Pair<'f>>,
}

impl Finder<'_> {
    fn of(&self, pair: &Pair<'_>) -> Result<Vec<Omission>, Error> {
        let (in_from, in_to) = (self.decides_in_from(pair), self.decides_in_to(pair));
        let mut found = Vec::new();
        let set = self.pasts.to.set_by(in_to, (pair.to, &pair.to.version));
        let is_hotfix = set.is_some() && !self.ran_in_from(pair);
        if let (Some(landing), true) = (&set, is_hotfix) {
            let title = format!("{} {}", pair.to.image.short_name(), pair.to.version);
            found.extend(self.omission((pair, landing), in_to, (title, Why::Hotfix))?);
        }
        let policy = policy(&self.hop.loaded.config.images, &pair.to.image)?;
        let new = pair.from.version.tag.as_deref().unwrap_or_default();
        if is_hotfix && order(policy.as_ref(), new, &pair.to.version) == Some(Ordering::Less) {
            // What FROM has is older: nothing waits there.
            return Ok(found);
        }
        if let Some(landing) = self.pasts.from.landed_by(in_from, (pair.from, &pair.from.version)) {
            let title = format!(
                "{} {} -> {}",
                pair.from.image.short_name(),
                pair.to.version,
                pair.from.version
            );
            let why = self.why(pair, &landing)?;
            found.extend(self.omission((pair, &landing), in_from, (title, why))?);
        }
        Ok(found)
    }

    fn why(&self, pair: &Pair<'_>, landing: &Oid) -> Result<Why, Error> {
        for file in self.look.files_of_to(pair.to) {
            let back = self.pasts.to.taken_back_by(&file, (pair.to, &pair.from.version))?;
            if back.is_some() {
                return Ok(Why::RolledBack);
            }
        }
        let Some(landed) = self.time(landing)? else {
            return Ok(Why::Pending);
        };
        for other in self.near.iter().filter(|it| it.to.name.app == pair.to.name.app) {
            let times = (
                self.landed(
                    &self.pasts.from,
                    self.decides_in_from(other),
                    (other.from, &other.from.version),
                )?,
                self.landed(&self.pasts.to, self.decides_in_to(other), (other.to, &other.to.version))?,
            );
            if let (Some(on_from), Some(on_to)) = times
                && on_from > landed
                && on_to > on_from
            {
                return Ok(Why::Passed);
            }
        }
        Ok(Why::Pending)
    }

    fn ran_in_from(&self, pair: &Pair<'_>) -> bool {
        let survey = self.look.from_scene.survey;
        let sites = pair.from.beneath.iter().chain(std::iter::once(&pair.from.at));
        let files: Vec<&str> = sites.map(|at| survey.at(*at).0.file.as_str()).collect();
        self.pasts.from.ever(&files, (pair.from, &pair.to.version))
    }

    fn landed(
        &self,
        past: &Past<'_>,
        file: &str,
        wanted: (&crate::manifest::slot::Slot, &crate::image::Version),
    ) -> Result<Option<i64>, Error> {
        match past.landed_by(file, wanted) {
            Some(commit) => self.time(&commit),
            None => Ok(None),
        }
    }

    fn time(&self, commit: &Oid) -> Result<Option<i64>, Error> {
        Ok(self.hop.repository.commit(commit)?.map(|it| it.time))
    }

    fn decides_in_from(&self, pair: &Pair<'_>) -> &str {
        &self.look.from_scene.survey.at(pair.from.at).0.file
    }

    fn decides_in_to(&self, pair: &Pair<'_>) -> &str {
        &self.look.to_scene.survey.at(pair.to.at).0.file
    }

    fn omission(
        &self,
        (pair, landing): (&Pair<'_>, &Oid),
        file: &str,
        (title, why): (String, Why),
    ) -> Result<Option<Omission>, Error> {
        let commit = self.hop.repository.commit(landing)?;
        Ok(commit.map(|commit| Omission {
            id: pair.from.identity.as_str().to_owned(),
            title,
            author: commit.author.name,
            at: commit.time,
            commit: landing.clone(),
            files: vec![file.to_owned()],
            certainty: Certainty::Sure,
            why,
        }))
    }
}

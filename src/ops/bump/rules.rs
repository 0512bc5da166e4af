//! The rules of a single site: who owns it, whether the version goes down, whether half of it would stay.

use std::cmp::Ordering;

use super::contest::Candidate;
use super::edit::Plan;
use super::select::Word;
use super::targets::Scoped;
use super::{DigestChoice, FileSites};
use crate::change::set::{SiteChange, Superseded};
use crate::config::model::{RuleName, Severity};
use crate::error::{Error, Hint, Kind, Place};
use crate::image::{Policy, Repository, Version};
use crate::manifest::image_entry::Entry;
use crate::manifest::order::{order, policy};
use crate::manifest::site::Site;
use crate::ops::world::World;

/// What `--resolve-digest` does about half a version.
const RESOLVES: &str = "asks the registry for the digest of the new tag";

/// Puts an error at the place it is about, with a label beside the mark.
type Placed<'p> = dyn Fn(Error, &str) -> Error + 'p;

impl Plan<'_> {
    pub(super) fn check_owner(&self, of: &FileSites, site: &Site) -> Result<Option<Error>, Error> {
        let Some(owner) = &site.owner else { return Ok(None) };
        if self.request.allow.contains(&RuleName::Owned) {
            return Ok(None);
        }
        let error = Error::new(
            Kind::Refused,
            "owned",
            format!(
                "`{}` is written here by {}: it would be rewritten within minutes",
                site.image, owner.tool
            ),
        )
        .at(self.place(of, site, "owned by its marker"))
        .hint(Hint::Flag(
            "--allow owned".into(),
            "writes it all the same; the marker stays".into(),
        ));
        self.unless_guarded(RuleName::Owned, error)
    }

    /// The order of an image's versions: `--policy`, else as the configuration has it.
    fn policy(&self, image: &Repository) -> Result<Option<Policy>, Error> {
        match &self.request.policy {
            Some(policy) => Ok(Some(policy.clone())),
            None => policy(&self.world.loaded.config.images, image),
        }
    }

    /// Refuses to lower a version, and says where one is outside of what the configuration expects.
    pub(super) fn check_policy(&self, word: &Word<'_>, of: &FileSites, site: &Site) -> Result<Vec<Error>, Error> {
        self.check_order(
            word,
            &site.image,
            (&site.version, &|error, label| error.at(self.place(of, site, label))),
        )
    }

    fn check_order(
        &self,
        word: &Word<'_>,
        image: &Repository,
        (old, at): (&Version, &Placed<'_>),
    ) -> Result<Vec<Error>, Error> {
        let Some(new) = &word.version.tag else {
            return Ok(Vec::new());
        };
        let mut warnings = Vec::new();
        let policy = self.policy(image)?;
        let order = order(policy.as_ref(), new, old);
        if order == Some(Ordering::Less) && !self.request.allow.contains(&RuleName::Downgrade) {
            let old = old.tag.as_deref().unwrap_or_default();
            let message = format!("`{image}` would go from {old} down to {new}");
            let error = at(Error::new(Kind::Refused, "downgrade", message), "newer")
                .hint(Hint::Flag("--allow downgrade".into(), "sets it all the same".into()));
            warnings.extend(self.unless_guarded(RuleName::Downgrade, error)?);
        }
        if let Some(policy) = policy.filter(|policy| !policy.matches(new)) {
            let message = format!(
                "`{new}` is not what the policy of `{image}` takes: `{}`",
                policy.as_str()
            );
            warnings.push(at(Error::new(Kind::Config, "outside-policy", message), ""));
        }
        Ok(warnings)
    }

    /// Returns why a site is left to what stands there, if it is: see [`super::contest`].
    pub(super) fn superseded(
        &self,
        word: &Word<'_>,
        file: &str,
        (image, present): (&Repository, &Version),
    ) -> Result<Option<Superseded>, Error> {
        let policy = self.policy(image)?;
        let order = word
            .version
            .tag
            .as_ref()
            // Whoever asks for an older version in so many words gets it.
            .filter(|_| !self.request.allow.contains(&RuleName::Downgrade))
            .and_then(|new| order(policy.as_ref(), new, present));
        Ok(self.request.contest.superseded(&Candidate {
            file,
            image,
            present,
            wanted: &word.version,
            order,
        }))
    }

    /// The rules of a site, for an entry that takes the place of one in a shared file.
    pub(super) fn check_entry(&self, word: &Word<'_>, file: &str, entry: &Entry) -> Result<Vec<Error>, Error> {
        let at = |error: Error, _: &str| error.at(Place::file(file));
        if let (Some(digest), None) = (&entry.from.digest, &word.version.digest)
            && word.digest == DigestChoice::Refuse
        {
            let message = format!(
                "`{}` is pinned to a digest, and `{}` brings none",
                entry.name, word.version
            );
            return Err(at(Error::new(Kind::Refused, "half-version", message), "")
                .because(format!("what is built here runs `{digest}`"))
                .hint(Hint::Flag("--resolve-digest".into(), RESOLVES.into()))
                .hint(Hint::Flag("--drop-digest".into(), "pins to the tag alone".into())));
        }
        self.check_order(word, &entry.name, (&entry.from, &at))
    }

    /// What an entry cannot reach is said: the environment goes on running it.
    pub(super) fn left_behind(&self, file: usize, at: usize, scope: &Scoped<'_>) -> Error {
        let (of, site) = (&self.files[file], &self.files[file].sites[at]);
        let environments = scope.environment_names().unwrap_or_default();
        let message = format!(
            "`{}` stays at {} here, also for {environments}",
            site.image, site.version
        );
        Error::new(Kind::Refused, "left-behind", message)
            .at(self.place(of, site, "no entry of `images:` changes this"))
            .because(format!("`{}` reaches {}", of.file, scope.reached(&of.file)))
            .hint(Hint::Flag("--base".into(), "sets it, for all of these".into()))
    }

    /// Turns a refusal into a warning where the configuration says that its rule only warns.
    fn unless_guarded(&self, rule: RuleName, error: Error) -> Result<Option<Error>, Error> {
        match self.world.loaded.config.guard.get(&rule) {
            Some(Severity::Warn) => Ok(Some(error)),
            _ => Err(error),
        }
    }
}

/// How the version that a site is to have compares with the one it has, by a given policy or the configured one; none where the two cannot be compared.
///
/// # Errors
/// [`Kind::Config`] if the image's policy cannot be understood.
pub(super) fn compare(world: &World, site: &SiteChange, given: Option<&Policy>) -> Result<Option<Ordering>, Error> {
    let read = |text: &str| Version::parse(text).ok();
    let (Some(old), Some(new)) = (site.from.as_deref().and_then(read), read(&site.to)) else {
        return Ok(None);
    };
    let policy = match (given, Repository::parse(&site.image)) {
        (Some(policy), _) => Some(policy.clone()),
        (None, Ok(image)) => policy(&world.loaded.config.images, &image)?,
        (None, Err(_)) => None,
    };
    Ok(new.tag.and_then(|new| order(policy.as_ref(), &new, &old)))
}

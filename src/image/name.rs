//! Images as people call them: the full repository, its last segments, or the last one alone.

use std::fmt;

use super::error::{Fault, ReferenceError};
use super::reference::{Reference, Repository};

/// A name as it was typed: `api`, `acme/api`, `ghcr.io/acme/api`, or an alias from config.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name(String);

/// How a name fits a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// It is the repository's last segments: `api` for `ghcr.io/acme/api`.
    Short,
    /// It is the repository's full name, however written: `docker.io/library/nginx` for `nginx`.
    Full,
}

impl Name {
    /// Reads a name. It need not be a repository: an alias may hold capitals.
    ///
    /// # Errors
    /// Names the first character that no name has, or says that a version has no place in a name.
    pub(crate) fn parse(text: &str) -> Result<Name, ReferenceError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-/:[]".contains(&b);
        if let Some(bad) = text.bytes().position(|b| !allowed(b)) {
            let start = (0..=bad).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
            return Err(ReferenceError::at(text, "image name", start));
        }
        if text.is_empty() {
            return Err(ReferenceError::new(text, "image name", Fault::Empty));
        }
        match Reference::parse(text) {
            Ok(reference) if !reference.version.is_none() => Err(ReferenceError::new(
                text,
                "image name",
                Fault::Says("it has a version of its own"),
            )),
            _ => Ok(Name(text.to_owned())),
        }
    }

    /// As typed.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment: what a file that mentions the image must hold.
    pub(crate) fn last_segment(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Says whether and how the name fits `repository`.
    ///
    /// A name of one segment always fits [`Fit::Short`], even where it is a Docker Hub image too:
    /// `nginx` fits `ghcr.io/acme/nginx`, and whoever has both must say which.
    pub(crate) fn fit(&self, repository: &Repository) -> Option<Fit> {
        // However much of it is written, the last segment is.
        if repository.short_name() != self.last_segment() {
            return None;
        }
        let full = repository.normalised();
        if self.0 == full {
            return Some(Fit::Full);
        }
        if let Some(rest) = full.strip_suffix(self.0.as_str())
            && rest.ends_with('/')
        {
            return Some(Fit::Short);
        }
        if self.0 == repository.as_str() {
            return Some(Fit::Full);
        }
        match Repository::parse(&self.0) {
            Ok(typed) if typed.same_as(repository) => Some(Fit::Full),
            _ => None,
        }
    }

    /// Picks the repositories that the name means: those with a full fit if there are any, else all that fit.
    /// More than one different repository in the answer means the name is not clear.
    pub(crate) fn pick<'a>(&self, all: impl IntoIterator<Item = &'a Repository>) -> Vec<&'a Repository> {
        let mut found: Vec<(Fit, &Repository)> = Vec::new();
        for repository in all {
            if let Some(fit) = self.fit(repository)
                && !found.iter().any(|(_, known)| known.same_as(repository))
            {
                found.push((fit, repository));
            }
        }
        let best = found.iter().map(|(fit, _)| *fit).max();
        found
            .into_iter()
            .filter(|(fit, _)| Some(*fit) == best)
            .map(|(_, repository)| repository)
            .collect()
    }
}

/// As typed.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

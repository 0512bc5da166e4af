//! The words of `bump`: which image gets which version.

use super::error::{Fault, ReferenceError};
use super::name::Name;
use super::reference::{Reference, Repository};
use super::version::Version;

/// One word of `bump`, read.
///
/// Source: PRODUCT.md, "`bump` forms".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BumpWord {
    /// The image as typed, short or full.
    pub(crate) name: Name,
    /// The repository that takes its place (`api=ghcr.io/acme/api-v2:1.4.2`).
    pub(crate) rename: Option<Repository>,
    /// What it gets; a tag, a digest, or both. Neither, where the newest is yet to be found.
    pub(crate) version: Version,
}

/// As it would be typed: `api=1.4.2`, or with the other repository before the version.
impl std::fmt::Display for BumpWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.rename, &self.version.tag) {
            (None, _) if self.version.is_none() => write!(f, "{}", self.name),
            (None, _) => write!(f, "{}={}", self.name, self.version),
            (Some(other), Some(_)) => write!(f, "{}={other}:{}", self.name, self.version),
            (Some(other), None) => write!(f, "{}={other}@{}", self.name, self.version),
        }
    }
}

impl BumpWord {
    /// An image whose version is yet to be found.
    pub(crate) fn without_version(name: Name) -> BumpWord {
        BumpWord {
            name,
            rename: None,
            version: Version::default(),
        }
    }

    /// Reads `api=1.4.2`, `api=1.4.2@sha256:…`, `api=sha256:…`, `ghcr.io/acme/api=1.4.2`,
    /// `ghcr.io/acme/api:1.4.2[@sha256:…]` or `api=ghcr.io/acme/api-v2:1.4.2`.
    ///
    /// # Errors
    /// Says what is missing, or names the character that cannot stand where it stands.
    pub(crate) fn parse(word: &str) -> Result<BumpWord, ReferenceError> {
        let Some((name, given)) = word.split_once('=') else {
            return BumpWord::from_reference(word);
        };
        let name = Name::parse(name)?;
        if given.is_empty() {
            return Err(ReferenceError::new(given, "version", Fault::Empty));
        }
        let names_an_image = given.contains('/') || given.split('@').next().is_some_and(|tag| tag.contains(':'));
        let is_digest = ["sha256:", "sha384:", "sha512:"].iter().any(|p| given.starts_with(p));
        if !names_an_image || is_digest {
            return Ok(BumpWord {
                name,
                rename: None,
                version: Version::parse(given)?,
            });
        }
        let reference = Reference::parse(given)?;
        let version = strict(given, &reference)?;
        check_rename(given, &reference)?;
        Ok(BumpWord {
            name,
            rename: Some(reference.repository),
            version,
        })
    }

    fn from_reference(word: &str) -> Result<BumpWord, ReferenceError> {
        let reference = Reference::parse(word)?;
        let version = strict(word, &reference)?;
        let name = Name::parse(reference.repository.as_str())?;
        Ok(BumpWord {
            name,
            rename: None,
            version,
        })
    }
}

/// Refuses what reads as a rename, but is a version with a slip in it: `1:2`, `1.4.2:foo`, `shb256:…`.
fn check_rename(text: &str, reference: &Reference) -> Result<(), ReferenceError> {
    let refuse = |why| Err(ReferenceError::new(text, "version", Fault::Says(why)));
    let name = reference.repository.as_str();
    if !name.contains('/') && !name.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return refuse("what stands before the `:` has no letter, so it is no image, and a tag holds no `:`");
    }
    let is_hash = |tag: &String| tag.len() == 64 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
    if reference.version.tag.as_ref().is_some_and(is_hash) {
        return refuse("64 hexadecimal digits are a digest, which begins with `sha256:`");
    }
    Ok(())
}

/// The version of a reference that is to be written: there must be one, and its digest must be one a registry can hold.
fn strict(text: &str, reference: &Reference) -> Result<Version, ReferenceError> {
    if reference.version.is_none() {
        return Err(ReferenceError::new(
            text,
            "image with a version",
            Fault::Says("neither `=VERSION` nor `:TAG` follows"),
        ));
    }
    Version::parse(&reference.version.to_string())
}

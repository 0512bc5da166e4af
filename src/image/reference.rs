//! References by the distribution grammar: `[registry/]path[:tag][@digest]`.
//!
//! Source: <https://github.com/distribution/reference>, `reference.go` and `normalize.go`.

use std::fmt;

use super::error::{Fault, ReferenceError};
use super::version::{Version, is_digest, is_tag};

/// The repository of an image, as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    written: String,
    /// `docker.io/library/nginx` for `nginx`; the same text for most others.
    normalised: Option<String>,
}

impl Repository {
    /// Reads a repository: no tag, no digest.
    ///
    /// # Errors
    /// Names the first character that cannot stand where it stands.
    pub(crate) fn parse(text: &str) -> Result<Repository, ReferenceError> {
        match name_length(text) {
            Ok(end) if end == text.len() => Ok(Repository::unchecked(text)),
            Ok(end) | Err(end) => Err(ReferenceError::at(text, "image name", end)),
        }
    }

    /// Reads the `name` of a kustomize entry: any word without blanks, because it only has to match another word.
    pub(crate) fn parse_entry_name(text: &str) -> Result<Repository, ReferenceError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-/:".contains(&b);
        match text.bytes().position(|b| !allowed(b)) {
            None if !text.is_empty() => Ok(Repository::unchecked(text)),
            bad => Err(ReferenceError::at(text, "image name", bad.unwrap_or(0))),
        }
    }

    fn unchecked(text: &str) -> Repository {
        let (domain, path) = split_domain(text);
        let normalised = match domain {
            None if path.contains('/') => Some(format!("docker.io/{path}")),
            None => Some(format!("docker.io/library/{path}")),
            Some("docker.io" | "index.docker.io" | "registry-1.docker.io") => {
                let library = if path.contains('/') { "" } else { "library/" };
                Some(format!("docker.io/{library}{path}"))
            }
            Some(_) => None,
        };
        Repository {
            written: text.to_owned(),
            normalised,
        }
    }

    /// The text as written.
    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }

    /// The full name: `docker.io/library/nginx` for `nginx`, `library/nginx` and `index.docker.io/library/nginx`.
    pub(crate) fn normalised(&self) -> &str {
        self.normalised.as_deref().unwrap_or(&self.written)
    }

    /// The last segment of the path: `api` for `ghcr.io/acme/api`.
    pub(crate) fn short_name(&self) -> &str {
        self.written.rsplit('/').next().unwrap_or(&self.written)
    }

    /// The registry, if one is written: `ghcr.io`, `localhost:5000`.
    pub(crate) fn registry(&self) -> Option<&str> {
        split_domain(&self.written).0
    }

    /// Asks whether both name the same repository, however they are written.
    pub(crate) fn same_as(&self, other: &Repository) -> bool {
        self.normalised() == other.normalised()
    }
}

/// As written.
impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// As written; see [`Repository::same_as`] for the question people mean.
impl PartialEq for Repository {
    fn eq(&self, other: &Repository) -> bool {
        self.written == other.written
    }
}
impl Eq for Repository {}
impl std::hash::Hash for Repository {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.written.hash(state);
    }
}

/// A repository with the version that stands behind it, which may be none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// What is before the tag and the digest.
    pub(crate) repository: Repository,
    /// What follows.
    pub(crate) version: Version,
}

impl Reference {
    /// Reads `[registry/]path[:tag][@digest]`; the whole text must be one reference.
    ///
    /// # Errors
    /// Names the first character that cannot stand where it stands.
    pub(crate) fn parse(text: &str) -> Result<Reference, ReferenceError> {
        let bad = |at| ReferenceError::at(text, "image reference", at);
        let end = name_length(text).map_err(bad)?;
        let (name, rest) = text.split_at(end);
        let (tag, digest) = match rest.split_once('@') {
            Some((tag, digest)) => (tag, Some(digest)),
            None => (rest, None),
        };
        let tag = match tag.strip_prefix(':') {
            Some(tag) if is_tag(tag) => Some(tag.to_owned()),
            Some(tag) if tag.len() > 128 => {
                let fault = Fault::TooLong {
                    length: tag.len(),
                    most: 128,
                };
                return Err(ReferenceError::new(tag, "tag", fault));
            }
            Some(tag) => return Err(bad(end + 1 + super::version::tag_length(tag))),
            None if tag.is_empty() => None,
            None => return Err(bad(end)),
        };
        let digest = match digest {
            Some(digest) if is_digest(digest) => Some(digest.to_owned()),
            Some(digest) => {
                return Err(ReferenceError::new(
                    digest,
                    "digest",
                    Fault::Says("an algorithm, `:` and at least 32 hexadecimal digits are expected"),
                ));
            }
            None => None,
        };
        Ok(Reference {
            repository: Repository::unchecked(name),
            version: Version { tag, digest },
        })
    }
}

/// `repository[:tag][@digest]`.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.repository)?;
        if let Some(tag) = &self.version.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.version.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Length of a scheme before a reference, such as `oci://`; 0 if there is none.
pub(crate) fn scheme_length(text: &str) -> usize {
    ["oci://", "docker://", "docker-pullable://"]
        .iter()
        .find(|s| text.starts_with(*s))
        .map_or(0, |s| s.len())
}

/// Splits the registry off. The first segment is one if it holds a dot, a colon or a capital, or is `localhost`.
///
/// Source: distribution `normalize.go`, `splitDockerDomain`.
fn split_domain(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((first, rest))
            if first == "localhost" || first.contains(['.', ':']) || first.bytes().any(|b| b.is_ascii_uppercase()) =>
        {
            (Some(first), rest)
        }
        _ => (None, text),
    }
}

/// Length in bytes of the repository at the start of `text`, or where it goes wrong.
fn name_length(text: &str) -> Result<usize, usize> {
    let (domain, path) = split_domain(text);
    let mut at = 0;
    if let Some(domain) = domain {
        check_domain(domain)?;
        at = domain.len() + 1;
    }
    let end = path.find([':', '@']).unwrap_or(path.len());
    for segment in path[..end].split('/') {
        if let Some(bad) = bad_path_byte(segment) {
            return Err(at + bad);
        }
        at += segment.len() + 1;
    }
    let length = at - 1;
    if length > 255 { Err(255) } else { Ok(length) }
}

/// Where a host, with an optional port, goes wrong.
fn check_domain(domain: &str) -> Result<(), usize> {
    let (host, port) = match domain.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => {
            let inside = &domain[1..=end];
            if let Some(bad) = inside.bytes().position(|b| !b.is_ascii_hexdigit() && b != b':') {
                return Err(1 + bad);
            }
            (&domain[..end + 2], &domain[end + 2..])
        }
        None => domain.split_at(domain.find(':').unwrap_or(domain.len())),
    };
    if !host.starts_with('[') {
        let mut at = 0;
        for label in host.split('.') {
            let word = |b: u8| b.is_ascii_alphanumeric();
            if let Some(bad) = label.bytes().position(|b| !word(b) && b != b'-') {
                return Err(at + bad);
            }
            if label.is_empty() || label.starts_with('-') {
                return Err(at);
            }
            if label.ends_with('-') {
                return Err(at + label.len() - 1);
            }
            at += label.len() + 1;
        }
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok(()),
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
        Some(digits) => Err(host.len() + 1 + digits.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(0)),
        None => Err(host.len()),
    }
}

/// Where one segment of a path goes wrong: words of `a-z0-9` joined by `.`, `_`, `__` or any number of `-`.
fn bad_path_byte(segment: &str) -> Option<usize> {
    let bytes = segment.as_bytes();
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if bytes.is_empty() {
        return Some(0);
    }
    let mut i = 0;
    while i < bytes.len() {
        let start = i;
        while i < bytes.len() && word(bytes[i]) {
            i += 1;
        }
        if i == start {
            return Some(i);
        }
        let separator = i;
        while i < bytes.len() && b"._-".contains(&bytes[i]) {
            i += 1;
        }
        match &bytes[separator..i] {
            b"" if i == bytes.len() => return None,
            b"" => return Some(i),
            _ if i == bytes.len() => return Some(i - 1),
            b"." | b"_" | b"__" => {}
            run if run.iter().all(|&b| b == b'-') => {}
            _ => return Some(separator + 1),
        }
    }
    None
}

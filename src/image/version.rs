//! What an image is pinned to: a tag, a digest, or both.

use std::fmt;

use super::error::{Fault, ReferenceError};

/// A tag, a digest, or both. Neither: the image is written with no version at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Version {
    /// `1.4.2`; never empty.
    pub(crate) tag: Option<String>,
    /// `sha256:…`, its algorithm included.
    pub(crate) digest: Option<String>,
}

impl Version {
    /// A version of a tag alone, without a look at its grammar: what a file holds is what it holds.
    pub(crate) fn of_tag(tag: &str) -> Version {
        Version {
            tag: (!tag.is_empty()).then(|| tag.to_owned()),
            digest: None,
        }
    }

    /// Reads `TAG`, `TAG@DIGEST` or `DIGEST`, as it is to be written into a file.
    ///
    /// # Errors
    /// Says which character is wrong, or what a digest lacks.
    pub(crate) fn parse(text: &str) -> Result<Version, ReferenceError> {
        if let Some((tag, digest)) = text.split_once('@') {
            check_tag(tag)?;
            check_digest(digest)?;
            return Ok(Version {
                tag: Some(tag.to_owned()),
                digest: Some(digest.to_owned()),
            });
        }
        if looks_like_digest(text) {
            check_digest(text)?;
            return Ok(Version {
                tag: None,
                digest: Some(text.to_owned()),
            });
        }
        check_tag(text)?;
        Ok(Version {
            tag: Some(text.to_owned()),
            digest: None,
        })
    }

    /// No tag and no digest.
    pub(crate) fn is_none(&self) -> bool {
        self.tag.is_none() && self.digest.is_none()
    }
}

/// `TAG`, `TAG@DIGEST` or `DIGEST`; nothing for an image without a version.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.tag, &self.digest) {
            (Some(tag), Some(digest)) => write!(f, "{tag}@{digest}"),
            (Some(one), None) | (None, Some(one)) => f.write_str(one),
            (None, None) => Ok(()),
        }
    }
}

/// Length in bytes of the tag at the start of `text`, however long; 0 if there is none.
///
/// Source: distribution reference grammar, `tag := /[\w][\w.-]{0,127}/`.
pub(crate) fn tag_length(text: &str) -> usize {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if !text.bytes().next().is_some_and(word) {
        return 0;
    }
    text.bytes().take_while(|&b| word(b) || b == b'.' || b == b'-').count()
}

/// Asks whether `text` is a tag by the grammar.
pub(crate) fn is_tag(text: &str) -> bool {
    !text.is_empty() && text.len() <= 128 && tag_length(text) == text.len()
}

/// Asks whether `text` is a digest as it may stand in a file: an algorithm, and at least 32 hexadecimal digits.
///
/// Source: distribution reference grammar, `digest-hex := /[0-9a-fA-F]{32,}/`.
pub(crate) fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else {
        return false;
    };
    let part = |p: &str| {
        p.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && p.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    algorithm.split(['+', '.', '-', '_']).all(part) && is_bare_digest(hex)
}

/// Asks whether `text` is the hexadecimal part of a digest.
pub(crate) fn is_bare_digest(text: &str) -> bool {
    text.len() >= 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn looks_like_digest(text: &str) -> bool {
    ["sha256:", "sha384:", "sha512:"].iter().any(|p| text.starts_with(p))
}

fn check_tag(text: &str) -> Result<(), ReferenceError> {
    let end = tag_length(text);
    if end < text.len() || text.is_empty() {
        return Err(ReferenceError::at(text, "tag", end));
    }
    if text.len() > 128 {
        return Err(ReferenceError::new(
            text,
            "tag",
            Fault::TooLong {
                length: text.len(),
                most: 128,
            },
        ));
    }
    Ok(())
}

/// Stricter than [`is_digest`]: what is written must be a digest that a registry can hold.
///
/// Source: OCI image specification, descriptor, "Registered Algorithms".
fn check_digest(text: &str) -> Result<(), ReferenceError> {
    if text.is_empty() {
        return Err(ReferenceError::new(text, "digest", Fault::Empty));
    }
    let length = match text.split_once(':') {
        Some(("sha256", hex)) => (hex, 64),
        Some(("sha384", hex)) => (hex, 96),
        Some(("sha512", hex)) => (hex, 128),
        Some(_) => {
            return Err(ReferenceError::new(
                text,
                "digest",
                Fault::Says("its algorithm is none of `sha256`, `sha384`, `sha512`"),
            ));
        }
        None => {
            return Err(ReferenceError::new(
                text,
                "digest",
                Fault::Says("it does not start with `sha256:`"),
            ));
        }
    };
    let (hex, wanted) = length;
    if let Some(bad) = hex.bytes().position(|b| !matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(ReferenceError::at(text, "digest", text.len() - hex.len() + bad));
    }
    if hex.len() != wanted {
        return Err(ReferenceError::new(
            text,
            "digest",
            Fault::Says(match wanted {
                64 => "64 characters must follow `sha256:`",
                96 => "96 characters must follow `sha384:`",
                _ => "128 characters must follow `sha512:`",
            }),
        ));
    }
    Ok(())
}

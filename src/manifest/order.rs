//! Which of two versions of an image is newer, as the configuration or SemVer has it.
//!
//! Source: PROMOTION.md, section 9: without a policy two tags are compared as SemVer if both read as such.

use std::cmp::Ordering;

use crate::config::model::ImageEntry;
use crate::error::{Error, Kind};
use crate::image::{Policy, Repository, Version};

/// The policy of an image, as the configuration has it.
///
/// # Errors
/// [`Kind::Config`] if it cannot be understood.
pub(crate) fn policy(images: &[ImageEntry], image: &Repository) -> Result<Option<Policy>, Error> {
    let of_site = |name: &String| Repository::parse(name).is_ok_and(|known| known.same_as(image));
    let Some(text) = images
        .iter()
        .find(|image| of_site(&image.name))
        .and_then(|image| image.policy.as_ref())
    else {
        return Ok(None);
    };
    Policy::parse(text)
        .map(Some)
        .map_err(|cause| Error::new(Kind::Config, "config", format!("`images[].policy` is `{text}`")).because(cause))
}

/// How a tag compares with what stands there; none where the two cannot be compared.
pub(crate) fn order(policy: Option<&Policy>, new: &str, old: &Version) -> Option<Ordering> {
    match (policy, &old.tag) {
        (_, None) => None,
        (Some(policy), Some(old)) => policy.compare(new, old),
        (None, Some(old)) => Policy::default_compare(new, old),
    }
}

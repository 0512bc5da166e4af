//! What a version is.

use std::fmt;

/// What a version is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Details {
    /// Of the index where there is one, else of the manifest.
    pub(crate) digest: String,
    /// When it was built, in seconds since 1970; none where nobody says.
    pub(crate) created: Option<i64>,
    /// What it runs on, without attestations; empty for what is no image, such as a chart.
    pub(crate) platforms: Vec<Platform>,
}

/// What an image runs on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Platform {
    /// `linux`.
    pub(crate) os: String,
    /// `amd64`.
    pub(crate) architecture: String,
    /// `v8`; may be empty.
    pub(crate) variant: String,
}

impl Platform {
    /// Reads `linux/arm64` or `linux/arm64/v8`.
    pub(crate) fn parse(text: &str) -> Option<Platform> {
        let mut parts = text.split('/');
        let (os, architecture, variant) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
        let is_word = |part: &str| {
            part.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        let is_whole = parts.next().is_none() && !os.is_empty() && !architecture.is_empty();
        (is_whole && [os, architecture, variant].into_iter().all(is_word)).then(|| Platform {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
        })
    }

    /// Whether an image for this platform serves a cluster of `wanted`. A variant counts only where both name one, and a node
    /// runs what was built for an earlier one: `arm/v6` on `arm/v7`.
    ///
    /// Source: containerd `platforms/database.go`: `arm64` is `arm64/v8`, `arm` is `arm/v7`; `compare.go`, `platformVector`.
    pub(crate) fn serves(&self, wanted: &Platform) -> bool {
        let number = |variant: &str| variant.strip_prefix('v')?.parse::<u32>().ok();
        let is_earlier = || Some(number(&self.variant)? <= number(&wanted.variant)?);
        let variants = self.variant.is_empty()
            || wanted.variant.is_empty()
            || self.variant == wanted.variant
            || is_earlier() == Some(true);
        self.os == wanted.os && self.architecture == wanted.architecture && variants
    }
}

/// `linux/arm64/v8`.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match self.variant.is_empty() {
            true => Ok(()),
            false => write!(f, "/{}", self.variant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Platform;

    #[test]
    fn a_node_runs_what_was_built_for_an_earlier_variant_of_its_own() {
        for (image, wanted, runs) in [
            ("linux/arm64/v8", "linux/arm64", true),
            ("linux/arm64", "linux/arm64/v8", true),
            ("linux/arm/v6", "linux/arm/v7", true),
            ("linux/arm/v7", "linux/arm/v6", false),
            ("linux/amd64/v2", "linux/amd64/v3", true),
            ("linux/amd64/v3", "linux/amd64/v2", false),
            ("linux/arm/v7", "linux/arm64", false),
            ("windows/amd64", "linux/amd64", false),
            ("linux/ppc64le/power8", "linux/ppc64le/power9", false),
        ] {
            let [image, wanted] = [image, wanted].map(|text| Platform::parse(text).unwrap());
            assert_eq!(image.serves(&wanted), runs, "{image} on {wanted}");
        }
    }
}

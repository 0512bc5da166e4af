//! Which versions name fixed content, and which name whatever was pushed last.

use super::version::Version;

/// Tags that name whatever was pushed last.
const FLOATING: [&str; 8] = [
    "latest", "main", "master", "develop", "edge", "nightly", "stable", "canary",
];

/// Digits from which a number alone is one build, or one day: `20260131`, a number of a pipeline.
const LONG: usize = 5;

/// Tells whether a version names no fixed content: no digest, and a tag that no number tells from the next one.
pub(crate) fn is_floating(version: &Version) -> bool {
    match (&version.tag, &version.digest) {
        (_, Some(_)) => false,
        (None, None) => true,
        (Some(tag), None) => is_moving_word(tag),
    }
}

fn is_moving_word(tag: &str) -> bool {
    FLOATING.contains(&tag) || !tag.bytes().any(|byte| byte.is_ascii_digit())
}

/// Tells whether a tag names one release, by its form: three numbers, a day, a build or a commit. `1.4`, `16-alpine` and `v2` follow
/// the releases below them, as is the custom, and `latest` everything.
pub(crate) fn is_fixed(tag: &str) -> bool {
    if is_moving_word(tag) {
        return false;
    }
    tag.split(['-', '_', '+']).any(|word| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let bare = word.strip_prefix('v').unwrap_or(word);
        let numbers = bare.split('.').take_while(|part| digits(part)).count();
        let is_commit = word.len() >= 7
            && word.bytes().all(|byte| byte.is_ascii_hexdigit())
            && word.bytes().any(|byte| byte.is_ascii_digit());
        numbers >= 3 || is_commit || bare.split('.').any(|part| digits(part) && part.len() >= LONG)
    })
}

#[cfg(test)]
mod tests {
    use super::{is_fixed, is_floating};
    use crate::image::Version;

    #[test]
    fn a_tag_without_a_number_floats_unless_a_digest_holds_it() {
        for tag in ["latest", "main", "alpine", "perl-slim", "feature-x"] {
            assert!(is_floating(&Version::of_tag(tag)), "{tag}");
        }
        for tag in ["1", "v2-alpine", "main-3f2a91c"] {
            assert!(!is_floating(&Version::of_tag(tag)), "{tag}");
        }
        assert!(is_floating(&Version::default()));
        let digest = Some(format!("sha256:{}", "0".repeat(64)));
        assert!(!is_floating(&Version {
            digest,
            ..Version::of_tag("latest")
        }));
    }

    #[test]
    fn three_numbers_a_day_a_build_or_a_commit_are_fixed() {
        for tag in [
            "1.4.2",
            "v1.4.2-rc.1",
            "1.25.3-alpine",
            "20260131",
            "main-3f2a91c-1699999999",
            "release-2026.01.31",
            "sha-0a1b2c3d4e",
        ] {
            assert!(is_fixed(tag), "{tag}");
        }
        for tag in [
            "1",
            "1.4",
            "v2",
            "16-alpine",
            "3.18-slim",
            "latest",
            "bookworm",
            "jdk-21",
        ] {
            assert!(!is_fixed(tag), "{tag}");
        }
    }
}

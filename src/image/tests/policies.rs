use std::cmp::Ordering;

use crate::image::Policy;

/// Lists of tags of real shape: releases, floating names, builds, commits and architectures side by side.
const RELEASES: [&str; 12] = [
    "latest",
    "1",
    "1.25",
    "1.9.0",
    "1.10.0",
    "v1.10.1",
    "1.11.0-rc.1",
    "2.0.0",
    "nightly",
    "sha-1a2b3c4",
    "1.10.1-amd64",
    "1.10.0-alpine",
];

fn policy(text: &str) -> Policy {
    Policy::parse(text).unwrap()
}

#[test]
fn the_newest_tag_is_the_newest_that_counts() {
    let cases: [(&str, &[&str], Option<&str>); 14] = [
        ("semver:^1", &RELEASES, Some("v1.10.1")),
        ("semver:*", &RELEASES, Some("2.0.0")),
        ("semver", &RELEASES, Some("2.0.0")),
        ("semver:~1.9", &RELEASES, Some("1.9.0")),
        ("semver:>=1.9, <1.10.1", &RELEASES, Some("1.10.0")),
        ("semver:>=1.9 <1.10.1", &RELEASES, Some("1.10.0")),
        ("semver:>= 1.11.0-0, < 2", &RELEASES, Some("1.11.0-rc.1")),
        ("semver:^3", &RELEASES, None),
        (
            "numeric",
            &["9", "10", "1000000000000000000000", "0999", "x1"],
            Some("1000000000000000000000"),
        ),
        (
            "calver",
            &["2024.9.1", "2024.10.1", "24.04", "latest", "2025.01.01-rc1"],
            Some("2024.10.1"),
        ),
        (
            "calver",
            &["20240930-120000", "20241001-090000", "20240930"],
            Some("20241001-090000"),
        ),
        ("newest", &["c", "a", "b"], Some("c")),
        (
            "regex:main-[0-9a-f]+-(?P<ts>\\d+)",
            &["main-1a2b3c4-1700000009", "main-ffff000-1700000010", "dev-1-9"],
            Some("main-ffff000-1700000010"),
        ),
        (
            "regex:build-\\d+",
            &["build-9", "build-10", "build-x"],
            Some("build-10"),
        ),
    ];
    for (text, tags, newest) in cases {
        assert_eq!(policy(text).newest(tags.iter().copied()), newest, "{text}");
    }
}

#[test]
fn two_tags_are_ordered_by_the_policy() {
    use Ordering::{Equal, Greater, Less};
    let cases = [
        ("semver:^1", "1.9.0", "1.10.0", Some(Less)),
        ("semver:^1", "v2.0.0", "1.10.0", Some(Greater)),
        ("semver:^1", "v1.0.0", "1.0.0", Some(Equal)),
        ("semver:^1", "1.0.0-rc.2", "1.0.0", Some(Less)),
        ("semver:^1", "latest", "1.0.0", None),
        ("numeric", "010", "9", Some(Greater)),
        ("numeric", "1.0", "2", None),
        ("calver", "2025-02-03-101500", "2025-02-04-090000", Some(Less)),
        ("calver", "v24.04", "v24.10", Some(Less)),
        ("calver", "2025.01", "2025.01.1", Some(Less)),
        ("calver", "2025.01.01-rc1", "2025.01.01", Some(Less)),
        ("calver", "20250203-1a2b3c4", "20250203-9f8e7d6", None),
        ("calver", "20250203-1a2b3c4", "20250204-0000000", Some(Less)),
        ("calver", "1.2.3", "1.2.4", None),
        ("newest", "a", "b", None),
        ("regex:v(\\d+)\\.(\\d+)-.*", "v1.9-b", "v1.10-a", Some(Less)),
        ("regex:(?:(?P<rc>rc)-)?(?P<n>\\d+)", "rc-2", "1", Some(Greater)),
        ("regex:rel-.*", "rel-rc9", "rel-rc10", Some(Less)),
        ("regex:rel-.*", "x", "rel-rc10", None),
    ];
    for (text, a, b, order) in cases {
        assert_eq!(policy(text).compare(a, b), order, "{text}: {a} and {b}");
        assert_eq!(
            policy(text).compare(b, a),
            order.map(Ordering::reverse),
            "{text}: {b} and {a}"
        );
    }
}

#[test]
fn without_a_policy_only_semver_has_an_order() {
    assert_eq!(Policy::default_compare("v1.9.0", "1.10.0"), Some(Ordering::Less));
    assert_eq!(Policy::default_compare("1.9", "1.10"), None);
    assert_eq!(Policy::default_compare("main-1", "main-2"), None);
}

#[test]
fn a_policy_that_cannot_be_read_is_refused() {
    let cases = [
        ("alphabetical", "no policy named `alphabetical`"),
        ("semver:one", "`one` is not a semver range"),
        ("regex:(", "`(` is not a regular expression"),
        ("calver:YYYY", "no policy named `calver:YYYY`"),
    ];
    for (text, message) in cases {
        assert_eq!(Policy::parse(text).unwrap_err().message, message);
    }
    assert_eq!(policy("semver:^1").as_str(), "semver:^1");
}

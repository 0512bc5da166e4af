//! Lists of tags as registries have them, against an order written by hand and against the `semver` crate; and that each
//! policy is an order at all.

use std::cmp::Ordering;

use proptest::prelude::*;
use semver::{Version, VersionReq};

use crate::image::{Policy, newest_first};

/// A policy, the tags that it matches from the newest on, and tags that it leaves out.
const LISTS: &[(&str, &[&str], &[&str])] = &[
    (
        "semver:*",
        &[
            "2.0.0", "v1.10.1", "1.10.0", "1.9.10", "1.9.2", "1.9.0", "0.99.0", "0.0.1",
        ],
        &[
            "latest",
            "1",
            "1.9",
            "1.9.0.1",
            "2.1.0-rc.1",
            "1.10.0-alpine",
            "01.2.3",
            "stable-1.2.3",
        ],
    ),
    (
        "semver:^1.4",
        &["1.141.0", "1.59.0", "1.4.10", "1.4.2", "1.4.0"],
        &["1.3.9", "2.0.0", "v2.0.0", "1.5.0-beta"],
    ),
    (
        "semver:>=2.0.0-0, <3",
        &[
            "2.0.0",
            "2.0.0-rc.10",
            "2.0.0-rc.2",
            "2.0.0-rc.1",
            "2.0.0-beta.11",
            "2.0.0-beta.2",
            "2.0.0-beta",
            "2.0.0-alpha.1",
        ],
        &["3.0.0", "1.9.0", "2.1.0-rc.1", "latest"],
    ),
    (
        "calver",
        &[
            "2025.12.01",
            "2025.02.10",
            "2025.2.3",
            "v2024.10.1",
            "24.10",
            "24.04",
            "20.04",
        ],
        &["1.2.3", "2025", "2025.13.01", "latest", "2025.02.11-rc1"],
    ),
    (
        "calver",
        &[
            "20250204-000001",
            "20250203-101500-a1b2c3d",
            "20250203-101500",
            "20250203-090000",
            "20250203",
        ],
        &["20251303-1", "main"],
    ),
    (
        "numeric",
        &["1000", "999", "0998", "10", "9", "0"],
        &["v9", "9.0", "latest", "0x10"],
    ),
    (
        r"regex:main-[0-9a-f]{7}-(?P<ts>\d+)",
        &["main-0000000-1700000100", "main-fffffff-1700000099", "main-1a2b3c4-999"],
        &[
            "main-1a2b3c4",
            "dev-1a2b3c4-1700000100",
            "main-1a2b3c4-1700000100-amd64",
        ],
    ),
    (
        r"regex:^v(?P<a>\d+)\.(?P<b>\d+)\.(?P<c>\d+)\.(?P<d>\d+)$",
        &["v10.0.0.1", "v9.2.0.10", "v9.2.0.9", "v9.1.99.0"],
        &["v9.2.0", "9.2.0.1", "v9.2.0.1-rc1"],
    ),
    (
        r"regex:(\d+)\.(\d+)-alpine",
        &["10.1-alpine", "9.10-alpine", "9.9-alpine"],
        &["9.9", "9.9-alpine3.19", "alpine"],
    ),
    // Named groups order, in the order in which they appear; others do not.
    (
        r"regex:(\w+)-(?P<year>\d{4})-(?P<build>\d+)",
        &["a-2025-10", "z-2025-9", "b-2024-99"],
        &["a-25-1"],
    ),
    // No group: the whole tag, as people read it.
    (
        "regex:build-.*",
        &["build-100", "build-99", "build-9-b", "build-9"],
        &["builds-1"],
    ),
];

#[test]
fn lists_as_registries_have_them_are_ordered_as_people_do() {
    for (text, expected, left_out) in LISTS {
        let policy = Policy::parse(text).unwrap();
        for tag in *left_out {
            assert!(!policy.matches(tag), "{text} takes {tag}");
        }
        // Handed over backwards, and in an order of no meaning, as registries do.
        let mut backwards: Vec<&str> = expected.iter().rev().copied().collect();
        let mut by_name: Vec<&str> = expected.to_vec();
        by_name.sort_by_key(|tag| tag.bytes().rev().collect::<Vec<u8>>());
        for tags in [&mut backwards, &mut by_name] {
            assert!(tags.iter().all(|tag| policy.matches(tag)), "{text} {tags:?}");
            tags.sort_by(|a, b| newest_first(Some(&policy), a, b));
            assert_eq!(tags, expected, "{text}");
            let all = left_out.iter().chain(expected.iter().rev()).copied();
            assert_eq!(policy.newest(all), expected.first().copied(), "{text}");
        }
    }
}

#[test]
fn without_a_policy_releases_come_first_then_prereleases_then_the_rest() {
    let expected = [
        "2.0.0",
        "v1.10.1",
        "1.10.0",
        "1.9.0",
        "2.1.0-rc.2",
        "2.1.0-rc.1",
        "1.10.0-alpine",
        "sha-1a2b3c4",
        "nightly",
        "latest",
        "1.25",
        "1",
        "9.9.9.9",
    ];
    let mut tags = expected.to_vec();
    tags.reverse();
    tags.sort_by(|a, b| newest_first(None, a, b));
    let rank = |tag: &str| expected.iter().position(|it| *it == tag).unwrap();
    let versions: Vec<&str> = tags.iter().copied().filter(|tag| rank(tag) < 7).collect();
    assert_eq!(versions, expected[..7]);
    assert_eq!(tags[7..].len(), 6);
    assert_eq!(tags[7..10], ["sha-1a2b3c4", "nightly", "latest"]);
}

/// Tags of the shapes that registries have, many of them alike.
fn tag() -> impl Strategy<Value = String> {
    let number = || prop_oneof![0u32..3, 9u32..12, 99u32..101];
    let version = (number(), number(), number(), any::<bool>()).prop_map(|(a, b, c, v)| {
        let v = if v { "v" } else { "" };
        format!("{v}{a}.{b}.{c}")
    });
    let pre = (number(), number(), "(rc|beta|alpha|alpine)", number())
        .prop_map(|(a, b, word, n)| format!("{a}.{b}.0-{word}.{n}"));
    let date = (
        2023u32..2026,
        1u32..13,
        1u32..29,
        any::<bool>(),
        "(|-rc1|-rc2|-a1b2c3d|-0ff1ce0|-101500)",
    )
        .prop_map(|(y, m, d, padded, tail)| match padded {
            true => format!("{y}.{m:02}.{d:02}{tail}"),
            false => format!("{y}.{m}.{d}{tail}"),
        });
    let compact = (2023u32..2026, 1u32..13, 1u32..29, 0u32..3).prop_map(|(y, m, d, n)| format!("{y}{m:02}{d:02}-{n}"));
    let build =
        (0u32..120, any::<bool>()).prop_map(|(n, padded)| if padded { format!("{n:04}") } else { n.to_string() });
    let commit = ("[0-9a-f]{7}", 0u32..200).prop_map(|(commit, n)| format!("main-{commit}-{n}"));
    let odd = "[a-z0-9][a-z0-9._-]{0,6}";
    prop_oneof![version, pre, date, compact, build, commit, odd]
}

const POLICIES: [&str; 8] = [
    "semver:*",
    "semver:>=0.0.0-0",
    "calver",
    "numeric",
    r"regex:main-[0-9a-f]{7}-(?P<ts>\d+)",
    r"regex:(\d+)[.-](\d+).*",
    "regex:.*",
    r"regex:(?:v(?P<a>\d+))?.*",
];

proptest! {
    #[test]
    fn every_policy_is_a_total_order_of_what_it_matches(tags in proptest::collection::vec(tag(), 3..12)) {
        let policies = POLICIES.map(|text| Some(Policy::parse(text).unwrap()));
        for policy in policies.iter().map(Option::as_ref).chain([None]) {
            let counts = |tag: &&String| policy.is_none_or(|policy| policy.matches(tag));
            let matching: Vec<&String> = tags.iter().filter(counts).collect();
            let order = |a: &str, b: &str| newest_first(policy, a, b);
            for a in &matching {
                prop_assert_eq!(order(a, a), Ordering::Equal);
                for b in &matching {
                    prop_assert_eq!(order(a, b), order(b, a).reverse(), "{} {}", a, b);
                    prop_assert!(order(a, b).is_ne() || a == b, "{} {}", a, b);
                    for c in &matching {
                        let is_chain = order(a, b).is_le() && order(b, c).is_le();
                        prop_assert!(!is_chain || order(a, c).is_le(), "{} {} {}", a, b, c);
                    }
                    // What the policy itself says is never turned round.
                    let said = policy.and_then(|policy| policy.compare(b, a));
                    prop_assert!(said.is_none_or(|said| said.is_eq() || said == order(a, b)), "{} {}", a, b);
                }
            }
            if let Some(policy) = policy {
                let newest = policy.newest(tags.iter().map(String::as_str));
                let first = matching.iter().min_by(|a, b| order(a, b)).map(|tag| tag.as_str());
                prop_assert_eq!(newest, first);
            }
        }
    }

    #[test]
    fn semver_agrees_with_the_reference(a in tag(), b in tag()) {
        let read = |tag: &str| Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok();
        for range in ["*", "^1", "~1.9", ">=0.0.0-0", ">=1.9.0, <11", "=2.0.0"] {
            let policy = Policy::parse(&format!("semver:{range}")).unwrap();
            let range = VersionReq::parse(range).unwrap();
            prop_assert_eq!(policy.matches(&a), read(&a).is_some_and(|version| range.matches(&version)));
            let reference = read(&a).zip(read(&b)).map(|(a, b)| a.cmp_precedence(&b));
            prop_assert_eq!(policy.compare(&a, &b), reference);
        }
    }
}

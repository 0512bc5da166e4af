//! Tags that are no plain versions: what they look like, and which policy orders tags of that look.

use super::{BumpRequest, Latest};
use crate::error::{Error, Hint, Kind};
use crate::image::{BumpWord, Policy};

/// Words that begin a prerelease of SemVer. Anything else behind the hyphen is a variant of an image: `1.25.3-alpine`.
const PRERELEASES: [&str; 10] = [
    "alpha", "beta", "rc", "pre", "dev", "snapshot", "nightly", "canary", "next", "m",
];

/// Refuses to guess which version is newer, where the tags in use are not releases by SemVer.
///
/// # Errors
/// [`Kind::Refused`] (`no-policy`), with policies that fit the tag.
pub(super) fn refuse_without_policy((request, word): (&BumpRequest, &BumpWord), in_use: &[&str]) -> Result<(), Error> {
    let odd = in_use.iter().find(|tag| !Policy::is_release(tag));
    let message = match odd {
        None if in_use.is_empty() => format!("`{}` has no tag here that would tell what a newer one is", word.name),
        None => return Ok(()),
        Some(tag) if is_prerelease(tag) => format!("`{}` runs `{tag}`, and only releases are taken unasked", word.name),
        Some(tag) => format!("`{}` runs `{tag}`, which does not tell what is newer", word.name),
    };
    let policies = match odd {
        Some(tag) => policies(tag),
        None => vec!["semver:*".to_owned(), "newest".to_owned()],
    };
    let mut error = Error::new(Kind::Refused, "no-policy", message);
    for policy in &policies {
        let words = [word.name.to_string()];
        let asked = BumpRequest {
            policy: Policy::parse(policy).ok(),
            latest: Latest::Asked,
            ..request.clone()
        };
        error = error.hint(Hint::Run(asked.typed(&words, &request.typed_scope())));
    }
    Err(match policies.into_iter().next() {
        Some(policy) => error.hint(Hint::Key("images[].policy".into(), policy)),
        None => error,
    })
}

fn is_prerelease(tag: &str) -> bool {
    let Some((numbers, rest)) = tag.split_once('-') else {
        return false;
    };
    let digits = rest.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    Policy::is_release(numbers) && (digits || PRERELEASES.contains(&word.to_ascii_lowercase().as_str()))
}

/// Policies that order tags which look like this one, the likeliest first.
fn policies(tag: &str) -> Vec<String> {
    let matches = |policy: &str| Policy::parse(policy).is_ok_and(|it| it.matches(tag));
    if is_prerelease(tag) {
        let bare = tag.strip_prefix('v').unwrap_or(tag);
        return vec![format!("semver:>={bare}"), "semver:*".to_owned()];
    }
    for simple in ["numeric", "calver"] {
        if matches(simple) {
            return vec![simple.to_owned()];
        }
    }
    let (pattern, has_number) = pattern(tag);
    match has_number {
        true => vec![format!("regex:{pattern}"), "newest".to_owned()],
        false => vec!["newest".to_owned()],
    }
}

/// A pattern for tags that differ in their numbers and commit ids alone; and whether there is a number to order by.
fn pattern(tag: &str) -> (String, bool) {
    let mut pattern = String::new();
    let mut has_number = false;
    let mut rest = tag;
    while !rest.is_empty() {
        let word = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let (part, after) = rest.split_at(word.max(1));
        if is_commit(part) {
            pattern.push_str(&format!("[0-9a-f]{{{}}}", part.len()));
        } else {
            has_number |= part.bytes().any(|b| b.is_ascii_digit());
            pattern.push_str(&numbers(part));
        }
        rest = after;
    }
    (pattern, has_number)
}

/// The name of a commit, whole or short: hexadecimal with letters and digits in it.
fn is_commit(part: &str) -> bool {
    let is_hex = part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mixed = part.bytes().any(|b| b.is_ascii_digit()) && part.bytes().any(|b| b.is_ascii_alphabetic());
    (7..=64).contains(&part.len()) && is_hex && mixed
}

fn numbers(part: &str) -> String {
    let mut out = String::new();
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            out.push_str("(\\d+)");
            rest = &rest[digits..];
        } else {
            if first == '.' {
                out.push('\\');
            }
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::policies;
    use crate::image::Policy;

    #[test]
    fn a_policy_is_made_from_the_look_of_a_tag_and_takes_that_tag() {
        for (tag, policy) in [
            ("1.25-alpine", r"regex:(\d+)\.(\d+)-alpine"),
            ("1.25.3-alpine", r"regex:(\d+)\.(\d+)\.(\d+)-alpine"),
            ("v1.2.3.4", r"regex:v(\d+)\.(\d+)\.(\d+)\.(\d+)"),
            ("main-1a2b3c4-1700000010", r"regex:main-[0-9a-f]{7}-(\d+)"),
            ("build-77", r"regex:build-(\d+)"),
            ("3.12-slim-bookworm", r"regex:(\d+)\.(\d+)-slim-bookworm"),
            ("1.25", r"regex:(\d+)\.(\d+)"),
            ("4711", "numeric"),
            ("2025.02.03", "calver"),
            ("20250203-101500", "calver"),
            ("1.5.0-rc.1", "semver:>=1.5.0-rc.1"),
            ("v1.5.0-beta2", "semver:>=1.5.0-beta2"),
            ("1a2b3c4", "newest"),
            ("latest", "newest"),
        ] {
            let found = policies(tag);
            assert_eq!(found[0], policy, "{tag}");
            assert!(Policy::parse(&found[0]).unwrap().matches(tag), "{tag} {found:?}");
        }
    }
}

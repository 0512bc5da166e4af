//! Which of two versions is newer, and which of many is the newest.

use std::cmp::Ordering;

use regex::Regex;
use semver::{Version as SemVer, VersionReq};

use super::calendar::CalVer;
use crate::error::{Error, Hint, Kind};

/// An order among the tags of one image, and which of them count.
///
/// Written in config and on the command line as `semver:RANGE`, `calver`, `numeric`, `newest` or `regex:PATTERN`.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    written: String,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum Rule {
    SemVer(VersionReq),
    CalVer,
    Numeric,
    Newest,
    Pattern(Regex),
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`Kind::Usage`], with what is wrong in the range or the pattern, or with the policies there are.
    pub(crate) fn parse(text: &str) -> Result<Policy, Error> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let refuse = |why: String| Error::new(Kind::Usage, "bad-policy", why);
        let rule = match (name, argument) {
            ("semver", range) => Rule::SemVer(read_range(range.unwrap_or("*")).map_err(|cause| {
                refuse(format!("`{}` is not a semver range", range.unwrap_or_default())).because(cause)
            })?),
            ("calver", None) => Rule::CalVer,
            ("numeric", None) => Rule::Numeric,
            ("newest", None) => Rule::Newest,
            ("regex", Some(pattern)) => Rule::Pattern(
                // By itself first, so that a complaint shows the pattern as it was written.
                Regex::new(pattern)
                    .and_then(|_| Regex::new(&format!("^(?:{pattern})$")))
                    .map_err(|cause| refuse(format!("`{pattern}` is not a regular expression")).because(cause))?,
            ),
            _ => {
                let all = ["semver:RANGE", "calver", "numeric", "newest", "regex:PATTERN"];
                let error = refuse(format!("no policy named `{text}`"));
                let names = all.map(|policy| policy.split(':').next().unwrap_or(policy));
                return Err(match (Hint::nearest(name, names), argument) {
                    (Some(Hint::Nearest(near)), Some(argument)) => {
                        let near = near.into_iter().map(|name| format!("{name}:{argument}"));
                        error.hint(Hint::Nearest(near.collect()))
                    }
                    (Some(near), _) => error.hint(near),
                    (None, _) => error.hint(Hint::Found(all.map(String::from).to_vec())),
                });
            }
        };
        Ok(Policy {
            written: text.to_owned(),
            rule,
        })
    }

    /// The policy as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }

    /// Asks whether `tag` counts at all.
    pub(crate) fn matches(&self, tag: &str) -> bool {
        match &self.rule {
            Rule::SemVer(range) => read_semver(tag).is_some_and(|version| range.matches(&version)),
            Rule::CalVer => CalVer::parse(tag).is_some_and(|version| !version.is_prerelease()),
            Rule::Numeric => is_number(tag),
            Rule::Newest => true,
            Rule::Pattern(pattern) => pattern.is_match(tag),
        }
    }

    /// Orders two tags, older first; `None` if the policy has nothing to say about one of them.
    ///
    /// A tag outside a semver range is still ordered: lowering is lowering.
    pub(crate) fn compare(&self, a: &str, b: &str) -> Option<Ordering> {
        match &self.rule {
            Rule::SemVer(_) => Policy::default_compare(a, b),
            Rule::CalVer => CalVer::parse(a)?.compare(&CalVer::parse(b)?),
            Rule::Numeric => (is_number(a) && is_number(b)).then(|| compare_numbers(a, b)),
            Rule::Newest => None,
            Rule::Pattern(pattern) => {
                let (a, b) = (sort_key(pattern, a)?, sort_key(pattern, b)?);
                let unequal = a.iter().zip(&b).map(|(a, b)| natural(a, b)).find(|order| order.is_ne());
                Some(unequal.unwrap_or(Ordering::Equal))
            }
        }
    }

    /// The newest of the tags that count. `newest` has no order of its own: it takes the first, so hand the tags over
    /// as the registry dates them, newest first.
    pub(crate) fn newest<'a>(&self, tags: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let mut matching = tags.into_iter().filter(|tag| self.matches(tag));
        match self.is_by_time() {
            true => matching.next(),
            false => matching.min_by(|a, b| newest_first(Some(self), a, b)),
        }
    }

    /// Whether only the times at which images were built say which is newer.
    pub(crate) fn is_by_time(&self) -> bool {
        matches!(self.rule, Rule::Newest)
    }

    /// Whether a tag is a release by SemVer, with an optional `v`: what counts where no policy is configured.
    pub(crate) fn is_release(tag: &str) -> bool {
        read_semver(tag).is_some_and(|version| version.pre.is_empty())
    }

    /// Orders two tags where no policy is configured: as SemVer, with an optional `v`, if both read as such; else not at all.
    ///
    /// Source: PROMOTION.md, section 9.
    pub(crate) fn default_compare(a: &str, b: &str) -> Option<Ordering> {
        Some(read_semver(a)?.cmp_precedence(&read_semver(b)?))
    }
}

/// Orders tags for a list, newest first: by the policy, else releases by SemVer before prereleases before everything else.
/// What that leaves equal goes by natural order, so that the same tags always stand in the same order.
///
/// A total order among the tags that the policy matches; without a policy, among all.
pub(crate) fn newest_first(policy: Option<&Policy>, a: &str, b: &str) -> Ordering {
    let order = match policy {
        Some(policy) => policy.compare(b, a).unwrap_or(Ordering::Equal),
        None => usual(b, a),
    };
    order.then_with(|| natural(b, a)).then_with(|| b.cmp(a))
}

/// Older first: what is no version, prereleases, releases.
fn usual(a: &str, b: &str) -> Ordering {
    let rank = |version: &Option<SemVer>| match version {
        None => 0,
        Some(version) if !version.pre.is_empty() => 1,
        Some(_) => 2,
    };
    let (a, b) = (read_semver(a), read_semver(b));
    rank(&a).cmp(&rank(&b)).then_with(|| match (&a, &b) {
        (Some(a), Some(b)) => a.cmp_precedence(b),
        _ => Ordering::Equal,
    })
}

fn read_semver(tag: &str) -> Option<SemVer> {
    SemVer::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()
}

/// Reads a range; blanks between comparators count as commas, as npm and Flux write them.
fn read_range(range: &str) -> Result<VersionReq, semver::Error> {
    VersionReq::parse(range).or_else(|first| {
        let mut out = String::new();
        for word in range.split_whitespace() {
            let follows_operator = out.is_empty() || out.ends_with(['<', '>', '=', '~', '^', ',']);
            if !follows_operator && word != "," {
                out.push(',');
            }
            out.push_str(word);
        }
        VersionReq::parse(&out).map_err(|_| first)
    })
}

fn is_number(tag: &str) -> bool {
    !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_digit())
}

/// Numbers of any length: without leading zeros the longer one is the greater.
pub(super) fn compare_numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// What a pattern orders by: its named groups in the order of their appearance, else its numbered ones, else the whole tag.
fn sort_key<'t>(pattern: &Regex, tag: &'t str) -> Option<Vec<&'t str>> {
    let found = pattern.captures(tag)?;
    let named: Vec<usize> = pattern
        .capture_names()
        .enumerate()
        .filter(|(_, name)| name.is_some())
        .map(|(i, _)| i)
        .collect();
    let groups = match (named.is_empty(), found.len()) {
        (false, _) => named,
        (true, 1) => vec![0],
        (true, count) => (1..count).collect(),
    };
    Some(
        groups
            .into_iter()
            .map(|i| found.get(i).map_or("", |m| m.as_str()))
            .collect(),
    )
}

/// Orders text with numbers in it the way people do: `rc9` before `rc10`.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (Some(x), Some(y)) = (a.bytes().next(), b.bytes().next()) else {
            return a.len().cmp(&b.len());
        };
        let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let ((m, rest_a), (n, rest_b)) = (a.split_at(digits(a)), b.split_at(digits(b)));
            (a, b) = (rest_a, rest_b);
            compare_numbers(m, n)
        } else {
            let width = |s: &str| s.chars().next().map_or(1, char::len_utf8);
            let order = a.chars().next().cmp(&b.chars().next());
            (a, b) = (&a[width(a)..], &b[width(b)..]);
            order
        };
        if order.is_ne() {
            return order;
        }
    }
}

//! A text that is never shown, and the filter over everything that is.
//!
//! **Invariant:** whoever holds a token holds a [`Secret`]; from then on [`redact`] knows it and hides it wherever it
//! turns up: in messages of other programs, in addresses, in answers of servers.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

/// What stands in place of a secret.
const HIDDEN: &str = "***";
/// Shorter texts are not looked for: they would blacken half of every message.
const SHORTEST: usize = 6;

/// A token or password. Prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// Keeps `text` as a secret: from now on [`redact`] hides it, and its base64 forms behind a user's name, too.
    pub(crate) fn new(text: impl Into<String>) -> Secret {
        let text = text.into();
        remember(&text);
        Secret(text)
    }

    /// The same for a token of minutes, of which a command may get thousands: it is hidden, but CI systems are not told to look
    /// for it in whatever comes after.
    pub(crate) fn brief(text: impl Into<String>) -> Secret {
        let text = text.into();
        if text.len() >= SHORTEST
            && let Ok(mut known) = known().lock()
        {
            known
                .entry((Reverse(text.len()), text.clone()))
                .or_insert(Lasting::Brief);
        }
        Secret(text)
    }

    /// The text itself, for the one place that sends it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// How long a secret is worth something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasting {
    /// For minutes.
    Brief,
    /// For longer than this process lives.
    Long,
}

/// Secrets, longest first.
type Known = BTreeMap<(Reverse<usize>, String), Lasting>;

/// All secrets of this process: a registry may give thousands. It only ever hides more, so that nobody can
/// tell the runs of two commands in one process apart.
fn known() -> &'static Mutex<Known> {
    static KNOWN: Mutex<Known> = Mutex::new(Known::new());
    &KNOWN
}

/// Has [`redact`] hide `text` from now on, for forms of a secret that are made elsewhere, such as a header.
pub(crate) fn remember(text: &str) {
    if text.len() < SHORTEST {
        return;
    }
    if let Ok(mut known) = known().lock() {
        known.insert((Reverse(text.len()), text.to_owned()), Lasting::Long);
    }
}

/// Returns every secret that lasts, for masks that a CI system wants to be told.
pub(crate) fn all() -> Vec<String> {
    let Ok(known) = known().lock() else { return Vec::new() };
    let lasting = known.iter().filter(|(_, lasting)| **lasting == Lasting::Long);
    lasting.map(|((_, secret), _)| secret.clone()).collect()
}

/// Tells whether a text holds a secret that is known. What only looks like one is no matter here: data is data.
pub(crate) fn holds_one(text: &str) -> bool {
    known()
        .lock()
        .is_ok_and(|known| known.keys().any(|(_, secret)| text.contains(secret.as_str())))
}

/// Returns `text` with every known secret hidden, and what stands where secrets usually stand: user and password in an
/// address, values of headers that authenticate, and query values called `token` and the like.
pub(crate) fn redact(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if let Ok(known) = known().lock() {
        for (_, secret) in known.keys() {
            if text.contains(secret.as_str()) {
                text = Cow::Owned(text.replace(secret.as_str(), HIDDEN));
            }
        }
    }
    if text.contains("://") {
        text = Cow::Owned(hide_userinfo(&text));
    }
    for (lead, ends) in LEADS {
        if contains_ignoring_case(&text, lead) {
            text = Cow::Owned(hide_after(&text, lead, ends));
        }
    }
    text
}

/// What a secret follows, in lower case, and what ends it.
const LEADS: &[(&str, &[char])] = &[
    ("authorization:", &['\n', '\r', '"', '\'']),
    ("private-token:", &['\n', '\r', '"', '\'']),
    ("job-token:", &['\n', '\r', '"', '\'']),
    ("?token=", &['&', ' ', '\n', '\r', '"', '\'', '`']),
    ("&token=", &['&', ' ', '\n', '\r', '"', '\'', '`']),
    ("access_token=", &['&', ' ', '\n', '\r', '"', '\'', '`']),
    ("private_token=", &['&', ' ', '\n', '\r', '"', '\'', '`']),
    ("&sig=", &['&', ' ', '\n', '\r', '"', '\'', '`']),
    ("?sig=", &['&', ' ', '\n', '\r', '"', '\'', '`']),
];

fn contains_ignoring_case(text: &str, lead: &str) -> bool {
    find_ignoring_case(text, lead).is_some()
}

fn find_ignoring_case(text: &str, lead: &str) -> Option<usize> {
    text.as_bytes()
        .windows(lead.len())
        .position(|window| window.eq_ignore_ascii_case(lead.as_bytes()))
}

fn hide_after(text: &str, lead: &str, ends: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find_ignoring_case(rest, lead) {
        let (before, after) = rest.split_at(at + lead.len());
        out.push_str(before);
        let end = after.find(ends).unwrap_or(after.len());
        if !after[..end].trim().is_empty() {
            out.push_str(if after.starts_with(' ') { " ***" } else { HIDDEN });
        }
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

/// Hides `user:password@` in addresses. A user alone stays where it is the usual one of ssh, `git`. A password may hold blanks:
/// what begins like one, and not like a port, is hidden up to its `@` on the same line.
fn hide_userinfo(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after
            .find(|c: char| c.is_whitespace() || "/?#'\"`<>".contains(c))
            .unwrap_or(after.len());
        match after[..end].rfind('@').or_else(|| end_of_login(after, end)) {
            Some(sign) if &after[..sign] != "git" => {
                out.push_str(HIDDEN);
                rest = &after[sign..];
            }
            _ => rest = after,
        }
    }
    out.push_str(rest);
    out
}

/// Where the `@` of a login stands whose password goes on behind `end`; none if no password seems to have begun.
fn end_of_login(after: &str, end: usize) -> Option<usize> {
    let (_, begun) = after[..end].split_once(':')?;
    if begun.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let longest = after.find(['/', '?', '#', '\n', '\r']).unwrap_or(after.len());
    after[..longest].rfind('@')
}

#[cfg(test)]
mod tests {
    use super::{Secret, redact};

    #[test]
    fn a_secret_prints_as_stars_and_is_hidden_wherever_it_turns_up() {
        let secret = Secret::new("t0ken-of-a-test");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(redact("remote said: t0ken-of-a-test!"), "remote said: ***!");
        assert_eq!(secret.reveal(), "t0ken-of-a-test");
    }

    #[test]
    fn addresses_headers_and_queries_lose_what_authenticates() {
        for (text, shown) in [
            ("fatal: 'https://me:pw@host/a' x", "fatal: 'https://***@host/a' x"),
            ("https://host/a@b", "https://host/a@b"),
            ("ssh://git@host/a", "ssh://git@host/a"),
            ("Authorization: Bearer abc\nnext", "Authorization: ***\nnext"),
            ("GET /x?token=abc&page=2", "GET /x?token=***&page=2"),
            ("nothing to hide", "nothing to hide"),
            ("PRIVATE-TOKEN: é", "PRIVATE-TOKEN: ***"),
        ] {
            assert_eq!(redact(text), shown);
        }
    }

    #[test]
    fn a_password_with_a_blank_is_hidden_and_a_port_is_not_taken_for_one() {
        let hidden = redact("fatal: unable to access 'https://me:pass word@h/a': no");
        assert_eq!(hidden, "fatal: unable to access 'https://***@h/a': no");
        let shown = "see https://h:8443 or mail me@example.com";
        assert_eq!(redact(shown), shown);
        let shown = "see https://h\nand mail: me@example.com";
        assert_eq!(redact(shown), shown);
    }
}

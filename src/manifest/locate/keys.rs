//! What the keys of a mapping say: `fooImageTag` is the *tag* of the image of `foo`.
//!
//! Helm values, pairs and Argo CD's parameters spell the same few roles in many ways; this file knows the spellings.

/// What a key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// `repository`, `repo`.
    Repository,
    /// `registry`.
    Registry,
    /// `name`.
    Name,
    /// `image`.
    Image,
    /// `tag`.
    Tag,
    /// `version`.
    Version,
    /// `digest`.
    Digest,
    /// `sha`: a digest without its algorithm.
    Sha,
}

/// A key taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key<'a> {
    /// What it names.
    pub(super) role: Role,
    /// Whose: `foo` of `fooImageTag`, `foo_image_tag` and `fooTag`.
    pub(super) stem: &'a str,
    /// The word `image` stands in the key.
    pub(super) says_image: bool,
}

/// The words that name a role, by their last letter: most keys end in none of them, and are passed over at once.
fn words(last: u8) -> &'static [(&'static str, Role)] {
    match last.to_ascii_lowercase() {
        b'y' => &[("repository", Role::Repository), ("registry", Role::Registry)],
        b'o' => &[("repo", Role::Repository)],
        b'e' => &[("name", Role::Name), ("image", Role::Image)],
        b'g' => &[("tag", Role::Tag)],
        b'n' => &[("version", Role::Version)],
        b't' => &[("digest", Role::Digest)],
        b'a' => &[("sha", Role::Sha)],
        _ => &[],
    }
}

/// Takes a key apart; `None` if its last word is none of the roles.
pub(super) fn read(key: &str) -> Option<Key<'_>> {
    let words = words(*key.as_bytes().last()?);
    let (role, rest) = words
        .iter()
        .find_map(|(word, role)| Some((*role, strip_word(key, word)?)))?;
    match strip_word(rest, "image") {
        Some(stem) => Some(Key {
            role,
            stem,
            says_image: true,
        }),
        None => Some(Key {
            role,
            stem: rest,
            says_image: role == Role::Image,
        }),
    }
}

/// Takes the last word off a key: `fooImage` without `image` is `foo`, `image` without `image` is empty.
///
/// Words are told apart by `_`, `-`, `.`, `/` or a capital; `scenario` does not end in the word `rio`, nor `homepage` in `page`.
pub(super) fn strip_word<'a>(key: &'a str, word: &str) -> Option<&'a str> {
    let at = key.len().checked_sub(word.len())?;
    if !key.is_char_boundary(at) {
        return None;
    }
    let (rest, last) = key.split_at(at);
    if !last.eq_ignore_ascii_case(word) {
        return None;
    }
    let Some(before) = rest.bytes().last() else {
        return Some(rest);
    };
    let capital = last.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
    match before {
        b'_' | b'-' | b'.' | b'/' => Some(&rest[..rest.len() - 1]),
        b if capital && (b.is_ascii_lowercase() || b.is_ascii_digit()) => Some(rest),
        _ => None,
    }
}

/// Asks whether a key names an image, or a list or group of them: `image`, `fooImage`, `FOO_IMAGE`, `images`.
pub(super) fn says_image(key: &str) -> bool {
    strip_word(key, "image").is_some() || strip_word(key, "images").is_some()
}

/// The last words of keys whose values are places, or stand for something else: `s3Path`, `jdbc_url`, `runbook`, `mirrors`.
const PLACES: [&str; 24] = [
    "path",
    "paths",
    "url",
    "urls",
    "uri",
    "uris",
    "jdbc",
    "dsn",
    "mirror",
    "mirrors",
    "runbook",
    "runbooks",
    "link",
    "links",
    "href",
    "example",
    "examples",
    "endpoint",
    "endpoints",
    "address",
    "addresses",
    "host",
    "hosts",
    "artifact",
];

/// Asks whether a key names a place rather than an image: `host/name:word` is then an object in a bucket, a schema or a page.
/// A key that speaks of an image (`IMAGE_URI`, `imagePath`) does not, whatever its last word is.
pub(super) fn says_place(key: &str) -> bool {
    let is_place = PLACES.iter().any(|word| strip_word(key, word).is_some());
    is_place && !key.to_ascii_lowercase().contains("image")
}

/// Asks whether two keys speak of the same image: `imageName` and `image_tag` do.
pub(super) fn same_stem(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

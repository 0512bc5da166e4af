//! The name of an environment in a text.

use super::Names;

/// Tells whether a name stands in a text as a word of its own.
pub(crate) fn names(text: &str, name: &str) -> bool {
    places(text, name).next().is_some()
}

/// The text with the new name; none if the old one does not stand in it, or names something that is not made by copying:
/// a host, an address, an image, a path.
pub(crate) fn renamed(text: &str, names: Names<'_>) -> Option<String> {
    let is_elsewhere = text.contains("://") || text.contains('/') || is_host(text);
    (!is_elsewhere && self::names(text, names.from)).then(|| replaced(text, names))
}

/// The text with the new name wherever the old one stands as a word.
pub(super) fn replaced(text: &str, names: Names<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for at in places(text, names.from) {
        out.push_str(&text[from..at]);
        out.push_str(names.to);
        from = at + names.from.len();
    }
    out.push_str(&text[from..]);
    out
}

/// A word with dots in it that is no sentence and no number: `db.stg.example.com`.
fn is_host(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let value = word.rsplit('=').next().unwrap_or(word);
        let host = value.split(':').next().unwrap_or(value);
        host.trim_end_matches(['.', ',']).contains('.')
    })
}

fn places<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
    let found = text.match_indices(word).map(|(at, _)| at);
    found.filter(move |at| is_edge(text[..*at].chars().next_back()) && is_edge(text[at + word.len()..].chars().next()))
}

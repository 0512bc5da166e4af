//! What goes wrong with words, and the names nearest to one that was typed.

use crate::error::{Error, Hint, Kind};

/// A word that cannot be understood; `example` says what to type.
pub(super) fn usage(message: impl Into<String>, example: impl Into<String>) -> Error {
    Error::new(Kind::Usage, "words", message).hint(Hint::Say(example.into()))
}

/// Something that is not there, with what is: the names close to it, else all of them.
pub(super) fn missing(message: impl Into<String>, typed: &str, known: &[&str]) -> Error {
    let error = Error::new(Kind::NotFound, "field-not-found", message);
    let last = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
    let distance = |known: &str| {
        // what stands behind a name says which one it is
        let known = known.split(" --").next().unwrap_or(known);
        let whole = strsim::damerau_levenshtein(known, typed);
        whole.min(strsim::damerau_levenshtein(&last(known), &last(typed)))
    };
    let mut near: Vec<(usize, &str)> = known.iter().map(|it| (distance(it), *it)).collect();
    near.retain(|(distance, _)| *distance <= 1.max(typed.chars().count() / 3));
    near.sort_unstable();
    near.dedup();
    if !near.is_empty() {
        let near = near.into_iter().take(3).map(|(_, it)| it.to_owned());
        return error.hint(Hint::Nearest(near.collect()));
    }
    match known.is_empty() {
        true => error,
        false => error.hint(Hint::Found(known.iter().take(12).map(|it| (*it).to_owned()).collect())),
    }
}

/// Something that is there already, so that nothing is to do.
pub(super) fn already(message: impl Into<String>) -> Error {
    Error::new(Kind::Refused, "already-there", message)
}

/// Refuses no words, empty ones, and one that stands twice.
///
/// # Errors
/// `Kind::Usage`.
pub(super) fn check(words: &[String], what: &str) -> Result<(), Error> {
    if words.is_empty() {
        return Err(usage(
            format!("no {what} is given"),
            format!("name at least one {what}"),
        ));
    }
    for (at, word) in words.iter().enumerate() {
        if word.trim().is_empty() {
            return Err(usage(
                format!("a {what} is empty"),
                format!("leave the empty {what} out"),
            ));
        }
        if words.iter().take(at).any(|other| other == word) {
            return Err(usage(
                format!("the {what} `{word}` is given twice"),
                format!("name each {what} once"),
            ));
        }
    }
    Ok(())
}

/// Takes the only word.
///
/// # Errors
/// `Kind::Usage` if there is none, an empty one, or more.
pub(super) fn only<'w>(words: &'w [String], what: &str) -> Result<&'w str, Error> {
    check(words, what)?;
    match words {
        [word] => Ok(word),
        _ => Err(usage(
            format!("{} words are given where one {what} is expected", words.len()),
            format!("give one {what} at a time"),
        )),
    }
}

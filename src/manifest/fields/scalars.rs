//! `namespace`, `namePrefix`, `nameSuffix`: one text each.

use super::open::Open;
use super::words::{already, missing, only, usage};
use super::{Field, Request, Verb};
use crate::error::Error;
use crate::yaml::{Op, Text};

/// Plans a text to be set or taken away.
///
/// # Errors
/// `Kind::Usage` for a text that cannot be part of a name, `Kind::NotFound` where there is nothing to remove.
pub(super) fn plan(open: &mut Open<'_>, request: &Request) -> Result<(), Error> {
    let (key, what) = match request.field {
        Field::NamePrefix => ("namePrefix", "prefix"),
        Field::NameSuffix => ("nameSuffix", "suffix"),
        _ => ("namespace", "namespace"),
    };
    let there = open.field(key);
    let from = there.map(|it| open.text(it).to_owned());
    if request.verb == Verb::Remove {
        if let Some(word) = request.words.first() {
            return Err(usage(
                format!("`{word}` is one word too many: there is one {what}"),
                format!("leave `{word}` out"),
            ));
        }
        let Some(at) = open.tree.get(open.root, key) else {
            return Err(missing(format!("`{}` has no `{key}`", open.file), key, &[]));
        };
        open.note(Some(at), key, (from.as_deref(), None));
        return open.edit(Op::Remove { child: at });
    }
    let word = only(&request.words, what)?;
    let root = open.root;
    check(request.field, word)?;
    if from.as_deref() == Some(word) {
        open.warn(already(format!("`{key}` is `{word}` already")));
        return Ok(());
    }
    open.note(there, key, (from.as_deref(), Some(word)));
    open.set_text((root, key), Text::Str(word))
}

/// Source: Kubernetes, "Object Names and IDs": a namespace is an RFC 1123 label; other names are checked by their kinds.
fn check(field: Field, word: &str) -> Result<(), Error> {
    let label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let (fits, form) = match field {
        Field::NamePrefix | Field::NameSuffix => (
            word.chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':')),
            "it is made of letters, digits, `-`, `.`, `_` and `:`",
        ),
        _ => (
            word.chars().all(label) && !word.starts_with('-') && !word.ends_with('-') && word.len() <= 63,
            "it is made of lower case letters, digits and `-`, not at its ends, and has 63 characters at most",
        ),
    };
    match fits {
        true => Ok(()),
        false => Err(usage(format!("`{word}` cannot be part of the name of an object"), form)),
    }
}

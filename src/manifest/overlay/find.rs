//! The object that is meant, among those that the overlay is rendered to.

use super::Ask;
use crate::error::{Error, Hint, Kind, Place};
use crate::manifest::rendered::{Blind, BlindWhy, Object, Rendering};

/// Finds the object.
///
/// # Errors
/// [`Kind::NotFound`] with the nearest names, and with what of the build could not be read; [`Kind::Refused`] if several fit.
pub(crate) fn find<'r>(rendering: &'r Rendering, ask: &Ask<'_>) -> Result<&'r Object, Error> {
    let target = ask.target;
    let found = rendering.find(&target.kind, &target.name, target.namespace.as_deref());
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(absent(rendering, ask)),
        several => {
            let message = format!(
                "`{target}` is {} objects in `{}`",
                several.len(),
                shown_directory(ask.directory)
            );
            let names: Vec<String> = several.iter().map(|it| full_word(it)).collect();
            Err(Error::new(Kind::Refused, "object-ambiguous", message).hint(Hint::Found(names)))
        }
    }
}

/// A directory as it is shown; the root has no name of its own.
pub(super) fn shown_directory(directory: &str) -> &str {
    if directory.is_empty() { "." } else { directory }
}

/// What is typed for an object: `Deployment/api`.
pub(crate) fn word(object: &Object) -> String {
    format!("{}/{}", object.id.kind, object.id.name)
}

fn full_word(object: &Object) -> String {
    let id = &object.id;
    // An object without a namespace is found by that of its kind's default, too.
    let namespace = if id.namespace.is_empty() {
        "default"
    } else {
        &id.namespace
    };
    format!("{}/{namespace}/{}", id.kind, id.name)
}

fn absent(rendering: &Rendering, ask: &Ask<'_>) -> Error {
    let target = ask.target;
    if let Some(gone) = rendering.gone(&target.kind, &target.name) {
        let message = format!("a patch takes `{target}` away");
        return Error::new(Kind::Refused, "patch-deletes", message)
            .at(Place::at(&gone.file, gone.line, gone.column))
            .hint(Hint::Say(format!("take that patch out of `{}` first", gone.file)));
    }
    let message = format!("there is no `{target}` in `{}`", shown_directory(ask.directory));
    let mut error = Error::new(Kind::NotFound, "object-not-found", message);
    let is_near = |object: &&Object| {
        let name = object.id.name.as_str();
        let distance = strsim::damerau_levenshtein(name, &target.name);
        let is_called = name == target.name || object.formerly.iter().any(|id| id.name == target.name);
        is_called || distance <= 1.max(target.name.len() / 3) || name.contains(target.name.as_str())
    };
    let near: Vec<String> = rendering.objects.iter().filter(is_near).map(word).collect();
    error = match near.is_empty() {
        true if rendering.objects.is_empty() => error.hint(Hint::Say("no objects are found there at all".into())),
        true => error.hint(Hint::Found(rendering.objects.iter().map(word).collect())),
        false => error.hint(Hint::Nearest(near)),
    };
    rendering.blind.iter().fold(error, |error, blind| match unread(blind) {
        None => error,
        Some(text) => match error.place.is_some() {
            true => error.because(text),
            false => error.because(text).at(Place::at(&blind.file, blind.line, blind.column)),
        },
    })
}

/// What may hold the object, and was not read.
fn unread(blind: &Blind) -> Option<String> {
    let text = &blind.text;
    let at = format!("{}:{}", blind.file, blind.line);
    match blind.why {
        BlindWhy::Remote => Some(format!("`{text}` is another repository, and is not read ({at})")),
        BlindWhy::Program => Some(format!("what `{text}` makes is not known without running it ({at})")),
        BlindWhy::Missing => Some(format!("`{text}` is not there ({at})")),
        BlindWhy::Unreadable => Some(format!("{at} cannot be read: {text}")),
        BlindWhy::Copies => None,
    }
}

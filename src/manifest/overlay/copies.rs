//! Fields that a replacement of kustomize writes: whatever is set there is overwritten.

use super::Wish;
use super::find::word;
use super::way::{Turn, Way};
use crate::error::{Error, Hint, Kind, Place};
use crate::manifest::rendered::{Object, Rendering};

/// Refuses a field that a replacement writes.
///
/// # Errors
/// [`Kind::Refused`] `overwritten`, with the place of the replacement.
pub(super) fn refuse(rendering: &Rendering, object: &Object, wish: &Wish) -> Result<(), Error> {
    let Wish::Set(path, _) = wish else { return Ok(()) };
    let way = Way::trace(object, path)?;
    let is_named = |name: &str| {
        let formerly = object.formerly.iter().any(|id| id.name == name);
        name.is_empty() || object.id.name == name || formerly
    };
    let copied = rendering.copies.iter().find(|it| {
        let is_kind = it.kind.is_empty() || it.kind == object.id.kind;
        is_kind && is_named(&it.name) && leads(&it.path, &way)
    });
    let Some(copied) = copied else { return Ok(()) };
    let message = format!("a replacement writes `{path}` of `{}`", word(object));
    Err(Error::new(Kind::Refused, "overwritten", message)
        .at(Place::at(&copied.file, copied.line, copied.column))
        .hint(Hint::Say("set the field that it copies from".into())))
}

/// Tells whether a path of kustomize leads to the field, or to what it lies in.
fn leads(path: &str, way: &Way) -> bool {
    let steps = steps(path);
    steps.len() <= way.turns.len() && steps.iter().zip(&way.turns).all(|(step, turn)| is_step(step, turn))
}

fn is_step(step: &str, turn: &Turn) -> bool {
    match turn {
        Turn::Key(key) => step == key,
        Turn::Item(names) => {
            let named = step
                .strip_prefix('[')
                .and_then(|it| it.strip_suffix(']')?.split_once('='));
            step == "*" || named.is_some_and(|(key, is)| names.iter().any(|(name, text)| name == key && text == is))
        }
        Turn::Position(at) => step == "*" || step.parse() == Ok(*at),
        Turn::End => step == "*" || step == "-",
    }
}

/// Divides a path at its dots; `\\.` is a dot of a name, and dots between brackets divide nothing.
fn steps(path: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let mut inside = false;
    let mut chars = path.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'.') => {
                chars.next();
                push(&mut steps, '.');
            }
            '.' if !inside => steps.push(String::new()),
            c => {
                inside = (inside || c == '[') && c != ']';
                push(&mut steps, c);
            }
        }
    }
    steps
}

fn push(steps: &mut [String], c: char) {
    if let Some(last) = steps.last_mut() {
        last.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::{leads, steps};
    use crate::manifest::overlay::way::{Turn, Way};

    #[test]
    fn a_path_of_kustomize_leads_to_a_field_and_to_what_lies_in_it() {
        let key = |text: &str| Turn::Key(text.to_owned());
        let way = Way {
            turns: vec![
                key("spec"),
                key("containers"),
                Turn::Item(vec![("name".into(), "a.b".into())]),
                key("image"),
            ],
            shown: String::new(),
        };
        for path in [
            "spec.containers.[name=a.b].image",
            "spec.containers.*.image",
            "spec",
            "spec.containers",
        ] {
            assert!(leads(path, &way), "{path}");
        }
        for path in [
            "spec.containers.[name=a].image",
            "spec.containers.[name=a.b].image.x",
            "metadata",
        ] {
            assert!(!leads(path, &way), "{path}");
        }
        assert_eq!(
            steps("metadata.annotations.a\\.b/c"),
            ["metadata", "annotations", "a.b/c"]
        );
    }
}

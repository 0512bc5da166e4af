//! What is effective in an overlay, where it is set, and what the base says.

use super::find::word;
use super::typing::shown;
use super::way::Way;
use super::{Ask, Wish};
use crate::error::{Error, Hint, Kind};
use crate::manifest::rendered::{Data, Object, Value, merge_keys};
use crate::yaml::Path;

/// One field of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Told {
    /// `Deployment/api`.
    pub(crate) object: String,
    pub(crate) path: String,
    /// What is effective.
    pub(crate) value: Said,
    /// What the overlay builds on says; none if it says nothing, or the object is the overlay's own.
    pub(crate) base: Option<Said>,
    /// Whether the overlay sets it itself.
    pub(crate) is_own: bool,
    /// Whether the value must not be shown.
    pub(crate) is_secret: bool,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) text: String,
    /// With the types that its parts have.
    pub(crate) value: Value,
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u32,
    /// In characters, from 1.
    pub(crate) column: u32,
}

impl Said {
    fn of(value: &Value) -> Said {
        Said {
            text: shown(value),
            value: value.clone(),
            file: value.file.to_string(),
            line: value.line,
            column: value.column,
        }
    }
}

/// Tells about one field.
///
/// # Errors
/// [`Kind::NotFound`] if nothing says anything about it, with what is near.
pub(crate) fn tell((ask, object): (&Ask<'_>, &Object), path: &Path) -> Result<Told, Error> {
    let way = Way::trace(object, path)?;
    let Some(value) = way.value(&object.root) else {
        let message = format!("`{}` has no `{path}`", word(object));
        let error = Error::new(Kind::NotFound, "field-not-found", message);
        let values = way.values(&object.root);
        let near = values.last().map(|value| match &value.data {
            Data::Map(entries) => entries.iter().map(|(key, _)| key.clone()).collect(),
            _ => Vec::new(),
        });
        return Err(match near.filter(|near: &Vec<String>| !near.is_empty()) {
            Some(near) => error.hint(Hint::Found(near)),
            None => error,
        });
    };
    Ok(told((ask, object), (&way, path.to_string()), value))
}

/// Why a wish needs no change.
pub(super) fn why_nothing(object: &Object, wish: &Wish) -> String {
    let (Wish::Set(path, _) | Wish::Unset(path)) = wish;
    let value = Way::trace(object, path).ok().and_then(|way| {
        let is_secret = super::set::is_secret(object, &way);
        let value = way.value(&object.root)?;
        let text = if is_secret { "(hidden)".to_owned() } else { shown(value) };
        Some(format!("{text} ({}:{})", value.file, value.line))
    });
    let word = word(object);
    match (wish, value) {
        (Wish::Set(..), Some(value)) => format!("{word} {path} is {value} already"),
        (Wish::Unset(_), Some(value)) => format!("the overlay does not set {word} {path}: it is {value}"),
        (_, None) => format!("nothing sets {word} {path}"),
    }
}

fn told((ask, object): (&Ask<'_>, &Object), (way, path): (&Way, String), value: &Value) -> Told {
    Told {
        object: word(object),
        path,
        is_own: (ask.owns)(&value.file),
        is_secret: super::set::is_secret(object, way),
        base: object.inherited.as_ref().and_then(|root| way.value(root)).map(Said::of),
        value: Said::of(value),
    }
}

/// Tells about every field that the overlay sets itself, in the order of the object.
///
/// # Errors
/// None that is known: each path leads to where it was taken from.
pub(crate) fn leaves((ask, object): (&Ask<'_>, &Object), all: Which) -> Result<Vec<Told>, Error> {
    let mut paths = Vec::new();
    collect(object, (&object.root, String::new()), &mut paths);
    let mut found = Vec::new();
    for path in paths {
        let told = tell((ask, object), &Path::parse(&path).map_err(Error::from)?)?;
        // What tells an item from others says nothing about it.
        let names_only = told.base.as_ref().is_some_and(|base| base.text == told.value.text);
        if (told.is_own && !names_only) || all == Which::All {
            found.push(told);
        }
    }
    Ok(found)
}

/// Which fields are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that the overlay sets.
    Own,
    All,
}

fn collect(object: &Object, (value, path): (&Value, String), paths: &mut Vec<String>) {
    match &value.data {
        Data::Scalar { .. } => paths.push(path),
        Data::Map(entries) => {
            for (key, inner) in entries {
                let step = Path::from(vec![crate::yaml::Step::Key(key.clone())]).to_string();
                let below = match (path.is_empty(), step.starts_with('[')) {
                    (true, _) => step,
                    (false, true) => format!("{path}{step}"),
                    (false, false) => format!("{path}.{step}"),
                };
                collect(object, (inner, below), paths);
            }
        }
        Data::Seq(items) => {
            let fields = fields_of(&path);
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let key = merge_keys(&object.id, &fields).first();
            for (at, item) in items.iter().enumerate() {
                let name = key.and_then(|key| Some((*key, item.get(key)?.text()?)));
                let step = match name {
                    Some((key, is)) => Path::from(vec![crate::yaml::Step::Where {
                        key: key.to_owned(),
                        is: is.to_owned(),
                    }])
                    .to_string(),
                    None => format!("[{at}]"),
                };
                collect(object, (item, format!("{path}{step}")), paths);
            }
        }
    }
}

fn fields_of(path: &str) -> Vec<String> {
    let Ok(path) = Path::parse(path) else { return Vec::new() };
    let name = |step: &crate::yaml::Step| match step {
        crate::yaml::Step::Key(key) => Some(key.clone()),
        _ => None,
    };
    path.steps().iter().filter_map(name).collect()
}

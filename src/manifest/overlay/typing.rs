//! A new value, and the type that it is written as.

use super::way::{Turn, Way, at, one_line};
use crate::error::{Error, Hint, Kind};
use crate::manifest::overlay::To;
use crate::manifest::rendered::{Data, Object, Typed, Value};
use crate::manifest::schema::{self, Known, Shape};
use crate::yaml::{New, Text, is_number};

/// A value that is to stand somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    Text(String),
    /// A number, a boolean or null.
    Bare(String),
    Map(Vec<(String, Leaf)>),
    Seq(Vec<Leaf>),
}

impl Leaf {
    /// As the editor takes it.
    pub(super) fn as_new(&self) -> New<'_> {
        match self {
            Leaf::Text(text) => New::Text(Text::Str(text)),
            Leaf::Bare(text) => New::Text(Text::Bare(text)),
            Leaf::Map(entries) => New::Map(
                entries
                    .iter()
                    .map(|(key, leaf)| (key.as_str(), leaf.as_new()))
                    .collect(),
            ),
            Leaf::Seq(items) => New::Seq(items.iter().map(Leaf::as_new).collect()),
        }
    }

    /// The text of a scalar.
    pub(super) fn as_text(&self) -> Option<Text<'_>> {
        match self {
            Leaf::Text(text) => Some(Text::Str(text)),
            Leaf::Bare(text) => Some(Text::Bare(text)),
            Leaf::Map(_) | Leaf::Seq(_) => None,
        }
    }

    /// Tells whether a value says the same, with the same type.
    pub(super) fn says(&self, value: &Value) -> bool {
        match (self, &value.data) {
            (Leaf::Text(text), Data::Scalar { text: there, typed }) => *typed == Typed::Text && text == there,
            (Leaf::Bare(text), Data::Scalar { text: there, typed }) => {
                *typed != Typed::Text && (text == there || (*typed == Typed::Null && text == "null"))
            }
            (Leaf::Map(entries), Data::Map(there)) => {
                let is_there = |(key, leaf): &(String, Leaf)| value.get(key).is_some_and(|value| leaf.says(value));
                entries.len() == there.len() && entries.iter().all(is_there)
            }
            (Leaf::Seq(items), Data::Seq(there)) => {
                items.len() == there.len() && items.iter().zip(there).all(|(leaf, value)| leaf.says(value))
            }
            _ => false,
        }
    }

    /// As it is shown to people.
    pub(super) fn shown(&self) -> String {
        match self {
            Leaf::Text(text) | Leaf::Bare(text) => text.clone(),
            Leaf::Map(entries) => {
                let entries = entries.iter().map(|(key, leaf)| format!("{key}: {}", leaf.shown()));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            Leaf::Seq(items) => format!("[{}]", items.iter().map(Leaf::shown).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// A value as it is shown to people: the text of a scalar, a collection in one line.
pub(super) fn shown(value: &Value) -> String {
    match &value.data {
        Data::Scalar { text, .. } => text.clone(),
        Data::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}: {}", shown(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Data::Seq(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
    }
}

/// Decides what a value is written as: as the one that stands there; where there is none, as Kubernetes reads the field.
///
/// # Errors
/// [`Kind::Refused`] `value-type` if the text is not of the field's type; `path-does-not-fit` if the field is a collection;
/// `field-unknown` if Kubernetes has no such field. What is told its type is believed.
pub(super) fn leaf((object, way): (&Object, &Way), to: &To) -> Result<Leaf, Error> {
    let text = match to {
        To::Text(text) => return Ok(Leaf::Text(text.clone())),
        To::Json(leaf) => return Ok(leaf.clone()),
        To::Like(text) => text,
    };
    let present = way.value(&object.root);
    let shape = match present.map(|value| (value, &value.data)) {
        Some((_, Data::Scalar { typed: Typed::Text, .. })) => match known(object, way) {
            // A port may be called by name today and by number tomorrow.
            Known::Is(Shape::Either) => Some(Shape::Either),
            _ => Some(Shape::Text),
        },
        Some((
            _,
            Data::Scalar {
                typed: Typed::Number, ..
            },
        )) => number_or(known(object, way)),
        Some((
            _,
            Data::Scalar {
                typed: Typed::Boolean, ..
            },
        )) => Some(Shape::Boolean),
        Some((value, Data::Map(_) | Data::Seq(_))) => return Err(is_collection(way, value)),
        Some((_, Data::Scalar { typed: Typed::Null, .. })) | None => match known(object, way) {
            Known::Is(shape) => Some(shape),
            Known::No { turns, names } => return Err(unknown(object, way, (turns, &names))),
            Known::Nothing => None,
        },
    };
    let bare = || Ok(Leaf::Bare(text.clone()));
    match shape {
        Some(Shape::Number) if is_number(text) => bare(),
        Some(Shape::Boolean) if matches!(text.as_str(), "true" | "false") => bare(),
        // Of a quantity or a port that stands there as a number the new one stays a number.
        Some(Shape::Either) if is_number(text) => bare(),
        Some(Shape::Quantity) if is_number(text) && present.is_some() => bare(),
        Some(Shape::Number) => Err(of_type(way, (text, "a number"), present)),
        Some(Shape::Boolean) => Err(of_type(way, (text, "`true` or `false`"), present)),
        Some(Shape::List) => Err(of_type(way, (text, "a list"), present)),
        Some(Shape::Map) => Err(of_type(way, (text, "a mapping"), present)),
        Some(Shape::Text | Shape::Quantity | Shape::Either) | None => Ok(Leaf::Text(text.clone())),
    }
}

/// A field that holds a number now may hold a text as well, if Kubernetes reads it so: `cpu: 1` may become `500m`.
fn number_or(known: Known) -> Option<Shape> {
    match known {
        Known::Is(shape @ (Shape::Quantity | Shape::Either)) => Some(shape),
        _ => Some(Shape::Number),
    }
}

/// What Kubernetes knows about the field.
pub(super) fn known(object: &Object, way: &Way) -> Known {
    let turn = |turn: &'_ Turn| match turn {
        Turn::Key(key) => Some(key.clone()),
        Turn::Item(_) | Turn::Position(_) | Turn::End => None,
    };
    let turns: Vec<Option<String>> = way.turns.iter().map(turn).collect();
    let turns: Vec<schema::Turn<'_>> = turns
        .iter()
        .map(|key| key.as_deref().map_or(schema::Turn::Item, schema::Turn::Key))
        .collect();
    let id = &object.id;
    schema::field((&id.group, &id.version, &id.kind), &turns)
}

fn unknown(object: &Object, way: &Way, (turns, names): (usize, &[&str])) -> Error {
    let typed = match way.turns.get(turns) {
        Some(Turn::Key(key)) => key.as_str(),
        _ => "",
    };
    let message = format!("`{}` has no field `{typed}` in `{}`", object.id.kind, above(way, turns));
    let error = Error::new(Kind::Refused, "field-unknown", message);
    let near = |name: &&&str| strsim::damerau_levenshtein(&name.to_lowercase(), &typed.to_lowercase()) <= 2;
    let nearest: Vec<String> = names.iter().filter(near).map(|name| (*name).to_owned()).collect();
    let error = match (nearest.is_empty(), names.is_empty()) {
        (false, _) => error.hint(Hint::Nearest(nearest)),
        (true, false) => error.hint(Hint::Found(names.iter().map(|name| (*name).to_owned()).collect())),
        (true, true) => error,
    };
    error.hint(Hint::Flag(
        "--json".into(),
        "sets it all the same, with the type that JSON gives it".into(),
    ))
}

/// The fields before a turn, as people write them.
fn above(way: &Way, turns: usize) -> String {
    way.fields(turns).join(".")
}

fn is_collection(way: &Way, value: &Value) -> Error {
    let what = match value.data {
        Data::Map(_) => "a mapping",
        _ => "a list",
    };
    let message = format!("`{}` is {what}, not one value", way.shown);
    let names: Vec<String> = match &value.data {
        Data::Map(entries) => entries.iter().map(|(key, _)| format!("{}.{key}", way.shown)).collect(),
        _ => Vec::new(),
    };
    let error = Error::new(Kind::Refused, "path-does-not-fit", message).at(at(value));
    let error = match names.is_empty() {
        true => error,
        false => error.hint(Hint::Found(names)),
    };
    error.hint(Hint::Flag("--json".into(), "takes the whole of it as JSON".into()))
}

fn of_type(way: &Way, (text, what): (&str, &str), present: Option<&Value>) -> Error {
    let message = format!("`{}` is {what}, and `{}` is not", way.shown, one_line(text));
    let error = Error::new(Kind::Refused, "value-type", message);
    let error = match present {
        Some(value) => error.at(at(value)),
        None => error,
    };
    error.hint(Hint::Flag(
        "--string".into(),
        "writes it as a string all the same".into(),
    ))
}

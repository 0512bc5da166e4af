//! New values: what the judge expects of them, and how they are written in the style of the file.

use super::{New, Text};
use crate::yaml::proof::{Fresh, Plain};
use crate::yaml::refusal::Why;
use crate::yaml::scalar::{Context, Quotes, is_typed_alike, write};

/// A new value that owns its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String, Plain),
    Map(Vec<(String, Value)>),
    Seq(Vec<Value>),
    /// A literal block where one can hold it.
    Lines(String),
}

/// Columns of new block collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    /// Columns by which a mapping is indented below its key.
    pub(super) step: usize,
    /// Columns by which the dashes of a list are indented below its key.
    pub(super) list: usize,
}

impl Value {
    /// Takes a new value over; refuses text without quotes that readers would not all type alike, and keys that stand twice.
    pub(super) fn of(new: &New<'_>) -> Result<Value, Why> {
        Ok(match new {
            New::Text(Text::Str(text) | Text::Quoted(text)) => Value::Text((*text).to_owned(), Plain::String),
            New::Text(Text::Bare(text)) if is_typed_alike(text) => Value::Text((*text).to_owned(), Plain::Typed),
            New::Text(Text::Bare(text)) => return Err(untyped(text)),
            New::Lines(text) if fits_a_block(text) => Value::Lines((*text).to_owned()),
            New::Lines(text) => Value::Text((*text).to_owned(), Plain::String),
            New::Seq(items) => Value::Seq(items.iter().map(Value::of).collect::<Result<_, _>>()?),
            New::Map(pairs) => {
                let mut owned: Vec<(String, Value)> = Vec::new();
                for (key, value) in pairs {
                    if owned.iter().any(|(other, _)| other == key) {
                        return Err(Why::Untyped(format!("the new mapping has the key `{key}` twice")));
                    }
                    owned.push(((*key).to_owned(), Value::of(value)?));
                }
                Value::Map(owned)
            }
        })
    }

    /// Adds the events that the judge expects of it.
    pub(super) fn events(&self, out: &mut Vec<Fresh>) {
        match self {
            Value::Text(text, plain) => out.push(Fresh::Scalar(text.clone(), *plain)),
            Value::Lines(text) => out.push(Fresh::Lines(text.clone())),
            Value::Map(pairs) => {
                out.push(Fresh::Map);
                for (key, value) in pairs {
                    out.push(Fresh::Scalar(key.clone(), Plain::String));
                    value.events(out);
                }
                out.push(Fresh::End);
            }
            Value::Seq(items) => {
                out.push(Fresh::Seq);
                items.iter().for_each(|item| item.events(out));
                out.push(Fresh::End);
            }
        }
    }

    /// Writes it inside of a flow collection; `quotes` are those of new keys and strings.
    pub(super) fn flow(&self, quotes: Quotes) -> String {
        let list = |parts: Vec<String>| parts.join(", ");
        match self {
            Value::Text(text, plain) => scalar(text, (*plain, quotes), Context::Flow),
            Value::Lines(text) => scalar(text, (Plain::String, quotes), Context::Flow),
            Value::Map(pairs) => {
                format!(
                    "{{{}}}",
                    list(pairs.iter().map(|(key, value)| flow_pair(key, value, quotes)).collect())
                )
            }
            Value::Seq(items) => format!("[{}]", list(items.iter().map(|item| item.flow(quotes)).collect())),
        }
    }

    /// Writes the lines of a pair whose key stands at `column`, without a break behind the last.
    pub(super) fn pair(key: &str, value: &Value, (column, style): (usize, Style)) -> Vec<String> {
        let head = format!("{}{}:", " ".repeat(column), write(key, Quotes::Plain, Context::Block));
        value.below(head, (column + style.step, column + style.list), style)
    }

    /// Writes the lines of an item whose dash stands at `column`; `gap` blanks stand behind the dash.
    pub(super) fn item(&self, (column, gap): (usize, usize), style: Style) -> Vec<String> {
        let inside = column + 1 + gap;
        let mut lines = match self {
            Value::Map(pairs) if !pairs.is_empty() => pairs
                .iter()
                .flat_map(|(key, value)| Value::pair(key, value, (inside, style)))
                .collect(),
            Value::Seq(items) if !items.is_empty() => {
                items.iter().flat_map(|item| item.item((inside, 1), style)).collect()
            }
            Value::Lines(text) => block(" ".repeat(inside), text, inside),
            other => vec![format!("{}{}", " ".repeat(inside), other.inline())],
        };
        if let Some(first) = lines.first_mut() {
            let rest = first.trim_start_matches(' ').to_owned();
            *first = format!("{}-{}{rest}", " ".repeat(column), " ".repeat(gap));
        }
        lines
    }

    /// Writes it behind `head`, or below it at the columns for a mapping and for a list.
    fn below(&self, head: String, (map, list): (usize, usize), style: Style) -> Vec<String> {
        let mut lines = vec![head];
        match self {
            Value::Map(pairs) if !pairs.is_empty() => {
                lines.extend(
                    pairs
                        .iter()
                        .flat_map(|(key, value)| Value::pair(key, value, (map, style))),
                );
            }
            Value::Seq(items) if !items.is_empty() => {
                lines.extend(items.iter().flat_map(|item| item.item((list, 1), style)));
            }
            Value::Lines(text) => {
                let head = lines.pop().unwrap_or_default();
                return block(format!("{head} "), text, map);
            }
            other => {
                if let Some(head) = lines.first_mut() {
                    head.push(' ');
                    head.push_str(&other.inline());
                }
            }
        }
        lines
    }

    /// Writes what fits on the line of its key: a scalar or an empty collection.
    fn inline(&self) -> String {
        match self {
            Value::Text(text, plain) => scalar(text, (*plain, Quotes::Plain), Context::Block),
            Value::Lines(text) => scalar(text, (Plain::String, Quotes::Plain), Context::Block),
            Value::Map(_) => "{}".to_owned(),
            Value::Seq(_) => "[]".to_owned(),
        }
    }
}

/// Returns whether a literal block without an indentation indicator holds the text, and some lines make it worth one.
fn fits_a_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let plain = |line: &str| {
        !line
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'))
    };
    body.contains('\n') && !body.starts_with([' ', '\n']) && !body.ends_with('\n') && text.split('\n').all(plain)
}

/// Writes a literal block; `head` is what stands before the sign on its line.
fn block(head: String, text: &str, column: usize) -> Vec<String> {
    let (body, sign) = match text.strip_suffix('\n') {
        Some(body) => (body, "|"),
        None => (text, "|-"),
    };
    let lines = body.split('\n').map(|line| match line.is_empty() {
        true => String::new(),
        false => format!("{}{line}", " ".repeat(column)),
    });
    std::iter::once(format!("{head}{sign}")).chain(lines).collect()
}

/// Writes a pair inside of a flow mapping.
pub(super) fn flow_pair(key: &str, value: &Value, quotes: Quotes) -> String {
    format!("{}: {}", write(key, quotes, Context::Flow), value.flow(quotes))
}

/// Why text may not stand without quotes.
pub(super) fn untyped(text: &str) -> Why {
    Why::Untyped(format!(
        "`{text}` is not a number, `true`, `false` or `null` to every reader of YAML, so it is not written without quotes"
    ))
}

fn scalar(text: &str, (plain, quotes): (Plain, Quotes), context: Context) -> String {
    match plain {
        Plain::String => write(text, quotes, context),
        Plain::Typed | Plain::Octal => text.to_owned(),
    }
}

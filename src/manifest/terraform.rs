//! Files of Terraform and OpenTofu as trees, and which reader a file has.

use crate::hcl::{self, Value};
use crate::yaml::{self, NodeKind, Refusal, Telling, Tree};

/// Asks whether a file is one of Terraform, by its name. Its JSON form is YAML enough to be read as such where it is declared.
pub(crate) fn is_terraform(path: &str) -> bool {
    [".tf", ".tofu", ".tfvars"].iter().any(|ending| path.ends_with(ending))
}

/// Reads a file in the language that its name tells.
///
/// # Errors
/// A [`Refusal`] with line and column.
pub(crate) fn parse(path: &str, bytes: Vec<u8>) -> Result<Tree, Refusal> {
    match is_terraform(path) {
        true => read(bytes),
        false => yaml::parse(bytes, yaml::Limits::default()),
    }
}

fn read(bytes: Vec<u8>) -> Result<Tree, Refusal> {
    let mut telling = Telling::of(bytes)?;
    let mark = match telling.source().starts_with('\u{feff}') {
        true => '\u{feff}'.len_utf8(),
        false => 0,
    };
    let text = telling.source().get(mark..).unwrap_or_default();
    let value = hcl::read(text).map_err(|failure| telling.refuse(mark + failure.offset, failure.message))?;
    tell(&mut telling, &value, mark);
    Ok(telling.tree(read))
}

fn tell(telling: &mut Telling, value: &Value, mark: usize) {
    let at = |span: &std::ops::Range<usize>| span.start + mark..span.end + mark;
    match value {
        Value::Map { span, entries } => {
            telling.open(NodeKind::Map, at(span));
            for entry in entries {
                telling.key(at(&entry.at), &entry.key);
                tell(telling, &entry.value, mark);
            }
            telling.close();
        }
        Value::List { span, items } => {
            telling.open(NodeKind::Seq, at(span));
            items.iter().for_each(|item| tell(telling, item, mark));
            telling.close();
        }
        Value::Text { span, text } => telling.text(at(span), text),
        Value::Other { span } => telling.opaque(at(span)),
    }
}

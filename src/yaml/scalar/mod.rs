//! A value in the style that stands there; quoted if any reader would not read a string.
//!
//! `types.rs` knows what readers take plain text for. This file knows how text is written: plain, single or double quoted.
//! **Invariant:** what is written as a string is read as that string by every reader of YAML 1.1 and 1.2.

mod types;

pub(super) use types::{Class, class_of};
pub use types::{is_number, is_string_everywhere, is_typed_alike};

/// Quotes of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// None, if the text can do without.
    Plain,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
}

/// Where a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// Below block collections only.
    Block,
    /// Inside of `[…]` or `{…}`.
    Flow,
}

/// Writes a string in the style that stood there, so that every reader reads that string.
pub(super) fn write(text: &str, quotes: Quotes, context: Context) -> String {
    match quotes {
        Quotes::Plain if is_legal_plain(text, context) && is_string_everywhere(text) => text.to_owned(),
        Quotes::Single if !text.chars().any(must_be_escaped) => format!("'{}'", text.replace('\'', "''")),
        _ => format!("\"{}\"", escape(text)),
    }
}

/// Writes a string that stands below block collections: plain where every reader reads that string, in double quotes otherwise.
///
/// For files that are made; a value that stands in a file already is edited in the quotes it has.
pub fn write_string(text: &str) -> String {
    write(text, Quotes::Plain, Context::Block)
}

/// Returns whether a plain scalar may hold the text, whatever it is taken for.
///
/// Source: YAML 1.2.2, section 7.3.3, with everything refused that some reader gets wrong.
pub(super) fn is_legal_plain(text: &str, context: Context) -> bool {
    let Some(first) = text.chars().next() else { return false };
    if text.trim() != text || text.chars().any(must_be_escaped) {
        return false;
    }
    if matches!(
        first,
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
    ) {
        return false;
    }
    let second = text.chars().nth(1);
    let flow_sign = |c: char| matches!(c, ',' | '[' | ']' | '{' | '}');
    if matches!(first, '-' | '?' | ':') && second.is_none_or(|c| c == ' ' || (context == Context::Flow && flow_sign(c)))
    {
        return false;
    }
    if text.contains(": ") || text.contains(" #") || text.ends_with(':') {
        return false;
    }
    if ["---", "..."].iter().any(|it| {
        text.strip_prefix(it)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    }) {
        return false;
    }
    context == Context::Block || !text.contains(flow_sign)
}

/// Control characters, the line breaks of YAML 1.1, byte order marks and what is no character at all.
fn must_be_escaped(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Returns the text as it stands between double quotes.
pub(super) fn escape(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if must_be_escaped(c) => {
                // writing to a string cannot fail
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// Writes `new` between double quotes, keeping the source of what it has in common with the old text at both ends.
///
/// `inside` is the source between the old quotes. `None` if its escapes cannot be told apart with certainty.
pub(super) fn rewrite_double(inside: &str, old: &str, new: &str) -> Option<String> {
    if !inside.contains('\\') || inside.contains(['\n', '\r']) {
        return None;
    }
    let units = units(inside)?;
    if units.iter().map(|unit| unit.1).collect::<String>() != old {
        return None;
    }
    let mut rest = new;
    let mut head = 0;
    let mut first = 0;
    for (len, c) in &units {
        let Some(shorter) = rest.strip_prefix(*c) else { break };
        rest = shorter;
        head += len;
        first += 1;
    }
    let mut tail = inside.len();
    for (len, c) in units.iter().skip(first).rev() {
        let Some(shorter) = rest.strip_suffix(*c) else { break };
        rest = shorter;
        tail -= len;
    }
    Some(format!(
        "\"{}{}{}\"",
        inside.get(..head)?,
        escape(rest),
        inside.get(tail..)?
    ))
}

/// Splits the inside of a double quoted scalar into characters: bytes of source, and what they mean.
///
/// Source: YAML 1.2.2, section 5.7.
fn units(inside: &str) -> Option<Vec<(usize, char)>> {
    let mut found = Vec::new();
    let mut rest = inside;
    while let Some(c) = rest.chars().next() {
        let (len, meaning) = if c == '\\' { escaped(rest)? } else { (c.len_utf8(), c) };
        found.push((len, meaning));
        rest = rest.get(len..)?;
    }
    Some(found)
}

fn escaped(source: &str) -> Option<(usize, char)> {
    let sign = source.chars().nth(1)?;
    let code = |digits: usize| {
        let hex = source.get(2..2 + digits)?;
        Some((2 + digits, char::from_u32(u32::from_str_radix(hex, 16).ok()?)?))
    };
    let meaning = match sign {
        'x' => return code(2),
        'u' => return code(4),
        'U' => return code(8),
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '/' | '\\' => sign,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    };
    Some((1 + sign.len_utf8(), meaning))
}

/// Returns whether a line of a block scalar can hold the text as it is.
pub(super) fn fits_a_block_line(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.chars().any(must_be_escaped)
}

#[cfg(test)]
mod tests;

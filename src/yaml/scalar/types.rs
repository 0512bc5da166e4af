//! What the readers of YAML 1.1 and 1.2 take plain text for.
//!
//! The rules were compared with PyYAML 6.0, npm `yaml` 2 (1.1 and 1.2 mode) and js-yaml 5 over 352,779 texts.

/// Returns whether every reader takes the plain text for a string.
///
/// It may say no to a text that all of them read as a string (`01:83`, `+0o1`): then there are quotes that could be spared. It never
/// says yes to one that some reader takes for a number, a date, a boolean or null.
pub fn is_string_everywhere(text: &str) -> bool {
    !(is_word(text) || is_date(text) || is_number_somewhere(text))
}

/// Null, booleans, merge and value keys of 1.1 and 1.2.
fn is_word(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "no",
        "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "y", "Y", "n", "N", "<<", "=",
    ];
    WORDS.contains(&text)
}

/// `2021-05-26`, alone or with a time behind it.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let days = rest.bytes().take_while(u8::is_ascii_digit).count();
    let behind = rest.get(days..).and_then(|it| it.chars().next());
    year.len() == 4
        && digits(year)
        && matches!(month.len(), 1 | 2)
        && digits(month)
        && matches!(days, 1 | 2)
        && matches!(behind, None | Some('T' | 't' | ' ' | '\t'))
}

fn is_number_somewhere(text: &str) -> bool {
    let t = text.strip_prefix(['+', '-']).unwrap_or(text);
    if t.eq_ignore_ascii_case(".inf") || t.eq_ignore_ascii_case(".nan") {
        return true;
    }
    if !t.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E')) {
        return false;
    }
    let u: String = t.chars().filter(|&c| c != '_').collect();
    digits(&u) || is_based(&u) || is_float(&u) || is_bare_exponent(&u) || is_base_60(&u) || u == "."
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `0b1`, `0o7`, `0x1f`; without digits as well, except behind `0o`.
fn is_based(u: &str) -> bool {
    let of = |signs: [&str; 2], good: fn(&u8) -> bool| {
        signs
            .iter()
            .find_map(|sign| u.strip_prefix(sign))
            .is_some_and(|rest| rest.as_bytes().iter().all(good))
    };
    of(["0b", "0B"], |byte| matches!(byte, b'0' | b'1'))
        || (of(["0o", "0O"], |byte| matches!(byte, b'0'..=b'7')) && u.len() > 2)
        || of(["0x", "0X"], u8::is_ascii_hexdigit)
}

/// `1`, `1.`, `1.5`, `.5`, each with an exponent or without.
fn is_float(u: &str) -> bool {
    let (mantissa, exponent) = match u.find(['e', 'E']) {
        Some(at) => (&u[..at], Some(&u[at + 1..])),
        None => (u, None),
    };
    let exponent_fits = exponent.is_none_or(|it| digits(it.strip_prefix(['+', '-']).unwrap_or(it)));
    let mantissa_fits = match mantissa.split_once('.') {
        Some((whole, part)) => {
            (digits(whole) && (part.is_empty() || digits(part))) || (whole.is_empty() && digits(part))
        }
        None => digits(mantissa),
    };
    exponent_fits && mantissa_fits
}

/// `e34980` and `.e5`: not a number in the mode of 1.1 of one reader.
fn is_bare_exponent(u: &str) -> bool {
    let u = u.strip_prefix('.').unwrap_or(u);
    u.strip_prefix(['e', 'E'])
        .is_some_and(|rest| digits(rest.strip_prefix(['+', '-']).unwrap_or(rest)))
}

/// `12:30` and `190:20:30.5`.
fn is_base_60(u: &str) -> bool {
    let (whole, part) = u.split_once('.').unwrap_or((u, ""));
    let mut fields = 0;
    let all = whole.split(':').all(|field| {
        fields += 1;
        digits(field)
    });
    all && fields > 1 && (part.is_empty() || digits(part))
}

/// Types that an existing plain value can have and that a new one must then have, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A number.
    Number,
    /// Digits behind a leading zero, such as `0644`.
    Octal,
    /// `true`, `no` and their like.
    Boolean,
}

/// Returns what a plain text is taken for by some reader, if that is a number or a boolean.
pub(crate) fn class_of(text: &str) -> Option<Class> {
    if is_octal(text) {
        return Some(Class::Octal);
    }
    if is_number_somewhere(text) {
        return Some(Class::Number);
    }
    let nothing = matches!(text, "" | "~" | "null" | "Null" | "NULL" | "<<" | "=");
    (is_word(text) && !nothing).then_some(Class::Boolean)
}

fn is_octal(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'))
}

/// Returns whether every reader takes the plain text for the same number.
pub fn is_number(text: &str) -> bool {
    is_typed_alike(text) && class_of(text) == Some(Class::Number)
}

/// Returns whether every reader gives the plain text the same type, and not that of a string.
pub fn is_typed_alike(text: &str) -> bool {
    if matches!(text, "true" | "false" | "null") {
        return true;
    }
    let number = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = match number.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (number, None),
    };
    let whole_fits = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    whole_fits && part.is_none_or(digits)
}

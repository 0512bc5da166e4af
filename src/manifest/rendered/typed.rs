//! What kustomize takes a scalar without quotes for.
//!
//! Source: `resolve.go` of the YAML library that kustomize 5.5 has.

use super::value::Typed;

/// The type of a plain scalar.
pub(super) fn of_plain(text: &str) -> Typed {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Typed::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Typed::Boolean,
        _ if is_number(text) => Typed::Number,
        _ => Typed::Text,
    }
}

fn is_number(text: &str) -> bool {
    const WORDS: [&str; 3] = ["inf", "Inf", "INF"];
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some(word) = bare.strip_prefix('.')
        && (WORDS.contains(&word) || (bare == text && matches!(word, "nan" | "NaN" | "NAN")))
    {
        return true;
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return false;
    }
    let plain: String = bare.chars().filter(|c| *c != '_').collect();
    is_integer(&plain) || is_float(&plain)
}

/// `12`, `0x1f`, `0o17`, `0b1`.
fn is_integer(plain: &str) -> bool {
    let based = |prefixes: [&str; 2], radix| {
        let digits = prefixes.iter().find_map(|it| plain.strip_prefix(it));
        digits.is_some_and(|it| !it.starts_with(['+', '-']) && u64::from_str_radix(it, radix).is_ok())
    };
    let is_decimal = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal || based(["0x", "0X"], 16) || based(["0o", "0O"], 8) || based(["0b", "0B"], 2)
}

/// Digits with a point in or before them, with an exponent or without.
fn is_float(plain: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match plain.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (plain, None),
    };
    let exponent_fits = exponent.is_none_or(|it| {
        let bare = it.strip_prefix(['+', '-']).unwrap_or(it);
        !bare.is_empty() && digits(bare)
    });
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent_fits && digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Typed, of_plain};

    #[test]
    fn plain_scalars_are_typed_as_kustomize_does() {
        for text in [
            "1", "-1", "+1", "0644", "08", "1_000", "0x1F", "0o17", "0b11", "1.5", ".5", "1.", "1e3", "-.inf", ".nan",
        ] {
            assert_eq!(of_plain(text), Typed::Number, "{text}");
        }
        for text in [
            "1m", "1.2.3", "yes", "on", "-", ".", "+", "1e", "0xg", "12:30", "-.nan", "a1", "100Mi",
        ] {
            assert_eq!(of_plain(text), Typed::Text, "{text}");
        }
        assert_eq!(of_plain("~"), Typed::Null);
        assert_eq!(of_plain("False"), Typed::Boolean);
    }
}

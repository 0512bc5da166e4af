use super::{Context, Quotes, is_string_everywhere, is_typed_alike, rewrite_double, write};

/// Table 4.2 of the design: what at least one reader takes for something else.
const DANGEROUS: &[&str] = &[
    "1.10",
    "1.0",
    "012",
    "0123456",
    "1234567",
    "0o17",
    "0x1f",
    "0b11",
    "1e3",
    "4e5",
    "123e456",
    "12e3456",
    "9e12345",
    "e34980",
    "1_000",
    ".5",
    "5.",
    "+1",
    "-1",
    ".inf",
    ".nan",
    "12:30",
    "190:20:30",
    "on",
    "off",
    "yes",
    "no",
    "y",
    "n",
    "true",
    "True",
    "null",
    "~",
    "",
    "2021-05-26",
    "2021-05-26T10:00:00Z",
    "=",
    "<<",
    "a #b",
    "&x",
    "#x",
    "!x",
    " x",
    "x ",
    "-",
    "- x",
    "? x",
    "trail:",
    "a: b",
    "@x",
    "`x",
    "*x",
    "%x",
    "|x",
    ">x",
    "[x",
    "{x",
    "\"x",
    "'x",
];

/// What every reader takes for a string.
const SAFE: &[&str] = &[
    "v1.2.3",
    "1.2.3",
    "1.2-rc1",
    "sha-1a2b",
    "a1b2c3d",
    "a#b",
    "-x",
    ":x",
    "?x",
    "inf",
    "2025-02-03-101500",
    "registry.example:5000/a/b:v1",
    "a:b",
    "x=y",
    "...x",
    "---x",
    "e",
    "E",
    "1.2.3.4",
    "v1",
    "01234g",
    "1:2:3a",
];

#[test]
fn what_some_reader_takes_for_something_else_is_quoted() {
    for text in DANGEROUS {
        for context in [Context::Block, Context::Flow] {
            let written = write(text, Quotes::Plain, context);
            assert!(written.starts_with('"'), "{text} is written {written}");
        }
    }
    assert_eq!(write("\"x", Quotes::Plain, Context::Block), "\"\\\"x\"");
}

#[test]
fn what_every_reader_takes_for_a_string_stays_plain() {
    for text in SAFE {
        assert_eq!(write(text, Quotes::Plain, Context::Block), *text);
        assert_eq!(write(text, Quotes::Plain, Context::Flow), *text);
    }
    for text in ["x,y", "x]", "x}", "a[0]"] {
        assert_eq!(write(text, Quotes::Plain, Context::Block), text);
        assert_eq!(write(text, Quotes::Plain, Context::Flow), format!("\"{text}\""));
    }
}

#[test]
fn quotes_stay_where_they_can_carry_the_text() {
    assert_eq!(write("it's", Quotes::Single, Context::Block), "'it''s'");
    assert_eq!(write("a\nb", Quotes::Single, Context::Block), "\"a\\nb\"");
    assert_eq!(write("v1", Quotes::Double, Context::Block), "\"v1\"");
    assert_eq!(
        write("\u{85}\u{feff}\u{7f}", Quotes::Plain, Context::Block),
        "\"\\u0085\\uFEFF\\u007F\""
    );
}

#[test]
fn escapes_of_the_unchanged_part_stay() {
    assert_eq!(
        rewrite_double("r\\x2fa:v1", "r/a:v1", "r/a:v2").as_deref(),
        Some("\"r\\x2fa:v2\"")
    );
    assert_eq!(
        rewrite_double("a\\tb\\tc", "a\tb\tc", "a\tX\tc").as_deref(),
        Some("\"a\\tX\\tc\"")
    );
    assert_eq!(
        rewrite_double("\\u00e9\\u00e9", "éé", "é").as_deref(),
        Some("\"\\u00e9\"")
    );
    assert_eq!(rewrite_double("plain", "plain", "x"), None);
    assert_eq!(rewrite_double("\\q", "q", "x"), None);
}

#[test]
fn only_text_that_all_readers_type_alike_is_written_bare() {
    for text in [
        "5",
        "-1",
        "0",
        "0.5",
        "-0.25",
        "1.0",
        "true",
        "false",
        "null",
        "1099511627776",
    ] {
        assert!(is_typed_alike(text), "{text}");
        assert!(!is_string_everywhere(text), "{text}");
    }
    for text in [
        "yes", "1e3", "1_000", "0644", "+1", ".5", "5.", "True", "~", "0x1f", "", "-", "1.2.3", "12:30",
    ] {
        assert!(!is_typed_alike(text), "{text}");
    }
}

/// The union rule written a second time, as a table of states over characters instead of string operations.
mod second_opinion {
    /// A tiny matcher for the patterns of section 4.1: literals, classes, `?`, `*`, `+`, groups by hand.
    pub(super) fn matches(pattern: &[Piece], text: &[char]) -> bool {
        let Some((piece, rest)) = pattern.split_first() else {
            return text.is_empty();
        };
        match piece {
            Piece::One(class) => text
                .split_first()
                .is_some_and(|(c, tail)| class.contains(*c) && matches(rest, tail)),
            Piece::Maybe(inner) => {
                let with: Vec<Piece> = inner.iter().chain(rest).cloned().collect();
                matches(&with, text) || matches(rest, text)
            }
            Piece::Many(class) => {
                let run = text.iter().take_while(|c| class.contains(**c)).count();
                (0..=run).any(|n| matches(rest, &text[n..]))
            }
            Piece::Repeat(inner) => {
                let again: Vec<Piece> = inner
                    .iter()
                    .chain(std::iter::once(piece))
                    .chain(rest)
                    .cloned()
                    .collect();
                matches(rest, text) || (!text.is_empty() && matches(&again, text))
            }
        }
    }

    #[derive(Clone)]
    pub(super) enum Piece {
        One(&'static str),
        Many(&'static str),
        Maybe(Vec<Piece>),
        Repeat(Vec<Piece>),
    }

    const D: &str = "0123456789";
    const HEX: &str = "0123456789abcdefABCDEF";

    pub(super) fn is_string(text: &str) -> bool {
        use Piece::{Many, Maybe, One, Repeat};
        let words =
            "~ null Null NULL true True TRUE false False FALSE yes Yes YES no No NO on On ON off Off OFF y Y n N << =";
        if text.is_empty() || words.split(' ').any(|word| word == text) {
            return false;
        }
        let chars: Vec<char> = text.chars().collect();
        let date = vec![
            One(D),
            One(D),
            One(D),
            One(D),
            One("-"),
            One(D),
            Maybe(vec![One(D)]),
            One("-"),
            One(D),
            Maybe(vec![One(D)]),
        ];
        let head = chars.iter().position(|c| "Tt \t".contains(*c)).unwrap_or(chars.len());
        if matches(&date, &chars[..head]) {
            return false;
        }
        let unsigned = if matches!(chars.first(), Some('+' | '-')) {
            &chars[1..]
        } else {
            &chars[..]
        };
        let lower: String = unsigned.iter().collect::<String>().to_lowercase();
        if lower == ".inf" || lower == ".nan" {
            return false;
        }
        if !unsigned.first().is_some_and(|c| "0123456789.eE".contains(*c)) {
            return true;
        }
        let u: Vec<char> = unsigned.iter().copied().filter(|c| *c != '_').collect();
        let exponent = || vec![One("eE"), Maybe(vec![One("-+")]), One(D), Many(D)];
        let patterns = [
            vec![One(D), Many(D)],
            vec![One("0"), One("bB"), Many("01")],
            vec![One("0"), One("oO"), One("01234567"), Many("01234567")],
            vec![One("0"), One("xX"), Many(HEX)],
            vec![One(D), Many(D), Maybe(vec![One(".")]), Many(D), Maybe(exponent())],
            vec![One("."), One(D), Many(D), Maybe(exponent())],
            std::iter::once(Maybe(vec![One(".")])).chain(exponent()).collect(),
            vec![
                One(D),
                Many(D),
                One(":"),
                One(D),
                Many(D),
                Repeat(vec![One(":"), One(D), Many(D)]),
                Maybe(vec![One("."), Many(D)]),
            ],
            vec![One(".")],
        ];
        !patterns.iter().any(|pattern| matches(pattern, &u))
    }
}

#[test]
fn the_union_rule_agrees_with_a_second_implementation_on_every_short_text() {
    let alphabet: Vec<char> = "019.eExo_b+-:fT".chars().collect();
    let mut texts = vec![String::new()];
    let mut checked = 0;
    for _ in 0..4 {
        let mut longer = Vec::new();
        for text in &texts {
            for c in &alphabet {
                let text = format!("{text}{c}");
                assert_eq!(is_string_everywhere(&text), second_opinion::is_string(&text), "{text}");
                checked += 1;
                longer.push(text);
            }
        }
        texts = longer;
    }
    let words = "~ null Null true TRUE yes y N << = .inf -.INF +.nan 2021-05-26 2021-5-6 2021-05-26T1 2021-05-26-1 20210-5-6 190:20:30 190:20:30.5";
    for text in words
        .split(' ')
        .chain(DANGEROUS.iter().copied())
        .chain(SAFE.iter().copied())
    {
        assert_eq!(is_string_everywhere(text), second_opinion::is_string(text), "{text}");
        checked += 1;
    }
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for round in 0..60_000 {
        let text = match round % 3 {
            0 => format!("{:07x}", next() & 0x0fff_ffff),
            1 => format!(
                "{}-{}-{}{}",
                next() % 10_000,
                next() % 20,
                next() % 40,
                ["", "T1", "-1", " x"][(next() % 4) as usize]
            ),
            _ => (0..next() % 9)
                .map(|_| alphabet[(next() % alphabet.len() as u64) as usize])
                .collect(),
        };
        assert_eq!(is_string_everywhere(&text), second_opinion::is_string(&text), "{text}");
        checked += 1;
    }
    assert!(checked > 110_000);
}

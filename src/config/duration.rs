//! Lengths of time as people write them: `45m`, `2h`, `14d`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Length {
    seconds: u64,
}

const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Length {
    /// The same, as the standard library counts it.
    pub(crate) fn as_duration(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.seconds)
    }
}

impl FromStr for Length {
    type Err = String;

    /// Reads one or more numbers, each with its unit: `1d12h`.
    fn from_str(text: &str) -> Result<Length, String> {
        let complaint = || format!("`{text}` is not a length of time; write for example `45m`, `2h` or `14d`");
        let mut seconds: u64 = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: u64 = rest[..digits].parse().map_err(|_| complaint())?;
            let unit = rest[digits..].chars().next().ok_or_else(complaint)?;
            let (_, length) = UNITS.iter().find(|(letter, _)| *letter == unit).ok_or_else(complaint)?;
            seconds = number
                .checked_mul(*length)
                .and_then(|more| seconds.checked_add(more))
                .ok_or_else(complaint)?;
            rest = &rest[digits + 1..];
        }
        if text.is_empty() {
            Err(complaint())
        } else {
            Ok(Length { seconds })
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.seconds;
        if rest == 0 {
            return f.write_str("0s");
        }
        // Weeks are read but not written: people compare days.
        for (letter, length) in &UNITS[1..] {
            if rest >= *length {
                write!(f, "{}{letter}", rest / length)?;
                rest %= length;
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Length, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Length {
    fn schema_name() -> Cow<'static, str> {
        "Length".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A length of time, such as 45m, 2h or 14d",
            "pattern": "^([0-9]+[wdhms])+$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Length;

    #[test]
    fn a_length_of_time_is_read_and_written() {
        for (text, shown) in [
            ("45m", "45m"),
            ("90m", "1h30m"),
            ("1d12h", "1d12h"),
            ("2w", "14d"),
            ("0s", "0s"),
        ] {
            assert_eq!(
                text.parse::<Length>().map(|it| it.to_string()),
                Ok(shown.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_length_without_a_unit_is_refused() {
        for text in ["", "5", "h", "5 h", "5y", "é", "99999999999999999999d"] {
            assert!(text.parse::<Length>().is_err(), "{text}");
        }
    }
}

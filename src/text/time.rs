//! Moments as people and documents read them, in UTC.

/// The day of a moment: `2026-11-22`. `seconds` since 1970.
pub(crate) fn day(seconds: i64) -> String {
    // Days since 1 March 0000, in eras of 400 years. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year_of_era + era * 400 + carry)
}

/// A moment: `2026-11-22T09:12:00Z`. `seconds` since 1970. Source: RFC 3339.
pub(crate) fn moment(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(86_400);
    let (hours, minutes) = (of_day / 3_600, of_day / 60 % 60);
    format!("{}T{hours:02}:{minutes:02}:{:02}Z", day(seconds), of_day % 60)
}

/// Reads a moment, in seconds since 1970: `2026-11-22T09:12:00.5+01:00`; fractions are cut off. None if it is none.
///
/// Source: RFC 3339, section 5.6. A leap second counts as the one after it.
pub(crate) fn read(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| {
        let digits = text.get(range)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse::<i64>().ok())?
    };
    let sign = |at: usize| text.as_bytes().get(at).copied();
    let is_punctuated = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')]
        .iter()
        .all(|&(at, wanted)| sign(at) == Some(wanted));
    if !is_punctuated || !matches!(sign(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hours, minutes, seconds) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let rest = text.get(19..)?;
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => rest,
    };
    let offset = match offset.as_bytes() {
        [b'Z' | b'z'] => 0,
        [plus @ (b'+' | b'-'), a, b, b':', c, d] if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()) => {
            let [a, b, c, d] = [a, b, c, d].map(|digit| i64::from(digit - b'0'));
            let (hours, minutes) = (a * 10 + b, c * 10 + d);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let length = (hours * 60 + minutes) * 60;
            if *plus == b'+' { length } else { -length }
        }
        _ => return None,
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let fits = (1..=12).contains(&month) && (1..=length).contains(&day);
    if !fits || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    // Years that begin in March, so that the leap day is the last of its year. Source: as for `day`.
    let year = if month < 3 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468;
    Some(days * 86_400 + hours * 3_600 + minutes * 60 + seconds - offset)
}

/// How long ago something was, in its largest unit: `3d`.
pub(crate) fn age(seconds: i64) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("m", 60)];
    match units.iter().find(|(_, length)| seconds >= *length) {
        Some((unit, length)) => format!("{}{unit}", seconds / length),
        None => format!("{}s", seconds.max(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::{age, day, moment, read};

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_795_305_600, "2026-11-22"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(day(seconds), text);
        }
        assert_eq!(moment(1_795_338_720), "2026-11-22T09:12:00Z");
    }

    #[test]
    fn a_moment_is_read_with_its_offset_and_without_its_fraction() {
        for (text, moment) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-11-22T09:12:00Z", Some(1_795_338_720)),
            ("2026-11-22T10:12:00.123456789+01:00", Some(1_795_338_720)),
            ("2026-11-22t03:42:00-05:30", Some(1_795_338_720)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("2001-02-29T00:00:00Z", None),
            ("0001-01-01T00:00:00Z", Some(-62_135_596_800)),
            ("2026-11-22T09:12:00", None),
            ("2026-13-22T09:12:00Z", None),
            ("2026-11-22T24:12:00Z", None),
            ("2026-11-22T09:12:00+24:00", None),
            ("2026-11-22T09:12:00-09:60", None),
            ("2026-11-22", None),
            ("", None),
            ("é026-11-22T09:12:00Z", None),
        ] {
            assert_eq!(read(text), moment, "{text}");
        }
    }

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        assert_eq!([age(59), age(3_600), age(200_000), age(-5)], ["59s", "1h", "2d", "0s"]);
    }
}

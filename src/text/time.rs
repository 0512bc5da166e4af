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
    use super::{age, day, moment};

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
    fn an_age_is_told_in_its_largest_unit() {
        assert_eq!([age(59), age(3_600), age(200_000), age(-5)], ["59s", "1h", "2d", "0s"]);
    }
}

//! A page that has to fit: of its sections the longest is cut first, at the end of a line, and what must not be cut is not.
//!
//! Lengths are UTF-16 units, as forges count. **Invariant:** a block of code that is cut is closed.

/// How long a text is, in UTF-16 units.
pub(crate) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// What a page is made of, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Stays as it is.
    Whole(String),
    /// May lose lines at its end, or all of them.
    Section(Section),
}

/// Lines that may be cut, and what stands around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// What it is about, for the note that stands in its place where nothing of it fits.
    pub(crate) title: String,
    /// What comes before the lines, and goes with them: `<details>`, the opening of a block of code.
    pub(crate) head: String,
    /// The lines, with a line break at the end of the last, too.
    pub(crate) lines: String,
    /// What closes the lines, before the note that some are missing.
    pub(crate) close: String,
    /// What comes after that note.
    pub(crate) tail: String,
}

/// Puts a page together that is no longer than `limit`; `elsewhere` says where the rest can be read: `in the run`.
///
/// None where what must not be cut is too long already.
pub(crate) fn page(parts: &[Part], (limit, elsewhere): (usize, &str)) -> Option<String> {
    let fixed: usize = parts
        .iter()
        .map(|part| match part {
            Part::Whole(text) => units(text),
            Part::Section(_) => 0,
        })
        .sum();
    let mut sections: Vec<Measured<'_>> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Section(section) => Some(Measured::of(section, elsewhere)),
            Part::Whole(_) => None,
        })
        .collect();
    let room = limit.checked_sub(fixed)?;
    allot(&mut sections, room)?;
    let mut measured = sections.iter();
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Whole(text) => out.push_str(text),
            Part::Section(_) => out.push_str(&measured.next()?.text(elsewhere)),
        }
    }
    Some(out)
}

/// How long a page would be of which only the notes of its sections are left.
pub(crate) fn least(parts: &[Part], elsewhere: &str) -> usize {
    let of = |part: &Part| match part {
        Part::Whole(text) => units(text),
        Part::Section(section) => Measured::of(section, elsewhere).absent,
    };
    parts.iter().map(of).sum()
}

/// A section and what it costs.
struct Measured<'a> {
    section: &'a Section,
    lines: usize,
    /// What stands around the lines, with the longest note that some are missing.
    around: usize,
    /// The note that all are missing.
    absent: usize,
    share: Share,
}

/// What a section gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    Whole,
    AtMost(usize),
    Nothing,
}

impl<'a> Measured<'a> {
    fn of(section: &'a Section, elsewhere: &str) -> Measured<'a> {
        let all = section.lines.lines().count();
        let around = [&section.head, &section.close, &section.tail];
        Measured {
            section,
            lines: units(&section.lines),
            around: around.into_iter().map(|it| units(it)).sum::<usize>() + units(&note(all, elsewhere)),
            absent: units(&absent(&section.title, all, elsewhere)),
            share: Share::Whole,
        }
    }

    /// What it costs, whole or not at all.
    fn cost(&self) -> usize {
        match self.share {
            Share::Whole => self.around + self.lines,
            Share::AtMost(most) => self.around + most.min(self.lines),
            Share::Nothing => self.absent,
        }
    }

    fn text(&self, elsewhere: &str) -> String {
        let Section {
            title,
            head,
            lines,
            close,
            tail,
        } = self.section;
        let all = lines.lines().count();
        let kept = match self.share {
            Share::Whole => lines.as_str(),
            Share::AtMost(most) => first(lines, most),
            Share::Nothing => "",
        };
        if kept.len() == lines.len() {
            return format!("{head}{lines}{close}{tail}");
        }
        let left_out = all - kept.lines().count();
        match kept.is_empty() {
            true => absent(title, all, elsewhere),
            false if kept.ends_with('\n') => format!("{head}{kept}{close}{}{tail}", note(left_out, elsewhere)),
            // A part of a single long line.
            false => format!("{head}{kept}\n{close}{}{tail}", note(left_out.max(1), elsewhere)),
        }
    }
}

/// Gives each section its share of the room: all of them whole, else the longest lose what is longer than in the others, else
/// the longest are left out.
fn allot(sections: &mut [Measured<'_>], room: usize) -> Option<()> {
    let cost = |sections: &[Measured<'_>]| sections.iter().map(Measured::cost).sum::<usize>();
    if cost(sections) <= room {
        return Some(());
    }
    loop {
        let here = sections.iter().filter(|it| it.share != Share::Nothing);
        let around: usize = sections
            .iter()
            .map(|it| {
                if it.share == Share::Nothing {
                    it.absent
                } else {
                    it.around
                }
            })
            .sum();
        if let Some(left) = room.checked_sub(around) {
            let mut lengths: Vec<usize> = here.map(|it| it.lines).collect();
            lengths.sort_unstable();
            let most = level(&lengths, left);
            for it in sections.iter_mut().filter(|it| it.share != Share::Nothing) {
                it.share = Share::AtMost(most);
            }
            return Some(());
        }
        let longest = sections.iter_mut().filter(|it| it.share != Share::Nothing);
        longest.max_by_key(|it| it.lines)?.share = Share::Nothing;
    }
}

/// The highest level at which lengths that are cut to it come to `room` at most. `lengths` are sorted.
fn level(lengths: &[usize], room: usize) -> usize {
    let mut left = room;
    for (at, length) in lengths.iter().enumerate() {
        let each = left / (lengths.len() - at);
        if *length > each {
            return each;
        }
        left -= length;
    }
    usize::MAX
}

/// The first lines of a text, of so many units at most; where not even one line fits, the beginning of it, less the place of the
/// line break that it needs.
fn first(lines: &str, most: usize) -> &str {
    let mut used = 0;
    let mut end = 0;
    for line in lines.split_inclusive('\n') {
        used += units(line);
        if used > most {
            break;
        }
        end += line.len();
    }
    if end > 0 || lines.is_empty() {
        return &lines[..end];
    }
    let mut left = most.saturating_sub(1);
    for (at, c) in lines.char_indices() {
        match left.checked_sub(c.len_utf16()) {
            Some(less) => left = less,
            None => return &lines[..at],
        }
    }
    lines
}

fn note(lines: usize, elsewhere: &str) -> String {
    let lines = counted(lines);
    format!("\n_{lines} more {elsewhere}._\n")
}

fn absent(title: &str, lines: usize, elsewhere: &str) -> String {
    let lines = counted(lines);
    format!("\n{title}: _{lines} {elsewhere}._\n")
}

fn counted(lines: usize) -> String {
    match lines {
        1 => "1 line".to_owned(),
        lines => format!("{lines} lines"),
    }
}

/// What stands at the end of a text that was cut.
const CUT: &str = "\n_The rest is too long for a comment._\n";

/// Cuts Markdown at the end of a line if it is longer than `limit`, closes a block of code that is open there, and says so.
///
/// Source: CommonMark 0.31.2, section 4.5: a block ends with a fence of its own kind that is at least as long.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    if units(text) <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub(units(CUT) + 1);
    let (mut out, mut used) = (String::new(), 0);
    let mut open: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        let after = match (open, fence(line)) {
            (Some(fence), Some((mark, ""))) if mark.starts_with(fence) => None,
            (Some(fence), _) => Some(fence),
            (None, Some((mark, _))) => Some(mark),
            (None, None) => None,
        };
        used += units(line);
        if used + after.map_or(0, |fence| fence.len() + 1) > room {
            break;
        }
        out.push_str(line);
        open = after;
    }
    if let Some(fence) = open {
        out.push_str(fence);
        out.push('\n');
    }
    out + CUT
}

/// The marks that open or close a block of code, and what stands behind them.
fn fence(line: &str) -> Option<(&str, &str)> {
    let text = line.trim_start_matches(' ');
    let mark = text.chars().next().filter(|c| ['`', '~'].contains(c))?;
    let rest = text.trim_start_matches(mark);
    let marks = &text[..text.len() - rest.len()];
    let is_fence = marks.len() >= 3 && line.len() - text.len() <= 3 && !(mark == '`' && rest.contains('`'));
    is_fence.then(|| (marks, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::{Part, Section, cut, least, page, units};

    fn section(title: &str, lines: &str) -> Part {
        Part::Section(Section {
            title: title.to_owned(),
            head: format!("<{title}>\n````\n"),
            lines: lines.to_owned(),
            close: "````\n".to_owned(),
            tail: format!("</{title}>\n"),
        })
    }

    fn sample() -> Vec<Part> {
        vec![
            Part::Whole("first\n".to_owned()),
            section("short", &"short\n".repeat(10)),
            section("long", &"é😀 long\n".repeat(500)),
            section("longer", &"é😀 longer\n".repeat(1000)),
            Part::Whole("last\n".to_owned()),
        ]
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let whole = page(&sample(), (100_000, "there")).unwrap();
        assert!(!whole.contains("there"));
        assert_eq!(whole.matches("longer\n").count(), 1000);
    }

    #[test]
    fn the_longest_section_is_cut_first_and_all_blocks_are_closed() {
        let some = page(&sample(), (12_000, "there")).unwrap();
        assert!(units(&some) <= 12_000 && units(&some) > 11_900, "{}", units(&some));
        assert_eq!(some.matches("short\n").count(), 10);
        assert_eq!(some.matches(" long\n").count(), 500);
        assert!(some.contains("longer\n````\n\n_") && some.contains(" lines more there._\n</longer>\nlast\n"));
        let less = page(&sample(), (2000, "there")).unwrap();
        assert!(units(&less) <= 2000 && less.matches("short\n").count() == 10);
        assert!(less.matches(" long\n").count() > 50 && less.matches(" longer\n").count() > 50);
        assert_eq!(less.matches("````\n").count(), 6);
    }

    #[test]
    fn what_cannot_be_told_at_all_is_named() {
        let least = least(&sample(), "there");
        for limit in least..3000 {
            let page = page(&sample(), (limit, "there")).unwrap();
            assert!(units(&page) <= limit, "{limit}: {}", units(&page));
            assert_eq!(page.matches("````\n").count() % 2, 0);
        }
        let page_of_notes = page(&sample(), (least, "there")).unwrap();
        assert!(page_of_notes.contains("longer: _1000 lines there._"), "{page_of_notes}");
        assert_eq!(page(&sample(), (least - 1, "there")), None);
    }

    #[test]
    fn of_a_single_line_that_is_too_long_the_beginning_is_told() {
        let parts = [section("one", &("é😀".repeat(1000) + "\n"))];
        let page = page(&parts, (300, "there")).unwrap();
        assert!(
            units(&page) <= 300 && page.contains("é😀é") && page.contains("\n````\n\n_1 line more there._\n"),
            "{page}"
        );
    }

    #[test]
    fn a_text_that_is_cut_closes_the_block_that_is_open_and_no_other() {
        let text = "````md\n```\ninner\n```\n".to_owned() + &"é😀 line\n".repeat(200);
        let short = cut(&text, 500);
        assert!(units(&short) <= 500);
        assert!(
            short.ends_with("line\n````\n\n_The rest is too long for a comment._\n"),
            "{short}"
        );
        let closed = "~~~\ncode\n~~~\n".to_owned() + &"line\n".repeat(200);
        assert!(cut(&closed, 500).ends_with("line\n\n_The rest is too long for a comment._\n"));
        for limit in 60..300 {
            assert!(units(&cut(&text, limit)) <= limit);
        }
        assert_eq!(cut("short", 500), "short");
        assert!(units(&cut(&"x".repeat(70_000), 60_000)) <= 60_000);
    }
}

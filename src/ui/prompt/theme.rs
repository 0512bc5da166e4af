//! How questions and their entries look.
//!
//! ASCII, and the entry under the cursor has a mark of its own: the coloured theme of the crate shows it by colour alone, and
//! its plain one puts a colon behind every question mark.

use std::fmt;

use dialoguer::console::{Term, measure_text_width, truncate_str};
use dialoguer::theme::Theme;

/// So many chosen entries are told again.
const LISTED: usize = 5;

/// The look of every prompt.
pub(super) struct Plain;

impl Theme for Plain {
    fn format_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        f.write_str(prompt)
    }

    fn format_multi_select_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        write!(f, "{prompt} (space ticks, enter goes on)")
    }

    fn format_multi_select_prompt_selection(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        selections: &[&str],
    ) -> fmt::Result {
        match selections {
            [] => write!(f, "{prompt} none"),
            [one] => write!(f, "{prompt} {one}"),
            // What follows tells about each of them.
            many if many.len() > LISTED => write!(f, "{prompt} {} chosen", many.len()),
            several => {
                f.write_str(prompt)?;
                several.iter().try_for_each(|entry| write!(f, "\n  {entry}"))
            }
        }
    }

    fn format_fuzzy_select_prompt(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        search_term: &str,
        bytes_pos: usize,
    ) -> fmt::Result {
        let (head, tail) = search_term.split_at(bytes_pos);
        write!(f, "{prompt} (type to filter) {head}|{tail}")
    }

    fn format_input_prompt_selection(&self, f: &mut dyn fmt::Write, prompt: &str, sel: &str) -> fmt::Result {
        write!(f, "{prompt} {sel}")
    }
}

/// Columns of the terminal that questions are drawn on.
pub(super) fn columns() -> usize {
    usize::from(Term::stderr().size().1).max(40)
}

/// The entries, each on one line: one that wraps is not cleared away as a whole.
pub(super) fn fitted(entries: &[String]) -> Vec<String> {
    // Beside the mark and the box.
    fitted_to(entries, columns().saturating_sub(8))
}

/// The same, in so many columns. No two look the same: the crate finds what was chosen by its text.
fn fitted_to(entries: &[String], room: usize) -> Vec<String> {
    let first = |entry: &str| entry.lines().next().unwrap_or_default().to_owned();
    let cut = |entry: &str| truncate_str(entry, room, "...").into_owned();
    let mut shown: Vec<String> = entries.iter().map(|entry| cut(&first(entry))).collect();
    for at in twins(&shown) {
        shown[at] = both_ends(&first(&entries[at]), room);
    }
    for at in twins(&shown) {
        shown[at] = cut(&format!("{}. {}", at + 1, first(&entries[at])));
    }
    shown
}

/// Where entries are that look like another.
fn twins(shown: &[String]) -> Vec<usize> {
    let is_twin = |at: &usize| shown.iter().filter(|text| **text == shown[*at]).count() > 1;
    (0..shown.len()).filter(is_twin).collect()
}

/// The text without its middle, where it is too long.
fn both_ends(text: &str, room: usize) -> String {
    if measure_text_width(text) <= room {
        return text.to_owned();
    }
    let half = room.saturating_sub(3) / 2;
    let mut tail = text;
    while measure_text_width(tail) > half {
        let mut chars = tail.chars();
        chars.next();
        tail = chars.as_str();
    }
    format!("{}...{tail}", truncate_str(text, half, ""))
}

/// Columns that are kept free behind a question.
const BEHIND: usize = 36;

/// A question as it is asked: what is too long for one line is divided, and its first part said before.
pub(super) fn divided(text: &str, columns: usize) -> (Option<&str>, &str) {
    // Beside what follows a question: `[y/N]`, which keys there are, what is typed.
    let is_short = measure_text_width(text) + BEHIND <= columns && !text.contains('\n');
    let at = ["\n", "; ", ": "]
        .iter()
        .find_map(|sign| Some((text.rfind(sign)?, sign.len())));
    match at {
        Some((at, length)) if !is_short => (Some(&text[..at]), &text[at + length..]),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::{divided, fitted_to};
    use dialoguer::console::measure_text_width;

    #[test]
    fn entries_that_begin_alike_stay_on_one_line_and_apart() {
        let path = "spec.template.spec.containers[name=api].env[name=LOG_LEVEL]";
        let entries = ["name", "value", "value"].map(|last| format!("{path}.{last}  設定 (base/api.yaml:15)"));
        let shown = fitted_to(&entries, 40);
        assert!(shown.iter().all(|it| measure_text_width(it) <= 40), "{shown:#?}");
        assert!(
            shown[0] != shown[1] && shown[1] != shown[2] && shown[0] != shown[2],
            "{shown:#?}"
        );
        let short = ["dev".to_owned(), "stg".to_owned()];
        assert_eq!(fitted_to(&short, 40), short);
    }

    #[test]
    fn a_question_that_is_too_long_for_a_line_is_divided() {
        assert_eq!(divided("which image?", 80), (None, "which image?"));
        let long = "the name `api` fits 2 images of this repository; which one?";
        assert_eq!(divided(long, 100), (None, long));
        let parts = (Some("the name `api` fits 2 images of this repository"), "which one?");
        assert_eq!(divided(long, 80), parts);
    }
}

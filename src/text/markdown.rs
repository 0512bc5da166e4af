//! Texts from outside on a page that a forge renders: no mention, no closing word, no HTML.
//!
//! Source: CommonMark 0.31.2, section 6.1 (code spans): what stands in one is neither a mention nor markup.

/// Returns `text` as a code span that it cannot leave: in a table, too.
pub(crate) fn code(text: &str) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // A bar ends a cell even inside a code span, unless it is escaped; GitHub's tables take the escape.
    let flat = flat.trim().replace('|', "\\|");
    if flat.is_empty() {
        return "-".to_owned();
    }
    let fence = "`".repeat(longest_run(&flat) + 1);
    let pad = if flat.starts_with('`') || flat.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{flat}{pad}{fence}")
}

/// Returns `text` as a fenced block of the language that it cannot leave.
pub(crate) fn block(language: &str, text: &str) -> String {
    let fence = fence(text);
    let text = text.trim_end_matches(['\r', '\n']);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// Returns a fence that no line of `text` can be, nor any part of it.
pub(crate) fn fence(text: &str) -> String {
    "`".repeat(longest_run(text).max(2) + 1)
}

/// Returns what a program has written for a terminal as lines that can be shown on a page: without colours, and with marks that
/// turn the direction of text around, or move a cursor, written as their numbers. Ends with a line break, unless it is empty.
pub(crate) fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.peek() == Some(&'[') => {
                while rest.next().is_some_and(|c| !('@'..='~').contains(&c) || c == '[') {}
            }
            '\r' | '\u{feff}' => {}
            '\n' | '\t' => out.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.extend(c.escape_unicode()),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::{block, code, lines};

    #[test]
    fn nothing_leaves_its_span_or_block() {
        assert_eq!(code("a`b``c|d\n@team"), "```a`b``c\\|d @team```");
        assert_eq!(block("diff", "a\n````\n@team"), "`````diff\na\n````\n@team\n`````\n");
    }

    #[test]
    fn what_was_written_for_a_terminal_becomes_plain_lines() {
        assert_eq!(
            lines("\u{feff}\u{1b}[1m\u{1b}[31m- a\u{1b}[0m\r\n\tb\u{1b}x\u{202e}c"),
            "- a\n\tb\\u{1b}x\\u{202e}c\n"
        );
        assert_eq!(lines(""), "");
    }
}

//! Texts from outside on a page that a forge renders: no mention, no closing word, no HTML.
//!
//! Source: CommonMark 0.31.2, section 6.1 (code spans): what stands in one is neither a mention nor markup.

/// Returns `text` as a code span that it cannot leave: in a table, too.
pub(super) fn code(text: &str) -> String {
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
pub(super) fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let text = text.trim_end_matches(['\r', '\n']);
    format!("{fence}{language}\n{text}\n{fence}\n")
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

//! The few styles that rakops draws with. Colour never carries meaning alone.

use anstyle::{AnsiColor, Effects, Style};

/// A word that opens a line of advice: `help:`.
pub(crate) const HELP: Style = AnsiColor::BrightCyan.on_default().effects(Effects::BOLD);
/// A word that opens a line of explanation: `caused by:`.
pub(crate) const NOTE: Style = Style::new().effects(Effects::BOLD);
/// The heading of a column.
pub(crate) const HEADING: Style = Style::new().effects(Effects::BOLD);
/// A line that a diff adds.
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
/// A line that a diff removes.
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();
/// The heading of a hunk.
pub(crate) const HUNK: Style = AnsiColor::Cyan.on_default();

/// Wraps `text` in a style. Where colour is not wanted the stream takes the escapes out again.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Colours a unified diff for [`super::Ui::styled`], line by line; the text itself stays as it is.
pub(crate) fn diff(unified: &str) -> String {
    let mut out = String::with_capacity(unified.len() + unified.len() / 8);
    for line in unified.split_inclusive('\n') {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let style = match text.as_bytes() {
            [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => Some(HEADING),
            [b'@', b'@', ..] => Some(HUNK),
            [b'+', ..] => Some(ADDED),
            [b'-', ..] => Some(REMOVED),
            _ => None,
        };
        match style {
            Some(style) => out.push_str(&paint(style, text)),
            None => out.push_str(text),
        }
        out.push_str(&line[text.len()..]);
    }
    out
}

/// Makes text from outside safe to show on a terminal: control characters become visible, lines stay lines.
///
/// A tag, a branch name or a file name can hold an escape; it must not be able to move the cursor or to colour the
/// rest of the screen. Letters of any script are left alone.
pub(crate) fn visible(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.into()
}

/// Control characters except the line break, and the marks that turn the direction of text around.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The same for text that has colours of ours in it: they stay, and so do tabs. The last sieve before a terminal or a log,
/// whatever was forgotten before it.
pub(super) fn tamed(text: &str) -> std::borrow::Cow<'_, str> {
    let is_wild = |c: char| is_hidden(c) && c != '\t';
    if !text.chars().any(is_wild) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let colour = colour_length(rest);
        let (taken, left) = rest.split_at(colour.max(c.len_utf8()));
        match colour == 0 && is_wild(c) {
            true => out.extend(c.escape_default()),
            false => out.push_str(taken),
        }
        rest = left;
    }
    out.into()
}

/// How long the colour at the start of a text is, in bytes: `ESC [ 1 ; 31 m`. 0 if there is none.
fn colour_length(text: &str) -> usize {
    let Some(numbers) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let length = numbers
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || b";:".contains(byte))
        .count();
    match numbers.as_bytes().get(length) {
        Some(b'm') => length + 3,
        _ => 0,
    }
}

/// The same with lines and dots that a terminal without Unicode can show. Names stay as they are.
pub(super) fn in_ascii(text: &str) -> String {
    let drawn = [("├─", "|-"), ("└─", "`-"), ("│", "|"), ("…", "...")];
    drawn
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::{diff, tamed, visible};

    #[test]
    fn colours_pass_the_last_sieve_and_nothing_else_does() {
        let ours = "\u{1b}[1m\u{1b}[38;5;9ma\tb\u{1b}[0m\n";
        assert_eq!(tamed(ours), ours);
        let wild = "\u{1b}]0;t\u{7}\u{1b}[2J\u{1b}[31\u{9b}m\r\u{202e}é\u{1b}";
        let shown = "\\u{1b}]0;t\\u{7}\\u{1b}[2J\\u{1b}[31\\u{9b}m\\r\\u{202e}é\\u{1b}";
        assert_eq!(tamed(wild), shown);
        assert_eq!(tamed(&format!("{ours}{wild}")), format!("{ours}{shown}"));
    }

    #[test]
    fn an_escape_in_a_tag_cannot_reach_the_terminal() {
        assert_eq!(visible("v1\u{1b}[31m\rX"), "v1\\u{1b}[31m\\rX");
        assert_eq!(visible("日本語 é\nsecond"), "日本語 é\nsecond");
    }

    #[test]
    fn a_coloured_diff_without_its_escapes_is_the_diff() {
        let plain = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+b\r\n\\ No newline at end of file";
        let stripped = anstream::adapter::strip_str(&diff(plain)).to_string();
        assert_eq!(stripped, plain);
    }
}

//! A line that is typed. The crate's own prompt for it cannot be left by Esc.

use std::io;

use dialoguer::console::{Key, Term, measure_text_width};

use super::theme::columns;

/// What was typed so far.
#[derive(Default)]
struct Line {
    chars: Vec<char>,
    /// Where the next character goes, from 0.
    at: usize,
}

/// Reads a line behind `text`; none if it was left by Esc.
///
/// # Errors
/// If the terminal fails, or is interrupted.
pub(super) fn read(term: &Term, text: &str) -> io::Result<Option<String>> {
    let mut line = Line::default();
    let columns = columns();
    // Behind a long question there is no room: the line gets one of its own.
    let text = match measure_text_width(text) + 20 > columns {
        true => {
            term.write_line(text)?;
            ">"
        }
        false => text,
    };
    loop {
        line.draw(term, (text, columns))?;
        match term.read_key()? {
            Key::Enter => {
                let typed = line.text();
                term.clear_line()?;
                term.write_line(&format!("{text} {typed}"))?;
                return Ok(Some(typed));
            }
            Key::Escape | Key::Char('\u{4}') => {
                term.write_line("")?;
                return Ok(None);
            }
            key => line.press(&key),
        }
    }
}

impl Line {
    fn text(&self) -> String {
        self.chars.iter().collect()
    }

    fn press(&mut self, key: &Key) {
        match key {
            Key::Char(c) if !c.is_control() => {
                self.chars.insert(self.at, *c);
                self.at += 1;
            }
            Key::Backspace if self.at > 0 => {
                self.at -= 1;
                self.chars.remove(self.at);
            }
            Key::Del if self.at < self.chars.len() => {
                self.chars.remove(self.at);
            }
            // As in a shell: take away what stands before the cursor.
            Key::Char('\u{15}') => {
                self.chars.drain(..self.at);
                self.at = 0;
            }
            Key::ArrowLeft => self.at = self.at.saturating_sub(1),
            Key::ArrowRight => self.at = (self.at + 1).min(self.chars.len()),
            Key::Home | Key::Char('\u{1}') => self.at = 0,
            Key::End | Key::Char('\u{5}') => self.at = self.chars.len(),
            _ => {}
        }
    }

    /// Shows as much as fits on one line, with the cursor in it.
    fn draw(&self, term: &Term, (text, columns): (&str, usize)) -> io::Result<()> {
        let room = columns.saturating_sub(measure_text_width(text) + 2);
        let width = |chars: &[char]| measure_text_width(&chars.iter().collect::<String>());
        let mut start = 0;
        while width(&self.chars[start..self.at]) > room {
            start += 1;
        }
        let mut end = self.chars.len();
        while end > self.at && width(&self.chars[start..end]) > room {
            end -= 1;
        }
        let shown: String = self.chars[start..end].iter().collect();
        term.clear_line()?;
        term.write_str(&format!("{text} {shown}"))?;
        term.move_cursor_left(width(&self.chars[self.at..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::Line;
    use dialoguer::console::Key;

    #[test]
    fn keys_edit_the_line() {
        let mut line = Line::default();
        for c in "abd".chars() {
            line.press(&Key::Char(c));
        }
        for key in [
            Key::ArrowLeft,
            Key::Char('c'),
            Key::End,
            Key::Char('é'),
            Key::Home,
            Key::Del,
        ] {
            line.press(&key);
        }
        assert_eq!(line.text(), "bcdé");
        for key in [Key::End, Key::Backspace, Key::ArrowLeft, Key::Char('\u{15}')] {
            line.press(&key);
        }
        assert_eq!(line.text(), "d");
    }
}

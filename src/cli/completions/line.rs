//! The line up to the cursor, as words.

use std::ffi::OsString;

/// Words up to the cursor; the last is the one being typed and may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    words: Vec<String>,
    /// Bytes of the last word that the shell keeps by itself: it replaces only what follows.
    kept: usize,
}

impl Line {
    /// Splits a line as a shell does. A quote may still be open: somebody is typing.
    ///
    /// `cuts` are the characters at which the shell cuts a word into several, bash's `COMP_WORDBREAKS`; what stands up
    /// to the last of them is kept by the shell.
    pub(super) fn split(line: &str, cuts: &str) -> Line {
        let mut words = Vec::new();
        let mut word: Option<String> = None;
        let mut kept = 0;
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                '\'' | '"' => {
                    let word = word.get_or_insert_default();
                    while let Some(inner) = chars.next().filter(|inner| *inner != c) {
                        word.push(inner);
                    }
                }
                '\\' => word.get_or_insert_default().extend(chars.next()),
                c if c.is_whitespace() => {
                    words.extend(word.take());
                    kept = 0;
                }
                c => {
                    let word = word.get_or_insert_default();
                    word.push(c);
                    if cuts.contains(c) && matches!(c, ':' | '=') {
                        kept = word.len();
                    }
                }
            }
        }
        words.push(word.unwrap_or_default());
        Line { words, kept }.never_empty()
    }

    /// Takes words that a shell has split already, the last being the one that is typed: its quote may still be open.
    pub(super) fn of_words(words: &[OsString]) -> Line {
        let mut words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        if let Some(open) = words.last_mut().filter(|word| word.starts_with(['"', '\''])) {
            open.remove(0);
        }
        Line { words, kept: 0 }.never_empty()
    }

    /// There is always the program and a word that is typed.
    fn never_empty(mut self) -> Line {
        if self.words.is_empty() {
            self.words.push(String::new());
        }
        if self.words.len() == 1 {
            self.words.insert(0, "rakops".into());
        }
        self
    }

    /// All words, the program's name first.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// The word that is typed.
    pub(super) fn current(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    /// Words between the program's name and the one that is typed.
    pub(super) fn earlier(&self) -> &[String] {
        &self.words[1..self.words.len() - 1]
    }

    /// The part of a candidate that the shell has to be told.
    pub(super) fn after_the_cut<'v>(&self, value: &'v str) -> &'v str {
        match self.current().get(..self.kept) {
            Some(kept) => value.strip_prefix(kept).unwrap_or(value),
            None => value,
        }
    }

    /// The value of a flag in the earlier words, in any of its spellings: `-C dir`, `-Cdir`, `-C=dir`, `--config=file`.
    pub(super) fn value_of(&self, flag: &str) -> Option<&str> {
        let earlier = self.earlier();
        let mut found = None;
        for (index, word) in earlier.iter().enumerate() {
            let Some(rest) = word.strip_prefix(flag) else {
                continue;
            };
            found = match rest.strip_prefix('=') {
                Some(value) => Some(value),
                None if rest.is_empty() => earlier.get(index + 1).map(String::as_str),
                None if !flag.starts_with("--") => Some(rest),
                None => found,
            };
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    const CUTS: &str = " \t\n\"'@><=;|&(:";

    #[test]
    fn a_word_with_a_port_is_one_word_and_the_shell_keeps_its_first_part() {
        let line = Line::split("rakops bump registry.example.com:5", CUTS);
        assert_eq!(line.words(), ["rakops", "bump", "registry.example.com:5"]);
        assert_eq!(
            line.after_the_cut("registry.example.com:5000/shop/api="),
            "5000/shop/api="
        );
        let line = Line::split("rakops images --env=st", CUTS);
        assert_eq!(line.after_the_cut("--env=stg"), "stg");
    }

    #[test]
    fn where_the_shell_cuts_nothing_the_whole_candidate_is_told() {
        let line = Line::split("rakops images --env=st", "");
        assert_eq!(line.after_the_cut("--env=stg"), "--env=stg");
    }

    #[test]
    fn a_blank_at_the_end_begins_a_word() {
        assert_eq!(Line::split("rakops bump ", CUTS).words(), ["rakops", "bump", ""]);
        assert_eq!(Line::split("rakops bump 'a b", CUTS).current(), "a b");
        assert_eq!(Line::split("", CUTS).words(), ["rakops", ""]);
        assert_eq!(Line::of_words(&[]).words(), ["rakops", ""]);
    }

    #[test]
    fn earlier_words_are_read() {
        let line = Line::split("rakops -C /a --config=x.yaml images -C/b ", CUTS);
        assert_eq!(line.value_of("-C"), Some("/b"));
        assert_eq!(line.value_of("--config"), Some("x.yaml"));
        assert_eq!(line.value_of("--env"), None);
    }
}

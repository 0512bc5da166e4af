//! The command line as it was typed, with what was answered since: the line that says the same without questions.
//!
//! **Invariant:** whoever asks a question that changes what a command does notes its answer here.

use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};

use crate::text::secret;

/// What was typed, and what was answered.
pub(super) struct Typed {
    /// Without the program's name.
    words: Vec<String>,
    answers: Mutex<Vec<Answer>>,
}

/// An answer, as one would have typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    /// A word behind those that were typed.
    Argument { word: String, shown: String },
    /// A flag; those of one name are put together.
    Flag { name: String, value: Option<String> },
    /// A word in place of one that was typed.
    Instead { typed: String, meant: String },
}

/// Whether a value may stay on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Secrets {
    Known,
    Hidden,
}

impl Typed {
    /// What was typed, the program's name first.
    pub(super) fn new(words: &[OsString]) -> Typed {
        let words = words.iter().skip(1);
        Typed {
            words: words.map(|word| word.to_string_lossy().into_owned()).collect(),
            answers: Mutex::default(),
        }
    }

    /// Notes an argument.
    pub(super) fn argument(&self, word: &str) {
        self.secret_argument(word, word);
    }

    /// Notes an argument that does not stay on the screen; `shown` stands for it.
    pub(super) fn secret_argument(&self, word: &str, shown: &str) {
        self.note(Answer::Argument {
            word: word.to_owned(),
            shown: shown.to_owned(),
        });
    }

    /// Notes a flag with its value.
    pub(super) fn flag(&self, name: impl Into<String>, value: &str) {
        self.note(Answer::Flag {
            name: name.into(),
            value: Some(value.to_owned()),
        });
    }

    /// Notes a flag that takes no value.
    pub(super) fn switch(&self, name: impl Into<String>) {
        self.note(Answer::Flag {
            name: name.into(),
            value: None,
        });
    }

    /// Notes that another word is meant than the one that was typed.
    pub(super) fn instead(&self, typed: &str, meant: &str) {
        self.note(Answer::Instead {
            typed: typed.to_owned(),
            meant: meant.to_owned(),
        });
    }

    /// Takes the last answer back: it was none.
    pub(super) fn forget_last(&self) {
        self.answers().pop();
    }

    fn note(&self, answer: Answer) {
        self.answers().push(answer);
    }

    fn answers(&self) -> std::sync::MutexGuard<'_, Vec<Answer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The words that clap is to read: what was typed, and what was answered.
    pub(super) fn words(&self) -> Vec<OsString> {
        let words = self.composed(Secrets::Known).into_iter();
        std::iter::once("rakops".into())
            .chain(words.map(OsString::from))
            .collect()
    }

    /// The line that says the same without questions; none if nothing was asked.
    pub(super) fn line(&self) -> Option<String> {
        if self.answers().is_empty() {
            return None;
        }
        let words = self.composed(Secrets::Hidden);
        let words: Vec<String> = words.iter().map(|word| quoted(&secret::redact(word))).collect();
        Some(format!("rakops {}", words.join(" ")))
    }

    fn composed(&self, secrets: Secrets) -> Vec<String> {
        let answers = self.answers();
        let mut words = self.words.clone();
        let (mut flags, mut arguments): (Vec<(&String, Vec<&str>)>, Vec<String>) = (Vec::new(), Vec::new());
        for answer in answers.iter() {
            match answer {
                Answer::Argument { word, shown } => arguments.push(match secrets {
                    Secrets::Known => word.clone(),
                    Secrets::Hidden => shown.clone(),
                }),
                Answer::Flag { name, value } => {
                    let at = flags.iter().position(|(known, _)| *known == name);
                    let at = at.unwrap_or_else(|| {
                        flags.push((name, Vec::new()));
                        flags.len() - 1
                    });
                    flags[at].1.extend(value.as_deref());
                }
                Answer::Instead { typed, meant } => {
                    // Behind a flag it is rather the flag's value: `-C api tags api`.
                    let said = |at: &usize| words[*at] == *typed;
                    let is_behind_a_flag = |at: usize| at > 0 && words[at - 1].starts_with('-');
                    let alone = (0..words.len()).filter(said).find(|at| !is_behind_a_flag(*at));
                    let at = alone.or_else(|| (0..words.len()).find(said));
                    let word = match at {
                        Some(at) => words.get_mut(at),
                        None => arguments.iter_mut().find(|word| *word == typed),
                    };
                    if let Some(word) = word {
                        word.clone_from(meant);
                    }
                }
            }
        }
        let flags = flags.into_iter().flat_map(|(name, values): (&String, Vec<&str>)| {
            let value = values.join(",");
            match (values.is_empty(), value.starts_with('-')) {
                (true, _) => vec![name.to_owned()],
                (false, true) => vec![format!("{name}={value}")],
                (false, false) => vec![name.to_owned(), value],
            }
        });
        // Behind `--` no flag is read.
        let end = words.iter().position(|word| word == "--");
        match end {
            Some(end) => {
                let behind = words.split_off(end);
                words.into_iter().chain(flags).chain(behind).chain(arguments).collect()
            }
            None if arguments.iter().any(|word| word.starts_with('-') && word != "-") => {
                let end = std::iter::once("--".to_owned());
                words.into_iter().chain(flags).chain(end).chain(arguments).collect()
            }
            None => words.into_iter().chain(arguments).chain(flags).collect(),
        }
    }
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+^".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::Typed;

    fn typed(line: &str) -> Typed {
        let words: Vec<_> = line.split(' ').map(Into::into).collect();
        Typed::new(&words)
    }

    #[test]
    fn without_an_answer_there_is_nothing_to_say() {
        assert_eq!(typed("rakops promote stg prd").line(), None);
    }

    #[test]
    fn answers_stand_where_they_are_read() {
        let line = typed("rakops promote stg -n");
        line.argument("prd");
        line.flag("--allow", "skip");
        line.argument("api");
        line.flag("--allow", "downgrade");
        line.switch("--all");
        let expected = "rakops promote stg -n prd api --allow skip,downgrade --all";
        assert_eq!(line.line().as_deref(), Some(expected));
        let line = typed("rakops yaml get -- -x.yaml");
        line.flag("--document", "2");
        line.argument("a");
        assert_eq!(
            line.line().as_deref(),
            Some("rakops yaml get --document 2 -- -x.yaml a")
        );
        let line = typed("rakops yaml get");
        line.argument("-x");
        assert_eq!(line.line().as_deref(), Some("rakops yaml get -- -x"));
    }

    #[test]
    fn the_line_can_be_pasted_and_shows_no_secret() {
        let line = typed("rakops overlay set prd");
        line.argument("Secret/db");
        line.secret_argument("data.it=hunter2", "data.it=VALUE");
        line.argument("a[name=b]=it's");
        assert_eq!(
            line.line().as_deref(),
            Some(r"rakops overlay set prd Secret/db data.it=VALUE 'a[name=b]=it'\''s'")
        );
        assert!(line.words().iter().any(|word| word == "data.it=hunter2"));
    }

    #[test]
    fn what_is_meant_stands_in_place_of_what_was_typed() {
        let line = typed("rakops bump api=1.4.2 --all");
        line.instead("api=1.4.2", "ghcr.io/acme/api=1.4.2");
        assert_eq!(line.line().as_deref(), Some("rakops bump ghcr.io/acme/api=1.4.2 --all"));
        let line = typed("rakops -C api tags api");
        line.instead("api", "ghcr.io/acme/api");
        assert_eq!(line.line().as_deref(), Some("rakops -C api tags ghcr.io/acme/api"));
        let line = typed("rakops tags --offline api");
        line.instead("api", "ghcr.io/acme/api");
        assert_eq!(line.line().as_deref(), Some("rakops tags --offline ghcr.io/acme/api"));
    }
}

//! How rakops speaks: data to stdout, talk to stderr, questions only where somebody can answer.
//!
//! Knows streams, terminals, colour and grammar; has never heard of a command, an image or a file format.
//! **Invariant:** nothing here reads the environment. What the process knows is handed in as [`Facts`]; the one
//! exception is `anstream`, which looks at `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM` when colour is `auto`.
//! **Invariant:** the bytes given to [`Ui::data`] reach stdout as they are. Only [`Ui::styled`] may lose escapes.
//! Start with [`Ui`]; then `report.rs` (errors), `prompt.rs` (the one gate for questions), `progress.rs`, `table.rs`.

mod annotate;
mod interrupt;
pub(crate) mod plural;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod report;
pub(crate) mod style;
pub(crate) mod table;

use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;

use crate::error::{Error, Kind};
use crate::text::secret;
use annotate::Annotations;
pub(crate) use interrupt::on_interrupt;
use report::Level;
use table::Table;

/// When colour is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Colour {
    /// As the stream and `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM` say.
    #[default]
    Auto,
    /// Always: `--color always`.
    Always,
    /// Always in talk, and as [`Colour::Auto`] in data: the log of GitHub Actions shows colour and is no terminal, but a
    /// diff that goes into a file there has to apply.
    InTalk,
    /// Never.
    Never,
}

/// Where talk goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Talk {
    /// To stderr, beside the data.
    #[default]
    Stderr,
    /// To stdout, among the data: a walk that shows commands with all they say, in the order in which they say it.
    Stdout,
}

/// Who reads what is said, besides people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Log {
    /// Nobody.
    #[default]
    Plain,
    /// GitHub Actions, and those that speak its language: complaints become annotations, secrets are masked, and text
    /// from outside starts no command.
    GitHub,
}

/// What the process knows about its surroundings and was told about its manners.
///
/// Built once, in `cli/context.rs`; a test builds its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// stdin is a terminal.
    pub(crate) stdin_terminal: bool,
    /// stdout is a terminal.
    pub(crate) stdout_terminal: bool,
    /// stderr is a terminal.
    pub(crate) stderr_terminal: bool,
    /// `TERM` is `dumb`: no cursor movements, so no prompts and no bars.
    pub(crate) dumb: bool,
    /// `CI` is set.
    pub(crate) ci: bool,
    /// Who reads the log, besides people.
    pub(crate) log: Log,
    /// `--no-input`.
    pub(crate) no_input: bool,
    /// `-y`: answers confirmations, never questions.
    pub(crate) yes: bool,
    /// `-q`: errors only.
    pub(crate) quiet: bool,
    /// How many `-v`.
    pub(crate) verbose: u8,
    /// `--color`.
    pub(crate) colour: Colour,
    /// Where talk goes.
    pub(crate) talk: Talk,
    /// Width of the terminal in columns, where known.
    pub(crate) width: Option<u16>,
}

/// The one door to stdout, stderr and the person in front of them.
#[derive(Debug)]
pub(crate) struct Ui {
    facts: Facts,
    /// Nobody reads stdout any more; what is still written goes nowhere, and that is a success.
    stdout_closed: AtomicBool,
    /// The bar that is drawn at present; lines are written around it.
    bar: Mutex<Option<ProgressBar>>,
    annotations: Annotations,
    /// What was complained about, for a report at the end.
    complaints: Mutex<Vec<(Level, Error)>>,
    /// How many secrets the log has been told to hide.
    masked: AtomicUsize,
}

impl Ui {
    /// Makes the door from what is known about the process.
    pub(crate) fn new(facts: Facts) -> Ui {
        Ui {
            facts,
            stdout_closed: AtomicBool::new(false),
            bar: Mutex::new(None),
            annotations: Annotations::default(),
            complaints: Mutex::default(),
            masked: AtomicUsize::new(0),
        }
    }

    /// Whether nothing is confirmed: with `-y`, and where nobody can be asked.
    pub(crate) fn agrees(&self) -> bool {
        self.facts.yes || !self.can_prompt()
    }

    /// Says whether a question may be asked: the one gate (`docs/contributing/architecture.md`, "Prompts").
    pub(crate) fn can_prompt(&self) -> bool {
        let facts = &self.facts;
        facts.stdin_terminal && facts.stderr_terminal && !facts.no_input && !facts.ci && !facts.dumb
    }

    /// Says whether a person reads stdout: tables are aligned then, and separated by tabs otherwise.
    pub(crate) fn data_is_read_by_a_person(&self) -> bool {
        self.facts.stdout_terminal
    }

    /// When colour is used.
    pub(crate) fn colour(&self) -> Colour {
        self.facts.colour
    }

    /// Says whether `-v` was given.
    pub(crate) fn is_verbose(&self) -> bool {
        self.facts.verbose > 0 && !self.facts.quiet
    }

    /// Writes data to stdout, byte for byte. A reader that has gone away is a success.
    ///
    /// # Errors
    /// [`Kind::Files`] if stdout cannot be written for another reason, such as a full disk.
    pub(crate) fn data(&self, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
        self.write_stdout(bytes.as_ref(), ColorChoice::AlwaysAnsi)
    }

    /// Writes text of our own making, such as a coloured diff, to stdout; escapes stay only where colour is wanted.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub(crate) fn styled(&self, text: &str) -> Result<(), Error> {
        self.write_stdout(text.as_bytes(), self.choice(&io::stdout()))
    }

    /// Writes a table to stdout: aligned for a person, separated by tabs for a program.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub(crate) fn table(&self, table: &Table) -> Result<(), Error> {
        if self.data_is_read_by_a_person() {
            self.styled(&table.aligned())
        } else {
            self.data(table.tab_separated())
        }
    }

    /// Says a line on stderr, unless `-q`.
    pub(crate) fn talk(&self, line: impl AsRef<str>) {
        if !self.facts.quiet {
            self.write_stderr(line.as_ref());
        }
    }

    /// Says a line on stderr if `-v`.
    pub(crate) fn detail(&self, line: impl AsRef<str>) {
        if self.is_verbose() {
            self.write_stderr(line.as_ref());
        }
    }

    /// Shows a complaint that stops nothing, unless `-q`.
    pub(crate) fn warn(&self, warning: &Error) {
        if !self.facts.quiet {
            self.write_stderr(&report::text(Level::Warning, warning, self.facts.width));
            self.annotate(Level::Warning, warning);
        }
    }

    /// Shows the complaint that ends the program, whatever `-q` says.
    pub(crate) fn report(&self, error: &Error) {
        self.write_stderr(&report::text(Level::Error, error, self.facts.width));
        self.annotate(Level::Error, error);
    }

    /// Shows what clap has to say, already formatted: errors about flags obey `--color` too.
    pub(crate) fn report_usage(&self, ansi: &str) {
        self.write_stderr(ansi.trim_end_matches('\n'));
    }

    /// Everything that was complained about so far.
    pub(crate) fn complaints(&self) -> Vec<(Level, Error)> {
        self.complaints
            .lock()
            .map_or_else(|_| Vec::new(), |complaints| complaints.clone())
    }

    /// Makes a complaint an annotation, where the log has such a thing.
    fn annotate(&self, level: Level, error: &Error) {
        if let Ok(mut complaints) = self.complaints.lock() {
            complaints.push((level, error.clone()));
        }
        if self.facts.log == Log::GitHub
            && let Some(line) = self.annotations.line(level, error)
        {
            self.write_line(&secret::redact(&line));
        }
    }

    /// Has the log hide secrets that have become known since the last time: later lines only are hidden.
    fn mask(&self) {
        let known = secret::all();
        let before = self.masked.swap(known.len(), Ordering::Relaxed);
        if known.len() > before {
            known.iter().for_each(|secret| self.write_line(&annotate::mask(secret)));
        }
    }

    /// The colour of data.
    fn choice(&self, raw: &impl anstream::stream::RawStream) -> ColorChoice {
        match self.facts.colour {
            Colour::Auto | Colour::InTalk => AutoStream::choice(raw),
            Colour::Always => ColorChoice::AlwaysAnsi,
            Colour::Never => ColorChoice::Never,
        }
    }

    /// The colour of what goes to stderr.
    fn choice_of_talk(&self) -> ColorChoice {
        match self.facts.colour {
            Colour::InTalk => ColorChoice::AlwaysAnsi,
            _ => self.choice(&io::stderr()),
        }
    }

    /// Whether stderr shows colour.
    fn colours_talk(&self) -> bool {
        self.choice_of_talk() != ColorChoice::Never
    }

    fn write_stdout(&self, bytes: &[u8], choice: ColorChoice) -> Result<(), Error> {
        if self.stdout_closed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let hidden = redacted(bytes);
        let bytes = hidden.as_deref().unwrap_or(bytes);
        let write = || -> io::Result<()> {
            let mut out = io::stdout().lock();
            match choice {
                ColorChoice::AlwaysAnsi => out.write_all(bytes)?,
                choice => AutoStream::new(&mut out as &mut dyn Write, plain_or_ansi(choice)).write_all(bytes)?,
            }
            out.flush()
        };
        match self.around_the_bar(write) {
            Ok(()) => Ok(()),
            Err(gone) if gone.kind() == io::ErrorKind::BrokenPipe => {
                self.stdout_closed.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(cause) => {
                self.stdout_closed.store(true, Ordering::Relaxed);
                Err(Error::new(Kind::Files, "file-system", "cannot write to stdout").because(cause))
            }
        }
    }

    /// Writes a line; there is nobody to tell if stderr itself is gone.
    fn write_stderr(&self, text: &str) {
        let text = secret::redact(text);
        match self.facts.log {
            Log::GitHub => {
                self.mask();
                self.write_line(&annotate::inert(&text));
            }
            Log::Plain => self.write_line(&text),
        }
    }

    fn write_line(&self, text: &str) {
        if self.facts.talk == Talk::Stdout {
            // A failure is remembered, and whoever shows the walk hears of it with the next data.
            let _ = self.styled(&format!("{text}\n"));
            return;
        }
        let choice = plain_or_ansi(self.choice_of_talk());
        self.around_the_bar(|| {
            let mut out = io::stderr().lock();
            let mut styled = AutoStream::new(&mut out as &mut dyn Write, choice);
            let _ = writeln!(styled, "{text}");
        });
    }

    /// Clears the bar, does `work`, draws the bar again.
    fn around_the_bar<T>(&self, work: impl FnOnce() -> T) -> T {
        let bar = self.bar.lock().ok().and_then(|bar| bar.clone());
        match bar {
            Some(bar) => bar.suspend(work),
            None => work(),
        }
    }
}

/// Data with every known secret hidden; none where it holds none, and is written as it is.
fn redacted(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    secret::holds_one(text).then(|| secret::redact(text).into_owned().into_bytes())
}

/// A stream behind `dyn Write` cannot be asked what it is, so the answer is given.
fn plain_or_ansi(choice: ColorChoice) -> ColorChoice {
    match choice {
        ColorChoice::Never => ColorChoice::Never,
        _ => ColorChoice::AlwaysAnsi,
    }
}

#[cfg(test)]
mod tests {
    use super::{Facts, Ui};

    fn on_a_terminal() -> Facts {
        Facts {
            stdin_terminal: true,
            stdout_terminal: true,
            stderr_terminal: true,
            ..Facts::default()
        }
    }

    #[test]
    fn asks_only_where_somebody_can_see_the_question_and_answer_it() {
        assert!(Ui::new(on_a_terminal()).can_prompt());
        let closed: [fn(&mut Facts); 5] = [
            |facts| facts.stdin_terminal = false,
            |facts| facts.stderr_terminal = false,
            |facts| facts.no_input = true,
            |facts| facts.ci = true,
            |facts| facts.dumb = true,
        ];
        for close in closed {
            let mut facts = on_a_terminal();
            close(&mut facts);
            assert!(!Ui::new(facts.clone()).can_prompt(), "{facts:?}");
        }
    }

    #[test]
    fn asks_while_stdout_is_redirected() {
        let facts = Facts {
            stdout_terminal: false,
            ..on_a_terminal()
        };
        assert!(Ui::new(facts).can_prompt());
    }

    #[test]
    fn yes_does_not_close_the_gate() {
        let facts = Facts {
            yes: true,
            ..on_a_terminal()
        };
        assert!(Ui::new(facts).can_prompt());
    }
}

//! How rakops speaks: data to stdout, talk to stderr, questions only where somebody can answer.
//!
//! Knows streams, terminals, colour and grammar; has never heard of a command, an image or a file format.
//! **Invariant:** nothing here reads the environment. What the process knows is handed in as [`Facts`]; the one
//! exception is `anstream`, which looks at `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM` when colour is `auto`.
//! **Invariant:** the bytes given to [`Ui::data`] reach a pipe or a file as they are. Only [`Ui::styled`] may lose escapes. What
//! a person reads has no escapes but colours of ours (`style::tamed`).
//! Start with [`Ui`]; then `report.rs` (errors), `prompt.rs` (the one gate for questions), `progress.rs`, `table.rs`.

mod annotate;
mod interrupt;
pub(crate) mod page;
mod pager;
pub(crate) mod plural;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod report;
pub(crate) mod style;
pub(crate) mod table;
mod tell;
mod voice;

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anstream::{AutoStream, ColorChoice};

use crate::error::{Error, Kind};
use crate::text::secret;
use annotate::Annotations;
pub(crate) use interrupt::on_interrupt;
use pager::Pager;
pub(crate) use pager::PagerFacts;
use report::Level;
use table::Table;
use voice::Voice;

/// A terminal with fewer columns than this shows no table well; lines are left as they are.
const NARROWEST: u16 = 40;

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
    /// The terminal shows ASCII alone.
    pub(crate) ascii: bool,
    /// What shows long results page by page.
    pub(crate) pager: PagerFacts,
}

/// The one door to stdout, stderr and the person in front of them.
#[derive(Debug)]
pub(crate) struct Ui {
    facts: Facts,
    /// Nobody reads stdout any more; what is still written goes nowhere, and that is a success.
    stdout_closed: AtomicBool,
    voice: Arc<Voice>,
    pager: Pager,
    annotations: Annotations,
    /// A group of lines is open in the log.
    is_in_group: AtomicBool,
    /// What was complained about, for a report at the end.
    complaints: Mutex<Vec<(Level, Error)>>,
}

impl Ui {
    /// Makes the door from what is known about the process.
    pub(crate) fn new(facts: Facts) -> Ui {
        Ui {
            stdout_closed: AtomicBool::new(false),
            voice: Arc::new(Voice::new(&facts)),
            pager: Pager::default(),
            annotations: Annotations::default(),
            is_in_group: AtomicBool::new(false),
            complaints: Mutex::default(),
            facts,
        }
    }

    /// Tells what goes on inside from now on, to who looks for a fault; `words` are what `RAKOPS_LOG` says.
    ///
    /// # Errors
    /// [`Kind::Usage`] if the words are none.
    pub(crate) fn tell(&self, words: Option<&str>) -> Result<(), Error> {
        tell::listen(&self.voice, words, self.facts.verbose)
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

    /// Width of the terminal in columns, where known.
    pub(crate) fn width(&self) -> Option<u16> {
        self.facts.width
    }

    /// When colour is used.
    pub(crate) fn colour(&self) -> Colour {
        self.facts.colour
    }

    /// Says whether `-v` was given.
    pub(crate) fn is_verbose(&self) -> bool {
        self.facts.verbose > 0 && !self.facts.quiet
    }

    /// Writes data to stdout, byte for byte; on a terminal what would move the cursor is shown as letters. A reader that has gone
    /// away is a success.
    ///
    /// # Errors
    /// [`Kind::Files`] if stdout cannot be written for another reason, such as a full disk.
    pub(crate) fn data(&self, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
        match self.data_is_read_by_a_person() {
            true => {
                let text = String::from_utf8_lossy(bytes.as_ref());
                self.write_stdout(style::tamed(&text).as_bytes(), ColorChoice::AlwaysAnsi)
            }
            false => self.write_stdout(bytes.as_ref(), ColorChoice::AlwaysAnsi),
        }
    }

    /// Writes text of our own making, such as a coloured diff, to stdout; escapes stay only where colour is wanted.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub(crate) fn styled(&self, text: &str) -> Result<(), Error> {
        let choice = self.facts.colour.choice(&io::stdout());
        match choice == ColorChoice::Never && !self.data_is_read_by_a_person() {
            true => self.write_stdout(text.as_bytes(), choice),
            false => self.write_stdout(style::tamed(text).as_bytes(), choice),
        }
    }

    /// Writes a table to stdout: aligned for a person, separated by tabs for a program.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub(crate) fn table(&self, table: &Table) -> Result<(), Error> {
        if self.data_is_read_by_a_person() {
            let width = self.facts.width.filter(|width| *width >= NARROWEST);
            self.drawn(&table.aligned(width))
        } else {
            self.data(table.tab_separated())
        }
    }

    /// Writes what is drawn with more than letters to stdout, in ASCII where the terminal shows nothing else.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub(crate) fn drawn(&self, text: &str) -> Result<(), Error> {
        match self.facts.ascii {
            true => self.styled(&style::in_ascii(text)),
            false => self.styled(text),
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

    /// Shows a refusal that a question is about to follow, whatever `-q` says: with its place and its causes, and without the
    /// advice that the question stands for.
    pub(crate) fn show_refusal(&self, refusal: &Error) {
        let mut shown = refusal.clone();
        shown.hints.clear();
        self.write_stderr(&report::text(Level::Warning, &shown, self.facts.width));
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

    /// Whether stderr shows colour.
    fn colours_talk(&self) -> bool {
        self.voice.choice() != ColorChoice::Never
    }

    fn write_stdout(&self, bytes: &[u8], choice: ColorChoice) -> Result<(), Error> {
        if self.stdout_closed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let hidden = redacted(bytes);
        let bytes = hidden.as_deref().unwrap_or(bytes);
        let write = || -> io::Result<()> {
            let shown = match choice {
                ColorChoice::Never => Cow::Owned(anstream::adapter::strip_bytes(bytes).into_vec()),
                _ => Cow::Borrowed(bytes),
            };
            if let Some(outcome) = self.pager.write(&shown) {
                return outcome;
            }
            let mut out = io::stdout().lock();
            match choice {
                ColorChoice::AlwaysAnsi => out.write_all(bytes)?,
                choice => AutoStream::new(&mut out as &mut dyn Write, plain_or_ansi(choice)).write_all(bytes)?,
            }
            out.flush()
        };
        match self.voice.around_the_bar(write) {
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

    fn write_stderr(&self, text: &str) {
        self.voice.say_through(text, &|line| self.write_line(line));
    }

    fn write_line(&self, text: &str) {
        if self.facts.talk == Talk::Stdout {
            // A failure is remembered, and whoever shows the walk hears of it with the next data.
            let _ = self.styled(&format!("{text}\n"));
            return;
        }
        self.voice.write(text);
    }
}

impl Colour {
    /// Whether data is coloured.
    fn choice(self, raw: &impl anstream::stream::RawStream) -> ColorChoice {
        match self {
            Colour::Auto | Colour::InTalk => AutoStream::choice(raw),
            Colour::Always => ColorChoice::AlwaysAnsi,
            Colour::Never => ColorChoice::Never,
        }
    }

    /// Whether talk is coloured.
    fn choice_of_talk(self, raw: &impl anstream::stream::RawStream) -> ColorChoice {
        match self {
            Colour::InTalk => ColorChoice::AlwaysAnsi,
            other => other.choice(raw),
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
mod tests;

//! What is said on stderr: redacted, without escapes that are not ours, around the bar that is drawn, and inert in the log of a CI system.

use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;

use super::style::tamed;
use super::{Colour, Facts, Log, annotate, plain_or_ansi};
use crate::text::secret;

/// The one writer of stderr.
#[derive(Debug, Default)]
pub(super) struct Voice {
    colour: Colour,
    log: Log,
    /// The bar that is drawn at present; lines are written around it.
    bar: Mutex<Option<ProgressBar>>,
    /// How many secrets the log has been told to hide.
    masked: AtomicUsize,
}

impl Voice {
    pub(super) fn new(facts: &Facts) -> Voice {
        Voice {
            colour: facts.colour,
            log: facts.log,
            ..Voice::default()
        }
    }

    /// Says lines; there is nobody to tell if stderr itself is gone.
    pub(super) fn say(&self, text: &str) {
        let write = |line: &str| self.write(line);
        self.say_through(text, &write);
    }

    /// The same by another way than stderr.
    pub(super) fn say_through(&self, text: &str, write: &dyn Fn(&str)) {
        let text = secret::redact(text);
        let text = tamed(&text);
        match self.log {
            Log::GitHub => {
                self.mask(write);
                write(&annotate::inert(&text));
            }
            Log::Plain => write(&text),
        }
    }

    /// Writes a line as it is.
    pub(super) fn write(&self, line: &str) {
        let choice = plain_or_ansi(self.choice());
        self.around_the_bar(|| {
            let mut out = io::stderr().lock();
            let mut styled = AutoStream::new(&mut out as &mut dyn Write, choice);
            let _ = writeln!(styled, "{line}");
        });
    }

    /// The colour of what goes to stderr.
    pub(super) fn choice(&self) -> ColorChoice {
        self.colour.choice_of_talk(&io::stderr())
    }

    /// Has the log hide secrets that have become known since the last time: later lines only are hidden.
    fn mask(&self, write: &dyn Fn(&str)) {
        let known = secret::all();
        let before = self.masked.swap(known.len(), Ordering::Relaxed);
        if known.len() > before {
            known.iter().for_each(|secret| write(&annotate::mask(secret)));
        }
    }

    /// Takes a bar that lines are written around from now on; says whether there was none.
    pub(super) fn show(&self, bar: &ProgressBar) -> bool {
        let Ok(mut current) = self.bar.lock() else {
            return false;
        };
        let is_free = current.is_none();
        if is_free {
            *current = Some(bar.clone());
        }
        is_free
    }

    /// Changes what stands beside the bar.
    pub(super) fn rename_bar(&self, message: String) {
        if let Ok(Some(bar)) = self.bar.lock().as_deref() {
            bar.set_message(tamed(&message).into_owned());
        }
    }

    /// Forgets the bar.
    pub(super) fn hide(&self) {
        if let Ok(mut current) = self.bar.lock() {
            *current = None;
        }
    }

    /// Clears the bar, does `work`, draws the bar again.
    pub(super) fn around_the_bar<T>(&self, work: impl FnOnce() -> T) -> T {
        let bar = self.bar.lock().ok().and_then(|bar| bar.clone());
        match bar {
            Some(bar) => bar.suspend(work),
            None => work(),
        }
    }
}

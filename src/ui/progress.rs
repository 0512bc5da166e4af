//! Work in progress: a bar after 300 ms on a terminal, and with `-v` one line a step that stays.
//!
//! The line is the same on a terminal and in a log, so that both tell the same story; the bar is only drawn before it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Ui, interrupt, plural};

/// Work that is done sooner shows no bar: a flicker says nothing.
const SHOWN_AFTER: Duration = Duration::from_millis(300);
/// How often a spinner turns.
const TURNS_EVERY: Duration = Duration::from_millis(100);

/// One step of work. Dropping it takes the bar away without a word.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    ui: &'a Ui,
    count: AtomicUsize,
    bar: Option<Drawn>,
}

#[derive(Debug)]
struct Drawn {
    bar: ProgressBar,
    /// Dropping the sender tells the waiting thread that the step is over.
    over: Option<Sender<()>>,
    waiting: Option<JoinHandle<()>>,
}

impl Ui {
    /// Begins a step. `doing` is a present participle, such as `reading files`; `of` is the number of things to do,
    /// where it is known.
    pub(crate) fn begin(&self, doing: &str, of: Option<u64>) -> Step<'_> {
        let facts = &self.facts;
        let drawable = facts.stderr_terminal && !facts.dumb && !facts.ci && !facts.quiet;
        let free = self.bar.lock().is_ok_and(|bar| bar.is_none());
        if !drawable || !free {
            return Step {
                ui: self,
                count: AtomicUsize::new(0),
                bar: None,
            };
        }
        let bar = match of {
            Some(length) => ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden())
                .with_style(style("{msg} {bar:24} {pos}/{len}")),
            None => {
                ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style("{spinner} {msg}"))
            }
        };
        bar.set_message(super::style::visible(doing).into_owned());
        if let Ok(mut current) = self.bar.lock() {
            *current = Some(bar.clone());
        }
        let (over, is_over) = mpsc::channel::<()>();
        let shown = bar.clone();
        let waiting = thread::spawn(move || {
            if is_over.recv_timeout(SHOWN_AFTER) == Err(RecvTimeoutError::Timeout) {
                interrupt::install_for_drawing();
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(TURNS_EVERY);
            }
        });
        let drawn = Drawn {
            bar,
            over: Some(over),
            waiting: Some(waiting),
        };
        Step {
            ui: self,
            count: AtomicUsize::new(0),
            bar: Some(drawn),
        }
    }
}

impl Step<'_> {
    /// Counts `by` more things as done. May be called from any thread.
    pub(crate) fn advance(&self, by: u32) {
        self.count.fetch_add(by as usize, Ordering::Relaxed);
        if let Some(drawn) = &self.bar {
            drawn.bar.inc(u64::from(by));
        }
    }

    /// Ends the step with the line that stays: `read 214 files` for `read` and `file`.
    pub(crate) fn done(mut self, verb: &str, noun: &str) {
        self.clear();
        let count = plural::count(self.count.load(Ordering::Relaxed), noun);
        self.ui.detail(format!("{verb} {count}"));
    }

    fn clear(&mut self) {
        let Some(mut drawn) = self.bar.take() else {
            return;
        };
        drop(drawn.over.take());
        if let Some(waiting) = drawn.waiting.take() {
            let _ = waiting.join();
        }
        drawn.bar.finish_and_clear();
        if let Ok(mut current) = self.ui.bar.lock() {
            *current = None;
        }
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The templates above are constants; one that does not parse shows the plain bar.
fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    // ASCII, because a terminal may show nothing else.
    style.tick_chars("|/-\\ ").progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressStyle;

    use crate::ui::{Facts, Ui};

    #[test]
    fn the_templates_parse() {
        for template in ["{msg} {bar:24} {pos}/{len}", "{spinner} {msg}"] {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[test]
    fn without_a_terminal_there_is_no_bar_and_no_thread() {
        let ui = Ui::new(Facts::default());
        assert!(ui.begin("reading", Some(3)).bar.is_none());
    }

    #[test]
    fn a_second_step_inside_the_first_draws_nothing_of_its_own() {
        let ui = Ui::new(Facts {
            stderr_terminal: true,
            ..Facts::default()
        });
        let outer = ui.begin("reading", None);
        assert!(outer.bar.is_some());
        assert!(ui.begin("parsing", None).bar.is_none());
        drop(outer);
        assert!(ui.begin("writing", None).bar.is_some());
    }
}

//! Work in progress: a bar after 300 ms on a terminal, and one line a step that stays: in CI, with `-v`, and where the bar was
//! seen.
//!
//! The line is the same on a terminal and in a log, so that both tell the same story; the bar is only drawn before it. In the
//! log of GitHub Actions what `-v` tells of a step is a group that can be folded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Log, Ui, annotate, interrupt, plural};
use crate::text::secret;

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
    /// What the step tells is folded away in the log.
    is_group: bool,
}

#[derive(Debug)]
struct Drawn {
    bar: ProgressBar,
    /// It took so long that the bar was seen.
    is_seen: Arc<AtomicBool>,
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
        let mut step = Step {
            ui: self,
            count: AtomicUsize::new(0),
            bar: None,
            is_group: self.begin_group(doing),
        };
        if !drawable {
            return step;
        }
        let bar = match of {
            Some(length) => ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden())
                .with_style(style("{msg} {bar:24} {pos}/{len}")),
            None => {
                ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style("{spinner} {msg}"))
            }
        };
        bar.set_message(shown(doing));
        if !self.voice.show(&bar) {
            return step;
        }
        let (over, is_over) = mpsc::channel::<()>();
        let (shown, is_seen) = (bar.clone(), Arc::new(AtomicBool::new(false)));
        let seen = Arc::clone(&is_seen);
        let waiting = thread::spawn(move || {
            if is_over.recv_timeout(SHOWN_AFTER) == Err(RecvTimeoutError::Timeout) {
                interrupt::install_for_drawing();
                seen.store(true, Ordering::SeqCst);
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(TURNS_EVERY);
            }
        });
        step.bar = Some(Drawn {
            bar,
            is_seen,
            over: Some(over),
            waiting: Some(waiting),
        });
        step
    }

    /// Says what the step does now, where its bar is drawn: `pushing to main` within `landing`.
    pub(crate) fn now_doing(&self, doing: &str) {
        self.voice.rename_bar(shown(doing));
    }

    /// Begins a group in the log of GitHub Actions, where there is more to tell than a line; groups do not nest there.
    fn begin_group(&self, doing: &str) -> bool {
        let is_wanted = self.facts.log == Log::GitHub && self.is_verbose();
        let begins = is_wanted && !self.is_in_group.swap(true, Ordering::SeqCst);
        if begins {
            self.write_line(&annotate::group(doing));
        }
        begins
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
    pub(crate) fn done(self, verb: &str, noun: &str) {
        let count = plural::count(self.count.load(Ordering::Relaxed), noun);
        self.ended(&format!("{verb} {count}"));
    }

    /// Ends the step with this line, in the past tense.
    pub(crate) fn ended(mut self, line: &str) {
        match self.clear() || self.ui.facts.ci {
            true => self.ui.talk(line),
            false => self.ui.detail(line),
        }
    }

    /// Takes the bar away, and says whether it was seen.
    fn clear(&mut self) -> bool {
        if std::mem::take(&mut self.is_group) {
            self.ui.write_line(annotate::END_OF_GROUP);
            self.ui.is_in_group.store(false, Ordering::SeqCst);
        }
        let Some(mut drawn) = self.bar.take() else {
            return false;
        };
        drop(drawn.over.take());
        if let Some(waiting) = drawn.waiting.take() {
            let _ = waiting.join();
        }
        drawn.bar.finish_and_clear();
        self.ui.voice.hide();
        drawn.is_seen.load(Ordering::SeqCst)
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}

/// What stands beside a bar: without secrets, and without what moves the cursor.
fn shown(doing: &str) -> String {
    let doing = secret::redact(doing);
    super::style::visible(&doing).into_owned()
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

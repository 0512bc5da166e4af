//! The program that shows long results page by page, on a terminal.
//!
//! Source of what is done: git's `pager.c` (2.39) and its page `git-config`, `core.pager`: a shell runs the words, `LESS` and `LV` are set where they
//! are not, and Ctrl-C belongs to the pager.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use super::{Ui, interrupt};

/// Words that mean that there is to be none.
const NONE: [&str; 2] = ["", "cat"];

/// What the process knows about the pager.
#[derive(Clone, Debug, Default)]
pub(crate) struct PagerFacts {
    /// The words to start it with; none if results are to be shown as they come.
    pub(crate) words: Option<String>,
    /// The directories where programs are looked for.
    pub(crate) path: Vec<std::path::PathBuf>,
    /// Variables that it gets, such as `LESS` where that is not set.
    pub(crate) variables: Vec<(&'static str, &'static str)>,
}

/// The pager of a run, while it shows something.
#[derive(Debug, Default)]
pub(super) struct Pager(Mutex<Option<Child>>);

/// Results go to the pager while this lives, and dropping it waits until it was closed.
#[derive(Debug)]
pub(crate) struct Page<'a>(Option<&'a Ui>);

impl Ui {
    /// Has results shown page by page from now on, where a person reads them and a pager is at hand.
    pub(crate) fn page(&self) -> Page<'_> {
        let started = self.facts.stdout_terminal && !self.facts.dumb && self.pager.start(&self.facts.pager);
        if started {
            interrupt::ignore(interrupt::Ignoring::Now);
        }
        Page(started.then_some(self))
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        if let Some(ui) = self.0 {
            ui.pager.finish();
            interrupt::ignore(interrupt::Ignoring::NoMore);
        }
    }
}

impl Pager {
    fn start(&self, facts: &PagerFacts) -> bool {
        let Some(words) = facts.words.as_deref().map(str::trim).filter(|it| !NONE.contains(it)) else {
            return false;
        };
        // A shell would start and say that there is no such program, when the result is gone already.
        let first = words.split_whitespace().next().unwrap_or_default();
        if !is_at_hand(first, &facts.path) {
            return false;
        }
        let mut command = through_a_shell(words);
        command.envs(facts.variables.iter().copied()).stdin(Stdio::piped());
        let Ok(child) = command.spawn() else { return false };
        self.0.lock().is_ok_and(|mut running| {
            *running = Some(child);
            true
        })
    }

    /// Hands bytes to the pager; none if there is no pager. A reader that is done with reading is a closed pipe.
    pub(super) fn write(&self, bytes: &[u8]) -> Option<io::Result<()>> {
        let mut running = self.0.lock().ok()?;
        let stdin = running.as_mut()?.stdin.as_mut()?;
        Some(stdin.write_all(bytes))
    }

    fn finish(&self) {
        let Some(mut child) = self.0.lock().ok().and_then(|mut running| running.take()) else {
            return;
        };
        drop(child.stdin.take());
        // How it ended says nothing about the result.
        let _ = child.wait();
    }
}

/// Whether a program of that name is there; what a shell has to make sense of is left to the shell.
fn is_at_hand(name: &str, path: &[std::path::PathBuf]) -> bool {
    let is_plain = name.chars().all(|it| it.is_alphanumeric() || "-_.+/".contains(it));
    if !is_plain || cfg!(windows) {
        return true;
    }
    match name.contains('/') {
        true => Path::new(name).is_file(),
        false => path.iter().any(|directory| directory.join(name).is_file()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where a pager is started")]
fn through_a_shell(words: &str) -> Command {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut command = Command::new(shell);
    command.arg(flag).arg(words);
    command
}

#[cfg(test)]
mod tests {
    use super::is_at_hand;

    #[test]
    fn a_pager_that_is_not_there_is_not_started() {
        let path = [std::path::PathBuf::from("/bin"), "/usr/bin".into()];
        assert!(is_at_hand("sh", &path));
        assert!(is_at_hand("/bin/sh", &[]));
        assert!(!is_at_hand("no-such-pager", &path));
        // Words for the shell.
        assert!(is_at_hand("\"my", &path));
        assert!(is_at_hand("LESS=-R", &path));
    }
}

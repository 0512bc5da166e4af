//! rakops on a real terminal, each question with a deadline.

use std::process::Command;

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use super::{Sandbox, advice};

/// In milliseconds.
const DEADLINE: u64 = 20_000;

pub(crate) const DOWN: &str = "\x1b[B";
pub(crate) const UP: &str = "\x1b[A";
pub(crate) const ENTER: &str = "\r";
pub(crate) const ESC: &str = "\x1b";
pub(crate) const CTRL_C: &str = "\x03";

/// A run of rakops that is being answered.
pub(crate) struct Terminal {
    session: PtySession,
    shown: String,
}

impl Sandbox {
    /// Runs rakops on a terminal.
    pub(crate) fn terminal(&self, args: &[&str]) -> Terminal {
        self.terminal_with(args, &[])
    }

    /// The same, with variables besides those of the sandbox.
    pub(crate) fn terminal_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Terminal {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rakops"));
        command.args(args).current_dir(self.dir()).env_clear().envs(self.env());
        command.env("TERM", "xterm").env("NO_COLOR", "1").env("PAGER", "cat");
        command.envs(variables.iter().copied());
        Terminal {
            session: spawn_command(command, Some(DEADLINE)).unwrap(),
            shown: String::new(),
        }
    }
}

impl Terminal {
    /// Waits for a text.
    #[track_caller]
    pub(crate) fn sees(&mut self, text: &str) -> &mut Terminal {
        match self.session.exp_string(text) {
            Ok(before) => self.shown.push_str(&(before + text)),
            Err(cause) => panic!("`{text}` is not shown\n{}\n{cause}", self.shown),
        }
        self
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Terminal {
        self.session.send(keys).unwrap();
        self.session.flush().unwrap();
        self
    }

    /// Waits for the end. The cursor is there, and the line that says the same can be typed.
    #[track_caller]
    pub(crate) fn ends(&mut self, code: i32) -> Ended {
        match self.session.exp_eof() {
            Ok(rest) => self.shown.push_str(&rest),
            Err(cause) => panic!("it does not end\n{}\n{cause}", self.shown),
        }
        let text = self.shown.clone();
        match self.session.process().wait().unwrap() {
            WaitStatus::Exited(_, exited) => assert_eq!(exited, code, "{text}"),
            other => panic!("{other:?}\n{text}"),
        }
        let (hidden, back) = (text.rfind("\x1b[?25l"), text.rfind("\x1b[?25h"));
        assert!(hidden <= back, "the cursor is hidden\n{text}");
        let same = text.lines().find_map(|line| line.trim_end().strip_prefix("same as: "));
        if let Some(line) = same {
            advice::parse(line).unwrap_or_else(|why| panic!("{line}\n{why}"));
        }
        Ended {
            same: same.unwrap_or_default().to_owned(),
            text,
        }
    }

    /// Waits for the end of somebody who has left.
    #[track_caller]
    pub(crate) fn is_cancelled(&mut self) {
        self.sees("cancelled, nothing was changed");
        assert_eq!(self.ends(130).same, "");
    }
}

/// What was left on the terminal.
pub(crate) struct Ended {
    /// The line that says the same without questions; empty if there is none.
    pub(crate) same: String,
    pub(crate) text: String,
}

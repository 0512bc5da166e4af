//! What the process knows when it starts: arguments aside, everything the program learns from outside.
//!
//! **Invariant:** the only reader of the environment, the directory, the clock and the terminals.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;

use crate::config::user::{self, User};
use crate::error::Error;
use crate::ui::{Colour, Facts};

/// The process, read once.
pub(crate) struct Process {
    /// The current directory.
    pub(crate) directory: PathBuf,
    variables: BTreeMap<String, String>,
}

impl Process {
    /// Reads the process.
    #[expect(clippy::disallowed_methods, reason = "the one place where the directory is read")]
    pub(crate) fn read() -> Process {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Process {
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            variables,
        }
    }

    /// A variable that is set to something.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Where temporary files go.
    pub(crate) fn temporary(&self) -> PathBuf {
        std::env::temp_dir()
    }

    /// The terminals, and what the environment says about them; flags are laid over it.
    pub(crate) fn facts(&self) -> Facts {
        let no_color = self.variable("NO_COLOR").is_some();
        let actions = self.variable("GITHUB_ACTIONS").is_some();
        Facts {
            stdin_terminal: std::io::stdin().is_terminal(),
            stdout_terminal: std::io::stdout().is_terminal(),
            stderr_terminal: std::io::stderr().is_terminal(),
            dumb: self.variable("TERM") == Some("dumb"),
            ci: self.variable("CI").is_some(),
            // The log of GitHub Actions shows colour and is no terminal.
            colour: if actions && !no_color {
                Colour::Always
            } else {
                Colour::Auto
            },
            verbose: if self.variable("RUNNER_DEBUG") == Some("1") {
                2
            } else {
                0
            },
            ..Facts::default()
        }
    }

    /// Where the user's own file is.
    pub(crate) fn user_file(&self) -> Option<PathBuf> {
        let base = match self.variable("XDG_CONFIG_HOME") {
            Some(directory) => PathBuf::from(directory),
            None => PathBuf::from(self.variable("HOME")?).join(".config"),
        };
        Some(base.join("rakops").join("config.yaml"))
    }

    /// The user's own file, read.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with line and column.
    pub(crate) fn user(&self) -> Result<User, Error> {
        self.user_file()
            .map_or_else(|| Ok(User::default()), |file| user::load(&file))
    }
}

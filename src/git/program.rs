//! The only start of the `git` program: its environment, its time limit, its end.
//!
//! **Invariant:** nothing secret stands in the arguments; nothing asks where nobody can answer; what git says is redacted
//! before anybody sees it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, ScopedJoinHandle};
use std::time::{Duration, Instant};

use super::child::{self, Ended, Started};
use super::executable;
use crate::error::{Error, Hint, Kind};
use crate::text::secret::redact;

/// The oldest git whose `merge-tree --write-tree` is used.
const OLDEST: (u32, u32) = (2, 38);

/// Variables by which git finds the settings of the user and of the machine in other files than the usual ones. libgit2 does not
/// know them. Source: git(1), "Environment variables".
pub(super) const GLOBAL: &str = "GIT_CONFIG_GLOBAL";
pub(super) const SYSTEM: &str = "GIT_CONFIG_SYSTEM";
pub(super) const NO_SYSTEM: &str = "GIT_CONFIG_NOSYSTEM";

/// Whether git may ask for a password on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayAsk {
    /// Somebody sits at a terminal.
    Yes,
    /// Nobody can answer: git fails instead of asking.
    No,
}

/// How git is run.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    /// Whether it may ask.
    pub(crate) may_ask: MayAsk,
    /// How long one run of it may take.
    pub(crate) time_limit: Duration,
    /// The variables of the process, as it has read them; git inherits them, and `GIT_AUTHOR_*` and the like are read here.
    pub(crate) variables: BTreeMap<String, String>,
}

/// What a run of git left behind.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    /// The exit status; -1 if a signal ended it.
    pub(crate) status: i32,
    /// Its output.
    pub(crate) stdout: Vec<u8>,
    /// What it said, redacted.
    pub(crate) stderr: String,
}

impl Finished {
    /// Whether the exit status is 0.
    pub(crate) fn is_success(&self) -> bool {
        self.status == 0
    }

    /// The output as text without the line break at its end.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout)
            .trim_end_matches(['\n', '\r'])
            .to_owned()
    }

    /// Turns a failure into an error that tells what git said.
    ///
    /// # Errors
    /// [`Kind::Files`] `git-failed` unless the exit status is 0.
    pub(crate) fn or_fail(self, what: &str) -> Result<Finished, Error> {
        if self.is_success() {
            return Ok(self);
        }
        Err(self.failure(Kind::Files, "git-failed", what))
    }

    /// An error with what git said as its cause.
    pub(crate) fn failure(&self, kind: Kind, code: &'static str, what: &str) -> Error {
        let error = Error::new(kind, code, what);
        match said(&self.stderr) {
            text if text.is_empty() => error.because(format!("git ended with status {}", self.status)),
            text => error.because(text),
        }
    }
}

/// The word that says what git is to do, behind its own options.
fn subcommand<'a>(args: &[&'a str]) -> &'a str {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match *arg {
            "-c" | "-C" => drop(args.next()),
            arg if arg.starts_with('-') => {}
            word => return word,
        }
    }
    "git"
}

/// What git said that is worth showing: without progress, hints and tracing, at most twenty lines.
pub(crate) fn said(stderr: &str) -> String {
    let lines = stderr.lines().map(str::trim_end).filter(|line| {
        !line.is_empty() && !line.starts_with("hint:") && !line.starts_with("warning: ") && !line.starts_with("From ")
    });
    // It begins the lines of a list of files with a tab, which a report would show as an escape.
    lines.take(20).collect::<Vec<_>>().join("\n").replace('\t', "    ")
}

/// The `git` program, for one directory.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    directory: PathBuf,
    program: OsString,
    manner: Arc<Manner>,
    /// What `git config --list` says in this directory, asked once.
    settings: Arc<OnceLock<Vec<(String, String)>>>,
}

impl Git {
    /// Git in `directory`: the root of a work tree, or a bare repository. Nothing is started yet.
    pub(crate) fn new(directory: &Path, manner: Manner) -> Git {
        Git {
            directory: directory.to_path_buf(),
            program: "git".into(),
            manner: Arc::new(manner),
            settings: Arc::default(),
        }
    }

    /// The same git in another directory.
    pub(crate) fn at(&self, directory: &Path) -> Git {
        Git {
            directory: directory.to_path_buf(),
            settings: Arc::default(),
            ..self.clone()
        }
    }

    /// The same git with more variables, for every run of it.
    pub(crate) fn with_variables(&self, more: Vec<(String, String)>) -> Git {
        let mut manner = (*self.manner).clone();
        manner.variables.extend(more);
        Git {
            manner: Arc::new(manner),
            settings: Arc::default(),
            ..self.clone()
        }
    }

    #[cfg(test)]
    pub(crate) fn with_program(&self, program: &Path) -> Git {
        Git {
            program: program.into(),
            ..self.clone()
        }
    }

    #[cfg(test)]
    pub(crate) fn within(&self, time_limit: Duration) -> Git {
        let mut manner = (*self.manner).clone();
        manner.time_limit = time_limit;
        Git {
            manner: Arc::new(manner),
            ..self.clone()
        }
    }

    /// Where it runs.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// How it is run.
    pub(crate) fn manner(&self) -> &Manner {
        &self.manner
    }

    /// Whether it may ask.
    pub(crate) fn may_ask(&self) -> MayAsk {
        self.manner.may_ask
    }

    /// A variable of the process that is set to something.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.manner.variables.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// Whether git reads other settings than libgit2, also where a variable is set to nothing.
    pub(super) fn has_settings_elsewhere(&self) -> bool {
        let variables = &self.manner.variables;
        [GLOBAL, SYSTEM, NO_SYSTEM]
            .iter()
            .any(|name| variables.contains_key(*name))
    }

    /// Runs git to its end. `more` are variables for this run only.
    ///
    /// # Errors
    /// [`Kind::Files`] `git-missing`, `git-too-old`; [`Kind::Remote`] `git-timeout` if it took longer than allowed. An exit
    /// status other than 0 is no error here.
    pub(crate) fn run(
        &self,
        args: &[&str],
        stdin: Option<&[u8]>,
        more: &[(String, String)],
    ) -> Result<Finished, Error> {
        let mut command = self.command(args);
        command.envs(more.iter().map(|(name, value)| (name, value)));
        let what = subcommand(args);
        let started = Started {
            command,
            stdin: stdin.map(<[u8]>::to_vec),
            time_limit: self.manner.time_limit,
            own_group: self.manner.may_ask == MayAsk::No,
            output_limit: usize::MAX,
        };
        let began = Instant::now();
        let ended = child::run(started);
        tell(args, (&ended, began));
        let output = match ended {
            Ok(Ended::By(output)) => output,
            Ok(Ended::TooLate) => {
                return Err(Error::new(
                    Kind::Remote,
                    "git-timeout",
                    format!(
                        "`git {what}` has not ended within {} s",
                        self.manner.time_limit.as_secs_f32()
                    ),
                ));
            }
            Err(cause) => return Err(self.cannot_start(&cause)),
        };
        let finished = Finished {
            status: output.status,
            stdout: output.stdout,
            stderr: redact(&String::from_utf8_lossy(&output.stderr)).into_owned(),
        };
        // 129 is git's answer to an option that it does not know.
        if finished.status == 129 && what != "version" {
            self.check_version()?;
        }
        Ok(finished)
    }

    /// Starts git and leaves it running, with pipes to and from it; what it says is dropped.
    pub(super) fn spawn(&self, args: &[&str], more: &[(&str, &str)]) -> Result<std::process::Child, Error> {
        let mut command = self.command(args);
        command
            .envs(more.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command.spawn().map_err(|cause| self.cannot_start(&cause))
    }

    /// Checks that git is new enough; asks it at most once a process.
    ///
    /// # Errors
    /// [`Kind::Files`] `git-missing` or `git-too-old`, naming both versions.
    pub(crate) fn check_version(&self) -> Result<(), Error> {
        self.version().map(drop)
    }

    /// What git says of its version, where it is new enough; asks it at most once a process.
    ///
    /// # Errors
    /// As [`Git::check_version`].
    pub(super) fn version(&self) -> Result<String, Error> {
        static GOOD: OnceLock<(OsString, String)> = OnceLock::new();
        if let Some((_, said)) = GOOD.get().filter(|(program, _)| *program == self.program) {
            return Ok(said.clone());
        }
        let said = self.run(&["version"], None, &[])?.text();
        match version_of(&said) {
            Some(found) if found < OLDEST => Err(Error::new(
                Kind::Files,
                "git-too-old",
                format!(
                    "`git` is version {}.{}; {}.{} or newer is needed",
                    found.0, found.1, OLDEST.0, OLDEST.1
                ),
            )),
            // What cannot be read is no reason to stop.
            _ => {
                let _ = GOOD.set((self.program.clone(), said.clone()));
                Ok(said)
            }
        }
    }

    /// A setting, as git reads it here; the last one if there are several.
    pub(crate) fn config(&self, key: &str) -> Option<String> {
        let key = normal_key(key);
        let mut settings = self.settings().iter().rev();
        settings.find(|(it, _)| *it == key).map(|(_, value)| value.clone())
    }

    /// A setting that is yes or no; none if it is not set, or to something else.
    pub(crate) fn config_bool(&self, key: &str) -> Option<bool> {
        truth(&self.config(key)?)
    }

    /// All settings in the order of their weight, the heaviest last; section and name of a key are in lower case.
    pub(crate) fn settings(&self) -> &[(String, String)] {
        self.settings.get_or_init(|| {
            let listed = self.run(&["config", "--list", "-z"], None, &[]);
            listed.map_or_else(
                |_| Vec::new(),
                |finished| {
                    let text = String::from_utf8_lossy(&finished.stdout);
                    text.split('\0')
                        .filter(|item| !item.is_empty())
                        // A key without `=` means yes.
                        .map(|item| item.split_once('\n').unwrap_or((item, "true")))
                        .map(|(key, value)| (key.to_owned(), value.to_owned()))
                        .collect()
                },
            )
        })
    }

    /// Checks the version, as [`Git::check_version`] does, has git tell the settings of `here`, and does something else meanwhile: two
    /// runs of git take longer than most of what is done without it.
    ///
    /// # Errors
    /// As [`Git::check_version`].
    pub(crate) fn check_version_while<T>(&self, here: Option<&Git>, work: impl FnOnce() -> T) -> Result<T, Error> {
        std::thread::scope(|scope| {
            // Where no thread can be had, each is asked when it is needed.
            let version = Builder::new().spawn_scoped(scope, || self.check_version());
            if let Some(here) = here {
                let _ = Builder::new().spawn_scoped(scope, || {
                    here.settings();
                });
            }
            let done = work();
            match version.ok().map(ScopedJoinHandle::join) {
                Some(Ok(checked)) => checked?,
                Some(Err(panic)) => std::panic::resume_unwind(panic),
                None => self.check_version()?,
            }
            Ok(done)
        })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = new_command(&executable::named(&self.program, self.manner.variables.get("PATH")));
        command
            .args(args)
            .current_dir(&self.directory)
            .envs(&self.manner.variables)
            .stdin(Stdio::null())
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_PAGER", "cat")
            .env("GIT_EDITOR", ":");
        // Inside of a hook git exports these, and they would lead to another repository than the one that was opened.
        for name in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_OBJECT_DIRECTORY",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            "GIT_COMMON_DIR",
            "GIT_NAMESPACE",
            "GIT_PREFIX",
        ] {
            command.env_remove(name);
        }
        if self.manner.may_ask == MayAsk::No {
            command.env("GIT_TERMINAL_PROMPT", "0").env("GCM_INTERACTIVE", "never");
        }
        command
    }

    fn cannot_start(&self, cause: &std::io::Error) -> Error {
        if cause.kind() == std::io::ErrorKind::NotFound && self.directory.is_dir() {
            return Error::new(Kind::Files, "git-missing", "there is no `git` on the path").hint(Hint::Say(format!(
                "install git {}.{} or newer; it is what fetches, pushes and signs",
                OLDEST.0, OLDEST.1
            )));
        }
        if !self.directory.is_dir() {
            let what = format!("there is no directory `{}`", self.directory.display());
            return Error::new(Kind::NotFound, "directory-not-found", what);
        }
        Error::new(Kind::Files, "git-failed", "`git` cannot be started").because(cause)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where git is started")]
fn new_command(program: &OsString) -> Command {
    Command::new(program)
}

/// Tells a run of git, for `-vv`.
fn tell(args: &[&str], (ended, began): (&std::io::Result<Ended>, Instant)) {
    let how = match ended {
        Ok(Ended::By(output)) => format!("status {}", output.status),
        Ok(Ended::TooLate) => "not in time".to_owned(),
        Err(_) => "not started".to_owned(),
    };
    log::debug!("git {} -> {how} in {} ms", args.join(" "), began.elapsed().as_millis());
}

/// Whether a value means yes or no to git; none if it means neither. Source: git-config(1), "Values".
pub(super) fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" | "" => Some(false),
        number => number.parse::<i64>().ok().map(|number| number != 0),
    }
}

/// Section and name of a key in lower case; what stands between them keeps its case.
fn normal_key(key: &str) -> String {
    let (section, rest) = key.split_once('.').unwrap_or((key, ""));
    match rest.rsplit_once('.') {
        Some((middle, name)) => format!(
            "{}.{middle}.{}",
            section.to_ascii_lowercase(),
            name.to_ascii_lowercase()
        ),
        None => key.to_ascii_lowercase(),
    }
}

/// Reads `git version 2.39.5 (Apple Git-154)`.
fn version_of(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.strip_prefix("git version ")?.split(['.', ' ', '-']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

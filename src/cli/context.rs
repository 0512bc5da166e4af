//! What the process knows when it starts: arguments aside, everything the program learns from outside.
//!
//! **Invariant:** the only reader of the environment, the directory, the clock and the terminals.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::ci;
use crate::config::user::{self, User};
use crate::error::Error;
use crate::git::program::{Manner, MayAsk};
use crate::ui::{Colour, Facts, Log, PagerFacts, Talk};

/// How long one run of git may take: a fetch of a large repository over a slow line, and no longer.
const GIT_LIMIT: Duration = Duration::from_secs(600);

/// The process, read once.
pub(crate) struct Process {
    /// The current directory.
    pub(crate) directory: PathBuf,
    variables: BTreeMap<String, String>,
    /// The file of the running program, where the system tells.
    program: Option<PathBuf>,
    /// The colour of the walk that this is a step of; none if it is no step.
    step_of_walk: Option<Colour>,
    /// What somebody else does while this step is about to push.
    meanwhile: Meanwhile,
}

/// Something that happens once, while something else goes on.
pub(crate) type Meanwhile = Mutex<Option<Box<dyn FnOnce() + Send>>>;

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
            program: std::env::current_exe().ok(),
            step_of_walk: None,
            meanwhile: Mutex::default(),
        }
    }

    /// The process as a step of a walk sees it: in this directory, without what is set for rakops or by a CI system in the
    /// environment and in the user's file, asking nothing, and with all it says on stdout. `more` are variables that it
    /// sees instead.
    pub(crate) fn step_of_walk(&self, directory: PathBuf, colour: Colour, more: &[(String, String)]) -> Process {
        let is_foreign = |(name, _): &(&String, &String)| !name.starts_with("RAKOPS_") && !ci::is_telling(name);
        let variables = self.variables.iter().filter(is_foreign);
        let variables = variables.map(|(name, value)| (name.clone(), value.clone()));
        Process {
            directory,
            variables: variables.chain(more.iter().cloned()).collect(),
            program: self.program.clone(),
            step_of_walk: Some(colour),
            meanwhile: Mutex::default(),
        }
    }

    /// The same, with something that somebody else does right before the first push.
    pub(crate) fn and_meanwhile(self, other: impl FnOnce() + Send + 'static) -> Process {
        Process {
            meanwhile: Mutex::new(Some(Box::new(other))),
            ..self
        }
    }

    /// Lets the other go first, once.
    pub(crate) fn let_the_other_go_first(&self) {
        let other = self.meanwhile.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(other) = other {
            other();
        }
    }

    /// Says whether this is a step of a walk.
    pub(crate) fn is_step_of_walk(&self) -> bool {
        self.step_of_walk.is_some()
    }

    /// What to type to start this program: its bare name where `PATH` has it, else its file.
    pub(crate) fn program(&self) -> String {
        let name = format!("rakops{}", std::env::consts::EXE_SUFFIX);
        let path = self.variable("PATH").unwrap_or_default();
        let is_on_path = std::env::split_paths(path).any(|directory| directory.join(&name).is_file());
        match &self.program {
            Some(program) if !is_on_path => program.display().to_string(),
            _ => "rakops".to_owned(),
        }
    }

    /// What tells this build of the program from others of the same version: size and time of its file, as far as they are known.
    pub(crate) fn build(&self) -> String {
        let about = self.program.as_ref().and_then(|program| program.metadata().ok());
        format!("{:?}", about.map(|about| (about.len(), about.modified().ok())))
    }

    /// A variable that is set to something.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// All variables that are text.
    pub(crate) fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// Where what can be made again is kept: `XDG_CACHE_HOME`, else `~/.cache`, else with the temporary files.
    pub(crate) fn cache(&self) -> PathBuf {
        let base = match (self.variable("XDG_CACHE_HOME"), self.variable("HOME")) {
            (Some(cache), _) => PathBuf::from(cache),
            (None, Some(home)) => PathBuf::from(home).join(".cache"),
            (None, None) => self.temporary(),
        };
        base.join("rakops")
    }

    /// How git is run.
    pub(crate) fn git_manner(&self, may_ask: MayAsk) -> Manner {
        Manner {
            may_ask,
            time_limit: GIT_LIMIT,
            variables: self.variables.clone(),
        }
    }

    /// Seconds since 1970. Source: <https://reproducible-builds.org/specs/source-date-epoch/>, for runs that are to come out
    /// the same another day.
    #[expect(clippy::disallowed_methods, reason = "the clock is read here and nowhere else")]
    pub(crate) fn now(&self) -> i64 {
        let fixed = self
            .variable("SOURCE_DATE_EPOCH")
            .and_then(|text| text.trim().parse().ok());
        fixed.unwrap_or_else(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
        })
    }

    /// What sets this run apart from others on the machine.
    pub(crate) fn run_id(&self) -> String {
        let drawn = RandomState::new().build_hasher().finish();
        format!("{}-{drawn:016x}", std::process::id())
    }

    /// Where temporary files go.
    pub(crate) fn temporary(&self) -> PathBuf {
        std::env::temp_dir()
    }

    /// The terminals, and what the environment says about them; flags are laid over it.
    pub(crate) fn facts(&self) -> Facts {
        let no_color = self.variable("NO_COLOR").is_some();
        let actions = self.variable("GITHUB_ACTIONS").is_some();
        let is_step = self.is_step_of_walk();
        Facts {
            stdin_terminal: std::io::stdin().is_terminal() && !is_step,
            stdout_terminal: std::io::stdout().is_terminal(),
            stderr_terminal: std::io::stderr().is_terminal() && !is_step,
            dumb: self.variable("TERM") == Some("dumb"),
            ci: ci::system(self).is_some(),
            log: match ci::system(self) {
                Some(ci::System::GitHub) => Log::GitHub,
                _ => Log::Plain,
            },
            colour: match self.step_of_walk {
                Some(colour) => colour,
                None if actions && !no_color => Colour::InTalk,
                None => Colour::Auto,
            },
            talk: if is_step { Talk::Stdout } else { Talk::Stderr },
            verbose: if self.variable("RUNNER_DEBUG") == Some("1") {
                2
            } else {
                0
            },
            width: self.width(),
            ascii: self.is_ascii(),
            ..Facts::default()
        }
    }

    /// Whether the locale has no more letters than ASCII. None at all says nothing: containers have none, and logs show Unicode.
    fn is_ascii(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| self.variable(name));
        matches!(locale, Some("C" | "POSIX"))
    }

    /// The columns of the terminal: as `COLUMNS` says, else as it says itself.
    fn width(&self) -> Option<u16> {
        let said = self.variable("COLUMNS").and_then(|text| text.parse().ok());
        let width = said.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0));
        width.filter(|width| *width > 0 && !self.is_step_of_walk())
    }

    /// What shows long results page by page: as git chooses, with a variable and a key of our own before.
    pub(crate) fn pager(&self, taste: Option<&str>) -> PagerFacts {
        let variables = [("LESS", "FRX"), ("LV", "-c")];
        // An empty `PAGER` is how people switch it off.
        let said = |name: &str| self.variables.get(name).map(String::as_str);
        let words = said("RAKOPS_PAGER")
            .or(taste)
            .or_else(|| said("GIT_PAGER"))
            .or_else(|| said("PAGER"));
        PagerFacts {
            words: (!self.is_step_of_walk()).then(|| words.unwrap_or("less -FRX").to_owned()),
            path: std::env::split_paths(self.variable("PATH").unwrap_or_default()).collect(),
            variables: variables.into_iter().filter(|(name, _)| said(name).is_none()).collect(),
        }
    }

    /// Where the user's own file is.
    pub(crate) fn user_file(&self) -> Option<PathBuf> {
        if self.is_step_of_walk() {
            return None;
        }
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

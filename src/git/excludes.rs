//! The ignore rules that are the user's own, beside those of the repository.

use std::path::{Path, PathBuf};

use git2::{Config, ConfigLevel};

use super::open::{Inside, Repository};
use super::program::{GLOBAL, Git, NO_SYSTEM, SYSTEM, truth};

const KEY: &str = "core.excludesfile";

impl Repository {
    /// The file of ignore rules that counts in every repository of the user; nothing need be there.
    ///
    /// Source: git-config(1), `core.excludesFile`; git(1), `GIT_CONFIG_GLOBAL`, `GIT_CONFIG_SYSTEM` and `GIT_CONFIG_NOSYSTEM`, which
    /// libgit2 does not know. One that is set to nothing names no file, and git reads none then.
    pub(crate) fn ignore_file(&self) -> Option<PathBuf> {
        let git = self.git.as_ref();
        let named = match &self.inside {
            Inside::Library(inner) => inner.config().ok().and_then(|config| named(&config, git)),
            Inside::Program(plumbing) => plumbing.git().config(KEY).map(|value| expanded(plumbing.git(), &value)),
        };
        named.or_else(|| usual(git?))
    }

    /// Tells whether an ignore rule of git names a path, whether or not something is there.
    pub(crate) fn ignores(&self, path: &str) -> bool {
        let by_program = |git: &Git| {
            let words = ["check-ignore", "--quiet", "--no-index", "--", path];
            git.run(&words, None, &[]).is_ok_and(|told| told.is_success())
        };
        match (&self.inside, &self.git) {
            (Inside::Library(_), Some(git)) if git.has_settings_elsewhere() => by_program(git),
            (Inside::Library(inner), _) => inner.is_path_ignored(path).unwrap_or(false),
            (Inside::Program(plumbing), _) => by_program(plumbing.git()),
        }
    }
}

/// What the settings name, those of the repository before those of the user before those of the machine.
fn named(config: &Config, git: Option<&Git>) -> Option<PathBuf> {
    let at = |level| config.open_level(level).and_then(|level| level.get_path(KEY)).ok();
    let file = |name: &str| {
        let path = git?.variable(name)?;
        Config::open(Path::new(path)).and_then(|file| file.get_path(KEY)).ok()
    };
    let is_set = |name: &str| git.is_some_and(|git| git.manner().variables.contains_key(name));
    let has_no_system = git.and_then(|git| truth(git.variable(NO_SYSTEM)?)) == Some(true);
    let own = || at(ConfigLevel::Worktree).or_else(|| at(ConfigLevel::Local));
    let of_the_user = || match is_set(GLOBAL) {
        true => file(GLOBAL),
        false => at(ConfigLevel::Global).or_else(|| at(ConfigLevel::XDG)),
    };
    let of_the_machine = || match is_set(SYSTEM) {
        _ if has_no_system => None,
        true => file(SYSTEM),
        false => at(ConfigLevel::System),
    };
    own().or_else(of_the_user).or_else(of_the_machine)
}

/// A value with the user's directory where it begins with `~/`.
fn expanded(git: &Git, value: &str) -> PathBuf {
    match value.strip_prefix("~/").zip(git.variable("HOME")) {
        Some((below, home)) => Path::new(home).join(below),
        None => PathBuf::from(value),
    }
}

/// Where the rules are if no setting names the file.
fn usual(git: &Git) -> Option<PathBuf> {
    let base = match git.variable("XDG_CONFIG_HOME") {
        Some(directory) => PathBuf::from(directory),
        None => Path::new(git.variable("HOME")?).join(".config"),
    };
    Some(base.join("git").join("ignore"))
}

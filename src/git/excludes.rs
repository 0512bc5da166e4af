//! The ignore rules that are the user's own, beside those of the repository.

use std::path::{Path, PathBuf};

use git2::{Config, ConfigLevel};

use super::open::{Inside, Repository};
use super::program::Git;

const KEY: &str = "core.excludesfile";

impl Repository {
    /// The file of ignore rules that counts in every repository of the user; nothing need be there.
    ///
    /// Source: git-config(1), `core.excludesFile`; git(1), `GIT_CONFIG_GLOBAL`, `GIT_CONFIG_SYSTEM` and `GIT_CONFIG_NOSYSTEM`, which
    /// libgit2 does not know.
    pub(crate) fn ignore_file(&self) -> Option<PathBuf> {
        let git = self.git.as_ref();
        let named = match &self.inside {
            Inside::Library(inner) => inner.config().ok().and_then(|config| named(&config, git)),
            Inside::Program(plumbing) => plumbing.git().config(KEY).map(|value| expanded(plumbing.git(), &value)),
        };
        named.or_else(|| usual(git?))
    }
}

/// What the settings name, those of the repository before those of the user before those of the machine.
fn named(config: &Config, git: Option<&Git>) -> Option<PathBuf> {
    let variable = |name: &str| git.and_then(|git| git.variable(name));
    let at = |level| config.open_level(level).and_then(|level| level.get_path(KEY)).ok();
    let file = |path: &str| Config::open(Path::new(path)).and_then(|file| file.get_path(KEY)).ok();
    let own = || at(ConfigLevel::Worktree).or_else(|| at(ConfigLevel::Local));
    let of_the_user = || match variable("GIT_CONFIG_GLOBAL") {
        Some(path) => file(path),
        None => at(ConfigLevel::Global).or_else(|| at(ConfigLevel::XDG)),
    };
    let of_the_machine = || match (variable("GIT_CONFIG_NOSYSTEM"), variable("GIT_CONFIG_SYSTEM")) {
        (Some(no), _) if !matches!(no, "0" | "false" | "no" | "off") => None,
        (_, Some(path)) => file(path),
        (_, None) => at(ConfigLevel::System),
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

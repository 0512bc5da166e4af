//! How bad a finding of a rule is.

use std::collections::BTreeMap;

use crate::config::model::{CheckRule, Config, Level, RuleName, Severity};

/// How bad a finding of each rule is.
///
/// The configuration of the branch that a change would reach says so; what the change itself says counts where it is stricter, so that
/// nothing makes itself milder.
pub(super) struct Levels {
    all: BTreeMap<CheckRule, Level>,
    /// Rules that the files themselves would be milder about.
    held: Vec<CheckRule>,
}

impl Levels {
    /// `old` is there only where a change is judged.
    pub(super) fn of((old, new): (Option<&Config>, &Config)) -> Levels {
        let mut levels = Levels {
            all: BTreeMap::new(),
            held: Vec::new(),
        };
        for rule in CheckRule::ALL {
            let now = level(rule, new);
            let before = old.map_or(now, |old| level(rule, old));
            let is_held = strictness(before) > strictness(now);
            levels.all.insert(rule, if is_held { before } else { now });
            if is_held {
                levels.held.push(rule);
            }
        }
        levels
    }

    pub(super) fn get(&self, rule: CheckRule) -> Level {
        self.all.get(&rule).copied().unwrap_or(Level::Error)
    }

    /// Whether the files are milder about a rule than the branch that they would reach.
    pub(super) fn is_held(&self, rule: CheckRule) -> bool {
        self.held.contains(&rule)
    }
}

fn strictness(level: Level) -> u8 {
    match level {
        Level::Off => 0,
        Level::Warn => 1,
        Level::Error => 2,
    }
}

fn level(rule: CheckRule, config: &Config) -> Level {
    if let Some(said) = config.check.levels.get(&rule) {
        return *said;
    }
    let (usual, guard) = match rule {
        CheckRule::Unverified => (Level::Warn, None),
        CheckRule::Untried => (
            config.check.shared.level.unwrap_or(Level::Error),
            Some(RuleName::Untried),
        ),
        CheckRule::ForeignRef => (Level::Error, Some(RuleName::ForeignRef)),
        _ => (Level::Error, None),
    };
    match (guard.and_then(|guard| config.guard.get(&guard)), usual) {
        (Some(Severity::Warn), Level::Error) => Level::Warn,
        (_, usual) => usual,
    }
}

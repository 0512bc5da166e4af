//! Rule `untried`: a shared change reaches the last environment only after every one before it has followed its branch.
//!
//! The request that ends a trial merges the branch and resets whoever follows it. It is recognised by what it does: the
//! environments followed that branch before, and its files are what the merge brings.

use super::{CheckReport, CheckRequest, Finding};
use crate::config::environments::Environment;
use crate::config::model::Level;
use crate::error::{Error, Hint, Kind, Place};
use crate::git::names::{BranchName, Oid};
use crate::manifest::track::{self, Tracks};
use crate::ops::impact::range::Uncommitted;
use crate::ops::impact::sight::Sight;
use crate::ops::impact::{self, Affecting, Impact, Kinds};
use crate::ops::land::Ground;
use crate::ops::standing::Tips;

const RULE: &str = "untried";

pub(super) fn check(
    (ground, request): (&Ground, &CheckRequest),
    level: Level,
    report: &mut CheckReport,
) -> Result<(), Error> {
    let impact = impact::look(ground, request.range.as_deref(), Uncommitted::Left)?;
    report.warnings.extend(impact.warnings.iter().cloned());
    let (old, new) = &impact.sides;
    report.ran.push(RULE);
    let shared: Vec<&Affecting> = impact.files.iter().filter(|file| file.kind == Kinds::Shared).collect();
    if shared.is_empty() {
        return Ok(());
    }
    // What is known here is asked first: a job of a CI system may have no way to the remote.
    let known = ground.look.branches.default.clone();
    let trunk = known.or_else(|| ground.trunk().ok().map(|trunk| trunk.as_str().to_owned()));
    let judge = Judge {
        ground,
        impact: &impact,
        trunk: trunk.as_deref().unwrap_or("main"),
        before: match old {
            Some(old) => tracks(old)?,
            None => Tracks::default(),
        },
        after: tracks(new)?,
    };
    for file in shared {
        report.findings.extend(judge.finding(file, level)?);
    }
    Ok(())
}

fn tracks(sight: &Sight) -> Result<Tracks, Error> {
    let all: Vec<&Environment> = sight.environments.list.iter().collect();
    track::followed((&sight.snapshot, &sight.deliveries), &sight.config, &all)
}

struct Judge<'j> {
    ground: &'j Ground,
    impact: &'j Impact,
    trunk: &'j str,
    /// What environments follow before the change, and after it.
    before: Tracks,
    after: Tracks,
}

/// What an environment knows of a change.
enum Tried {
    Yes,
    No,
    /// It follows a branch that is not here.
    Unknown(String),
}

impl Judge<'_> {
    fn finding(&self, file: &Affecting, level: Level) -> Result<Option<Finding>, Error> {
        // What the configuration calls shared reaches everybody.
        let reached: Vec<&Environment> = self.environments(file);
        let step = |it: &Environment| it.group.clone().unwrap_or_else(|| it.name.clone());
        let Some(last) = reached.last().map(|it| step(it)) else {
            return Ok(None);
        };
        let gets_it = |it: &&Environment| self.trial(&self.after, it).is_none();
        if !reached.iter().any(gets_it) {
            return Ok(None);
        }
        let mut untried: Vec<&str> = Vec::new();
        let mut missing: Vec<String> = Vec::new();
        for environment in reached.iter().filter(|it| step(it) != last) {
            match self.tried(environment, &file.touched.path)? {
                Tried::Yes => {}
                Tried::No => untried.push(&environment.name),
                Tried::Unknown(branch) => {
                    untried.push(&environment.name);
                    if !missing.contains(&branch) {
                        missing.push(branch);
                    }
                }
            }
        }
        let Some(first) = untried.first() else { return Ok(None) };
        let path = &file.touched.path;
        let names: Vec<&str> = reached.iter().map(|it| it.name.as_str()).collect();
        let has = if untried.len() == 1 { "has" } else { "have" };
        let message = format!(
            "`{path}` is shared by {}: merging it reaches all of them at once, and {} {has} not tried it",
            names.join(", "),
            untried.join(", ")
        );
        let mut error = Error::new(Kind::Refused, RULE, message).at(Place::file(path));
        for branch in &missing {
            error = error.hint(Hint::Say(format!(
                "`{branch}` is not here; bring it with `git fetch origin {branch}:refs/remotes/origin/{branch}`"
            )));
        }
        if missing.is_empty() {
            let branch = self
                .impact
                .range
                .branch
                .as_deref()
                .filter(|branch| *branch != self.trunk);
            error = error.hint(Hint::Run(format!(
                "rakops track {first} {}",
                branch.unwrap_or("BRANCH")
            )));
        }
        Ok(Some(Finding {
            level,
            error,
            environments: names.into_iter().map(str::to_owned).collect(),
            image: None,
            repair: None,
            width: 0,
        }))
    }

    /// The environments that a shared file reaches, in promotion order. One that was not there before has nothing to lose.
    fn environments(&self, file: &Affecting) -> Vec<&Environment> {
        let (before, now) = &self.impact.sides;
        let before = before.as_ref().map(|sight| sight.environments.list.as_slice());
        let is_old = |it: &&Environment| before.unwrap_or_default().iter().any(|old| old.name == it.name);
        let is_reached = |it: &&Environment| file.environments.len() < 2 || file.environments.contains(&it.name);
        now.environments.list.iter().filter(is_old).filter(is_reached).collect()
    }

    /// The branch of the trial that an environment is on.
    fn trial<'t>(&self, tracks: &'t Tracks, environment: &Environment) -> Option<&'t str> {
        let followed = tracks.list.iter().find(|it| it.environment == environment.name)?;
        followed.trial(self.trunk)
    }

    /// Whether an environment followed a branch before that has the file as the change leaves it.
    fn tried(&self, environment: &Environment, path: &str) -> Result<Tried, Error> {
        let Some(branch) = self.trial(&self.before, environment) else {
            return Ok(Tried::No);
        };
        let Some(tip) = self.tip(branch)? else {
            return Ok(Tried::Unknown(branch.to_owned()));
        };
        let repository = &self.ground.repository;
        let entry = |commit: &Oid| match repository.commit(commit)? {
            Some(commit) => repository.entry(&commit.tree, path),
            None => Ok(None),
        };
        Ok(match entry(&tip)? == entry(&self.impact.range.new)? {
            true => Tried::Yes,
            false => Tried::No,
        })
    }

    fn tip(&self, branch: &str) -> Result<Option<Oid>, Error> {
        let Ok(branch) = BranchName::parse(branch) else {
            return Ok(None);
        };
        if self.ground.is_remote_only() {
            return Ok(self
                .ground
                .read_tips(std::slice::from_ref(&branch), Tips::Remote)?
                .remove(&branch));
        }
        let remote = self
            .ground
            .remote
            .as_ref()
            .and_then(|remote| remote.name())
            .unwrap_or("origin");
        let there = self.ground.repository.tip(&format!("refs/remotes/{remote}/{branch}"))?;
        match there {
            Some(tip) => Ok(Some(tip)),
            None => self.ground.repository.tip(&branch.reference()),
        }
    }
}

//! What an environment follows: its branch, or for a time another one, a tag, a commit.
//!
//! While it follows something else, what lands on its branch does not reach it; what it is switched to does, with everything
//! that this has and the other had not.

use std::collections::{BTreeMap, BTreeSet};

use super::age::{Eye, View};
use super::walk::{self, Seen};
use super::{AuditReport, Branch, meaning};
use crate::audit::{Row, TrackChange};
use crate::error::Error;
use crate::git::names::{BranchName, Oid};
use crate::manifest::delivery::Revision;
use crate::manifest::track::Followed;
use crate::text::time;

/// How a commit came to an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The environment followed the branch.
    Here,
    /// It followed something else: the commit did not reach it.
    Away,
    /// The commit made it follow something else.
    Switched(TrackChange),
}

/// What an environment was switched to, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Aim {
    /// The branch whose history is read.
    Own,
    Branch(String),
    /// A tag or a commit, as written.
    Fixed(String),
}

/// What is read besides the branch: what a switch brought, or what came on a branch while it was followed.
pub(super) struct Turn {
    environment: String,
    /// The commit that switched; none where that was before the span.
    by: Option<Oid>,
    /// What the environment ran before it; none where that cannot be told.
    before: Stand,
    after: Stand,
    /// Where the row of the switch itself tells what it did.
    is_switch: bool,
}

/// Something that was followed, at a moment.
#[derive(Clone, Debug)]
struct Stand {
    aim: Aim,
    /// The commit of the branch whose history is read at that moment.
    own: Option<Oid>,
    /// Seconds since 1970; none: now.
    at: Option<i64>,
}

/// Follows environments along the line of their branch.
pub(super) struct Follow<'f> {
    branch: &'f Branch<'f>,
    default: Option<String>,
    /// Where an environment is, if it is not on the branch, by which commit, none before the span, and since when.
    away: BTreeMap<String, (Aim, Option<Oid>, i64)>,
    known: BTreeSet<String>,
}

impl<'f> Follow<'f> {
    pub(super) fn new(branch: &'f Branch<'f>, eye: &Eye<'_>) -> Follow<'f> {
        Follow {
            branch,
            default: eye.ground.look.branches.default.clone(),
            away: BTreeMap::new(),
            known: BTreeSet::new(),
        }
    }

    fn aim(&self, followed: &Followed) -> Aim {
        let own = self.branch.name.as_str();
        match &followed.revision {
            Revision::Default if self.default.as_deref().is_none_or(|default| default == own) => Aim::Own,
            Revision::Default => Aim::Branch(self.default.clone().unwrap_or_default()),
            Revision::Branch(branch) if branch == own => Aim::Own,
            Revision::Branch(branch) => Aim::Branch(branch.clone()),
            Revision::Fixed(_, text) => Aim::Fixed(text.clone()),
        }
    }

    /// Tells how a commit came to an environment, and what has to be read besides it.
    pub(super) fn step(&mut self, seen: &Seen<'_>, environment: &str) -> (Way, Vec<Turn>) {
        let old = seen.old.followed(environment);
        let new = seen.new.followed(environment);
        let is_first = self.known.insert(environment.to_owned());
        let before = old.map_or(Aim::Own, |it| self.aim(it));
        if is_first && before != Aim::Own {
            let since = self.branch.span.since;
            self.away.insert(environment.to_owned(), (before.clone(), None, since));
        }
        // An object that comes or goes switches nothing.
        let after = match (old, new) {
            (Some(_), Some(new)) => self.aim(new),
            _ => before.clone(),
        };
        if after == before {
            return match before {
                Aim::Own => (Way::Here, Vec::new()),
                _ => (Way::Away, Vec::new()),
            };
        }
        let stand = |aim: &Aim, own: Option<&Oid>| Stand {
            aim: aim.clone(),
            own: own.cloned(),
            at: Some(seen.step.time),
        };
        let by = seen.step.commit.clone();
        let mut turns = Vec::new();
        if let Some(away) = self.away.remove(environment) {
            turns.extend(stayed(environment, away, Some(seen.step.time)));
        }
        turns.push(Turn {
            environment: environment.to_owned(),
            by: Some(by.clone()),
            before: stand(&before, seen.step.before.as_ref()),
            after: stand(&after, Some(&seen.step.commit)),
            is_switch: true,
        });
        if after != Aim::Own {
            let since = (after.clone(), Some(by), seen.step.time);
            self.away.insert(environment.to_owned(), since);
        }
        let change = TrackChange {
            from: self.called(&before),
            to: self.called(&after),
            object: new.map(Followed::shown).unwrap_or_default(),
        };
        (Way::Switched(change), turns)
    }

    fn called(&self, aim: &Aim) -> String {
        match aim {
            Aim::Own => self.branch.name.as_str().to_owned(),
            Aim::Branch(name) | Aim::Fixed(name) => name.clone(),
        }
    }

    /// What came on branches that are followed to the end of the span.
    pub(super) fn still_away(self) -> Vec<Turn> {
        let until = self.branch.span.until;
        let open = self.away.into_iter();
        open.filter_map(|(environment, away)| stayed(&environment, away, until))
            .collect()
    }
}

/// What came on a branch between two moments; nothing on what does not move.
fn stayed(environment: &str, (aim, by, at): (Aim, Option<Oid>, i64), until: Option<i64>) -> Option<Turn> {
    let stand = |at: Option<i64>| Stand {
        aim: aim.clone(),
        own: None,
        at,
    };
    matches!(aim, Aim::Branch(_)).then(|| Turn {
        environment: environment.to_owned(),
        by,
        before: stand(Some(at)),
        after: stand(until),
        is_switch: false,
    })
}

impl Turn {
    /// The rows of the commits that came by it, oldest first. Where a branch or a tag is not here any more, that is said.
    ///
    /// # Errors
    /// As reading history.
    pub(super) fn rows(
        &self,
        (branch, eye): (&Branch<'_>, &Eye<'_>),
        known: &[Row],
        report: &mut AuditReport,
    ) -> Result<Vec<Row>, Error> {
        let ground = eye.ground;
        let Some(after) = self.after.commit(branch)? else {
            report.limit(self.lost(&self.after));
            return Ok(Vec::new());
        };
        let Some(before) = self.before.commit(branch)? else {
            report.limit(self.lost(&self.before));
            return Ok(Vec::new());
        };
        if before == after {
            return Ok(Vec::new());
        }
        let mut steps = ground.repository.line(&ground.git, &after, Some(&before))?;
        steps.reverse();
        let name = self.after.called(branch);
        let mut rows = Vec::new();
        let warnings = walk::walk(eye, &steps, &mut |seen| {
            let changes = seen.reaching(&self.environment);
            // What switched the environment is told as that, and what has a row already is not told twice.
            let revision = |view: &View<'_>| view.followed(&self.environment).map(|it| it.revision.clone());
            let is_switch = revision(seen.old) != revision(seen.new);
            let is_told = |row: &Row| row.commit == seen.step.commit && row.environment == self.environment;
            if changes.is_empty() || is_switch || known.iter().any(is_told) {
                return Ok(());
            }
            let sides = meaning::Sides {
                ground,
                old: seen.old,
                new: seen.new,
                commits: (seen.step.before.as_ref(), &seen.step.commit),
            };
            let what = meaning::of(&sides, &self.environment, &changes)?;
            let mut row = branch.row((&self.environment, &name), seen.step, what)?;
            row.through.clone_from(&self.by);
            if self.is_switch {
                row.at = row.at.max(self.after.at.unwrap_or(row.at));
            }
            rows.push(row);
            Ok(())
        })?;
        report.warnings.extend(warnings);
        Ok(rows)
    }

    fn lost(&self, stand: &Stand) -> String {
        let what = match &stand.aim {
            Aim::Own => "its branch".to_owned(),
            Aim::Branch(name) => format!("the branch `{name}`"),
            Aim::Fixed(name) => format!("`{name}`"),
        };
        let when = stand.at.map_or_else(|| "the end".to_owned(), time::moment);
        format!(
            "what {} followed, {what} as it was at {when}, is not here: changes that came by it are not listed",
            self.environment
        )
    }
}

impl Stand {
    fn called(&self, branch: &Branch<'_>) -> String {
        match &self.aim {
            Aim::Own => branch.name.as_str().to_owned(),
            Aim::Branch(name) | Aim::Fixed(name) => name.clone(),
        }
    }

    /// The commit that it was at that moment, as far as commits can be found and their dates be believed.
    fn commit(&self, branch: &Branch<'_>) -> Result<Option<Oid>, Error> {
        let ground = branch.ground;
        match &self.aim {
            Aim::Own => Ok(self.own.clone()),
            Aim::Fixed(text) => {
                let name = text.strip_prefix("refs/tags/").unwrap_or(text);
                match ground.repository.resolve(&format!("refs/tags/{name}"))? {
                    Some(commit) => Ok(Some(commit)),
                    None => ground.repository.resolve(name),
                }
            }
            Aim::Branch(name) => {
                let Ok(name) = BranchName::parse(name) else {
                    return Ok(None);
                };
                let tip = ground
                    .read_tips(std::slice::from_ref(&name), branch.read)?
                    .remove(&name);
                let Some(tip) = tip else { return Ok(None) };
                let line = ground.repository.line(&ground.git, &tip, None)?;
                let then = line.iter().find(|step| self.at.is_none_or(|at| step.time <= at));
                Ok(then.map(|step| step.commit.clone()))
            }
        }
    }
}
